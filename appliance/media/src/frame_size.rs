//! How large the pictures of an encoded frame are, read before a decoder sees it: decoders believe
//! every size, and take the memory for it.

use crate::types::Codec;

/// The longer and the shorter side of the largest picture taken, in pixels.
const LARGEST: (u32, u32) = (4096, 2304);
/// Neither side of a blank picture is longer, in pixels.
const BLANK: u32 = 16;

/// Whether pictures of this size are taken, lying or standing.
pub(crate) fn is_bearable((width, height): (u32, u32)) -> bool {
    width.max(height) <= LARGEST.0 && width.min(height) <= LARGEST.1
}

/// Whether this is the size of the blank picture that a LiveKit server sends when it has nothing more of a
/// track: 8 by 8 pixels in VP8, 2 by 2 in H.264, which is coded as 16 by 16. Nobody else sends any so small.
pub(crate) fn is_blank((width, height): (u32, u32)) -> bool {
    width.max(height) <= BLANK
}

/// The largest size `frame` speaks of; none when it speaks of none, or is not understood.
pub fn frame_size(codec: Codec, frame: &[u8]) -> Option<(u32, u32)> {
    match codec {
        Codec::Opus => None,
        Codec::Vp8 => vp8(frame),
        Codec::Vp9 => vp9_frames(frame).into_iter().filter_map(vp9).max_by_key(worth),
        Codec::H264 => h264_units(frame).filter_map(h264).max_by_key(worth),
        Codec::Av1 => av1(frame),
    }
}

/// What makes a size the largest: one that is refused, then the number of pixels.
fn worth(size: &(u32, u32)) -> (bool, u64) {
    (!is_bearable(*size), u64::from(size.0) * u64::from(size.1))
}

/// RFC 6386, section 9.1.
fn vp8(frame: &[u8]) -> Option<(u32, u32)> {
    let [tag, _, _, 0x9d, 0x01, 0x2a, width_low, width_high, height_low, height_high, ..] = frame else { return None };
    let side = |low: u8, high: u8| u32::from(u16::from_le_bytes([low, high]) & 0x3fff);
    // The lowest bit is clear in key frames.
    (tag & 1 == 0).then(|| (side(*width_low, *width_high), side(*height_low, *height_high)))
}

/// The frames of a superframe (VP9 bitstream specification, annex B); of a plain frame, itself.
fn vp9_frames(data: &[u8]) -> Vec<&[u8]> {
    let index = || {
        let marker = *data.last()?;
        let (count, bytes) = (usize::from(marker & 7) + 1, usize::from(marker >> 3 & 3) + 1);
        let start = data.len().checked_sub(2 + count * bytes)?;
        if marker >> 5 != 0b110 || data.get(start) != Some(&marker) {
            return None;
        }
        let mut rest = data.get(..start)?;
        let mut frames = Vec::new();
        for length in data.get(start + 1..data.len() - 1)?.chunks_exact(bytes) {
            let length = length.iter().rev().fold(0, |length, byte| length << 8 | usize::from(*byte));
            let (frame, after) = rest.split_at_checked(length)?;
            frames.push(frame);
            rest = after;
        }
        Some(frames)
    };
    index().unwrap_or_else(|| vec![data])
}

/// The uncompressed header of the VP9 bitstream specification, section 6.2, as far as the size.
fn vp9(frame: &[u8]) -> Option<(u32, u32)> {
    let mut bits = Bits::new(frame);
    if bits.take(2)? != 2 {
        return None;
    }
    let profile = bits.take(1)? | bits.take(1)? << 1;
    if profile == 3 {
        bits.take(1)?;
    }
    let shows_existing = bits.flag()?;
    if shows_existing {
        return None;
    }
    let is_key = !bits.flag()?;
    let is_shown = bits.flag()?;
    let is_resilient = bits.flag()?;
    if is_key {
        bits.take(24)?;
        vp9_colours(&mut bits, profile)?;
    } else {
        let is_intra = if is_shown { false } else { bits.flag()? };
        if !is_resilient {
            bits.take(2)?;
        }
        if is_intra {
            bits.take(24)?;
            if profile > 0 {
                vp9_colours(&mut bits, profile)?;
            }
            bits.take(8)?;
        } else {
            // Which pictures it builds on, and whether it has the size of one of them.
            bits.take(8 + 3 * 4)?;
            for _ in 0..3 {
                if bits.flag()? {
                    return None;
                }
            }
        }
    }
    Some((bits.take(16)? + 1, bits.take(16)? + 1))
}

fn vp9_colours(bits: &mut Bits, profile: u32) -> Option<()> {
    const RGB: u32 = 7;
    if profile >= 2 {
        bits.take(1)?;
    }
    let has_subsampling = profile % 2 == 1;
    if bits.take(3)? == RGB {
        bits.take(u32::from(has_subsampling))?;
    } else {
        bits.take(1 + if has_subsampling { 3 } else { 0 })?;
    }
    Some(())
}

