//! A passive infrared sensor at a GPIO line: active while, and a moment after, something warm moves.

use std::io;
use std::os::fd::AsRawFd;
use std::time::Duration;

use ::gpiocdev::Request;
use ::gpiocdev::line::Value;

use super::{EVENTS_MAX, Sensor};
use crate::board::MotionLine;
use crate::lines::input;
use crate::worker::Stop;

pub(super) struct Line(Request);

impl Line {
    /// # Errors
    /// When it is not there, or somebody else's.
    pub fn open(line: &MotionLine) -> io::Result<Line> {
        input(&line.line, line.active_low, line.pull, None).map(Line)
    }
}

impl Sensor for Line {
    fn wait(&self, stop: &Stop, time: Option<Duration>) -> io::Result<bool> {
        stop.wait_for_any(&[self.0.as_raw_fd()], time).map(|ready| ready.contains(&true))
    }

    fn look(&mut self, is_news: bool) -> io::Result<bool> {
        for _ in 0..EVENTS_MAX {
            if !self.0.has_edge_event().map_err(io::Error::other)? {
                break;
            }
            self.0.read_edge_event().map_err(io::Error::other)?;
        }
        Ok(is_news || self.0.lone_value().map_err(io::Error::other)? == Value::Active)
    }
}
