//! What is given up when this machine cannot keep up with encoding, and when it is tried again.
//!
//! Time is counted in looks, one a second while pictures are encoded: there is no clock in here.

/// Late for so many looks in a row: more than a start, a key frame or somebody else's short burst of work.
const LATE_LOOKS: u32 = 3;
/// So many looks in time before more is tried, the first time.
const REST_LOOKS: u32 = 30;
/// The rest doubles so often at most: to a quarter of an hour.
const DOUBLINGS_MAX: u32 = 5;
/// More that has been borne for so many looks is borne: what failed before is forgotten.
const BORNE_LOOKS: u32 = 300;

/// What is sent less of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Relief {
    /// Pictures per second at most, of every layer.
    pub fps_max: u32,
    /// The width and height of the largest layer are this part of what they were.
    pub size: (u32, u32),
}

/// For faces: first the largest picture is made smaller, as most of the work is in it, then motion is given up.
pub(crate) const CAMERA: &[Relief] = &[
    Relief { fps_max: u32::MAX, size: (1, 1) },
    Relief { fps_max: u32::MAX, size: (2, 3) },
    Relief { fps_max: 15, size: (2, 3) },
    Relief { fps_max: 10, size: (1, 2) },
];

/// For slides: every picture stays whole, and there are fewer.
pub(crate) const CONTENT: &[Relief] = &[
    Relief { fps_max: u32::MAX, size: (1, 1) },
    Relief { fps_max: 15, size: (1, 1) },
    Relief { fps_max: 8, size: (1, 1) },
    Relief { fps_max: 5, size: (1, 1) },
];

/// Watches whether encoders keep up, step by step.
#[derive(Debug, Default)]
pub(crate) struct Overload {
    /// Into the list of reliefs.
    step: usize,
    /// Looks in a row that found pictures late, and that did not.
    late: u32,
    calm: u32,
    /// Looks since more was tried, until it is borne.
    tried: Option<u32>,
    /// How often in a row that failed.
    failures: u32,
}

impl Overload {
    /// Which relief is in force.
    pub fn step(&self) -> usize {
        self.step
    }

    /// Nothing was encoded for a while: those who were late before it are forgotten.
    pub fn pause(&mut self) {
        self.late = 0;
    }

    /// One look: whether encoders kept up since the last one. Says whether another relief, of so many, is in force now.
    pub fn look(&mut self, keeps_up: bool, reliefs: usize) -> bool {
        self.tried = self.tried.map(|looks| looks + 1);
        if self.tried.is_some_and(|looks| looks >= BORNE_LOOKS) {
            (self.tried, self.failures) = (None, 0);
        }
        if !keeps_up {
            (self.calm, self.late) = (0, self.late + 1);
            let falls = self.late >= LATE_LOOKS && self.step + 1 < reliefs;
            if falls {
                (self.step, self.late) = (self.step + 1, 0);
                if self.tried.take().is_some() {
                    self.failures = (self.failures + 1).min(DOUBLINGS_MAX);
                }
            }
            return falls;
        }
        (self.calm, self.late) = (self.calm + 1, 0);
        let rises = self.step > 0 && self.calm >= REST_LOOKS << self.failures;
        if rises {
            (self.step, self.calm, self.tried) = (self.step - 1, 0, Some(0));
        }
        rises
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A machine that bears `borne` steps of relief or more; the looks at which something changed, and to what.
    fn run(overload: &mut Overload, looks: u32, borne: usize) -> Vec<(u32, usize)> {
        let mut changes = Vec::new();
        for look in 1..=looks {
            if overload.look(overload.step() >= borne, CAMERA.len()) {
                changes.push((look, overload.step()));
            }
        }
        changes
    }

    #[test]
    fn a_moment_of_work_changes_nothing() {
        let mut overload = Overload::default();
        for look in 0..1000 {
            assert!(!overload.look(look % 5 > 1, CAMERA.len()), "two looks in five are late");
        }
    }

    #[test]
    fn less_is_sent_step_by_step_until_the_machine_keeps_up_and_never_beyond_the_last_step() {
        assert_eq!(run(&mut Overload::default(), 20, 2), [(3, 1), (6, 2)]);
        assert_eq!(run(&mut Overload::default(), 100, usize::MAX), [(3, 1), (6, 2), (9, 3)]);
    }

    #[test]
    fn more_is_tried_after_a_while_and_later_each_time_it_fails() {
        let mut overload = Overload::default();
        let changes = run(&mut overload, 4000, 1);
        let tries: Vec<u32> = changes.iter().filter(|(_, step)| *step == 0).map(|(look, _)| *look).collect();
        let rests: Vec<u32> = tries.windows(2).map(|pair| pair[1] - pair[0] - LATE_LOOKS).collect();
        assert_eq!(tries[0], LATE_LOOKS + 30);
        assert_eq!(rests[..5], [60, 120, 240, 480, 960], "it doubles");
        assert!(rests[5..].iter().all(|rest| *rest == 960), "up to a quarter of an hour");
    }

    #[test]
    fn what_was_only_a_busy_hour_is_forgotten() {
        let mut overload = Overload::default();
        run(&mut overload, 300, 1);
        assert!(overload.failures > 0);
        let changes = run(&mut overload, 2000, 0);
        assert_eq!(changes.len(), 1, "back to all there is, and it stays: {changes:?}");
        assert_eq!((overload.step(), overload.failures), (0, 0));
        assert_eq!(run(&mut overload, LATE_LOOKS + 30, 1), [(3, 1), (33, 0)], "as the first time");
    }

    #[test]
    fn slides_stay_whole() {
        assert!(CONTENT.iter().all(|relief| relief.size == (1, 1)));
        assert!(CONTENT.windows(2).all(|pair| pair[1].fps_max < pair[0].fps_max));
    }
}
