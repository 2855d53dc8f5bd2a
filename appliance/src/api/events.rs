//! State changes as server-sent events (WHATWG HTML, 9.2).

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::{Stream, StreamExt};

use super::Api;
use super::feed::Told;

/// Often enough for every firewall on the way.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// The state, then what changes in it, as server-sent events.
///
/// `state`: the whole state. `change`: what changed since, as a JSON merge patch (RFC 7396). `missed`: the client was
/// too slow or away, and something changed that it was not told; the whole state follows. Each event but `missed` has
/// an id; whoever connects again with the last one in `Last-Event-ID` is told whether it missed something. A comment
/// comes every 15 seconds at least.
#[utoipa::path(
    get,
    path = "/v1/events",
    tag = "state",
    params(("Last-Event-ID" = Option<String>, Header, description = "The id of the last event that the client got.")),
    responses((status = 200, content_type = "text/event-stream", body = String, description = "Until either side ends it."))
)]
pub async fn events(
    State(api): State<Api>,
    headers: HeaderMap,
) -> Sse<impl Stream<Item = Result<Event, Infallible>> + use<>> {
    let seen = headers.get("last-event-id").map(|id| String::from_utf8_lossy(id.as_bytes()).into_owned());
    let events = api.shared.feed.clone().follow(seen.as_deref()).map(|told| {
        Ok(match told {
            Told::State { id, json } => Event::default().event("state").id(id).data(json),
            Told::Change { id, patch } => Event::default().event("change").id(id).data(patch),
            // Browsers drop events without data.
            Told::Missed => Event::default().event("missed").data("{}"),
        })
    });
    Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE))
}
