//! A meeting platform in one process: a stand-in for a real Visio deployment, for the demo and tests.
//!
//! It speaks the LiveKit protocol (signalling and media forwarding) well enough that the official
//! clients do not notice. [`core`] is the platform without sockets or clocks, for simulations;
//! [`Server`] gives it sockets on the loopback address; it never listens anywhere else.

pub mod core;
pub mod fake_media;
pub mod guest;
pub mod mark;
pub mod network;
mod page;
mod server;
mod signalling;
mod token;
pub mod visio;

pub use server::{Config, Server, StartError};