/// What is between the start codes of an Annex B stream.
fn h264_units(data: &[u8]) -> impl Iterator<Item = &[u8]> {
    let starts = data.windows(3).enumerate().filter(|(_, window)| *window == [0, 0, 1]).map(|(at, _)| at + 3);
    starts.filter_map(|start| data.get(start..))
}

/// A sequence parameter set (ITU-T H.264, section 7.3.2.1.1) as far as the size, without cropping.
fn h264(unit: &[u8]) -> Option<(u32, u32)> {
    const PARAMETER_SET: u8 = 7;
    /// Longer ones have hundreds of reference offsets or scaling factors; nobody sends that.
    const READ_MAX: usize = 1024;
    let (header, body) = unit.split_first()?;
    if header & 0x1f != PARAMETER_SET {
        return None;
    }
    let (mut plain, mut zeros) = (Vec::new(), 0);
    for byte in body.iter().take(READ_MAX) {
        // A 3 after two zeros only keeps start codes away.
        if zeros >= 2 && *byte == 3 {
            zeros = 0;
            continue;
        }
        zeros = if *byte == 0 { zeros + 1 } else { 0 };
        plain.push(*byte);
    }
    let mut bits = Bits::new(&plain);
    let profile = bits.take(8)?;
    bits.take(16)?;
    bits.golomb()?;
    if [100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135].contains(&profile) {
        let chroma = bits.golomb()?;
        if chroma == 3 {
            bits.take(1)?;
        }
        bits.golomb()?;
        bits.golomb()?;
        bits.take(1)?;
        if bits.flag()? {
            for list in 0..if chroma == 3 { 12 } else { 8 } {
                if bits.flag()? {
                    skip_scaling_list(&mut bits, if list < 6 { 16 } else { 64 })?;
                }
            }
        }
    }
    bits.golomb()?;
    match bits.golomb()? {
        0 => {
            bits.golomb()?;
        }
        1 => {
            bits.take(1)?;
            bits.golomb()?;
            bits.golomb()?;
            for _ in 0..bits.golomb()?.min(255) {
                bits.golomb()?;
            }
        }
        _ => {}
    }
    bits.golomb()?;
    bits.take(1)?;
    let (width, height) = (bits.golomb()?.checked_add(1)?, bits.golomb()?.checked_add(1)?);
    // Fields are half as high as the pictures they make.
    let fields = if bits.flag()? { 1 } else { 2 };
    Some((width.min(0xffff) * 16, height.min(0x7fff) * 16 * fields))
}

fn skip_scaling_list(bits: &mut Bits, length: u32) -> Option<()> {
    let mut next: i64 = 8;
    for _ in 0..length {
        let code = i64::from(bits.golomb()?);
        let delta = if code % 2 == 1 { code / 2 + 1 } else { -(code / 2) };
        next = (next + delta).rem_euclid(256);
        if next == 0 {
            break;
        }
    }
    Some(())
}

/// The sequence header among the units of an AV1 frame (AV1 bitstream specification, section 5.5).
fn av1(mut data: &[u8]) -> Option<(u32, u32)> {
    const SEQUENCE_HEADER: u8 = 1;
    loop {
        let (header, rest) = data.split_first()?;
        let (has_extension, has_size) = (header & 4 != 0, header & 2 != 0);
        let rest = rest.get(usize::from(has_extension)..)?;
        let (unit, after) = if has_size {
            let (length, bytes) = leb128(rest)?;
            rest.get(bytes..)?.split_at_checked(length)?
        } else {
            (rest, &rest[..0])
        };
        if header >> 3 & 0xf == SEQUENCE_HEADER {
            return av1_sequence(unit);
        }
        data = after;
    }
}

fn leb128(data: &[u8]) -> Option<(usize, usize)> {
    let mut value = 0;
    for (at, byte) in data.iter().take(4).enumerate() {
        value |= usize::from(byte & 0x7f) << (at * 7);
        if byte & 0x80 == 0 {
            return Some((value, at + 1));
        }
    }
    None
}

fn av1_sequence(unit: &[u8]) -> Option<(u32, u32)> {
    let mut bits = Bits::new(unit);
    bits.take(4)?;
    let is_reduced = bits.flag()?;
    if is_reduced {
        bits.take(5)?;
    } else {
        let mut delay_bits = None;
        let has_timing = bits.flag()?;
        if has_timing {
            bits.take(32)?;
            bits.take(32)?;
            if bits.flag()? {
                bits.golomb()?;
            }
            if bits.flag()? {
                delay_bits = Some(bits.take(5)? + 1);
                bits.take(32)?;
                bits.take(10)?;
            }
        }
        let has_display_delay = bits.flag()?;
        for _ in 0..=bits.take(5)? {
            bits.take(12)?;
            let level = bits.take(5)?;
            if level > 7 {
                bits.take(1)?;
            }
            if let Some(length) = delay_bits
                && bits.flag()?
            {
                bits.take(length)?;
                bits.take(length)?;
                bits.take(1)?;
            }
            if has_display_delay && bits.flag()? {
                bits.take(4)?;
            }
        }
    }
    let (width_bits, height_bits) = (bits.take(4)? + 1, bits.take(4)? + 1);
    Some((bits.take(width_bits)? + 1, bits.take(height_bits)? + 1))
}

