//! What the panel of 1280 by 800 costs: whole redraws, touches, and the first picture after a cold start.
//!
//!     cargo xtask bench panel

use std::hint::black_box;
use std::time::Duration;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use room::day::Day;
use room::view::{
    Accessibility, Administration, Appearance, Arrangement, Calendar, Content, Device, Devices, InCall, Language,
    Meeting, Participant, Quality, Screen, Share, Switch,
};
use room::{MeetingId, Title, View};
use ui::{FontError, Fonts, Panel, TouchEvent, TouchKind};

const SIZE: (u32, u32) = (1280, 800);
/// Tuesday, 3 March 2026, 09:58.
const NOW: Duration = Duration::from_secs(1_772_532_000 + 9 * 3600 + 58 * 60);

fn fonts() -> Result<Fonts, FontError> {
    let names = ["Regular", "Medium", "SemiBold", "Bold"];
    let file = |name| std::fs::read(format!("/usr/share/fonts/opentype/inter/Inter-{name}.otf"));
    // Without fonts-inter there is nothing to measure: an empty list is refused with a reason.
    Fonts::new(names.into_iter().filter_map(|name| file(name).ok()).collect())
}

fn panel(criterion: &mut Criterion) {
    let views = [("home", View { screen: Screen::Home, ..in_call() }), ("call", in_call())];
    for (name, view) in &views {
        let mut panel = Panel::new(SIZE, fonts().expect("fonts-inter is installed"));
        let mut view = view.clone();
        panel.draw(&view);
        criterion.bench_function(&format!("redraw {name}"), |bencher| {
            bencher.iter(|| {
                // Other colours for everything: nothing is left of the picture before.
                view.appearance.high_contrast ^= true;
                black_box(panel.draw(&view));
            });
        });
    }
    for (name, view) in &views {
        let mut panel = Panel::new(SIZE, fonts().expect("fonts-inter is installed"));
        panel.draw(view);
        let targets = panel.targets();
        let mut number = 0;
        criterion.bench_function(&format!("touch {name}"), |bencher| {
            bencher.iter(|| {
                let (_, at) = &targets[number % targets.len()];
                number += 1;
                let (x, y) = (at.x + at.width as i32 / 2, at.y + at.height as i32 / 2);
                panel.touch(TouchEvent { kind: TouchKind::Down, x, y }, view);
                black_box(panel.draw(view));
                // Sliding off: nothing is wished, and the pressed look goes; half of what is measured is one touch.
                panel.touch(TouchEvent { kind: TouchKind::Up, x: -1, y: -1 }, view);
                black_box(panel.draw(view));
            });
        });
    }
    let home = &views[0].1;
    criterion.bench_function("first picture", |bencher| {
        bencher.iter_batched(
            || (),
            |()| {
                let mut panel = Panel::new(SIZE, fonts().expect("fonts-inter is installed"));
                black_box(panel.draw(home));
            },
            BatchSize::PerIteration,
        );
    });
}

fn person(number: u64) -> Participant {
    Participant {
        identity: format!("{number}"),
        name: format!("Participante {number}"),
        microphone_on: number.is_multiple_of(2),
        camera_on: true,
        sharing: false,
        speaking: number == 3,
        hand_raised: number == 5,
        hand_raised_at: None,
        quality: Quality::Good,
        unreadable: None,
        verification: Default::default(),
    }
}

fn meeting(number: u64) -> Meeting {
    let start = NOW + Duration::from_secs(3600 * number);
    Meeting {
        id: MeetingId(number),
        title: Title::Plain(format!("Point hebdomadaire de l’équipe {number}")),
        start,
        end: start + Duration::from_secs(1800),
        all_day: false,
        joinable: number != 1,
        code: None,
        obstacle: None,
    }
}

fn in_call() -> View {
    View {
        room_name: "Salle Turing".into(),
        language: Language::French,
        appearance: Appearance::default(),
        accessibility: Accessibility::default(),
        trouble: None,
        support: None,
        dimmed: false,
        local_time: NOW,
        agenda: (0..6).map(meeting).collect(),
        days: [0, 1].map(|day| Day { start: NOW + Duration::from_secs(86_400 * day), meetings: Vec::new(), more: 0 }),
        history: Vec::new(),
        invitation: None,
        invitation_end: None,
        calendar: Calendar::Current,
        screen: Screen::InCall(InCall {
            title: "Point hebdomadaire".into(),
            elapsed: Duration::from_secs(125),
            reconnecting: false,
            participants: (1..=24).map(person).collect(),
            microphone: Switch::On,
            camera: Switch::On,
            share: Share::Missing,
            hand_raised: false,
            arrangement: Arrangement::default(),
            second_display: false,
            captions: Vec::new(),
            encryption: Default::default(),
            recording: false,
            transcription: false,
            evidence: Vec::new(),
            quality: Quality::Good,
            strain: room::view::Strain::default(),
            somebody_waiting: false,
            waiting: Vec::new(),
            rights: room::moderation::Rights::default(),
            chat: room::view::Chat::default(),
            turning: None,
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
        booking: None,
        administration: Administration::None,
        restart: None,
        facts: None,
        last_failure: None,
        classified: None,
    }
}

criterion_group!(benches, panel);
criterion_main!(benches);
