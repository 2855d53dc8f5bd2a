//! The room window: a page on loopback that shows the room as a person in it would see it.
//!
//! For trying the product and for tests; off unless the configuration asks for it. It has no
//! sign-in, so it only ever listens on loopback, and refuses requests whose `Host` or `Origin` is
//! anything else (DNS rebinding, other sites' scripts).

use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context;
use axum::body::{Body, Bytes};
use axum::extract::{Query, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use futures_util::stream::{Stream, StreamExt, once, unfold};
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use url::Url;

use crate::event::Event;
use crate::picture;
use crate::status::{MediaFigures, Shared, Status};
use crate::timeline::Figures;

/// Pictures of the room display per second while somebody watches.
const DISPLAY_FPS: u32 = 15;
/// How long a request for another picture of the panel may wait.
const PANEL_WAIT: Duration = Duration::from_secs(10);
const BOUNDARY: &str = "picture";

/// What the page's handlers share.
#[derive(Clone)]
pub struct Window {
    pub shared: Shared,
    pub guest_page: Option<Url>,
}

/// Serves the page until the process ends; returns the address it listens on.
///
/// # Errors
/// When the address cannot be bound.
pub async fn serve(listen: SocketAddr, window: Window) -> anyhow::Result<SocketAddr> {
    let listener = TcpListener::bind(listen).await.with_context(|| format!("cannot listen on {listen}"))?;
    let address = listener.local_addr()?;
    tokio::spawn(async move { axum::serve(listener, router(window)).await });
    Ok(address)
}

fn router(window: Window) -> Router {
    Router::new()
        .route("/", get(|| asset("text/html; charset=utf-8", include_str!("../window/index.html"))))
        .route("/style.css", get(|| asset("text/css", include_str!("../window/style.css"))))
        .route("/window.js", get(|| asset("text/javascript", include_str!("../window/window.js"))))
        .route("/panel.png", get(panel_png))
        .route("/display.png", get(display_png))
        .route("/second-display.png", get(second_display_png))
        .route("/display.stream", get(display_stream))
        .route("/loudspeaker.pcm", get(loudspeaker))
        .route("/state", get(state))
        .route("/touch", post(touch))
        .route("/knob", post(knob))
        .layer(from_fn(only_from_this_machine))
        .with_state(window)
}

async fn asset(kind: &'static str, text: &'static str) -> Response {
    let policy = "default-src 'self'; img-src 'self' blob: data:; frame-ancestors 'none'";
    ([(header::CONTENT_TYPE, kind), (header::CONTENT_SECURITY_POLICY, policy)], text).into_response()
}

async fn only_from_this_machine(request: Request, next: Next) -> Response {
    let here = |authority: &str| {
        Url::parse(&format!("http://{authority}/")).is_ok_and(|url| crate::translate::is_loopback(&url))
    };
    let headers: &HeaderMap = request.headers();
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let host = text(header::HOST);
    let origin = text(header::ORIGIN).map(|origin| origin.trim_start_matches("http://"));
    if !host.is_some_and(here) || origin.is_some_and(|origin| Some(origin) != host) {
        return (StatusCode::FORBIDDEN, "This page is only for this machine.").into_response();
    }
    let mut response = next.run(request).await;
    // Nor may other sites show what is here as a picture of theirs.
    let own = HeaderValue::from_static("same-origin");
    response.headers_mut().insert(header::HeaderName::from_static("cross-origin-resource-policy"), own);
    response
}

/// Which picture a browser has already.
#[derive(Deserialize)]
struct Seen {
    #[serde(default, deserialize_with = "number_or_nothing")]
    seen: Option<u64>,
}

/// A page that has no picture yet has seen none.
fn number_or_nothing<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    Ok(String::deserialize(deserializer)?.parse().ok())
}

/// The panel. With `?seen=N` the answer waits for another picture than the one numbered N, so that a
/// page is always up to date without asking all the time.
async fn panel_png(State(window): State<Window>, Query(Seen { seen }): Query<Seen>) -> Response {
    let mut panel = window.shared.panel.clone();
    let other = panel.wait_for(|picture| Some(picture.serial) != seen);
    // After a while the same picture is answered again: connections do not stay open for ever.
    let _ = tokio::time::timeout(PANEL_WAIT, other).await;
    let picture = window.shared.panel.borrow().clone();
    picture_answer(move || picture).await
}

async fn display_png(State(window): State<Window>) -> Response {
    let shared = window.shared;
    picture_answer(move || shared.display()).await
}

async fn second_display_png(State(window): State<Window>) -> Response {
    let shared = window.shared;
    let picture = tokio::task::spawn_blocking(move || shared.second_display()).await.ok().flatten();
    match picture {
        Some(picture) => picture_answer(move || picture).await,
        // No error: most rooms have one display.
        None => StatusCode::NO_CONTENT.into_response(),
    }
}

