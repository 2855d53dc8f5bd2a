//! Data packets (chat, reactions), sealed with the key of the frames.

use super::frame::{Sealer, Stamp, iv, random};
use super::ring::{Opener, Unopened};

/// What travels of a data packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedData {
    /// 12 bytes.
    pub iv: Vec<u8>,
    /// The place of the sender's key in the ring.
    pub index: u32,
    /// The ciphertext and its tag.
    pub bytes: Vec<u8>,
}

impl Sealer {
    /// Encrypts a packet's content; `time_ms` is any clock's. `None`: it could not be, and must not be sent.
    pub fn seal_data(&mut self, time_ms: u32, content: &[u8]) -> Option<SealedData> {
        self.packets = self.packets.wrapping_add(1);
        let iv = iv(Stamp { stream: random(), time: time_ms }, self.packets);
        let mut bytes = content.to_vec();
        let tag = self.key.seal(iv, &[], &mut bytes)?;
        bytes.extend_from_slice(&tag);
        Some(SealedData { iv: iv.to_vec(), index: self.index.into(), bytes })
    }
}

impl Opener {
    /// Decrypts a packet's content.
    ///
    /// # Errors
    /// As [`Opener::open`].
    pub fn open_data(&mut self, sealed: &SealedData) -> Result<Vec<u8>, Unopened> {
        let iv = sealed.iv.as_slice().try_into().map_err(|_| Unopened::NotSealed)?;
        let index = u8::try_from(sealed.index).map_err(|_| Unopened::NoKey)?;
        self.attempt(index, |key| {
            let mut bytes = sealed.bytes.clone();
            key.open(iv, &[], &mut bytes).map(<[u8]>::to_vec)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::e2ee::{Key, Profile};

    #[test]
    fn a_packet_comes_back_and_a_changed_one_does_not() {
        let key = || Key::from_bytes(b"sixteen bytes !!", &Profile::SHARED);
        let mut sealer = Sealer::new(key(), 3);
        let mut opener = Opener::new(Profile::SHARED, [(3, key())]);
        let sealed = sealer.seal_data(1000, b"Bonjour").unwrap();
        assert_eq!(opener.open_data(&sealed).unwrap(), b"Bonjour");
        assert_ne!(sealed.iv, sealer.seal_data(1000, b"Bonjour").unwrap().iv, "no IV is used twice");
        let changed = |change: fn(&mut SealedData)| {
            let mut changed = sealed.clone();
            change(&mut changed);
            changed
        };
        assert_eq!(opener.open_data(&changed(|s| s.bytes[0] ^= 1)), Err(Unopened::WrongKey));
        assert_eq!(opener.open_data(&changed(|s| s.bytes.truncate(3))), Err(Unopened::WrongKey));
        assert_eq!(opener.open_data(&changed(|s| s.iv.truncate(3))), Err(Unopened::NotSealed));
        assert_eq!(opener.open_data(&changed(|s| s.index = 4)), Err(Unopened::NoKey));
        assert_eq!(opener.open_data(&changed(|s| s.index = 300)), Err(Unopened::NoKey));
    }
}
