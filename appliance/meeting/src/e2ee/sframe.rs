//! SFrame (RFC 9605): a frame under a key that its header names.
//!
//! ```text
//! +--------------------------+-----------------------------+
//! | header: key id, counter  | ciphertext || 16 bytes tag  |
//! +--------------------------+-----------------------------+
//! ```
//! The cipher suite is `AES_128_GCM_SHA256_128` (section 4.5).

use aws_lc_rs::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::hkdf;
use zeroize::Zeroizing;

/// The number of the cipher suite (section 8.1).
const SUITE: u16 = 4;
/// Of the suite (section 4.5): `Nk`, `Nn`, `Nt`.
const KEY_BYTES: usize = 16;
const NONCE_BYTES: usize = 12;
const TAG_BYTES: usize = 16;

/// What a frame says of its key (section 4.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    pub key_id: u64,
    pub counter: u64,
}

impl Header {
    /// As it stands before the ciphertext.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![0];
        let (key, counter) = (field(self.key_id), field(self.counter));
        bytes[0] = (key.code << 4) | counter.code;
        bytes.extend_from_slice(key.bytes());
        bytes.extend_from_slice(counter.bytes());
        bytes
    }

    /// Reads one; what comes behind it. `None`: it is too short, or longer than it need be.
    pub fn decode(bytes: &[u8]) -> Option<(Header, &[u8])> {
        let (first, rest) = bytes.split_first()?;
        let (key_id, rest) = read(first >> 4, rest)?;
        let (counter, rest) = read(first & 0x0f, rest)?;
        Some((Header { key_id, counter }, rest))
    }
}

/// Half of the configuration byte, and the bytes it announces.
struct Field {
    code: u8,
    value: [u8; 8],
}

impl Field {
    fn bytes(&self) -> &[u8] {
        if self.code & 8 == 0 { &[] } else { &self.value[7 - usize::from(self.code & 7)..] }
    }
}

/// Values below 8 stand in the configuration byte, others behind it, in as few bytes as they need.
fn field(value: u64) -> Field {
    let bytes = 8 - (value.leading_zeros() / 8).min(7) as u8;
    let code = if value < 8 { value as u8 } else { 8 | (bytes - 1) };
    Field { code, value: value.to_be_bytes() }
}

fn read(code: u8, bytes: &[u8]) -> Option<(u64, &[u8])> {
    if code & 8 == 0 {
        return Some((code.into(), bytes));
    }
    let (value, rest) = bytes.split_at_checked(usize::from(code & 7) + 1)?;
    let value = value.iter().fold(0, |value, byte| (value << 8) | u64::from(*byte));
    (field(value).code == code).then_some((value, rest))
}

/// One sender's key, derived from what a group shares. Its `Debug` tells nothing.
pub struct FrameKey {
    cipher: LessSafeKey,
    salt: Zeroizing<[u8; NONCE_BYTES]>,
    key_id: u64,
}

impl std::fmt::Debug for FrameKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "FrameKey({:#x})", self.key_id)
    }
}

impl FrameKey {
    /// Derives the key and salt of a key id (section 4.4.2).
    pub fn derive(base_key: &[u8], key_id: u64) -> FrameKey {
        let (key, salt) = secrets(base_key, key_id);
        let Ok(unbound) = UnboundKey::new(&AES_128_GCM, key.as_slice()) else {
            unreachable!("a key of the algorithm's length")
        };
        FrameKey { cipher: LessSafeKey::new(unbound), salt, key_id }
    }

    /// Encrypts (section 4.4.3). `metadata` is authenticated and not part of what comes out. A counter is used once.
    /// `None`: more than AES-GCM encrypts at once (64 GiB).
    pub fn seal(&self, counter: u64, metadata: &[u8], text: &[u8]) -> Option<Vec<u8>> {
        let header = Header { key_id: self.key_id, counter }.encode();
        let mut wire = Vec::with_capacity(header.len() + text.len() + TAG_BYTES);
        wire.extend_from_slice(&header);
        wire.extend_from_slice(text);
        let aad = Aad::from([header.as_slice(), metadata].concat());
        let tag = self.cipher.seal_in_place_separate_tag(self.nonce(counter), aad, &mut wire[header.len()..]).ok()?;
        wire.extend_from_slice(tag.as_ref());
        Some(wire)
    }

    /// Decrypts what is behind a header (section 4.4.4). `None`: it is not by this key, or was changed.
    pub fn open(&self, header: Header, metadata: &[u8], ciphertext: &[u8]) -> Option<Vec<u8>> {
        let mut bytes = ciphertext.to_vec();
        let aad = Aad::from([header.encode().as_slice(), metadata].concat());
        let length = self.cipher.open_in_place(self.nonce(header.counter), aad, &mut bytes).ok()?.len();
        bytes.truncate(length);
        Some(bytes)
    }

    fn nonce(&self, counter: u64) -> Nonce {
        let mut nonce = *self.salt;
        for (byte, of_counter) in nonce[NONCE_BYTES - 8..].iter_mut().zip(counter.to_be_bytes()) {
            *byte ^= of_counter;
        }
        Nonce::assume_unique_for_key(nonce)
    }
}

fn secrets(base_key: &[u8], key_id: u64) -> (Zeroizing<[u8; KEY_BYTES]>, Zeroizing<[u8; NONCE_BYTES]>) {
    let secret = hkdf::Salt::new(hkdf::HKDF_SHA256, b"").extract(base_key);
    let (mut key, mut salt) = (Zeroizing::new([0; KEY_BYTES]), Zeroizing::new([0; NONCE_BYTES]));
    expand(&secret, b"SFrame 1.0 Secret key ", key_id, key.as_mut_slice());
    expand(&secret, b"SFrame 1.0 Secret salt ", key_id, salt.as_mut_slice());
    (key, salt)
}

