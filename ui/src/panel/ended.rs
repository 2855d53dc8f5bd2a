//! After a call that ended otherwise than by a touch, or never began.

use room::event::Wish;
use room::view::EndReason;

use super::joining::emblem;
use crate::geometry::Area;
use crate::icon::Icon;
use crate::page::{Button, Look, Page};
use crate::scene::Act;
use crate::sentence;
use crate::style::{ACCENT, WARNING};
use crate::text::{Text, Weight};

pub(super) fn lay_out(page: &mut Page, what: &str, reason: &EndReason, can_retry: bool) {
    let (icon, color) = if sentence::is_ordinary(reason) { (Icon::Info, ACCENT) } else { (Icon::Warning, WARNING) };
    emblem(page, icon, color);
    let (title, advice) = sentence::failure(page.language, reason);
    let (middle, rise) = (page.area.inset(100.0, 0.0), page.rise());
    let what = Text::foreign(what, 26.0).weight(Weight::SemiBold).quiet().centred();
    page.text(what, Area { y: 272.0 - rise, height: 40.0, ..middle });
    let title = Text::new(title, 44.0).weight(Weight::Bold).centred().lines(2);
    page.text(title, Area { y: 316.0 - rise, height: 120.0, ..middle });
    let advice = Text::new(advice, 28.0).quiet().centred().lines(2).at_top();
    page.text(advice, Area { y: 452.0 - rise, height: 78.0, ..middle });

    let y = page.area.height - 224.0;
    let buttons = Area::new(page.area.width / 2.0 - 376.0, y, 752.0, 88.0);
    let home = if can_retry { buttons.column(0, 2, 24.0) } else { Area { y, height: 88.0, ..page.area.square(364.0) } };
    page.button(Button {
        name: "home".into(),
        act: Act::Wish(Wish::Dismiss),
        area: home,
        look: if can_retry { Look::Plain } else { Look::Primary },
        icon: Some(Icon::Home),
        label: page.say("home"),
        size: 28.0,
        stacked: false,
    });
    if can_retry {
        page.button(Button {
            name: "retry".into(),
            act: Act::Wish(Wish::Retry),
            area: buttons.column(1, 2, 24.0),
            look: Look::Primary,
            icon: Some(Icon::Retry),
            label: page.say("retry"),
            size: 28.0,
            stacked: false,
        });
    }
}
