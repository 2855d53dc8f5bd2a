//! Calls about participants of a running meeting: raising a hand, renaming, muting.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::json;
use time::OffsetDateTime;
use time::macros::format_description;

use super::accounts::Caller;
use super::answers::role_of;
use super::request::{RestRequest, RestResponse, invalid};
use super::rooms::Role;
use super::text::Text;
use super::token::Verified;
use super::{Effect, State};

/// Names in the meeting, when they are changed there, in characters.
const NAME_CHARACTERS_MAX: usize = 255;

impl State {
    pub(super) fn toggle_hand(&mut self, spelling: &str, request: &RestRequest) -> Result<RestResponse, RestResponse> {
        let (room, identity) = self.participant(spelling, request)?;
        let raised = request.fields()?.boolean("raised");
        let raised = raised.map_err(|text| invalid(request.language(), &[("raised", text)]))?;
        self.must_be_present(&room, &identity)?;
        // Raising a raised hand moves it to the end of the queue.
        let value = if raised { timestamp(request.now) } else { String::new() };
        let attributes = BTreeMap::from([("handRaisedAt".to_owned(), value)]);
        self.effect(Effect::SetAttributes { room: room.clone(), identity: identity.clone(), attributes });
        self.effect(Effect::SetMetadata { room, identity, metadata: "null".into() });
        Ok(success())
    }

    pub(super) fn rename(&mut self, spelling: &str, request: &RestRequest) -> Result<RestResponse, RestResponse> {
        let (room, identity) = self.participant(spelling, request)?;
        let name = request.fields()?.text("name", Some(NAME_CHARACTERS_MAX));
        let name = name.map_err(|text| invalid(request.language(), &[("name", text)]))?;
        self.must_be_present(&room, &identity)?;
        self.effect(Effect::SetName { room: room.clone(), identity: identity.clone(), name });
        self.effect(Effect::SetMetadata { room, identity, metadata: "null".into() });
        Ok(success())
    }

    /// Hosts mute by their session; everybody in the room by their token, where the room allows it.
    pub(super) fn mute_participant(
        &mut self,
        spelling: &str,
        caller: &Caller,
        request: &RestRequest,
    ) -> Result<RestResponse, RestResponse> {
        let forbidden = || RestResponse::detail(403, Text::NotAllowed.say(request.language()));
        let bearer = if caller.account().is_none() { Some(self.bearer(request)?) } else { None };
        let room = self.find_room(spelling, request)?;
        let everyone = room.configuration.everyone_can_mute.unwrap_or(true);
        let (room_id, host) = (room.id.to_string(), role_of(room, caller).is_some_and(Role::is_host));
        let allowed = bearer.as_ref().map_or(host, |bearer| bearer.video.room == room_id && everyone);
        if !allowed {
            return Err(forbidden());
        }
        let fields = request.fields()?;
        let (identity, track_sid) = match (fields.text("participant_identity", None), fields.text("track_sid", None)) {
            (Ok(identity), Ok(track_sid)) => (identity, track_sid),
            (identity, sid) => {
                let errors = [("participant_identity", identity.err()), ("track_sid", sid.err())];
                let errors: Vec<_> = errors.into_iter().filter_map(|(field, error)| Some((field, error?))).collect();
                return Err(invalid(request.language(), &errors));
            }
        };
        let error = |status, error: &str| RestResponse::json(status, &json!({ "error": error }));
        if bearer.is_some_and(|bearer| !self.is_present(&room_id, &bearer.sub)) {
            return Err(error(403, "Could not verify caller presence"));
        }
        if !self.is_present(&room_id, &identity) {
            return Err(error(500, "Failed to mute participant"));
        }
        self.effect(Effect::MuteTrack { room: room_id, identity, track_sid });
        Ok(success())
    }

    /// The LiveKit room and identity that the request's token speaks for, in the room of the path.
    fn participant(&mut self, spelling: &str, request: &RestRequest) -> Result<(String, String), RestResponse> {
        let bearer = self.bearer(request)?;
        let room = self.find_room(spelling, request)?.id.to_string();
        if bearer.video.room == room {
            Ok((room, bearer.sub))
        } else {
            Err(RestResponse::detail(403, Text::NotAllowed.say(request.language())))
        }
    }

    /// Who the token says it is: 403, never 401, when it says nothing good.
    fn bearer(&self, request: &RestRequest) -> Result<Verified, RestResponse> {
        let not_authenticated = || RestResponse::detail(403, Text::NotAuthenticated.say(request.language()));
        let header = request.header("authorization").ok_or_else(not_authenticated)?;
        let token = match header.split_whitespace().collect::<Vec<_>>()[..] {
            [scheme, token] if scheme.eq_ignore_ascii_case("bearer") => token,
            _ => return Err(RestResponse::detail(403, "Authorization header must be: Bearer <token>")),
        };
        let invalid = |why| RestResponse::detail(403, format!("Invalid LiveKit token: {why}"));
        self.signer.verify(token, request.now).map_err(invalid)
    }

    pub(super) fn must_be_present(&self, room: &str, identity: &str) -> Result<(), RestResponse> {
        if self.is_present(room, identity) {
            Ok(())
        } else {
            Err(RestResponse::json(404, &json!({ "error": "Participant not found" })))
        }
    }

    fn is_present(&self, room: &str, identity: &str) -> bool {
        self.present.contains(&(room.to_owned(), identity.to_owned()))
    }
}

fn success() -> RestResponse {
    RestResponse::json(200, &json!({ "status": "success" }))
}

/// `2026-11-22T14:03:31.426402+00:00`
fn timestamp(now: Duration) -> String {
    let format = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:6]+00:00");
    let since_epoch = time::Duration::try_from(now).unwrap_or_default();
    OffsetDateTime::UNIX_EPOCH.checked_add(since_epoch).and_then(|at| at.format(format).ok()).unwrap_or_default()
}
