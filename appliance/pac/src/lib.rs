//! Which proxy leads where, as a script says (proxy auto-config): run by itself, in a process that may compute, read its
//! input, write its output, and nothing else.
//!
//! The script is JavaScript from outside, and the engine that runs it is C (QuickJS): neither is believed. [`confine`] takes
//! everything from the process before the script is read; names are looked up by whoever asks.
#![forbid(unsafe_code)]

mod calendar;
mod confinement;
mod script;
mod words;

use std::io::{self, BufRead, Write};
use std::net::IpAddr;
use std::rc::Rc;

use serde::{Deserialize, Serialize};

pub use confinement::confine;

/// The longest line that is read: a script, and what is around it.
const LINE_BYTES_MAX: u64 = 8 << 20;

/// What is asked, in one line of JSON.
#[derive(Debug, Deserialize)]
pub struct Question {
    pub script: String,
    /// As the script sees it: without path and query.
    pub url: String,
    /// Its host, of IPv6 without brackets.
    pub host: String,
    /// This machine's, the one to name first.
    pub my_addresses: Vec<IpAddr>,
    /// Seconds since the Unix epoch, UTC.
    pub now_s: i64,
    /// Seconds east of Greenwich.
    pub utc_offset_s: i32,
}

/// What is said, each in one line of JSON.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Said {
    /// The addresses of this name are wanted: [`Resolved`] is to follow.
    Resolve(String),
    /// What the script returned; nothing more follows.
    Answer(String),
    /// Why there is no answer; nothing more follows.
    Error(String),
}

/// The addresses of a name; none when nobody knows it.
#[derive(Debug, Deserialize)]
pub struct Resolved {
    pub addresses: Vec<IpAddr>,
}

/// Who looks names up.
pub trait Resolver {
    fn resolve(&self, name: &str) -> Vec<IpAddr>;
}

/// Runs the script of a question.
pub fn answer(question: &Question, resolver: Rc<dyn Resolver>) -> Said {
    match script::run(question, resolver) {
        Ok(answer) => Said::Answer(answer),
        Err(error) => Said::Error(error),
    }
}

/// Reads one line of at most eight megabytes.
///
/// # Errors
/// When there is none, or it is not what was expected.
pub fn read<T: for<'de> Deserialize<'de>>(from: impl BufRead) -> io::Result<T> {
    let mut line = String::new();
    from.take(LINE_BYTES_MAX).read_line(&mut line)?;
    serde_json::from_str(&line).map_err(io::Error::other)
}

/// Writes one line.
///
/// # Errors
/// When nobody reads any more.
pub fn say(said: &Said, mut to: impl Write) -> io::Result<()> {
    let mut bytes = serde_json::to_vec(said)?;
    bytes.push(b'\n');
    to.write_all(&bytes)?;
    to.flush()
}
