//! Before a call: the day, new meetings, invitations, a dark panel; and whatever others wrote.

use std::time::Duration;

use room::day::Day;
use room::event::Wish;
use room::view::{Calendar, Invitation, InvitationId, JoinStep, Language, Meeting, Notice, Recent, Screen};
use room::{MeetingId, Title, View};

use super::examples::{LANGUAGES, NOW, fonts, home, in_call, meeting, more_fonts, view};
use super::screens::misfits;
use super::touches::{rect, tap, touch};
use crate::{Display, Panel, TouchEvent, TouchKind};

const SIZES: [(u32, u32); 3] = [(1280, 800), (1024, 600), (800, 480)];

/// What others may write, at its worst.
const WORST: [&str; 6] = [
    "\u{202e}\u{2066}gpj.tnioP\u{200f}",
    "<b onclick=\"alert(1)\">Point</b> &amp; { $name } %s",
    "Z\u{301}\u{302}\u{303}\u{304}\u{305}\u{306}\u{307}\u{308}\u{309}\u{30a}a\u{489}\u{489}\u{489}\u{489}\u{489}lgo",
    "Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetzbesprechungsvorbereitungstreffen",
    "פגישה שבועית של הצוות عن الاجتماع الأسبوعي",
    "a\nb\r\nc\td\u{2028}e\u{0}f",
];

fn invitation(from: &str, what: &str) -> Option<Invitation> {
    Some(Invitation { id: InvitationId(7), from: from.into(), what: what.into() })
}

fn recent(index: u64, what: &str) -> Recent {
    Recent { id: MeetingId(index), what: what.into(), at: NOW - Duration::from_secs(index * 3 * 3600) }
}

/// A morning that has begun, with everything a day can hold.
pub fn day(language: Language) -> View {
    let mut view = home(language);
    let of = |title: &str, start, end, joinable| meeting(title, 0, start, end, joinable);
    let mut zoom = of("Échange avec le prestataire", (13, 0), (13, 30), false);
    zoom.obstacle = Some(room::venue::Obstacle::Platform(room::venue::Platform::Zoom));
    let private = Meeting { title: Title::Private, ..of("", (16, 0), (17, 0), false) };
    view.days[0].meetings = vec![
        of("Petit déjeuner de l’équipe", (8, 30), (9, 0), true),
        of(
            "Comité de pilotage du programme de transformation numérique de la direction générale",
            (9, 30),
            (10, 30),
            true,
        ),
        zoom,
        of("Revue d’architecture", (14, 0), (15, 30), true),
        private,
    ];
    view.days[1].meetings = vec![meeting("Koordinierungsrunde mit dem Bundesministerium", 1, (9, 0), (9, 45), true)];
    view.history = vec![recent(1, "Point hebdomadaire de l’équipe produit"), recent(4, "abc-defg-hij")];
    view
}

fn whole_day(language: Language) -> View {
    let mut view = day(language);
    let fair = Meeting { all_day: true, ..meeting("Journée portes ouvertes", 0, (0, 0), (24, 0), false) };
    view.days[0].meetings.insert(0, fair);
    view.calendar = Calendar::Old { since: NOW - Duration::from_secs(47 * 60) };
    view
}

/// As many meetings as a day is ever shown with.
fn busy_day(language: Language) -> View {
    let mut view = home(language);
    let of =
        |n: u64| Meeting { id: MeetingId(n), ..meeting(WORST[n as usize % 6], 0, (8, 7 * n), (8, 7 * n + 7), true) };
    view.days[0] = Day { meetings: (0..100).map(of).collect(), more: 390, ..view.days[0].clone() };
    view
}

/// Days to be opened on the panel, by name.
pub fn days(language: Language) -> Vec<(&'static str, View)> {
    let mut empty = home(language);
    empty.days.iter_mut().for_each(|day| day.meetings.clear());
    empty.local_time = NOW + Duration::from_secs(10 * 3600);
    let mut gone = day(language);
    gone.notice = Some(Notice::MeetingGone);
    vec![
        ("day", day(language)),
        ("day-whole", whole_day(language)),
        ("day-busy", busy_day(language)),
        ("day-empty", empty),
        ("day-notice", gone),
    ]
}

