//! Calendars on a server of our own, which misbehaves on request.

mod booking;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use room::venue::{Obstacle, Venue};
use room::{Destination, Title};

use super::*;
use crate::net::{TlsTrust, Ways, anywhere};

const DATA: &str =
    "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:UID1\nDTSTART:20261124T090000Z\nSUMMARY:TITLE\nEND:VEVENT\nEND:VCALENDAR\n";

/// What the server holds and does.
#[derive(Default)]
struct Server {
    events: BTreeMap<String, (u32, String)>,
    /// What changed with each version, from 1 on.
    changes: Vec<String>,
    has_sync: bool,
    has_ctag: bool,
    /// Answers everything so.
    fault: Option<Fault>,
    /// Requests since last looked at: method, path.
    asked: Vec<String>,
    file: String,
    /// What happens while the room writes.
    meanwhile: Option<Meanwhile>,
    /// The account may only read, and the server says so.
    is_read_only: bool,
}

/// What happens between the room's last look and its write.
#[derive(Clone, Copy)]
enum Meanwhile {
    /// Somebody books the same time.
    Booked,
    /// Somebody changes the same event.
    Changed,
    /// The server takes nothing any more.
    Full,
}

#[derive(Clone, Copy)]
enum Fault {
    Status(StatusCode),
    Page,
    Elsewhere,
    Endless,
}

type Shared = Arc<Mutex<Server>>;

impl Server {
    fn put(&mut self, name: &str, title: &str) {
        let version = self.changes.len() as u32 + 1;
        let text = DATA.replace("UID1", name).replace("TITLE", title);
        self.events.insert(name.into(), (version, text));
        self.changes.push(name.into());
    }

    fn write(&mut self, name: &str, text: &str) {
        let version = self.changes.len() as u32 + 1;
        self.events.insert(name.into(), (version, text.into()));
        self.changes.push(name.into());
    }

    fn remove(&mut self, name: &str) {
        self.events.remove(name);
        self.changes.push(name.into());
    }
}

