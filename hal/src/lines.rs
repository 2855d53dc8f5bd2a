//! GPIO lines by name.

use std::io;

use std::time::Duration;

use ::gpiocdev::line::{Bias, EdgeDetection, Value};
use ::gpiocdev::request::Builder;
use ::gpiocdev::{Request, find_named_line};

use crate::board::Pull;

/// Takes a line as an input that tells when it becomes active, once it has been so for `steady`.
///
/// # Errors
/// When it is not there, or somebody else's.
pub(crate) fn input(name: &str, active_low: bool, pull: Pull, steady: Option<Duration>) -> io::Result<Request> {
    let mut builder = named(name, active_low)?;
    let bias = match pull {
        Pull::None => Bias::Disabled,
        Pull::Up => Bias::PullUp,
        Pull::Down => Bias::PullDown,
    };
    builder.as_input().with_bias(bias).with_edge_detection(EdgeDetection::RisingEdge);
    if let Some(steady) = steady {
        builder.with_debounce_period(steady);
    }
    builder.request().map_err(io::Error::other)
}

/// Takes a line as an output that is inactive.
///
/// # Errors
/// When it is not there, or somebody else's.
pub(crate) fn output(name: &str, active_low: bool) -> io::Result<Request> {
    named(name, active_low)?.as_output(Value::Inactive).request().map_err(io::Error::other)
}

fn named(name: &str, active_low: bool) -> io::Result<Builder> {
    let missing = || io::Error::new(io::ErrorKind::NotFound, format!("no GPIO line is called {name}"));
    let found = find_named_line(name).ok_or_else(missing)?;
    let mut builder = Request::builder();
    builder.with_consumer("huisclosd").with_found_line(&found);
    if active_low {
        builder.as_active_low();
    }
    Ok(builder)
}
