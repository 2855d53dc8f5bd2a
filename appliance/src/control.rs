//! The control socket: HTTP on a Unix socket, so that `huisclos` can speak to the daemon.
//!
//! Only who may open the socket file may use it.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use tokio::net::UnixListener;

use room::Destination;
use room::event::Wish;

use crate::event::Event;
use crate::status::Shared;

/// Where to go, in a person's words.
#[derive(Clone, Serialize, Deserialize)]
pub struct JoinRequest {
    pub destination: String,
    /// For a LiveKit server.
    pub token: Option<String>,
}

/// What the room answers to a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    Ok(String),
    Refused(String),
}

/// Serves the socket until the process ends.
///
/// # Errors
/// When the socket cannot be made, or another daemon has it.
pub async fn serve(path: &Path, shared: Shared) -> anyhow::Result<()> {
    if std::os::unix::net::UnixStream::connect(path).is_ok() {
        anyhow::bail!("another daemon answers on {}", path.display());
    }
    if let Some(directory) = path.parent() {
        std::fs::create_dir_all(directory).with_context(|| format!("cannot create {}", directory.display()))?;
    }
    let _ = std::fs::remove_file(path); // left by a crash
    let listener = UnixListener::bind(path).with_context(|| format!("cannot listen on {}", path.display()))?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o660))?;
    let router = Router::new()
        .route("/join", post(join))
        .route("/leave", post(leave))
        .route("/status", get(status))
        .with_state(shared);
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(())
}

async fn join(State(shared): State<Shared>, Json(request): Json<JoinRequest>) -> (StatusCode, String) {
    match ask_to_join(&shared, &request).await {
        Reply::Ok(text) => (StatusCode::OK, text),
        Reply::Refused(text) => (StatusCode::UNPROCESSABLE_ENTITY, text),
    }
}

/// Parses a destination and asks the room to go there.
pub async fn ask_to_join(shared: &Shared, request: &JoinRequest) -> Reply {
    let parsed = shared.parse(&request.destination, request.token.as_deref());
    let destination = match parsed.map_err(|error| error.to_string()).and_then(joinable) {
        Ok(destination) => destination,
        Err(why) => return Reply::Refused(why),
    };
    let screen = shared.status().screen;
    if matches!(screen, "joining" | "lobby" | "in-call") {
        return Reply::Refused("the room is in a meeting already".into());
    }
    let text = format!("joining {}", destination.name());
    match shared.events.send(Event::Wish(Wish::Join(destination))).await {
        Ok(()) => Reply::Ok(text),
        Err(_) => Reply::Refused("the room is shutting down".into()),
    }
}

/// What the room would refuse anyway is refused here, where somebody reads why.
fn joinable(destination: Destination) -> Result<Destination, String> {
    if destination.is_end_to_end_encrypted() {
        return Err("this meeting is end-to-end encrypted, which the room cannot do yet".into());
    }
    Ok(destination)
}

async fn leave(State(shared): State<Shared>) -> (StatusCode, String) {
    match shared.events.send(Event::Wish(Wish::Leave)).await {
        Ok(()) => (StatusCode::OK, "leaving".into()),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the room is shutting down".into()),
    }
}

async fn status(State(shared): State<Shared>) -> String {
    let status = shared.status();
    format!("{}: {}", status.room, status.screen)
}

/// The other end, for the command line.
pub struct Client {
    path: PathBuf,
    http: reqwest::Client,
}

impl Client {
    /// # Errors
    /// When HTTP cannot be set up.
    pub fn new(path: PathBuf) -> anyhow::Result<Client> {
        let http = reqwest::Client::builder().unix_socket(path.as_path()).timeout(Duration::from_secs(10)).build()?;
        Ok(Client { path, http })
    }

    /// Whether a daemon answers.
    pub fn is_there(&self) -> bool {
        std::os::unix::net::UnixStream::connect(&self.path).is_ok()
    }

    /// # Errors
    /// When no daemon answers.
    pub async fn join(&self, request: &JoinRequest) -> anyhow::Result<Reply> {
        self.reply(self.http.post("http://room/join").json(request)).await
    }

    /// # Errors
    /// When no daemon answers.
    pub async fn leave(&self) -> anyhow::Result<Reply> {
        self.reply(self.http.post("http://room/leave")).await
    }

    /// # Errors
    /// When no daemon answers.
    pub async fn status(&self) -> anyhow::Result<Reply> {
        self.reply(self.http.get("http://room/status")).await
    }

    async fn reply(&self, request: reqwest::RequestBuilder) -> anyhow::Result<Reply> {
        let no_daemon = || format!("no room answers on {}; is huisclosd running?", self.path.display());
        let answer = request.send().await.with_context(no_daemon)?;
        let ok = answer.status().is_success();
        let text = answer.text().await?;
        Ok(if ok { Reply::Ok(text) } else { Reply::Refused(text) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_to_end_encrypted_meeting_is_refused_with_a_sentence() {
        let parse = |link: &str| Destination::parse(link, &room::destination::ParseContext::default()).unwrap();
        let link = "https://visio.example/abc-defg-hij";
        assert!(joinable(parse(link)).is_ok());
        let refused = joinable(parse(&format!("{link}#{}", "0a".repeat(24)))).unwrap_err();
        assert!(refused.contains("end-to-end encrypted"), "{refused}");
    }
}
