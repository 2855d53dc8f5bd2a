//! A group's frame keys (RFC 9605, section 5.2), of this epoch and, for a moment, of those before it.
//!
//! ```text
//! +------------------+---------------------------------------+------+------+
//! | clear header (N) | SFrame: header, ciphertext, 16 bytes  | 0x5F | 0x01 |
//! +------------------+---------------------------------------+------+------+
//! ```
//! The clear header is SFrame's metadata. All behind it is escaped in H.264. A frame under the shared key has 0x0C where
//! this one has 0x5F.

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

use zeroize::Zeroizing;

use super::membership::{Failure, Membership};
use crate::e2ee::sframe::{FrameKey, Header, Window};
use crate::e2ee::{clear_bytes, nal};
use crate::io::{Codec, Layer, Source};

/// What stands behind a frame under a group's key.
const TRAILER: [u8; 2] = [0x5f, 0x01];

/// Bits of the epoch's number in a key id.
const EPOCH_BITS: u32 = 4;

/// How long the keys of an epoch are kept when there is another: frames are on their way for less.
const KEPT: Duration = Duration::from_secs(10);

/// Epochs kept at most.
const EPOCHS_MAX: usize = 8;

/// Streams of a sender, numbered from 0 by the context of a key id.
const STREAMS: u64 = 16;

/// Which of a sender's streams a frame belongs to: each has a key and a counter of its own.
pub fn stream(source: Source, layer: Option<Layer>) -> u64 {
    let layer = match layer {
        None => 0,
        Some(Layer::Low) => 1,
        Some(Layer::Medium) => 2,
        Some(Layer::High) => 3,
    };
    match source {
        Source::Microphone => 0,
        Source::Camera => 4 + layer,
        Source::ScreenShare => 8 + layer,
        Source::ScreenShareAudio => 1,
        Source::Unknown => 12 + layer,
    }
}

/// Whether a received frame says of itself that it is under a group's key.
pub fn is_of_group(frame: &[u8]) -> bool {
    frame.ends_with(&TRAILER)
}

/// Why a frame was not opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unopened {
    #[error("it is no frame of a group")]
    NotSealed,
    #[error("its epoch is not ours, or over")]
    NoEpoch,
    #[error("its key is not its sender's")]
    OtherSender,
    #[error("it was encrypted with another key, or changed on the way")]
    WrongKey,
    #[error("it came before")]
    Repeated,
}

/// Seals what we send and opens what others send.
#[derive(Default)]
pub struct Frames {
    /// The newest last.
    epochs: Vec<Epoch>,
    /// The one we seal under.
    sealing: u64,
    serial: u64,
}

struct Epoch {
    serial: u64,
    /// The low bits of its number.
    low: u64,
    /// How many bits the index of a member takes.
    index_bits: u32,
    own: u32,
    members: BTreeMap<u32, String>,
    base_key: Zeroizing<Vec<u8>>,
    /// By key id: with the next counter, and with those that came.
    senders: HashMap<u64, (FrameKey, u64)>,
    receivers: HashMap<u64, (FrameKey, Window)>,
    ends_at: Option<Instant>,
}

impl Epoch {
    fn key_id(&self, stream: u64) -> u64 {
        (stream << (self.index_bits + EPOCH_BITS)) + (u64::from(self.own) << EPOCH_BITS) + self.low
    }

    /// Whose key an id names, and for which stream.
    fn sender(&self, key_id: u64) -> Option<&str> {
        let stream = key_id.checked_shr(self.index_bits + EPOCH_BITS)?;
        let index = (key_id >> EPOCH_BITS) & ((1 << self.index_bits) - 1);
        let member = self.members.get(&u32::try_from(index).ok()?)?;
        (stream < STREAMS).then_some(member)
    }
}

impl Frames {
    /// The group is at another epoch from now on. What we send stays under the old one until [`Frames::switch`].
    ///
    /// # Errors
    /// When there is no key.
    pub fn enter(&mut self, membership: &Membership, now: Instant) -> Result<(), Failure> {
        let base_key = membership.base_key()?;
        self.leave(now);
        let low = membership.epoch() & ((1 << EPOCH_BITS) - 1);
        // Two with the same low bits cannot be told apart (RFC 9605, section 5.2).
        self.epochs.retain(|epoch| epoch.low != low);
        if self.epochs.len() >= EPOCHS_MAX {
            self.epochs.remove(0);
        }
        let leaves = membership.leaves();
        let size = leaves.iter().map(|leaf| leaf.index + 1).max().unwrap_or(1);
        self.serial += 1;
        self.epochs.push(Epoch {
            serial: self.serial,
            low,
            index_bits: size.next_power_of_two().trailing_zeros(),
            own: membership.own(),
            members: leaves.iter().map(|leaf| (leaf.index, leaf.participant.clone())).collect(),
            base_key,
            senders: HashMap::new(),
            receivers: HashMap::new(),
            ends_at: None,
        });
        Ok(())
    }

