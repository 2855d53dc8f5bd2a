//! A relay at a GPIO line.

use std::io;

use ::gpiocdev::Request;
use ::gpiocdev::line::Value;

use super::Contact;
use crate::board::RelayLine;
use crate::lines;

pub(super) struct Line(Request);

impl Line {
    /// Takes the line, which cuts.
    ///
    /// # Errors
    /// When it is not there, or somebody else's.
    pub fn open(line: &RelayLine) -> io::Result<Line> {
        lines::output(&line.line, line.active_low).map(Line)
    }
}

impl Contact for Line {
    fn set(&mut self, closed: bool) -> io::Result<()> {
        let wanted = if closed { Value::Active } else { Value::Inactive };
        self.0.set_lone_value(wanted).map_err(io::Error::other)?;
        let is = self.0.lone_value().map_err(io::Error::other)?;
        if is == wanted { Ok(()) } else { Err(io::Error::other("the line does not follow")) }
    }
}
