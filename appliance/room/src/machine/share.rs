//! Sharing a laptop: what is at the content input, and whether people want others to see it.

use std::time::Duration;

use super::{Room, State};
use crate::call::{Call, Phase, ShareWish};
use crate::policy::Forbidden;
use crate::view::{Content, Notice};
use crate::{Now, Output, Refusal};

/// How long people are asked whether to share a laptop that has just come.
pub(super) const OFFER_SHOWN: Duration = Duration::from_secs(20);
/// Laptops change their mode within this; after it somebody has to look at a cable.
const NO_SIGNAL_PATIENCE: Duration = Duration::from_secs(5);

impl Room {
    pub(super) fn set_share(&mut self, on: bool) {
        let may = self.may();
        let State::Calling(call) = &mut self.state else { return self.refuse(Refusal::InNoMeeting) };
        if !matches!(call.phase, Phase::In { .. }) {
            return self.refuse(Refusal::InNoMeeting);
        }
        if is_sharing(call) == on {
            return;
        }
        if on && !may.share {
            return self.refuse(Notice::Forbidden(Forbidden::Share));
        }
        if on && call.asked_mut().is_none() {
            return self.refuse(Notice::Withheld);
        }
        if on && !call.may_share() {
            return self.refuse(Notice::MayNotShare);
        }
        if on && !self.devices.content.gives_pictures() {
            return self.refuse(Notice::NoContent);
        }
        call.ask_share(if on { ShareWish::Yes } else { ShareWish::No });
        self.outputs.push_back(Output::SetShare { call: call.id, on });
    }

    pub(super) fn content_is(&mut self, content: Content, now: Now) {
        let before = std::mem::replace(&mut self.devices.content, content);
        if content.gives_pictures() && !before.gives_pictures() {
            self.content_came = Some(now.monotonic);
            self.standby.somebody(now);
        }
        let State::Calling(call) = &mut self.state else { return };
        if before == content || !matches!(call.phase, Phase::In { .. }) {
            return;
        }
        match (call.share(), content) {
            (ShareWish::Yes | ShareWish::Dark { .. }, Content::Missing) => {
                self.stop_share(Notice::ContentUnplugged, now);
            }
            (ShareWish::Yes, Content::NoSignal) => {
                call.ask_share(ShareWish::Dark { until: now.monotonic + NO_SIGNAL_PATIENCE });
            }
            (ShareWish::Dark { .. } | ShareWish::Yes, Content::Protected) => {
                call.ask_share(ShareWish::Yes);
                self.tell(Notice::ContentProtected, now);
            }
            // The same laptop in another mode.
            (ShareWish::Dark { .. }, Content::Ready) => call.ask_share(ShareWish::Yes),
            (ShareWish::No, Content::Ready) if !before.gives_pictures() && call.may_share() => {
                call.ask_share(ShareWish::Offered { until: now.monotonic + OFFER_SHOWN });
            }
            (ShareWish::Offered { .. }, Content::Missing | Content::NoSignal) => call.ask_share(ShareWish::No),
            _ => {}
        }
    }

    pub(super) fn stop_share(&mut self, why: Notice, now: Now) {
        let State::Calling(call) = &mut self.state else { return };
        call.ask_share(ShareWish::No);
        self.outputs.push_back(Output::SetShare { call: call.id, on: false });
        self.tell(why, now);
    }
}

/// Whether people want to share, whatever comes of it now.
pub(super) fn is_sharing(call: &Call) -> bool {
    matches!(call.share(), ShareWish::Yes | ShareWish::Dark { .. })
}
