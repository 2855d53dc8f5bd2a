//! The guest's page: a person, or a test, sits in the meeting from a browser with the official client.
//!
//! `/<slug>` like a meeting link. With `?auto=1&name=<name>` the page joins by itself and reports what it
//! sees and hears as [`crate::guest::Report`]s to `/guest/report`.

use std::path::Path;

use axum::Router;
use axum::extract::Path as Segment;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;

const INDEX: &str = include_str!("page/index.html");
const STYLE: &str = include_str!("page/style.css");
const GUEST: &str = include_str!("page/guest.js");
const REPORT: &str = include_str!("page/report.js");
const TEXT: &str = include_str!("page/text.js");
const ENCRYPTION: &str = include_str!("page/encryption.js");
const NOT_INSTALLED: &str = include_str!("page/not_installed.html");

/// The official client's bundle, installed by tests/interop/setup.sh.
const CLIENT: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../interop/node_modules/livekit-client/dist/livekit-client.umd.js");

/// What of it encrypts and decrypts, on a thread of its own.
const WORKER: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../interop/node_modules/livekit-client/dist/livekit-client.e2ee.worker.js");

/// `/<slug>`, and below `/page/` what it is made of.
pub(crate) fn router() -> Router {
    Router::new()
        .route("/{slug}", get(index))
        .route("/page/style.css", get(|| async { file("text/css", STYLE) }))
        .route("/page/guest.js", get(|| async { file("text/javascript", GUEST) }))
        .route("/page/report.js", get(|| async { file("text/javascript", REPORT) }))
        .route("/page/text.js", get(|| async { file("text/javascript", TEXT) }))
        .route("/page/encryption.js", get(|| async { file("text/javascript", ENCRYPTION) }))
        .route("/page/livekit-client.js", get(|| installed(CLIENT)))
        .route("/page/livekit-client.e2ee.worker.js", get(|| installed(WORKER)))
}

async fn index(Segment(slug): Segment<String>) -> Response {
    // A dot is in no meeting's name, but in favicon.ico.
    if slug.contains('.') {
        return StatusCode::NOT_FOUND.into_response();
    }
    let page = if Path::new(CLIENT).exists() { INDEX } else { NOT_INSTALLED };
    ([(header::CACHE_CONTROL, "no-store")], Html(page)).into_response()
}

async fn installed(path: &str) -> Response {
    match tokio::fs::read_to_string(path).await {
        Ok(bundle) => file("text/javascript", bundle),
        Err(_) => StatusCode::NOT_FOUND.into_response(),
    }
}

fn file(media_type: &'static str, content: impl IntoResponse) -> Response {
    let headers = [(header::CONTENT_TYPE, media_type), (header::CACHE_CONTROL, "no-store")];
    (headers, content).into_response()
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};

    async fn get(path: &str) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, super::router()).await });
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    #[tokio::test]
    async fn a_meeting_link_shows_a_page_and_everything_the_page_names_is_there() {
        assert!(get("/sal-turi-nga").await.starts_with("HTTP/1.1 200"));
        assert!(get("/favicon.ico").await.starts_with("HTTP/1.1 404"));
        let page_and_scripts = [super::INDEX, super::GUEST, super::ENCRYPTION].concat();
        let quoted = page_and_scripts.split(['"', '\'']);
        let named = quoted.filter(|text| text.ends_with(".js") || text.ends_with(".css"));
        // The official client is there only when it is installed.
        for path in named.filter(|path| !path.contains("livekit-client")) {
            let path = path.replace("./", "/page/");
            assert!(get(&path).await.starts_with("HTTP/1.1 200"), "{path} is not there");
        }
    }
}
