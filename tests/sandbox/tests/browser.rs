//! The official client, in two Chromium pages, in every way it can be connected.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use sandbox::core::{Member, Permissions, Source};
use sandbox::fake_media::{GUEST_TONE_HZ, write_wav, write_y4m};
use sandbox::guest::{Event, Guest, Report, launch_chromium};
use sandbox::{Config, Server, mark, visio};

/// Two browsers on a slow machine.
const PATIENCE: Duration = Duration::from_secs(60);

struct Meeting {
    server: Server,
    room: String,
    _guests: Vec<Guest>,
    folder: PathBuf,
}

impl Drop for Meeting {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl Meeting {
    /// Two guests who see each other's picture and hear each other's sound.
    async fn of_two(config: Config) -> Meeting {
        Meeting::with(config, "").await
    }

    /// The second page has more parameters.
    async fn with(config: Config, parameters: &str) -> Meeting {
        let server = Server::start(config).await.unwrap();
        let room = server.platform().create_room(visio::DEFAULT_ROOM, visio::AccessLevel::Public);
        let folder = std::env::temp_dir().join(format!("sandbox-browser-{}", server.http_addr.port()));
        std::fs::create_dir_all(&folder).unwrap();
        let (camera, microphone) = (folder.join("camera.y4m"), folder.join("microphone.wav"));
        write_y4m(&camera, 640, 360, 15, 2).unwrap();
        write_wav(&microphone, GUEST_TONE_HZ, 2).unwrap();
        let guest = |name: &str, parameters: &str| {
            let url = format!("{}{}?auto=1&name={name}{parameters}", server.origin(), visio::DEFAULT_ROOM);
            launch_chromium(&url, &camera, &microphone).unwrap()
        };
        let guests = vec![guest("anna", ""), guest("ben", parameters)];
        let meeting = Meeting { room, _guests: guests, folder, server };
        for who in ["anna", "ben"] {
            meeting.until(who, "the other's picture", |e| matches!(e, Event::Mark { id: mark::GUEST, .. })).await;
            let tone = |e: &Event| matches!(e, Event::Tone { hz, .. } if (hz - f64::from(GUEST_TONE_HZ)).abs() < 20.0);
            meeting.until(who, "the other's tone", tone).await;
        }
        meeting
    }

    /// Waits for something that `who` reports from now on, or has reported.
    async fn until(&self, who: &str, what: &str, wanted: impl Fn(&Event) -> bool) {
        self.until_after(0, who, what, wanted).await;
    }

    async fn until_after(&self, from: usize, who: &str, what: &str, wanted: impl Fn(&Event) -> bool) {
        let start = Instant::now();
        let found = |r: &Report| r.who == who && wanted(&r.event);
        while !self.server.guest_reports().iter().skip(from).any(found) {
            assert!(start.elapsed() < PATIENCE, "{who} did not report {what}: {:#?}", self.server.guest_reports());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn until_member(&self, what: &str, wanted: impl Fn(&Member) -> bool) {
        let start = Instant::now();
        loop {
            let members = self.server.participants(&self.room);
            if members.iter().any(&wanted) {
                return;
            }
            assert!(start.elapsed() < PATIENCE, "waited for {what}: {members:#?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    fn reports(&self) -> usize {
        self.server.guest_reports().len()
    }

    fn identity(&self, name: &str) -> String {
        let members = self.server.participants(&self.room);
        members.into_iter().find(|m| m.name == name).map(|m| m.identity).unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn over_one_connection() {
    let meeting = Meeting::of_two(Config::default()).await;
    let members = meeting.server.participants(&meeting.room);
    for member in &members {
        assert!(member.active && member.receives == 2, "{members:#?}");
        assert!(member.tracks.iter().any(|t| t.source == Source::Camera && t.mime_type == "video/VP8"), "{members:#?}");
    }

    let mute = |muted| move |e: &Event| matches!(e, Event::Muted { muted: m, .. } if *m == muted);
    assert!(meeting.server.mute_track(&meeting.room, &meeting.identity("anna"), Source::Microphone));
    meeting.until("ben", "anna's mute", mute(true)).await;

    assert!(meeting.server.send_data(&meeting.room, None, Some("greeting"), b"bonjour"));
    meeting.until("ben", "the data", |e| matches!(e, Event::Data { text, .. } if text == "bonjour")).await;

    let listener = Permissions { publish: true, subscribe: false, publish_data: true, update_metadata: true };
    assert!(meeting.server.set_permissions(&meeting.room, &meeting.identity("ben"), listener));
    let deaf = |m: &Member| m.name == "ben" && m.receives == 0;
    meeting.until_member("ben to receive nothing", deaf).await;
    let hears = Permissions { subscribe: true, ..listener };
    let from = meeting.reports();
    assert!(meeting.server.set_permissions(&meeting.room, &meeting.identity("ben"), hears));
    meeting.until_after(from, "ben", "anna's picture again", |e| matches!(e, Event::FirstVideo { .. })).await;

    assert!(meeting.server.remove_participant(&meeting.room, &meeting.identity("anna")));
    meeting.until("anna", "the end", |e| matches!(e, Event::Disconnected { .. })).await;
    meeting.until("ben", "to be alone", |e| matches!(e, Event::Others { count: 0 })).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn over_two_connections() {
    let meeting = Meeting::of_two(Config { single_peer_connection: false, ..Config::default() }).await;
    // Signalling is lost and found again, and media goes on.
    let from = meeting.reports();
    assert!(meeting.server.cut_signalling(&meeting.room, &meeting.identity("anna")));
    meeting.until_after(from, "anna", "having resumed", |e| matches!(e, Event::Reconnected)).await;
    let from = meeting.reports();
    for who in ["anna", "ben"] {
        meeting.until_after(from, who, "the other's picture", |e| matches!(e, Event::Mark { .. })).await;
    }
    meeting.server.delete_room(&meeting.room);
    meeting.until("ben", "the end", |e| matches!(e, Event::Disconnected { .. })).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_small_view_takes_a_small_layer() {
    let meeting = Meeting::with(Config::default(), "&adaptive=1&shrink=1").await;
    let camera = |m: &Member| m.tracks.iter().find(|t| t.source == Source::Camera).map(|t| t.layers);
    meeting.until_member("more than one layer", |m| m.name == "anna" && camera(m).is_some_and(|n| n > 1)).await;
    let picture = |small| move |e: &Event| matches!(e, Event::Mark { width, .. } if (*width < 640) == small);
    meeting.until("ben", "a large picture", picture(false)).await;
    let from = meeting.reports();
    meeting.until_after(from, "ben", "a small picture", picture(true)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_udp_is_blocked() {
    Meeting::of_two(Config { udp: false, ..Config::default() }).await.server.restart();
}

#[tokio::test(flavor = "multi_thread")]
async fn signalling_resumes_and_a_restarted_server_is_joined_again() {
    let meeting = Meeting::of_two(Config::default()).await;
    let from = meeting.reports();
    assert!(meeting.server.cut_signalling(&meeting.room, &meeting.identity("anna")));
    meeting.until_after(from, "anna", "having resumed", |e| matches!(e, Event::Reconnected)).await;
    let from = meeting.reports();
    meeting.server.restart();
    for who in ["anna", "ben"] {
        meeting.until_after(from, who, "having come back", |e| matches!(e, Event::Reconnected)).await;
    }
    let from = meeting.reports();
    meeting.until_after(from, "ben", "anna's picture", |e| matches!(e, Event::Mark { id: mark::GUEST, .. })).await;
}
