//! From the links of an event to where it takes place.

use room::Destination;
use room::destination::{DestinationError, ParseContext};
use room::venue::{Obstacle, Platform, Venue};
use url::Url;

use crate::unwrap::{Unwrapped, is_of, unwrapped};

/// Links looked at in one property.
const LINKS_MAX: usize = 64;
/// Longer ones are no links to meetings.
const LINK_BYTES_MAX: usize = 4096;
/// Links begin so.
const SCHEMES: [&str; 7] = ["https://", "http://", "wss://", "ws://", "sips:", "sip:", "h323:"];

/// A venue, and how much it is preferred to others: the smallest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    pub rank: u8,
    pub venue: Venue,
}

/// The best venue that a text names, the first of equals.
pub fn best(text: &str, context: &ParseContext) -> Option<Candidate> {
    links(text, context).filter_map(|link| candidate(link, context)).min_by_key(|candidate| candidate.rank)
}

/// The links in a text, plain or HTML, as they stand there.
fn links<'a>(text: &'a str, context: &'a ParseContext) -> impl Iterator<Item = Url> + 'a {
    let host = context.instance.as_ref().and_then(Url::host_str).unwrap_or_default();
    let mut rest = text;
    let pieces = std::iter::from_fn(move || {
        let (at, scheme) = next_link(rest, host)?;
        let found = &rest[at..];
        let end = found.find(is_outside).unwrap_or(found.len());
        let link = &found[..end];
        rest = &found[end.max(1)..];
        Some((link, scheme))
    });
    pieces.take(LINKS_MAX).filter(|(link, _)| link.len() <= LINK_BYTES_MAX).filter_map(|(link, scheme)| {
        let link = link.replace("&amp;", "&").replace("&#38;", "&");
        // What ends a sentence, or closes what was opened before the link.
        let link = link.trim_end_matches(['.', ',', ';', ':', '!', '?', ')', ']', '}', '\'', '*', '|', '…', '’']);
        let link = if scheme { link.to_owned() } else { format!("https://{link}") };
        Url::parse(&link).ok()
    })
}

/// Where the next link begins, and whether it says its scheme: people leave that of their own
/// instance out.
fn next_link(text: &str, host: &str) -> Option<(usize, bool)> {
    let bytes = text.as_bytes();
    let host_initial = host.as_bytes().first().map(u8::to_ascii_lowercase);
    text.char_indices().find_map(|(at, letter)| {
        let initial = letter.to_ascii_lowercase();
        if !matches!(initial, 'h' | 's' | 'w') && host_initial.map(char::from) != Some(initial) {
            return None;
        }
        let starts = |word: &str| {
            let ahead = bytes.get(at..at + word.len());
            ahead.is_some_and(|ahead| ahead.eq_ignore_ascii_case(word.as_bytes()))
        };
        let in_word = at > 0 && (bytes[at - 1].is_ascii_alphanumeric() || b".-@/".contains(&bytes[at - 1]));
        if SCHEMES.iter().any(|scheme| starts(scheme) && (!in_word || scheme.ends_with('/'))) {
            return Some((at, true));
        }
        let is_host = !host.is_empty() && !in_word && starts(host) && bytes.get(at + host.len()) == Some(&b'/');
        is_host.then_some((at, false))
    })
}

fn is_outside(letter: char) -> bool {
    letter.is_whitespace()
        || letter.is_control()
        || matches!(letter, '<' | '>' | '"' | '`' | '«' | '»' | '“' | '”' | '„' | '\u{2500}' | '\u{200b}' | '\\')
}

