//! Meeting protocols, pure: bytes and time in, bytes and events out.
//!
//! [`Session`] is one visit to one meeting. For Visio it first asks the platform's REST API for
//! entry ([`visio`]), then both kinds of target speak LiveKit ([`livekit`]). The shell owns every
//! socket: it carries out [`Output`]s and reports what happened as [`Input`]s.
#![forbid(unsafe_code)]

pub mod border;
pub mod device;
pub mod e2ee;
pub mod io;
pub mod livekit;
pub mod visio;

mod moderator;
mod session;

pub use io::{Command, Event, Input, Now, Output};
pub use session::{Config, Session, Target};
