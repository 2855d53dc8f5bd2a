//! What the platform answers to somebody who wants to come in.

use std::time::Duration;

use serde::Deserialize;
use url::Url;

use crate::io::HttpResponse;
use crate::livekit::is_loopback;

/// What an answer to `request-entry` or to the room itself means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    Admitted(Admission),
    Waiting,
    Denied,
    /// The room exists, but this way does not lead in (no access and no lobby entry asked for).
    NoAccess,
    NotFound,
    /// Asked too often; ask again after this.
    TooMany(Duration),
    /// The server has a trouble of its own that may pass (5xx).
    Trouble,
    /// Nothing we understand.
    Strange,
}

/// The way into the meeting.
#[derive(Clone, PartialEq, Eq)]
pub struct Admission {
    /// The LiveKit server.
    pub server: Url,
    /// The LiveKit room: the platform's id of the meeting, also in REST paths.
    pub room: String,
    /// The LiveKit token. A secret.
    pub token: String,
}

impl std::fmt::Debug for Admission {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Admission(…)")
    }
}

#[derive(Deserialize)]
struct Body {
    #[serde(default)]
    status: Option<String>,
    #[serde(default)]
    livekit: Option<LiveKit>,
}

#[derive(Deserialize)]
struct LiveKit {
    url: String,
    room: String,
    token: String,
}

/// Waits longer than any server of the recordings asks for are not believed.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(600);
const RETRY_AFTER_DEFAULT: Duration = Duration::from_secs(30);

/// Reads an answer of a platform that is on this machine, or is not. Never fails: what makes no sense is [`Answer::Strange`].
pub fn read_answer(response: &HttpResponse, beside_us: bool) -> Answer {
    match response.status {
        200 | 201 => read_body(response, beside_us).unwrap_or(Answer::Strange),
        404 => Answer::NotFound,
        429 => Answer::TooMany(retry_after(response)),
        500.. => Answer::Trouble,
        _ => Answer::Strange,
    }
}

fn header<'a>(response: &'a HttpResponse, name: &str) -> Option<&'a str> {
    response.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
}

fn retry_after(response: &HttpResponse) -> Duration {
    let seconds = header(response, "retry-after").and_then(|value| value.trim().parse().ok());
    seconds.map_or(RETRY_AFTER_DEFAULT, Duration::from_secs).min(RETRY_AFTER_MAX)
}

fn read_body(response: &HttpResponse, beside_us: bool) -> Option<Answer> {
    // Errors of Django and of proxies are HTML, sometimes with status 200.
    if !header(response, "content-type").is_some_and(|kind| kind.starts_with("application/json")) {
        return None;
    }
    let body: Body = serde_json::from_slice(&response.body).ok()?;
    Some(match (body.status.as_deref(), body.livekit) {
        (Some("accepted") | None, Some(livekit)) => Answer::Admitted(admission(livekit, beside_us)?),
        (Some("waiting"), _) => Answer::Waiting,
        (Some("denied"), _) => Answer::Denied,
        (None, None) => Answer::NoAccess,
        _ => return None,
    })
}

/// Unencrypted only where platform and server are both on this machine: a platform elsewhere has no
/// business with the services of this one.
fn admission(livekit: LiveKit, beside_us: bool) -> Option<Admission> {
    let server = Url::parse(&livekit.url).ok()?;
    server.host()?;
    let encrypted = matches!(server.scheme(), "https" | "wss");
    let usable = encrypted || (beside_us && is_loopback(&server) && matches!(server.scheme(), "http" | "ws"));
    (usable && !livekit.token.is_empty()).then_some(Admission { server, room: livekit.room, token: livekit.token })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(status: u16, body: &str) -> HttpResponse {
        let headers = vec![("content-type".into(), "application/json".into())];
        HttpResponse { status, headers, body: body.into() }
    }

    #[test]
    fn a_page_of_html_is_strange_not_a_crash() {
        let headers = vec![("content-type".into(), "text/html".into())];
        let response = HttpResponse { status: 200, headers, body: b"<html>".to_vec() };
        assert_eq!(read_answer(&response, false), Answer::Strange);
        assert_eq!(read_answer(&json(200, "[1,2"), false), Answer::Strange);
        assert_eq!(read_answer(&json(200, r#"{"status":"unknown","livekit":null}"#), false), Answer::Strange);
    }

    #[test]
    fn a_token_is_never_carried_in_clear_to_another_machine() {
        let body = |url: &str| format!(r#"{{"status":"accepted","livekit":{{"url":"{url}","room":"r","token":"t"}}}}"#);
        let read = |url: &str, beside_us| read_answer(&json(200, &body(url)), beside_us);
        for beside_us in [true, false] {
            assert_eq!(read("http://livekit.example", beside_us), Answer::Strange);
            assert!(matches!(read("https://livekit.example", beside_us), Answer::Admitted(_)));
        }
        assert!(matches!(read("http://127.0.0.1:7880", true), Answer::Admitted(_)));
        assert_eq!(read("http://127.0.0.1:7880", false), Answer::Strange);
    }

    #[test]
    fn a_server_that_asks_for_patience_gets_it_within_reason() {
        let mut response = json(429, "{}");
        assert_eq!(read_answer(&response, false), Answer::TooMany(RETRY_AFTER_DEFAULT));
        response.headers.push(("retry-after".into(), "58".into()));
        assert_eq!(read_answer(&response, false), Answer::TooMany(Duration::from_secs(58)));
        response.headers[1].1 = "99999999999".into();
        assert_eq!(read_answer(&response, false), Answer::TooMany(RETRY_AFTER_MAX));
    }
}
