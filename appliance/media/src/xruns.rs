//! Xruns: sound that was lost because a buffer ran over or dry.
//!
//! GStreamer's ALSA elements heal those of the driver by themselves and tell nobody but GStreamer's log, so that
//! is listened to.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Once};

use gstreamer as gst;
use gstreamer::prelude::*;

use crate::mailbox::lock;

/// The category GStreamer's ALSA elements log in, and how the line of an xrun begins (1.22 to 1.26).
const CATEGORY: &str = "alsa";
const LINE: &str = "xrun recovery";

/// Xruns of one device that were not told yet.
#[derive(Debug, Default)]
pub(crate) struct Xruns(AtomicU64);

impl Xruns {
    pub fn note(&self) {
        self.0.fetch_add(1, Ordering::AcqRel);
    }

    /// How many since this was last called.
    pub fn take(&self) -> u64 {
        self.0.swap(0, Ordering::AcqRel)
    }
}

/// Whose lines are listened to, by the element's address: a line is written by the element's own thread, which
/// must not be the last to let go of it.
static LISTENING: Mutex<Vec<(usize, Arc<Xruns>)>> = Mutex::new(Vec::new());

/// Ends the listening when dropped.
pub(crate) struct Listening(usize);

impl Drop for Listening {
    fn drop(&mut self) {
        lock(&LISTENING).retain(|(address, _)| *address != self.0);
    }
}

/// Notes the xruns of `element`, one of GStreamer's for ALSA, as long as what is returned lives.
pub(crate) fn listen(element: &gst::Element, xruns: Arc<Xruns>) -> Listening {
    static STARTED: Once = Once::new();
    STARTED.call_once(|| {
        // By default nothing is logged, and what is would be printed as well: that is for who asks for it.
        if std::env::var_os("GST_DEBUG").is_none() {
            gst::log::remove_default_log_function();
        }
        if let Some(category) = gst::DebugCategory::get(CATEGORY)
            && category.threshold() < gst::DebugLevel::Warning
        {
            category.set_threshold(gst::DebugLevel::Warning);
        }
        gst::log::add_log_function(|category, _, _, _, _, object, message| {
            if category.name() != CATEGORY || !message.get().is_some_and(|line| line.starts_with(LINE)) {
                return;
            }
            let address = object.map_or(0, |object| object.as_ptr() as usize);
            for (_, xruns) in lock(&LISTENING).iter().filter(|(known, _)| *known == address) {
                xruns.note();
            }
        });
    });
    let address = element.as_ptr() as usize;
    lock(&LISTENING).push((address, xruns));
    Listening(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_gstreamer_logs_of_an_xrun_is_counted_for_that_device_only() {
        gst::init().unwrap();
        let element = |name| gst::ElementFactory::make(name).build().unwrap();
        let (microphone, loudspeaker) = (element("alsasrc"), element("alsasink"));
        let [recorded, played]: [Arc<Xruns>; 2] = Default::default();
        let listening = listen(&microphone, recorded.clone());
        let _also = listen(&loudspeaker, played.clone());
        // As GStreamer 1.22 to 1.26 write it (ext/alsa, `xrun_recovery`).
        let category = gst::DebugCategory::get(CATEGORY).expect("GStreamer's own");
        for _ in 0..2 {
            gst::warning!(category, obj = &microphone, "xrun recovery -32: Broken pipe");
        }
        gst::warning!(category, obj = &microphone, "Can't recover from underrun, prepare failed");
        assert_eq!([recorded.take(), recorded.take(), played.take()], [2, 0, 0]);
        gst::warning!(category, obj = &loudspeaker, "xrun recovery -32: Broken pipe");
        drop(listening);
        gst::warning!(category, obj = &microphone, "xrun recovery -32: Broken pipe");
        assert_eq!([recorded.take(), played.take()], [0, 1]);
    }
}
