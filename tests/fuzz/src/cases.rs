//! One function for each thing that reads bytes we did not write. None may panic, whatever it is given.

mod certificate;
mod evidence;
mod frames;
mod group;
mod script;
mod sealed;
mod session;

use std::time::Duration;

use appliance::Config;
use hal::Board;
use meeting::io::HttpResponse;
use meeting::livekit::{turn, wire};
use meeting::visio::{Answer, read_answer};
use policy::{EndToEnd, Floor, Key, Language, PlatformKind, Policy, Purpose, Question, Role, Verdict};
use room::destination::{Destination, ParseContext};
use url::Url;

/// What a case is given bytes by.
pub type Case = fn(&[u8]);

/// Every case and the name of its target and of its folder in `corpus`.
pub const CASES: &[(&str, Case)] = &[
    ("signal", signal),
    ("packet", packet),
    ("deframer", deframer),
    ("client", session::client),
    ("answer", answer),
    ("entry", session::entry),
    ("destination", destination),
    ("turn_url", turn_url),
    ("config", config),
    ("agenda", agenda),
    ("multistatus", multistatus),
    ("board", board),
    ("policy", policy),
    ("evidence", evidence::evidence),
    ("certificate", certificate::certificate),
    ("sealed", sealed::sealed),
    ("group", group::group),
    ("frames", frames::frames),
];

/// The case of a target.
///
/// # Panics
///
/// When there is none of that name.
pub fn run(name: &str, data: &[u8]) {
    let (_, case) = CASES.iter().find(|(n, _)| *n == name).expect("a case of that name");
    case(data);
}

/// A calendar: read in bounded pieces, and what comes of it is fit to be shown.
fn agenda(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let zone = jiff::tz::TimeZone::fixed(jiff::tz::offset(1));
    let context = ParseContext { instance: Url::parse("https://visio.example").ok(), ..ParseContext::default() };
    let query = agenda::Query {
        from: jiff::Timestamp::constant(1_795_474_800, 0),
        to: jiff::Timestamp::constant(1_796_684_400, 0),
        zone: &zone,
        zones: jiff::tz::db(),
        addresses: &["turing@rooms.example".into()],
        context: &context,
    };
    let reading = agenda::read([&*text], &query);
    assert!(reading.occurrences.len() <= agenda::OCCURRENCES_MAX);
    assert!(reading.occurrences.is_sorted_by_key(|occurrence| occurrence.start));
    for occurrence in &reading.occurrences {
        assert!(occurrence.start <= occurrence.end && occurrence.start < query.to && occurrence.end >= query.from);
        match &occurrence.title {
            room::Title::Plain(title) => {
                assert!(!title.is_empty() && title.chars().count() <= 200);
                assert!(!title.contains(|c: char| c.is_control() || c == '\u{202e}'));
            }
            room::Title::Private => assert_eq!(occurrence.venue, None),
            room::Title::Untitled => {}
        }
        if let Some(room::Venue::Joinable(Destination::Visio { instance, .. })) = &occurrence.venue {
            let is_here = |host: &str| host == "localhost" || host == "[::1]" || host.starts_with("127.");
            assert!(instance.scheme() == "https" || instance.host_str().is_some_and(is_here));
        }
    }
}

/// An answer of a CalDAV server.
fn multistatus(data: &[u8]) {
    let _ = appliance::calendar::read_multistatus(&String::from_utf8_lossy(data));
}

/// One signalling message of a LiveKit server.
fn signal(data: &[u8]) {
    let _ = wire::decode_signal(data);
}

/// Messages of a data channel, each with a 16-bit length before it.
fn packet(data: &[u8]) {
    let mut inbox = wire::Inbox::default();
    let mut script = script::Script::new(data);
    while let Some(message) = script.bytes() {
        let _ = wire::decode_packet(message);
        let _ = inbox.receive(message, |track| Some(track.to_owned()));
    }
}

/// A stream of datagrams: the first byte says how it is cut, the rest is the stream.
fn deframer(data: &[u8]) {
    let Some((cut, stream)) = data.split_first() else { return };
    let collect = |step: usize| {
        let mut datagrams = Vec::new();
        let mut deframer = wire::Deframer::default();
        stream.chunks(step).for_each(|piece| deframer.push(piece, |datagram| datagrams.push(datagram.to_vec())));
        datagrams
    };
    let pieces = collect(usize::from(*cut) + 1);
    assert_eq!(pieces, collect(stream.len().max(1)), "cutting changes nothing");
    assert!(pieces.iter().all(|datagram| !datagram.is_empty()));
}

