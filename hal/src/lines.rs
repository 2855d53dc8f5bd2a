//! GPIO lines by name.

use std::io;

use ::gpiocdev::line::{Bias, Value};
use ::gpiocdev::{Request, find_named_line};

use crate::board::Pull;

/// A line's own resistor, as the kernel calls it.
pub(crate) fn bias(pull: Pull) -> Bias {
    match pull {
        Pull::None => Bias::Disabled,
        Pull::Up => Bias::PullUp,
        Pull::Down => Bias::PullDown,
    }
}

/// Takes a line as an output that is inactive.
///
/// # Errors
/// When it is not there, or somebody else's.
pub(crate) fn output(name: &str, active_low: bool) -> io::Result<Request> {
    let missing = || io::Error::new(io::ErrorKind::NotFound, format!("no GPIO line is called {name}"));
    let found = find_named_line(name).ok_or_else(missing)?;
    let mut builder = Request::builder();
    builder.with_consumer("huisclosd").with_found_line(&found).as_output(Value::Inactive);
    if active_low {
        builder.as_active_low();
    }
    builder.request().map_err(io::Error::other)
}
