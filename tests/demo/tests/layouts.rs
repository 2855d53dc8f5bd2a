//! Who stands where on the displays, with several official Python clients in the meeting.

mod support;

use demo::room::{Options, Room, State, Tile};
use demo::{Stage, stage};
use support::*;

const GRACE_MARK: u8 = 0x33;
const ALAN_MARK: u8 = 0x66;
const SHARE_MARK: u8 = sandbox::mark::CONTENT;

/// A room with Ada, who is heard, and Grace and Alan, who are silent.
async fn meeting_of_three(options: &Options) -> (Stage, Room, [Python; 3]) {
    let stage = stage().await.unwrap();
    let room = Room::start_with(&stage.meeting, options).await.unwrap();
    let ada = Python::join(&stage, "ada").await;
    let (grace, alan) = (GRACE_MARK.to_string(), ALAN_MARK.to_string());
    let mut grace = Python::join_as(&stage, "grace", "Grace Hopper", &["--mark", &grace]).await;
    let mut alan = Python::join_as(&stage, "alan", "Alan Turing", &["--mark", &alan]).await;
    grace.say("mute").await;
    alan.say("mute").await;
    room.find_and_touch("join").await.unwrap();
    at(&room, "in-call").await;
    room.wait("three others", SOON, |s| s.others == 3).await.unwrap();
    (stage, room, [ada, grace, alan])
}

/// Who is on a display: `remote Grace Hopper`, `share Ada Lovelace`, `own`.
fn who(state: &State, display: u8) -> Vec<String> {
    let tiles = state.tiles.iter().filter(|tile| tile.display == display);
    let named = |tile: &Tile| format!("{} {}", tile.who, tile.name.as_deref().unwrap_or_default()).trim().to_owned();
    tiles.map(named).collect()
}

/// Waits until exactly these are on the first display with their pictures, and keeps it.
async fn shows(room: &Room, name: &str, wanted: &[(&str, Option<u8>)]) -> State {
    let state = pictures(room, name, 1, wanted).await;
    keep(room, "display", &format!("layout-{name}")).await;
    state
}

