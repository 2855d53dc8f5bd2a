//! An encrypted meeting: what of ours is sealed, and what of others is opened.

use std::collections::HashMap;

use super::proto::{open_packet, seal_packet};
use crate::e2ee::{Injected, Opener, Profile, Sealer, Secret, Stamp, injected, random};
use crate::io::{Codec, Kind, Layer, OutgoingFrame, Source};

/// Frames of a track in a row that do not open before that is told: one by one they go wrong on bad networks.
const UNREADABLE_FROM: u32 = 8;

/// The place of the shared key in everybody's ring.
const SHARED_KEY_INDEX: u8 = 0;

/// Both directions under the meeting's shared key.
#[derive(Debug)]
pub(super) struct Cipher {
    sealer: Sealer,
    opener: Opener,
    /// How the server marks the frames it makes itself; each session has its own.
    mark: Vec<u8>,
    streams: HashMap<(Source, Option<Layer>), u32>,
    /// Frames in a row that did not open, by track.
    failures: HashMap<String, u32>,
}

/// What becomes of a received frame.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Opened {
    /// `after_others`: those before it did not open.
    Clear { data: Vec<u8>, after_others: bool },
    /// The server's own, which says nothing of its owner's key.
    Blank(Vec<u8>),
    /// Not to be shown or heard.
    Nothing,
    /// Nor anything before it for a while: people should know.
    Unreadable,
}

impl Cipher {
    pub fn new(secret: &Secret) -> Cipher {
        let profile = Profile::SHARED;
        let key = secret.key(&profile);
        Cipher {
            sealer: Sealer::new(key.clone(), SHARED_KEY_INDEX),
            opener: Opener::new(profile, [(SHARED_KEY_INDEX, key)]),
            mark: Vec::new(),
            streams: HashMap::new(),
            failures: HashMap::new(),
        }
    }

    /// What of ours goes on the wire. `None`: nothing.
    pub fn seal(&mut self, frame: &OutgoingFrame) -> Option<OutgoingFrame> {
        // Sound and pictures, and their layers, never share an IV.
        let stream = *self.streams.entry((frame.source, frame.layer)).or_insert_with(random);
        let rate = if frame.codec == Codec::Opus { 48_000 } else { 90_000 };
        let time = (frame.media_time.as_nanos() * rate / 1_000_000_000) as u32;
        let data = self.sealer.seal(frame.codec, Stamp { stream, time }, &frame.data);
        if data.is_none() {
            tracing::debug!(codec = ?frame.codec, length = frame.data.len(), "a frame cannot be encrypted, and is not sent");
        }
        let OutgoingFrame { source, codec, layer, media_time, captured, keyframe, audio_level, .. } = *frame;
        Some(OutgoingFrame { source, codec, layer, media_time, captured, keyframe, data: data?, audio_level })
    }

    /// What of somebody's track can be shown or heard. `sid` is the track's.
    pub fn open(&mut self, sid: &str, kind: Kind, codec: Codec, keyframe: bool, frame: &[u8]) -> Opened {
        match injected(frame, &self.mark) {
            Some(Injected::Blank(blank)) => return Opened::Blank(blank.to_vec()),
            Some(Injected::Foreign) => {
                tracing::debug!(length = frame.len(), "the server put in something of its own");
                return Opened::Nothing;
            }
            None => {}
        }
        match self.opener.open(codec, keyframe && kind == Kind::Video, frame) {
            Ok(data) => Opened::Clear { data, after_others: self.failures.remove(sid).is_some() },
            Err(why) => {
                let failures = self.failures.entry(sid.to_owned()).or_default();
                *failures = failures.saturating_add(1);
                tracing::trace!(%why, "a frame does not open");
                if *failures >= UNREADABLE_FROM { Opened::Unreadable } else { Opened::Nothing }
            }
        }
    }

    /// A new session: its tracks have other names, and its server another mark.
    pub fn begin(&mut self, mark: Vec<u8>) {
        self.mark = mark;
        self.failures.clear();
    }

    /// A data packet as it goes on the wire. `None`: it cannot be encrypted, and is not sent.
    pub fn seal_packet(&mut self, packet: &[u8], time_ms: u32) -> Option<Vec<u8>> {
        seal_packet(packet, |content| self.sealer.seal_data(time_ms, content))
    }

    /// A data packet in clear, when it was sealed with the meeting's key.
    pub fn open_packet(&mut self, packet: &[u8]) -> Option<Vec<u8>> {
        open_packet(packet, |sealed| self.opener.open_data(sealed).ok())
    }
}
