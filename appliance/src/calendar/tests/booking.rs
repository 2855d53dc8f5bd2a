//! Booking on a server where things happen between a look and a write.

use std::sync::LazyLock;
use std::time::Instant;

use room::booking::{BookingFailure, Change, UID_PREFIX};
use room::view::Language;

use super::*;

/// What the server makes of a write (RFC 9110 §13): `text` is new, or taken out when there is none.
pub fn write(server: &mut Server, name: &str, headers: &HeaderMap, text: Option<&String>) -> Response {
    match server.meanwhile {
        Some(Meanwhile::Booked) => {
            server.meanwhile = None;
            let theirs = event("theirs", minutes(0), minutes(30));
            server.write("theirs.ics", &theirs);
        }
        Some(Meanwhile::Changed) => {
            server.meanwhile = None;
            let (_, text) = server.events[name].clone();
            server.write(name, &text);
        }
        Some(Meanwhile::Full) => return StatusCode::INSUFFICIENT_STORAGE.into_response(),
        None => {}
    }
    let etag = server.events.get(name).map(|(version, _)| format!("\"{version}\""));
    let holds = match (headers.get("if-match"), headers.get("if-none-match")) {
        (Some(wanted), None) => etag.is_some_and(|etag| wanted == etag.as_str()),
        (None, Some(wanted)) => wanted == "*" && etag.is_none(),
        _ => panic!("a write without a condition: {headers:?}"),
    };
    if !holds {
        return StatusCode::PRECONDITION_FAILED.into_response();
    }
    match text {
        Some(text) => server.write(name, text),
        None => server.remove(name),
    }
    StatusCode::NO_CONTENT.into_response()
}

/// So many minutes from when the tests began, in whole ones.
fn minutes(count: i64) -> Timestamp {
    static BEGAN: LazyLock<i64> = LazyLock::new(|| Timestamp::now().as_second() / 60 * 60);
    Timestamp::from_second(*BEGAN + 60 * count).unwrap()
}

fn event(uid: &str, start: Timestamp, end: Timestamp) -> String {
    let new = agenda::write::NewEvent { uid, stamp: start, start, end, title: "Point" };
    agenda::write::event(&new)
}

struct World {
    server: Shared,
    calendar: Calendar,
    _folder: tempfile::TempDir,
}

async fn world(rest: &str) -> World {
    let (server, address) = serve().await;
    server.lock().unwrap().has_sync = true;
    let folder = tempfile::tempdir().unwrap();
    let section = section(address, folder.path(), &format!("{AT_THE_SERVER}\n{rest}"));
    let client = client();
    let (events, orders) = (mpsc::channel(8).0, mpsc::channel(ORDERS).1);
    let context = ParseContext::default();
    let mut calendar = Calendar::new(&section, &client, context, folder.path(), events, orders).unwrap();
    let _ = calendar.turn(Timestamp::now()).await;
    World { server, calendar, _folder: folder }
}

impl World {
    async fn order(&mut self, change: Change) -> Result<(), BookingFailure> {
        self.calendar.carry_out(Order { request: 1, change, asked: Instant::now() }).await
    }

    async fn book(&mut self, from: i64, to: i64) -> Result<(), BookingFailure> {
        let (start, end) = (since_epoch(minutes(from)), since_epoch(minutes(to)));
        self.order(Change::Book { start, end, language: Language::German }).await
    }

    fn names(&self) -> Vec<String> {
        self.server.lock().unwrap().events.keys().cloned().collect()
    }

    /// The only booking of the room, as it is known.
    fn booked(&self) -> (String, Duration, Duration) {
        let entries = &self.calendar.kept.as_ref().unwrap().entries;
        let ours = |entry: &&AgendaEntry| entry.uid.as_deref().is_some_and(room::booking::is_ours);
        let all: Vec<_> = entries.iter().filter(ours).collect();
        assert_eq!(all.len(), 1, "{entries:?}");
        (all[0].uid.clone().unwrap(), all[0].start, all[0].end)
    }
}

#[tokio::test]
async fn what_is_booked_is_known_at_once_and_can_be_changed_and_taken_out() {
    let mut world = world("").await;
    assert_eq!(world.calendar.may_book(), Ok(()));
    assert_eq!(world.book(0, 30).await, Ok(()));
    let (uid, start, end) = world.booked();
    assert!(uid.starts_with(UID_PREFIX));
    assert_eq!((start, end), (since_epoch(minutes(0)), since_epoch(minutes(30))));
    assert!(world.server.lock().unwrap().events[&format!("{uid}.ics")].1.contains("SUMMARY:Am Raum gebucht"));
    let end = since_epoch(minutes(45));
    let longer = Change::MoveEnd { uid: uid.clone(), end, free_from: since_epoch(minutes(30)) };
    assert_eq!(world.order(longer).await, Ok(()));
    assert_eq!(world.booked().2, end);
    assert_eq!(world.order(Change::Remove { uid }).await, Ok(()));
    assert_eq!(world.names(), [] as [&str; 0]);
}

