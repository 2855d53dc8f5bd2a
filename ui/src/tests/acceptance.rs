//! Promises of the panel before a meeting crosses the border.

use room::View;
use room::event::Wish;
use room::view::{AcceptanceId, Invitation, InvitationId, Language, Screen};

use super::examples::{LANGUAGES, acceptance, every_view, fonts, home};
use super::screens::{APPEARANCES, PANELS, misfits, said};
use super::touches::tap;
use crate::scene::Shape;
use crate::{Display, Panel};

/// As long as a policy allows: of usual words, of the widest letters, and without a place to break.
fn longest() -> [String; 3] {
    let words = "Diese Besprechung läuft über einen kommerziellen Dienst außerhalb Frankreichs. ".repeat(6);
    [words.chars().take(400).collect(), "WWWWWWWWW ".repeat(40), "W".repeat(400)]
}

fn drawn(view: &View) -> Panel {
    let mut panel = Panel::new(PANELS[0].0, fonts());
    panel.draw(view);
    panel
}

#[test]
fn the_whole_sentence_is_on_every_panel_however_long_and_wide_it_is() {
    let fonts = fonts();
    let long_host = "passerelle.ministere.gouv.fr.".repeat(8);
    for (size, pixels_per_mm) in PANELS {
        for ((name, appearance), host) in APPEARANCES.into_iter().zip(["gateway.example", "192.0.2.1:8443", &long_host])
        {
            for (number, sentence) in longest().iter().enumerate() {
                let mut panel = Panel::new(size, fonts.clone());
                panel.set_density(pixels_per_mm);
                let view = View { appearance, ..acceptance(Language::German, host, sentence) };
                panel.draw(&view);
                let which = format!("{size:?}{name}, sentence {number}");
                assert_eq!(misfits(panel.scene(), &fonts), Vec::<String>::new(), "{which}");
                let shapes = panel.scene().widgets.iter().flat_map(|widget| &widget.shapes);
                let shown = shapes.filter_map(|shape| match shape {
                    Shape::Text { text, area } if text.content == sentence.trim() => Some((text, area)),
                    _ => None,
                });
                let (text, area) = shown.last().unwrap_or_else(|| panic!("{which}: {:?}", said(&panel)));
                let shaped = fonts.shape(text, area.width);
                assert!(shaped.height <= area.height && shaped.width <= area.width, "{which}: it is cut off");
                assert!(number > 0 || text.size >= 20.0, "{which}: usual words are to be read from a chair");
            }
        }
    }
}

#[test]
fn one_touch_accepts_what_is_read_and_another_does_not_go_there() {
    for language in LANGUAGES {
        let view = acceptance(language, "gateway.example", "Yes?");
        assert_eq!(tap(&mut drawn(&view), "accept-and-join", &view), Some(Wish::Accept(AcceptanceId(3))));
        assert_eq!(tap(&mut drawn(&view), "do-not-join", &view), Some(Wish::Leave));
    }
}

#[test]
fn a_finger_that_came_down_on_another_question_answers_that_one() {
    let mut view = acceptance(Language::French, "gateway.example", "Oui ?");
    let mut panel = drawn(&view);
    let place = super::touches::rect(&panel, "accept-and-join");
    super::touches::touch(&mut panel, crate::TouchKind::Down, place, &view);
    if let Screen::Acceptance(acceptance) = &mut view.screen {
        acceptance.id = AcceptanceId(4);
    }
    let wish = super::touches::touch(&mut panel, crate::TouchKind::Up, place, &view);
    assert_eq!(wish, Some(Wish::Accept(AcceptanceId(3))), "which the room no longer asks");
}

#[test]
fn whoever_hears_the_panel_hears_the_whole_sentence_and_where_it_goes() {
    let [sentence, ..] = longest();
    let mut view = home(Language::German);
    view.accessibility.screen_reader = true;
    let mut panel = drawn(&view);
    panel.poll_speech();
    view.screen = acceptance(Language::German, "gateway.example", &sentence).screen;
    panel.draw(&view);
    let words = panel.poll_speech().unwrap().text;
    assert!(words.contains(sentence.trim()) && words.contains("gateway.example"), "{words}");
}

#[test]
fn an_invitation_does_not_hide_what_is_being_read() {
    let mut view = acceptance(Language::English, "gateway.example", "Yes?");
    view.invitation = Some(Invitation { id: InvitationId(1), from: "Reception".into(), what: "two".into() });
    let panel = drawn(&view);
    assert!(said(&panel).contains(&"Yes?".to_owned()));
    let names: Vec<String> = panel.targets().into_iter().map(|(name, _)| name).collect();
    for target in ["accept-and-join", "do-not-join", "accept", "decline"] {
        assert!(names.iter().any(|name| name == target), "no {target} among {names:?}");
    }
}

#[test]
fn the_display_says_that_the_panel_asks() {
    for language in LANGUAGES {
        let views = every_view(language);
        let (_, view) = views.iter().find(|(name, _)| name == "acceptance").unwrap();
        let mut display = Display::new((1920, 1080), fonts());
        display.draw(view);
        let texts = display.scene().widgets.iter().flat_map(|widget| &widget.shapes).filter_map(|shape| match shape {
            Shape::Text { text, .. } => Some(text.content.clone()),
            _ => None,
        });
        assert!(texts.collect::<Vec<_>>().contains(&crate::phrases::say(language, "acceptance-display")));
    }
}
