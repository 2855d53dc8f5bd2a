//! A captive portal: a network that answers with a page of its own instead of the meeting's platform, until somebody has
//! signed in there. No room can: it has no browser. It can say whose page that is.

use url::Url;

/// What was found out on the way to a platform that was not reached.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Findings {
    /// What answers in clear, `http:`, at the platform's own address. Nobody else is asked.
    pub answer: Option<Answer>,
    /// The portal's address as the network announces it (RFC 8910 §2), by DHCP or router advertisements.
    pub announced: Option<String>,
}

/// An answer to a request in clear.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    /// The value of `Location`.
    pub location: Option<String>,
    /// Its beginning.
    pub body: String,
}

/// A network wants somebody to sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Portal {
    /// Where: a name or an address, when the network says.
    pub host: Option<String>,
}

/// RFC 6585 §6: Network Authentication Required.
const SIGN_IN: u16 = 511;
/// RFC 8910 §2: a network that says that it has no portal.
const UNRESTRICTED: &str = "urn:ietf:params:capport:unrestricted";
/// Of a longer name the end is shown: it says whose it is.
const HOST_CHARS_MAX: usize = 32;

impl Findings {
    /// Whether a portal stands between this room and the platform at `platform`.
    ///
    /// A platform may answer in clear, too: it sends everybody to itself, encrypted. Only who sends them elsewhere, or
    /// says in so many words that they have to sign in, is a portal.
    ///
    /// ```
    /// use room::portal::{Answer, Findings};
    ///
    /// let location = Some("https://login.hotel.example/?for=visio.example".to_owned());
    /// let findings = Findings { answer: Some(Answer { status: 302, location, ..Answer::default() }), announced: None };
    /// let portal = findings.portal(&"https://visio.example/".parse().unwrap()).unwrap();
    /// assert_eq!(portal.host.as_deref(), Some("login.hotel.example"));
    /// ```
    pub fn portal(&self, platform: &Url) -> Option<Portal> {
        let seen = self.answer.as_ref().and_then(|answer| answer.portal(platform));
        let announced = self.announced.as_deref().filter(|address| *address != UNRESTRICTED);
        let announced = announced.and_then(|address| Url::parse(address).ok()).and_then(|address| host(&address));
        match seen {
            // What was seen without a name is named by what was announced.
            Some(Portal { host: None }) => Some(Portal { host: announced }),
            Some(portal) => Some(portal),
            None => announced.map(|host| Portal { host: Some(host) }),
        }
    }
}

impl Answer {
    fn portal(&self, platform: &Url) -> Option<Portal> {
        let in_clear = Url::parse(&format!("http://{}/", platform.host_str()?)).ok()?;
        let place = match self.status {
            300..=399 => self.location.clone(),
            200..=299 | SIGN_IN => refresh(&self.body),
            _ => None,
        };
        let elsewhere = place.and_then(|place| in_clear.join(place.trim()).ok());
        let elsewhere = elsewhere.and_then(|place| host(&place)).filter(|host| !is_of(host, platform));
        match elsewhere {
            Some(host) => Some(Portal { host: Some(host) }),
            None => (self.status == SIGN_IN).then_some(Portal { host: None }),
        }
    }
}

/// As people read it.
fn host(address: &Url) -> Option<String> {
    let host = address.host_str().filter(|_| matches!(address.scheme(), "http" | "https"))?;
    let host = host.trim_end_matches('.');
    // Other alphabets' names are in ASCII here (RFC 3492).
    match host.len().checked_sub(HOST_CHARS_MAX) {
        _ if host.is_empty() => None,
        Some(cut @ 1..) => Some(format!("…{}", host.get(cut + 1..)?)),
        _ => Some(host.to_owned()),
    }
}

/// Whether a host is the platform's own, under its name or one of those below and beside `www`.
fn is_of(host: &str, platform: &Url) -> bool {
    let bare = |name: &str| name.trim_end_matches('.').trim_start_matches("www.").to_owned();
    let own = bare(platform.host_str().unwrap_or_default());
    bare(host) == own || host.ends_with(&format!(".{own}"))
}

