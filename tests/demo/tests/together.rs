//! What people at the panel say and do to the others, with official clients in the meeting.

mod support;

use demo::room::{Options, Room, State};
use demo::{SLUG, Stage, stage};
use sandbox::core::{MemberTrack, Source};
use sandbox::guest::Event;
use sandbox::visio::{AccessLevel, Account, Role};
use support::*;

/// Whether something is on the panel to be touched.
fn is_there(state: &State, target: &str) -> bool {
    state.targets.iter().any(|t| t.name == target)
}

async fn touch(room: &Room, targets: &[&str]) {
    for target in targets {
        room.find_and_touch(target).await.unwrap();
    }
}

/// Somebody's microphone, as the server has it.
fn microphone(stage: &Stage, identity: &str) -> Option<MemberTrack> {
    let people = stage.server.participants(&stage.livekit_room());
    let person = people.into_iter().find(|person| person.identity == identity)?;
    person.tracks.into_iter().find(|track| track.source == Source::Microphone)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_room_writes_is_read_by_official_clients_and_what_they_write_is_read_here() {
    let _alone = alone().await;
    let (stage, room, mut guest) = meeting().await;
    let _grace = Browser::join(&stage, "Grace Hopper", &[]);
    room.wait("the browser", PATIENCE, |s| s.others == 2).await.unwrap();

    guest.say("chat Bonjour la salle").await;
    let read = |s: &State| s.notice.as_deref() == Some("Ada Lovelace: Bonjour la salle");
    room.wait("the message on the panel", SOON, read).await.unwrap();
    touch(&room, &["more"]).await;
    room.wait("what there is more", SOON, |s| is_there(s, "chat")).await.unwrap();
    keep_panel(&room, "more-unread").await;
    touch(&room, &["chat", "reply", "reply-0"]).await;
    let people = stage.server.participants(&stage.livekit_room());
    let me = people.into_iter().find(|person| person.name == "Salle Turing").unwrap().identity;
    let answered = |e: &Event| matches!(e, Event::Chat { from, text } if *from == me && text == "We are on our way.");
    guest.until_event("the answer", answered).await;
    browser_sees(&stage, "the answer", 0, answered).await;
    keep_panel(&room, "chat-answered").await;

    // What it reacts with, they are told in the official front end's own words.
    touch(&room, &["back", "reactions", "react-clapping-hands"]).await;
    let reaction = r#"{"type":"reactionReceived","data":{"emoji":"clapping-hands"}}"#;
    let reaction: serde_json::Value = serde_json::from_str(reaction).unwrap();
    let reacted = |e: &Event| match e {
        Event::Data { from, topic: None, text } => {
            *from == me && serde_json::from_str::<serde_json::Value>(text).is_ok_and(|json| json == reaction)
        }
        _ => false,
    };
    guest.until_event("the applause", reacted).await;
    browser_sees(&stage, "the applause", 0, reacted).await;
    guest.say(r#"data {"type":"reactionReceived","data":{"emoji":"thumbs-up"}}"#).await;
    let seen = |s: &State| s.notice.as_deref() == Some("Ada Lovelace agrees: thumbs up");
    room.wait("the reaction on the panel", SOON, seen).await.unwrap();
    keep_panel(&room, "reactions").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_turns_off_somebodys_microphone_where_the_room_lets_everybody_and_they_turn_it_on_again() {
    let _alone = alone().await;
    let (stage, room, mut guest) = meeting().await;
    assert_eq!(microphone(&stage, "ada").map(|track| track.muted), Some(false));
    touch(&room, &["participants", "person-more-0"]).await;
    let state = room.wait("what can be done", SOON, |s| is_there(s, "mute")).await.unwrap();
    assert!(!is_there(&state, "remove"), "guests remove nobody");
    keep_panel(&room, "person-guest").await;
    room.touch("mute").await.unwrap();
    let muted = |e: &Event| matches!(e, Event::Muted { from, kind, muted: true } if from == "ada" && kind == "audio");
    guest.until_event("being muted", muted).await;
    let told = |e: &Event| matches!(e, Event::Data { text, .. } if text.contains("participantMuted"));
    guest.until_event("being told by whom", told).await;
    assert_eq!(microphone(&stage, "ada").map(|track| track.muted), Some(true));
    guest.say("unmute").await;
    room.wait("the open microphone", SOON, |s| is_there(s, "mute")).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_room_with_an_account_lets_in_turns_away_and_removes() {
    let _alone = alone().await;
    let stage = stage().await.unwrap();
    let account = Account {
        id: uuid::Uuid::from_u128(7),
        sub: "salle-turing".into(),
        email: "turing@meet.example".into(),
        full_name: "Salle Turing".into(),
    };
    let (platform, id) = (stage.server.platform().clone(), account.id);
    platform.create_room(SLUG, AccessLevel::Restricted);
    let session = platform.log_in(account);
    assert!(platform.grant(SLUG, id, Role::Administrator));
    let options = Options { language: "en".into(), session: Some(session), ..Options::default() };
    let room = Room::start_with(&stage.meeting, &options).await.unwrap();
    touch(&room, &["join"]).await;
    at(&room, "in-call").await;

    let eve = Browser::join(&stage, "Eve", &[]);
    browser_sees(&stage, "the lobby", 0, |e| matches!(e, Event::Lobby)).await;
    let asks = |s: &State| s.notice.as_deref().is_some_and(|notice| notice.starts_with("Eve asks to come in"));
    room.wait("Eve at the door", SOON, asks).await.unwrap();
    touch(&room, &["participants"]).await;
    room.wait("who waits", SOON, |s| is_there(s, "deny-0")).await.unwrap();
    keep_panel(&room, "lobby-host").await;
    touch(&room, &["deny-0"]).await;
    room.wait("nobody waits", SOON, |s| !is_there(s, "deny-0")).await.unwrap();
    assert_eq!(room.state().await.unwrap().others, 0);
    drop(eve);

    let _grace = Browser::join(&stage, "Grace Hopper", &[]);
    touch(&room, &["admit-0"]).await;
    room.wait("Grace", PATIENCE, |s| s.others == 1).await.unwrap();
    let before = stage.server.guest_reports().len();
    touch(&room, &["person-more-0", "remove"]).await;
    room.wait("the question", SOON, |s| is_there(s, "confirm")).await.unwrap();
    keep_panel(&room, "remove-question").await;
    assert_eq!(room.state().await.unwrap().others, 1, "nobody is removed by one touch");
    touch(&room, &["confirm"]).await;
    browser_sees(&stage, "the end", before, |e| matches!(e, Event::Disconnected { .. })).await;
    room.wait("being alone", SOON, |s| s.others == 0 && s.screen == "in-call").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_livekit_token_that_allows_it_lowers_hands_mutes_all_and_ends_the_meeting_for_everybody() {
    let _alone = alone().await;
    let stage = stage().await.unwrap();
    let token = stage.server.moderators_token(&stage.livekit_room(), "salle", "Salle Turing");
    let options = Options { language: "en".into(), token: Some(token), ..Options::default() };
    let server = stage.server.livekit_url().parse().unwrap();
    let room = Room::start_with(&server, &options).await.unwrap();
    let guest = Python::join(&stage, "ada").await;
    touch(&room, &["join"]).await;
    room.wait("Ada", SOON, |s| s.screen == "in-call" && s.others == 1).await.unwrap();
    let raised = [("handRaisedAt".to_owned(), "2026-11-29T10:03:00.000+00:00".to_owned())];
    assert!(stage.server.set_attributes(&stage.livekit_room(), "ada", raised.into()));
    touch(&room, &["participants", "person-more-0"]).await;
    room.wait("the hand", SOON, |s| is_there(s, "lower-hand")).await.unwrap();
    keep_panel(&room, "person-host").await;
    touch(&room, &["lower-hand"]).await;
    room.wait("the hand down", SOON, |s| !is_there(s, "lower-hand")).await.unwrap();
    let people = stage.server.participants(&stage.livekit_room());
    let ada = people.iter().find(|person| person.identity == "ada").unwrap();
    assert!(!ada.attributes.contains_key("handRaisedAt"));

    touch(&room, &["back", "mute-all", "confirm"]).await;
    let muted = |e: &Event| matches!(e, Event::Muted { kind, muted: true, .. } if kind == "audio");
    guest.until_event("being muted", muted).await;

    touch(&room, &["more", "end-for-all"]).await;
    room.wait("the question", SOON, |s| is_there(s, "confirm")).await.unwrap();
    keep_panel(&room, "end-question").await;
    touch(&room, &["confirm"]).await;
    guest.until_event("the end", |e| matches!(e, Event::Disconnected { .. })).await;
    at(&room, "home").await;
}
