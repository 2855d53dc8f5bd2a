//! A relay at a GPIO line.

use std::io;

use ::gpiocdev::line::Value;
use ::gpiocdev::{Request, find_named_line};

use super::Contact;
use crate::board::RelayLine;

pub(super) struct Line(Request);

impl Line {
    /// Takes the line, which cuts.
    ///
    /// # Errors
    /// When it is not there, or somebody else's.
    pub fn open(line: &RelayLine) -> io::Result<Line> {
        let missing = || io::Error::new(io::ErrorKind::NotFound, format!("no GPIO line is called {}", line.line));
        let found = find_named_line(&line.line).ok_or_else(missing)?;
        let mut builder = Request::builder();
        builder.with_consumer("huisclosd").with_found_line(&found).as_output(Value::Inactive);
        if line.active_low {
            builder.as_active_low();
        }
        builder.request().map(Line).map_err(io::Error::other)
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
