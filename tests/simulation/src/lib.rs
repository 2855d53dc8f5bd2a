//! Bad days on a virtual clock: the meeting session against the sandbox, seeded.
pub mod network;
