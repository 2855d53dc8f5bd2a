//! The keys of others, and what is done when one does not fit.

use super::frame::{Sealed, layers};
use super::key::{Key, KeySize, NotOurs};
use crate::io::Codec;

/// What everybody in a meeting does alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Profile {
    /// Of the derivation of keys.
    pub salt: &'static [u8],
    pub size: KeySize,
    /// How many later keys are tried for a frame that the current one does not open.
    pub ratchet_window: u8,
    /// How many frames in a row a key may fail to open before it is given up; `None`: any number.
    pub failure_tolerance: Option<u32>,
    /// Keys kept, 1 to 256.
    pub ring_size: u16,
}

impl Profile {
    /// One passphrase for everybody: LiveKit's `ExternalE2EEKeyProvider`, which La Suite Meet uses.
    pub const SHARED: Profile = Profile { ratchet_window: 0, failure_tolerance: None, ..Profile::EACH };

    /// A key for each participant, with LiveKit's defaults.
    pub const EACH: Profile = Profile {
        salt: b"LKFrameEncryptionKey",
        size: KeySize::Bits128,
        ratchet_window: 8,
        failure_tolerance: Some(10),
        ring_size: 16,
    };
}

/// Why a frame was not opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unopened {
    #[error("it is not encrypted")]
    NotSealed,
    #[error("there is no key for it")]
    NoKey,
    #[error("it was encrypted with another key, or changed on the way")]
    WrongKey,
    #[error("its key has failed too often")]
    GivenUp,
}

/// Decrypts what others send.
#[derive(Debug)]
pub struct Opener {
    profile: Profile,
    ring: Vec<Place>,
}

#[derive(Debug, Default)]
struct Place {
    key: Option<Key>,
    failures: u32,
}

impl Opener {
    /// With these keys at these places.
    pub fn new(profile: Profile, keys: impl IntoIterator<Item = (u8, Key)>) -> Opener {
        let size = usize::from(profile.ring_size.clamp(1, 256));
        let mut opener = Opener { profile, ring: std::iter::repeat_with(Place::default).take(size).collect() };
        for (index, key) in keys {
            opener.set(index, key);
        }
        opener
    }

    /// Puts a key at its place, which forgets what was there.
    pub fn set(&mut self, index: u8, key: Key) {
        *self.place(index) = Place { key: Some(key), failures: 0 };
    }

    fn place(&mut self, index: u8) -> &mut Place {
        let place = usize::from(index) % self.ring.len();
        &mut self.ring[place]
    }

    /// The frame in clear. An empty one (silence) is its own. `keyframe` is what RTP says; it only matters where
    /// the codec cannot be read.
    ///
    /// # Errors
    /// When it is no sealed frame, or no key of ours opens it.
    pub fn open(&mut self, codec: Codec, keyframe: bool, frame: &[u8]) -> Result<Vec<u8>, Unopened> {
        if frame.is_empty() {
            return Ok(Vec::new());
        }
        if let Some(layers) = (codec == Codec::Vp9).then(|| layers(frame)).flatten() {
            let opened: Result<Vec<_>, _> =
                layers.into_iter().map(|layer| self.open_one(codec, false, layer)).collect();
            return opened.map(|layers| layers.concat());
        }
        self.open_one(codec, keyframe, frame)
    }

    fn open_one(&mut self, codec: Codec, keyframe: bool, frame: &[u8]) -> Result<Vec<u8>, Unopened> {
        let sealed = Sealed::parse(codec, keyframe, frame).ok_or(Unopened::NotSealed)?;
        self.attempt(sealed.index, |key| sealed.open(key))
    }