/// Makes the PNG beside the tasks that carry packets, which must not wait for it.
async fn picture_answer(picture: impl FnOnce() -> picture::Picture + Send + 'static) -> Response {
    match tokio::task::spawn_blocking(move || png(&picture())).await {
        Ok(answer) => answer,
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

fn png(frame: &picture::Picture) -> Response {
    match picture::png(frame) {
        Ok(bytes) => {
            let headers = [
                (header::CONTENT_TYPE, "image/png"),
                (header::CACHE_CONTROL, "no-store"),
                (header::ETAG, &format!("\"{}\"", frame.serial)),
            ];
            (headers, bytes).into_response()
        }
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

/// The newest second of sound, as 16-bit little-endian samples.
async fn loudspeaker(State(window): State<Window>) -> Response {
    match window.shared.heard() {
        Some(samples) => {
            let bytes: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
            let headers =
                [(header::CONTENT_TYPE, "audio/L16;rate=48000;channels=1"), (header::CACHE_CONTROL, "no-store")];
            (headers, bytes).into_response()
        }
        None => (StatusCode::NOT_FOUND, "A real loudspeaker keeps nothing.").into_response(),
    }
}

/// The room display, at a steady rate.
async fn display_stream(State(window): State<Window>) -> Response {
    let mut tick = tokio::time::interval(Duration::from_secs(1) / DISPLAY_FPS);
    // A browser that was slow for a while wants the newest picture, not all it missed.
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    let pictures = unfold((window, tick), |(window, mut tick)| async move {
        tick.tick().await;
        let shared = window.shared.clone();
        let bytes = tokio::task::spawn_blocking(move || picture::jpeg(&shared.display())).await.ok()?.ok()?;
        Some((part("image/jpeg", &bytes), (window, tick)))
    });
    multipart(pictures)
}

/// One picture with the boundary after it: browsers show a picture when the next boundary arrives.
fn part(kind: &str, bytes: &[u8]) -> Result<Bytes, Infallible> {
    let mut part = format!("Content-Type: {kind}\r\nContent-Length: {}\r\n\r\n", bytes.len()).into_bytes();
    part.extend_from_slice(bytes);
    part.extend_from_slice(format!("\r\n--{BOUNDARY}\r\n").as_bytes());
    Ok(part.into())
}

fn multipart(pictures: impl Stream<Item = Result<Bytes, Infallible>> + Send + 'static) -> Response {
    let first = format!("--{BOUNDARY}\r\n").into_bytes();
    let first = once(async move { Ok(Bytes::from(first)) });
    let kind = format!("multipart/x-mixed-replace; boundary={BOUNDARY}");
    let headers = [(header::CONTENT_TYPE, kind.as_str()), (header::CACHE_CONTROL, "no-store")];
    (headers, Body::from_stream(first.chain(pictures))).into_response()
}

/// What the page polls.
#[derive(Serialize)]
struct PageState {
    #[serde(flatten)]
    status: Status,
    guest_page: Option<Url>,
    timeline: Figures,
    /// Counted since the daemon started.
    media: MediaFigures,
    devices: Vec<crate::status::KnobsOf>,
    /// What simulated fittings show.
    fittings: crate::status::FittingsShown,
}

async fn state(State(window): State<Window>) -> Json<PageState> {
    Json(PageState {
        media: window.shared.counters().into(),
        status: window.shared.status(),
        guest_page: window.guest_page.clone(),
        timeline: window.shared.timeline.figures(),
        devices: window.shared.knobs(),
        fittings: window.shared.fittings(),
    })
}

#[derive(Deserialize)]
struct TouchRequest {
    kind: TouchKind,
    x: i32,
    y: i32,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum TouchKind {
    Down,
    Move,
    Up,
}

async fn touch(State(window): State<Window>, Json(touch): Json<TouchRequest>) -> StatusCode {
    let kind = match touch.kind {
        TouchKind::Down => ui::TouchKind::Down,
        TouchKind::Move => ui::TouchKind::Move,
        TouchKind::Up => ui::TouchKind::Up,
    };
    let event = Event::Touch(ui::TouchEvent { kind, x: touch.x, y: touch.y });
    match window.shared.events.send(event).await {
        Ok(()) => StatusCode::NO_CONTENT,
        Err(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}

#[derive(Deserialize)]
struct KnobRequest {
    device: String,
    knob: String,
    on: bool,
}

async fn knob(State(window): State<Window>, Json(request): Json<KnobRequest>) -> StatusCode {
    if window.shared.turn(&request.device, &request.knob, request.on) {
        StatusCode::NO_CONTENT
    } else {
        StatusCode::NOT_FOUND
    }
}
