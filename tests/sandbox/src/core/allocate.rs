//! What of everybody's video fits on the way to one subscriber.

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
/// it fits. Where video may be paused (`allow_pause`), whose least does not fit gets none.
pub(super) fn allocate(wishes: &[Wish], budget_bps: u64, may_pause: bool) -> Vec<Option<Layer>> {
    let mut left = budget_bps;
    let mut least = |wish: &Wish| {
        let (layer, bps) = wish.layers().next().unwrap_or((wish.best, 0));
        let is_paused = may_pause && wish.needs(layer, bps) > left;
        left = left.saturating_sub(if is_paused { 0 } else { bps });
        (!is_paused).then_some((layer, bps))
    };
    let mut given: Vec<Option<(Layer, u64)>> = wishes.iter().map(&mut least).collect();
    loop {
        let mut stepped = false;
        for (wish, given) in wishes.iter().zip(&mut given) {
            let Some(given) = given else { continue };
            let Some((layer, bps)) = wish.layers().find(|(layer, _)| *layer > given.0) else { continue };
            if wish.needs(layer, bps).saturating_sub(given.1) <= left {
                left = left.saturating_sub(bps.saturating_sub(given.1));
                *given = (layer, bps);
                stepped = true;
            }
        }
        if !stepped {
            return given.into_iter().map(|given| given.map(|(layer, _)| layer)).collect();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CAMERA: Wish = Wish { best: 2, bps: [Some(150_000), Some(500_000), Some(1_700_000)], current: None };

    fn given(wishes: &[Wish], budget_bps: u64) -> Vec<Layer> {
        allocate(wishes, budget_bps, false).into_iter().map(|layer| layer.expect("nothing is paused")).collect()
    }

    #[test]
    fn everybody_is_seen_before_anybody_is_seen_well() {
        let three = [CAMERA; 3];
        assert_eq!(given(&three, u64::MAX), [2; 3]);
        assert_eq!(given(&three, 600_000), [0; 3]);
        assert_eq!(given(&three, 1_000_000), [1, 0, 0]);
        assert_eq!(given(&three, 0), [0; 3]);
    }

    #[test]
    fn where_pausing_is_allowed_those_who_do_not_fit_are_paused_and_come_back_with_a_margin() {
        let watched = Wish { current: Some(0), ..CAMERA };
        let paused = |wishes: &[Wish], budget_bps| allocate(wishes, budget_bps, true);
        assert_eq!(paused(&[watched; 3], 320_000), [Some(0), Some(0), None]);
        assert_eq!(paused(&[watched; 2], 0), [None, None]);
        assert_eq!(paused(&[watched, CAMERA], 310_000), [Some(0), None], "it would be taken back a moment later");
        assert_eq!(paused(&[watched, CAMERA], 320_000), [Some(0), Some(0)]);
    }

    #[test]
    fn what_flows_stays_where_a_new_layer_would_need_a_margin() {
        let watched = Wish { current: Some(1), ..CAMERA };
        assert_eq!(given(&[watched], 510_000), [1]);
        assert_eq!(given(&[CAMERA], 510_000), [0]);
    }

    #[test]
    fn a_layer_that_is_not_there_is_left_out() {
        let gap = Wish { bps: [Some(100_000), None, Some(900_000)], ..CAMERA };
        assert_eq!(given(&[gap], 500_000), [0]);
        assert_eq!(given(&[gap], 2_000_000), [2]);
    }
}
