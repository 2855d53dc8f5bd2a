//! What a touch costs: from the finger to changed pixels, in milliseconds of work.
//!
//!     cargo run --release -p ui --example touch_cost

use std::time::{Duration, Instant};

use room::view::{Arrangement, Content, Device, Devices, InCall, Language, Quality, Screen, Share, Switch};
use ui::{Fonts, Panel, TouchEvent, TouchKind};

const TOUCHES: usize = 300;

#[allow(clippy::print_stdout)] // an example for people at a terminal
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let names = ["Regular", "Medium", "SemiBold", "Bold"];
    let file = |name| std::fs::read(format!("/usr/share/fonts/opentype/inter/Inter-{name}.otf"));
    let files = names.into_iter().map(file).collect::<Result<Vec<_>, _>>()?;
    let mut panel = Panel::new((1280, 800), Fonts::new(files)?);
    let mut view = view();
    panel.draw(&view);
    let mut costs = Vec::new();
    for number in 0..TOUCHES {
        let targets = panel.targets();
        let (_, at) = &targets[number % targets.len()];
        let (x, y) = (at.x + at.width as i32 / 2, at.y + at.height as i32 / 2);
        let start = Instant::now();
        panel.touch(TouchEvent { kind: TouchKind::Down, x, y }, &view);
        panel.draw(&view);
        costs.push(start.elapsed());
        // Sliding off: nothing is wished, the pressed look goes away.
        panel.touch(TouchEvent { kind: TouchKind::Up, x: -1, y: -1 }, &view);
        panel.draw(&view);
    }
    report("a press", &mut costs);
    let mut costs: Vec<Duration> = (0..TOUCHES)
        .map(|number| {
            let other = if number % 2 == 0 { Screen::Home } else { self::view().screen };
            view.screen = other;
            let start = Instant::now();
            panel.draw(&view);
            start.elapsed()
        })
        .collect();
    report("another screen", &mut costs);
    Ok(())
}

#[allow(clippy::print_stdout)]
fn report(what: &str, costs: &mut [Duration]) {
    costs.sort();
    let ms = |d: Duration| d.as_secs_f64() * 1000.0;
    println!(
        "{what}: median {:.2} ms, worst {:.2} ms of {}",
        ms(costs[costs.len() / 2]),
        ms(costs[costs.len() - 1]),
        costs.len()
    );
}

fn view() -> room::View {
    room::View {
        room_name: "Salle Turing".into(),
        language: Language::French,
        local_time: Duration::from_secs(1_800_000_000),
        agenda: Vec::new(),
        calendar: room::view::Calendar::Current,
        screen: Screen::InCall(InCall {
            title: "Point hebdomadaire".into(),
            elapsed: Duration::from_secs(125),
            reconnecting: false,
            participants: Vec::new(),
            microphone: Switch::On,
            camera: Switch::On,
            share: Share::Missing,
            hand_raised: false,
            arrangement: Arrangement::default(),
            second_display: false,
            captions: Vec::new(),
            recording: false,
            transcription: false,
            quality: Quality::Good,
            somebody_waiting: false,
        }),
        devices: Devices {
            camera: Device::Ready,
            microphone: Device::Ready,
            loudspeaker: Device::Ready,
            content: Content::Missing,
            microphone_level: 0.2,
        },
        volume: 70,
        notice: None,
    }
}
