//! What only administrators and owners do, with their session: removing people, changing them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::accounts::Caller;
use super::request::{RestRequest, RestResponse, invalid};
use super::text::Text;
use super::{Effect, State};

const NOTHING: &str = "At least one of the following fields must be provided: metadata, attributes, permission, name.";

impl State {
    pub(super) fn remove_participant(
        &mut self,
        spelling: &str,
        caller: &Caller,
        request: &RestRequest,
    ) -> Result<RestResponse, RestResponse> {
        let (room, identity) = self.target(spelling, caller, request)?;
        self.must_be_present(&room, &identity)?;
        self.effect(Effect::Remove { room, identity });
        Ok(RestResponse::json(200, &json!({ "status": "success" })))
    }

    /// Changes somebody's name, attributes or metadata. Permissions are not changed over REST here.
    pub(super) fn update_participant(
        &mut self,
        spelling: &str,
        caller: &Caller,
        request: &RestRequest,
    ) -> Result<RestResponse, RestResponse> {
        let (room, identity) = self.target(spelling, caller, request)?;
        let fields = request.fields()?;
        if fields.value("permission").is_some() {
            return Err(RestResponse::html(501));
        }
        let given = |name: &str| fields.value(name).filter(|value| !value.is_null());
        if ["metadata", "attributes", "name"].iter().all(|name| given(name).is_none()) {
            return Err(RestResponse::json(400, &json!({ "non_field_errors": [NOTHING] })));
        }
        self.must_be_present(&room, &identity)?;
        if let Some(attributes) = given("attributes") {
            // Anything but texts is too much for the real one.
            let texts = |(key, value): (&String, &Value)| Some((key.clone(), value.as_str()?.to_owned()));
            let attributes: Option<BTreeMap<String, String>> =
                attributes.as_object().and_then(|map| map.iter().map(texts).collect());
            let attributes = attributes.ok_or_else(|| RestResponse::html(500))?;
            self.effect(Effect::SetAttributes { room: room.clone(), identity: identity.clone(), attributes });
        }
        if let Some(name) = given("name").and_then(Value::as_str) {
            let name = name.to_owned();
            self.effect(Effect::SetName { room: room.clone(), identity: identity.clone(), name });
        }
        let metadata = given("metadata").map_or_else(|| "null".to_owned(), Value::to_string);
        self.effect(Effect::SetMetadata { room, identity, metadata });
        Ok(RestResponse::json(200, &json!({ "status": "success" })))
    }

    /// The LiveKit room, and whom in it the request of a host is about.
    fn target(
        &mut self,
        spelling: &str,
        caller: &Caller,
        request: &RestRequest,
    ) -> Result<(String, String), RestResponse> {
        let room = self.hosted_room(spelling, caller, request)?.id.to_string();
        let identity = request.fields()?.text("participant_identity", None);
        let wrong = |text: Text| invalid(request.language(), &[("participant_identity", text)]);
        Ok((room, identity.map_err(wrong)?))
    }
}
