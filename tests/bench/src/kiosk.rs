//! The kiosk: headless Chromium on a page with the official client, told what to do over HTTP.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use axum::extract::{DefaultBodyLimit, State};
use axum::http::header;
use axum::routing::{get, post};
use axum::{Json, Router};
use demo::room::Tile;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::{Mutex, mpsc};
use url::Url;

const HTML: &str = include_str!("../page/kiosk.html");
const SCRIPT: &str = include_str!("../page/kiosk.js");
/// How long the page waits for an order before it asks again.
const PATIENCE: Duration = Duration::from_secs(10);
const ANSWER_LIMIT: Duration = Duration::from_secs(60);

/// The page's two ends.
#[derive(Clone)]
struct Wires {
    orders: Arc<Mutex<mpsc::Receiver<Value>>>,
    answers: mpsc::Sender<Answer>,
}

#[derive(Debug, Deserialize)]
struct Answer {
    ok: Option<Value>,
    error: Option<String>,
}

/// Orders for the page, and its answers.
pub struct Remote {
    orders: mpsc::Sender<Value>,
    answers: mpsc::Receiver<Answer>,
}

/// The kiosk's pages, to be served beside the meeting platform's, and their remote control.
pub fn pages() -> (Router, Remote) {
    let (orders, ordered) = mpsc::channel(1);
    let (answers, answered) = mpsc::channel(4);
    let wires = Wires { orders: Arc::new(Mutex::new(ordered)), answers };
    let file =
        |media_type: &'static str, text: &'static str| async move { ([(header::CONTENT_TYPE, media_type)], text) };
    let router = Router::new()
        .route("/bench/kiosk.html", get(move || file("text/html", HTML)))
        .route("/bench/kiosk.js", get(move || file("text/javascript", SCRIPT)))
        .route("/bench/next", get(next))
        .route("/bench/answer", post(answer).layer(DefaultBodyLimit::max(16 << 20)))
        .with_state(wires);
    (router, Remote { orders, answers: answered })
}

async fn next(State(wires): State<Wires>) -> Json<Option<Value>> {
    let mut orders = wires.orders.lock().await;
    Json(tokio::time::timeout(PATIENCE, orders.recv()).await.ok().flatten())
}

async fn answer(State(wires): State<Wires>, Json(answer): Json<Answer>) {
    let _ = wires.answers.send(answer).await;
}

/// A running kiosk.
pub struct Kiosk<'a> {
    browser: sandbox::guest::Guest,
    remote: &'a mut Remote,
}

/// How many pictures each of the kiosk's tiles has shown until then.
#[derive(Debug, Clone, Deserialize)]
pub struct Snapshot {
    /// Milliseconds since the Unix epoch.
    pub at: f64,
    pub tiles: Vec<Shown>,
}

/// One tile of the kiosk.
#[derive(Debug, Clone, Deserialize)]
pub struct Shown {
    pub frames: u64,
    pub freezes: u64,
}

/// When the kiosk first saw and heard somebody, in milliseconds after its script was told to join.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct First {
    pub first_video_ms: Option<f64>,
    pub first_audio_ms: Option<f64>,
    pub shown: usize,
}

impl<'a> Kiosk<'a> {
    /// Opens the kiosk's page, which waits there for the order to join.
    ///
    /// # Errors
    /// When there is no Chromium.
    pub fn open(
        origin: &Url,
        slug: &str,
        tiles: &[Tile],
        camera: &Path,
        microphone: &Path,
        remote: &'a mut Remote,
    ) -> anyhow::Result<Kiosk<'a>> {
        let rect = |tile: &Tile| json!({ "x": tile.x, "y": tile.y, "width": tile.width, "height": tile.height });
        let (own, others): (Vec<_>, Vec<_>) = tiles.iter().partition(|tile| tile.who == "own");
        let own = own.first().map(|tile| rect(tile)).context("the room shows no self view")?;
        let mut page = origin.join("bench/kiosk.html")?;
        page.query_pairs_mut()
            .append_pair("slug", slug)
            .append_pair("own", &own.to_string())
            .append_pair("rects", &Value::from(others.into_iter().map(rect).collect::<Vec<_>>()).to_string());
        let browser = sandbox::guest::launch_chromium_sized(page.as_str(), camera, microphone, (1920, 1080))
            .context("the browser cannot start")?;
        Ok(Kiosk { browser, remote })
    }

    pub fn process_id(&self) -> u32 {
        self.browser.process_id()
    }

    /// Has the page do something.
    ///
    /// # Errors
    /// When the page does not answer, or answers with an error.
    pub async fn order<T: serde::de::DeserializeOwned>(&mut self, order: Value) -> anyhow::Result<T> {
        let what = order.to_string();
        self.remote.orders.send(order).await.context("nobody serves the kiosk's page")?;
        let answer = tokio::time::timeout(ANSWER_LIMIT, self.remote.answers.recv()).await;
        match answer.ok().flatten() {
            Some(Answer { ok: Some(value), .. }) => {
                serde_json::from_value(value).context("the kiosk's answer is strange")
            }
            Some(Answer { error, .. }) => bail!("the kiosk cannot {what}: {}", error.unwrap_or_default()),
            None => bail!("the kiosk does not answer {what}"),
        }
    }
}
