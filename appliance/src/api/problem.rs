//! Errors as every client can read them: problem details (RFC 9457).

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use room::Refusal;
use room::view::{Language, Notice};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa::openapi::path::Operation;
use utoipa::openapi::{ContentBuilder, Ref, ResponseBuilder};

/// RFC 9457 §3.
const PROBLEM: &str = "application/problem+json";

/// Why something asked was not done (RFC 9457). Its type is always `about:blank`, which may be left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// What HTTP calls the status.
    pub title: String,
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599)]
    pub status: u16,
    /// A sentence for people. What the room refuses is said in the room's language.
    pub detail: String,
    /// A word for programs, such as `in-no-meeting`.
    pub reason: String,
}

impl Problem {
    pub fn new(status: StatusCode, reason: &str, detail: impl Into<String>) -> Problem {
        let title = status.canonical_reason().unwrap_or("Error").to_owned();
        Problem { title, status: status.as_u16(), detail: detail.into(), reason: reason.into() }
    }

    /// What the room does not do, and why.
    pub fn refused(language: Language, refusal: &Refusal) -> Problem {
        Problem::new(status_of(refusal), &word(refusal), ui::refusal_sentence(language, refusal))
    }

    /// The room's task says nothing.
    pub fn unanswered() -> Problem {
        let detail = "The room does not answer. What was asked of it may still be done.";
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "unanswered", detail)
    }

    /// What no handler of ours has answered.
    pub fn of_status(status: StatusCode) -> Problem {
        let (reason, detail) = match status {
            StatusCode::NOT_FOUND => ("not-found", "There is nothing here. GET /openapi.json says what there is."),
            StatusCode::METHOD_NOT_ALLOWED => ("method-not-allowed", "This cannot be done here; see Allow."),
            _ => ("failed", "This could not be done."),
        };
        Problem::new(status, reason, detail)
    }
}

/// Refused because of what was given (422), what is not there (404), what the policy says (403), or what the room is just
/// now (409).
fn status_of(refusal: &Refusal) -> StatusCode {
    match refusal {
        Refusal::Notice(
            Notice::NotADestination
            | Notice::TokenMissing
            | Notice::HasCredentials
            | Notice::NoInstance
            | Notice::NotEncrypted
            | Notice::KeyDamaged,
        ) => StatusCode::UNPROCESSABLE_ENTITY,
        Refusal::NoSuchMeeting | Refusal::NoSuchPreset => StatusCode::NOT_FOUND,
        Refusal::Notice(Notice::Forbidden(_)) => StatusCode::FORBIDDEN,
        _ => StatusCode::CONFLICT,
    }
}

/// `Notice(NotJoinable(Platform(Zoom)))` → `not-joinable`; of what the policy forbids also why, `policy-host`.
fn word(refusal: &Refusal) -> String {
    let name = match refusal {
        Refusal::Notice(Notice::Forbidden(why)) => format!("Policy{why:?}"),
        Refusal::Notice(notice) => format!("{notice:?}"),
        other => format!("{other:?}"),
    };
    let mut word = String::new();
    for letter in name.chars().take_while(char::is_ascii_alphanumeric) {
        if letter.is_ascii_uppercase() && !word.is_empty() {
            word.push('-');
        }
        word.push(letter.to_ascii_lowercase());
    }
    word
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(self)).into_response();
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM));
        response
    }
}

/// Whether an answer is one already.
pub fn is_problem(response: &Response) -> bool {
    response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind == PROBLEM)
}

/// A JSON body whose faults are problems.
pub struct Body<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Body<T>, Problem> {
        match Json::<T>::from_request(request, state).await {
            Ok(Json(body)) => Ok(Body(body)),
            Err(rejection) => {
                let reason = match &rejection {
                    JsonRejection::JsonDataError(_) => "invalid",
                    JsonRejection::JsonSyntaxError(_) => "malformed",
                    JsonRejection::MissingJsonContentType(_) => "no-json",
                    _ if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => "too-large",
                    _ => "unreadable",
                };
                Err(Problem::new(rejection.status(), reason, rejection.body_text()))
            }
        }
    }
}

/// The name in a path such as `/v1/screenshots/{screen}`; what is no text names nothing.
pub struct Name(pub String);

impl<S: Send + Sync> FromRequestParts<S> for Name {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Name, Problem> {
        let name = Path::<String>::from_request_parts(parts, state).await;
        name.map(|Path(name)| Name(name)).map_err(|_| Problem::of_status(StatusCode::NOT_FOUND))
    }
}

/// A text of at most so many characters.
///
/// # Errors
/// When it is longer.
pub fn bounded(name: &str, text: &str, characters_max: usize) -> Result<(), Problem> {
    if text.chars().nth(characters_max).is_none() {
        return Ok(());
    }
    let detail = format!("{name} is longer than {characters_max} characters.");
    Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", detail))
}

/// Adds to an operation's description the problems it may be answered with. `is_wish`: it asks something of the room.
pub fn document(operation: &mut Operation, is_wish: bool) {
    let mut problems = vec![("403", "Asked by a page of the web, or not allowed by the configuration or the policy.")];
    if operation.request_body.is_some() {
        problems.extend([
            ("400", "The body is no JSON, or did not arrive whole."),
            ("413", "The body is too large."),
            ("415", "The body is not said to be JSON."),
            ("422", "The body does not say what it should, or names no meeting that this room can join."),
        ]);
    }
    if is_wish {
        problems.extend([
            ("409", "The room does not do it now; `reason` and `detail` say why."),
            ("503", "The room does not answer."),
        ]);
    }
    for (status, description) in problems {
        let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
        let response = ResponseBuilder::new().description(description).content(PROBLEM, content).build();
        operation.responses.responses.entry(status.to_owned()).or_insert(response.into());
    }
}

#[cfg(test)]
mod tests {
    use room::policy::Forbidden;
    use room::venue::{Obstacle, Platform};

    use super::*;

    #[test]
    fn a_refusal_has_a_word_a_status_and_a_sentence() {
        let refused = |refusal: Refusal| {
            let problem = Problem::refused(Language::English, &refusal);
            assert!(problem.detail.len() > 15, "{problem:?}");
            (problem.status, problem.reason)
        };
        assert_eq!(refused(Refusal::InNoMeeting), (409, "in-no-meeting".into()));
        assert_eq!(refused(Refusal::NoSuchMeeting), (404, "no-such-meeting".into()));
        assert_eq!(refused(Notice::NotEncrypted.into()), (422, "not-encrypted".into()));
        let zoom = Notice::NotJoinable(Obstacle::Platform(Platform::Zoom));
        assert_eq!(refused(zoom.into()), (409, "not-joinable".into()));
        let host = Forbidden::Host("meet.elsewhere.example".into());
        assert_eq!(refused(Notice::Forbidden(host).into()), (403, "policy-host".into()));
        assert_eq!(refused(Notice::Forbidden(Forbidden::NotEndToEnd).into()), (403, "policy-not-end-to-end".into()));
    }

    #[test]
    fn long_texts_are_counted_in_characters() {
        assert!(bounded("name", &"é".repeat(10), 10).is_ok());
        assert_eq!(bounded("name", &"é".repeat(11), 10).unwrap_err().status, 422);
    }
}
