//! What a technician has read out on the phone: short numbered lines with a code each.

use std::time::Duration;

use phrase::FluentValue;
use room::View;
use room::diagnostics::{
    CallFigures, Facts, RoomCertificate, calendar_code, certificate_code, content_code, device_code, devices_code,
    failure_code,
};
use room::view::{Administration, Calendar, Content, Device};

use super::aside::{Aside, head};
use crate::calendar;
use crate::geometry::Area;
use crate::icon::Icon;
use crate::page::{Button, Look, Page, framed};
use crate::scene::{Act, Shape};
use crate::sentence;
use crate::style::{GOOD, SURFACE, WARNING};
use crate::text::{Text, Weight};

/// Above this a processor has no time left, in percent of all cores.
const BUSY_PERCENT: u16 = 90;
/// Above this a machine is too hot to be left alone, in degrees Celsius.
const HOT_C: i16 = 85;

/// One line: its words, its code, and what there is to say.
struct Line {
    label: &'static str,
    /// Empty where nothing can be wrong.
    code: String,
    is_fine: bool,
    value: String,
}

pub(super) fn lay_out(page: &mut Page, view: &View) {
    let settings = (view.administration != Administration::None).then(|| Button {
        name: "settings".into(),
        act: Act::OpenAside(Aside::Settings { code: String::new() }),
        area: Area::new(0.0, 0.0, 232.0, 0.0),
        look: Look::Plain,
        icon: Some(Icon::Lock),
        label: page.say("settings"),
        size: 24.0,
        stacked: false,
    });
    // Where there are settings, it is behind their code.
    let also = settings.or_else(|| view.restart.map(|_| super::restart::opener(page)));
    let title = page.say("facts-title");
    let rest = head(page, title, also);
    let lines = lines(page, view);
    let rows = lines.len().div_ceil(2);
    let height = (rest.height / rows as f32).min(76.0);
    for (index, line) in lines.iter().enumerate() {
        let column = rest.column(index / rows, 2, 24.0);
        let area = column.below((index % rows) as f32 * height).top(height).inset(0.0, 3.0);
        draw(page, index + 1, line, area);
    }
}

fn draw(page: &mut Page, number: usize, line: &Line, area: Area) {
    let mut shapes = framed(area, SURFACE);
    let inside = area.inset(10.0, 0.0);
    let text = Text::new(number.to_string(), 21.0).weight(Weight::Bold).tabular().right();
    shapes.push(Shape::Text { text, area: inside.left(31.0) });
    let label = Text::new(page.say(line.label), 21.0).quiet();
    shapes.push(Shape::Text { text: label, area: inside.after(40.0).left(146.0) });
    let color = if line.is_fine { GOOD } else { WARNING };
    let code = Text::new(line.code.clone(), 21.0).weight(Weight::SemiBold).color(color).tabular();
    shapes.push(Shape::Text { text: code, area: inside.after(186.0).left(52.0) });
    let place = inside.after(240.0);
    let value = Text::foreign(&line.value, 21.0).weight(Weight::Medium).lines(2);
    // With large text rows are low: what takes two lines is a little smaller there.
    let fits = page.fonts.shape(&value, place.width).height <= place.height;
    let value = if fits { value } else { Text { size: 18.0, ..value } };
    shapes.push(Shape::Text { text: value, area: place });
    page.card(area, shapes);
}