/// Further screens, by name.
pub fn views(language: Language) -> Vec<(String, View)> {
    let what = || "visio.numerique.gouv.fr/abc-defg-hij".to_owned();
    let standby = View { dimmed: true, ..home(language) };
    let mut private = standby.clone();
    private.agenda[0].title = Title::Private;
    let mut alone = standby.clone();
    alone.agenda.clear();
    let with = |mut view: View, from: &str, what: &str| {
        view.invitation = invitation(from, what);
        view
    };
    let who = "Jean-Baptiste de La Rochefoucauld-Liancourt";
    let joining = view(language, Screen::Joining { what: what(), step: JoinStep::Signalling });
    let lobby = view(language, Screen::Lobby { what: what(), waited: Duration::from_secs(90) });
    let mut new = in_call(language, |call| {
        call.title = "abc-defg-hij".into();
        call.participants.clear();
    });
    new.notice = Some(Notice::TellLink(what()));
    [
        ("standby", standby.clone()),
        ("standby-private", private),
        ("standby-nothing", alone),
        ("invitation", with(home(language), "Accueil", "abc-defg-hij")),
        ("invitation-nobody", with(home(language), "", WORST[3])),
        ("invitation-call", with(in_call(language, |_| {}), who, "Point hebdomadaire de l’équipe produit")),
        ("invitation-joining", with(joining, "Accueil", "abc-defg-hij")),
        ("invitation-lobby", with(lobby, who, "abc-defg-hij")),
        ("new-meeting", new),
    ]
    .map(|(name, view)| (name.to_owned(), view))
    .into()
}

#[test]
fn what_a_finger_came_down_on_is_what_it_means() {
    let before = home(Language::French);
    let mut after = before.clone();
    after.agenda.insert(0, Meeting { id: MeetingId(99), ..before.agenda[0].clone() });
    let mut panel = Panel::new(SIZES[0], fonts());
    panel.draw(&before);
    let join = rect(&panel, "join");
    assert_eq!(touch(&mut panel, TouchKind::Down, join, &before), None);
    panel.draw(&after);
    let meant = Some(Wish::JoinMeeting(before.agenda[0].id));
    assert_eq!(touch(&mut panel, TouchKind::Up, join, &after), meant, "not the meeting that has come in between");
}

#[test]
fn the_touch_that_lights_a_dark_panel_does_nothing_else() {
    let light = home(Language::French);
    let dark = View { dimmed: true, ..light.clone() };
    for size in SIZES {
        let mut lit = Panel::new(size, fonts());
        lit.draw(&light);
        for (name, place) in lit.targets() {
            let mut panel = Panel::new(size, fonts());
            panel.draw(&dark);
            assert_eq!(touch(&mut panel, TouchKind::Down, place, &dark), None);
            panel.draw(&light);
            assert_eq!(touch(&mut panel, TouchKind::Up, place, &light), None, "{name}");
        }
    }
    let mut panel = Panel::new(SIZES[0], fonts());
    panel.draw(&dark);
    assert_eq!(tap(&mut panel, "wake", &dark), Some(Wish::Wake));
}

#[test]
fn a_day_is_opened_where_now_is_and_paged_to_both_ends() {
    let view = busy_day(Language::English);
    for size in SIZES {
        let mut panel = Panel::new(size, fonts());
        panel.draw(&view);
        tap(&mut panel, "day", &view);
        panel.draw(&view);
        // 9:58 is in the meeting that begins at 9:52, the 17th.
        assert_eq!(tap(&mut panel, "join", &view), Some(Wish::JoinMeeting(MeetingId(16))), "{size:?}");
        let has = |panel: &Panel, name: &str| panel.targets().iter().any(|(target, _)| target == name);
        let mut pages = 0;
        while has(&panel, "later") {
            tap(&mut panel, "later", &view);
            panel.draw(&view);
            pages += 1;
            assert!(pages < 100, "{size:?}: pages never end");
        }
        assert!(has(&panel, "earlier") && pages > 10);
        let said = super::screens::said(&panel);
        assert!(said.iter().any(|text| text == "and 390 more"), "{said:?}");
        while has(&panel, "earlier") {
            tap(&mut panel, "earlier", &view);
            panel.draw(&view);
        }
        assert!(!has(&panel, "join"), "what is over cannot be joined");
        assert_eq!(tap(&mut panel, "close", &view), None);
        panel.draw(&view);
        rect(&panel, "code");
    }
}

#[test]
fn tomorrow_and_what_was_joined_here_are_a_touch_away() {
    let view = day(Language::German);
    let mut panel = Panel::new(SIZES[0], fonts());
    panel.draw(&view);
    for (part, target, wish) in [
        ("tomorrow", "join", Wish::JoinMeeting(view.days[1].meetings[0].id)),
        ("recent", "again-1", Wish::JoinAgain(view.history[1].id)),
        ("recent", "clear", Wish::ClearHistory),
        ("today", "join-1", Wish::JoinMeeting(view.days[0].meetings[3].id)),
    ] {
        if !panel.targets().iter().any(|(name, _)| name == "today") {
            tap(&mut panel, "day", &view);
            panel.draw(&view);
        }
        tap(&mut panel, part, &view);
        panel.draw(&view);
        assert_eq!(tap(&mut panel, target, &view), Some(wish), "{part}");
        panel.draw(&view);
    }
    let forgotten = View { history: Vec::new(), ..view };
    tap(&mut panel, "recent", &forgotten);
    panel.draw(&forgotten);
    assert!(!panel.targets().iter().any(|(name, _)| name == "recent"), "a list that is empty is not there");
}

