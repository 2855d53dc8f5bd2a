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
use crate::status::{AudioCheckStatus, Health, Shared};

/// Where to go, in a person's words.
#[derive(Clone, Serialize, Deserialize)]
pub struct JoinRequest {
    pub destination: String,
    /// For a LiveKit server.
    pub token: Option<String>,
}

/// How an audio check goes.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CheckProgress {
    /// Whether the room is busy with it, or shows what it found.
    pub is_running: bool,
    pub check: AudioCheckStatus,
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
        .route("/health", get(health))
        .route("/doctor/audio", get(checked_audio).post(check_audio))
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

/// Starts an audio check; answers with its number.
async fn check_audio(State(shared): State<Shared>) -> (StatusCode, String) {
    let status = shared.status();
    let refused = |why: &str| (StatusCode::UNPROCESSABLE_ENTITY, why.to_owned());
    if matches!(status.screen, "joining" | "lobby" | "in-call") {
        return refused("the room is in a meeting, where nobody wants to hear a test tone; check its sound afterwards");
    }
    if status.screen == "audio-check" && status.audio_check.as_ref().is_some_and(|check| check.verdict.is_none()) {
        return refused("the sound is being checked already");
    }
    let number = status.audio_check.map_or(0, |check| check.number) + 1;
    match shared.events.send(Event::Wish(Wish::CheckAudio)).await {
        Ok(()) => (StatusCode::OK, number.to_string()),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the room is shutting down".into()),
    }
}

/// The newest audio check, and whether it is still on its way.
async fn checked_audio(State(shared): State<Shared>) -> Json<CheckProgress> {
    let status = shared.status();
    Json(CheckProgress { is_running: status.screen == "audio-check", check: status.audio_check.unwrap_or_default() })
}

async fn status(State(shared): State<Shared>) -> String {
    let status = shared.status();
    format!("{}: {}", status.room, status.screen)
}

async fn health(State(shared): State<Shared>) -> Json<Health> {
    Json(shared.health())
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

    /// What IT watches, as JSON.
    ///
    /// # Errors
    /// When no daemon answers.
    pub async fn health(&self) -> anyhow::Result<Reply> {
        self.reply(self.http.get("http://room/health")).await
    }

    /// Starts an audio check; its number.
    ///
    /// # Errors
    /// When no daemon answers, or the room refuses: the sentence says why.
    pub async fn check_audio(&self) -> anyhow::Result<u64> {
        match self.reply(self.http.post("http://room/doctor/audio")).await? {
            Reply::Ok(number) => number.parse().context("the room's answer is not understood"),
            Reply::Refused(why) => anyhow::bail!("{why}"),
        }
    }

    /// How the newest audio check goes.
    ///
    /// # Errors
    /// When no daemon answers.
    pub async fn audio_check(&self) -> anyhow::Result<CheckProgress> {
        match self.reply(self.http.get("http://room/doctor/audio")).await? {
            Reply::Ok(text) => serde_json::from_str(&text).context("the room's answer is not understood"),
            Reply::Refused(why) => anyhow::bail!("{why}"),
        }
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
