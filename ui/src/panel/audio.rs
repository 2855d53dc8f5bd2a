//! The audio check: how the room hears itself.

use phrase::FluentValue;
use room::audio::{AudioCheck, AudioReport, Measured, Verdict};
use room::event::Wish;

use super::joining::{cancel, emblem};
use crate::geometry::Area;
use crate::icon::Icon;
use crate::page::{Button, Look, MARGIN, Page, framed};
use crate::scene::{Act, Shape};
use crate::sentence;
use crate::style::{ACCENT, Color, DANGER_TEXT, GOOD, LINE, RAISED, SURFACE, WARNING};
use crate::text::{Text, Weight};

/// Findings that fit; more than two at once are rare.
const FINDINGS_MAX: usize = 3;

pub(super) fn lay_out(page: &mut Page, check: &AudioCheck) {
    match check {
        AudioCheck::Running(percent) => running(page, *percent),
        AudioCheck::Done(report) => done(page, report),
    }
}

fn running(page: &mut Page, percent: u8) {
    emblem(page, Icon::Volume, ACCENT);
    let (middle, rise) = (page.area.inset(100.0, 0.0), page.rise());
    let title = Text::new(page.say("audio-running"), 44.0).weight(Weight::Bold).centred();
    page.text(title, Area { y: 292.0 - rise, height: 64.0, ..middle });
    let sentence = Text::new(page.say("audio-running-sentence"), 28.0).quiet().centred().lines(2).at_top();
    page.text(sentence, Area { y: 368.0 - rise, height: 78.0, ..middle });
    let bar = Area { y: 476.0 - rise, height: 12.0, ..page.area.square(480.0) };
    let filled = bar.left((bar.width * f32::from(percent) / 100.0).max(bar.height));
    let shapes = vec![
        Shape::Fill { area: bar, radius: 6.0, color: RAISED },
        Shape::Fill { area: filled, radius: 6.0, color: ACCENT },
    ];
    page.card(bar, shapes);
    cancel(page, Wish::Dismiss);
}

fn done(page: &mut Page, report: &AudioReport) {
    let place = report.worst();
    let whole = page.area.inset(MARGIN, 0.0);
    let left = whole.left((whole.width * 0.48).floor());
    let right = whole.after(left.width + 48.0);
    // A low screen has no room for both: the figures are read out, the picture is only looked at.
    let is_low = page.rise() > 0.0;

    let title = if report.microphones.len() > 1 {
        page.say_with("audio-title-microphone", &[("number", FluentValue::from(place + 1))])
    } else {
        page.say("audio-title")
    };
    page.text(Text::new(title, 26.0).weight(Weight::SemiBold).quiet(), Area { y: 40.0, height: 40.0, ..left });
    let bottom = page.actions().y - 24.0;
    findings(page, report, place, Area { y: 92.0, height: bottom - 92.0, ..left });

    let measured = report.microphones.get(place).and_then(Option::as_ref).filter(|measured| !measured.is_dead);
    figures(page, measured, Area { y: 40.0, height: if is_low { page.actions().y - 64.0 } else { 276.0 }, ..right });
    if !is_low {
        response(page, measured, Area { y: 332.0, height: bottom - 332.0, ..right });
    }

    let buttons = page.actions();
    let button = |name: &str, wish, column, look, icon, label| Button {
        name: name.into(),
        act: Act::Wish(wish),
        area: buttons.column(column, 2, 24.0),
        look,
        icon: Some(icon),
        label,
        size: 28.0,
        stacked: false,
    };
    let is_good = report.verdict() == Verdict::Good;
    let (home, again) = if is_good { (Look::Primary, Look::Plain) } else { (Look::Plain, Look::Primary) };
    page.button(button("home", Wish::Dismiss, 0, home, Icon::Home, page.say("home")));
    page.button(button("again", Wish::CheckAudio, 1, again, Icon::Retry, page.say("audio-again")));
}

/// What is to be known and done, the worst first and largest.
fn findings(page: &mut Page, report: &AudioReport, place: usize, area: Area) {
    let mut y = area.y;
    for (index, finding) in report.findings(place).into_iter().take(FINDINGS_MAX).enumerate() {
        let (icon, color) = mark(finding.verdict());
        let (sentence, advice) = sentence::audio_finding_sentences(page.language, finding);
        let (size, side) = if index == 0 { (38.0, 44.0) } else { (26.0, 30.0) };
        let texts = area.after(64.0);
        let sentence = Text::new(sentence, size).weight(Weight::Bold).lines(3).at_top();
        let advice = Text::new(advice, 24.0).quiet().lines(4).at_top();
        let sentence_height = page.fonts.shape(&sentence, texts.width).height;
        let advice_height = page.fonts.shape(&advice, texts.width).height;
        let widget = Area { y, height: sentence_height + 10.0 + advice_height, ..area };
        if widget.bottom() > area.bottom() {
            break;
        }
        let texts = Area { y, height: widget.height, ..texts };
        let line = page.fonts.shape(&Text { lines: 1, ..sentence.clone() }, 10_000.0).height;
        let shapes = vec![
            Shape::Icon { icon, area: widget.left(44.0).top(line).square(side), color, slash: None },
            Shape::Text { text: sentence, area: texts.top(sentence_height) },
            Shape::Text { text: advice, area: texts.below(sentence_height + 10.0) },
        ];
        page.card(widget, shapes);
        y = widget.bottom() + 28.0;
    }
}

