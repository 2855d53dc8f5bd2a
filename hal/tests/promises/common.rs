//! What the tests of devices share.

use std::sync::{Arc, Mutex};

use hal::{AudioSink, AudioSource, Board, DeviceEvent, FrameSource, Hal, SampleSink, SampleSource, VideoSource};

/// A simulated room and everything it told.
pub struct Room {
    pub hal: Hal,
    events: Arc<Mutex<Vec<DeviceEvent>>>,
}

impl Room {
    pub fn simulated() -> Room {
        Room::open(&Board::simulated())
    }

    pub fn open(board: &Board) -> Room {
        let events = Arc::new(Mutex::new(Vec::new()));
        let told = events.clone();
        let hal = Hal::open(board, Box::new(move |event| told.lock().unwrap().push(event))).unwrap();
        Room { hal, events }
    }

    /// What was told since the last time, but for the panel's screen and the motion sensor: their own
    /// threads tell of them, at any moment.
    pub fn events(&self) -> Vec<DeviceEvent> {
        let mut events = std::mem::take(&mut *self.events.lock().unwrap());
        events.retain(|event| !matches!(event, DeviceEvent::Panel { .. } | DeviceEvent::Motion(_)));
        events
    }

    pub fn turn(&self, device: &str, knob: &str, on: bool) {
        assert!(self.hal.turn(device, knob, on), "{device} has {knob}");
    }

    pub fn camera(&self) -> Arc<dyn FrameSource> {
        let Some(VideoSource::Frames(frames)) = self.hal.camera() else { panic!("no simulated camera") };
        frames
    }

    pub fn microphone(&self) -> Arc<dyn SampleSource> {
        let Some(AudioSource::Samples(samples)) = self.hal.microphone(0) else { panic!("no simulated microphone") };
        samples
    }

    pub fn loudspeaker(&self) -> Arc<dyn SampleSink> {
        let Some(AudioSink::Samples(samples)) = self.hal.loudspeaker() else { panic!("no simulated loudspeaker") };
        samples
    }
}

/// A buffer for one picture.
pub fn buffer(source: &dyn FrameSource) -> Vec<u8> {
    let format = source.format();
    vec![0; (format.width * format.height * 3 / 2) as usize]
}
