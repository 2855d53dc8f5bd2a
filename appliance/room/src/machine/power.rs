//! Restarting and switching off, against everything else that goes on.

use std::time::Duration;

use super::{Room, State};
use crate::power::{BEFORE_MEETING, PowerAct, Restart};
use crate::view::{Administration, Notice};
use crate::{Now, Output, Refusal};

/// How long people are told that the machine stops: as long as it may take.
const TOLD: Duration = Duration::from_secs(60);

impl Room {
    /// Does it, or says why not. `insist`: also in a meeting, which the room then leaves, and shortly before one.
    pub(super) fn power(&mut self, act: PowerAct, insist: bool, now: Now) {
        if !self.config.power.is_there {
            return self.refuse(Refusal::NoPowerService);
        }
        if !insist {
            if matches!(self.state, State::Calling(_) | State::Leaving { then: Some(_), .. } | State::Asking(_)) {
                return self.refuse(Refusal::InMeeting);
            }
            if let Some(at) = self.meeting_near(now) {
                return self.refuse(Notice::MeetingNear { at });
            }
        }
        self.leave(now);
        self.outputs.push_back(Output::Power(act));
        let notice = match act {
            PowerAct::Restart => Notice::Restarting,
            PowerAct::Off => Notice::SwitchingOff,
        };
        self.tell_for(notice, TOLD, now);
    }

    /// A meeting that goes on by the agenda, or begins within ten minutes: local wall time of its start.
    fn meeting_near(&self, now: Now) -> Option<Duration> {
        let is_near = |start: Duration| start <= now.wall + BEFORE_MEETING;
        let near = self.agenda.entries().filter(|entry| !entry.all_day && entry.end > now.wall && is_near(entry.start));
        near.map(|entry| now.local(entry.start)).min()
    }

    /// What the panel offers.
    pub(super) fn restart(&self, now: Now) -> Option<Restart> {
        let rules = self.config.power;
        let administration = self.door.view(&self.settings, self.config.fixed, now);
        let is_open = matches!(administration, Administration::Open { .. } | Administration::None);
        (rules.is_there && rules.at_panel && is_open).then(|| Restart { meeting: self.meeting_near(now) })
    }
}
