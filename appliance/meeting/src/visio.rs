//! La Suite Meet ("Visio"): entry by REST, then the meeting's few REST calls.
//!
//! Recorded on the real backend: the lobby forgets a device that is silent for three seconds, and
//! recognises it by a cookie the device may choose itself, which must be a lower-case hyphenated UUID.

mod answer;
mod entry;
mod moderation;
mod requests;

pub use answer::{Admission, Answer, read_answer};
pub use entry::{Entry, EntryConfig, Outcome};
pub use moderation::Account;
pub(crate) use moderation::{everyone_can_mute, moderate, mute, read_waiting, room, waiting};
pub use requests::{rename, toggle_hand};
