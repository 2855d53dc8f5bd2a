//! What the engine promises while drivers hang: whoever calls it does not.

mod common;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use common::*;
use hal::{AudioSink, AudioSource, DeviceError, FrameSource, SampleSink, SampleSource, VideoFormat, VideoSource};
use media::{Codec, EngineConfig, Kind, Layer, LayerTarget, MediaEvent, ReceivedFrame, Scene, TileSource, VideoCodec};

/// Holds whoever waits until it is opened.
#[derive(Default)]
struct Barrier {
    open: Mutex<bool>,
    opened: Condvar,
}

impl Barrier {
    fn wait(&self) {
        let open = self.open.lock().unwrap();
        drop(self.opened.wait_while(open, |open| !*open).unwrap());
    }

    fn open(&self) {
        *self.open.lock().unwrap() = true;
        self.opened.notify_all();
    }
}

/// A device that hangs at work or when it is closed, and says when it begins to.
struct Hanging {
    barrier: Arc<Barrier>,
    tell: Mutex<Sender<()>>,
    at_work: bool,
    works: AtomicBool,
}

impl Hanging {
    fn new(barrier: &Arc<Barrier>, at_work: bool) -> (Arc<Hanging>, Receiver<()>) {
        let (tell, told) = mpsc::channel();
        let works = AtomicBool::new(false);
        (Arc::new(Hanging { barrier: barrier.clone(), tell: Mutex::new(tell), at_work, works }), told)
    }

    fn hang(&self) {
        let _ = self.tell.lock().unwrap().send(());
        self.barrier.wait();
    }

    fn work(&self) {
        self.works.store(true, Ordering::Release);
        if self.at_work {
            self.hang();
        }
    }
}

impl Drop for Hanging {
    fn drop(&mut self) {
        self.hang();
    }
}

impl FrameSource for Hanging {
    fn format(&self) -> VideoFormat {
        VideoFormat { width: 320, height: 180, fps: 30 }
    }

    fn frame(&self, _: Duration, i420: &mut [u8]) -> Result<bool, DeviceError> {
        self.work();
        i420.fill(128);
        Ok(true)
    }
}

impl SampleSource for Hanging {
    fn fill(&self, samples: &mut [i16]) -> Result<(), DeviceError> {
        self.work();
        samples.fill(0);
        Ok(())
    }
}

impl SampleSink for Hanging {
    fn play(&self, _: &[i16]) -> Result<(), DeviceError> {
        self.work();
        Ok(())
    }
}

/// Does everything the room does in a call or two. If any of it waited for what hangs, the test would
/// not end.
fn use_everything(room: &Room) {
    let engine = &room.engine;
    engine.replace_camera(Some(MarkCamera::new(640, 360, 3).source()));
    assert_eq!(engine.camera_size(), (640, 360));
    engine.replace_microphone(0, Some(BurstTone::new(440.0, 0.5).source()));
    engine.replace_loudspeaker(Some(Arc::new(Recorder::default()).sink()));
    engine.encode(VideoCodec::Vp8, &[LayerTarget { layer: Layer::High, divisor: 1, bitrate_bps: 500_000 }]);
    engine.force_keyframe(Layer::High);
    engine.set_microphone(true);
    for (name, kind, codec) in [("sound", Kind::Audio, Codec::Opus), ("pictures", Kind::Video, Codec::Vp8)] {
        engine.add_track(track(name), kind);
        engine.push_frame(ReceivedFrame {
            track: track(name),
            kind,
            codec,
            media_time: Duration::ZERO,
            sender_time: None,
            arrived: std::time::Instant::now(),
            contiguous: true,
            keyframe: true,
            data: include_bytes!("../src/samples/grey.vp8").to_vec(),
        });
    }
    engine.pair_tracks(&track("pictures"), Some(&track("sound")));
    engine.set_scene(Scene { tiles: vec![tile(TileSource::Own, WHOLE)], ..Scene::default() });
    engine.remove_track(&track("sound"));
    engine.remove_track(&track("pictures"));
    engine.end_call();
}

#[test]
fn devices_that_hang_at_work_do_not_hold_the_room_up() {
    let barrier = Arc::new(Barrier::default());
    let (camera, camera_hangs) = Hanging::new(&barrier, true);
    let (microphone, microphone_hangs) = Hanging::new(&barrier, true);
    let room = Room::start(EngineConfig {
        camera: Some(VideoSource::Frames(camera)),
        microphone: Some(AudioSource::Samples(microphone)),
        ..config()
    });
    camera_hangs.recv_timeout(PATIENCE).unwrap();
    microphone_hangs.recv_timeout(PATIENCE).unwrap();
    use_everything(&room);
    // The first camera still hangs, so its successor cannot have been opened; that is noticed.
    room.wait_for("the camera is missed", |event| matches!(event, MediaEvent::CameraLost));
    use_everything(&room);
    room.engine.set_microphone(true);
    barrier.open();
    eventually("the newest camera is shown", || room.mark() == Some(3));
    room.wait_for("the newest microphone is heard", |event| matches!(event, MediaEvent::EncodedAudio { .. }));
}

#[test]
fn devices_that_hang_when_closed_do_not_hold_the_room_up() {
    let barrier = Arc::new(Barrier::default());
    let (camera, camera_hangs) = Hanging::new(&barrier, false);
    let (microphone, microphone_hangs) = Hanging::new(&barrier, false);
    let (loudspeaker, loudspeaker_hangs) = Hanging::new(&barrier, false);
    let devices = [camera.clone(), microphone.clone(), loudspeaker.clone()];
    let room = Room::start(EngineConfig {
        camera: Some(VideoSource::Frames(camera)),
        microphone: Some(AudioSource::Samples(microphone)),
        loudspeaker: Some(AudioSink::Samples(loudspeaker)),
        ..config()
    });
    eventually("all work", || devices.iter().all(|device| device.works.load(Ordering::Acquire)));
    drop(devices);
    use_everything(&room);
    for hangs in [camera_hangs, microphone_hangs, loudspeaker_hangs] {
        hangs.recv_timeout(PATIENCE).unwrap();
    }
    use_everything(&room);
    let ticks = room.engine.counters().audio_ticks;
    eventually("the sound thread goes on", || room.engine.counters().audio_ticks > ticks + 20);
    barrier.open();
    eventually("the newest camera is shown", || room.mark() == Some(3));
}

#[test]
fn wishes_overtaken_while_a_device_hangs_are_forgotten_without_waiting_for_them() {
    let barrier = Arc::new(Barrier::default());
    let (first, first_hangs) = Hanging::new(&barrier, true);
    let room = Room::start(EngineConfig { camera: Some(VideoSource::Frames(first)), ..config() });
    first_hangs.recv_timeout(PATIENCE).unwrap();
    let (second, second_hangs) = Hanging::new(&barrier, true);
    room.engine.replace_camera(Some(VideoSource::Frames(second.clone())));
    let watched = Arc::downgrade(&second);
    drop(second);
    room.engine.replace_camera(None);
    assert_eq!(room.engine.camera_size(), (0, 0));
    barrier.open();
    eventually("the second is gone", || watched.strong_count() == 0);
    second_hangs.recv_timeout(PATIENCE).unwrap();
    assert!(second_hangs.try_recv().is_err(), "it was dropped, never used");
}
