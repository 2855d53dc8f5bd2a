//! Which of a screen's modes it is run in.

/// What is known of a mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mode {
    pub size: (u32, u32),
    /// Pictures per second.
    pub refresh: u32,
    pub is_preferred: bool,
    pub is_interlaced: bool,
}

/// More pictures a second than anybody draws only heat.
const REFRESH_MAX: u32 = 60;

/// The one for a picture of the wished size, or else the screen's own choice.
pub(super) fn choose(modes: &[Mode], wish: (u32, u32)) -> Option<usize> {
    let key = |mode: &Mode| {
        let is_wished = mode.size == wish;
        let quickest =
            if mode.refresh <= REFRESH_MAX { (true, mode.refresh) } else { (false, u32::MAX - mode.refresh) };
        // Of others the rate is no reason.
        (!mode.is_interlaced, is_wished, !is_wished && mode.is_preferred, is_wished.then_some(quickest))
    };
    (0..modes.len()).filter(|place| modes[*place].size.0 > 0 && modes[*place].size.1 > 0).max_by_key(|place| {
        // Of equals the first: screens name their best first.
        (key(&modes[*place]), usize::MAX - place)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(size: (u32, u32), refresh: u32) -> Mode {
        Mode { size, refresh, is_preferred: false, is_interlaced: false }
    }

    #[test]
    fn the_wished_size_comes_first_then_what_the_screen_prefers() {
        let hd = (1920, 1080);
        let modes = [
            Mode { is_preferred: true, ..mode((3840, 2160), 60) },
            Mode { is_interlaced: true, ..mode(hd, 60) },
            mode(hd, 24),
            mode(hd, 120),
            mode(hd, 60),
            mode(hd, 50),
            mode((1280, 720), 60),
        ];
        assert_eq!(choose(&modes, hd), Some(4));
        assert_eq!(choose(&modes, (1280, 720)), Some(6));
        assert_eq!(choose(&modes, (800, 480)), Some(0), "what it prefers");
        assert_eq!(choose(&[mode((800, 480), 50), mode((640, 480), 60)], hd), Some(0), "what it names first");
        assert_eq!(choose(&[], hd), None);
        assert_eq!(choose(&[mode((0, 480), 60)], hd), None);
    }
}
