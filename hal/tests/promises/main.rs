//! What the crate promises to whoever uses it.

mod board;
mod camera;
mod common;
mod content;
mod contract;
mod kernel;
mod room;
mod sound;