#[tokio::test]
async fn who_books_at_the_same_time_wins_over_the_room() {
    let mut world = world("").await;
    world.server.lock().unwrap().meanwhile = Some(Meanwhile::Booked);
    assert_eq!(world.book(10, 40).await, Err(BookingFailure::Taken));
    assert_eq!(world.names(), ["theirs.ics"], "the room's own is taken out again");
    assert_eq!(world.book(10, 40).await, Err(BookingFailure::Taken));
    assert_eq!(world.book(30, 60).await, Ok(()));
}

#[tokio::test]
async fn what_somebody_else_changes_at_the_same_time_stays_theirs() {
    let mut world = world("").await;
    world.book(0, 30).await.unwrap();
    let (uid, ..) = world.booked();
    let end = since_epoch(minutes(45));
    for change in [
        Change::MoveEnd { uid: uid.clone(), end, free_from: since_epoch(minutes(30)) },
        Change::Remove { uid: uid.clone() },
    ] {
        world.server.lock().unwrap().meanwhile = Some(Meanwhile::Changed);
        assert_eq!(world.order(change).await, Err(BookingFailure::Changed));
    }
    assert_eq!(world.booked().2, since_epoch(minutes(30)));
    // It has gone altogether.
    world.server.lock().unwrap().remove(&format!("{uid}.ics"));
    let longer = Change::MoveEnd { uid, end, free_from: since_epoch(minutes(30)) };
    assert_eq!(world.order(longer).await, Err(BookingFailure::Changed));
}

#[tokio::test]
async fn a_meeting_is_declined_only_where_the_room_is_invited() {
    let mut world = world("may_release = true").await;
    let invited = event("invited", minutes(0), minutes(30))
        .replace("SUMMARY", "ATTENDEE;PARTSTAT=ACCEPTED:mailto:turing@rooms.example\r\nSUMMARY");
    world.server.lock().unwrap().write("invited.ics", &invited);
    world.server.lock().unwrap().write("written.ics", &event("written", minutes(60), minutes(90)));
    let before = world.server.lock().unwrap().events["written.ics"].clone();
    let decline = |uid: &str| Change::Decline { uid: uid.into() };
    assert_eq!(world.order(decline("written")).await, Err(BookingFailure::NotOurs));
    assert_eq!(world.server.lock().unwrap().events["written.ics"], before);
    assert_eq!(world.order(decline("invited")).await, Ok(()));
    assert!(world.server.lock().unwrap().events["invited.ics"].1.contains("PARTSTAT=DECLINED"));
    let entries = &world.calendar.kept.as_ref().unwrap().entries;
    assert_eq!(entries.iter().map(|entry| entry.uid.as_deref()).collect::<Vec<_>>(), [Some("written")]);
}

#[tokio::test]
async fn servers_that_do_not_let_us_are_told_apart() {
    let mut read_only = world("booking = false").await;
    assert_eq!(read_only.book(0, 30).await, Err(BookingFailure::ReadOnly));
    assert_eq!(read_only.names(), [] as [&str; 0]);

    let mut world = world("").await;
    world.server.lock().unwrap().meanwhile = Some(Meanwhile::Full);
    assert_eq!(world.book(0, 30).await, Err(BookingFailure::Server));
    for (status, failure) in [
        (StatusCode::FORBIDDEN, BookingFailure::Refused),
        (StatusCode::SERVICE_UNAVAILABLE, BookingFailure::Offline),
        (StatusCode::INTERNAL_SERVER_ERROR, BookingFailure::Server),
    ] {
        world.server.lock().unwrap().fault = Some(Fault::Status(status));
        assert_eq!(world.book(0, 30).await, Err(failure));
    }
    assert_eq!(world.names(), [] as [&str; 0]);
    // Whoever asked for so long ago has gone away.
    world.server.lock().unwrap().fault = None;
    world.server.lock().unwrap().meanwhile = None;
    let (start, end) = (since_epoch(minutes(0)), since_epoch(minutes(30)));
    let change = Change::Book { start, end, language: Language::German };
    let Some(asked) = Instant::now().checked_sub(Duration::from_secs(26)) else { return };
    let result = world.calendar.carry_out(Order { request: 1, change, asked }).await;
    assert_eq!((result, world.names()), (Err(BookingFailure::Offline), vec![]));
}

#[tokio::test]
async fn a_calendar_the_account_may_only_read_offers_no_booking() {
    let (server, address) = serve().await;
    server.lock().unwrap().is_read_only = true;
    let folder = tempfile::tempdir().unwrap();
    let section = section(address, folder.path(), AT_THE_SERVER);
    let mut caldav = Caldav::new(http(&section), &section);
    assert!(!caldav.may_write(), "not before it is found");
    caldav.look(window()).await.unwrap();
    assert!(!caldav.may_write());
}