    /// Tries the key of this index, and those that come after it as far as the window goes.
    pub(super) fn attempt(
        &mut self,
        index: u8,
        open: impl Fn(&Key) -> Result<Vec<u8>, NotOurs>,
    ) -> Result<Vec<u8>, Unopened> {
        let Profile { ratchet_window, failure_tolerance, .. } = self.profile;
        let place = self.place(index);
        if failure_tolerance.is_some_and(|most| place.failures > most) {
            return Err(Unopened::GivenUp);
        }
        let Some(current) = &place.key else {
            place.failures = place.failures.saturating_add(1);
            return Err(Unopened::NoKey);
        };
        if let Ok(text) = open(current) {
            place.failures = 0;
            return Ok(text);
        }
        let mut later = None;
        for _ in 0..ratchet_window {
            let next = later.as_ref().unwrap_or(current).ratcheted();
            if let Ok(text) = open(&next) {
                *place = Place { key: Some(next), failures: 0 };
                return Ok(text);
            }
            later = Some(next);
        }
        place.failures = place.failures.saturating_add(1);
        Err(Unopened::WrongKey)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::e2ee::{Sealer, Stamp, clear_bytes};

    /// Quick to derive.
    fn key(bytes: &[u8]) -> Key {
        Key::from_bytes(bytes, &Profile::EACH)
    }

    fn seal(key: Key, index: u8) -> Vec<u8> {
        Sealer::new(key, index).seal(Codec::Opus, Stamp { stream: 1, time: 0 }, &[0x78, 1, 2]).unwrap()
    }

    fn open(opener: &mut Opener, wire: &[u8]) -> Result<Vec<u8>, Unopened> {
        opener.open(Codec::Opus, true, wire)
    }

    #[test]
    fn a_ratcheted_key_is_found_within_the_window_and_kept() {
        let mut opener = Opener::new(Profile::EACH, [(0, key(b"a"))]);
        let third = key(b"a").ratcheted().ratcheted().ratcheted();
        assert!(open(&mut opener, &seal(third, 0)).is_ok());
        assert_eq!(open(&mut opener, &seal(key(b"a"), 0)), Err(Unopened::WrongKey), "there is no way back");
        let mut far = key(b"a");
        for _ in 0..12 {
            far = far.ratcheted();
        }
        assert_eq!(open(&mut opener, &seal(far, 0)), Err(Unopened::WrongKey));
        let mut shared = Opener::new(Profile::SHARED, [(0, key(b"a"))]);
        assert_eq!(open(&mut shared, &seal(key(b"a").ratcheted(), 0)), Err(Unopened::WrongKey));
    }

    #[test]
    fn a_key_that_fails_too_often_is_given_up_until_there_is_another() {
        let mut opener = Opener::new(Profile::EACH, [(2, key(b"a"))]);
        let strange = seal(key(b"b"), 2);
        for _ in 0..11 {
            assert_eq!(open(&mut opener, &strange), Err(Unopened::WrongKey));
        }
        assert_eq!(open(&mut opener, &seal(key(b"a"), 2)), Err(Unopened::GivenUp));
        opener.set(2, key(b"b"));
        assert!(open(&mut opener, &strange).is_ok());
        let mut shared = Opener::new(Profile::SHARED, [(0, key(b"a"))]);
        for _ in 0..1000 {
            assert!(open(&mut shared, &seal(key(b"b"), 0)).is_err());
        }
        assert!(open(&mut shared, &seal(key(b"a"), 0)).is_ok(), "a shared key is never given up");
    }

    #[test]
    fn keys_have_their_places_around_the_ring() {
        let mut opener = Opener::new(Profile::EACH, [(1, key(b"a"))]);
        assert!(open(&mut opener, &seal(key(b"a"), 17)).is_ok());
        assert_eq!(open(&mut opener, &seal(key(b"a"), 2)), Err(Unopened::NoKey));
    }

    /// An access unit with one slice, and zeros where they hurt.
    fn units() -> impl Strategy<Value = Vec<u8>> {
        let bytes = || prop::collection::vec(0_u8..6, 1..60);
        (bytes(), bytes())
            .prop_map(|(before, slice)| [&[0, 0, 1, 6], before.as_slice(), &[9, 0, 0, 0, 1, 0x65, 9], &slice].concat())
    }

    #[test]
    fn the_spatial_layers_of_a_picture_are_opened_one_by_one() {
        let mut sealer = Sealer::new(key(b"a"), 0);
        let mut seal = |time: u32, layer: &[u8]| sealer.seal(Codec::Vp9, Stamp { stream: 7, time }, layer).unwrap();
        let picture = [seal(3000, &[1; 50]), seal(3000, &[2; 70]), seal(3000, &[3; 90])].concat();
        let mut opener = Opener::new(Profile::EACH, [(0, key(b"a"))]);
        let clear = [[1; 50].as_slice(), &[2; 70], &[3; 90]].concat();
        assert_eq!(opener.open(Codec::Vp9, true, &picture), Ok(clear));
        let mut changed = picture.clone();
        changed[60] ^= 1;
        assert!(opener.open(Codec::Vp9, true, &changed).is_err(), "all of them or none");
        let others = [seal(3000, &[1; 50]), seal(6000, &[2; 70])].concat();
        assert!(opener.open(Codec::Vp9, true, &others).is_err(), "of another time");
    }

    proptest! {
        #[test]
        fn a_frame_comes_back_whatever_it_holds_and_not_when_it_was_changed(
            codec in prop::sample::select(vec![Codec::Opus, Codec::Vp8, Codec::Vp9, Codec::H264, Codec::Av1]),
            frame in prop_oneof![units(), prop::collection::vec(prop_oneof![4 => 0_u8..6, 1 => any::<u8>()], 0..120)],
            keyframe: bool,
            at: prop::sample::Index,
        ) {
            let mut opener = Opener::new(Profile::EACH, [(0, key(b"a"))]);
            let stamp = Stamp { stream: 7, time: 0 };
            let Some(wire) = Sealer::new(key(b"a"), 0).seal(codec, stamp, &frame) else {
                // Only what no encoder makes.
                prop_assert!(codec == Codec::H264 || frame.len() < clear_bytes(codec, keyframe, &frame));
                return Ok(());
            };
            let clear = opener.open(codec, keyframe, &wire).unwrap();
            if codec == Codec::H264 {
                // Put together as it is received: the same units.
                let rebuilt = crate::e2ee::nal::as_received(&frame).map(|(rebuilt, _)| rebuilt).unwrap_or_default();
                prop_assert_eq!(&clear, &rebuilt);
            } else {
                prop_assert_eq!(&clear, &frame);
            }
            if !wire.is_empty() {
                let mut changed = wire.clone();
                changed[at.index(wire.len())] ^= 0x40;
                let opened = opener.open(codec, keyframe, &changed);
                prop_assert!(opened.is_err() || opened.as_ref() == Ok(&clear));
            }
        }

        #[test]
        fn nothing_received_is_too_strange(frame in prop::collection::vec(any::<u8>(), 0..80), keyframe: bool) {
            let mut opener = Opener::new(Profile::EACH, [(0, key(b"a"))]);
            for codec in [Codec::Opus, Codec::Vp8, Codec::Vp9, Codec::H264, Codec::Av1] {
                prop_assert!(frame.is_empty() || opener.open(codec, keyframe, &frame).is_err());
            }
        }
    }
}
