//! An encrypted meeting: what of ours is sealed, and what of others is opened.

use std::collections::HashMap;

use super::proto::{open_packet, seal_packet};
use crate::device::Device;
use crate::e2ee::group::{Group, is_of_group, stream};
use crate::e2ee::{Injected, Opener, Profile, Sealer, Secret, Stamp, injected, random};
use crate::io::{Codec, Encryption, Kind, Layer, Now, OutgoingFrame, Source};

/// Frames of a track in a row that do not open before that is told: one by one they go wrong on bad networks.
const UNREADABLE_FROM: u32 = 8;

/// The place of the shared key in everybody's ring.
const SHARED_KEY_INDEX: u8 = 0;

/// Both directions, under the meeting's shared key or a group's.
pub(super) struct Cipher {
    /// `None`: this device has no certificate to be in a group with.
    pub group: Option<Group>,
    sealer: Sealer,
    opener: Opener,
    /// How the server marks the frames it makes itself; each session has its own.
    mark: Vec<u8>,
    streams: HashMap<(Source, Option<Layer>), u32>,
    /// Frames in a row that did not open, by track.
    failures: HashMap<String, u32>,
}

/// A frame as it was received.
pub(super) struct Received<'a> {
    /// The track's sid, and its owner's identity as the server tells it.
    pub track: &'a str,
    pub owner: &'a str,
    pub kind: Kind,
    pub codec: Codec,
    pub keyframe: bool,
    pub data: &'a [u8],
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
    pub fn new(secret: &Secret, device: Option<Device>) -> Cipher {
        let profile = Profile::SHARED;
        let key = secret.key(&profile);
        Cipher {
            group: device.map(Group::new),
            sealer: Sealer::new(key.clone(), SHARED_KEY_INDEX),
            opener: Opener::new(profile, [(SHARED_KEY_INDEX, key)]),
            mark: Vec::new(),
            streams: HashMap::new(),
            failures: HashMap::new(),
        }
    }

    /// What protects what is said and shown.
    pub fn encryption(&self) -> &Encryption {
        const ALONE: &Encryption = &Encryption::SharedKey { hindered_by: Vec::new(), outside: Vec::new() };
        self.group.as_ref().map_or(ALONE, Group::encryption)
    }

    /// What of ours goes on the wire. `None`: nothing.
    pub fn seal(&mut self, frame: &OutgoingFrame) -> Option<OutgoingFrame> {
        let data = match &mut self.group {
            Some(group) if !group.sends_shared() => {
                let grouped = group.is_grouped();
                let stream = stream(frame.source, frame.layer);
                grouped.then(|| group.seal(frame.codec, stream, &frame.data)).flatten()
            }
            _ => self.seal_shared(frame),
        };
        if data.is_none() {
            tracing::debug!(codec = ?frame.codec, length = frame.data.len(), "a frame is not encrypted, and not sent");
        }
        let OutgoingFrame { source, codec, layer, media_time, captured, keyframe, audio_level, .. } = *frame;
        Some(OutgoingFrame { source, codec, layer, media_time, captured, keyframe, data: data?, audio_level })
    }

    fn seal_shared(&mut self, frame: &OutgoingFrame) -> Option<Vec<u8>> {
        // Sound and pictures, and their layers, never share an IV.
        let stream = *self.streams.entry((frame.source, frame.layer)).or_insert_with(random);
        let rate = if frame.codec == Codec::Opus { 48_000 } else { 90_000 };
        let time = (frame.media_time.as_nanos() * rate / 1_000_000_000) as u32;
        self.sealer.seal(frame.codec, Stamp { stream, time }, &frame.data)
    }

    /// What of somebody's track can be shown or heard.
    pub fn open(&mut self, frame: &Received<'_>, now: Now) -> Opened {
        match injected(frame.data, &self.mark) {
            Some(Injected::Blank(blank)) => return Opened::Blank(blank.to_vec()),
            Some(Injected::Foreign) => {
                tracing::debug!(length = frame.data.len(), "the server put in something of its own");
                return Opened::Nothing;
            }
            None => {}
        }
        match self.open_any(frame, now) {
            Some(data) => Opened::Clear { data, after_others: self.failures.remove(frame.track).is_some() },
            None => {
                let failures = self.failures.entry(frame.track.to_owned()).or_default();
                *failures = failures.saturating_add(1);
                if *failures >= UNREADABLE_FROM { Opened::Unreadable } else { Opened::Nothing }
            }
        }
    }

    fn open_any(&mut self, frame: &Received<'_>, now: Now) -> Option<Vec<u8>> {
        let Received { owner, codec, data, .. } = *frame;
        let keyframe = frame.keyframe && frame.kind == Kind::Video;
        if let Some(group) = &mut self.group {
            if is_of_group(data) {
                let opened = group.open(owner, codec, keyframe, data);
                return opened.inspect_err(|why| tracing::trace!(%why, "a frame of a group does not open")).ok();
            }
            // Silence is its own, whatever it is under.
            if !data.is_empty() && !group.believes_shared(now.monotonic) {
                return None;
            }
        }
        let opened = self.opener.open(codec, keyframe, data);
        opened.inspect_err(|why| tracing::trace!(%why, "a frame does not open")).ok()
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
