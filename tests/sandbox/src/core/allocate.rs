//! What of everybody's video fits on the way to one subscriber. Nothing is paused: LiveKit's servers do not
//! unless they are configured to (`allow_pause`).

use super::forward::Layer;

/// One video track, as a subscriber wants it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Wish {
    /// The best layer that is there and wanted.
    pub best: Layer,
    /// What each layer takes now, in bits per second; `None`: it is not there.
    pub bps: [Option<u64>; 3],
    /// What is forwarded now.
    pub current: Option<Layer>,
}

impl Wish {
    fn layers(&self) -> impl Iterator<Item = (Layer, u64)> {
        (0..=self.best).filter_map(|layer| Some((layer, self.bps[layer]?)))
    }

    /// What it takes at its best.
    pub fn best_bps(&self) -> u64 {
        self.bps[self.best].unwrap_or(0)
    }

    /// A step up has to fit with a margin, or it would be taken back a moment later.
    fn needs(&self, layer: Layer, bps: u64) -> u64 {
        if self.current.is_some_and(|current| layer <= current) { bps } else { bps + bps / 8 }
    }
}

/// A layer for each: everybody's least, whatever it takes; then a step up for each in turn, as long as
/// it fits.
pub(super) fn allocate(wishes: &[Wish], budget_bps: u64) -> Vec<Layer> {
    let least = |wish: &Wish| wish.layers().next().unwrap_or((wish.best, 0));
    let mut given: Vec<(Layer, u64)> = wishes.iter().map(least).collect();
    let mut left = budget_bps.saturating_sub(given.iter().map(|(_, bps)| bps).sum());
    loop {
        let mut stepped = false;
        for (wish, given) in wishes.iter().zip(&mut given) {
            let Some((layer, bps)) = wish.layers().find(|(layer, _)| *layer > given.0) else { continue };
            if wish.needs(layer, bps).saturating_sub(given.1) <= left {
                left = left.saturating_sub(bps.saturating_sub(given.1));
                *given = (layer, bps);
                stepped = true;
            }
        }
        if !stepped {
            return given.into_iter().map(|(layer, _)| layer).collect();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CAMERA: Wish = Wish { best: 2, bps: [Some(150_000), Some(500_000), Some(1_700_000)], current: None };

    #[test]
    fn everybody_is_seen_before_anybody_is_seen_well() {
        let three = [CAMERA; 3];
        assert_eq!(allocate(&three, u64::MAX), [2; 3]);
        assert_eq!(allocate(&three, 600_000), [0; 3]);
        assert_eq!(allocate(&three, 1_000_000), [1, 0, 0]);
        assert_eq!(allocate(&three, 0), [0; 3]);
    }

    #[test]
    fn what_flows_stays_where_a_new_layer_would_need_a_margin() {
        let watched = Wish { current: Some(1), ..CAMERA };
        assert_eq!(allocate(&[watched], 510_000), [1]);
        assert_eq!(allocate(&[CAMERA], 510_000), [0]);
    }

    #[test]
    fn a_layer_that_is_not_there_is_left_out() {
        let gap = Wish { bps: [Some(100_000), None, Some(900_000)], ..CAMERA };
        assert_eq!(allocate(&[gap], 500_000), [0]);
        assert_eq!(allocate(&[gap], 2_000_000), [2]);
    }
}
