//! The other participant: the same session without a room around it.

use std::time::Instant;

use meeting::Target;
use meeting::io::{Command, Event};
use uuid::Uuid;

use crate::air::{Down, LineId, Side};
use crate::cloud::ORIGIN;
use crate::line::{Line, Said, config};
use crate::media::{Heard, Stamp};
use crate::world::Around;

/// The guest, in the meeting or not.
#[derive(Default)]
pub struct Guest {
    line: Option<Line>,
    lines: u16,
    /// In the meeting and not reconnecting since then.
    pub steady_since: Option<Instant>,
    /// Audio and video from the room.
    pub heard: [Heard; 2],
}

impl Guest {
    /// The session, if there is one.
    pub fn line(&self) -> Option<&Line> {
        self.line.as_ref()
    }

    /// Comes in, if not there.
    pub fn join(&mut self, token: String, around: &mut Around<'_>) {
        let Ok(server) = ORIGIN.parse() else { return };
        if self.line.is_some() {
            return;
        }
        around.note(|| "the guest joins".into());
        self.lines += 1;
        let id = LineId { side: Side::Guest, number: self.lines };
        let config = config(id, "Anna", Uuid::from_u128(0xA77A), true, Some(true));
        let (line, said) = Line::start(id, config, Target::LiveKit { server, token, secret: None }, around);
        self.line = Some(line);
        self.said(said, around);
    }

    /// Goes, politely or as if the machine was switched off.
    pub fn leave(&mut self, politely: bool, around: &mut Around<'_>) {
        around.note(|| format!("the guest leaves, politely: {politely}"));
        if politely {
            self.with_line(around, |line, around| line.command(Command::Leave, around));
        }
        if let Some(mut line) = self.line.take() {
            line.drop_sockets(around);
        }
        self.steady_since = None;
    }

    pub fn deadline(&self) -> Option<Instant> {
        self.line.as_ref().and_then(Line::deadline)
    }

    pub fn wake(&mut self, around: &mut Around<'_>) {
        self.with_line(around, |line, around| line.wake(around));
    }

    pub fn arrived(&mut self, to: LineId, down: &Down, around: &mut Around<'_>) {
        if self.line.as_ref().is_some_and(|line| line.id == to) {
            self.with_line(around, |line, around| line.arrived(down, around));
        }
    }

    /// Captures one frame of each device. `video`: of the camera too.
    pub fn capture(&mut self, video: bool, around: &mut Around<'_>) {
        let camera = video.then_some(false);
        self.with_line(around, |line, around| line.capture(Some(false), camera, around));
    }

    fn with_line(&mut self, around: &mut Around<'_>, act: impl FnOnce(&mut Line, &mut Around<'_>) -> Vec<Said>) {
        if let Some(line) = &mut self.line {
            let said = act(line, around);
            self.said(said, around);
        }
    }

    fn said(&mut self, said: Vec<Said>, around: &mut Around<'_>) {
        for said in said {
            match said {
                // The server's own picture, not the other's.
                Said::Frame(frame) if frame.data[..] == sandbox::core::BLACK_PICTURE => {}
                Said::Frame(frame) => {
                    let stamp = Stamp::read(frame.kind, &frame.data);
                    around.keep(stamp.is_some(), "frames arrive whole", || format!("{} bytes", frame.data.len()));
                    self.heard[frame.kind as usize].note(around.clock.now);
                    let secret = stamp.is_some_and(|stamp| stamp.secret);
                    around.keep(!secret, "a mute never lies", || {
                        format!("the guest received {:?}, {stamp:?}", frame.kind)
                    });
                }
                Said::Event(event) => self.event(&event, around),
            }
        }
    }

    fn event(&mut self, event: &Event, around: &mut Around<'_>) {
        match event {
            Event::Joined { .. } | Event::Reconnected => self.steady_since = Some(around.clock.now),
            Event::Reconnecting => self.steady_since = None,
            Event::Ended(_) => {
                self.steady_since = None;
                self.line = None;
            }
            Event::TrackAdded(_) | Event::TrackRemoved(_) => {}
            _ => return,
        }
        around.note(|| format!("session of the guest: {event:?}"));
    }
}
