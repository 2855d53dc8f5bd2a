//! How soon a certificate ends.

use std::time::Duration;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// How soon a certificate ends, as steps at which people are warned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expiry {
    /// In more than 30 days.
    Far,
    /// In so many days or fewer: 30, 14 or 7.
    Within { days: u16 },
    /// It has ended.
    Over,
}

/// How soon a certificate ends; both times since 1970.
///
/// ```
/// use std::time::Duration;
/// use identity::{Expiry, expiry};
/// let day = Duration::from_secs(86_400);
/// assert_eq!(expiry(day * 100, day * 90), Expiry::Within { days: 14 });
/// ```
pub fn expiry(not_after: Duration, now: Duration) -> Expiry {
    match not_after.checked_sub(now) {
        // A certificate is still good in its last second (RFC 5280 §4.1.2.5).
        None => Expiry::Over,
        Some(left) => [7, 14, 30]
            .into_iter()
            .find(|days| left <= DAY * u32::from(*days))
            .map_or(Expiry::Far, |days| Expiry::Within { days }),
    }
}

/// Whole days until it ends; 0 on the last day, `None` when it has ended.
pub fn days_left(not_after: Duration, now: Duration) -> Option<u64> {
    not_after.checked_sub(now).map(|left| left.as_secs() / DAY.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_warned_thirty_fourteen_and_seven_days_before() {
        let (end, second) = (DAY * 1000, Duration::from_secs(1));
        for (now, expected) in [
            (DAY, Expiry::Far),
            (end - DAY * 30 - second, Expiry::Far),
            (end - DAY * 30, Expiry::Within { days: 30 }),
            (end - DAY * 14 - second, Expiry::Within { days: 30 }),
            (end - DAY * 14, Expiry::Within { days: 14 }),
            (end - DAY * 7 - second, Expiry::Within { days: 14 }),
            (end - DAY * 7, Expiry::Within { days: 7 }),
            (end, Expiry::Within { days: 7 }),
            (end + second, Expiry::Over),
        ] {
            assert_eq!(expiry(end, now), expected, "{now:?}");
        }
        assert_eq!(days_left(end, end - DAY * 12 - second), Some(12));
        assert_eq!((days_left(end, end), days_left(end, end + second)), (Some(0), None));
    }
}
