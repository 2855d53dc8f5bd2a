//! The room's calendar on a real CalDAV server, Radicale, where an ordinary client writes.

mod support;

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use demo::room::{Options, Room, State};
use demo::stage;
use reqwest::{Client, Method, StatusCode};
use support::*;
use tokio::process::{Child, Command};
use url::Url;

const USER: &str = "turing";
const PASSWORD: &str = "not a secret";
/// What people are promised.
const MINUTE: Duration = Duration::from_secs(60);

/// A CalDAV server on this machine; ends when dropped.
struct Radicale {
    _process: Child,
    client: Client,
    url: Url,
}

impl Radicale {
    async fn start(folder: &Path) -> Radicale {
        let python = root().join(".huisclos/python/bin/python");
        assert!(python.exists(), "Radicale is not installed: sh tests/interop/setup.sh all");
        // A port that was free a moment ago.
        let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let users = folder.join("users");
        std::fs::write(&users, format!("{USER}:{PASSWORD}\n")).unwrap();
        let config = format!(
            "[server]\nhosts = {address}\n[auth]\ntype = htpasswd\nhtpasswd_filename = {}\nhtpasswd_encryption = plain\n\
             delay = 0\n[storage]\nfilesystem_folder = {}\n[logging]\nlevel = warning\n",
            users.display(),
            folder.join("collections").display()
        );
        std::fs::write(folder.join("config"), config).unwrap();
        let process = Command::new(python)
            .args(["-m", "radicale", "--config"])
            .arg(folder.join("config"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("Python starts");
        let server = Radicale {
            _process: process,
            client: Client::builder().no_proxy().build().unwrap(),
            url: Url::parse(&format!("http://{address}/")).unwrap(),
        };
        let started = Instant::now();
        while server.client.get(server.url.clone()).send().await.is_err() {
            assert!(started.elapsed() < SOON, "Radicale does not answer");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        server
    }

    /// What an ordinary client reads: the whole calendar as text.
    async fn text(&self) -> String {
        let url = self.url.join(&format!("/{USER}/room/")).unwrap();
        let answer = self.client.get(url).basic_auth(USER, Some(PASSWORD)).send().await.unwrap();
        answer.text().await.unwrap()
    }

    async fn ask(&self, method: &str, path: &str, body: String) -> StatusCode {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let url = self.url.join(path).unwrap();
        let request = self.client.request(method, url).basic_auth(USER, Some(PASSWORD)).body(body);
        request.send().await.unwrap().status()
    }

    async fn put(&self, uid: &str, lines: &str) {
        let now = jiff::Timestamp::now();
        let utc = |minutes: i64| {
            let time = now + jiff::SignedDuration::from_mins(minutes);
            time.to_zoned(jiff::tz::TimeZone::UTC).strftime("%Y%m%dT%H%M%SZ").to_string()
        };
        let event = format!(
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Test//EN\r\nBEGIN:VEVENT\r\nUID:{uid}\r\nDTSTAMP:{}\r\n\
             DTSTART:{}\r\nDTEND:{}\r\n{lines}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
            utc(0),
            utc(-5),
            utc(55)
        );
        let status = self.ask("PUT", &format!("/{USER}/room/{uid}.ics"), event).await;
        assert!(status.is_success(), "{status}");
    }
}

/// A room whose calendar is on that server; the server is all it is told.
async fn room(server: &Radicale, folder: &Path, meeting: &Url) -> Room {
    room_that_reads_every(5, server, folder, meeting).await
}

async fn room_that_reads_every(seconds: i64, server: &Radicale, folder: &Path, meeting: &Url) -> Room {
    let password = folder.join("password");
    std::fs::write(&password, format!("{PASSWORD}\n")).unwrap();
    let mut calendar = toml::Table::new();
    calendar.insert("url".into(), server.url.as_str().into());
    calendar.insert("user".into(), USER.into());
    calendar.insert("password_file".into(), password.display().to_string().into());
    // The promise is a minute; nobody needs to wait that long here.
    calendar.insert("interval_s".into(), seconds.into());
    let options = Options { calendar: Some(calendar), ..Options::default() };
    Room::start_with(meeting, &options).await.unwrap()
}

fn titles(state: &State) -> Vec<&str> {
    state.agenda.iter().map(|meeting| meeting.title.as_str()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_meeting_written_into_the_calendar_is_on_the_panel_and_joined_with_one_touch() {
    let _alone = alone().await;
    let folder = tempfile::tempdir().unwrap();
    let server = Radicale::start(folder.path()).await;
    assert!(server.ask("MKCALENDAR", &format!("/{USER}/room/"), String::new()).await.is_success());
    let stage = stage().await.unwrap();
    let room = room(&server, folder.path(), &stage.meeting).await;
    assert_eq!(titles(&room.state().await.unwrap()), [] as [&str; 0]);

    server.put("visio", &format!("SUMMARY:Weekly meeting\r\nURL:{}", stage.meeting)).await;
    room.wait("the meeting on the panel", MINUTE, |s| titles(s) == ["Weekly meeting"]).await.unwrap();
    keep_panel(&room, "calendar").await;
    room.find_and_touch("join").await.unwrap();
    at(&room, "in-call").await;
    room.touch("leave").await.unwrap();
    at(&room, "home").await;

    // What changes, what cannot be joined, what is nobody's business, and what is cancelled.
    server.put("visio", &format!("SUMMARY:Weekly meeting moved\r\nURL:{}", stage.meeting)).await;
    server.put("zoom", "SUMMARY:With others\r\nLOCATION:https://us02web.zoom.us/j/89012345678").await;
    server.put("private", "SUMMARY:Dismissal\r\nCLASS:PRIVATE").await;
    room.wait("three meetings", MINUTE, |s| s.agenda.len() == 3).await.unwrap();
    let state = room.state().await.unwrap();
    let mut found = titles(&state);
    found.sort_unstable();
    assert_eq!(found, ["Reserved", "Weekly meeting moved", "With others"]);
    let zoom = state.agenda.iter().find(|meeting| meeting.title == "With others").unwrap();
    assert!(!zoom.joinable && zoom.obstacle.as_deref().is_some_and(|why| why.contains("Zoom")), "{zoom:?}");
    keep_panel(&room, "calendar-obstacles").await;

    assert!(server.ask("DELETE", &format!("/{USER}/room/visio.ics"), String::new()).await.is_success());
    room.wait("two meetings", MINUTE, |s| s.agenda.len() == 2 && s.agenda.iter().all(|m| !m.joinable)).await.unwrap();
}

/// The times of the only event in a calendar, `20261124T093000Z`.
fn times(text: &str) -> (String, String) {
    let value = |name: &str| {
        let mut found = text.lines().filter_map(|line| line.trim().strip_prefix(name));
        let value = found.next().unwrap_or_else(|| panic!("no {name} in {text}")).to_owned();
        assert_eq!(found.next(), None, "{text}");
        value
    };
    (value("DTSTART:"), value("DTEND:"))
}

fn minutes_between(start: &str, end: &str) -> i64 {
    let time = |text: &str| jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", text).unwrap();
    time(end).duration_since(time(start)).as_mins()
}

async fn says(room: &Room, words: &str) {
    let said = |state: &State| state.notice.as_ref().is_some_and(|notice| notice.contains(words));
    room.wait(words, SOON, said).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_room_is_booked_extended_and_released_at_its_panel_and_everybody_sees_it() {
    let _alone = alone().await;
    let folder = tempfile::tempdir().unwrap();
    let server = Radicale::start(folder.path()).await;
    assert!(server.ask("MKCALENDAR", &format!("/{USER}/room/"), String::new()).await.is_success());
    let nowhere = Url::parse("https://visio.example/abc-defg-hij").unwrap();
    let room = room(&server, folder.path(), &nowhere).await;

    room.find_and_touch("book").await.unwrap();
    room.find_and_touch("book-30").await.unwrap();
    says(&room, "booked until").await;
    keep_panel(&room, "booked").await;
    assert_eq!(titles(&room.state().await.unwrap()), ["Booked at the panel"]);
    let text = server.text().await;
    assert!(text.contains("SUMMARY:Booked at the panel") && text.contains("UID:huisclos-booking-"), "{text}");
    let (start, end) = times(&text);
    assert_eq!(minutes_between(&start, &end), 30);

    // Somebody adds to it elsewhere: that stays.
    let uid = text.lines().find_map(|line| line.trim().strip_prefix("UID:")).unwrap().to_owned();
    let edited = text.replace("SUMMARY:", "DESCRIPTION:With minutes\r\nSUMMARY:");
    assert!(server.ask("PUT", &format!("/{USER}/room/{uid}.ics"), edited).await.is_success());
    room.find_and_touch("book-15").await.unwrap();
    says(&room, "yours until").await;
    let text = server.text().await;
    let (same, later) = times(&text);
    assert_eq!((same, minutes_between(&end, &later)), (start, 15));
    assert!(text.contains("DESCRIPTION:With minutes"), "{text}");

    room.find_and_touch("release").await.unwrap();
    says(&room, "free again").await;
    room.wait("an empty agenda", SOON, |s| s.agenda.is_empty()).await.unwrap();
    let text = server.text().await;
    // In the minute it was booked in it is taken out; later it ends then.
    let is_over = |text: &str| times(text).1.as_str() <= end.as_str() && text.contains("DESCRIPTION:With minutes");
    assert!(!text.contains("BEGIN:VEVENT") || is_over(&text), "{text}");
    room.find_and_touch("book-30").await.unwrap();
    says(&room, "booked until").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_room_that_somebody_took_meanwhile_is_not_booked_twice_and_nothing_of_theirs_is_touched() {
    let _alone = alone().await;
    let folder = tempfile::tempdir().unwrap();
    let server = Radicale::start(folder.path()).await;
    assert!(server.ask("MKCALENDAR", &format!("/{USER}/room/"), String::new()).await.is_success());
    let nowhere = Url::parse("https://visio.example/abc-defg-hij").unwrap();
    // So seldom that it does not know yet.
    let room = room_that_reads_every(60, &server, folder.path(), &nowhere).await;
    room.find_and_touch("book").await.unwrap();
    let free = |s: &State| s.targets.iter().any(|target| target.name == "book-60");
    room.wait("a free room", SOON, free).await.unwrap();
    server.put("theirs", "SUMMARY:Weekly meeting").await;
    let before = server.text().await;
    room.touch("book-60").await.unwrap();
    says(&room, "somebody has the room").await;
    keep_panel(&room, "booking-taken").await;
    assert_eq!(server.text().await, before);
    // What is theirs is on the panel now, and the panel cannot end it.
    let state = room.state().await.unwrap();
    assert_eq!(titles(&state), ["Weekly meeting"]);
    assert!(!state.targets.iter().any(|target| target.name == "release"));

    // And nobody answers any more.
    let after = room.wait("a way to stay", SOON, |s| s.targets.iter().any(|t| t.name == "book-15")).await.unwrap();
    assert_eq!(titles(&after), ["Weekly meeting"]);
    drop(server);
    room.touch("book-15").await.unwrap();
    says(&room, "does not answer").await;
    assert_eq!(titles(&room.state().await.unwrap()), ["Weekly meeting"], "and nothing is lost");
}
