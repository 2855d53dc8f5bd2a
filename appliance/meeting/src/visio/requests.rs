//! The requests of La Suite Meet's REST API that a room makes.

use serde_json::json;
use url::Url;
use uuid::Uuid;

use super::moderation::Account;
use crate::io::{HttpRequest, Method};

/// The endpoint of a room; always with a trailing slash, or the server redirects and loses the POST.
pub(super) fn room_url(instance: &Url, room: &str, action: &str) -> Url {
    let mut url = instance.clone();
    url.set_query(None);
    url.set_fragment(None);
    if let Ok(mut path) = url.path_segments_mut() {
        path.clear().extend(["api", "v1.0", "rooms", room]);
        if !action.is_empty() {
            path.push(action);
        }
        path.push("");
    }
    url
}

pub(super) fn headers(language: &str) -> Vec<(String, String)> {
    vec![("accept".into(), "application/json".into()), ("accept-language".into(), language.into())]
}

pub(super) fn post(url: Url, mut headers: Vec<(String, String)>, body: &serde_json::Value) -> HttpRequest {
    headers.push(("content-type".into(), "application/json".into()));
    HttpRequest { method: Method::Post, url, headers, body: Some(body.to_string().into_bytes()) }
}

/// Asks to be let in, and again while waiting. One call serves open rooms and lobbies alike.
pub(super) fn request_entry(
    instance: &Url,
    slug: &str,
    device: Uuid,
    account: Option<&Account>,
    name: &str,
    language: &str,
) -> HttpRequest {
    let mut headers = headers(language);
    // Lower case and hyphenated, or the host's "accept" never finds us.
    let cookie = format!("lobbyParticipantId={}", device.hyphenated());
    match account {
        Some(account) => headers.extend(account.headers(instance, &cookie)),
        None => headers.push(("cookie".into(), cookie)),
    }
    post(room_url(instance, slug, "request-entry"), headers, &json!({ "username": name }))
}

/// The only way into a room that is not registered, on servers that allow those.
pub(super) fn get_room(instance: &Url, slug: &str, name: &str, language: &str) -> HttpRequest {
    let mut url = room_url(instance, slug, "");
    url.query_pairs_mut().append_pair("username", name);
    HttpRequest { method: Method::Get, url, headers: headers(language), body: None }
}

fn bearer(instance: &Url, room: &str, action: &str, token: &str, body: &serde_json::Value) -> HttpRequest {
    let mut headers = headers("en");
    headers.push(("authorization".into(), format!("Bearer {token}")));
    post(room_url(instance, room, action), headers, body)
}

/// Raises or lowers our hand; `token` is the LiveKit token. Raising a raised hand would lose our
/// place in the queue.
pub fn toggle_hand(instance: &Url, room: &str, token: &str, raised: bool) -> HttpRequest {
    bearer(instance, room, "toggle-hand", token, &json!({ "raised": raised }))
}

/// Changes the name others read, 1 to 255 characters; `token` is the LiveKit token.
pub fn rename(instance: &Url, room: &str, token: &str, name: &str) -> HttpRequest {
    let name: String = name.trim().chars().take(255).collect();
    bearer(instance, room, "rename", token, &json!({ "name": name }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_end_with_a_slash_whatever_was_typed() {
        let instance = Url::parse("https://visio.example/some/page?x=1#secret").unwrap();
        let url = room_url(&instance, "abc-defg-hij", "request-entry");
        assert_eq!(url.as_str(), "https://visio.example/api/v1.0/rooms/abc-defg-hij/request-entry/");
        assert_eq!(room_url(&instance, "a/b", "").as_str(), "https://visio.example/api/v1.0/rooms/a%2Fb/");
    }
}
