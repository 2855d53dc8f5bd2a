//! What hangs on the wall and stands on the table beside cameras and sound: screens, the touchscreen, buttons, the
//! status light, the motion sensor, and displays that can be switched on and off.
//!
//! None of it is waited for, and none of it is missed by a room that does not have it.

use std::io;
use std::sync::Arc;

use crate::board::{self, Board};
use crate::button::{Button, Buttons, SimulatedButtons};
use crate::knob::{DeviceKnobs, Turned};
use crate::light::{self, Light, SimulatedLight};
use crate::motion::{self, Motion, SimulatedMotion};
use crate::panel::PanelSize;
use crate::power::{self, Power, SimulatedPower};
use crate::screen::{self, Lit, Rect, Screen, SimulatedScreen, Wanted};
use crate::touch::{self, Glass, TouchEvent, Touchscreen};
use crate::worker::Worker;
use crate::{DeviceEvent, PictureSink};

/// What a meeting is composed at, in pixels.
const MEETING: (u32, u32) = (1920, 1080);

type Events = dyn Fn(DeviceEvent) + Send + Sync;

/// The fittings of one room.
pub struct Fittings {
    board: board::Panel,
    panel_size: Arc<PanelSize>,
    panel: Panel,
    displays: [Option<Screen>; 2],
    power: Vec<DisplayPower>,
    buttons: AllButtons,
    light: StatusLight,
    motion: MotionSensor,
    events: Arc<Events>,
}

enum Panel {
    None,
    Simulated(SimulatedScreen),
    Real(Screen),
}

enum DisplayPower {
    Simulated(SimulatedPower),
    Real(power::Kept),
    Output(Screen),
}

enum AllButtons {
    None,
    Simulated(SimulatedButtons),
    Real(Buttons),
}

enum MotionSensor {
    None,
    Simulated(SimulatedMotion),
    /// Followed as long as this is held.
    Real {
        _worker: Worker,
    },
}

enum StatusLight {
    None,
    Simulated(SimulatedLight),
    Real(light::Kept),
}

impl Fittings {
    /// Takes what the board says, whether it is there yet or not.
    pub(crate) fn open(board: &Board, events: Arc<Events>) -> Fittings {
        let panel_size = Arc::new(PanelSize::new((board.panel.width, board.panel.height)));
        let lit = || -> Box<dyn Fn(Lit) + Send> {
            let (size_now, events, width_mm) = (panel_size.clone(), events.clone(), board.panel.width_mm);
            Box::new(move |lit: Lit| {
                size_now.set(lit.size);
                let of_board = width_mm.map(|mm| lit.size.0 as f32 / mm as f32);
                let pixels_per_mm = of_board.or(lit.pixels_per_mm);
                events(DeviceEvent::Panel { size: lit.size, pixels_per_mm });
            })
        };
        let mut screens = at_outputs(board, &lit).into_iter();
        let mut at_output = |is_there: bool| if is_there { screens.next() } else { None };
        let size = (board.panel.width, board.panel.height);
        let panel = match &board.panel.screen {
            board::Screen::None => Panel::None,
            board::Screen::Output(_) => at_output(true).map_or(Panel::None, Panel::Real),
            board::Screen::Simulated => {
                let screen = SimulatedScreen::new(size, board.panel.rotation, lit());
                there("the panel", screen).map_or(Panel::None, Panel::Simulated)
            }
        };
        let second = board.second_display.as_ref();
        let hung = [Some(&board.display), second];
        let displays = hung.map(|display| at_output(display.is_some_and(|d| d.output.is_some())));
        let power = hung.into_iter().zip(&displays).filter_map(|(display, screen)| match &display?.power {
            board::Power::None => None,
            board::Power::Simulated => there("the display", SimulatedPower::new()).map(DisplayPower::Simulated),
            board::Power::Cec(path) => {
                there("CEC", power::Kept::cec(path.clone(), &board.name)).map(DisplayPower::Real)
            }
            board::Power::Dpms => screen.clone().map(DisplayPower::Output),
        });
        let pressed = {
            let events = events.clone();
            move |button| events(DeviceEvent::Button(button))
        };
        let wired = board.mute_button.as_ref();
        let none = board::Keys { device: None, microphone: vec![], volume_up: vec![], volume_down: vec![] };
        let buttons = match &board.buttons {
            board::Buttons::Simulated => AllButtons::Simulated(SimulatedButtons::new()),
            board::Buttons::Keys(keys) => AllButtons::Real(Buttons::listen(keys, wired, pressed)),
            board::Buttons::None if wired.is_some() => AllButtons::Real(Buttons::listen(&none, wired, pressed)),
            board::Buttons::None => AllButtons::None,
        };
        let light = match &board.light {
            board::StatusLight::None => StatusLight::None,
            board::StatusLight::Simulated => {
                there("the light", SimulatedLight::new()).map_or(StatusLight::None, StatusLight::Simulated)
            }
            board::StatusLight::Lines(lines) => {
                there("the light", light::Kept::wired(lines.clone())).map_or(StatusLight::None, StatusLight::Real)
            }
        };
        let moved = {
            let events = events.clone();
            move |motion: Motion| events(DeviceEvent::Motion(motion))
        };
        let motion = match &board.motion_sensor {
            board::MotionSensor::Simulated => there("the motion sensor", SimulatedMotion::new(moved))
                .map_or(MotionSensor::None, MotionSensor::Simulated),
            sensor => there("the motion sensor", motion::listen(sensor, moved))
                .flatten()
                .map_or(MotionSensor::None, |worker| MotionSensor::Real { _worker: worker }),
        };
        let (board, power) = (board.panel.clone(), power.collect());
        Fittings { board, panel_size, panel, displays, power, buttons, light, motion, events }
    }

