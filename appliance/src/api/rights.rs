//! Who may ask what through the API, where the room has a policy: each way in has a role, and most requests need an action
//! that the policy allows it.

use std::sync::Arc;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use policy::{Action, Role};

use super::Api;
use super::problem::Problem;
use crate::room_policy::RoomPolicy;

/// What whoever speaks to the API may do.
#[derive(Clone)]
pub struct Rights {
    policy: Option<Arc<RoomPolicy>>,
    role: Role,
}

impl Rights {
    /// Of somebody in this role; everything, where the room has no policy.
    pub fn of(policy: Option<Arc<RoomPolicy>>, role: Role) -> Rights {
        Rights { policy, role }
    }

    fn may(&self, action: Action) -> bool {
        self.policy.as_ref().is_none_or(|policy| policy.may(self.role, action))
    }
}

/// What a request needs; nothing, where it is about the meeting that goes on: of that the room knows itself what people may do.
pub fn needed(method: &Method, path: &str) -> Option<Action> {
    // Answered as GET is, without what it says.
    let method = if *method == Method::HEAD { &Method::GET } else { method };
    Some(match (method.as_str(), path) {
        ("POST", "/v1/join" | "/v1/agenda/{id}/join" | "/v1/invitations") => Action::Join,
        ("POST", "/v1/meetings") => Action::Start,
        ("POST", "/v1/power") => Action::Restart,
        ("GET", "/v1/screenshots/{screen}") => Action::Screenshots,
        ("GET", "/v1/health" | "/v1/audio-check") | ("POST", "/v1/audio-check") => Action::Diagnostics,
        _ => return None,
    })
}

/// Turns away who may not.
pub async fn check(State(api): State<Api>, path: MatchedPath, request: Request, next: Next) -> Response {
    match needed(request.method(), path.as_str()).filter(|action| !api.rights.may(*action)) {
        None => next.run(request).await,
        Some(action) => {
            let (role, action) = (api.rights.role.word(), action.word());
            let detail = format!("The policy of this room does not allow the role {role} to do this: {action}.");
            Problem::new(StatusCode::FORBIDDEN, "policy-role", detail).into_response()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::openapi;

    #[test]
    fn of_every_request_it_is_known_what_it_needs() {
        let mut everybodys = Vec::new();
        for (path, item) in openapi().paths.paths {
            for (method, operation) in [(Method::GET, item.get), (Method::PUT, item.put), (Method::POST, item.post)] {
                if operation.is_some() && needed(&method, &path).is_none() {
                    everybodys.push(format!("{method} {path}"));
                }
            }
        }
        everybodys.sort_unstable();
        assert_eq!(needed(&Method::HEAD, "/v1/screenshots/{screen}"), Some(Action::Screenshots));
        let known = [
            "GET /v1/events",
            "GET /v1/state",
            "POST /v1/camera/presets/{number}/recall",
            "POST /v1/leave",
            "PUT /v1/camera",
            "PUT /v1/camera/pose",
            "PUT /v1/camera/presets/{number}",
            "PUT /v1/captions",
            "PUT /v1/hand",
            "PUT /v1/language",
            "PUT /v1/layout",
            "PUT /v1/microphone",
            "PUT /v1/self-view",
            "PUT /v1/share",
            "PUT /v1/volume",
        ];
        assert_eq!(everybodys, known, "a new one belongs into `needed`, or here");
    }

    #[test]
    fn what_a_role_may_is_what_the_policy_says_and_without_one_everything() {
        let text = "[policy]\nname = \"a\"\nversion = 1\n[roles]\nit = [\"diagnostics\"]\nfacilities = [\"join\"]";
        let policy = Arc::new(RoomPolicy::InForce(Arc::new(policy::Policy::parse(text).unwrap())));
        let may = |policy: Option<&Arc<RoomPolicy>>, role| {
            let rights = Rights::of(policy.cloned(), role);
            [Action::Join, Action::Diagnostics, Action::Screenshots].map(|action| rights.may(action))
        };
        assert_eq!(may(None, Role::It), [true, true, true]);
        assert_eq!(may(Some(&policy), Role::It), [false, true, false]);
        assert_eq!(may(Some(&policy), Role::Facilities), [true, false, false]);
        let unusable = Arc::new(RoomPolicy::Unusable);
        assert_eq!(may(Some(&unusable), Role::It), [true, true, false], "the room says why it joins nothing");
    }
}