fn candidate(link: Url, context: &ParseContext) -> Option<Candidate> {
    let obstacle = |rank, obstacle| Some(Candidate { rank, venue: Venue::NotJoinable(obstacle) });
    let link = match unwrapped(link) {
        Unwrapped::Link(link) => link,
        Unwrapped::Opaque => return obstacle(5, Obstacle::LinkRewritten),
    };
    match link.scheme() {
        "sip" | "sips" | "h323" => return obstacle(4, Obstacle::Platform(Platform::Sip)),
        "ws" | "wss" => {
            return match Destination::parse(link.as_str(), context) {
                Ok(destination) => Some(Candidate { rank: 0, venue: Venue::Joinable(destination) }),
                Err(_) => obstacle(3, Obstacle::TokenMissing),
            };
        }
        _ => {}
    }
    if let Some(platform) = platform(&link) {
        return obstacle(3, Obstacle::Platform(platform));
    }
    let is_own = context.instance.as_ref().is_some_and(|instance| {
        instance.host() == link.host() && instance.port_or_known_default() == link.port_or_known_default()
    });
    if !is_own && !has_code(&link) {
        return None;
    }
    match Destination::parse(link.as_str(), context) {
        Ok(destination) => Some(Candidate { rank: u8::from(!is_own), venue: Venue::Joinable(destination) }),
        Err(DestinationError::NotEncrypted | DestinationError::HasCredentials) if has_code(&link) => {
            obstacle(2, Obstacle::NotEncrypted)
        }
        Err(DestinationError::KeyDamaged) => obstacle(2, Obstacle::KeyMissing),
        Err(_) => None,
    }
}

/// Whether the path is a code as La Suite Meet makes them, `abc-defg-hij`: any instance may be meant.
fn has_code(link: &Url) -> bool {
    let mut words = link.path().trim_matches('/').split('-').map(|word| {
        let letters = word.bytes().all(|b| b.is_ascii_lowercase());
        if letters { word.len() } else { 0 }
    });
    [words.next(), words.next(), words.next(), words.next()] == [Some(3), Some(4), Some(3), None]
}

/// The platform of a link to a meeting, when it is another one than La Suite Meet.
fn platform(link: &Url) -> Option<Platform> {
    let host = link.host_str()?;
    let path = link.path();
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    let is_of = |domain: &str| is_of(host, domain);
    let (first, last) = (segments.first().copied().unwrap_or_default(), segments.last().copied().unwrap_or_default());

    if ["zoom.us", "zoom.com", "zoom.de", "zoomgov.com"].into_iter().any(is_of) {
        return matches!(first, "j" | "my" | "w" | "wc" | "s").then_some(Platform::Zoom);
    }
    if host == "meet.google.com" {
        return (!first.is_empty()).then_some(Platform::GoogleMeet);
    }
    if ["teams.microsoft.com", "teams.live.com", "teams.cloud.microsoft", "teams.microsoft.us"].into_iter().any(is_of) {
        return (first == "meet" || link.as_str().contains("meetup-join")).then_some(Platform::Teams);
    }
    if is_of("webex.com") {
        let is_site = !["webex.com", "www.webex.com", "help.webex.com"].contains(&host);
        return (is_site && !segments.is_empty()).then_some(Platform::Webex);
    }
    const JITSI: [&str; 6] = [
        "meet.jit.si",
        "8x8.vc",
        "framatalk.org",
        "kmeet.infomaniak.com",
        "rendez-vous.renater.fr",
        "webconf.numerique.gouv.fr",
    ];
    if JITSI.contains(&host) || host.split('.').any(|label| label == "jitsi") {
        // Under /static/ are pages about dialling in.
        return (!segments.is_empty() && first != "static").then_some(Platform::Jitsi);
    }
    if is_of("webinaire.numerique.gouv.fr") && !segments.is_empty() || first == "bigbluebutton" {
        return Some(Platform::BigBlueButton);
    }
    if is_of("call.element.io") && !segments.is_empty()
        || first == "room" && link.fragment().is_some_and(|fragment| fragment.contains("roomId="))
    {
        return Some(Platform::ElementCall);
    }
    let threes = |text: &str| {
        let words: Vec<&str> = text.split('-').collect();
        let is_word =
            |word: &&str| word.len() == 3 && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        (3..=4).contains(&words.len()) && words.iter().all(is_word)
    };
    match segments.as_slice() {
        ["b", code] if threes(code) => Some(Platform::BigBlueButton),
        ["rooms", code, "join"] if threes(code) => Some(Platform::BigBlueButton),
        ["invite" | "room", id] if is_uuid(id) => Some(Platform::OpenTalk),
        [.., "call", token] if is_talk_token(token) => Some(Platform::NextcloudTalk),
        ["group", _] if path.ends_with('/') && (host.contains("galene") || link.port() == Some(8443)) => {
            Some(Platform::Galene)
        }
        _ if host.split('.').any(|label| label == "galene") && first == "group" && !last.is_empty() => {
            Some(Platform::Galene)
        }
        _ => None,
    }
}

