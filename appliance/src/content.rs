//! What is at the content input, as the room should hear of it: the device's word, and what the media
//! engine sees of it while it is shared.

use std::time::{Duration, Instant};

use hal::ContentState;
use room::view::Content;

/// How long after it failed the content is opened anew.
const RETRY: Duration = Duration::from_secs(1);

/// The content input while the room lives.
#[derive(Debug, Default)]
pub struct ContentInput {
    /// It is open, because people share it.
    shared: bool,
    /// No pictures come, since then or since it was last opened anew, and so many had come before.
    lost: Option<(Instant, u64)>,
    /// All its pictures are black.
    dark: bool,
}

impl ContentInput {
    /// It is shared from now on, or no longer.
    pub fn share(&mut self, on: bool) {
        *self = ContentInput { shared: on, ..ContentInput::default() };
    }

    /// Whether it is shared.
    pub fn is_shared(&self) -> bool {
        self.shared
    }

    /// Another laptop, or the same in another mode.
    pub fn changed(&mut self) {
        (self.lost, self.dark) = (None, false);
    }

    /// No pictures come any more, after so many.
    pub fn lost(&mut self, now: Instant, captured: u64) {
        if self.shared {
            self.lost = Some((now, captured));
        }
    }

    /// Pictures come again.
    pub fn back(&mut self) {
        self.lost = None;
    }

    /// Whether all that comes is black.
    pub fn dark(&mut self, dark: bool) {
        self.dark = self.shared && dark;
    }

    /// Looks whether pictures have come back; says whether it should be opened anew.
    pub fn heal(&mut self, now: Instant, captured: u64) -> bool {
        let Some((since, before)) = &mut self.lost else { return false };
        if captured > *before {
            self.lost = None;
            return false;
        }
        let is_due = now.saturating_duration_since(*since) >= RETRY;
        if is_due {
            *since = now;
        }
        is_due
    }

    /// In the room's words.
    pub fn state(&self, device: ContentState) -> Content {
        match device {
            ContentState::Absent => Content::Missing,
            ContentState::NoSignal => Content::NoSignal,
            ContentState::Ready(_) if self.lost.is_some() => Content::NoSignal,
            ContentState::Ready(_) if self.dark => Content::Protected,
            ContentState::Ready(_) => Content::Ready,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const READY: ContentState = ContentState::Ready(hal::VideoFormat { width: 1920, height: 1080, fps: 30 });

    #[test]
    fn what_fails_while_it_is_shared_is_opened_anew_until_pictures_come() {
        let start = Instant::now();
        let mut content = ContentInput::default();
        content.share(true);
        assert_eq!(content.state(READY), Content::Ready);
        content.lost(start, 10);
        assert_eq!(content.state(READY), Content::NoSignal);
        assert!(!content.heal(start + RETRY / 2, 10));
        assert!(content.heal(start + RETRY, 10));
        assert!(!content.heal(start + RETRY, 10), "once a second");
        assert!(content.heal(start + RETRY * 2, 10));
        assert!(!content.heal(start + RETRY * 3, 11));
        assert_eq!(content.state(READY), Content::Ready);
    }

    #[test]
    fn a_late_word_of_a_laptop_no_longer_shared_says_nothing_of_the_next() {
        let mut content = ContentInput::default();
        content.share(true);
        content.dark(true);
        assert_eq!(content.state(READY), Content::Protected);
        content.share(false);
        content.lost(Instant::now(), 10);
        content.dark(true);
        assert_eq!(content.state(READY), Content::Ready);
        assert_eq!(content.state(ContentState::NoSignal), Content::NoSignal);
        assert_eq!(content.state(ContentState::Absent), Content::Missing);
    }
}