/// An answer of the platform: status, kind of content, body.
fn answer(data: &[u8]) {
    let response = script::Script::new(data).response();
    match read_answer(&response, data.len().is_multiple_of(2)) {
        Answer::Admitted(admission) => {
            assert!(!admission.token.is_empty());
            assert!(admission.server.host().is_some());
        }
        Answer::TooMany(wait) => assert!(wait <= Duration::from_secs(600)),
        _ => {}
    }
    let _ = read_answer(&HttpResponse { body: data.to_vec(), ..response }, true);
}

/// A meeting link, a room code or a server's address.
fn destination(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let context = ParseContext { instance: Url::parse("https://visio.example/").ok(), ..Default::default() };
    for context in [context, ParseContext::default()] {
        if let Ok(destination) = Destination::parse(&text, &context) {
            check(&destination);
        }
    }
    if let Ok(destination) = Destination::livekit(&text, "token") {
        check(&destination);
    }
}

/// What is promised of every destination there is.
fn check(destination: &Destination) {
    assert!(!destination.name().is_empty());
    let (Destination::Visio { instance: url, .. } | Destination::LiveKit { server: url, .. }) = destination;
    assert!(url.username().is_empty() && url.password().is_none(), "no credentials in an address");
    let loopback = match url.host().expect("a host") {
        url::Host::Ipv4(address) => address.is_loopback(),
        url::Host::Ipv6(address) => address.is_loopback(),
        url::Host::Domain(name) => name == "localhost",
    };
    assert!(loopback || matches!(url.scheme(), "https" | "wss"), "in clear only to this machine");
    if let Destination::Visio { instance, slug, .. } = destination {
        let link = instance.join(slug).expect("a slug is a path");
        let again = Destination::parse(link.as_str(), &ParseContext::default()).expect("what we made of it is a link");
        assert_eq!(again.name(), *slug, "{link}");
    }
}

/// A TURN server's address.
fn turn_url(data: &[u8]) {
    if let Some(server) = turn::Server::parse(&String::from_utf8_lossy(data)) {
        assert!(!server.host.is_empty());
    }
}

/// The configuration of the room.
fn config(data: &[u8]) {
    if let Ok(config) = Config::parse(&String::from_utf8_lossy(data)) {
        assert!(config.window.listen.is_none_or(|listen| listen.ip().is_loopback()));
    }
}

fn policy(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let key = Key::parse(&text).ok();
    assert!(policy::accept(data, &text, &Vec::from_iter(key), &Floor::default()).is_err(), "nobody has signed it");
    let Ok(policy) = Policy::parse(&text) else { return };
    let now = jiff::Timestamp::UNIX_EPOCH;
    policy.cautions(now);
    let addresses: Vec<std::net::IpAddr> =
        ["192.0.2.1", "::ffff:192.0.2.1", "2001:db8::1"].iter().filter_map(|address| address.parse().ok()).collect();
    for address in &addresses {
        let same =
            |purpose| policy.may_contact(purpose, *address) == policy.may_contact(purpose, address.to_canonical());
        assert!(Purpose::ALL.iter().all(|purpose| same(*purpose)), "an address is the same however it is written");
    }
    let Ok(host) = policy::host("visio.numerique.gouv.fr") else { return };
    for end_to_end in [EndToEnd::Present, EndToEnd::Absent, EndToEnd::Unknown] {
        let host = host.clone();
        let question =
            Question { host, kind: PlatformKind::Visio, end_to_end, role: Role::RoomUser, addresses: Vec::new() };
        if let Verdict::Refused { reasons } = policy.may_join(&question, now) {
            assert!(!reasons.is_empty(), "a refusal has a reason");
        }
        let explanation = policy.explain(&question, &addresses, now, Language::French);
        assert!(!explanation.reasons.is_empty() && !explanation.text().is_empty());
    }
}

/// A board file.
fn board(data: &[u8]) {
    let _ = Board::parse(&String::from_utf8_lossy(data));
}
