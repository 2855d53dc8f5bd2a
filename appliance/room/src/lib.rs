//! What the room is and what it wants.
//!
//! [`Room`] is one state machine. It is handed [`Input`]s with the time ([`Now`]), pushes
//! [`Output`]s for the shell to carry out, says when it wants to wake, and describes itself as a
//! [`View`] that the panel and the display draw. It does no I/O and never asks what time it is.
//!
//! ```
//! use std::time::{Duration, Instant};
//! use room::{Input, Now, Output, Room, RoomConfig, event::Wish};
//!
//! let now = Now { monotonic: Instant::now(), wall: Duration::from_secs(1_800_000_000), utc_offset_s: 3600 };
//! let mut room = Room::new(RoomConfig::named("Salle Turing"), now);
//! room.handle(Input::Person(Wish::JoinTyped("https://visio.example/abc-defg-hij".into())), now);
//! let outputs: Vec<Output> = std::iter::from_fn(|| room.poll_output()).collect();
//! assert!(matches!(outputs.last(), Some(Output::StartCall { .. })));
//! ```
#![forbid(unsafe_code)]

mod accessibility;
pub mod administration;
pub mod agenda;
mod arrangement;
pub mod audio;
pub mod booking;
mod call;
pub mod camera;
mod captions;
pub mod chat;
pub mod classified;
pub mod day;
pub mod destination;
pub mod diagnostics;
pub mod encryption;
pub mod event;
mod history;
mod instant;
pub mod light;
mod machine;
pub mod moderation;
pub mod policy;
pub mod portal;
pub mod power;
mod reaction;
mod refusal;
mod standby;
pub mod text;
mod unfinished;
pub mod venue;
pub mod view;

pub use agenda::{AgendaEntry, MeetingId, Title};
pub use destination::Destination;
pub use event::{Input, Now, Output};
pub use light::Light;
pub use machine::{Room, RoomConfig};
pub use reaction::Reaction;
pub use refusal::Refusal;
pub use unfinished::{Open, Unfinished};
pub use venue::Venue;
pub use view::View;
