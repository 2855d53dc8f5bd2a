//! LiveKit's RoomService, as far as people at a panel use it: Twirp with JSON, answered as livekit-server 1.13 does
//! (read in its `pkg/service`; not recorded).

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Core, Now, Update};
use crate::token::Claims;

/// What may be asked, in either spelling of protobuf's JSON.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Ask {
    room: String,
    identity: String,
    #[serde(alias = "trackSid")]
    track_sid: String,
    muted: bool,
    name: String,
    metadata: String,
    attributes: HashMap<String, String>,
}

impl Core {
    /// Answers a request for `/twirp/livekit.RoomService/<method>`: a status, and JSON or, without a good token, text.
    pub fn room_service(&mut self, method: &str, authorization: Option<&str>, body: &[u8], now: Now) -> (u16, String) {
        let claims = match authorization {
            None => Claims::default(),
            Some(header) => match header.strip_prefix("Bearer ").map(|token| self.keys.check(token, now.wall)) {
                Some(Ok(claims)) => claims,
                Some(Err(error)) => return (401, error.to_string()),
                None => return (401, "invalid authorization header. Must start with Bearer ".into()),
            },
        };
        let Ok(ask) = serde_json::from_slice::<Ask>(body) else {
            return twirp(400, "malformed", "the json request could not be decoded");
        };
        let is_admin = claims.video.room_admin && claims.video.room == ask.room;
        let allowed = match method {
            "DeleteRoom" => claims.video.room_create,
            "MutePublishedTrack" | "RemoveParticipant" | "UpdateParticipant" => is_admin,
            _ => return twirp(404, "bad_route", "no handler for this path"),
        };
        if !allowed {
            return twirp(401, "unauthenticated", "permissions denied");
        }
        let there = self.participants(&ask.room).into_iter().find(|member| member.identity == ask.identity);
        match (method, there) {
            ("DeleteRoom", _) if self.delete_room(&ask.room, now) => done(),
            ("DeleteRoom", _) => twirp(404, "not_found", "requested room does not exist"),
            ("MutePublishedTrack", None) => twirp(503, "unavailable", "no response from servers"),
            (_, None) => twirp(404, "not_found", "participant does not exist"),
            ("MutePublishedTrack", Some(_)) if !ask.muted => {
                // Others' microphones are opened only where the server is configured to allow it.
                twirp(400, "failed_precondition", "remote unmute not enabled")
            }
            ("MutePublishedTrack", Some(_)) => {
                if self.mute_track_by_sid(&ask.room, &ask.identity, &ask.track_sid, now) {
                    done()
                } else {
                    twirp(404, "not_found", "track is not found")
                }
            }
            ("RemoveParticipant", Some(_)) => {
                self.remove_participant(&ask.room, &ask.identity, now);
                done()
            }
            (_, Some(_)) => {
                let given = |text: String| (!text.is_empty()).then_some(text);
                let update =
                    Update { name: given(ask.name), metadata: given(ask.metadata), attributes: ask.attributes };
                self.update_participant(&ask.room, &ask.identity, update, now);
                done()
            }
        }
    }
}

fn done() -> (u16, String) {
    (200, json!({}).to_string())
}

fn twirp(status: u16, code: &str, message: &str) -> (u16, String) {
    let body: Value = json!({ "code": code, "msg": message });
    (status, body.to_string())
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;
    use crate::core::Config;
    use crate::token::{Grants, Keys};

    #[test]
    fn only_tokens_that_grant_it_are_obeyed_and_in_their_own_room() {
        let config = Config {
            udp: None,
            tcp: None,
            api_key: "devkey".into(),
            api_secret: "secret".into(),
            single_peer_connection: true,
            ice_lite: false,
            congestion_control: false,
            allow_pause: false,
            seed: 1,
        };
        let mut core = Core::new(config);
        let now = Now { monotonic: Instant::now(), wall: Duration::from_secs(1_800_000_000) };
        let keys = Keys::new("devkey", "secret");
        let sign = |room_admin, room_create| {
            let video = Grants { room_admin, room_create, ..Grants::everything("salle") };
            let claims = Claims { sub: "x".into(), video, ..Claims::default() };
            Some(format!("Bearer {}", keys.sign(&claims, now.wall)))
        };
        let mut ask = |method: &str, token: Option<String>, room: &str| {
            let body = json!({ "room": room, "identity": "ada" }).to_string();
            let (status, text) = core.room_service(method, token.as_deref(), body.as_bytes(), now);
            let json: Value = serde_json::from_str(&text).unwrap_or_default();
            (status, json["code"].as_str().unwrap_or_default().to_owned())
        };
        let refused = || (401, "unauthenticated".to_owned());
        let gone = || (404, "not_found".to_owned());
        assert_eq!(ask("RemoveParticipant", sign(false, false), "salle"), refused());
        assert_eq!(ask("RemoveParticipant", sign(true, false), "other"), refused());
        assert_eq!(ask("RemoveParticipant", None, "salle"), refused());
        assert_eq!(ask("RemoveParticipant", Some("Bearer x.y.z".into()), "salle"), (401, String::new()));
        assert_eq!(ask("RemoveParticipant", sign(true, false), "salle"), gone());
        assert_eq!(ask("DeleteRoom", sign(true, false), "salle"), refused());
        assert_eq!(ask("DeleteRoom", sign(false, true), "salle"), gone());
        assert_eq!(ask("MutePublishedTrack", sign(true, false), "salle").0, 503);
        assert_eq!(ask("Nothing", sign(true, true), "salle"), (404, "bad_route".to_owned()));
    }
}
