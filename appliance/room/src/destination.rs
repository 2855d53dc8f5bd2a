//! Where a room can go: parsed once, at the edge.

use url::{Host, Url};

/// A meeting this room understands. Its `Debug` tells neither tokens nor passphrases.
#[derive(Clone, PartialEq, Eq)]
pub enum Destination {
    /// A meeting on a La Suite Meet instance (Visio).
    Visio {
        /// `https://visio.numerique.gouv.fr/` (plain http only for loopback).
        instance: Url,
        /// `abc-defg-hij`, or any older slug.
        slug: String,
        /// The link's fragment (an encryption passphrase), never logged.
        fragment: Option<String>,
    },
    /// A LiveKit server by address and access token.
    LiveKit {
        /// `wss://livekit.example/` (plain ws only for loopback).
        server: Url,
        /// The access token, never logged.
        token: String,
    },
}

impl std::fmt::Debug for Destination {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Destination::Visio { .. } => "Visio(…)",
            Destination::LiveKit { .. } => "LiveKit(…)",
        })
    }
}

/// What typed text is read against.
#[derive(Debug, Clone, Default)]
pub struct ParseContext {
    /// The La Suite Meet instance that a bare room code means.
    pub instance: Option<Url>,
}

/// Why a text is no destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DestinationError {
    #[error("nothing was given")]
    Empty,
    #[error("this is neither a meeting link nor a room code")]
    NotAMeeting,
    #[error("plain http is only for this machine; meetings need https")]
    NotEncrypted,
    #[error("a link must not carry a user name or password")]
    HasCredentials,
    #[error("a room code alone needs meetings.instance in the configuration")]
    NoInstance,
    #[error("a LiveKit server needs a token")]
    TokenMissing,
}

const PASSPHRASE_DIGITS: usize = 48;
/// The platform's own limit for names of rooms.
const SLUG_LENGTH_MAX: usize = 100;

impl Destination {
    /// Reads a meeting link or a room code as people type and paste them: with or without `https://`,
    /// any case, with spaces or without hyphens, in brackets, with what calendars add behind `?`.
    ///
    /// ```
    /// use room::destination::{Destination, ParseContext};
    /// let context = ParseContext { instance: Some("https://visio.example".parse().unwrap()) };
    /// let typed = Destination::parse("ABC defg hij", &context).unwrap();
    /// let pasted = Destination::parse("<https://visio.example/abc-defg-hij?from=mail>", &context).unwrap();
    /// assert_eq!(typed, pasted);
    /// ```
    ///
    /// # Errors
    /// When it is no such thing; the error says why.
    pub fn parse(text: &str, context: &ParseContext) -> Result<Destination, DestinationError> {
        let text = text.trim().trim_matches(|c: char| matches!(c, '<' | '>' | '"' | '\'' | '«' | '»')).trim();
        if text.is_empty() {
            return Err(DestinationError::Empty);
        }
        if text.contains("://") {
            return link(text);
        }
        if text.contains('/') {
            return link(&format!("https://{text}"));
        }
        let instance = context.instance.as_ref().ok_or(DestinationError::NoInstance)?;
        let slug = slug(text).ok_or(DestinationError::NotAMeeting)?;
        Ok(Destination::Visio { instance: origin(instance)?, slug, fragment: None })
    }

    /// A LiveKit server (`wss`, or `ws` on this machine; `https` and `http` are understood too) and a
    /// token for one of its rooms.
    ///
    /// # Errors
    /// When the address is none, is not encrypted, or the token is empty.
    pub fn livekit(server: &str, token: &str) -> Result<Destination, DestinationError> {
        let server = Url::parse(server.trim()).map_err(|_| DestinationError::NotAMeeting)?;
        if !matches!(server.scheme(), "ws" | "wss" | "http" | "https") || server.host().is_none() {
            return Err(DestinationError::NotAMeeting);
        }
        guard(&server)?;
        let token = token.trim();
        if token.is_empty() {
            return Err(DestinationError::TokenMissing);
        }
        Ok(Destination::LiveKit { server, token: token.to_owned() })
    }

    /// Whether the link carries the passphrase of an end-to-end encrypted meeting: 48 hexadecimal
    /// digits, as La Suite Meet writes it.
    pub fn is_end_to_end_encrypted(&self) -> bool {
        let is_passphrase =
            |text: &String| text.len() == PASSPHRASE_DIGITS && text.bytes().all(|b| b.is_ascii_hexdigit());
        matches!(self, Destination::Visio { fragment: Some(fragment), .. } if is_passphrase(fragment))
    }

    /// How people call it, without secrets: the room's name, or the server's.
    pub fn name(&self) -> String {
        match self {
            Destination::Visio { slug, .. } => slug.clone(),
            Destination::LiveKit { server, .. } => server.host_str().unwrap_or_default().to_owned(),
        }
    }
}

/// Encrypted, or on this machine; and without a password in it.
fn guard(url: &Url) -> Result<(), DestinationError> {
    if !url.username().is_empty() || url.password().is_some() {
        return Err(DestinationError::HasCredentials);
    }
    let loopback = match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    };
    match url.scheme() {
        "https" | "wss" => Ok(()),
        "http" | "ws" if loopback => Ok(()),
        "http" | "ws" => Err(DestinationError::NotEncrypted),
        _ => Err(DestinationError::NotAMeeting),
    }
}

