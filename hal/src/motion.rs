//! The motion sensor: whether somebody moves in the room. It is a wire that is high or low (passive infrared), or a switch
//! of the kernel's. No picture is ever looked at for it, and it counts nobody.

mod gpio;
mod simulated;
mod switch;

use std::io;
use std::time::Duration;

pub(crate) use simulated::SimulatedMotion;

use crate::board;
use crate::worker::{Stop, Worker};

/// After it was looked at it is left alone for so long: what chatters is told of twice a second at most.
const CALM: Duration = Duration::from_millis(500);
/// How often it is looked at while somebody moves: a short pulse is over by then.
const LOOK: Duration = Duration::from_secs(1);
/// How long after a sensor was not there it is looked for again.
const LOOK_AGAIN: Duration = Duration::from_secs(10);
/// Events taken at once: of one that chatters there are always more.
const EVENTS_MAX: usize = 64;

/// What the motion sensor says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Motion {
    /// Nothing: it is not there.
    Missing,
    Still,
    Moving,
}

/// Something that feels whether somebody moves.
pub(crate) trait Sensor {
    /// Waits until it has something to say (true), for so long at most.
    ///
    /// # Errors
    /// [`io::ErrorKind::BrokenPipe`] when it is time to end; others when that cannot be waited for.
    fn wait(&self, stop: &Stop, time: Option<Duration>) -> io::Result<bool>;

    /// Whether somebody moves, or has moved since it was last looked at. `is_news`: it has something to say.
    ///
    /// # Errors
    /// When it is gone or broken.
    fn look(&mut self, is_news: bool) -> io::Result<bool>;
}

/// Follows the sensor of a board, whenever it is there, until what it gives is dropped. `told` hears of each change, on a thread
/// of this crate. `None`: the board has none that is real.
///
/// # Errors
/// When there is no thread to follow it.
pub(crate) fn listen(
    sensor: &board::MotionSensor,
    told: impl Fn(Motion) + Send + 'static,
) -> io::Result<Option<Worker>> {
    match sensor.clone() {
        board::MotionSensor::None | board::MotionSensor::Simulated => Ok(None),
        board::MotionSensor::Gpio(line) => follow(LOOK_AGAIN, move || gpio::Line::open(&line), told).map(Some),
        board::MotionSensor::Switch(device) => {
            follow(LOOK_AGAIN, move || switch::Switch::open(device.as_deref()), told).map(Some)
        }
    }
}

fn follow<S: Sensor>(
    again: Duration,
    mut open: impl FnMut() -> io::Result<S> + Send + 'static,
    told: impl Fn(Motion) + Send + 'static,
) -> io::Result<Worker> {
    Worker::spawn("motion sensor", move |stop| {
        let (mut last, mut was_missed) = (Motion::Missing, false);
        let mut tell = |motion| {
            if std::mem::replace(&mut last, motion) != motion {
                told(motion);
            }
        };
        loop {
            let outcome = open().and_then(|sensor| {
                was_missed = false;
                watch(sensor, &stop, &mut tell)
            });
            match outcome {
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return,
                Err(error) if !was_missed => {
                    was_missed = true;
                    tracing::warn!(%error, "the motion sensor cannot be read");
                }
                Err(_) | Ok(()) => {}
            }
            tell(Motion::Missing);
            if !stop.sleep(again) {
                return;
            }
        }
    })
}

/// Until it is gone, or it is time to end: both are errors.
fn watch(mut sensor: impl Sensor, stop: &Stop, tell: &mut impl FnMut(Motion)) -> io::Result<()> {
    let mut is_news = false;
    loop {
        let moves = sensor.look(is_news)?;
        tell(if moves { Motion::Moving } else { Motion::Still });
        if !stop.sleep(CALM) {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        is_news = sensor.wait(stop, moves.then_some(LOOK))?;
    }
}

#[cfg(test)]
pub(crate) mod tests;