fn expand(secret: &hkdf::Prk, label: &[u8], key_id: u64, out: &mut [u8]) {
    struct Length(usize);
    impl hkdf::KeyType for Length {
        fn len(&self) -> usize {
            self.0
        }
    }
    let info = [label, &key_id.to_be_bytes(), &SUITE.to_be_bytes()];
    let filled = secret.expand(&info, Length(out.len())).map(|okm| okm.fill(out));
    // RFC 5869 allows 255 times as much.
    assert!(matches!(filled, Ok(Ok(()))), "HKDF of one block");
}

/// Which counters of a key have been seen (section 9.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Window {
    /// One more than the highest.
    next: u64,
    /// The highest is the lowest bit.
    seen: u128,
}

impl Window {
    /// Whether a frame with this counter may be opened: it has not been, and is not too far behind others.
    pub fn admits(&self, counter: u64) -> bool {
        match self.next.checked_sub(1).and_then(|highest| highest.checked_sub(counter)) {
            None => counter < u64::MAX,
            Some(behind) => behind < 128 && self.seen & (1 << behind) == 0,
        }
    }

    /// A frame with this counter was opened.
    pub fn note(&mut self, counter: u64) {
        if counter >= self.next {
            let ahead = counter + 1 - self.next;
            self.seen = if ahead < 128 { self.seen << ahead } else { 0 };
            self.seen |= 1;
            self.next = counter + 1;
        } else if self.next - 1 - counter < 128 {
            self.seen |= 1 << (self.next - 1 - counter);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::e2ee::frame::tests::hex;

    #[test]
    fn headers_are_those_of_the_standard() {
        let mut count = 0;
        for line in include_str!("sframe/headers.txt").lines().filter(|line| !line.starts_with('#')) {
            let [key_id, counter, encoded] = line.split(' ').collect::<Vec<_>>().try_into().unwrap();
            let number = |text| u64::from_str_radix(text, 16).unwrap();
            let header = Header { key_id: number(key_id), counter: number(counter) };
            assert_eq!(header.encode(), hex(encoded), "{line}");
            assert_eq!(Header::decode(&hex(encoded)), Some((header, &[][..])), "{line}");
            count += 1;
        }
        assert_eq!(count, 289);
    }

    /// RFC 9605, appendix C.3, cipher suite 4.
    #[test]
    fn a_frame_is_that_of_the_standard() {
        let base_key = hex("000102030405060708090a0b0c0d0e0f");
        let (key, salt) = secrets(&base_key, 0x123);
        assert_eq!(key.as_slice(), hex("d34f547f4ca4f9a7447006fe7fcbf768"));
        assert_eq!(salt.as_slice(), hex("75234edefe07819026751816"));
        let key = FrameKey::derive(&base_key, 0x123);
        assert_eq!(key.nonce(17767).as_ref().as_slice(), hex("75234edefe07819026755d71"));
        let (metadata, text) = (b"IETF SFrame WG".as_slice(), b"draft-ietf-sframe-enc".as_slice());
        let wire =
            hex(concat!("9901234567b7412c2513a1b66dbb48841bbaf17f59", "8751176ad847681a69c6d0b091c07018ce4adb34eb"));
        assert_eq!(key.seal(17767, metadata, text).unwrap(), wire);
        let (header, ciphertext) = Header::decode(&wire).unwrap();
        assert_eq!(header, Header { key_id: 0x123, counter: 17767 });
        assert_eq!(key.open(header, metadata, ciphertext).unwrap(), text);
        assert_eq!(key.open(header, b"IETF SFrame", ciphertext), None);
        assert_eq!(FrameKey::derive(&base_key, 0x124).open(header, metadata, ciphertext), None);
        assert_eq!(format!("{key:?}"), "FrameKey(0x123)");
    }

    #[test]
    fn a_counter_is_taken_once_and_not_from_long_ago() {
        let mut window = Window::default();
        for counter in [0, 1, 5, 3, 200, 73] {
            assert!(window.admits(counter), "{counter}");
            window.note(counter);
            assert!(!window.admits(counter), "{counter}");
        }
        assert!(!window.admits(72), "128 behind");
        assert!(window.admits(74) && window.admits(199) && window.admits(u64::MAX - 1));
        window.note(u64::MAX - 1);
        assert!(!window.admits(u64::MAX - 1) && !window.admits(200));
    }

    proptest! {
        #[test]
        fn a_window_admits_what_a_list_of_everything_seen_would(counters in prop::collection::vec(0_u64..400, 0..200)) {
            let (mut window, mut seen) = (Window::default(), std::collections::BTreeSet::new());
            for counter in counters {
                let recent = seen.last().is_none_or(|last| counter + 128 > *last);
                prop_assert_eq!(window.admits(counter), recent && !seen.contains(&counter));
                if window.admits(counter) {
                    window.note(counter);
                    seen.insert(counter);
                }
            }
        }

        #[test]
        fn a_header_that_is_read_is_written_the_same_way(bytes in prop::collection::vec(any::<u8>(), 0..20)) {
            if let Some((header, rest)) = Header::decode(&bytes) {
                prop_assert_eq!([header.encode().as_slice(), rest].concat(), bytes);
            }
        }
    }
}
