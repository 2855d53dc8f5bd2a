//! What the room's screens show, as pictures.

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Api;
use super::problem::{Name, Problem};
use crate::picture;

/// A screen of the room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Screenshot {
    Panel,
    Display,
    SecondDisplay,
}

/// When pictures of the screens are given away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Screenshots {
    /// Not of a classified room.
    Never,
    OutsideMeetings,
    Always,
}

/// A picture as PNG.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
pub struct Png(Vec<u8>);

impl IntoResponse for Png {
    fn into_response(self) -> Response {
        ([(header::CONTENT_TYPE, "image/png")], self.0).into_response()
    }
}

/// What a screen shows now.
///
/// Not in a meeting, unless the configuration allows it: what is on the display then, and who
/// is named on the panel, belongs to the people in the meeting. Never of a classified room.
#[utoipa::path(
    get,
    path = "/v1/screenshots/{screen}",
    tag = "diagnostics",
    params(("screen" = inline(Screenshot), Path, description = "Which screen.")),
    responses(
        (status = 200, content_type = "image/png", body = Png, description = "A PNG in the screen's own size."),
        (status = 404, body = Problem, content_type = "application/problem+json",
         description = "The room has no such screen.")
    )
)]
pub async fn screenshot(State(api): State<Api>, Name(screen): Name) -> Result<Png, Problem> {
    let screen = match screen.as_str() {
        "panel" => Screenshot::Panel,
        "display" => Screenshot::Display,
        "second-display" => Screenshot::SecondDisplay,
        _ => return Err(no_screen()),
    };
    if api.screenshots == Screenshots::Never {
        let detail = "Nobody sees the screens of a classified room from elsewhere.";
        return Err(Problem::new(StatusCode::FORBIDDEN, "classified", detail));
    }
    let shared = api.shared.clone();
    // Beside the tasks that carry packets, which must not wait for it.
    let taken = tokio::task::spawn_blocking(move || {
        let picture = match screen {
            Screenshot::Panel => shared.panel.borrow().clone(),
            Screenshot::Display => shared.display(),
            Screenshot::SecondDisplay => shared.second_display().ok_or_else(no_screen)?,
        };
        // Asked after it was taken: a meeting may have begun meanwhile.
        if shared.feed.shows_a_meeting() && api.screenshots != Screenshots::Always {
            let detail = "The screens show a meeting. The room's configuration does not let pictures of meetings out.";
            return Err(Problem::new(StatusCode::FORBIDDEN, "shows-a-meeting", detail));
        }
        picture::png(&picture).map(Png).map_err(|_| no_picture())
    });
    taken.await.map_err(|_| no_picture())?
}

fn no_screen() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "no-such-screen", "The room has no such screen.")
}

fn no_picture() -> Problem {
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "failed", "The picture could not be made.")
}
