//! H.264 between frame encryption and RTP: Annex B as receivers rebuild it, and no start codes in what is encrypted.

/// The types of a network abstraction layer unit (ITU-T H.264, table 7-1).
const SLICE: u8 = 1;
const IDR_SLICE: u8 = 5;
const SEQUENCE: u8 = 7;
const PICTURE: u8 = 8;
const DELIMITER: u8 = 9;

/// Between the network and the decoder every unit begins with the long start code.
const START: [u8; 4] = [0, 0, 0, 1];

/// Of a slice, these stay clear: the unit's header and the first byte of the slice's own.
const SLICE_CLEAR_BYTES: usize = 2;

/// Where units begin (behind their start codes) and end, in order.
fn units(frame: &[u8]) -> Vec<(usize, usize)> {
    let mut found: Vec<(usize, usize)> = Vec::new();
    let mut zeros = 0;
    for (at, byte) in frame.iter().enumerate() {
        if *byte == 1 && zeros >= 2 {
            // Zeros before a start code belong to no unit.
            if let Some(last) = found.last_mut() {
                last.1 = at - zeros;
            }
            found.push((at + 1, frame.len()));
        }
        zeros = if *byte == 0 { zeros + 1 } else { 0 };
    }
    found.retain(|(start, end)| start < end);
    found
}

/// How much of an access unit stays clear: all before its first slice, and that slice's first two bytes.
/// `None`: there is no slice in it. More than there is of a slice of one byte.
pub(super) fn clear_bytes(frame: &[u8]) -> Option<usize> {
    let (start, _) = units(frame).into_iter().find(|(start, _)| is_slice(frame[*start] & 0x1f))?;
    Some(start + SLICE_CLEAR_BYTES)
}

/// The access unit as a receiver puts it together from RTP: long start codes, and no access unit delimiters,
/// which RTP leaves out. What stays clear is authenticated, so both must have the same of it. With it, how much of it that is.
///
/// `None`: it has no whole slice, or parameter sets elsewhere than once each, in their order, before anything else, where RTP's
/// sender would put them.
pub(super) fn as_received(frame: &[u8]) -> Option<(Vec<u8>, usize)> {
    let mut rebuilt = Vec::with_capacity(frame.len() + 64);
    let (mut types, mut clear) = (Vec::new(), None);
    for (start, end) in units(frame) {
        let kind = frame[start] & 0x1f;
        if kind == DELIMITER {
            continue;
        }
        rebuilt.extend_from_slice(&START);
        if clear.is_none() && is_slice(kind) {
            clear = Some(rebuilt.len() + SLICE_CLEAR_BYTES);
        }
        rebuilt.extend_from_slice(&frame[start..end]);
        types.push(kind);
    }
    let sets = [SEQUENCE, PICTURE];
    let rest = types.strip_prefix(&sets).unwrap_or(&types);
    let clear = clear.filter(|clear| *clear <= rebuilt.len() && !rest.iter().any(|kind| sets.contains(kind)))?;
    Some((rebuilt, clear))
}

fn is_slice(kind: u8) -> bool {
    matches!(kind, SLICE | IDR_SLICE)
}

/// Puts a 3 between two zeros and what would make a start code or an escape of them (H.264, 7.4.1.1).
pub fn escape(bytes: &[u8]) -> Vec<u8> {
    let mut escaped = Vec::with_capacity(bytes.len() + bytes.len() / 64 + 8);
    let mut zeros = 0;
    for byte in bytes {
        if zeros >= 2 && *byte <= 3 {
            escaped.push(3);
            zeros = 0;
        }
        escaped.push(*byte);
        zeros = if *byte == 0 { zeros + 1 } else { 0 };
    }
    escaped
}

/// Takes out what [`escape`] put in. Bytes that hold no escape stay as they are.
pub fn unescape(bytes: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(bytes.len());
    let mut zeros = 0;
    for byte in bytes {
        if zeros >= 2 && *byte == 3 {
            zeros = 0;
            continue;
        }
        plain.push(*byte);
        zeros = if *byte == 0 { zeros + 1 } else { 0 };
    }
    plain
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_comes_before_the_first_slice_stays_clear() {
        let frame = [0, 0, 0, 1, 0x67, 0x42, 0, 0, 1, 0x68, 0xce, 0, 0, 0, 1, 0x65, 0x88, 0x84, 9];
        assert_eq!(clear_bytes(&frame), Some(17));
        assert_eq!(clear_bytes(&[0, 0, 1, 0x41]), Some(5), "a slice of one byte");
        assert_eq!(clear_bytes(&[0, 0, 1, 0x67, 0x42]), None);
        assert_eq!(clear_bytes(&[]), None);
    }

    #[test]
    fn a_frame_is_put_together_as_it_is_received() {
        let frame = [0, 0, 0, 1, 9, 0xf0, 0, 0, 1, 6, 0x42, 0, 0, 0, 0, 1, 0x65, 0x88, 9];
        let rebuilt = [0, 0, 0, 1, 6, 0x42, 0, 0, 0, 1, 0x65, 0x88, 9];
        assert_eq!(as_received(&frame), Some((rebuilt.to_vec(), 12)));
    }

    #[test]
    fn parameter_sets_where_rtp_does_not_put_them_are_not_sent() {
        let unit = |t: u8| [0, 0, 0, 1, t, 0x42];
        let is_usual = |types: &[u8]| as_received(&types.iter().flat_map(|t| unit(*t)).collect::<Vec<_>>()).is_some();
        for usual in [[9, 7, 8, 5].as_slice(), &[7, 8, 6, 5], &[6, 1], &[1, 1], &[5]] {
            assert!(is_usual(usual), "{usual:?}");
        }
        for strange in [[7, 7, 8, 5].as_slice(), &[6, 7, 8, 5], &[7, 5], &[8, 7, 5], &[7, 8, 5, 7]] {
            assert!(!is_usual(strange), "{strange:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_escaped_holds_no_start_code_and_comes_back(bytes in prop::collection::vec(0_u8..6, 0..200)) {
            let escaped = escape(&bytes);
            prop_assert!(!escaped.windows(3).any(|w| w[0] == 0 && w[1] == 0 && w[2] < 3));
            prop_assert_eq!(unescape(&escaped), bytes);
        }

        #[test]
        fn no_frame_is_too_strange(bytes in prop::collection::vec(0_u8..10, 0..100)) {
            if let Some((rebuilt, clear)) = as_received(&bytes) {
                prop_assert_eq!(clear_bytes(&rebuilt), Some(clear), "as its receiver finds it");
                prop_assert_eq!(as_received(&rebuilt), Some((rebuilt, clear)));
            }
            prop_assert!(clear_bytes(&bytes).unwrap_or(0) <= bytes.len() + 1);
        }
    }
}
