//! People with an account, for hosts: devices and guests of the sandbox have none.

use std::collections::HashMap;

use serde_json::{Value, json};
use uuid::Uuid;

use super::request::{RestRequest, RestResponse};

/// A person with an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The platform's own.
    pub id: Uuid,
    /// What the identity provider calls the person: the identity in meetings.
    pub sub: String,
    /// Shown to hosts.
    pub email: String,
    /// The name in meetings, unless another is given.
    pub full_name: String,
}

impl Account {
    pub(super) fn as_json(&self) -> Value {
        json!({
            "id": self.id,
            "email": self.email,
            "full_name": self.full_name,
            "short_name": self.full_name.split_whitespace().next(),
            "timezone": "UTC",
            "language": "fr-fr",
            "default_room_access_level": null,
            "default_room_configuration": {},
        })
    }
}

/// Who makes a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Caller {
    Anonymous {
        /// There was a session cookie, of a session that is over: it is to be deleted.
        stale_session: bool,
    },
    LoggedIn(Account),
}

impl Caller {
    pub(super) fn account(&self) -> Option<&Account> {
        match self {
            Caller::LoggedIn(account) => Some(account),
            Caller::Anonymous { .. } => None,
        }
    }
}

/// Accounts and their sessions.
#[derive(Debug, Default)]
pub(super) struct Accounts {
    pub by_id: HashMap<Uuid, Account>,
    /// By the value of the `sessionid` cookie.
    pub sessions: HashMap<String, Uuid>,
}

impl Accounts {
    /// Who this is.
    ///
    /// # Errors
    /// A session without proof that its own pages made the request.
    pub(super) fn caller(&self, request: &RestRequest, host: &str) -> Result<Caller, RestResponse> {
        let Some(session) = request.cookie("sessionid") else { return Ok(Caller::Anonymous { stale_session: false }) };
        let account = self.sessions.get(session).and_then(|id| self.by_id.get(id));
        let Some(account) = account else { return Ok(Caller::Anonymous { stale_session: true }) };
        if !matches!(request.method.as_str(), "GET" | "HEAD" | "OPTIONS") {
            check_forgery(request, host).map_err(|why| RestResponse::detail(403, format!("CSRF Failed: {why}")))?;
        }
        Ok(Caller::LoggedIn(account.clone()))
    }
}

/// Whether a page of another site made the request. Over https Referer or Origin must name this host too.
fn check_forgery(request: &RestRequest, host: &str) -> Result<(), String> {
    let host = request.header("host").unwrap_or(host);
    let secure = request.header("x-forwarded-proto") == Some("https");
    let own_origin = format!("{}://{host}", if secure { "https" } else { "http" });
    match (request.header("origin"), request.header("referer")) {
        (Some(origin), _) if origin == own_origin => {}
        (Some(origin), _) => {
            return Err(format!("Origin checking failed - {origin} does not match any trusted origins."));
        }
        (None, None) if secure => return Err("Referer checking failed - no Referer.".into()),
        (None, Some(referer)) if secure && !referer.starts_with(&format!("{own_origin}/")) => {
            return Err(format!("Referer checking failed - {referer} does not match any trusted origins."));
        }
        (None, _) => {}
    }
    let cookie = request.cookie("csrftoken").filter(|value| !value.is_empty()).ok_or("CSRF cookie not set.")?;
    match request.header("x-csrftoken") {
        None => Err("CSRF token missing.".into()),
        Some(token) if token == cookie => Ok(()),
        Some(_) => Err("CSRF token from the 'X-Csrftoken' HTTP header incorrect.".into()),
    }
}
