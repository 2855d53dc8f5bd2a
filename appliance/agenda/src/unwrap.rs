//! Links that mail protection and search engines put in the place of others.

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use url::Url;

/// Links within links, followed so deep.
const DEPTH_MAX: usize = 5;

/// What a link turned out to be.
#[derive(Debug, PartialEq, Eq)]
pub enum Unwrapped {
    Link(Url),
    /// Only the server of who rewrote it knows.
    Opaque,
}

/// Where a link leads.
pub fn unwrapped(link: Url) -> Unwrapped {
    let mut link = link;
    for _ in 0..DEPTH_MAX {
        match inner(&link) {
            Inner::Itself => return Unwrapped::Link(link),
            Inner::Text(text) => match Url::parse(text.trim()) {
                Ok(inner) => link = inner,
                Err(_) => return Unwrapped::Opaque,
            },
            Inner::Opaque => return Unwrapped::Opaque,
        }
    }
    Unwrapped::Opaque
}

enum Inner {
    Itself,
    Text(String),
    Opaque,
}

/// Those that carry the link as a parameter, by the end of their host name.
const PARAMETERS: [(&str, &[&str]); 12] = [
    // Microsoft Safe Links
    ("safelinks.protection.outlook.com", &["url"]),
    ("safelinks.protection.office365.us", &["url"]),
    ("statics.teams.cdn.office.net", &["url"]),
    // Barracuda Link Protection
    ("linkprotect.cudasvc.com", &["a"]),
    // Trend Micro
    ("trendmicro.com", &["url"]),
    // Trellix, formerly FireEye
    ("fireeye.com", &["u"]),
    // Symantec
    ("clicktime.symantec.com", &["u"]),
    // Libraesva
    ("urlsand.esvalabs.com", &["u"]),
    // The webmail of GMX, web.de and mail.com
    ("deref-gmx.net", &["redirectUrl"]),
    ("deref-web.de", &["redirectUrl"]),
    ("deref-mail.com", &["redirectUrl"]),
    ("l.facebook.com", &["u"]),
];

fn inner(link: &Url) -> Inner {
    if !matches!(link.scheme(), "http" | "https") {
        return Inner::Itself;
    }
    let Some(host) = link.host_str() else { return Inner::Itself };
    let found = |text: Option<String>| text.map_or(Inner::Opaque, Inner::Text);
    let is_of = |domain: &str| is_of(host, domain);
    if let Some((_, names)) = PARAMETERS.iter().find(|(domain, _)| is_of(domain)) {
        return match names.iter().find_map(|name| parameter(link, name)) {
            Some(text) => Inner::Text(text),
            // Their own pages are not rewritten links.
            None => Inner::Itself,
        };
    }
    if host.starts_with("www.google.") && link.path() == "/url" {
        return found(parameter(link, "q").or_else(|| parameter(link, "url")));
    }
    if is_of("urldefense.com") || is_of("urldefense.us") || is_of("urldefense.proofpoint.com") {
        return found(proofpoint(link));
    }
    if is_of("protection.sophos.com") {
        return found(parameter(link, "u").and_then(|text| base64_text(&text)));
    }
    if is_of("secure-web.cisco.com") {
        let last = link.path_segments().and_then(|mut segments| segments.next_back()).unwrap_or_default();
        return found(Some(percent_decoded(last)).filter(|text| text.contains("://")));
    }
    // Mimecast says no more than the domain.
    if (is_of("mimecast.com") || is_of("mimecastprotect.com")) && link.path().starts_with("/s/") {
        return Inner::Opaque;
    }
    Inner::Itself
}

/// Whether a host is `domain` or below it.
pub fn is_of(host: &str, domain: &str) -> bool {
    host.strip_suffix(domain).is_some_and(|before| before.is_empty() || before.ends_with('.'))
}

fn parameter(link: &Url, name: &str) -> Option<String> {
    link.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

/// Proofpoint URL Defense: three ways of writing it, told apart by the path.
fn proofpoint(link: &Url) -> Option<String> {
    let path = link.path();
    if path.starts_with("/v3/") {
        return proofpoint_3(link.as_str());
    }
    let text = parameter(link, "u")?;
    if path.starts_with("/v2/") {
        // `-` stands for `%`, and `_` for `/`.
        return Some(percent_decoded(&text.replace('-', "%").replace('_', "/")));
    }
    Some(text)
}

/// `/v3/__LINK__;CHARACTERS!…`: every `*` of the link stands for the next of the characters, and `**X`
/// for as many as `X` says, of which `A` is 2.
fn proofpoint_3(link: &str) -> Option<String> {
    let (_, rest) = link.split_once("/v3/__")?;
    let (masked, characters) = rest.rsplit_once("__;")?;
    let characters = base64_text(characters.split('!').next()?)?;
    let mut characters = characters.chars();
    let mut plain = String::with_capacity(masked.len());
    let mut letters = masked.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '*' if letters.next_if_eq(&'*').is_some() => {
                let count = run_length(letters.next()?)?;
                plain.extend(characters.by_ref().take(count));
            }
            '*' => plain.push(characters.next()?),
            other => plain.push(other),
        }
    }
    // Some servers on the way make one slash of two.
    match plain.split_once(":/") {
        Some((scheme, rest)) if !rest.starts_with('/') => Some(format!("{scheme}://{rest}")),
        _ => Some(plain),
    }
}