fn mark(verdict: Verdict) -> (Icon, Color) {
    match verdict {
        Verdict::Good => (Icon::Check, GOOD),
        Verdict::Fair => (Icon::Info, WARNING),
        Verdict::Bad => (Icon::Warning, DANGER_TEXT),
    }
}

/// The four figures, each with a bar that says where it lies in what rooms have.
fn figures(page: &mut Page, measured: Option<&Measured>, area: Area) {
    let echo = measured.and_then(|measured| measured.echo.as_ref());
    // Name, value, unit, and the ends of its bar.
    let rows = [
        ("audio-noise", measured.map(|measured| measured.noise_dbfs), "audio-decibels", (-90.0, -20.0)),
        ("audio-loss", echo.map(|echo| echo.return_loss_db), "audio-decibels", (-10.0, 50.0)),
        ("audio-delay", echo.map(|echo| echo.delay_ms), "audio-milliseconds", (0.0, 400.0)),
        ("audio-reverberation", echo.and_then(|echo| echo.reverberation_ms), "audio-milliseconds", (0.0, 1500.0)),
    ];
    let mut shapes = framed(area, SURFACE);
    let inside = area.inset(24.0, 14.0);
    let height = inside.height / rows.len() as f32;
    for (index, (name, value, unit, (least, most))) in rows.into_iter().enumerate() {
        let row = inside.below(height * index as f32).top(height);
        let (words, bar) = (row.top(height - 20.0), row.below(height - 16.0).top(6.0));
        let said = value.map_or_else(
            || "–".to_owned(),
            // A minus as long as typographers want it.
            |value| {
                let number = format!("{:.0}", value).replace('-', "\u{2212}");
                let number = if number == "\u{2212}0" { "0".to_owned() } else { number };
                page.say_with(unit, &[("value", FluentValue::from(number))])
            },
        );
        let name = Text::new(page.say(name), 22.0).quiet().lines(2);
        shapes.push(Shape::Text { text: name, area: words.left(words.width - 120.0) });
        let said = Text::new(said, 24.0).weight(Weight::SemiBold).tabular().right();
        shapes.push(Shape::Text { text: said, area: words.after(words.width - 120.0) });
        shapes.push(Shape::Fill { area: bar, radius: 3.0, color: RAISED });
        if let Some(value) = value {
            let part = ((value - least) / (most - least)).clamp(0.02, 1.0);
            shapes.push(Shape::Fill { area: bar.left(bar.width * part), radius: 3.0, color: ACCENT });
        }
    }
    page.card(area, shapes);
}

/// How the sweep came back over half a second: a bar every 5 ms, as high as it is loud.
fn response(page: &mut Page, measured: Option<&Measured>, area: Area) {
    let mut shapes = framed(area, SURFACE);
    let inside = area.inset(24.0, 16.0);
    shapes.push(Shape::Text { text: Text::new(page.say("audio-response"), 22.0).quiet(), area: inside.top(32.0) });
    let plot = inside.below(44.0);
    let (bars, scale) = (plot.top(plot.height - 30.0), plot.below(plot.height - 26.0));
    shapes.push(Shape::Fill { area: bars.below(bars.height - 1.5), radius: 0.0, color: LINE });
    let picture = measured.and_then(|measured| measured.echo.as_ref()).map(|echo| echo.picture.as_slice());
    for (index, height) in picture.unwrap_or_default().iter().enumerate() {
        let bar = bars.column(index, picture.map_or(1, <[u8]>::len), 1.6);
        let high = bar.height * f32::from(*height) / 100.0;
        if high >= 1.0 {
            let color = if *height == 100 { ACCENT } else { ACCENT.mixed(SURFACE, 35) };
            shapes.push(Shape::Fill { area: bar.below(bar.height - high), radius: 1.0, color });
        }
    }
    let mark = |page: &Page, milliseconds: &str| {
        Text::new(page.say_with("audio-milliseconds", &[("value", FluentValue::from(milliseconds))]), 20.0)
            .quiet()
            .tabular()
    };
    shapes.push(Shape::Text { text: mark(page, "0"), area: scale.left(160.0) });
    shapes.push(Shape::Text {
        text: mark(page, "250").centred(),
        area: scale.square(160.0).inset(0.0, (160.0 - scale.height) / 2.0),
    });
    shapes.push(Shape::Text { text: mark(page, "500").right(), area: scale.after(scale.width - 160.0) });
    page.card(area, shapes);
}
