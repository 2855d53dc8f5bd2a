//! What a client asks for when it opens its signalling WebSocket.

use std::io::Read;

use base64::Engine;
use livekit_protocol as lk;
use prost::Message;

/// A join request longer than this, unpacked, is refused.
const JOIN_REQUEST_MAX: u64 = 1 << 20;

/// One upgrade request, before anything of it is believed.
#[derive(Debug, Clone, PartialEq)]
pub struct Knock {
    pub token: String,
    pub single: bool,
    pub auto_subscribe: bool,
    /// The participant to resume, by sid.
    pub resume: Option<String>,
    /// Only whether the token would do, over plain HTTP.
    pub validate: bool,
    /// Tracks and offer that came with a single-connection join.
    pub tracks: Vec<lk::AddTrackRequest>,
    pub offer: Option<lk::SessionDescription>,
    pub client_protocol: i32,
    pub capabilities: Vec<i32>,
    pub attributes: std::collections::HashMap<String, String>,
    pub metadata: String,
}

/// Why an upgrade request is not understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KnockError {
    #[error("not found")]
    UnknownPath,
    #[error("join_request cannot be read")]
    JoinRequest,
}

impl Knock {
    /// Reads path, query and `Authorization` header of an HTTP request.
    ///
    /// # Errors
    /// When it is not a LiveKit path, or the join request is damaged.
    pub fn parse(path: &str, query: &str, authorization: Option<&str>) -> Result<Knock, KnockError> {
        let (single, validate) = match path.trim_end_matches('/') {
            "/rtc" => (false, false),
            "/rtc/validate" => (false, true),
            "/rtc/v1" => (true, false),
            "/rtc/v1/validate" => (true, true),
            _ => return Err(KnockError::UnknownPath),
        };
        let mut knock = Knock {
            token: authorization.and_then(|a| a.strip_prefix("Bearer ")).unwrap_or_default().into(),
            single,
            auto_subscribe: true,
            resume: None,
            validate,
            tracks: Vec::new(),
            offer: None,
            client_protocol: 0,
            capabilities: Vec::new(),
            attributes: std::collections::HashMap::new(),
            metadata: String::new(),
        };
        let (mut reconnect, mut sid) = (false, String::new());
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            match &*name {
                "access_token" => knock.token = value.into_owned(),
                "auto_subscribe" => knock.auto_subscribe = yes(&value),
                "reconnect" => reconnect = yes(&value),
                "sid" => sid = value.into_owned(),
                "client_protocol" => knock.client_protocol = value.parse().unwrap_or(0),
                "join_request" if single => knock.take(unwrap(&value).ok_or(KnockError::JoinRequest)?),
                _ => {}
            }
        }
        if reconnect {
            knock.resume = Some(sid);
        }
        Ok(knock)
    }

    fn take(&mut self, join: lk::JoinRequest) {
        if let Some(settings) = join.connection_settings {
            self.auto_subscribe = settings.auto_subscribe;
        }
        if join.reconnect {
            self.resume = Some(join.participant_sid);
        }
        if let Some(client) = join.client_info {
            self.client_protocol = client.client_protocol;
            self.capabilities = client.capabilities;
        }
        self.tracks = join.add_track_requests;
        self.offer = join.publisher_offer;
        self.attributes = join.participant_attributes;
        self.metadata = join.metadata;
    }
}

fn yes(value: &str) -> bool {
    matches!(value, "1" | "true")
}

fn unwrap(text: &str) -> Option<lk::JoinRequest> {
    let text = text.trim_end_matches('=');
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD
        .decode(text)
        .or_else(|_| base64::engine::general_purpose::STANDARD_NO_PAD.decode(text))
        .ok()?;
    let wrapped = lk::WrappedJoinRequest::decode(&bytes[..]).ok()?;
    let plain = if wrapped.compression == lk::wrapped_join_request::Compression::Gzip as i32 {
        let mut plain = Vec::new();
        flate2::read::GzDecoder::new(&wrapped.join_request[..]).take(JOIN_REQUEST_MAX).read_to_end(&mut plain).ok()?;
        plain
    } else {
        wrapped.join_request
    };
    lk::JoinRequest::decode(&plain[..]).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn reads_the_query_of_a_dual_connection() {
        let knock = Knock::parse("/rtc", "auto_subscribe=0&access_token=a.b.c&sdk=js&client_protocol=2", None).unwrap();
        assert!(!knock.single && !knock.auto_subscribe && knock.resume.is_none());
        assert_eq!((knock.token.as_str(), knock.client_protocol), ("a.b.c", 2));
        let knock = Knock::parse("/rtc", "reconnect=1&sid=PA_x", Some("Bearer t")).unwrap();
        assert_eq!((knock.token.as_str(), knock.resume.as_deref()), ("t", Some("PA_x")));
        assert_eq!(Knock::parse("/rtcx", "", None), Err(KnockError::UnknownPath));
    }

    #[test]
    fn reads_a_compressed_join_request() {
        let join = lk::JoinRequest { reconnect: true, participant_sid: "PA_y".into(), ..Default::default() };
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        gzip.write_all(&join.encode_to_vec()).unwrap();
        let wrapped = lk::WrappedJoinRequest { compression: 1, join_request: gzip.finish().unwrap() };
        let text = base64::engine::general_purpose::URL_SAFE.encode(wrapped.encode_to_vec());
        let knock = Knock::parse("/rtc/v1", &format!("join_request={text}"), None).unwrap();
        assert_eq!(knock.resume.as_deref(), Some("PA_y"));
        assert_eq!(Knock::parse("/rtc/v1", "join_request=%00", None), Err(KnockError::JoinRequest));
    }
}