fn origin(url: &Url) -> Result<Url, DestinationError> {
    guard(url)?;
    let mut origin = url.clone();
    origin.set_path("/");
    origin.set_query(None);
    origin.set_fragment(None);
    Ok(origin)
}

fn link(text: &str) -> Result<Destination, DestinationError> {
    let url = Url::parse(text).map_err(|_| DestinationError::NotAMeeting)?;
    guard(&url)?;
    if matches!(url.scheme(), "ws" | "wss") {
        return Err(DestinationError::TokenMissing);
    }
    let mut segments = url.path_segments().into_iter().flatten().filter(|segment| !segment.is_empty());
    let (Some(name), None) = (segments.next(), segments.next()) else { return Err(DestinationError::NotAMeeting) };
    let slug = slug(name).ok_or(DestinationError::NotAMeeting)?;
    let fragment = url.fragment().filter(|fragment| !fragment.is_empty()).map(str::to_owned);
    Ok(Destination::Visio { instance: origin(&url)?, slug, fragment })
}

/// The canonical form of a room's name. Ten letters are a generated code and get their hyphens, since
/// the server does not find it without; anything else is an older, chosen name.
fn slug(text: &str) -> Option<String> {
    let lower = text.trim().to_ascii_lowercase();
    let letters: String = lower.chars().filter(|c| !matches!(c, '-' | ' ' | '\u{2010}'..='\u{2015}')).collect();
    if letters.len() == 10 && letters.bytes().all(|b| b.is_ascii_lowercase()) {
        return Some(format!("{}-{}-{}", &letters[..3], &letters[3..7], &letters[7..]));
    }
    let words: Vec<&str> = lower.split(|c: char| c == ' ' || c == '-').filter(|word| !word.is_empty()).collect();
    let name = words.join("-");
    let plain = name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    (!name.is_empty() && plain && name.len() <= SLUG_LENGTH_MAX).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Destination, DestinationError> {
        let context = ParseContext { instance: Some(Url::parse("https://visio.example/some/page").unwrap()) };
        Destination::parse(text, &context)
    }

    fn slug_of(text: &str) -> String {
        match parse(text) {
            Ok(Destination::Visio { slug, .. }) => slug,
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn codes_are_understood_as_people_type_them() {
        for typed in [
            "abc-defg-hij",
            "abcdefghij",
            "ABC DEFG HIJ",
            " abc–defg–hij ",
            "visio.example/abc-defg-hij",
            "https://visio.example/ABCDEFGHIJ/",
            "https://visio.example/abc-defg-hij?from=outlook-addin",
        ] {
            assert_eq!(slug_of(typed), "abc-defg-hij", "{typed}");
        }
        assert_eq!(slug_of("Comité de pilotage".replace('é', "e").as_str()), "comite-de-pilotage");
        assert_eq!(slug_of("room42"), "room42");
    }

    #[test]
    fn the_fragment_is_kept_and_never_shown() {
        let destination = parse("https://visio.example/abc-defg-hij#0123abcd").unwrap();
        assert!(matches!(&destination, Destination::Visio { fragment: Some(f), .. } if f == "0123abcd"));
        assert!(!format!("{destination:?}").contains("0123"));
        let livekit = Destination::livekit("wss://l.example", "secret").unwrap();
        assert!(!format!("{livekit:?}").contains("secret"));
    }

    #[test]
    fn what_is_no_meeting_is_refused_with_its_reason() {
        use DestinationError as E;
        for (typed, error) in [
            ("", E::Empty),
            ("  ", E::Empty),
            ("https://visio.example/", E::NotAMeeting),
            ("https://visio.example/a/b", E::NotAMeeting),
            ("http://visio.example/abc-defg-hij", E::NotEncrypted),
            ("https://user:pass@visio.example/abc-defg-hij", E::HasCredentials),
            ("ftp://visio.example/abc", E::NotAMeeting),
            ("javascript://x/abc", E::NotAMeeting),
            ("wss://l.example", E::TokenMissing),
            ("what?!", E::NotAMeeting),
            (&"a".repeat(101), E::NotAMeeting),
        ] {
            assert_eq!(parse(typed), Err(error), "{typed}");
        }
        assert_eq!(Destination::parse("abc-defg-hij", &ParseContext::default()), Err(E::NoInstance));
        assert_eq!(Destination::livekit("ws://l.example", "t"), Err(E::NotEncrypted));
        assert_eq!(Destination::livekit("wss://l.example", " "), Err(E::TokenMissing));
    }

    #[test]
    fn plain_http_is_fine_on_this_machine() {
        for typed in
            ["http://127.0.0.1:8080/abc-defg-hij", "http://localhost:3000/abc-defg-hij", "http://[::1]/abc-defg-hij"]
        {
            assert_eq!(slug_of(typed), "abc-defg-hij");
        }
        assert!(Destination::livekit("ws://127.0.0.1:7880", "t").is_ok());
    }
}
