//! What people in the room say and do to the others in a meeting.

use super::{Room, State};
use crate::call::{Call, Phase};
use crate::chat::SENT_CHARS_MAX;
use crate::moderation::{HostRefusal, Moderation};
use crate::policy::{Forbidden, Mode};
use crate::reaction::Reaction;
use crate::view::Notice;
use crate::{Now, Output};

impl Room {
    /// The call, once we are in the meeting.
    fn in_meeting(&mut self) -> Option<&mut Call> {
        match &mut self.state {
            State::Calling(call) if matches!(call.phase, Phase::In { .. }) => Some(call),
            _ => None,
        }
    }

    pub(super) fn send_chat(&mut self, text: &str, now: Now) {
        let text: String = text.trim().chars().take(SENT_CHARS_MAX).collect();
        let may = self.may();
        let Some(call) = self.in_meeting().filter(|_| !text.is_empty()) else { return };
        if !may.chat {
            return self.refuse(Notice::Forbidden(Forbidden::Chat));
        }
        if !call.words().may_write() {
            return self.tell(Notice::MayNotWrite, now);
        }
        // The platform sends nobody their own words back.
        call.words().write(&text, now.local(now.wall));
        let call = call.id;
        self.outputs.push_back(Output::SendChat { call, text });
    }

    pub(super) fn react(&mut self, reaction: Reaction, now: Now) {
        let from = self.config.display_name.clone();
        let is_classified = self.mode() == Mode::Classified;
        let Some(call) = self.in_meeting() else { return };
        if is_classified {
            return self.refuse(Notice::Forbidden(Forbidden::Classified));
        }
        if !call.words().may_write() {
            return self.tell(Notice::MayNotWrite, now);
        }
        let call = call.id;
        self.outputs.push_back(Output::React { call, reaction });
        // What the others see of it.
        self.tell(Notice::Reaction { from, emoji: reaction.name().to_owned() }, now);
    }

    pub(super) fn moderate(&mut self, act: Moderation, now: Now) {
        let Some(call) = self.in_meeting() else { return };
        if !call.rights().allow(&act) {
            return self.tell(Notice::Refused(HostRefusal::NotAllowed), now);
        }
        call.ended_by_us |= act == Moderation::EndForAll;
        let call = call.id;
        self.outputs.push_back(Output::Moderate { call, act });
    }
}
