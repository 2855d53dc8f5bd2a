//! Pictures that would come too late are not sent: when a path narrows, str0m's queue still holds what
//! was encoded for the wider one, and whatever comes after it waits.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use crate::io::{Layer, Source};

/// How long what waits to be sent may take at the path's rate; a picture behind it would be late.
const WAIT_MAX: Duration = Duration::from_millis(300);
/// A key frame is many times an ordinary picture, and takes this long at most: it is no backlog.
const KEYFRAME_TIME: Duration = Duration::from_millis(1500);
/// A key frame that takes longer belongs to a layer the path does not carry.
const KEYFRAME_WAIT_MAX: Duration = Duration::from_secs(1);
/// Between two requests for the key frame that ends a gap.
const ASK_EVERY: Duration = Duration::from_millis(500);

/// A picture that is to be sent.
pub(super) struct Picture {
    pub keyframe: bool,
    /// There is nothing smaller to see instead.
    pub least: bool,
    pub bytes: usize,
}

/// What to do with a picture.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Send,
    Drop,
    /// It is of no use without one before that was dropped: a key frame is due.
    DropAndAsk,
}

/// One stream of pictures of ours.
pub(super) type Stream = (Source, Option<Layer>);

/// What waits, stream by stream.
#[derive(Debug, Default)]
pub(super) struct Backlog {
    streams: HashMap<Stream, Waiting>,
}

#[derive(Debug, Default)]
struct Waiting {
    /// The last key frame's size and when it was sent.
    keyframe: Option<(usize, Instant)>,
    /// Something was dropped and no key frame was sent since; when one was asked for.
    gap: Option<Option<Instant>>,
}

impl Backlog {
    /// Nothing of a stream is sent for a while: a key frame is due then.
    pub fn give_up(&mut self, stream: Stream) {
        *self.streams.entry(stream).or_default() = Waiting { keyframe: None, gap: Some(None) };
    }

    /// Judges the next picture of a stream, with `queued` bytes of it waiting already and a path that
    /// carries `path_bps`.
    pub fn judge(&mut self, stream: Stream, picture: Picture, queued: usize, path_bps: u64, now: Instant) -> Verdict {
        let Picture { keyframe, least, bytes } = picture;
        let waiting = self.streams.entry(stream).or_default();
        let recent = |(size, at): (usize, Instant)| if now < at + KEYFRAME_TIME { size } else { 0 };
        let allowed = path_bps as f64 / 8.0 * WAIT_MAX.as_secs_f64() + waiting.keyframe.map_or(0, recent) as f64;
        let too_large = keyframe && !least && bytes as f64 > path_bps as f64 / 8.0 * KEYFRAME_WAIT_MAX.as_secs_f64();
        if queued as f64 > allowed || too_large {
            waiting.gap.get_or_insert(None);
            return Verdict::Drop;
        }
        if keyframe {
            *waiting = Waiting { keyframe: Some((bytes, now)), gap: None };
            return Verdict::Send;
        }
        match &mut waiting.gap {
            None => Verdict::Send,
            Some(asked) if asked.is_some_and(|at| now < at + ASK_EVERY) => Verdict::Drop,
            Some(asked) => {
                *asked = Some(now);
                Verdict::DropAndAsk
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PERIOD: Duration = Duration::from_millis(33);
    const HIGH: Stream = (Source::Camera, Some(Layer::High));

    fn picture(keyframe: bool, least: bool, bytes: usize) -> Picture {
        Picture { keyframe, least, bytes }
    }

    /// Sends pictures of `bytes` over a path for a while; what waits at the end, and what was sent.
    fn send(backlog: &mut Backlog, start: Instant, pictures: u32, path_bps: u64, queued: &mut f64) -> Vec<Verdict> {
        let mut verdicts = Vec::new();
        let mut keyframe = false;
        for number in 0..pictures {
            let now = start + PERIOD * number;
            let bytes = if keyframe { 60_000 } else { 7_000 };
            let verdict = backlog.judge(HIGH, picture(keyframe, false, bytes), *queued as usize, path_bps, now);
            match verdict {
                Verdict::Send => {
                    *queued += bytes as f64;
                    keyframe = false;
                }
                Verdict::DropAndAsk => keyframe = true,
                Verdict::Drop => {}
            }
            *queued = (*queued - path_bps as f64 / 8.0 * PERIOD.as_secs_f64()).max(0.0);
            verdicts.push(verdict);
        }
        verdicts
    }

    #[test]
    fn what_fits_is_sent_and_a_key_frame_is_no_backlog() {
        let (mut backlog, start, mut queued) = (Backlog::default(), Instant::now(), 0.0);
        assert_eq!(backlog.judge(HIGH, picture(true, false, 100_000), 0, 2_200_000, start), Verdict::Send);
        queued += 100_000.0;
        let verdicts = send(&mut backlog, start + PERIOD, 90, 2_200_000, &mut queued);
        assert!(verdicts.iter().all(|v| *v == Verdict::Send), "{verdicts:?}");
    }

    #[test]
    fn a_path_that_narrows_leaves_little_waiting_and_the_way_back_is_a_key_frame() {
        let (mut backlog, start, mut queued) = (Backlog::default(), Instant::now(), 0.0);
        send(&mut backlog, start, 60, 2_200_000, &mut queued);
        let narrow = send(&mut backlog, start + PERIOD * 60, 60, 300_000, &mut queued);
        assert!(narrow.iter().filter(|v| **v == Verdict::Send).count() < 12, "{narrow:?}");
        assert!(queued < 80_000.0, "{queued}");
        let after = start + PERIOD * 400;
        assert_eq!(backlog.judge(HIGH, picture(false, false, 7_000), 0, 2_200_000, after), Verdict::DropAndAsk);
        assert_eq!(backlog.judge(HIGH, picture(false, false, 7_000), 0, 2_200_000, after + PERIOD), Verdict::Drop);
        assert_eq!(backlog.judge(HIGH, picture(true, false, 60_000), 0, 2_200_000, after + PERIOD * 2), Verdict::Send);
        assert_eq!(
            backlog.judge(HIGH, picture(false, false, 7_000), 60_000, 2_200_000, after + PERIOD * 3),
            Verdict::Send
        );
    }

    #[test]
    fn a_stream_that_was_given_up_comes_back_with_a_key_frame() {
        let (mut backlog, start) = (Backlog::default(), Instant::now());
        backlog.judge(HIGH, picture(true, false, 60_000), 0, 2_200_000, start);
        backlog.give_up(HIGH);
        assert_eq!(backlog.judge(HIGH, picture(false, false, 7_000), 0, 2_200_000, start), Verdict::DropAndAsk);
        assert_eq!(backlog.judge(HIGH, picture(true, false, 60_000), 0, 2_200_000, start), Verdict::Send);
        assert_eq!(backlog.judge(HIGH, picture(false, false, 7_000), 0, 2_200_000, start), Verdict::Send);
    }

    #[test]
    fn a_key_frame_that_takes_long_is_sent_only_where_there_is_nothing_smaller() {
        let (mut backlog, start) = (Backlog::default(), Instant::now());
        assert_eq!(backlog.judge(HIGH, picture(true, false, 60_000), 0, 300_000, start), Verdict::Drop, "1.6 s");
        assert_eq!(
            backlog.judge(HIGH, picture(true, true, 60_000), 0, 300_000, start),
            Verdict::Send,
            "better late than never"
        );
        assert_eq!(backlog.judge(HIGH, picture(true, false, 60_000), 0, 600_000, start), Verdict::Send);
    }
}
