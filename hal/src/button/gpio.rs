//! A button between a GPIO line and ground, or its supply.

use std::time::{Duration, SystemTime};

use ::gpiocdev::Request;

use super::{Button, PRESSES_MAX};
use crate::board::WiredButton;
use crate::credible::Credible;
use crate::lines::input;
use crate::worker::{Stop, Worker};

/// How long after a line was not there it is looked for again.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

/// Listens on a thread of its own.
pub(super) fn listen(wired: WiredButton, pressed: impl Fn(Button) + Send + 'static) -> std::io::Result<Worker> {
    Worker::spawn("mute button", move |stop| {
        let mut was_missed = false;
        loop {
            let steady = Duration::from_millis(wired.debounce_ms.into());
            match input(&wired.line, wired.active_low, wired.pull, Some(steady)) {
                Ok(request) => {
                    was_missed = false;
                    match follow(&request, &stop, &pressed) {
                        Ok(()) => return,
                        Err(error) => tracing::warn!(%error, "the mute button is gone"),
                    }
                }
                Err(error) if !was_missed => {
                    was_missed = true;
                    tracing::warn!(line = wired.line, %error, "the mute button cannot be read yet");
                }
                Err(_) => {}
            }
            if !stop.sleep(LOOK_AGAIN) {
                return;
            }
        }
    })
}

/// Until it is time to end.
fn follow(request: &Request, stop: &Stop, pressed: &impl Fn(Button)) -> Result<(), Box<dyn std::error::Error>> {
    let mut credible = Credible::new(PRESSES_MAX);
    while stop.wait_for(request)? {
        // One edge each: the kernel says whether there are more.
        request.read_edge_event()?;
        if credible.believe(SystemTime::now()) {
            pressed(Button::Microphone);
        } else if credible.is_news() {
            tracing::warn!("the mute button chatters; it is not believed for a moment");
        }
    }
    Ok(())
}
