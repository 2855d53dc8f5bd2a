//! A copy of what the server forwards of a track, for tests that ask what somebody on the server could see.

use std::collections::VecDeque;

use str0m::rtp::RtpPacket;

use super::Core;
use super::levers::{Source, find};

/// Packets kept of one track; the oldest make place.
const KEPT_MAX: usize = 4096;
/// The length of the IV in LiveKit's encrypted frames; the last byte but one says so.
const IV_LENGTH: u8 = 12;
/// Keys are numbered below this.
const KEYS_MAX: u8 = 16;

/// One packet of a track, as the server passes it on but for its numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forwarded {
    /// Such as `video/VP8`.
    pub mime_type: String,
    /// The simulcast layer, 0 lowest.
    pub layer: usize,
    /// As the publisher counts.
    pub timestamp: u32,
    /// The last packet of its frame. Of sound every packet is.
    pub ends_frame: bool,
    /// The RTP payload: the codec's payload descriptor, if it has one, and a frame or part of it.
    pub payload: Vec<u8>,
}

impl Forwarded {
    /// Whether it ends a frame, and the way LiveKit's encrypted frames end: the IV's length, the key's number. One clear
    /// frame in some four thousand does so by chance.
    pub fn ends_sealed(&self) -> bool {
        self.ends_frame && matches!(self.payload[..], [.., IV_LENGTH, key] if key < KEYS_MAX)
    }
}

/// What is kept of a track.
#[derive(Debug, Default)]
pub(super) struct Tap(VecDeque<Forwarded>);

impl Tap {
    pub fn saw(&mut self, mime_type: &str, layer: usize, packet: &RtpPacket) {
        if packet.payload.is_empty() {
            return;
        }
        if self.0.len() == KEPT_MAX {
            self.0.pop_front();
        }
        self.0.push_back(Forwarded {
            mime_type: mime_type.to_owned(),
            layer,
            timestamp: packet.header.timestamp,
            ends_frame: packet.header.marker || mime_type.starts_with("audio/"),
            payload: packet.payload.to_vec(),
        });
    }
}

impl Core {
    /// What was forwarded of a participant's track since this was last asked; the first time nothing, it is kept from
    /// then on. Nothing either where there is no such track.
    pub fn tap(&mut self, room: &str, identity: &str, source: Source) -> Vec<Forwarded> {
        let Some((room, index)) = find(&mut self.rooms, room, identity) else { return Vec::new() };
        let tracks = &mut room.participants[index].tracks;
        let track = tracks.iter_mut().find(|t| t.mid.is_some() && Source::of(t.info.source) == source);
        track.map(|track| track.tap.get_or_insert_default().0.drain(..).collect()).unwrap_or_default()
    }
}