async fn pictures(room: &Room, name: &str, display: u8, wanted: &[(&str, Option<u8>)]) -> State {
    let names: Vec<&str> = wanted.iter().map(|(name, _)| *name).collect();
    let started = std::time::Instant::now();
    loop {
        let state = room.wait(name, SOON, |s| who(s, display) == names).await.unwrap();
        let tiles = state.tiles.iter().filter(|tile| tile.display == display);
        let mut missing = None;
        for (tile, (who, mark)) in tiles.zip(wanted) {
            if mark.is_some() && room.mark_of(tile).await.unwrap() != *mark {
                missing = Some((who, tile.clone()));
            }
        }
        let Some(missing) = missing else { return state };
        assert!(started.elapsed() < SOON, "{name}: not seen: {missing:?}");
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn people_and_content_are_arranged_as_asked() {
    let _alone = alone().await;
    let (_stage, room, [mut ada, mut grace, _alan]) = meeting_of_three(&Options::default()).await;
    let (ada_mark, grace_mark, alan_mark) = (Some(GUEST_MARK), Some(GRACE_MARK), Some(ALAN_MARK));
    let [is_ada, is_grace, is_alan] = ["remote Ada Lovelace", "remote Grace Hopper", "remote Alan Turing"];
    let own = ("own", None);
    shows(&room, "strip", &[(is_ada, ada_mark), (is_grace, grace_mark), (is_alan, alan_mark), own]).await;
    room.choose("layout", "layout-grid").await.unwrap();
    room.wait("a grid", SOON, |s| s.tiles[0].width == s.tiles[1].width).await.unwrap();
    shows(&room, "grid", &[(is_ada, ada_mark), (is_grace, grace_mark), (is_alan, alan_mark), own]).await;
    room.choose("layout", "layout-speaker").await.unwrap();
    shows(&room, "speaker", &[(is_ada, ada_mark), own]).await;

    // A share takes the stage by itself, in full detail, with whoever speaks beside it.
    grace.say("share").await;
    let (share, share_mark) = ("share Grace Hopper", Some(SHARE_MARK));
    let state = shows(&room, "content-speaker", &[(share, share_mark), (is_ada, ada_mark), own]).await;
    assert!(state.tiles[0].width > 1500, "{:?}", state.tiles);
    // Nobody has raised a hand: the list is in the order of arrival.
    room.choose("participants", "person-2").await.unwrap();
    shows(&room, "content-pinned", &[(share, share_mark), (is_alan, alan_mark), own]).await;
    room.choose("layout", "layout-content").await.unwrap();
    shows(&room, "content", &[(share, share_mark)]).await;
    let open = |s: &State| s.targets.iter().any(|target| target.name == "self-view");
    room.touch("layout").await.unwrap();
    room.wait("the sheet of layouts", SOON, open).await.unwrap();
    keep_panel(&room, "layouts-shared").await;
    room.touch("layout").await.unwrap();
    room.wait("no sheet", SOON, |s| !open(s)).await.unwrap();

    // With its end, what was before is back; who is pinned stays whoever speaks.
    grace.say("unshare").await;
    shows(&room, "speaker-pinned", &[(is_alan, alan_mark), own]).await;
    room.choose("layout", "self-view").await.unwrap();
    shows(&room, "speaker-no-self-view", &[(is_alan, alan_mark)]).await;
    ada.say("share").await;
    shows(&room, "content-again", &[("share Ada Lovelace", share_mark)]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_is_read_on_the_display_by_those_who_asked() {
    let _alone = alone().await;
    let (_stage, room, [mut ada, mut grace, _alan]) = meeting_of_three(&Options::default()).await;
    room.choose("layout", "captions").await.unwrap();
    ada.say("transcribe Bonjour à toutes et à tous.").await;
    let said = |s: &State| s.captions == ["Bonjour à toutes et à tous."];
    room.wait("what a transcription packet says", SOON, said).await.unwrap();
    grace
        .say("say Good morning. Shall we begin with the second point, and come back to the first when all are here?")
        .await;
    let state = room.wait("what a text stream says", SOON, |s| s.captions.len() == 2).await.unwrap();
    assert!(state.captions[1].starts_with("Good morning."), "{:?}", state.captions);
    keep(&room, "display", "captions").await;
    // In the middle of the bottom, nearly black and white.
    let picture = demo::room::picture(&room.png("display").await.unwrap()).unwrap();
    let pixel = |x: u32, y: u32| picture.rgba[((y * picture.width + x) * 4) as usize];
    let row = (0..1200).map(|x| pixel(360 + x, 960)).collect::<Vec<_>>();
    let share = |of: fn(&u8) -> bool| row.iter().filter(|luma| of(luma)).count();
    assert!(share(|red| *red < 40) > 600 && share(|red| *red > 200) > 20, "{row:?}");
    // They go by themselves.
    room.wait("the end of the captions", SOON, |s| s.captions.is_empty()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn with_two_displays_people_are_on_one_and_content_on_the_other() {
    let _alone = alone().await;
    let board = "id = \"two\"\nname = \"Two displays\"\n[camera]\nkind = \"simulated\"\n[microphone]\nkind = \"simulated\"\n[loudspeaker]\nkind = \"simulated\"\n[second_display]\n";
    let options = Options { board: board.into(), ..Options::default() };
    let (_stage, room, [_ada, mut grace, _alan]) = meeting_of_three(&options).await;
    room.choose("layout", "layout-grid").await.unwrap();
    room.wait("a grid", SOON, |s| s.tiles[0].width == s.tiles[1].width).await.unwrap();
    let (ada_mark, grace_mark, alan_mark) = (Some(GUEST_MARK), Some(GRACE_MARK), Some(ALAN_MARK));
    let people = [
        ("remote Ada Lovelace", ada_mark),
        ("remote Grace Hopper", grace_mark),
        ("remote Alan Turing", alan_mark),
        ("own", None),
    ];
    shows(&room, "two-people", &people).await;
    keep(&room, "second-display", "layout-two-idle").await;
    grace.say("share").await;
    let content = [("share Grace Hopper", Some(SHARE_MARK))];
    pictures(&room, "two-content", 2, &content).await;
    keep(&room, "second-display", "layout-two-content").await;
    shows(&room, "two-people-still", &people).await;
}
