//! What the room is and what it wants.
//!
//! [`Room`] is one state machine. It is handed [`Input`]s with the time ([`Now`]), pushes
//! [`Output`]s for the shell to carry out, says when it wants to wake, and describes itself as a
//! [`View`] that the panel and the display draw. It does no I/O and never asks what time it is.
#![forbid(unsafe_code)]

pub mod destination;
pub mod event;
pub mod view;

pub use destination::Destination;
pub use event::{Input, Now, Output};
pub use view::View;
