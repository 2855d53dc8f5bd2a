//! A light, a button and a motion sensor at lines of the kernel's `gpio-sim`.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::Duration;

use super::{given, until};
use crate::board::{Keys, LightLines, MotionLine, MotionSensor, Pull, WiredButton};
use crate::button::{Button, Buttons};
use crate::light::{Kept, Light};
use crate::motion;

const LINES: [&str; 4] = ["HC_RED", "HC_GREEN", "HC_BUTTON", "HC_MOTION"];

/// A chip of `gpio-sim` (the kernel's `Documentation/admin-guide/gpio/gpio-sim.rst`).
struct Chip {
    config: PathBuf,
    sysfs: PathBuf,
}

impl Chip {
    fn plug_in() -> std::io::Result<Chip> {
        let config = PathBuf::from("/sys/kernel/config/gpio-sim/huisclos");
        let bank = config.join("bank0");
        fs::create_dir_all(&bank)?;
        fs::write(bank.join("num_lines"), LINES.len().to_string())?;
        for (offset, name) in LINES.iter().enumerate() {
            let line = bank.join(format!("line{offset}"));
            fs::create_dir_all(&line)?;
            fs::write(line.join("name"), name)?;
        }
        fs::write(config.join("live"), "1")?;
        let (device, chip) =
            (fs::read_to_string(config.join("dev_name"))?, fs::read_to_string(bank.join("chip_name"))?);
        let sysfs = Path::new("/sys/devices/platform").join(device.trim()).join(chip.trim());
        Ok(Chip { config, sysfs })
    }

    fn is_high(&self, line: usize) -> bool {
        let value = fs::read_to_string(self.sysfs.join(format!("sim_gpio{line}/value")));
        value.is_ok_and(|value| value.trim() == "1")
    }

    fn pull(&self, line: usize, up: bool) {
        let pull = if up { "pull-up" } else { "pull-down" };
        fs::write(self.sysfs.join(format!("sim_gpio{line}/pull")), pull).unwrap();
    }
}

impl Drop for Chip {
    fn drop(&mut self) {
        let _ = fs::write(self.config.join("live"), "0");
        for line in 0..LINES.len() {
            let _ = fs::remove_dir(self.config.join(format!("bank0/line{line}")));
        }
        let _ = fs::remove_dir(self.config.join("bank0"));
        let _ = fs::remove_dir(&self.config);
    }
}

#[test]
fn lines_of_the_kernel_are_lit_a_button_at_one_is_pressed_once_and_motion_at_one_is_seen() {
    let Some(chip) = given("gpio", Chip::plug_in()) else { return };
    let (red, green) = (LINES[0].to_owned(), LINES[1].to_owned());
    let lines = LightLines {
        live: vec![green.clone()],
        muted: vec![red.clone()],
        waiting: vec![red, green],
        ..Default::default()
    };
    let light = Kept::wired(lines).unwrap();
    for (wanted, lit) in [(Light::Live, (false, true)), (Light::Muted, (true, false)), (Light::Waiting, (true, true))] {
        light.set(wanted);
        until("the lines follow", || (chip.is_high(0), chip.is_high(1)) == lit);
    }
    drop(light);
    assert_eq!((chip.is_high(0), chip.is_high(1)), (false, false), "a room that ends says nothing");

    chip.pull(2, true);
    let (told, tell) = mpsc::channel();
    let wired = WiredButton { line: LINES[2].into(), active_low: true, pull: Pull::None, debounce_ms: 5 };
    let none = Keys { device: None, microphone: vec![], volume_up: vec![], volume_down: vec![] };
    let _buttons = Buttons::listen(&none, Some(&wired), move |button| _ = told.send(button));
    until("a press", || {
        chip.pull(2, false);
        let pressed = tell.recv_timeout(Duration::from_millis(200));
        chip.pull(2, true);
        pressed == Ok(Button::Microphone)
    });

    let (told, tell) = mpsc::channel();
    let line = MotionLine { line: LINES[3].into(), active_low: false, pull: Pull::None };
    let _sensor = motion::listen(&MotionSensor::Gpio(line), move |motion| _ = told.send(motion)).unwrap();
    motion::tests::contract(|on| chip.pull(3, on), &tell);
}