/// Reads bit by bit, the highest first.
struct Bits<'a> {
    data: &'a [u8],
    at: usize,
}

impl<'a> Bits<'a> {
    fn new(data: &'a [u8]) -> Bits<'a> {
        Bits { data, at: 0 }
    }

    /// The next bits as a number, at most 32.
    fn take(&mut self, count: u32) -> Option<u32> {
        let mut value = 0;
        for _ in 0..count {
            let byte = self.data.get(self.at / 8)?;
            value = value << 1 | u32::from(byte >> (7 - self.at % 8) & 1);
            self.at += 1;
        }
        Some(value)
    }

    fn flag(&mut self) -> Option<bool> {
        Some(self.take(1)? == 1)
    }

    /// An Exp-Golomb number.
    fn golomb(&mut self) -> Option<u32> {
        let mut zeros = 0;
        while !self.flag()? {
            zeros += 1;
            if zeros > 31 {
                return None;
            }
        }
        Some((1 << zeros) - 1 + self.take(zeros)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_size_of_every_codec() {
        let samples: [(Codec, &[u8], u32); 4] = [
            (Codec::Vp8, include_bytes!("samples/grey.vp8"), 180),
            (Codec::Vp9, include_bytes!("samples/grey.vp9"), 180),
            // Whole macroblocks.
            (Codec::H264, include_bytes!("samples/grey.h264"), 192),
            (Codec::Av1, include_bytes!("samples/grey.av1"), 180),
        ];
        for (codec, sample, height) in samples {
            assert_eq!(frame_size(codec, sample), Some((320, height)), "{codec:?}");
        }
    }

    #[test]
    fn reads_any_bytes_without_harm() {
        let mut seed = 5_u64;
        for length in 0..300 {
            let mut data = Vec::new();
            for _ in 0..length {
                seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                data.push((seed >> 56) as u8);
            }
            for codec in [Codec::Opus, Codec::Vp8, Codec::Vp9, Codec::H264, Codec::Av1] {
                for start in [&[][..], &[0, 0, 1, 0x67, 100], &[0x0a, 0x10], &[0x82]] {
                    frame_size(codec, &[start, &data].concat());
                }
            }
        }
    }

    #[test]
    fn finds_the_large_frame_in_a_superframe() {
        let small = include_bytes!("samples/grey.vp9");
        let mut large = small.to_vec();
        // Behind 8 bits of frame header, 24 of sync code and 4 of colours come 16 bits of width.
        large[4] |= 0x0f;
        large[5] = 0xff;
        assert!(frame_size(Codec::Vp9, &large).is_some_and(|size| !is_bearable(size)));
        let lengths = [small.len() as u16, large.len() as u16];
        let marker = 0b1100_1001;
        let mut index = vec![marker];
        index.extend(lengths.iter().flat_map(|length| length.to_le_bytes()));
        index.push(marker);
        let superframe = [&small[..], &large, &index].concat();
        assert_eq!(frame_size(Codec::Vp9, &superframe), frame_size(Codec::Vp9, &large));
    }

    #[test]
    fn the_largest_sizes_there_are_can_be_compared() {
        let mut frame = include_bytes!("samples/grey.vp9").to_vec();
        frame[4] |= 0x0f;
        frame[5..8].fill(0xff);
        frame[8] |= 0xf0;
        assert_eq!(frame_size(Codec::Vp9, &frame), Some((65_536, 65_536)));
        // Baseline, 65535 macroblocks wide, 32767 pairs of them high, in fields.
        let huge = [0, 0, 1, 0x67, 66, 0, 30, 0xdc, 0x00, 0x03, 0xff, 0xfc, 0x00, 0x0f, 0xff, 0xe8];
        assert_eq!(frame_size(Codec::H264, &huge), Some((1_048_560, 1_048_544)));
        let small = include_bytes!("samples/grey.h264");
        for both in [[&huge[..], small].concat(), [&small[..], &huge].concat()] {
            assert_eq!(frame_size(Codec::H264, &both), Some((1_048_560, 1_048_544)));
        }
    }

    #[test]
    fn a_narrow_picture_too_long_is_not_hidden_by_one_with_more_pixels() {
        let unbearable = (65_536, 1);
        assert_eq!([(4096, 2304), unbearable].into_iter().max_by_key(worth), Some(unbearable));
    }

    #[test]
    fn blank_pictures_are_told_from_the_smallest_layer_of_a_small_camera() {
        assert!(is_blank((8, 8)) && is_blank((16, 16)));
        assert!(!is_blank((40, 22)) && !is_blank((28, 16)) && !is_blank((80, 45)));
    }

    #[test]
    fn the_largest_pictures_may_lie_or_stand() {
        assert!(is_bearable((4096, 2304)) && is_bearable((2304, 4096)) && is_bearable((1, 1)));
        assert!(!is_bearable((4097, 16)) && !is_bearable((2400, 2400)) && !is_bearable((16_383, 16_383)));
    }
}
