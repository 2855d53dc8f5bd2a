//! LiveKit's RoomService: what somebody whose token allows it does to a room and its people, over HTTP.
//!
//! Twirp with JSON bodies beside the signalling (`pkg/service/roomservice.go` of livekit-server 1.13): `roomAdmin`
//! for what is done to participants, `roomCreate` to end the meeting.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::json;
use url::Url;

use super::roster::HAND_RAISED_AT;
use crate::io::{HttpRequest, Method, Moderation};

/// What a token grants beyond being in its room.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Grants {
    pub room: String,
    pub room_admin: bool,
    pub room_create: bool,
}

impl Grants {
    /// What a token says of itself. It is ours: the server checks it, we only read it. Nothing of one we cannot read.
    pub fn of(token: &str) -> Grants {
        #[derive(Deserialize)]
        struct Claims {
            #[serde(default)]
            video: Grants,
        }
        let payload = token.split('.').nth(1).and_then(|payload| URL_SAFE_NO_PAD.decode(payload).ok());
        let claims = payload.and_then(|payload| serde_json::from_slice::<Claims>(&payload).ok());
        claims.map(|claims| claims.video).unwrap_or_default()
    }
}

/// The request that does this in a room; `None`: there is none. `track` is the microphone of whoever is muted.
pub(crate) fn room_service(
    server: &Url,
    token: &str,
    room: &str,
    act: &Moderation,
    track: &str,
) -> Option<HttpRequest> {
    let (method, body) = match act {
        Moderation::Mute(identity) => {
            let body = json!({ "room": room, "identity": identity, "track_sid": track, "muted": true });
            ("MutePublishedTrack", body)
        }
        Moderation::Remove(identity) => ("RemoveParticipant", json!({ "room": room, "identity": identity })),
        Moderation::LowerHand(identity) => {
            // An empty value removes an attribute; the others stay.
            let attributes = json!({ HAND_RAISED_AT: "" });
            ("UpdateParticipant", json!({ "room": room, "identity": identity, "attributes": attributes }))
        }
        Moderation::EndForAll => ("DeleteRoom", json!({ "room": room })),
        Moderation::Admit { .. } | Moderation::MuteAll => return None,
    };
    let mut url = server.clone();
    let secure = matches!(url.scheme(), "https" | "wss");
    // Cannot fail: all four schemes are special ones.
    let _ = url.set_scheme(if secure { "https" } else { "http" });
    url.set_path(&format!("{}/twirp/livekit.RoomService/{method}", server.path().trim_end_matches('/')));
    url.set_query(None);
    url.set_fragment(None);
    let headers =
        vec![("authorization".into(), format!("Bearer {token}")), ("content-type".into(), "application/json".into())];
    Some(HttpRequest { method: Method::Post, url, headers, body: Some(body.to_string().into_bytes()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(payload: &str) -> String {
        format!("h.{}.s", URL_SAFE_NO_PAD.encode(payload))
    }

    #[test]
    fn what_a_token_grants_is_read_and_nonsense_grants_nothing() {
        let admin = Grants { room: "r".into(), room_admin: true, room_create: false };
        assert_eq!(Grants::of(&token(r#"{"sub":"x","video":{"room":"r","roomJoin":true,"roomAdmin":true}}"#)), admin);
        for nonsense in ["", "a.b.c", "..", "a.é.c", &token("{"), &token(r#"{"video":7}"#), &token("[]")] {
            assert_eq!(Grants::of(nonsense), Grants::default(), "{nonsense}");
        }
    }

    #[test]
    fn requests_go_beside_the_signalling_and_never_in_clear_where_that_is_encrypted() {
        let ask =
            |server: &str, act: &Moderation| room_service(&server.parse().unwrap(), "t", "salle", act, "TR_1").unwrap();
        let end = ask("wss://meet.example/livekit/?x=1", &Moderation::EndForAll);
        assert_eq!(end.url.as_str(), "https://meet.example/livekit/twirp/livekit.RoomService/DeleteRoom");
        let mute = ask("ws://127.0.0.1:7880", &Moderation::Mute("ada".into()));
        assert_eq!(mute.url.as_str(), "http://127.0.0.1:7880/twirp/livekit.RoomService/MutePublishedTrack");
        let body: serde_json::Value = serde_json::from_slice(&mute.body.unwrap()).unwrap();
        assert_eq!(body, json!({ "room": "salle", "identity": "ada", "track_sid": "TR_1", "muted": true }));
        let admit = Moderation::Admit { id: "x".into(), allow: true };
        assert!(room_service(&"wss://meet.example".parse().unwrap(), "t", "r", &admit, "").is_none());
    }
}