fn is_uuid(text: &str) -> bool {
    let lengths = text.split('-').map(str::len);
    lengths.eq([8, 4, 4, 4, 12]) && text.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-')
}

fn is_talk_token(text: &str) -> bool {
    (6..=32).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn context() -> ParseContext {
        ParseContext {
            instance: Some(Url::parse("https://visio.example/").unwrap()),
            livekit: vec![room::destination::LiveKitAccess::new("wss://livekit.example", "secret").unwrap()],
        }
    }

    fn venue(text: &str) -> Option<Venue> {
        best(text, &context()).map(|candidate| candidate.venue)
    }

    fn name(text: &str) -> String {
        match venue(text) {
            Some(Venue::Joinable(destination)) => destination.name(),
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn every_platform_is_known_by_its_links() {
        use Platform as P;
        for (link, platform) in [
            ("https://us02web.zoom.us/j/89012345678?pwd=abc.1", P::Zoom),
            ("https://zoom.us/my/turing", P::Zoom),
            ("https://dila.zoomgov.com/j/1612345678", P::Zoom),
            ("https://meet.google.com/abc-defg-hij", P::GoogleMeet),
            ("https://teams.microsoft.com/l/meetup-join/19%3ameeting_x%40thread.v2/0?context=%7b%7d", P::Teams),
            ("https://teams.microsoft.com/meet/2345678901234?p=abc", P::Teams),
            ("https://teams.live.com/meet/9312345678901", P::Teams),
            ("https://acme.webex.com/acme/j.php?MTID=m0123", P::Webex),
            ("https://acme.webex.com/meet/alan", P::Webex),
            ("https://meet.jit.si/PointHebdo", P::Jitsi),
            ("https://rendez-vous.renater.fr/point-hebdo", P::Jitsi),
            ("https://webconf.numerique.gouv.fr/PointHebdo1234567", P::Jitsi),
            ("https://jitsi.example.org/PointHebdo", P::Jitsi),
            ("https://bbb.example.org/b/ala-xyz-abc-def", P::BigBlueButton),
            ("https://bbb.example.org/rooms/abc-def-ghi-jkl/join", P::BigBlueButton),
            ("https://opentalk.example/invite/2f4b9c1e-1d2a-4b3c-8d4e-5f6071829304", P::OpenTalk),
            ("https://cloud.example/call/r5k7abcd", P::NextcloudTalk),
            ("https://cloud.example/nextcloud/index.php/call/r5k7abcd", P::NextcloudTalk),
            ("https://call.element.io/room/#/point?roomId=!x:call.ems.host", P::ElementCall),
            ("https://call.example/room/#/point?roomId=!x:example.org&password=abc", P::ElementCall),
            ("https://galene.org:8443/group/public/", P::Galene),
            ("sip:2345@rooms.example", P::Sip),
            ("sips:room@example.org", P::Sip),
            ("h323:10.1.2.3", P::Sip),
        ] {
            let expected = Some(Venue::NotJoinable(Obstacle::Platform(platform)));
            assert_eq!(venue(&format!("Lien : {link}.")), expected, "{link}");
        }
    }

    #[test]
    fn what_is_no_meeting_is_none() {
        for text in [
            "",
            "Salle 3.14, à 10:00",
            "https://zoom.us/test",
            "https://www.webex.com/",
            "https://meet.jit.si/static/dialInInfo.html?room=x",
            "https://support.google.com/calendar/answer/37135",
            "https://docs.example/ordre-du-jour",
            "https://other.example/room42",
            "https://visio.example/",
            "https://cal.example/group/finance/",
            "gossip:people and mailto:alan@example.org",
            "https://aka.ms/JoinTeamsMeeting?omkt=fr-FR",
        ] {
            assert_eq!(venue(text), None, "{text}");
        }
    }

    #[test]
    fn visio_is_found_wherever_it_stands() {
        for text in [
            "https://visio.numerique.gouv.fr/abc-defg-hij",
            "Pour participer à la visioconférence, cliquez sur ce lien : https://visio.example/abc-defg-hij.",
            "(visio.example/abc-defg-hij)",
            "HTTPS://VISIO.EXAMPLE/abc-defg-hij?from=outlook-addin",
            "<a href=\"https://visio.example/abc-defg-hij?x=1&amp;y=2\">Rejoindre</a>",
            "────────https://visio.example/abc-defg-hij────────",
            "[https://visio.example/abc-defg-hij]",
            "Lien:https://visio.example/abc-defg-hij\u{200b}",
        ] {
            assert_eq!(name(text), "abc-defg-hij", "{text}");
        }
        // On the room's own instance a chosen name is enough.
        assert_eq!(name("https://visio.example/Comit%C3%A9"), "comite");
        assert_eq!(name("wss://livekit.example"), "livekit.example");
    }

    #[test]
    fn the_fragment_is_kept() {
        let passphrase = "0123456789abcdef".repeat(3);
        let text = format!("Chiffrée : https://visio.example/abc-defg-hij#{passphrase}.");
        let Some(Venue::Joinable(Destination::Visio { passphrase: Some(found), .. })) = venue(&text) else {
            panic!("{text}")
        };
        assert_eq!(found.reveal().as_str(), passphrase);
    }

    #[test]
    fn what_the_room_can_join_comes_first_and_its_own_instance_before_others() {
        let zoom = "https://us02web.zoom.us/j/89012345678";
        let sip = "sip:89012345678@zoomcrc.com";
        assert_eq!(name(&format!("{zoom} ou https://visio.numerique.gouv.fr/abc-defg-hij")), "abc-defg-hij");
        let both = "https://visio.numerique.gouv.fr/abc-defg-hij https://visio.example/xyz-abcd-efg";
        assert_eq!(name(both), "xyz-abcd-efg");
        let expected = Some(Venue::NotJoinable(Obstacle::Platform(Platform::Zoom)));
        assert_eq!(venue(&format!("{sip} {zoom}")), expected);
    }

    #[test]
    fn an_obstacle_says_what_it_is() {
        for (text, obstacle) in [
            ("http://visio.example/abc-defg-hij", Obstacle::NotEncrypted),
            ("https://alan:secret@visio.example/abc-defg-hij", Obstacle::NotEncrypted),
            ("https://protect-eu.mimecast.com/s/AbCdEf?domain=visio.example", Obstacle::LinkRewritten),
            ("wss://elsewhere.example", Obstacle::TokenMissing),
        ] {
            assert_eq!(venue(text), Some(Venue::NotJoinable(obstacle)), "{text}");
        }
    }

    #[test]
    fn endless_text_is_looked_at_to_a_point() {
        let many = "https://a.example/x ".repeat(100_000);
        assert_eq!(venue(&many), None);
        assert_eq!(venue(&format!("https://visio.example/{}", "a".repeat(1_000_000))), None);
        assert_eq!(venue(&"sip:".repeat(10_000)), None);
    }
}
