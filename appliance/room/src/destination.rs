//! Where a room can go: parsed once, at the edge.

use url::{Host, Url};
use zeroize::Zeroizing;

/// A meeting this room understands. Its `Debug` tells neither tokens nor passphrases.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum Destination {
    /// A meeting on a La Suite Meet instance (Visio).
    Visio {
        /// `https://visio.numerique.gouv.fr/` (plain http only for loopback).
        instance: Url,
        /// `abc-defg-hij`, or any older slug.
        slug: String,
        /// Of an end-to-end encrypted meeting.
        passphrase: Option<Passphrase>,
    },
    /// A LiveKit server by address and access token.
    LiveKit {
        /// `wss://livekit.example/` (plain ws only for loopback).
        server: Url,
        /// The access token, never logged.
        token: String,
    },
}

/// What an end-to-end encrypted meeting's key is made of: the fragment of its link, which browsers never send. Its `Debug`
/// tells nothing, and it is wiped when it is no longer needed.
#[derive(Clone, PartialEq, Eq)]
pub struct Passphrase(Zeroizing<String>);

impl Passphrase {
    /// Reads a fragment: 48 hexadecimal digits, as La Suite Meet writes them, in either case when people do. `None`:
    /// it is no whole one.
    pub fn parse(fragment: &str) -> Option<Passphrase> {
        let is_one = fragment.len() == PASSPHRASE_DIGITS && fragment.bytes().all(|b| b.is_ascii_hexdigit());
        is_one.then(|| Passphrase(Zeroizing::new(fragment.to_ascii_lowercase())))
    }

    /// The secret itself.
    pub fn reveal(&self) -> &Zeroizing<String> {
        &self.0
    }
}

impl std::hash::Hash for Passphrase {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.as_str().hash(state);
    }
}

impl std::fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Passphrase(…)")
    }
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
    /// LiveKit servers whose tokens the room was given beforehand: nobody types a token.
    pub livekit: Vec<LiveKitAccess>,
}

/// A LiveKit server and the token for one of its rooms. Its `Debug` does not tell the token.
#[derive(Clone, PartialEq, Eq)]
pub struct LiveKitAccess {
    server: Url,
    token: String,
}

impl std::fmt::Debug for LiveKitAccess {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LiveKitAccess(…)")
    }
}

impl LiveKitAccess {
    /// The server is understood, and must be encrypted, as in [`Destination::livekit`].
    ///
    /// # Errors
    /// As [`Destination::livekit`].
    pub fn new(server: &str, token: &str) -> Result<LiveKitAccess, DestinationError> {
        match Destination::livekit(server, token)? {
            Destination::LiveKit { server, token } => Ok(LiveKitAccess { server, token }),
            Destination::Visio { .. } => Err(DestinationError::NotAMeeting),
        }
    }

    /// Whether people who type this mean this server: its address, or its name alone.
    fn is_meant_by(&self, text: &str) -> bool {
        let address = if text.contains("://") { text.to_owned() } else { format!("wss://{text}") };
        let Ok(typed) = Url::parse(&address) else { return false };
        matches!(typed.scheme(), "ws" | "wss")
            && typed.host() == self.server.host()
            && typed.port_or_known_default() == self.server.port_or_known_default()
            && typed.path() == self.server.path()
    }
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
    #[error("what follows # in the link is not a whole key: 48 digits from 0 to 9 and a to f")]
    KeyDamaged,
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
    /// let context = ParseContext { instance: Some("https://visio.example".parse().unwrap()), ..Default::default() };
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
        if let Some(LiveKitAccess { server, token }) = context.livekit.iter().find(|l| l.is_meant_by(text)) {
            return Ok(Destination::LiveKit { server: server.clone(), token: token.clone() });
        }
        if text.contains("://") {
            return link(text);
        }
        if text.contains('/') {
            return link(&format!("https://{text}"));
        }
        let instance = context.instance.as_ref().ok_or(DestinationError::NoInstance)?;
        let slug = slug(text).ok_or(DestinationError::NotAMeeting)?;
        Ok(Destination::Visio { instance: origin(instance)?, slug, passphrase: None })
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

    /// Whether the link carries the passphrase of an end-to-end encrypted meeting.
    pub fn is_end_to_end_encrypted(&self) -> bool {
        matches!(self, Destination::Visio { passphrase: Some(_), .. })
    }

    /// Whether both are the same meeting, whatever keys they have for it.
    pub fn is_where(&self, other: &Destination) -> bool {
        match (self, other) {
            (Destination::Visio { instance, slug, .. }, Destination::Visio { instance: there, slug: name, .. }) => {
                (instance, slug) == (there, name)
            }
            _ => self == other,
        }
    }

    /// How people call it, without secrets: the room's name, or the server's.
    pub fn name(&self) -> String {
        match self {
            Destination::Visio { slug, .. } => slug.clone(),
            Destination::LiveKit { server, .. } => server.host_str().unwrap_or_default().to_owned(),
        }
    }

