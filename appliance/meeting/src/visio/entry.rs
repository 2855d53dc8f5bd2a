//! From a room's name to a token: asking, waiting in the lobby, being let in.

use std::time::{Duration, Instant};

use url::Url;
use uuid::Uuid;

use super::answer::{Admission, Answer, read_answer};
use super::moderation::Account;
use super::requests::{get_room, request_entry};
use crate::io::{End, HttpRequest, HttpResponse, NetError};
use crate::livekit::is_loopback;

/// Between an answer and the next request: the server forgets who is silent for three seconds.
const POLL_INTERVAL: Duration = Duration::from_secs(1);
/// How long anybody waits before a closed door.
const LOBBY_TIMEOUT: Duration = Duration::from_secs(600);
/// An answer that takes longer is taken for lost.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(8);
/// In the lobby the request is repeated sooner: together with the poll interval this stays below the
/// server's three seconds, or our place is lost with the answer.
const ANSWER_TIMEOUT_IN_THE_LOBBY: Duration = Duration::from_millis(1500);
/// Troubles in a row before we give up at the door, where a person waits at the panel.
const TROUBLES_AT_THE_DOOR: u32 = 3;
/// Troubles in a row before we give up in the lobby, about a minute.
const TROUBLES_IN_THE_LOBBY: u32 = 30;

const _: () = assert!(POLL_INTERVAL.as_millis() + ANSWER_TIMEOUT_IN_THE_LOBBY.as_millis() < 3000);

/// What an entry is told once.
#[derive(Debug, Clone)]
pub struct EntryConfig {
    pub instance: Url,
    pub slug: String,
    /// Our identity in the lobby and, on most servers, in the meeting.
    pub device: Uuid,
    /// The room's own account, if it has one on this instance.
    pub account: Option<Account>,
    pub display_name: String,
    /// `fr`, `en` or `de`.
    pub language: String,
}

/// What an entry has come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Now in the lobby; told once.
    Lobby,
    Admitted(Admission),
    Over(End),
}

/// One attempt to be let in. Pure: [`Entry::request`] says what to ask, [`Entry::answered`] what it meant.
#[derive(Debug)]
pub struct Entry {
    config: EntryConfig,
    state: State,
    /// Waiting in the lobby since then.
    lobby_since: Option<Instant>,
    troubles: u32,
    unregistered: bool,
}

#[derive(Debug, Clone, Copy)]
enum State {
    /// Ask at this time.
    Ask {
        at: Instant,
    },
    /// Asked; the answer is due.
    Asked {
        give_up_at: Instant,
    },
    Over,
}

impl Entry {
    /// Asks at once.
    pub fn new(config: EntryConfig, now: Instant) -> Entry {
        Entry { config, state: State::Ask { at: now }, lobby_since: None, troubles: 0, unregistered: false }
    }

    /// The request that is due, if one is.
    pub fn request(&mut self, now: Instant) -> Option<HttpRequest> {
        let State::Ask { at } = self.state else { return None };
        if at > now {
            return None;
        }
        let in_lobby = self.lobby_since.is_some();
        let timeout = if in_lobby { ANSWER_TIMEOUT_IN_THE_LOBBY } else { ANSWER_TIMEOUT };
        self.state = State::Asked { give_up_at: now + timeout };
        let EntryConfig { instance, slug, device, account, display_name, language } = &self.config;
        Some(if self.unregistered {
            get_room(instance, slug, display_name, language)
        } else {
            request_entry(instance, slug, *device, account.as_ref(), display_name, language)
        })
    }

    /// When to come back, with [`Entry::timeout`].
    pub fn deadline(&self) -> Option<Instant> {
        let state = match self.state {
            State::Ask { at } => at,
            State::Asked { give_up_at } => give_up_at,
            State::Over => return None,
        };
        Some(self.lobby_since.map_or(state, |since| state.min(since + LOBBY_TIMEOUT)))
    }

    /// The deadline has passed, perhaps.
    pub fn timeout(&mut self, now: Instant) -> Option<Outcome> {
        if self.lobby_since.is_some_and(|since| since + LOBBY_TIMEOUT <= now) {
            return Some(self.over(End::LobbyTimedOut));
        }
        match self.state {
            State::Asked { give_up_at } if give_up_at <= now => {
                let outcome = self.trouble(End::ServerUnreachable, now);
                if outcome.is_none() && self.lobby_since.is_some() {
                    self.state = State::Ask { at: now };
                }
                outcome
            }
            _ => None,
        }
    }

