//! What lies at the bottom of every screen, where nothing can be touched: a notice, or else the
//! room's name and the time.

use room::View;
use room::booking::BookingNotice;
use room::view::{Device, Devices, Notice, Screen};

use super::accessibility::OPENER;
use crate::calendar;
use crate::geometry::Area;
use crate::icon::Icon;
use crate::page::{Page, RADIUS};
use crate::scene::Shape;
use crate::sentence;
use crate::style::{ACCENT, GOOD, QUIET, RAISED, WARNING};
use crate::text::{Elide, Text, Weight};

/// Wider than this it is hard to read.
const TEXT_WIDTH_MAX: f32 = 920.0;

/// Says where the notice is, if there is one to be seen.
pub(super) fn lay_out(page: &mut Page, view: &View, notice: Option<&Notice>, typing: bool) -> Option<Area> {
    match notice {
        // It stands beside what is typed.
        _ if typing => {}
        Some(notice) => return Some(toast(page, notice)),
        // Whoever sees wonders why the first touch does nothing.
        None if view.accessibility.screen_reader => reading(page),
        None if view.screen == Screen::Home => devices(page, view.devices),
        None => footer(page, view),
    }
    None
}

fn reading(page: &mut Page) {
    let area = page.foot().below(22.0).top(40.0);
    let shapes = vec![
        Shape::Icon { icon: Icon::Volume, area: area.left(30.0).square(30.0), color: ACCENT, slash: None },
        Shape::Text {
            text: Text::new(page.say("reader-hint"), 22.0),
            area: area.after(44.0).left(area.width - 44.0 - OPENER),
        },
    ];
    page.card(area, shapes);
}

fn toast(page: &mut Page, notice: &Notice) -> Area {
    let (icon, sentence) = sentence::notice(page.language, notice);
    let from_a_person = matches!(notice, Notice::Chat { .. } | Notice::Reaction { .. } | Notice::AsksToComeIn(_));
    let text = if from_a_person { Text::foreign(&sentence, 26.0) } else { Text::new(sentence, 26.0) };
    let text = text.weight(Weight::Medium).lines(2);
    let width = page
        .fonts
        .width(&Text { elide: Elide::Never, ..text.clone() })
        .min(TEXT_WIDTH_MAX.min(page.foot().width - 132.0));
    let foot = page.foot();
    let area = Area { y: foot.y, height: foot.height, ..foot.square(width + 132.0) };
    let color = match notice {
        Notice::Chat { .. } | Notice::Reaction { .. } => ACCENT,
        Notice::AsksToComeIn(_) | Notice::PresetKept { .. } => ACCENT,
        Notice::CameraBack | Notice::MicrophoneBack | Notice::LoudspeakerBack => ACCENT,
        Notice::Booking(BookingNotice::Failed(_)) => WARNING,
        Notice::Booking(_) => GOOD,
        _ => WARNING,
    };
    let unplugged = matches!(
        notice,
        Notice::CameraUnplugged
            | Notice::CameraFailed
            | Notice::MicrophoneUnplugged
            | Notice::MicrophoneFailed
            | Notice::LoudspeakerUnplugged
            | Notice::LoudspeakerFailed
            | Notice::MutedByHost
            | Notice::CameraStoppedByHost
            | Notice::ContentUnplugged
            | Notice::ContentNoSignal
            | Notice::NoContent
            | Notice::ShareStoppedByHost
    );
    let slash = (unplugged && icon != Icon::Info).then_some(RAISED);
    let shapes = vec![
        Shape::Fill { area, radius: RADIUS, color: RAISED },
        Shape::Outline { area, radius: RADIUS, width: 1.5, color: color.with_alpha(150) },
        Shape::Icon { icon, area: area.after(32.0).left(36.0).square(36.0), color, slash },
        Shape::Text { text, area: area.after(92.0).left(width).inset(0.0, 4.0) },
    ];
    page.card(area, shapes);
    area
}

/// What works in this room, or what is missing, before anybody needs it.
fn devices(page: &mut Page, devices: Devices) {
    let missing: Vec<String> =
        [(devices.camera, "camera"), (devices.microphone, "microphone"), (devices.loudspeaker, "loudspeaker")]
            .iter()
            .filter_map(|(device, name)| match device {
                Device::Ready => None,
                Device::Missing => Some(page.say(&format!("{name}-missing"))),
                Device::Failed => Some(page.say(&format!("{name}-failed"))),
            })
            .collect();
    let (color, icon, words) = if missing.is_empty() {
        let key = if devices.content.gives_pictures() { "laptop-ready" } else { "devices-ready" };
        (GOOD, Icon::Check, page.say(key))
    } else {
        (WARNING, Icon::Warning, missing.join(" · "))
    };
    let area = page.foot().below(22.0).top(40.0);
    let ink = if missing.is_empty() { QUIET } else { WARNING };
    let shapes = vec![
        Shape::Icon { icon, area: area.left(26.0).square(26.0), color, slash: None },
        Shape::Text {
            text: Text::new(words, 22.0).color(ink),
            area: area.after(40.0).left(area.width - 40.0 - OPENER),
        },
    ];
    page.card(area, shapes);
}

fn footer(page: &mut Page, view: &View) {
    let area = page.foot().below(22.0).top(40.0);
    page.text(Text::foreign(&view.room_name, 22.0).quiet(), area.left(area.width - OPENER - 140.0));
    let clock = Text::new(calendar::clock(view.local_time), 22.0).quiet().tabular().right();
    page.text(clock, area.after(area.width - OPENER - 120.0).left(120.0));
}
