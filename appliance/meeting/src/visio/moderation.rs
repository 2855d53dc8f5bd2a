//! What administrators of a room do in La Suite Meet, and what everybody may.

use serde::Deserialize;
use serde_json::json;
use url::Url;

use super::requests::{headers, post, room_url};
use crate::io::{HttpRequest, Method, Moderation, Waiting};

/// People in the lobby read from one answer.
const WAITING_MAX: usize = 200;

/// The room's own account on the platform, logged in: the value of its `sessionid` cookie. A secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Account {
    pub session: String,
}

impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Account(…)")
    }
}

impl Account {
    /// The headers that speak for the account. The platform wants proof that no page of another site makes the
    /// request: any 32 letters, the same in a cookie and a header, and over https where the request comes from.
    pub(super) fn headers(&self, instance: &Url, cookies: &str) -> Vec<(String, String)> {
        const PROOF: &str = "huisclos000000000000000000000000";
        let origin = instance.origin().ascii_serialization();
        let more = if cookies.is_empty() { String::new() } else { format!("; {cookies}") };
        vec![
            ("cookie".into(), format!("sessionid={}; csrftoken={PROOF}{more}", self.session)),
            ("x-csrftoken".into(), PROOF.into()),
            ("referer".into(), format!("{origin}/")),
            ("origin".into(), origin),
        ]
    }
}

fn with(account: &Account, instance: &Url) -> Vec<(String, String)> {
    let mut headers = headers("en");
    headers.extend(account.headers(instance, ""));
    headers
}

/// Asks how a room is set up.
pub(crate) fn room(instance: &Url, room: &str) -> HttpRequest {
    HttpRequest { method: Method::Get, url: room_url(instance, room, ""), headers: headers("en"), body: None }
}

/// Asks who waits in the lobby.
pub(crate) fn waiting(instance: &Url, room: &str, account: &Account) -> HttpRequest {
    let url = room_url(instance, room, "waiting-participants");
    HttpRequest { method: Method::Get, url, headers: with(account, instance), body: None }
}

/// Turns off a microphone: with an administrator's account, or else with the meeting's token.
pub(crate) fn mute(
    instance: &Url,
    room: &str,
    account: Option<&Account>,
    token: &str,
    identity: &str,
    track: &str,
) -> HttpRequest {
    let headers = match account {
        Some(account) => with(account, instance),
        None => {
            let mut headers = headers("en");
            headers.push(("authorization".into(), format!("Bearer {token}")));
            headers
        }
    };
    let body = json!({ "participant_identity": identity, "track_sid": track });
    post(room_url(instance, room, "mute-participant"), headers, &body)
}

/// What only administrators may; `None`: the platform has no such call.
pub(crate) fn moderate(instance: &Url, room: &str, account: &Account, act: &Moderation) -> Option<HttpRequest> {
    let (action, body) = match act {
        Moderation::Admit { id, allow } => ("enter", json!({ "participant_id": id, "allow_entry": allow })),
        Moderation::Remove(identity) => ("remove-participant", json!({ "participant_identity": identity })),
        Moderation::LowerHand(identity) => {
            let body = json!({ "participant_identity": identity, "attributes": { "handRaisedAt": "" } });
            ("update-participant", body)
        }
        Moderation::Mute(_) | Moderation::MuteAll | Moderation::EndForAll => return None,
    };
    Some(post(room_url(instance, room, action), with(account, instance), &body))
}

/// Whether a room, or what its metadata says of it, lets everybody turn off microphones; `None`: it does not say.
pub(crate) fn everyone_can_mute(json: &[u8]) -> Option<bool> {
    #[derive(Deserialize)]
    struct Room {
        configuration: Option<Configuration>,
    }
    #[derive(Deserialize)]
    struct Configuration {
        everyone_can_mute: Option<bool>,
    }
    // Absent from a configuration that is there: the default.
    let configuration = serde_json::from_slice::<Room>(json).ok()?.configuration?;
    Some(configuration.everyone_can_mute.unwrap_or(true))
}

/// Who waits in the lobby, as far as the answer makes sense.
pub(crate) fn read_waiting(json: &[u8]) -> Vec<Waiting> {
    #[derive(Deserialize)]
    struct Lobby {
        participants: Vec<Entry>,
    }
    #[derive(Deserialize)]
    struct Entry {
        id: String,
        #[serde(default)]
        username: String,
        #[serde(default)]
        status: String,
    }
    let lobby = serde_json::from_slice::<Lobby>(json).map(|lobby| lobby.participants).unwrap_or_default();
    let waiting = lobby.into_iter().filter(|entry| entry.status == "waiting" && !entry.id.is_empty());
    waiting.take(WAITING_MAX).map(|Entry { id, username: name, .. }| Waiting { id, name }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_stays_out_of_debug_and_goes_with_its_proof() {
        let account = Account { session: "very-secret".into() };
        assert!(!format!("{account:?}").contains("secret"));
        let instance = Url::parse("https://visio.example:8443/x").unwrap();
        let act = Moderation::Admit { id: "5a5e2a40-7c1c-4b57-8d3a-2f1d8c0e9b77".into(), allow: false };
        let request = moderate(&instance, "r", &account, &act).unwrap();
        assert!(!format!("{request:?}").contains("secret"));
        let header = |name: &str| request.headers.iter().find(|(n, _)| n == name).unwrap().1.as_str();
        assert_eq!(header("referer"), "https://visio.example:8443/");
        assert!(header("cookie").contains("sessionid=very-secret"));
        assert!(header("cookie").contains(&format!("csrftoken={}", header("x-csrftoken"))));
        assert!(moderate(&instance, "r", &account, &Moderation::EndForAll).is_none());
    }

    #[test]
    fn what_a_room_lets_everybody_do_is_read_leniently() {
        let read = |json: &str| everyone_can_mute(json.as_bytes());
        assert_eq!(read(r#"{"configuration":{"everyone_can_mute":false},"access_level":"public"}"#), Some(false));
        assert_eq!(read(r#"{"configuration":{}}"#), Some(true));
        for silent in ["", "null", "{}", "[1", r#"{"configuration":null}"#, r#"{"configuration":7}"#] {
            assert_eq!(read(silent), None, "{silent}");
        }
    }

    #[test]
    fn a_lobby_of_garbage_is_empty_and_a_crowd_is_bounded() {
        let entry = r#"{"status":"waiting","username":"Ada","id":"1","color":"c"}"#;
        let denied = r#"{"status":"denied","username":"Eve","id":"2","color":"c"}"#;
        let read = |list: &str| read_waiting(format!(r#"{{"participants":[{list}]}}"#).as_bytes());
        assert_eq!(read(&[entry, denied].join(",")), [Waiting { id: "1".into(), name: "Ada".into() }]);
        assert_eq!(read(&vec![entry; 5_000].join(",")).len(), WAITING_MAX);
        assert_eq!(read("7"), []);
        assert_eq!(read_waiting(b"\xff"), []);
    }
}
