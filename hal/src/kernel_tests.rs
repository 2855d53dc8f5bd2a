//! Drivers against the kernel itself, where it has virtual devices: `uinput` and `uhid` for glass and buttons, `vivid` for
//! CEC, `gpio-sim` for lines, any graphics card with an output for screens.
//!
//! `./huisclos test --system the_drivers` runs them in the booted image, whose kernel has most of these. Elsewhere each says
//! what it was skipped for; with `HUISCLOS_NEED_KERNEL` set to the names of devices (`uinput uhid cec screen gpio`) those must be
//! there.

mod cec;
mod gpio;
mod input;

use std::time::Duration;

/// What was opened for a test; none, with the reason on the terminal, where the machine does not have it.
#[allow(clippy::print_stdout)]
pub(crate) fn given<T, E: std::fmt::Display>(name: &str, opened: Result<T, E>) -> Option<T> {
    match opened {
        Ok(device) => Some(device),
        Err(error) => {
            let needed = std::env::var("HUISCLOS_NEED_KERNEL").unwrap_or_default();
            assert!(!needed.split(' ').any(|need| need == name), "{name} is needed here: {error}");
            println!("skipped: no {name} here ({error})");
            None
        }
    }
}

/// Waits for what another thread or the kernel does.
pub(crate) fn until(what: &str, is_so: impl FnMut() -> bool) {
    crate::until::until_within(Duration::from_secs(60), what, is_so);
}
