//! What of the room is shown by its light, the lamps of its buttons and its displays' power.

use hal::Fittings;
use room::event::Wish;
use room::view::{Screen, View};

/// What was last told to the devices.
#[derive(Debug, Default)]
pub struct Shown {
    light: Option<room::Light>,
    power: Option<hal::Power>,
    was_home: bool,
}

impl Shown {
    /// Lets the devices follow the view.
    pub fn follow(&mut self, fittings: &Fittings, view: &View) {
        let light = room::Light::of(view);
        if self.light.replace(light) != Some(light) {
            fittings.set_light(crate::translate::light(light));
            fittings.set_mute_lamp(light.is_mute_lamp_lit());
        }
        // A display that was off when the room started stays off until somebody comes.
        let is_awake = !view.dimmed;
        let is_home = view.screen == Screen::Home;
        // Who joins wants to see it, whatever the display has shown meanwhile.
        let leaves_home = std::mem::replace(&mut self.was_home, is_home) && !is_home;
        let power = if is_awake { hal::Power::On } else { hal::Power::Standby };
        let is_news = self.power != Some(power) && (is_awake || self.power.is_some());
        if is_news || (leaves_home && is_awake) {
            self.power = Some(power);
            fittings.set_display_power(power);
        }
    }
}

/// What a press of a button asks for.
pub fn wish(button: hal::Button) -> Wish {
    match button {
        hal::Button::Microphone => Wish::ToggleMicrophone,
        hal::Button::VolumeUp => Wish::StepVolume { up: true },
        hal::Button::VolumeDown => Wish::StepVolume { up: false },
    }
}

/// What a finger does, for the panel that was touched. A finger of which nobody knows what it did slides off, which means
/// nothing.
pub fn touches(touch: hal::touch::TouchEvent) -> impl Iterator<Item = ui::TouchEvent> {
    use hal::touch::TouchKind::{Cancel, Down, Move, Up};
    let (x, y) = if touch.kind == Cancel { (-1, -1) } else { (touch.x as i32, touch.y as i32) };
    let kinds = match touch.kind {
        Down => [Some(ui::TouchKind::Down), None],
        Move => [Some(ui::TouchKind::Move), None],
        Up => [Some(ui::TouchKind::Up), None],
        Cancel => [Some(ui::TouchKind::Move), Some(ui::TouchKind::Up)],
    };
    kinds.into_iter().flatten().map(move |kind| ui::TouchEvent { kind, x, y })
}

/// The light as a word for programs.
pub fn light_name(light: room::Light) -> &'static str {
    match light {
        room::Light::Idle => "idle",
        room::Light::Waiting => "waiting",
        room::Light::Live => "live",
        room::Light::Muted => "muted",
        room::Light::Trouble => "trouble",
        room::Light::ClassifiedLive => "classified-live",
        room::Light::ClassifiedMuted => "classified-muted",
    }
}
