//! GStreamer elements driven by hand.
//!
//! A pipeline brings its own threads, clocks and queues; codecs need none of them. A [`Stage`] is
//! a few elements in a row: what is pushed in is worked on by the calling thread and comes out at a
//! callback, so nothing can stall but the caller, and dropping the stage is all the cleaning up.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use gstreamer as gst;
use gstreamer::prelude::*;

use crate::mailbox::lock;

/// Why a stage does not work.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StageError {
    #[error("cannot build `{description}`: {reason}")]
    Build { description: String, reason: String },
    #[error("the element refused the data: {0:?}")]
    Push(gst::FlowError),
    #[error("the element reported an error")]
    Trouble,
}

/// Elements in a row, ready to be pushed into.
pub(crate) struct Stage {
    bin: gst::Bin,
    input: gst::Pad,
    output: gst::Pad,
    bus: gst::Bus,
    trouble: Arc<AtomicBool>,
    caps: Option<gst::Caps>,
}

impl Stage {
    /// Builds `description` (in the notation of `gst-launch`) to give buffers within
    /// `output_caps`, with their exact caps, to `on_output`.
    pub fn new(
        description: &str,
        output_caps: &gst::Caps,
        on_output: impl FnMut(gst::Buffer, &gst::Caps) + Send + 'static,
    ) -> Result<Stage, StageError> {
        let failed = |reason: &dyn std::fmt::Display| StageError::Build {
            description: description.to_owned(),
            reason: reason.to_string(),
        };
        let bin = gst::parse::bin_from_description(description, true).map_err(|error| failed(&error))?;
        let trouble = Arc::new(AtomicBool::new(false));
        let bus = gst::Bus::new();
        let troubled = trouble.clone();
        bus.set_sync_handler(move |_, message| {
            note_trouble(message, &troubled);
            gst::BusSyncReply::Drop
        });
        bin.set_bus(Some(&bus));

        let template = gst::PadTemplate::new("in", gst::PadDirection::Sink, gst::PadPresence::Always, output_caps)
            .map_err(|error| failed(&error))?;
        let on_output = Mutex::new(on_output);
        let output = gst::Pad::builder_from_template(&template)
            .name("stage-output")
            .chain_function(move |pad: &gst::Pad, _, buffer| {
                if let Some(caps) = pad.current_caps() {
                    lock(&on_output)(buffer, &caps);
                }
                Ok(gst::FlowSuccess::Ok)
            })
            .build();
        let input = gst::Pad::builder(gst::PadDirection::Src).name("stage-input").build();
        let ends = bin.static_pad("sink").zip(bin.static_pad("src"));
        let (first, last) = ends.ok_or_else(|| failed(&"it has no open ends"))?;

        let stage = Stage { bin, input, output, bus, trouble, caps: None };
        stage.output.set_active(true).map_err(|error| failed(&error))?;
        last.link(&stage.output).map_err(|error| failed(&error))?;
        stage.input.link(&first).map_err(|error| failed(&error))?;
        stage.bin.set_state(gst::State::Playing).map_err(|error| failed(&error))?;
        stage.input.set_active(true).map_err(|error| failed(&error))?;
        stage.input.push_event(gst::event::StreamStart::new("stage"));
        Ok(stage)
    }

    /// Says what will be pushed from now on.
    pub fn set_caps(&mut self, caps: &gst::Caps) {
        if self.caps.as_ref() == Some(caps) {
            return;
        }
        self.input.push_event(gst::event::Caps::new(caps));
        if self.caps.is_none() {
            self.input.push_event(gst::event::Segment::new(&gst::FormattedSegment::<gst::ClockTime>::new()));
        }
        self.caps = Some(caps.clone());
    }

    /// Works on `buffer` in this thread; the output callback has run when this returns, unless
    /// the element keeps something back or has threads of its own.
    pub fn push(&self, buffer: gst::Buffer) -> Result<(), StageError> {
        self.input.push(buffer).map_err(StageError::Push)?;
        if self.trouble.swap(false, Ordering::AcqRel) { Err(StageError::Trouble) } else { Ok(()) }
    }

    /// Says that `duration` from `time` on is missing: decoders invent something.
    pub fn gap(&self, time: Duration, duration: Duration) {
        self.input.push_event(gst::event::Gap::builder(clock_time(time)).duration(clock_time(duration)).build());
    }

    /// Sends an event to the last element, against the stream.
    pub fn send_upstream(&self, event: gst::Event) {
        self.output.push_event(event);
    }

    /// Tells a test whether the stage still exists.
    #[cfg(test)]
    pub fn watch(&self) -> gst::glib::WeakRef<gst::Bin> {
        self.bin.downgrade()
    }

    /// An element by its name in the description.
    pub fn element(&self, name: &str) -> Option<gst::Element> {
        self.bin.by_name(name)
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        let _ = self.input.set_active(false);
        let _ = self.output.set_active(false);
        let _ = self.bin.set_state(gst::State::Null);
        self.bus.unset_sync_handler();
        self.bin.set_bus(None);
    }
}

fn note_trouble(message: &gst::Message, trouble: &AtomicBool) {
    let (what, source) = match message.view() {
        gst::MessageView::Error(error) => (error.error().to_string(), message.src()),
        // Decoders report corrupt data as warnings and carry on with a broken picture.
        gst::MessageView::Warning(warning) => (warning.error().to_string(), message.src()),
        _ => return,
    };
    trouble.store(true, Ordering::Release);
    tracing::debug!(element = %source.map(|source| source.name()).unwrap_or_default(), "{what}");
}

/// A duration on GStreamer's clock.
pub(crate) fn clock_time(duration: Duration) -> gst::ClockTime {
    gst::ClockTime::from_nseconds(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX - 1))
}

/// A GStreamer time as a duration.
pub(crate) fn duration(time: gst::ClockTime) -> Duration {
    Duration::from_nanos(time.nseconds())
}

/// A buffer of `data` for `time`.
pub(crate) fn timed_buffer(data: Vec<u8>, time: Duration) -> gst::Buffer {
    let mut buffer = gst::Buffer::from_mut_slice(data);
    if let Some(buffer) = buffer.get_mut() {
        buffer.set_pts(clock_time(time));
        buffer.set_dts(clock_time(time));
    }
    buffer
}
