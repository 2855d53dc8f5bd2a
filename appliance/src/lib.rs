//! The meeting room's daemon, `huisclosd`: composes the pure cores with the machine.
//!
//! Read [`daemon`] first: it lists the room in the order it comes alive.

pub mod administrator;
pub mod api;
mod arguments;
pub mod book;
pub mod calendar;
mod call;
pub mod config;
mod content;
pub mod daemon;
mod device;
mod errands;
mod event;
pub mod evidence_command;
pub mod evidence_store;
mod facts;
mod fittings;
pub mod gate;
mod healing;
pub mod identity_command;
pub mod identity_store;
pub mod log;
pub mod memory;
mod microphones;
pub mod net;
pub mod network_command;
mod picture;
pub mod policy_command;
mod policy_floor;
mod portal;
mod recorder;
mod room_policy;
mod room_task;
mod secret;
mod settings;
mod show;
mod speech;
mod stage;
pub mod status;
mod strain;
mod surroundings;
mod timeline;
mod translate;
mod turning;
mod unfinished;
mod whereabouts;
mod whole_file;
mod window;
pub mod wired;

pub use config::Config;
pub use daemon::Daemon;
