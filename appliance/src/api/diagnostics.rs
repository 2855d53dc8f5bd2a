//! How the room is: for IT, and for whoever stands in it with a ladder.

use axum::Json;
use axum::extract::State;
use room::event::Wish;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Api;
use super::problem::Problem;
use super::wishes::ask;
use crate::event::Asked;
use crate::status::{AudioCheckStatus, Health, Shared};

/// How an audio check goes.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct CheckProgress {
    /// Whether the room is busy with it, or shows what it found.
    pub is_running: bool,
    /// The last one; numbered 0 when there was none.
    pub check: AudioCheckStatus,
}

/// What IT watches.
///
/// What the room does, its devices, and counters since the daemon started. Nobody's name is in it.
#[utoipa::path(
    get,
    path = "/v1/health",
    tag = "diagnostics",
    responses((status = 200, body = Health, description = "How the room is."))
)]
pub async fn health(State(api): State<Api>) -> Json<Health> {
    Json(api.shared.health())
}

/// The last audio check, also one that is running.
#[utoipa::path(
    get,
    path = "/v1/audio-check",
    tag = "diagnostics",
    responses((status = 200, body = CheckProgress, description = "How it goes, or what it found."))
)]
pub async fn audio_check(State(api): State<Api>) -> Json<CheckProgress> {
    Json(progress(&api.shared))
}

/// Check the room's sound.
///
/// Plays a rising tone for three seconds and finds out how well the microphones hear it; six seconds in all. Not in a
/// meeting.
#[utoipa::path(
    post,
    path = "/v1/audio-check",
    tag = "diagnostics",
    responses((status = 200, body = CheckProgress, description = "Begun; its number is in it."))
)]
pub async fn check_audio(State(api): State<Api>) -> Result<Json<CheckProgress>, Problem> {
    ask(&api.shared, Asked::Wish(Wish::CheckAudio)).await?;
    Ok(Json(progress(&api.shared)))
}

fn progress(shared: &Shared) -> CheckProgress {
    let status = shared.status();
    CheckProgress { is_running: status.screen == "audio-check", check: status.audio_check.unwrap_or_default() }
}