    /// An answer to a request that was repeated meanwhile: it decides when it lets us in or sends us
    /// away; anything else the newest answer will say too.
    pub fn answered_late(&mut self, result: &Result<HttpResponse, NetError>) -> Option<Outcome> {
        if matches!(self.state, State::Over) {
            return None;
        }
        match read_answer(result.as_ref().ok()?, self.beside_us()) {
            Answer::Admitted(admission) => {
                self.state = State::Over;
                Some(Outcome::Admitted(admission))
            }
            Answer::Denied => Some(self.over(End::LobbyDenied)),
            Answer::Waiting => {
                self.troubles = 0;
                None
            }
            _ => None,
        }
    }

    fn beside_us(&self) -> bool {
        is_loopback(&self.config.instance)
    }

    /// The answer to the newest request.
    pub fn answered(&mut self, result: &Result<HttpResponse, NetError>, now: Instant) -> Option<Outcome> {
        if !matches!(self.state, State::Asked { .. }) {
            return None;
        }
        let response = match result {
            Ok(response) => response,
            Err(NetError::Certificate) => return Some(self.over(End::CertificateInvalid)),
            Err(NetError::OutsidePolicy) => return Some(self.over(End::OutsidePolicy)),
            Err(NetError::ProxyRefused) => return Some(self.over(End::ProxyRefused)),
            Err(NetError::ProxyForbids) => return Some(self.over(End::ProxyForbids)),
            Err(NetError::ProxyUnreachable) => return self.trouble(End::ProxyUnreachable, now),
            Err(NetError::Protocol) => return self.trouble(End::ServerError, now),
            Err(_) => return self.trouble(End::ServerUnreachable, now),
        };
        let answer = read_answer(response, self.beside_us());
        if !matches!(answer, Answer::Trouble) {
            self.troubles = 0;
        }
        match answer {
            Answer::Admitted(admission) => {
                self.state = State::Over;
                Some(Outcome::Admitted(admission))
            }
            Answer::Waiting => {
                self.state = State::Ask { at: now + POLL_INTERVAL };
                if self.lobby_since.is_some() {
                    return None;
                }
                self.lobby_since = Some(now);
                Some(Outcome::Lobby)
            }
            // Asking on would put us into the queue again.
            Answer::Denied => Some(self.over(End::LobbyDenied)),
            Answer::NotFound if !self.unregistered && self.lobby_since.is_none() => {
                // Rooms that are not registered, where a server allows them, are only there to be read.
                self.unregistered = true;
                self.state = State::Ask { at: now };
                None
            }
            Answer::NotFound => Some(self.over(End::RoomNotFound)),
            Answer::TooMany(wait) if self.lobby_since.is_some() => {
                self.state = State::Ask { at: now + wait };
                None
            }
            Answer::TooMany(retry_after) => Some(self.over(End::TooManyRequests { retry_after })),
            Answer::Trouble => self.trouble(End::ServerError, now),
            Answer::NoAccess | Answer::Strange => {
                tracing::info!(status = response.status, "the platform's answer makes no sense to us");
                Some(self.over(End::ServerError))
            }
        }
    }

    fn trouble(&mut self, end: End, now: Instant) -> Option<Outcome> {
        self.troubles += 1;
        let max = if self.lobby_since.is_some() { TROUBLES_IN_THE_LOBBY } else { TROUBLES_AT_THE_DOOR };
        if self.troubles >= max {
            return Some(self.over(end));
        }
        self.state = State::Ask { at: now + POLL_INTERVAL };
        None
    }