async fn answer(State(shared): State<Shared>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = String::from_utf8(axum::body::to_bytes(body, 1 << 20).await.unwrap().to_vec()).unwrap();
    let mut server = shared.lock().unwrap();
    let path = parts.uri.path().to_owned();
    server.asked.push(format!("{} {path}", parts.method));
    match server.fault {
        Some(Fault::Status(status)) => return (status, [("retry-after", "7")]).into_response(),
        Some(Fault::Page) => return "<html>Please sign in</html>".into_response(),
        Some(Fault::Elsewhere) => return (StatusCode::FOUND, [("location", "https://evil.example/")]).into_response(),
        Some(Fault::Endless) => {
            let pieces = futures_util::stream::repeat_with(|| Ok::<_, std::io::Error>(vec![b'x'; 1 << 20]));
            return axum::body::Body::from_stream(pieces).into_response();
        }
        None => {}
    }
    // "turing" and "secret"
    if parts.headers.get("authorization").is_none_or(|value| value != "Basic dHVyaW5nOnNlY3JldA==") {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    match (parts.method.as_str(), path.as_str()) {
        ("GET", "/turing.ics") => file(&server, &parts.headers),
        ("PROPFIND", "/.well-known/caldav") => (StatusCode::MOVED_PERMANENTLY, [("location", "/dav/")]).into_response(),
        ("PROPFIND", "/dav/") => multistatus(
            "<response><href>/dav/</href><propstat><prop><current-user-principal><href>/dav/turing/</href>\
             </current-user-principal></prop><status>HTTP/1.1 200 OK</status></propstat></response>",
        ),
        ("PROPFIND", "/dav/turing/") if parts.headers["depth"] == "0" => multistatus(
            "<response><href>/dav/turing/</href><propstat><prop><C:calendar-home-set><href>/dav/turing/</href>\
             </C:calendar-home-set><C:calendar-user-address-set><href>mailto:turing@rooms.example</href>\
             <href>/dav/turing/</href></C:calendar-user-address-set></prop><status>HTTP/1.1 200 OK</status></propstat></response>",
        ),
        ("PROPFIND", "/dav/turing/") => {
            let may = match server.is_read_only {
                true => "<current-user-privilege-set><privilege><read/></privilege></current-user-privilege-set>",
                false => "",
            };
            let calendar = |path: &str, name: &str, component: &str| {
                format!(
                    "<response><href>{path}</href><propstat><prop><resourcetype><collection/><C:calendar/></resourcetype>{may}\
                     <displayname>{name}</displayname><C:supported-calendar-component-set><C:comp name=\"{component}\"/>\
                     </C:supported-calendar-component-set></prop><status>HTTP/1.1 200 OK</status></propstat></response>"
                )
            };
            multistatus(
                &[
                    calendar("/dav/turing/room/", "Réservations", "VEVENT"),
                    calendar("/dav/turing/other/", "Autre", "VEVENT"),
                    calendar("/dav/turing/tasks/", "Réservations", "VTODO"),
                ]
                .concat(),
            )
        }
        ("PROPFIND", "/dav/turing/room/") => {
            let version = server.changes.len();
            let sync = if server.has_sync { format!("<sync-token>s/{version}</sync-token>") } else { String::new() };
            let ctag = if server.has_ctag { format!("<S:getctag>{version}</S:getctag>") } else { String::new() };
            multistatus(&format!(
                "<response><href>/dav/turing/room/</href><propstat><prop>{sync}{ctag}</prop>\
                 <status>HTTP/1.1 200 OK</status></propstat></response>"
            ))
        }
        ("REPORT", "/dav/turing/room/") => report(&server, &body),
        ("PUT" | "DELETE", path) => match path.strip_prefix("/dav/turing/room/") {
            Some(name) => booking::write(&mut server, name, &parts.headers, (parts.method == "PUT").then_some(&body)),
            None => StatusCode::FORBIDDEN.into_response(),
        },
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

fn file(server: &Server, headers: &HeaderMap) -> Response {
    let etag = format!("\"{}\"", server.file.len());
    if headers.get("if-none-match").is_some_and(|value| value == etag.as_str()) {
        return StatusCode::NOT_MODIFIED.into_response();
    }
    ([("etag", etag)], server.file.clone()).into_response()
}

fn report(server: &Server, body: &str) -> Response {
    let etag = |version: u32| format!("<getetag>\"{version}\"</getetag>");
    let found = |name: &str, properties: &str| {
        format!(
            "<response><href>/dav/turing/room/{name}</href><propstat><prop>{properties}</prop>\
             <status>HTTP/1.1 200 OK</status></propstat></response>"
        )
    };
    if let Some((_, token)) = body.split_once("<d:sync-token>s/") {
        let Ok(since) = token.split('<').next().unwrap().parse::<usize>() else {
            return StatusCode::FORBIDDEN.into_response();
        };
        let changed: std::collections::BTreeSet<&String> = server.changes[since..].iter().collect();
        let told = changed.into_iter().map(|name| match server.events.get(name) {
            Some((version, _)) => found(name, &etag(*version)),
            None => format!(
                "<response><href>/dav/turing/room/{name}</href><status>HTTP/1.1 404 Not Found</status></response>"
            ),
        });
        let token = format!("<sync-token>s/{}</sync-token>", server.changes.len());
        return multistatus(&(told.collect::<String>() + &token));
    }
    let is_wanted = |name: &str| body.contains("calendar-query") || body.contains(&format!("/{name}<"));
    let events = server.events.iter().filter(|(name, _)| is_wanted(name)).map(|(name, (version, text))| {
        let data = if body.contains("multiget") {
            format!("<C:calendar-data>{text}</C:calendar-data>")
        } else {
            String::new()
        };
        found(name, &(etag(*version) + &data))
    });
    multistatus(&events.collect::<String>())
}

fn multistatus(inside: &str) -> Response {
    let open =
        r#"<multistatus xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:S="http://calendarserver.org/ns/">"#;
    (StatusCode::MULTI_STATUS, format!("{open}{inside}</multistatus>")).into_response()
}

async fn serve() -> (Shared, SocketAddr) {
    let shared = Shared::default();
    let app = Router::new().fallback(answer).with_state(shared.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    (shared, address)
}

fn section(address: SocketAddr, folder: &Path, rest: &str) -> CalendarSection {
    let password = folder.join("password");
    std::fs::write(&password, "secret\n").unwrap();
    let text = format!(
        "[room]\nname = \"Turing\"\n[calendar]\nuser = \"turing\"\npassword_file = \"{}\"\n{}",
        password.display(),
        rest.replace("SERVER", &format!("http://{address}"))
    );
    crate::Config::parse(&text).unwrap().calendar.unwrap()
}

fn http(section: &CalendarSection) -> Http {
    Http::new(&client(), section).unwrap()
}

fn window() -> (Timestamp, Timestamp) {
    ("2026-11-24T00:00:00Z".parse().unwrap(), "2026-12-08T00:00:00Z".parse().unwrap())
}

const AT_THE_SERVER: &str = "url = \"SERVER/\"\nname = \"Réservations\"";

async fn caldav(has_sync: bool, has_ctag: bool) -> (Shared, Caldav) {
    let (server, address) = serve().await;
    (server.lock().unwrap().has_sync, server.lock().unwrap().has_ctag) = (has_sync, has_ctag);
    server.lock().unwrap().put("a", "first");
    let folder = tempfile::tempdir().unwrap();
    let section = section(address, folder.path(), AT_THE_SERVER);
    (server, Caldav::new(http(&section), &section))
}

fn titles(caldav: &Caldav) -> Vec<String> {
    let title = |text: Arc<str>| text.split_once("SUMMARY:").unwrap().1.lines().next().unwrap().to_owned();
    caldav.texts().into_iter().map(title).collect()
}

#[tokio::test]
async fn a_calendar_is_found_from_its_server_and_followed() {
    for (has_sync, has_ctag) in [(true, true), (false, true), (false, false)] {
        let (server, mut caldav) = caldav(has_sync, has_ctag).await;
        assert_eq!(caldav.look(window()).await, Ok(Look::Changed));
        assert_eq!(titles(&caldav), ["first"]);
        assert_eq!(caldav.addresses(), ["turing@rooms.example"]);

        server.lock().unwrap().asked.clear();
        assert_eq!(caldav.look(window()).await, Ok(Look::Unchanged));
        let asked = std::mem::take(&mut server.lock().unwrap().asked);
        // One request tells that nothing has changed, where the server can tell.
        assert_eq!(asked.len(), if has_sync || has_ctag { 1 } else { 2 }, "{asked:?}");

        server.lock().unwrap().put("b", "second");
        server.lock().unwrap().put("a", "first, moved");
        assert_eq!(caldav.look(window()).await, Ok(Look::Changed));
        assert_eq!(titles(&caldav), ["first, moved", "second"]);

        server.lock().unwrap().remove("a");
        assert_eq!(caldav.look(window()).await, Ok(Look::Changed));
        assert_eq!(titles(&caldav), ["second"]);
        assert_eq!(caldav.look(window()).await, Ok(Look::Unchanged));
    }
}

#[tokio::test]
async fn a_token_that_the_server_forgot_costs_nothing_but_a_list() {
    let (server, mut caldav) = caldav(true, false).await;
    caldav.look(window()).await.unwrap();
    caldav.forget_token("s/forgotten");
    server.lock().unwrap().put("b", "second");
    assert_eq!(caldav.look(window()).await, Ok(Look::Changed));
    assert_eq!(titles(&caldav), ["first", "second"]);
}

#[tokio::test]
async fn several_calendars_need_a_name_and_one_address_needs_none() {
    let (_server, address) = serve().await;
    let folder = tempfile::tempdir().unwrap();
    let look = async |rest: &str| {
        let section = section(address, folder.path(), rest);
        Caldav::new(http(&section), &section).look(window()).await
    };
    assert_eq!(look("url = \"SERVER/\"").await, Err(Trouble::SeveralCalendars));
    assert_eq!(look("url = \"SERVER/\"\nname = \"Salle\"").await, Err(Trouble::NoCalendar));
    assert_eq!(look("url = \"SERVER/elsewhere/\"\nname = \"Réservations\"").await, Ok(Look::Changed));
}

#[tokio::test]
async fn servers_that_misbehave_are_told_apart_and_leave_what_was_known() {
    let (server, mut caldav) = caldav(true, true).await;
    let (_, address) = serve().await;
    let folder = tempfile::tempdir().unwrap();
    let section = section(address, folder.path(), "url = \"SERVER/turing.ics\"\nkind = \"ics\"");
    caldav.look(window()).await.unwrap();
    for (fault, trouble) in [
        (Fault::Status(StatusCode::INTERNAL_SERVER_ERROR), None),
        (Fault::Page, None),
        (Fault::Status(StatusCode::UNAUTHORIZED), None),
        (
            Fault::Status(StatusCode::TOO_MANY_REQUESTS),
            Some(Trouble::Busy { retry_after: Some(Duration::from_secs(7)) }),
        ),
        (Fault::Endless, Some(Trouble::TooLarge)),
    ] {
        server.lock().unwrap().fault = Some(fault);
        let looked = caldav.look(window()).await;
        assert!(looked.is_err() && trouble.is_none_or(|trouble| looked == Err(trouble)), "{looked:?}");
        assert_eq!(titles(&caldav), ["first"]);
    }
    server.lock().unwrap().fault = None;
    server.lock().unwrap().put("b", "second");
    assert_eq!(caldav.look(window()).await, Ok(Look::Changed));
    assert_eq!(titles(&caldav), ["first", "second"]);
    // Nobody listens there any more.
    drop(tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap());
    let mut gone = section.clone();
    gone.url = "http://127.0.0.1:9/".parse().unwrap();
    assert!(matches!(Caldav::new(http(&gone), &gone).look(window()).await, Err(Trouble::Unreachable(_))));
}

#[tokio::test]
async fn a_file_is_asked_for_only_when_it_has_changed() {
    let (server, address) = serve().await;
    let folder = tempfile::tempdir().unwrap();
    let section = section(address, folder.path(), "url = \"SERVER/turing.ics\"\nkind = \"ics\"");
    let mut ics = Ics::new(http(&section), &section);
    server.lock().unwrap().file = DATA.into();
    assert_eq!(ics.look().await, Ok(Look::Changed));
    assert_eq!(ics.look().await, Ok(Look::Unchanged));
    for (fault, trouble) in [
        (Fault::Page, Trouble::NotUnderstood),
        (Fault::Elsewhere, Trouble::Elsewhere),
        (Fault::Status(StatusCode::UNAUTHORIZED), Trouble::Refused),
        (Fault::Status(StatusCode::NOT_FOUND), Trouble::NotFound),
        (Fault::Endless, Trouble::TooLarge),
    ] {
        server.lock().unwrap().fault = Some(fault);
        assert_eq!(ics.look().await, Err(trouble));
        assert_eq!(&*ics.texts()[0], DATA);
    }
    server.lock().unwrap().fault = None;
    server.lock().unwrap().file = DATA.replace("TITLE", "another");
    assert_eq!(ics.look().await, Ok(Look::Changed));
}

#[tokio::test]
async fn a_room_without_its_calendar_shows_what_was_kept_and_how_old_it_is() {
    let (server, address) = serve().await;
    let folder = tempfile::tempdir().unwrap();
    let section = section(address, folder.path(), "url = \"SERVER/turing.ics\"\nkind = \"ics\"");
    let client = client();
    let calendar = |events| {
        let (context, orders) = (ParseContext::default(), mpsc::channel(ORDERS).1);
        Calendar::new(&section, &client, context, folder.path(), events, orders).unwrap()
    };
    let tomorrow = Timestamp::now().checked_add(SignedDuration::from_hours(24)).unwrap();
    let stamp = TimeZone::UTC.to_datetime(tomorrow).strftime("%Y%m%dT%H%M%SZ").to_string();
    server.lock().unwrap().file = DATA.replace("20261124T090000Z", &stamp);

    let (events, mut heard) = mpsc::channel(8);
    let running = tokio::spawn(calendar(events).run());
    let Some(Event::Booking(BookingReport::May(Err(BookingFailure::ReadOnly)))) = heard.recv().await else { panic!() };
    let Some(Event::Calendar { entries, as_of: first }) = heard.recv().await else { panic!() };
    assert_eq!(entries[0].title, Title::Plain("TITLE".into()));
    running.abort();

    // Another day, and no server.
    server.lock().unwrap().fault = Some(Fault::Status(StatusCode::BAD_GATEWAY));
    let (events, mut heard) = mpsc::channel(8);
    let running = tokio::spawn(calendar(events).run());
    let Some(Event::Booking(BookingReport::May(Err(BookingFailure::ReadOnly)))) = heard.recv().await else { panic!() };
    let Some(Event::Calendar { entries: kept, as_of }) = heard.recv().await else { panic!() };
    assert_eq!((&kept, as_of), (&entries, first));
    // Told again after the failure, as old as it was.
    let Some(Event::Calendar { as_of, .. }) = heard.recv().await else { panic!() };
    assert_eq!(as_of, first);
    running.abort();
}

#[test]
fn what_is_kept_is_for_nobody_else_and_holds_nothing_private() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("agenda.json");
    let context = ParseContext::default();
    let destination = Destination::parse("https://visio.example/abc-defg-hij", &context).unwrap();
    let entry = |title, all_day, venue| AgendaEntry {
        title,
        start: Duration::from_secs(100),
        end: Duration::from_secs(200),
        all_day,
        venue,
        uid: (!all_day).then(|| "UID1".to_owned()),
        is_transparent: all_day,
    };
    let entries = vec![
        entry(Title::Plain("Point".into()), false, Some(Venue::Joinable(destination))),
        entry(Title::Private, true, None),
        entry(Title::Untitled, false, Some(Venue::NotJoinable(Obstacle::LinkRewritten))),
        entry(Title::Untitled, false, Some(Venue::NotJoinable(Obstacle::Platform(room::venue::Platform::Teams)))),
    ];
    let kept = Kept { as_of: "2026-11-24T09:00:00.5Z".parse().unwrap(), entries };
    kept.save(&path).unwrap();
    // Again, over what is there.
    kept.save(&path).unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(Kept::load(&path, &context), Some(kept));
    std::fs::write(&path, "{ nonsense").unwrap();
    assert_eq!(Kept::load(&path, &context), None);
}

#[test]
fn the_passphrase_of_an_encrypted_meeting_is_not_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("agenda.json");
    let (context, passphrase) = (ParseContext::default(), "0123456789abcdef".repeat(3));
    let link = format!("https://visio.example/abc-defg-hij#{passphrase}");
    let entries = vec![AgendaEntry {
        title: Title::Plain("Point".into()),
        start: Duration::from_secs(100),
        end: Duration::from_secs(200),
        all_day: false,
        venue: Some(Venue::Joinable(Destination::parse(&link, &context).unwrap())),
        uid: None,
        is_transparent: false,
    }];
    Kept { as_of: "2026-11-24T09:00:00.5Z".parse().unwrap(), entries }.save(&path).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(!text.contains(&passphrase[..8]), "{text}");
    // And the meeting is not one in clear from now on.
    let kept = Kept::load(&path, &context).unwrap();
    assert_eq!(kept.entries[0].venue, Some(Venue::NotJoinable(Obstacle::KeyMissing)));
}

#[test]
fn pauses_grow_and_stay_bearable() {
    for failures in 1..100 {
        let pause = pause_after(failures, None);
        assert!(pause >= Duration::from_secs(3) && pause <= PAUSE_MAX.mul_f64(1.25), "{failures}: {pause:?}");
    }
    assert!(pause_after(1, None) < Duration::from_secs(8) && pause_after(9, None) > Duration::from_secs(200));
    assert!(pause_after(1, Some(Duration::from_secs(100))) >= Duration::from_secs(100));
    assert!(pause_after(1, Some(Duration::from_secs(86_400))) <= PAUSE_MAX);
}

/// Of a room that goes straight on.
fn client() -> HttpClient {
    let trust = TlsTrust::load(None).unwrap();
    let ways = Ways::new(None, &trust, anywhere()).unwrap();
    HttpClient::new(&trust, &ways, anywhere()).unwrap()
}
