//! What makes a device this device.
#![forbid(unsafe_code)]

mod device_id;

pub use device_id::{DeviceIdError, device_id};
