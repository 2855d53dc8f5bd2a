//! Before a meeting crosses the border: somebody in the room accepts the policy's sentence, for this one call.
//!
//! What was accepted is kept nowhere: whoever goes there again, or tries again, is asked again. A call that comes back by
//! itself after a bad moment is still the same call.

use std::time::{Duration, Instant};

use super::{Going, Room, State};
use crate::Now;
use crate::policy::{SENTENCE_CHARS_MAX, Transition};
use crate::text::one_line;
use crate::view::{Acceptance, AcceptanceId, Language};

/// Whoever has touched nothing for so long does not want to go there.
const PATIENCE: Duration = Duration::from_secs(60);
/// Nobody has read a sentence within this: it is the second touch of two that were meant for something else.
const UNREAD: Duration = Duration::from_secs(1);

/// What people are asked.
#[derive(Debug)]
pub(super) struct Question {
    id: AcceptanceId,
    going: Going,
    transition: Transition,
    asked: Instant,
    until: Instant,
}

impl Question {
    /// When it is taken for refused.
    pub fn deadline(&self) -> (Instant, &'static str) {
        (self.until, "nobody accepts that a meeting crosses the border")
    }

    /// What people read.
    pub fn view(&self, language: Language) -> Acceptance {
        Acceptance {
            id: self.id,
            what: self.going.what.clone(),
            host: self.going.destination.host(),
            sentence: one_line(self.transition.sentence.in_language(language), SENTENCE_CHARS_MAX),
        }
    }
}

impl Room {
    /// Asks, and dials nothing.
    pub(super) fn ask_people(&mut self, going: Going, transition: Transition, now: Now) {
        self.questions += 1;
        self.notice = None;
        // What was open at home is not there to come back to.
        self.door.close();
        self.facts.close();
        let id = AcceptanceId(self.questions);
        let (asked, until) = (now.monotonic, now.monotonic + PATIENCE);
        self.state = State::Asking(Question { id, going, transition, asked, until });
    }

    /// Whoever touches something is still reading.
    pub(super) fn somebody_reads(&mut self, now: Now) {
        if let State::Asking(question) = &mut self.state {
            question.until = now.monotonic + PATIENCE;
        }
    }

    /// What people read has changed: a touch that was meant for what was there before accepts nothing.
    pub(super) fn read_anew(&mut self, now: Now) {
        if let State::Asking(question) = &mut self.state {
            question.asked = now.monotonic;
        }
    }

    /// Goes there. What was accepted is for what the policy asks now, or people are asked again.
    pub(super) fn accept(&mut self, id: AcceptanceId, now: Now) {
        let is_meant = |question: &Question| question.id == id && now.monotonic >= question.asked + UNREAD;
        match std::mem::replace(&mut self.state, State::Home) {
            State::Asking(question) if is_meant(&question) => {
                self.start(question.going, Some(question.transition), now);
            }
            state => self.state = state,
        }
    }
}