#[test]
fn an_invitation_is_answered_and_interrupts_no_meeting() {
    let mut asked = home(Language::French);
    asked.invitation = invitation("Accueil", "abc-defg-hij");
    let answer = |accept| Some(Wish::Answer { invitation: InvitationId(7), accept });
    let mut called = in_call(Language::French, |_| {});
    called.invitation = asked.invitation.clone();
    for size in SIZES {
        for view in [&asked, &called] {
            let mut panel = Panel::new(size, fonts());
            panel.draw(view);
            assert_eq!(tap(&mut panel, "accept", view), answer(true));
            assert_eq!(tap(&mut panel, "decline", view), answer(false));
        }
        let mut panel = Panel::new(size, fonts());
        panel.draw(&called);
        assert_eq!(tap(&mut panel, "microphone", &called), Some(Wish::SetMicrophone { on: false }));
        assert_eq!(tap(&mut panel, "leave", &called), Some(Wish::Leave));
    }
}

#[test]
fn a_new_meeting_is_one_touch() {
    let view = home(Language::English);
    let mut panel = Panel::new(SIZES[0], fonts());
    panel.draw(&view);
    assert_eq!(tap(&mut panel, "meet-now", &view), Some(Wish::MeetNow));
}

#[test]
fn the_language_is_changed_in_a_meeting_too() {
    let view = in_call(Language::French, |_| {});
    for size in SIZES {
        let mut panel = Panel::new(size, fonts());
        panel.draw(&view);
        assert_eq!(tap(&mut panel, "language", &view), Some(Wish::SetLanguage(Language::English)));
    }
}

#[test]
fn of_a_private_meeting_a_dark_panel_says_only_when_it_is() {
    for language in LANGUAGES {
        let mut dark = View { dimmed: true, ..home(language) };
        dark.agenda[0].title = Title::Private;
        let mut panel = Panel::new(SIZES[0], fonts());
        panel.draw(&dark);
        let said = super::screens::said(&panel);
        assert!(said.contains(&crate::phrases::say(language, "reserved")), "{said:?}");
    }
}

#[test]
fn whatever_others_wrote_stays_in_its_place() {
    let fonts = more_fonts();
    let mut found = Vec::new();
    let long = "very long ".repeat(1_000);
    for text in WORST.into_iter().chain([long.as_str()]) {
        let mut at_home = day(Language::German);
        at_home.room_name = text.into();
        for meeting in at_home.agenda.iter_mut().chain(at_home.days.iter_mut().flat_map(|day| &mut day.meetings)) {
            meeting.title = Title::Plain(text.into());
        }
        at_home.history = vec![recent(1, text)];
        let dark = View { dimmed: true, ..at_home.clone() };
        let joining = Screen::Joining { what: text.into(), step: JoinStep::Media };
        let lobby = Screen::Lobby { what: text.into(), waited: Duration::ZERO };
        let mut asked = at_home.clone();
        asked.invitation = invitation(text, text);
        let mut called = in_call(Language::German, |call| call.title = text.into());
        called.invitation = asked.invitation.clone();
        for view in [at_home, dark, view(Language::German, joining), view(Language::German, lobby), asked, called] {
            for size in SIZES {
                let mut panel = Panel::new(size, fonts.clone());
                panel.draw(&view);
                let mut see = |panel: &Panel| {
                    let wrong = misfits(panel.scene(), &fonts);
                    found.extend(wrong.into_iter().map(|wrong| format!("{size:?} {:.20}: {wrong}", text)));
                    let is_turned = |text: &String| text.contains(['\u{202e}', '\u{2066}', '\u{200f}']);
                    assert!(!super::screens::said(panel).iter().any(is_turned), "{text:?}");
                };
                see(&panel);
                if view.screen == Screen::Home && view.invitation.is_none() && !view.dimmed {
                    for target in ["day", "recent"] {
                        tap(&mut panel, target, &view);
                        panel.draw(&view);
                        see(&panel);
                    }
                }
            }
            let mut display = Display::new((1920, 1080), fonts.clone());
            display.draw(&view);
            found.extend(misfits(display.scene(), &fonts).into_iter().map(|wrong| format!("display: {wrong}")));
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn touches_where_nothing_is_mean_nothing() {
    let view = home(Language::French);
    let mut panel = Panel::new(SIZES[0], fonts());
    panel.draw(&view);
    for kind in [TouchKind::Down, TouchKind::Move, TouchKind::Up] {
        assert_eq!(panel.touch(TouchEvent { kind, x: -5, y: 9_000 }, &view), None);
    }
}