fn run_length(letter: char) -> Option<usize> {
    let value = match letter {
        'A'..='Z' => letter as usize - 'A' as usize,
        'a'..='z' => letter as usize - 'a' as usize + 26,
        '0'..='9' => letter as usize - '0' as usize + 52,
        '-' => 62,
        '_' => 63,
        _ => return None,
    };
    Some(value + 2)
}

/// Text from Base64 in either alphabet, with or without padding.
fn base64_text(text: &str) -> Option<String> {
    let config = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    let standard = text.replace('-', "+").replace('_', "/");
    let bytes = GeneralPurpose::new(&alphabet::STANDARD, config).decode(standard).ok()?;
    String::from_utf8(bytes).ok()
}

fn percent_decoded(text: &str) -> String {
    // As the value of a form that holds nothing else; a `+` there would be a space.
    let form = format!("x={}", text.replace('+', "%2B").replace('&', "%26"));
    let mut pairs = url::form_urlencoded::parse(form.as_bytes());
    pairs.next().map(|(_, value)| value.into_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const VISIO: &str = "https://visio.numerique.gouv.fr/abc-defg-hij";

    fn leads(link: &str) -> String {
        match unwrapped(Url::parse(link).unwrap()) {
            Unwrapped::Link(link) => link.into(),
            Unwrapped::Opaque => "opaque".into(),
        }
    }

    #[test]
    fn rewritten_links_lead_where_they_led() {
        let encoded = "https%3A%2F%2Fvisio.numerique.gouv.fr%2Fabc-defg-hij";
        for link in [
            format!("https://eur05.safelinks.protection.outlook.com/?url={encoded}&data=05%7C02&sdata=x%3D&reserved=0"),
            format!("https://eur01.safelinks.protection.outlook.com/ap/t-59584e83/?url={encoded}&data=05"),
            format!("https://linkprotect.cudasvc.com/url?a={encoded}&c=E,1,abc&typo=1"),
            format!("https://www.google.com/url?q={encoded}&sa=D&ust=1790000000&usg=AOv"),
            format!("https://www.google.fr/url?sa=t&url={encoded}"),
            format!("https://urldefense.proofpoint.com/v1/url?u={encoded}&k=abc"),
            "https://urldefense.proofpoint.com/v2/url?u=https-3A__visio.numerique.gouv.fr_abc-2Ddefg-2Dhij&d=DwMFAg&c=x"
                .into(),
            format!("https://urldefense.com/v3/__{VISIO}__;!!AbCd!x$"),
            "https://urldefense.us/v3/__https:/visio.numerique.gouv.fr/abc-defg-hij__;!!AbCd!x$".into(),
            format!("https://secure-web.cisco.com/1AbCdEf/{encoded}"),
            format!(
                "https://eu-west-1.protection.sophos.com/?d=numerique.gouv.fr&u={}&i=NQ==",
                "aHR0cHM6Ly92aXNpby5udW1lcmlxdWUuZ291di5mci9hYmMtZGVmZy1oaWo="
            ),
            format!("https://deref-web.de/mail/client/abc/dereferrer/?redirectUrl={encoded}"),
        ] {
            assert_eq!(leads(&link), VISIO, "{link}");
        }
    }

    #[test]
    fn the_fragment_survives() {
        let encoded = "https%3A%2F%2Fvisio.example%2Fabc-defg-hij%23abcd";
        let safe = format!("https://nam02.safelinks.protection.outlook.com/?url={encoded}&data=05");
        assert_eq!(leads(&safe), "https://visio.example/abc-defg-hij#abcd");
        let masked = "https://urldefense.com/v3/__https://visio.example/abc-defg-hij*abcd__;Iw!!x!y$";
        assert_eq!(leads(masked), "https://visio.example/abc-defg-hij#abcd");
        let run = "https://urldefense.com/v3/__https://visio.example/abc-defg-hij**A__;I2E!!x!y$";
        assert_eq!(leads(run), "https://visio.example/abc-defg-hij#a");
    }

    #[test]
    fn links_within_links_are_followed_and_not_for_ever() {
        let wrap = |link: &str| {
            let mut outer = Url::parse("https://eur05.safelinks.protection.outlook.com/").unwrap();
            outer.query_pairs_mut().append_pair("url", link);
            outer.to_string()
        };
        assert_eq!(leads(&wrap(&wrap(VISIO))), VISIO);
        let deep = (0..10).fold(VISIO.to_owned(), |link, _| wrap(&link));
        assert_eq!(leads(&deep), "opaque");
    }

    #[test]
    fn what_only_another_server_can_read_is_said_to_be_so() {
        assert_eq!(leads("https://protect-eu.mimecast.com/s/AbCdEf?domain=visio.numerique.gouv.fr"), "opaque");
        assert_eq!(leads("https://url.uk.m.mimecastprotect.com/s/AbCdEf"), "opaque");
        assert_eq!(leads("https://urldefense.com/v3/__https://visio.example/*__;!!x$"), "opaque");
    }

    #[test]
    fn other_links_are_what_they_are() {
        for link in
            [VISIO, "https://www.mimecast.com/products/", "sip:room@example.org", "https://evil-urldefense.com/v1"]
        {
            assert_eq!(leads(link), link);
        }
    }
}
