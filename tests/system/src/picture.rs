//! What a screen shows, compared.

use demo::room::Picture;

/// The share of pixels, 0 to 1, that differ by more than smoothing; 1 for pictures of other sizes.
pub fn difference(one: &Picture, other: &Picture) -> f64 {
    if (one.width, one.height) != (other.width, other.height) {
        return 1.0;
    }
    let pairs = one.rgba.chunks_exact(4).zip(other.rgba.chunks_exact(4));
    let differ = pairs.filter(|(one, other)| (0..3).any(|part| one[part].abs_diff(other[part]) > 8)).count();
    differ as f64 / (one.rgba.len() / 4) as f64
}

/// Whether it shows one colour only.
pub fn is_blank(picture: &Picture) -> bool {
    picture.rgba.chunks_exact(4).all(|pixel| pixel == &picture.rgba[..4])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn screens_are_compared() {
        let picture = |left: u8, right: u8| {
            let rgba = [[left, left, left, 255], [right, right, right, 255]].concat();
            Picture { width: 2, height: 1, rgba }
        };
        assert_eq!(difference(&picture(0, 255), &picture(0, 250)), 0.0);
        assert_eq!(difference(&picture(0, 255), &picture(255, 255)), 0.5);
        assert_eq!(difference(&picture(0, 0), &Picture { width: 1, height: 1, rgba: vec![0; 4] }), 1.0);
        assert!(is_blank(&picture(255, 255)) && !is_blank(&picture(0, 255)));
    }
}
