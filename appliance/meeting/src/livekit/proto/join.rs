//! The address a session is opened at, which carries the whole join request.

use std::io::Write;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE;
use flate2::{Compression, write::GzEncoder};
use livekit_protocol as lk;
use prost::Message;
use url::Url;

use super::signal::{AddTrack, add_track, description};

/// The signalling protocol we speak: what livekit-server 1.13 reports.
const PROTOCOL: i32 = 17;

/// Join requests at least this long are compressed: they travel in an address.
const COMPRESS_FROM_BYTES: usize = 512;

/// What a session is opened with.
#[derive(Debug)]
pub(crate) enum Auth<'a> {
    /// A new session; the offer and tracks only with a single peer connection.
    Join { offer: Option<String>, tracks: Vec<AddTrack> },
    /// A session that goes on.
    Resume { participant: &'a str, reason: i32 },
}

/// Which of the two shapes of the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// `/rtc/v1`: one peer connection.
    Single,
    /// `/rtc`: publisher and subscriber.
    Dual,
}

/// The address of the WebSocket. The token goes into the `Authorization` header, never in here.
pub(crate) fn join_url(server: &Url, shape: Shape, auth: Auth<'_>) -> Url {
    let mut url = endpoint(server, shape, "");
    let secure = matches!(url.scheme(), "https" | "wss");
    // Cannot fail: all four schemes are special ones.
    let _ = url.set_scheme(if secure { "wss" } else { "ws" });
    query(&mut url, shape, auth);
    url
}

/// The address that says why a token was refused.
pub(crate) fn validate_url(server: &Url, shape: Shape) -> Url {
    let mut url = endpoint(server, shape, "/validate");
    let secure = matches!(url.scheme(), "https" | "wss");
    let _ = url.set_scheme(if secure { "https" } else { "http" });
    query(&mut url, shape, Auth::Join { offer: None, tracks: Vec::new() });
    url
}

fn endpoint(server: &Url, shape: Shape, suffix: &str) -> Url {
    let mut url = server.clone();
    let path = match shape {
        Shape::Single => "/rtc/v1",
        Shape::Dual => "/rtc",
    };
    url.set_path(&format!("{}{path}{suffix}", server.path().trim_end_matches('/')));
    url.set_query(None);
    url.set_fragment(None);
    url
}

fn query(url: &mut Url, shape: Shape, auth: Auth<'_>) {
    match shape {
        Shape::Single => {
            url.query_pairs_mut().append_pair("join_request", &join_request(auth));
        }
        Shape::Dual => {
            let mut pairs = url.query_pairs_mut();
            pairs.append_pair("protocol", &PROTOCOL.to_string());
            pairs.append_pair("os", "linux");
            pairs.append_pair("version", env!("CARGO_PKG_VERSION"));
            pairs.append_pair("auto_subscribe", "1");
            pairs.append_pair("adaptive_stream", "1");
            if let Auth::Resume { participant, reason } = auth {
                pairs.append_pair("reconnect", "1");
                pairs.append_pair("sid", participant);
                pairs.append_pair("reconnect_reason", &reason.to_string());
            }
        }
    }
}

fn join_request(auth: Auth<'_>) -> String {
    let mut request = lk::JoinRequest {
        client_info: Some(lk::ClientInfo {
            // Not one of the official clients: the server assumes the least.
            sdk: lk::client_info::Sdk::Unknown as i32,
            version: env!("CARGO_PKG_VERSION").into(),
            protocol: PROTOCOL,
            os: "linux".into(),
            device_model: "Huis Clos".into(),
            ..Default::default()
        }),
        connection_settings: Some(lk::ConnectionSettings {
            auto_subscribe: true,
            adaptive_stream: true,
            ..Default::default()
        }),
        ..Default::default()
    };
    match auth {
        Auth::Join { offer, tracks } => {
            request.publisher_offer = offer.map(|sdp| description("offer", sdp, 0));
            request.add_track_requests = tracks.into_iter().map(add_track).collect();
        }
        Auth::Resume { participant, reason } => {
            request.reconnect = true;
            request.participant_sid = participant.into();
            request.reconnect_reason = reason;
        }
    }
    let plain = request.encode_to_vec();
    let compressed = (plain.len() >= COMPRESS_FROM_BYTES).then(|| gzip(&plain)).flatten();
    let wrapped = match compressed {
        Some(join_request) => {
            lk::WrappedJoinRequest { compression: lk::wrapped_join_request::Compression::Gzip as i32, join_request }
        }
        None => lk::WrappedJoinRequest { join_request: plain, ..Default::default() },
    };
    // The server's decoder insists on padding.
    URL_SAFE.encode(wrapped.encode_to_vec())
}

fn gzip(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).ok()?;
    encoder.finish().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_before_the_endpoint_is_kept_and_the_scheme_becomes_a_websockets() {
        let server: Url = "https://meet.example/livekit/".parse().unwrap();
        let url = join_url(&server, Shape::Dual, Auth::Resume { participant: "PA_x", reason: 1 });
        assert!(url.as_str().starts_with("wss://meet.example/livekit/rtc?"), "{url}");
        assert!(url.as_str().contains("reconnect=1&sid=PA_x&reconnect_reason=1"));
        let plain: Url = "ws://127.0.0.1:7880".parse().unwrap();
        let url = validate_url(&plain, Shape::Single);
        assert!(url.as_str().starts_with("http://127.0.0.1:7880/rtc/v1/validate?join_request="));
    }

    #[test]
    fn a_long_offer_travels_compressed() {
        let offer = "a=rtpmap:96 VP8/90000\r\n".repeat(400);
        let text = join_request(Auth::Join { offer: Some(offer.clone()), tracks: Vec::new() });
        assert!(text.len() < 2000, "{}", text.len());
        let wrapped = lk::WrappedJoinRequest::decode(&URL_SAFE.decode(text).unwrap()[..]).unwrap();
        let mut plain = Vec::new();
        let mut decoder = flate2::read::GzDecoder::new(&wrapped.join_request[..]);
        std::io::Read::read_to_end(&mut decoder, &mut plain).unwrap();
        let request = lk::JoinRequest::decode(&plain[..]).unwrap();
        assert_eq!(request.publisher_offer.unwrap().sdp, offer);
    }
}