    /// The panel's width and height now, in pixels.
    pub fn panel_size(&self) -> (u32, u32) {
        self.panel_size.get()
    }

    /// Shows the panel's picture: RGBA without padding, of [`Fittings::panel_size`] or what that was a moment ago. Only
    /// `damage` differs from the one before. Never waits.
    pub fn show_panel(&self, rgba: Arc<Vec<u8>>, size: (u32, u32), damage: &[Rect]) {
        let screen = match &self.panel {
            Panel::None => return,
            Panel::Simulated(simulated) => simulated.screen(),
            Panel::Real(screen) => screen,
        };
        screen.show(rgba, size, damage);
    }

    /// What the panel's simulated screen shows, turned as it hangs: width and height, and RGBA. None if it is dark or
    /// real.
    pub fn panel_shown(&self) -> Option<((u32, u32), Vec<u8>)> {
        let Panel::Simulated(screen) = &self.panel else { return None };
        let shown = screen.shown()?;
        let rgba = shown.bytes.chunks_exact(4).flat_map(|bgrx| [bgrx[2], bgrx[1], bgrx[0], u8::MAX]);
        Some((shown.size, rgba.collect()))
    }

    /// Listens to the panel's touchscreen until what it gives is dropped; none for a simulated panel, which is touched in
    /// the room window. `touched` is called on a thread of this crate.
    ///
    /// # Errors
    /// When there is no thread to listen. A touchscreen that is not there is no error.
    pub fn touchscreen(&self, touched: impl Fn(TouchEvent) + Send + 'static) -> io::Result<Option<Touchscreen>> {
        if let Panel::Simulated(_) = self.panel {
            return Ok(None);
        }
        let named = self.board.touchscreen.clone();
        touch::listen(named, Glass::from(&self.board), self.panel_size.clone(), touched).map(Some)
    }

    /// Sets the status light. Never waits.
    pub fn set_light(&self, light: Light) {
        match &self.light {
            StatusLight::None => {}
            StatusLight::Simulated(simulated) => simulated.set(light),
            StatusLight::Real(kept) => kept.set(light),
        }
    }

    /// What a simulated light shows.
    pub fn light_shown(&self) -> Option<Light> {
        if let StatusLight::Simulated(light) = &self.light { light.shown() } else { None }
    }

    /// Lights the lamps of mute buttons, or not. Never waits.
    pub fn set_mute_lamp(&self, lit: bool) {
        match &self.buttons {
            AllButtons::None => {}
            AllButtons::Simulated(simulated) => simulated.light(lit),
            AllButtons::Real(buttons) => buttons.light(lit),
        }
    }