/// Where a page of HTML sends its reader by itself: `<meta http-equiv="refresh" content="0; url=…">`.
fn refresh(page: &str) -> Option<String> {
    let lower = page.to_ascii_lowercase();
    let at = lower.find("http-equiv=\"refresh\"").or_else(|| lower.find("http-equiv='refresh'"))?;
    // The element it is in; letters are as many in lower case.
    let begin = lower[..at].rfind('<')?;
    let end = at + lower[at..].find('>')?;
    let target = begin + lower[begin..end].find("url=")? + "url=".len();
    let target = page[target..end].trim_start_matches(['\'', '"']);
    let (target, _) = target.split_once(['\'', '"', ' ']).unwrap_or((target, ""));
    (!target.is_empty()).then(|| target.replace("&amp;", "&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(status: u16, location: Option<&str>, body: &str) -> Option<Portal> {
        let answer = Answer { status, location: location.map(str::to_owned), body: body.into() };
        let findings = Findings { answer: Some(answer), announced: None };
        findings.portal(&Url::parse("https://visio.example/").unwrap())
    }

    fn at(host: &str) -> Option<Portal> {
        Some(Portal { host: Some(host.into()) })
    }

    #[test]
    fn who_sends_everybody_elsewhere_is_a_portal() {
        for status in [301, 302, 303, 307, 308] {
            assert_eq!(found(status, Some("http://192.0.2.1:8080/login?a=b"), ""), at("192.0.2.1"));
        }
        assert_eq!(found(302, Some("//Portal.Example./x"), ""), at("portal.example"));
        let page =
            "<HTML><head><META HTTP-EQUIV='refresh' CONTENT=\"0; URL='https://wifi.example/?a=1&amp;b=2'\"></head>";
        assert_eq!(found(200, None, page), at("wifi.example"));
        let long = format!("http://{}.hotel.example/", "a".repeat(60));
        assert_eq!(found(302, Some(&long), ""), at(&format!("…{}.hotel.example", "a".repeat(17))));
        assert_eq!(found(511, None, "<p>Sign in</p>"), Some(Portal { host: None }));
        assert_eq!(
            found(511, None, "<meta http-equiv=\"refresh\" content=\"1;url=http://a.example\">"),
            at("a.example")
        );
    }

    #[test]
    fn a_platform_that_sends_everybody_to_itself_is_none() {
        for place in ["https://visio.example/", "https://www.visio.example/x", "https://sso.visio.example", "/home", ""]
        {
            assert_eq!(found(301, Some(place), ""), None, "{place}");
        }
        // Nor one that says nothing of the kind, however it is broken.
        for (status, body) in [(200, "<p>It works!</p>"), (404, ""), (502, "<meta http-equiv=\"refresh\""), (302, "")] {
            assert_eq!(found(status, None, body), None, "{status}");
        }
        for place in ["mailto:a@b.example", "https://", "javascript:alert(1)", "http://[", "data:,x"] {
            assert_eq!(found(302, Some(place), ""), None, "{place}");
        }
    }

    #[test]
    fn no_page_is_too_strange_to_be_read() {
        let odd = [
            "<meta http-equiv=\"refresh\" content=\"url=\">",
            "http-equiv=\"refresh\">",
            "İ<a http-equiv='refresh' url=ü>",
        ];
        for page in odd {
            found(200, None, page);
        }
    }

    #[test]
    fn what_the_network_announces_names_the_portal() {
        let platform = Url::parse("https://visio.example/").unwrap();
        let announced = |address: &str| Findings { answer: None, announced: Some(address.into()) }.portal(&platform);
        assert_eq!(announced("https://portal.example/api/session?id=7"), at("portal.example"));
        assert_eq!(announced(UNRESTRICTED), None);
        assert_eq!(announced("nonsense"), None);
        assert_eq!(Findings::default().portal(&platform), None);
        // What answers is nearer than what was announced.
        let answer = Answer { status: 302, location: Some("http://seen.example/".into()), ..Answer::default() };
        let both = Findings { answer: Some(answer), announced: Some("https://told.example/".into()) };
        assert_eq!(both.portal(&platform), at("seen.example"));
        let answer = Answer { status: SIGN_IN, ..Answer::default() };
        let both = Findings { answer: Some(answer), announced: Some("https://told.example/".into()) };
        assert_eq!(both.portal(&platform), at("told.example"));
    }
}
