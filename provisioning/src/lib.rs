//! What makes a device this device, and what is done to its machine.
#![forbid(unsafe_code)]

mod device_id;
pub mod power;

pub use device_id::{DeviceIdError, device_id};
