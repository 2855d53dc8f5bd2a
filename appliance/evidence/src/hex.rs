//! Bytes of a fixed length, written as lower-case hexadecimal digits: one way to write each, and none other is read.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// So many bytes. Equal bytes are equal text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hex<const N: usize>(pub [u8; N]);

/// A SHA-256 (FIPS 180-4).
pub type Digest = Hex<32>;

/// A meeting's number in the records: random, and nothing to the platform.
pub type MeetingId = Hex<16>;

/// ECDSA over P-256: r and s, each big-endian in 32 bytes (RFC 7518 §3.4).
pub type Signature = Hex<64>;

/// It is not that many bytes in lower-case hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not {bytes} bytes in lower-case hexadecimal digits")]
pub struct NotHex {
    bytes: usize,
}

impl Digest {
    /// What stands where there is nothing before: zeros.
    pub const NONE: Digest = Hex([0; 32]);

    /// The SHA-256 of these bytes.
    pub fn of(bytes: &[u8]) -> Digest {
        let mut digest = [0; 32];
        digest.copy_from_slice(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes).as_ref());
        Hex(digest)
    }
}

impl<const N: usize> Hex<N> {
    /// Reads the digits.
    ///
    /// # Errors
    /// When there are more or fewer digits, or something else, upper case included.
    pub fn parse(text: &[u8]) -> Result<Hex<N>, NotHex> {
        let wrong = NotHex { bytes: N };
        let mut bytes = [0; N];
        if text.len() != 2 * N {
            return Err(wrong);
        }
        for (byte, pair) in bytes.iter_mut().zip(text.chunks_exact(2)) {
            *byte = digit(pair[0]).ok_or(wrong)? << 4 | digit(pair[1]).ok_or(wrong)?;
        }
        Ok(Hex(bytes))
    }
}

fn digit(character: u8) -> Option<u8> {
    match character {
        b'0'..=b'9' => Some(character - b'0'),
        b'a'..=b'f' => Some(character - b'a' + 10),
        _ => None,
    }
}

impl<const N: usize> fmt::Display for Hex<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl<const N: usize> fmt::Debug for Hex<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<const N: usize> FromStr for Hex<N> {
    type Err = NotHex;

    fn from_str(text: &str) -> Result<Hex<N>, NotHex> {
        Hex::parse(text.as_bytes())
    }
}

impl<const N: usize> Serialize for Hex<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de, const N: usize> Deserialize<'de> for Hex<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Hex<N>, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_written_in_one_way_and_read_in_no_other() {
        let digest = Digest::of(b"abc");
        let text = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!((digest.to_string(), text.parse()), (text.to_owned(), Ok(digest)));
        for other in [&text[1..], &text.to_uppercase(), &text.replace('b', "g"), "", &format!("{text}00")] {
            assert!(other.parse::<Digest>().is_err(), "{other}");
        }
    }
}
