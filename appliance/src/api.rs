//! The room control API: HTTP and server-sent events for integrators, for IT and for `huisclos`.
//!
//! It is on the control socket, for whoever may open that file, and on the network only where the configuration
//! says so, for whoever holds a certificate of the configured authority. Its description, `docs/api/openapi.json`,
//! is made from this code.

mod camera;
pub mod client;
mod diagnostics;
mod events;
mod feed;
mod problem;
mod rights;
mod screenshots;
mod state;
mod tls;
mod wishes;
mod words;

use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use anyhow::Context;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use tokio::net::UnixListener;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::config::ApiTls;
use crate::net::Allowed;
use crate::status::Shared;

pub use diagnostics::CheckProgress;
pub use feed::Feed;
pub use problem::Problem;
pub use rights::Rights;
pub use screenshots::{Screenshot, Screenshots};
pub use state::{AgendaMeeting, Language, Layout, Screen, State, meeting_id};
pub use wishes::{
    HandRequest, InviteRequest, JoinRequest, LanguageRequest, LayoutRequest, PowerRequest, PowerWord, SwitchRequest,
    join_by,
};

/// Bytes. The longest join, each of its characters escaped as JSON may (twelve bytes for the rarer half of Unicode).
const BODY_MAX: usize = 256 * 1024;

/// What the handlers share.
#[derive(Clone)]
pub struct Api {
    pub shared: Shared,
    pub screenshots: Screenshots,
    pub rights: Rights,
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Huis Clos room control API",
        version = "1",
        description = "What a room is, and what may be asked of it. On its control socket, and over TLS for clients \
                       with a certificate. Every wish is answered with the state it led to, or with the reason why not.",
        license(name = "EUPL-1.2", identifier = "EUPL-1.2")
    ),
    servers((url = "/")),
    components(schemas(Problem))
)]
struct Document;

fn documented() -> OpenApiRouter<Api> {
    OpenApiRouter::with_openapi(Document::openapi())
        .routes(routes!(state::state))
        .routes(routes!(events::events))
        .routes(routes!(wishes::join))
        .routes(routes!(wishes::join_meeting))
        .routes(routes!(wishes::meet_now))
        .routes(routes!(wishes::invite))
        .routes(routes!(wishes::leave))
        .routes(routes!(wishes::microphone))
        .routes(routes!(camera::camera))
        .routes(routes!(camera::pose))
        .routes(routes!(camera::recall))
        .routes(routes!(camera::keep))
        .routes(routes!(wishes::share))
        .routes(routes!(wishes::hand))
        .routes(routes!(wishes::volume))
        .routes(routes!(wishes::layout))
        .routes(routes!(wishes::captions))
        .routes(routes!(wishes::self_view))
        .routes(routes!(wishes::language))
        .routes(routes!(wishes::power))
        .routes(routes!(screenshots::screenshot))
        .routes(routes!(diagnostics::health))
        .routes(routes!(diagnostics::audio_check, diagnostics::check_audio))
}

/// The description of the API, OpenAPI 3.1.
pub fn openapi() -> utoipa::openapi::OpenApi {
    let mut document = documented().into_openapi();
    for item in document.paths.paths.values_mut() {
        for (operation, is_wish) in [(&mut item.get, false), (&mut item.put, true), (&mut item.post, true)] {
            if let Some(operation) = operation {
                problem::document(operation, is_wish);
            }
        }
    }
    document
}

/// The API as a service; a description of itself is in it.
pub fn router(api: Api) -> Router {
    let document = openapi();
    Router::from(documented())
        .route_layer(from_fn_with_state(api.clone(), rights::check))
        .route("/openapi.json", get(move || async { Json(document) }))
        .layer(DefaultBodyLimit::max(BODY_MAX))
        .layer(from_fn(at_the_door))
        .with_state(api)
}

/// What is true of every request and every answer.
async fn at_the_door(request: Request, next: Next) -> Response {
    // Programs send none. A browser that holds a certificate, or a proxy to the socket, must not be led by
    // other pages into asking something of the room.
    let mut response = if request.headers().contains_key(header::ORIGIN) {
        Problem::new(StatusCode::FORBIDDEN, "web-page", "This is not for pages of the web.").into_response()
    } else {
        next.run(request).await
    };
    let is_error = response.status().is_client_error() || response.status().is_server_error();
    if is_error && !problem::is_problem(&response) {
        let allow = response.headers_mut().remove(header::ALLOW);
        response = Problem::of_status(response.status()).into_response();
        if let Some(allow) = allow {
            response.headers_mut().insert(header::ALLOW, allow);
        }
    }
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// Serves the control socket until the process ends.
///
/// # Errors
/// When the socket cannot be made, or another daemon has it.
pub async fn serve_socket(path: &Path, api: Api) -> anyhow::Result<()> {
    if std::os::unix::net::UnixStream::connect(path).is_ok() {
        anyhow::bail!("another daemon answers on {}", path.display());
    }
    if let Some(directory) = path.parent() {
        std::fs::create_dir_all(directory).with_context(|| format!("cannot create {}", directory.display()))?;
    }
    let _ = std::fs::remove_file(path); // left by a crash
    let listener = UnixListener::bind(path).with_context(|| format!("cannot listen on {}", path.display()))?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o660))?;
    tokio::spawn(async move { axum::serve(listener, router(api)).await });
    Ok(())
}

/// Serves the network until the process ends; returns the address it listens on.
///
/// # Errors
/// When the address cannot be bound, or a certificate or the key cannot be used.
pub async fn serve_tls(config: &ApiTls, clients: Allowed, api: Api) -> anyhow::Result<SocketAddr> {
    tls::serve(config, clients, router(api)).await
}