    fn over(&mut self, end: End) -> Outcome {
        self.state = State::Over;
        Outcome::Over(end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(now: Instant) -> Entry {
        let config = EntryConfig {
            instance: Url::parse("https://visio.example/").unwrap(),
            slug: "abc-defg-hij".into(),
            device: Uuid::from_u128(0xABCD),
            account: None,
            display_name: "Salle Turing".into(),
            language: "fr".into(),
        };
        Entry::new(config, now)
    }

    fn answer(status: u16, body: &str) -> Result<HttpResponse, NetError> {
        let headers = vec![("content-type".into(), "application/json".into())];
        Ok(HttpResponse { status, headers, body: body.into() })
    }

    fn waiting() -> Result<HttpResponse, NetError> {
        answer(200, r#"{"status":"waiting","username":"Salle Turing","id":"x","color":"c","livekit":null}"#)
    }

    #[test]
    fn the_lobby_is_asked_often_enough_to_stay_in_it() {
        let mut now = Instant::now();
        let mut entry = entry(now);
        assert!(entry.request(now).is_some());
        assert_eq!(entry.answered(&waiting(), now), Some(Outcome::Lobby));
        for _ in 0..10 {
            let due = entry.deadline().unwrap();
            assert!(due - now < Duration::from_secs(2), "the server forgets us after three seconds");
            now = due;
            assert_eq!(entry.timeout(now), None);
            assert!(entry.request(now).is_some());
            assert_eq!(entry.answered(&waiting(), now), None);
        }
    }

    #[test]
    fn a_lost_answer_in_the_lobby_loses_nothing() {
        let mut now = Instant::now();
        let mut entry = entry(now);
        entry.request(now);
        entry.answered(&waiting(), now);
        let last_asked = now;
        now = entry.deadline().unwrap();
        assert!(entry.request(now).is_some());
        // Its answer does not come.
        now = entry.deadline().unwrap();
        assert_eq!(entry.timeout(now), None);
        assert!(entry.request(now).is_some(), "asked again at once");
        assert!(now - last_asked < Duration::from_secs(3), "the server forgets us after three seconds");
        // It comes after all, and lets us in.
        let body = r#"{"status":"accepted","livekit":{"url":"https://l.example","room":"r","token":"t"}}"#;
        assert_eq!(entry.answered_late(&Err(NetError::TimedOut)), None);
        assert_eq!(entry.answered_late(&waiting()), None);
        assert!(matches!(entry.answered_late(&answer(200, body)), Some(Outcome::Admitted(_))));
    }

    #[test]
    fn nobody_waits_for_ever() {
        let start = Instant::now();
        let mut now = start;
        let mut entry = entry(now);
        let end = loop {
            if entry.request(now).is_some() {
                entry.answered(&waiting(), now);
            }
            now = entry.deadline().unwrap();
            if let Some(outcome) = entry.timeout(now) {
                break outcome;
            }
        };
        assert_eq!(end, Outcome::Over(End::LobbyTimedOut));
        assert_eq!(now - start, LOBBY_TIMEOUT);
        assert!(entry.deadline().is_none());
    }

    #[test]
    fn a_short_trouble_in_the_lobby_does_not_lose_our_place_at_the_panel() {
        let mut now = Instant::now();
        let mut entry = entry(now);
        entry.request(now);
        entry.answered(&waiting(), now);
        for trouble in [answer(502, ""), Err(NetError::TimedOut), answer(500, "")] {
            now = entry.deadline().unwrap();
            assert!(entry.request(now).is_some());
            assert_eq!(entry.answered(&trouble, now), None);
        }
    }

    #[test]
    fn an_unreachable_server_is_told_after_three_tries() {
        let mut now = Instant::now();
        let mut entry = entry(now);
        let mut outcome = None;
        let mut tries = 0;
        while outcome.is_none() {
            assert!(entry.request(now).is_some());
            tries += 1;
            outcome = entry.answered(&Err(NetError::Unreachable), now);
            now = entry.deadline().unwrap_or(now);
        }
        assert_eq!((tries, outcome), (3, Some(Outcome::Over(End::ServerUnreachable))));
    }

    #[test]
    fn a_certificate_that_does_not_verify_is_not_tried_twice() {
        let now = Instant::now();
        let mut entry = entry(now);
        entry.request(now);
        let outcome = entry.answered(&Err(NetError::Certificate), now);
        assert_eq!(outcome, Some(Outcome::Over(End::CertificateInvalid)));
    }

    #[test]
    fn a_room_that_is_not_registered_is_entered_by_reading_it() {
        let now = Instant::now();
        let mut entry = entry(now);
        assert!(entry.request(now).unwrap().body.is_some());
        assert_eq!(entry.answered(&answer(404, r#"{"detail":"No Room matches the given query."}"#), now), None);
        let get = entry.request(now).unwrap();
        assert!(get.body.is_none() && get.url.query().unwrap().contains("username=Salle+Turing"));
        let body = r#"{"id":null,"slug":"abc-defg-hij","livekit":{"url":"https://l.example","room":"abc-defg-hij","token":"t"}}"#;
        assert!(matches!(entry.answered(&answer(200, body), now), Some(Outcome::Admitted(_))));
    }

    #[test]
    fn too_many_requests_in_the_lobby_means_waiting_longer() {
        let now = Instant::now();
        let mut entry = entry(now);
        entry.request(now);
        entry.answered(&waiting(), now);
        let now = entry.deadline().unwrap();
        entry.request(now);
        let mut throttled = answer(429, "{}").unwrap();
        throttled.headers.push(("retry-after".into(), "20".into()));
        assert_eq!(entry.answered(&Ok(throttled), now), None);
        assert_eq!(entry.deadline(), Some(now + Duration::from_secs(20)));
    }
}
