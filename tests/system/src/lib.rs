//! The appliance's image in virtual machines, and what people, cables and power cuts do to it.
//!
//! [`Machine`] is a machine that boots the image as a room would: Secure Boot firmware, a disk, two screens, glass.
//! [`network`] is where it finds a meeting platform, [`usb`] what is plugged into it. The tests are run by `./huisclos test --system`, which builds the
//! image first; `HUISCLOS_IMAGE` names another one.

mod machine;
pub mod network;
pub mod picture;
mod room;
pub mod usb;

pub use machine::{Machine, NEXT, Options, TOOLS, image};
pub use room::configuration;
