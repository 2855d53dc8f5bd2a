//! Echo cancellation, noise suppression and gain: what the loudspeaker plays is taken out of what
//! the microphone hears.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gstreamer as gst;

use crate::mailbox::lock;
use crate::sound::{BLOCK_LENGTH, bytes_of, pcm_caps};
use crate::stage::{Stage, StageError, clock_time};

/// The processor looks its probe up by name in the whole process.
static NUMBER: AtomicU64 = AtomicU64::new(1);

/// Media times start here, so that what was heard before the first tick has a time as well.
const HEAD_START: Duration = Duration::from_secs(10);

pub(crate) struct EchoCanceller {
    probe: Stage,
    processor: Stage,
    processed: Arc<Mutex<Vec<i16>>>,
}

impl EchoCanceller {
    /// # Errors
    /// When the elements are not installed.
    pub fn new() -> Result<EchoCanceller, StageError> {
        let name = format!("loudspeaker-{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        let mut probe = Stage::new(&format!("webrtcechoprobe name={name}"), &pcm_caps(), |_, _| {})?;
        probe.set_caps(&pcm_caps());
        let processed = Arc::new(Mutex::new(Vec::new()));
        let output = processed.clone();
        let description = format!(
            // The canceller itself leaves little; a suppressor that does more takes the words of people here,
            // too (docs/performance.md, Echo).
            "webrtcdsp probe={name} echo-cancel=true echo-suppression-level=moderate extended-filter=true \
             high-pass-filter=true noise-suppression=true noise-suppression-level=moderate \
             gain-control=true gain-control-mode=adaptive-digital limiter=true"
        );
        let mut processor = Stage::new(&description, &pcm_caps(), move |buffer: gst::Buffer, _: &gst::Caps| {
            if let Ok(data) = buffer.map_readable() {
                lock(&output).extend(data.chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])));
            }
        })?;
        processor.set_caps(&pcm_caps());
        let canceller = EchoCanceller { probe, processor, processed };
        canceller.set_playback_latency(Duration::ZERO);
        Ok(canceller)
    }

    /// How long after [`EchoCanceller::played`] its sound leaves the loudspeaker.
    pub fn set_playback_latency(&self, latency: Duration) {
        self.probe.send_upstream(gst::event::Latency::new(clock_time(latency)));
    }

    /// Notes what is given to the loudspeaker at `time`.
    pub fn played(&self, samples: &[i16], time: Duration) {
        if let Err(error) = self.probe.push(block(samples, time)) {
            tracing::debug!(%error, "the echo probe refuses");
        }
    }

    /// What is left of `samples`, heard at `time`, without the echo.
    pub fn heard(&self, samples: &[i16], time: Duration) -> Vec<i16> {
        if let Err(error) = self.processor.push(block(samples, time)) {
            tracing::debug!(%error, "the echo canceller refuses");
        }
        std::mem::take(&mut lock(&self.processed))
    }
}

fn block(samples: &[i16], time: Duration) -> gst::Buffer {
    let mut buffer = gst::Buffer::from_mut_slice(bytes_of(samples));
    if let Some(buffer) = buffer.get_mut() {
        buffer.set_pts(clock_time(time + HEAD_START));
        buffer.set_duration(clock_time(BLOCK_LENGTH));
    }
    buffer
}
