//! Somebody elsewhere asks people in this room to join a meeting.

use phrase::FluentValue;
use room::event::Wish;
use room::view::Invitation;

use super::joining::emblem;
use crate::geometry::Area;
use crate::icon::Icon;
use crate::page::{Button, Look, Page, RADIUS};
use crate::scene::{Act, Shape};
use crate::sentence;
use crate::style::{ACCENT, RAISED};
use crate::text::{Text, Weight};

/// The whole screen, where nothing else goes on.
pub(super) fn lay_out(page: &mut Page, invitation: &Invitation) {
    emblem(page, Icon::Door, ACCENT);
    let (middle, top) = (page.area.inset(64.0, 0.0), 272.0 - page.rise());
    let who = sentence::name(page.language, &invitation.from);
    let title = page.say_with("invitation-title", &[("name", FluentValue::from(who))]);
    let title = Text::foreign(&title, 32.0).weight(Weight::SemiBold).centred();
    page.text(title, Area { y: top, height: 48.0, ..middle });
    let what = Text::foreign(&invitation.what, 46.0).weight(Weight::Bold).centred().lines(2);
    page.text(what, Area { y: top + 52.0, height: 124.0, ..middle });
    let buttons = Area { y: page.area.height - 224.0, height: 88.0, ..page.area.square(776.0) };
    answer(page, invitation, false, "decline", buttons.column(0, 2, 24.0));
    answer(page, invitation, true, "accept", buttons.column(1, 2, 24.0));
}

/// At the foot of a meeting, or of the way into one, which goes on.
pub(super) fn lay_out_banner(page: &mut Page, invitation: &Invitation) {
    let area = page.foot();
    let who = sentence::name(page.language, &invitation.from);
    let what = invitation.what.as_str();
    let words = page.say_with("invitation-banner", &[("name", FluentValue::from(who)), ("what", what.into())]);
    let text = Text::foreign(&words, 24.0).weight(Weight::SemiBold).lines(2);
    let button = 256.0;
    let words_area = area.after(84.0);
    let shapes = vec![
        Shape::Fill { area, radius: RADIUS, color: RAISED },
        Shape::Outline { area, radius: RADIUS, width: 2.0, color: ACCENT },
        Shape::Icon { icon: Icon::Door, area: area.after(28.0).left(36.0).square(36.0), color: ACCENT, slash: None },
        Shape::Text { text, area: words_area.left(words_area.width - 2.0 * (button + 12.0) - 12.0) },
    ];
    page.card(area, shapes);
    let buttons = area.after(area.width - 2.0 * button - 20.0).left(2.0 * button + 12.0).inset(0.0, 2.0);
    answer(page, invitation, false, "decline", buttons.column(0, 2, 12.0));
    answer(page, invitation, true, "accept-and-leave", buttons.column(1, 2, 12.0));
}

fn answer(page: &mut Page, invitation: &Invitation, accept: bool, key: &str, area: Area) {
    let is_banner = area.width < 300.0;
    page.button(Button {
        name: if accept { "accept" } else { "decline" }.into(),
        act: Act::Wish(Wish::Answer { invitation: invitation.id, accept }),
        area,
        look: if accept { Look::Primary } else { Look::Plain },
        // In the banner there is room for the words alone.
        icon: (!is_banner).then_some(if accept { Icon::Check } else { Icon::Cross }),
        label: page.say(key),
        size: if is_banner { 21.0 } else { 28.0 },
        stacked: false,
    });
}
