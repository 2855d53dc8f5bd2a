//! A light of GPIO lines, each of them a colour.

use std::io;

use ::gpiocdev::Request;
use ::gpiocdev::line::Value;

use super::{Lamp, Light};
use crate::board::LightLines;
use crate::lines;

pub(super) struct Lines {
    lines: LightLines,
    requests: Vec<(String, Request)>,
}

impl Lines {
    /// Takes the lines, dark.
    ///
    /// # Errors
    /// When one is not there, or somebody else's.
    pub fn open(lines: &LightLines) -> io::Result<Lines> {
        let request = |name: String| lines::output(&name, lines.active_low).map(|request| (name, request));
        let requests = lines.names().into_iter().map(request).collect::<io::Result<_>>()?;
        Ok(Lines { lines: lines.clone(), requests })
    }
}

impl Lamp for Lines {
    fn show(&mut self, light: Light) -> io::Result<()> {
        // First dark, then lit: no mixture of two words between them.
        for wanted in [Value::Inactive, Value::Active] {
            for (name, request) in &self.requests {
                let value = if self.lines.lit(light).contains(name) { Value::Active } else { Value::Inactive };
                if value == wanted {
                    request.set_lone_value(value).map_err(io::Error::other)?;
                }
            }
        }
        Ok(())
    }
}
