//! What is shared, with official clients: by the room, seen in Chromium; by a Python guest, seen in the room.

mod support;

use std::time::{Duration, Instant};

use demo::room::{Options, Room};
use demo::{Stage, stage, stage_with};
use sandbox::guest::Event;
use support::*;

const SHARE_MARK: u8 = sandbox::mark::CONTENT;
/// Of the laptop at the room's content input, in hertz.
const LAPTOP_TONE: f64 = 660.0;

/// A room in a meeting with a guest in Chromium.
struct Meeting {
    stage: Stage,
    room: Room,
    _guest: Browser,
}

impl Meeting {
    async fn on(stage: Stage) -> Meeting {
        let room = Room::start_with(&stage.meeting, &Options::default()).await.unwrap();
        let guest = Browser::join(&stage, "Ada Lovelace", &[]);
        room.find_and_touch("join").await.unwrap();
        at(&room, "in-call").await;
        let meeting = Meeting { stage, room, _guest: guest };
        meeting.sees("the room's camera", 0, |e| matches!(e, Event::Mark { id: ROOM_MARK, .. })).await;
        meeting
    }

    fn reports(&self) -> usize {
        self.stage.server.guest_reports().len()
    }

    /// Waits until the guest has noticed something after so many reports.
    async fn sees(&self, what: &str, after: usize, wanted: impl Fn(&Event) -> bool) {
        browser_sees(&self.stage, what, after, wanted).await;
    }

    async fn until_share(&self, share: &str) {
        self.room.wait(&format!("the share to be {share}"), SOON, |s| s.share == share).await.unwrap();
    }

    /// Plugs a laptop in, and shares it at a touch.
    async fn share(&self) {
        self.room.turn("content", "plug", true).await.unwrap();
        self.until_share("offered").await;
        keep_panel(&self.room, "share-offered").await;
        self.room.touch("share").await.unwrap();
        self.until_share("on").await;
    }
}

fn is_sharp(event: &Event, size: (u32, u32)) -> bool {
    matches!(event, Event::Share { id: SHARE_MARK, width, height, detail, .. } if (*width, *height) == size && *detail > 120.0)
}

fn is_laptop_tone(event: &Event) -> bool {
    matches!(event, Event::ShareTone { hz, .. } if (hz - LAPTOP_TONE).abs() < 20.0)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_laptop_plugged_in_is_shared_at_a_touch_seen_whole_heard_and_gone_when_pulled_out() {
    let _alone = alone().await;
    let meeting = Meeting::on(stage().await.unwrap()).await;
    let room = &meeting.room;
    meeting.until_share("missing").await;
    meeting.share().await;
    meeting.sees("the laptop's picture", 0, |e| is_sharp(e, (1920, 1080))).await;
    meeting.sees("the laptop's sound", 0, is_laptop_tone).await;
    keep_panel(room, "share-on").await;
    let me = identity_of(&meeting.stage);
    let shares: Vec<_> = me.tracks.iter().map(|t| (t.source, t.muted)).collect();
    assert!(shares.contains(&(sandbox::core::Source::ScreenShare, false)), "{shares:?}");
    assert!(shares.contains(&(sandbox::core::Source::ScreenShareAudio, false)), "{shares:?}");

    // The people in the room see and hear it too.
    let (mark, detail) = room.shared().await.unwrap().expect("it is on the display");
    assert!(mark == SHARE_MARK && detail > 20.0, "{mark:#x} {detail}");
    std::fs::write(root().join(".huisclos/tests/share-display.png"), room.png("display").await.unwrap()).unwrap();
    let share = demo::tone::share(&room.loudspeaker().await.unwrap(), LAPTOP_TONE);
    assert!(share > 0.1, "{share} of what the room hears");

    // Another resolution in the middle of it.
    let before = meeting.reports();
    room.turn("content", "other-mode", true).await.unwrap();
    meeting.sees("the other resolution", before, |e| is_sharp(e, (1280, 800))).await;
    meeting.until_share("on").await;

    // A protected film: the meeting goes on, and people are told.
    room.turn("content", "protected", true).await.unwrap();
    meeting.until_share("protected").await;
    let notice = room.state().await.unwrap().notice.unwrap_or_default();
    assert!(notice.contains("Protected films cannot be shared"), "{notice}");
    room.turn("content", "protected", false).await.unwrap();
    meeting.until_share("on").await;

    let before = meeting.reports();
    let pulled = Instant::now();
    room.turn("content", "plug", false).await.unwrap();
    meeting.until_share("missing").await;
    let notice = room.state().await.unwrap().notice.unwrap_or_default();
    assert!(notice.contains("unplugged"), "{notice}");
    meeting.sees("the end of the share", before, |e| matches!(e, Event::ShareEnded { .. })).await;
    eprintln!("the share ended {:?} after the laptop was pulled out", pulled.elapsed());
    assert!(room.shared().await.unwrap().is_none(), "and from the display");
    meeting.sees("the room's camera", before, |e| matches!(e, Event::Mark { id: ROOM_MARK, .. })).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn older_servers_with_two_peer_connections_carry_a_share_too() {
    let _alone = alone().await;
    let config = sandbox::Config { single_peer_connection: false, ..sandbox::Config::default() };
    let meeting = Meeting::on(stage_with(config).await.unwrap()).await;
    meeting.share().await;
    meeting.sees("the laptop's picture", 0, |e| is_sharp(e, (1920, 1080))).await;
    meeting.sees("the laptop's sound", 0, is_laptop_tone).await;
    let before = meeting.reports();
    meeting.room.touch("share").await.unwrap();
    meeting.sees("the end of the share", before, |e| matches!(e, Event::ShareEnded { .. })).await;
    meeting.until_share("off").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_share_comes_back_after_the_server_was_restarted() {
    let _alone = alone().await;
    let meeting = Meeting::on(stage().await.unwrap()).await;
    meeting.share().await;
    meeting.sees("the laptop's picture", 0, |e| is_sharp(e, (1920, 1080))).await;
    let before = meeting.reports();
    meeting.stage.server.restart();
    meeting.sees("the laptop's picture again", before, |e| is_sharp(e, (1920, 1080))).await;
    meeting.until_share("on").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_guest_shares_is_the_main_picture_in_full_detail_with_the_people_beside_it() {
    let _alone = alone().await;
    let (_stage, room, mut guest) = meeting().await;
    for size in ["1920x1080", "2560x1440"] {
        guest.say(&format!("share {size}")).await;
        let started = Instant::now();
        loop {
            // Half as large it would have no lines any more.
            match room.shared().await.unwrap() {
                Some((SHARE_MARK, detail)) if detail > 20.0 => break eprintln!("{size}: detail {detail:.0}"),
                shown => assert!(started.elapsed() < PATIENCE, "{size} is not shown in full detail: {shown:?}"),
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        let tiles = room.state().await.unwrap().tiles;
        let main = &tiles[0];
        assert_eq!(main.who, "share");
        assert!(main.width > 1500, "{tiles:?}");
        assert!(tiles.iter().any(|t| t.who == "remote"), "the speaker is beside it: {tiles:?}");
        std::fs::write(root().join(format!(".huisclos/tests/shared-{size}.png")), room.png("display").await.unwrap())
            .unwrap();
        guest.say("unshare").await;
        room.wait("the end of the share", SOON, |s| s.tiles.iter().all(|t| t.who != "share")).await.unwrap();
    }
}

/// The room as the server sees it.
fn identity_of(stage: &Stage) -> sandbox::core::Member {
    let people = stage.server.participants(&stage.livekit_room());
    people.into_iter().find(|p| p.tracks.len() > 2).expect("the room shares")
}
