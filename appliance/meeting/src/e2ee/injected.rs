//! What the server itself puts into a stream: blank frames, when somebody mutes, which it cannot encrypt.

use aws_lc_rs::digest::{SHA256, digest};

/// SHA-256 of every frame a LiveKit server makes. Anything else it might put in is not let through.
const BLANKS: [[u8; 32]; 5] = [
    // VP8, a black key frame of 8 by 8.
    hex(b"ef0161653d8b2b23aad46624b420af1d03ce48950e9fc85718028f91b50f9219"),
    // H.264, 2 by 2: sequence parameters, picture parameters, picture.
    hex(b"f0a0e09647d891d6d50aa898bce7108090375d0d55e50a2bb21147afee558e44"),
    hex(b"61d9665eed71b6d424ae9539330a3bdd5cb386d4d781c808219a6e36750493a7"),
    hex(b"faffc26b68a2fc09096fa20f3351e706398b6f838a7500c8063472c2e476e90d"),
    // Opus, silence.
    hex(b"aad8d31fc56b2802ca500e58c2fb9d0b29ad71bb7cb52cd6530251eade188988"),
];

/// What a frame that ends as the server marks its own turns out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Injected<'a> {
    /// One of the server's blank frames, without its mark.
    Blank(&'a [u8]),
    /// Something else under the server's mark: not to be shown or heard.
    Foreign,
}

/// Looks whether the server made this frame. `mark` is what it told at the join (`sif_trailer`); with an empty one it makes none.
pub fn injected<'a>(frame: &'a [u8], mark: &[u8]) -> Option<Injected<'a>> {
    let inner = frame.strip_suffix(mark).filter(|_| !mark.is_empty())?;
    let hash = digest(&SHA256, inner);
    let known = BLANKS.iter().any(|blank| blank.as_slice() == hash.as_ref());
    Some(if known { Injected::Blank(inner) } else { Injected::Foreign })
}

const fn hex(text: &[u8; 64]) -> [u8; 32] {
    const fn digit(letter: u8) -> u8 {
        if letter.is_ascii_digit() { letter - b'0' } else { letter - b'a' + 10 }
    }
    let mut bytes = [0; 32];
    let mut at = 0;
    while at < 32 {
        bytes[at] = digit(text[2 * at]) << 4 | digit(text[2 * at + 1]);
        at += 1;
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    const MARK: &[u8] = b"the mark of this session";

    #[test]
    fn only_blank_frames_come_through_unencrypted() {
        // What a server sends of a voice that was muted.
        let silence = [[0xf8, 0xff, 0xfe].as_slice(), &[0; 77]].concat();
        let with_mark = |frame: &[u8]| [frame, MARK].concat();
        assert_eq!(injected(&with_mark(&silence), MARK), Some(Injected::Blank(&silence)));
        assert_eq!(injected(&silence, MARK), None);
        assert_eq!(injected(&silence, b""), None);
        assert_eq!(injected(&with_mark(&silence[1..]), MARK), Some(Injected::Foreign));
        assert_eq!(injected(MARK, MARK), Some(Injected::Foreign));
    }
}