    /// There is no epoch any more, or another: the keys are wiped in a moment.
    pub fn leave(&mut self, now: Instant) {
        for epoch in &mut self.epochs {
            epoch.ends_at.get_or_insert(now + KEPT);
        }
    }

    /// Seals under the newest epoch from now on.
    pub fn switch(&mut self) {
        self.sealing = self.epochs.last().map_or(0, |epoch| epoch.serial);
    }

    /// Whether what we send is under the newest epoch.
    pub fn is_switched(&self) -> bool {
        self.epochs.last().is_some_and(|epoch| epoch.serial == self.sealing)
    }

    /// A number of the epoch that we seal under, never used again; 0 before the first.
    pub fn sealing(&self) -> u64 {
        self.sealing
    }

    /// Wipes what is over.
    pub fn expire(&mut self, now: Instant) {
        self.epochs.retain(|epoch| epoch.ends_at.is_none_or(|at| now < at));
    }

    /// When something is over.
    pub fn deadline(&self) -> Option<Instant> {
        self.epochs.iter().filter_map(|epoch| epoch.ends_at).min()
    }

    /// A frame of ours as it goes on the wire; an empty one stays empty. `None`: it must not be sent.
    pub fn seal(&mut self, codec: Codec, stream: u64, frame: &[u8]) -> Option<Vec<u8>> {
        if frame.is_empty() {
            return Some(Vec::new());
        }
        let rebuilt = if codec == Codec::H264 { Some(nal::as_received(frame)?) } else { None };
        let (frame, clear) = match &rebuilt {
            Some((frame, clear)) => (frame.as_slice(), *clear),
            None => (frame, clear_bytes(codec, false, frame)),
        };
        let (head, text) = frame.split_at_checked(clear)?;
        let sealing = self.sealing;
        let epoch = self.epochs.iter_mut().find(|epoch| epoch.serial == sealing)?;
        let key_id = epoch.key_id(stream);
        let base_key = &epoch.base_key;
        let (key, counter) = epoch.senders.entry(key_id).or_insert_with(|| (FrameKey::derive(base_key, key_id), 0));
        let mut sealed = key.seal(*counter, head, text)?;
        *counter += 1;
        sealed.extend(TRAILER);
        if codec == Codec::H264 {
            sealed = nal::escape(&sealed);
        }
        Some([head, &sealed].concat())
    }

    /// A frame that came on a track of this participant's, in clear. `keyframe` is what RTP says; it only matters where
    /// the codec cannot be read.
    ///
    /// # Errors
    /// When it is not by a key of this participant's that we have, or comes again.
    pub fn open(&mut self, owner: &str, codec: Codec, keyframe: bool, frame: &[u8]) -> Result<Vec<u8>, Unopened> {
        let clear = clear_bytes(codec, keyframe, frame);
        let (head, body) = frame.split_at_checked(clear).ok_or(Unopened::NotSealed)?;
        let unescaped = (codec == Codec::H264).then(|| nal::unescape(body));
        let body = unescaped.as_deref().unwrap_or(body).strip_suffix(&TRAILER).ok_or(Unopened::NotSealed)?;
        let (header, ciphertext) = Header::decode(body).ok_or(Unopened::NotSealed)?;
        let low = header.key_id & ((1 << EPOCH_BITS) - 1);
        let epoch = self.epochs.iter_mut().find(|epoch| epoch.low == low).ok_or(Unopened::NoEpoch)?;
        if epoch.sender(header.key_id) != Some(owner) {
            return Err(Unopened::OtherSender);
        }
        let new = || (FrameKey::derive(&epoch.base_key, header.key_id), Window::default());
        let (key, window) = epoch.receivers.entry(header.key_id).or_insert_with(new);
        if !window.admits(header.counter) {
            return Err(Unopened::Repeated);
        }
        let text = key.open(header, head, ciphertext).ok_or(Unopened::WrongKey)?;
        window.note(header.counter);
        Ok([head, &text].concat())
    }
}
