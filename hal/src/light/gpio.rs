//! A light of GPIO lines, each of them a colour.

use std::io;

use ::gpiocdev::line::Value;
use ::gpiocdev::{Request, find_named_line};

use super::{Lamp, Light};
use crate::board::LightLines;

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
        let request = |name: &String| {
            let missing = || io::Error::new(io::ErrorKind::NotFound, format!("no GPIO line is called {name}"));
            let found = find_named_line(name).ok_or_else(missing)?;
            let mut builder = Request::builder();
            builder.with_consumer("huisclosd").with_found_line(&found).as_output(Value::Inactive);
            if lines.active_low {
                builder.as_active_low();
            }
            builder.request().map(|request| (name.clone(), request)).map_err(io::Error::other)
        };
        let requests = lines.names().iter().map(request).collect::<io::Result<_>>()?;
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
