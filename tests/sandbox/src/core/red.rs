//! Redundant audio (RFC 2198): a packet of sound that carries earlier ones again.

/// Where in a payload the newest sound begins. `None`: the payload is not what it says.
pub(super) fn primary(payload: &[u8]) -> Option<usize> {
    let (mut at, mut redundant) = (0, 0);
    // A set first bit: four bytes about an earlier block, its length in the last ten bits. Else the last, of one byte.
    while payload.get(at)? & 0x80 != 0 {
        let [_, _, high, low] = *payload.get(at..at + 4)?.first_chunk::<4>()?;
        redundant += usize::from(high & 0x03) << 8 | usize::from(low);
        at += 4;
    }
    let start = at + 1 + redundant;
    (start < payload.len()).then_some(start)
}

#[cfg(test)]
mod tests {
    use super::primary;

    #[test]
    fn the_newest_sound_is_behind_the_earlier_ones() {
        assert_eq!(primary(&[111, 1, 2, 3]), Some(1));
        // One earlier block of two bytes, 960 ticks ago.
        assert_eq!(primary(&[0x80 | 111, 0x0f, 0x00, 2, 111, 9, 9, 1, 2]), Some(7));
    }

    #[test]
    fn what_is_cut_off_is_nothing() {
        for payload in [&[][..], &[111], &[0xef], &[0xef, 0, 0, 2], &[0xef, 0, 0, 9, 111, 1]] {
            assert_eq!(primary(payload), None, "{payload:?}");
        }
    }
}
