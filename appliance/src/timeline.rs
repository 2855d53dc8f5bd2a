//! What happened when between a touch and a face: the figures a join is judged by.

use std::sync::{Arc, Mutex};
use std::time::Instant;

use serde::Serialize;

/// A moment of a join.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// The finger left the Join button (or the command arrived).
    Touch,
    /// The platform let us in and gave a token.
    Token,
    /// The LiveKit server answered our join.
    Signalling,
    /// ICE and DTLS are up.
    Media,
    /// The first remote sound left for the loudspeaker.
    FirstAudio,
    /// The first remote picture is on the display.
    FirstVideo,
}

/// The moments of the newest join. Cheap to clone and share.
#[derive(Clone, Default)]
pub struct Timeline(Arc<Mutex<Moments>>);

#[derive(Default, Clone, Copy)]
struct Moments {
    touch: Option<Instant>,
    after_touch: Figures,
}

/// Milliseconds after the touch; what has not happened is absent.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Figures {
    pub token_ms: Option<f64>,
    pub signalling_ms: Option<f64>,
    pub media_ms: Option<f64>,
    pub first_audio_ms: Option<f64>,
    pub first_video_ms: Option<f64>,
}

impl Timeline {
    /// Notes the first time a moment happens after the newest touch; a touch starts anew.
    pub fn note(&self, moment: Moment, at: Instant) {
        let mut moments = self.0.lock().unwrap_or_else(|e| e.into_inner());
        if moment == Moment::Touch {
            *moments = Moments { touch: Some(at), after_touch: Figures::default() };
            return;
        }
        let Some(touch) = moments.touch else { return };
        let elapsed_ms = at.saturating_duration_since(touch).as_secs_f64() * 1000.0;
        let figures = &mut moments.after_touch;
        let figure = match moment {
            Moment::Touch => return,
            Moment::Token => &mut figures.token_ms,
            Moment::Signalling => &mut figures.signalling_ms,
            Moment::Media => &mut figures.media_ms,
            Moment::FirstAudio => &mut figures.first_audio_ms,
            Moment::FirstVideo => &mut figures.first_video_ms,
        };
        figure.get_or_insert(elapsed_ms);
    }

    /// The figures so far.
    pub fn figures(&self) -> Figures {
        self.0.lock().unwrap_or_else(|e| e.into_inner()).after_touch
    }
}