    /// Whether the lamp of a simulated mute button is lit.
    pub fn mute_lamp_shown(&self) -> Option<bool> {
        if let AllButtons::Simulated(buttons) = &self.buttons { Some(buttons.is_lit()) } else { None }
    }

    /// Switches every display on or off that can be. Never waits.
    pub fn set_display_power(&self, wanted: Power) {
        for power in &self.power {
            match power {
                DisplayPower::Simulated(simulated) => simulated.set(wanted),
                DisplayPower::Real(kept) => kept.set(wanted),
                DisplayPower::Output(screen) => screen.sleep(wanted == Power::Standby),
            }
        }
    }

    /// Whether a simulated display is on.
    pub fn display_power_shown(&self) -> Option<Power> {
        self.power.iter().find_map(|power| if let DisplayPower::Simulated(tv) = power { tv.shown() } else { None })
    }

    /// The display at an output, the first (0) or the second (1), for pictures of `size`.
    pub(crate) fn display(&self, number: usize, size: (u32, u32)) -> Option<Arc<dyn PictureSink>> {
        let screen = self.displays.get(number)?.clone()?;
        Some(Arc::new(screen::sink(screen, size)))
    }

    pub(crate) fn knobs(&self) -> Vec<DeviceKnobs> {
        let panel = if let Panel::Simulated(panel) = &self.panel { Some(panel.knobs()) } else { None };
        let buttons = if let AllButtons::Simulated(buttons) = &self.buttons { Some(buttons.knobs()) } else { None };
        let light = if let StatusLight::Simulated(light) = &self.light { Some(light.knobs()) } else { None };
        let power = self.power.iter().find_map(|power| match power {
            DisplayPower::Simulated(tv) => Some(tv.knobs()),
            DisplayPower::Real(_) | DisplayPower::Output(_) => None,
        });
        let motion = if let MotionSensor::Simulated(motion) = &self.motion { Some(motion.knobs()) } else { None };
        panel.into_iter().chain(buttons).chain(light).chain(motion).chain(power).collect()
    }

    /// None if there is no such device.
    pub(crate) fn turn(&self, device: &str, knob: &str, on: bool) -> Option<Turned> {
        match (device, &self.panel, &self.buttons, &self.light) {
            ("panel", Panel::Simulated(panel), ..) => Some(panel.turn(knob, on)),
            ("button", _, AllButtons::Simulated(buttons), _) => {
                Some(buttons.turn(knob, on, |button: Button| (self.events)(DeviceEvent::Button(button))))
            }
            ("light", .., StatusLight::Simulated(light)) => Some(light.turn(knob, on)),
            ("motion-sensor", ..) => match &self.motion {
                MotionSensor::Simulated(motion) => Some(motion.turn(knob, on)),
                MotionSensor::None | MotionSensor::Real { .. } => None,
            },
            ("display-power", ..) => self.power.iter().find_map(|power| match power {
                DisplayPower::Simulated(tv) => Some(tv.turn(knob, on)),
                DisplayPower::Real(_) | DisplayPower::Output(_) => None,
            }),
            _ => None,
        }
    }
}

/// The screens at outputs: the panel, the display, the second display, as far as they are at one.
fn at_outputs(board: &Board, lit: &dyn Fn() -> Box<dyn Fn(Lit) + Send>) -> Vec<Screen> {
    let mut wanted = Vec::new();
    if let board::Screen::Output(output) = &board.panel.screen {
        let (output, size) = (output.clone(), (board.panel.width, board.panel.height));
        wanted.push(Wanted { output, size, rotation: board.panel.rotation, lit: lit() });
    }
    for display in [Some(&board.display), board.second_display.as_ref()].into_iter().flatten() {
        if let Some(output) = &display.output {
            let (output, rotation) = (output.clone(), crate::Rotation::None);
            wanted.push(Wanted { output, size: MEETING, rotation, lit: Box::new(|_| {}) });
        }
    }
    if wanted.is_empty() {
        return Vec::new();
    }
    there("the screens", screen::at_outputs(board.card.clone(), wanted)).unwrap_or_default()
}

/// What works; a room without the rest is still a room.
fn there<T>(what: &str, opened: io::Result<T>) -> Option<T> {
    opened.inspect_err(|error| tracing::warn!(%error, "{what} cannot be used")).ok()
}