    /// What to type into a browser to get there, without secrets: `visio.example/abc-defg-hij`.
    pub fn address(&self) -> String {
        match self {
            Destination::Visio { slug, .. } => format!("{}/{slug}", self.host()),
            Destination::LiveKit { .. } => self.host(),
        }
    }

    /// Where its server is.
    pub(crate) fn server(&self) -> &Url {
        let (Destination::Visio { instance: url, .. } | Destination::LiveKit { server: url, .. }) = self;
        url
    }

    /// Whose server it is on, as people read it: `visio.example`, with its port where that is not the usual one.
    pub fn host(&self) -> String {
        let url = self.server();
        match (url.host_str().unwrap_or_default(), url.port()) {
            (host, Some(port)) => format!("{host}:{port}"),
            (host, None) => host.to_owned(),
        }
    }
}

/// Whether what is sent there never leaves this machine, encrypted or not.
pub fn is_on_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// Encrypted, or on this machine; and without a password in it.
fn guard(url: &Url) -> Result<(), DestinationError> {
    if !url.username().is_empty() || url.password().is_some() {
        return Err(DestinationError::HasCredentials);
    }
    match url.scheme() {
        "https" | "wss" => Ok(()),
        "http" | "ws" if is_on_this_machine(url) => Ok(()),
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
    let slug = slug(&decoded(name)).ok_or(DestinationError::NotAMeeting)?;
    let passphrase = match url.fragment() {
        None | Some("") => None,
        // Whatever it was to be: joining in clear where a key was meant would be worse than not joining.
        Some(fragment) => Some(Passphrase::parse(fragment).ok_or(DestinationError::KeyDamaged)?),
    };
    Ok(Destination::Visio { instance: origin(&url)?, slug, passphrase })
}

/// The canonical form of a room's name. Ten letters, in one or as 3-4-3, are a generated code and get
/// their hyphens, since the server does not find it without; anything else is an older, chosen name, and
/// becomes what the server makes of it: no accents, no punctuation, words joined by hyphens.
fn slug(text: &str) -> Option<String> {
    // An address of something is no name of a room.
    let mut chars = text.trim().chars().peekable();
    let mut name = String::new();
    while let Some(c) = chars.next() {
        match c {
            '@' | ':' | '/' | '\\' => return None,
            '.' if chars.peek().is_some_and(|next| next.is_alphanumeric()) => return None,
            '-' | '\u{2010}'..='\u{2015}' => name.push('-'),
            c if c.is_whitespace() => name.push('-'),
            c => name.extend(unaccented(c)),
        }
        if name.len() > 4 * SLUG_LENGTH_MAX {
            return None;
        }
    }
    let words: Vec<&str> = name.split('-').filter(|word| !word.is_empty()).collect();
    let lengths: Vec<usize> = words.iter().map(|word| word.len()).collect();
    let letters = words.concat();
    let plain = !text.chars().any(|c| c.is_alphabetic() && !c.is_ascii());
    if matches!(lengths.as_slice(), [10] | [3, 4, 3]) && plain && letters.bytes().all(|b| b.is_ascii_lowercase()) {
        return Some(format!("{}-{}-{}", &letters[..3], &letters[3..7], &letters[7..]));
    }
    let name = words.join("-");
    let name = name.trim_matches(|c| matches!(c, '-' | '_'));
    (!name.is_empty() && name.len() <= SLUG_LENGTH_MAX).then(|| name.to_owned())
}

/// A letter, digit or `_` in lower case and without its accent; `None` for what servers leave out, which
/// is punctuation and every letter that is not a Latin one with accents.
fn unaccented(c: char) -> Option<char> {
    let lower = c.to_lowercase().next()?;
    Some(match lower {
        'a'..='z' | '0'..='9' | '_' => lower,
        'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' | 'ā' | 'ă' | 'ą' => 'a',
        'ç' | 'ć' | 'ĉ' | 'ċ' | 'č' => 'c',
        'ď' => 'd',
        'è' | 'é' | 'ê' | 'ë' | 'ē' | 'ĕ' | 'ė' | 'ę' | 'ě' => 'e',
        'ĝ' | 'ğ' | 'ġ' | 'ģ' => 'g',
        'ĥ' => 'h',
        'ì' | 'í' | 'î' | 'ï' | 'ĩ' | 'ī' | 'ĭ' | 'į' => 'i',
        'ĵ' => 'j',
        'ķ' => 'k',
        'ĺ' | 'ļ' | 'ľ' => 'l',
        'ñ' | 'ń' | 'ņ' | 'ň' => 'n',
        'ò' | 'ó' | 'ô' | 'õ' | 'ö' | 'ō' | 'ŏ' | 'ő' => 'o',
        'ŕ' | 'ŗ' | 'ř' => 'r',
        'ś' | 'ŝ' | 'ş' | 'š' | 'ș' => 's',
        'ţ' | 'ť' | 'ț' => 't',
        'ù' | 'ú' | 'û' | 'ü' | 'ũ' | 'ū' | 'ŭ' | 'ů' | 'ű' | 'ų' => 'u',
        'ŵ' => 'w',
        'ý' | 'ÿ' | 'ŷ' => 'y',
        'ź' | 'ż' | 'ž' => 'z',
        _ => return None,
    })
}

/// A piece of an address as it was before `%` and two digits stood for its bytes.
fn decoded(piece: &str) -> String {
    let mut bytes = piece.bytes();
    let mut plain = Vec::with_capacity(piece.len());
    while let Some(byte) = bytes.next() {
        let mut ahead = bytes.clone();
        let digits = (ahead.next(), ahead.next());
        let value = |digit: Option<u8>| (digit? as char).to_digit(16);
        match (byte, value(digits.0), value(digits.1)) {
            (b'%', Some(high), Some(low)) => {
                plain.push((high * 16 + low) as u8);
                bytes = ahead;
            }
            _ => plain.push(byte),
        }
    }
    String::from_utf8_lossy(&plain).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Destination, DestinationError> {
        let context = ParseContext {
            instance: Some(Url::parse("https://visio.example/some/page").unwrap()),
            livekit: vec![LiveKitAccess::new("wss://livekit.example", "secret").unwrap()],
        };
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
        assert_eq!(slug_of("room42"), "room42");
    }

    #[test]
    fn chosen_names_become_what_the_server_makes_of_them() {
        for (typed, slug) in [
            ("Comité de pilotage", "comite-de-pilotage"),
            ("L'équipe d’été", "lequipe-dete"),
            ("  Point  -- projet ! ", "point-projet"),
            ("salle_12", "salle_12"),
            ("Réunion n° 4", "reunion-n-4"),
            ("salle paris", "salle-paris"),
            ("équipedata", "equipedata"),
            ("https://visio.example/Comit%C3%A9", "comite"),
            ("https://visio.example/L'équipe", "lequipe"),
            ("what?!", "what"),
        ] {
            assert_eq!(slug_of(typed), slug, "{typed}");
        }
        assert_eq!(slug_of(&"é".repeat(100)), "e".repeat(100));
    }

    #[test]
    fn a_passphrase_is_kept_and_never_shown() {
        let passphrase = "0123456789abcdef".repeat(3);
        for typed in [&passphrase, &passphrase.to_uppercase()] {
            let destination = parse(&format!("https://visio.example/abc-defg-hij#{typed}")).unwrap();
            let Destination::Visio { passphrase: Some(found), .. } = &destination else { panic!("{typed}") };
            assert_eq!(found.reveal().as_str(), passphrase);
            assert!(!format!("{destination:?} {found:?}").contains("0123"));
            assert!(!destination.address().contains("0123") && !destination.name().contains("0123"));
        }
        assert!(!parse("https://visio.example/abc-defg-hij#").unwrap().is_end_to_end_encrypted());
        for damaged in ["chat", &passphrase[1..], &format!("{passphrase}0"), &passphrase.replace('f', "g")] {
            let error = parse(&format!("https://visio.example/abc-defg-hij#{damaged}"));
            assert_eq!(error, Err(DestinationError::KeyDamaged), "never in clear: {damaged}");
        }
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
            ("?!", E::NotAMeeting),
            ("visio.example", E::NotAMeeting),
            ("somebody@example", E::NotAMeeting),
            ("日本", E::NotAMeeting),
            ("https://visio.example/%ff%", E::NotAMeeting),
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

    #[test]
    fn a_livekit_server_with_a_token_given_beforehand_is_typed_by_its_name() {
        let context = ParseContext {
            livekit: vec![
                LiveKitAccess::new("wss://livekit.example", "secret").unwrap(),
                LiveKitAccess::new("ws://127.0.0.1:7880", "local").unwrap(),
            ],
            ..ParseContext::default()
        };
        let token = |text: &str| match Destination::parse(text, &context) {
            Ok(Destination::LiveKit { token, .. }) => Ok(token),
            Ok(other) => panic!("{other:?}"),
            Err(error) => Err(error),
        };
        for text in ["livekit.example", "wss://livekit.example/", "LiveKit.example "] {
            assert_eq!(token(text).as_deref(), Ok("secret"), "{text}");
        }
        assert_eq!(token("ws://127.0.0.1:7880").as_deref(), Ok("local"));
        assert_eq!(token("wss://other.example"), Err(DestinationError::TokenMissing));
        assert_eq!(token("wss://livekit.example:444"), Err(DestinationError::TokenMissing));
        assert_eq!(token("livekit"), Err(DestinationError::NoInstance));
        assert!(!format!("{context:?}").contains("secret"));
        assert!(LiveKitAccess::new("ws://livekit.example", "secret").is_err(), "in clear");
    }
}
