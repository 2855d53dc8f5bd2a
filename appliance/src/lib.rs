//! tmp
pub mod config;
pub mod log;
pub mod net;
pub mod picture;
pub mod stage;
pub mod timeline;