fn lines(page: &Page, view: &View) -> Vec<Line> {
    let none = Facts::default();
    let facts = view.facts.as_ref().unwrap_or(&none);
    let is_known = view.facts.is_some();
    let line = |label, code: String, value: String| Line { label, is_fine: code.ends_with('0'), code, value };
    let plain = |label, value| Line { label, code: String::new(), is_fine: true, value };
    // What the shell has not said yet is not made up.
    let known = |value: String| if is_known { value } else { "…".to_owned() };
    let nothing = || "–".to_owned();
    let devices = view.devices;
    let word = |device| {
        page.say(match device {
            Device::Ready => "facts-works",
            Device::Missing => "facts-missing",
            Device::Failed => "facts-failed",
        })
    };
    let camera = match (devices.camera, facts.camera_size) {
        (Device::Ready, (width, height)) if width > 0 => format!("{width} × {height}"),
        (camera, _) => word(camera),
    };
    let microphones: &[Device] = if is_known { &facts.microphones } else { &[devices.microphone] };
    let working = microphones.iter().filter(|device| **device == Device::Ready).count();
    let display = match facts.display_fps {
        Some(fps) => format!("{} · {fps}/s", facts.displays),
        None => facts.displays.to_string(),
    };
    let network = if facts.addresses.is_empty() { "N1" } else { "N0" };
    let load = facts.load_percent.map_or_else(nothing, |percent| format!("{percent}\u{a0}%"));
    let load_code = if facts.load_percent.is_some_and(|percent| percent > BUSY_PERCENT) { "P1" } else { "P0" };
    let heat = facts.temperature_c.map_or_else(nothing, |degrees| format!("{degrees}\u{a0}°C"));
    let heat_code = if facts.temperature_c.is_some_and(|degrees| degrees > HOT_C) { "T1" } else { "T0" };
    let failure = view.last_failure.as_ref();
    let failed = failure.map(|failure| {
        format!("{} · {}", calendar::clock(failure.at), sentence::failure(page.language, &failure.reason).0)
    });
    vec![
        plain("facts-version", known(format!("{} · {}", facts.version, since(page, facts.uptime)))),
        plain("facts-room", view.room_name.clone()),
        line("facts-network", network.into(), known(addresses(page, facts))),
        line("facts-calendar", calendar_code(view.calendar).into(), calendar_words(page, view)),
        line("facts-camera", device_code('C', devices.camera), camera),
        line("facts-microphone", devices_code('A', microphones), format!("{working}/{}", microphones.len())),
        line(
            "facts-loudspeaker",
            device_code('L', devices.loudspeaker),
            format!("{} · {}\u{a0}%", word(devices.loudspeaker), view.volume),
        ),
        plain("facts-display", known(display)),
        line("facts-laptop", content_code(devices.content).into(), laptop(page, devices.content)),
        line("facts-encoder", format!("E{}", facts.relief), known(facts.encoder.clone().unwrap_or_else(nothing))),
        line("facts-processor", load_code.into(), known(load)),
        line("facts-temperature", heat_code.into(), known(heat)),
        Line {
            label: "facts-failure",
            code: failure.map_or_else(String::new, |failure| failure_code(&failure.reason).to_owned()),
            is_fine: failure.is_none(),
            value: failed.unwrap_or_else(nothing),
        },
        plain("facts-call", known(facts.call.map_or_else(nothing, |call| figures(page, call)))),
        Line {
            label: "facts-certificate",
            code: if is_known { certificate_code(&facts.certificate).to_owned() } else { String::new() },
            is_fine: matches!(facts.certificate, RoomCertificate::Own | RoomCertificate::Verified { .. }),
            value: known(certificate(page, &facts.certificate)),
        },
    ]
}

fn addresses(page: &Page, facts: &Facts) -> String {
    if facts.addresses.is_empty() { page.say("facts-no-network") } else { facts.addresses.join(", ") }
}

fn calendar_words(page: &Page, view: &View) -> String {
    match view.calendar {
        Calendar::Current => page.say_with("facts-meetings", &[("count", FluentValue::from(view.agenda.len()))]),
        Calendar::Old { since } => calendar::clock(since),
        Calendar::Unread => page.say("facts-unread"),
    }
}

fn laptop(page: &Page, content: Content) -> String {
    page.say(match content {
        Content::Ready => "facts-works",
        Content::Missing => "facts-missing",
        Content::NoSignal => "facts-no-signal",
        Content::Protected => "facts-protected",
    })
}

/// Who vouches for the room, or what is wrong with its certificate.
fn certificate(page: &Page, certificate: &RoomCertificate) -> String {
    match certificate {
        RoomCertificate::Own => page.say("facts-certificate-own"),
        RoomCertificate::Verified { by } => page.say_with("facts-certificate-by", &[("by", by.as_str().into())]),
        RoomCertificate::Unverified => page.say("facts-certificate-unverified"),
        RoomCertificate::Ending { days } => {
            page.say_with("facts-certificate-ends", &[("days", FluentValue::from(*days))])
        }
        RoomCertificate::Over => page.say("facts-certificate-over"),
        RoomCertificate::Unusable => page.say("facts-certificate-unusable"),
    }
}

/// What went wrong with what others sent.
fn figures(page: &Page, call: CallFigures) -> String {
    let seconds = |time: Duration| FluentValue::from(format!("{:.0}", time.as_secs_f32()));
    page.say_with(
        "facts-figures",
        &[
            ("freezes", FluentValue::from(call.freezes)),
            ("frozen", seconds(call.frozen)),
            ("sound", seconds(call.concealed)),
            ("frames", FluentValue::from(call.dropped)),
        ],
    )
}

/// How long the room has been up.
fn since(page: &Page, uptime: Duration) -> String {
    let minutes = uptime.as_secs() / 60;
    let (key, variables) = match minutes {
        0..60 => ("facts-minutes", [("count", FluentValue::from(minutes))]),
        60..2880 => ("facts-hours", [("count", FluentValue::from(minutes / 60))]),
        _ => ("facts-days", [("count", FluentValue::from(minutes / 1440))]),
    };
    page.say_with(key, &variables)
}
