//! Requests and answers as plain values, so that a simulation needs no sockets.

use std::time::Duration;

use serde_json::{Value, json};

use super::text::{Language, Text};

/// One HTTP request to the platform.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RestRequest {
    /// In capitals.
    pub method: String,
    /// From the root and as on the wire, percent-encoded.
    pub path: String,
    /// Without the question mark.
    pub query: String,
    /// Names in any case.
    pub headers: Vec<(String, String)>,
    /// JSON, mostly.
    pub body: Vec<u8>,
    /// When it arrives, since the Unix epoch.
    pub now: Duration,
}

impl RestRequest {
    /// A header's value, its name in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// A cookie's value. Empty is not absent: the platform tells them apart.
    pub(super) fn cookie(&self, name: &str) -> Option<&str> {
        let cookies = self.headers.iter().filter(|(key, _)| key.eq_ignore_ascii_case("cookie"));
        cookies
            .flat_map(|(_, value)| value.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value.trim_matches('"'))
    }

    /// A query parameter, decoded.
    pub(super) fn parameter(&self, name: &str) -> Option<String> {
        url::form_urlencoded::parse(self.query.as_bytes())
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    }

    /// The path's segments, decoded; `None` unless it ends in a slash.
    pub(super) fn segments(&self) -> Option<Vec<String>> {
        let inner = self.path.strip_prefix('/')?.strip_suffix('/')?;
        Some(inner.split('/').map(percent_decoded).collect())
    }

    pub(super) fn language(&self) -> Language {
        Language::of(self.header("accept-language"))
    }

    /// The body as a JSON object; an empty body is an empty object.
    pub(super) fn fields(&self) -> Result<Fields, RestResponse> {
        if self.body.is_empty() {
            return Ok(Fields::default());
        }
        let media_type = self.header("content-type").unwrap_or_default();
        if media_type.split(';').next().is_none_or(|essence| essence.trim() != "application/json") {
            let detail = format!("Unsupported media type \"{media_type}\" in request.");
            return Err(RestResponse::json(415, &json!({ "detail": detail })));
        }
        match serde_json::from_slice(&self.body) {
            Ok(Value::Object(fields)) => Ok(Fields(fields)),
            Ok(other) => {
                let message = format!("Invalid data. Expected a dictionary, but got {}.", python_type(&other));
                Err(RestResponse::json(400, &json!({ "non_field_errors": [message] })))
            }
            Err(error) => {
                let (line, column) = (error.line(), error.column());
                let detail =
                    format!("JSON parse error - Expecting value: line {line} column {} (char {column})", column + 1);
                Err(RestResponse::json(400, &json!({ "detail": detail })))
            }
        }
    }
}

/// The platform's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestResponse {
    /// HTTP's.
    pub status: u16,
    /// Names in lower case; `set-cookie` may come more than once.
    pub headers: Vec<(String, String)>,
    /// JSON where `content-type` says so; empty for HEAD and redirects.
    pub body: Vec<u8>,
}

impl RestResponse {
    pub(super) fn json(status: u16, body: &Value) -> RestResponse {
        let headers = vec![("content-type".into(), "application/json".into())];
        RestResponse { status, headers, body: body.to_string().into_bytes() }
    }

    /// What comes from in front of the API: unknown paths, crashes.
    pub(super) fn html(status: u16) -> RestResponse {
        let (title, text) = match status {
            400 => ("Bad Request (400)".to_owned(), ""),
            404 => ("Not Found".to_owned(), "The requested resource was not found on this server."),
            500 => ("Server Error (500)".to_owned(), ""),
            other => (format!("Error {other}"), ""),
        };
        let body = format!(
            "\n<!doctype html>\n<html lang=\"en\">\n<head>\n  <title>{title}</title>\n</head>\n<body>\n  \
             <h1>{title}</h1><p>{text}</p>\n</body>\n</html>\n"
        );
        let headers = vec![("content-type".into(), "text/html; charset=utf-8".into())];
        RestResponse { status, headers, body: body.into_bytes() }
    }

    pub(super) fn detail(status: u16, detail: impl Into<String>) -> RestResponse {
        RestResponse::json(status, &json!({ "detail": detail.into() }))
    }

    pub(super) fn with(mut self, name: &str, value: impl Into<String>) -> RestResponse {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// A header's first value, its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The body as JSON. `None`: it is not, HTML for example.
    pub fn json_body(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }
}

/// A JSON object with the platform's rules for fields. Errors come back as `{"field": ["sentence"]}`.
#[derive(Debug, Default)]
pub(super) struct Fields(serde_json::Map<String, Value>);

/// Values the platform takes for true and false, beside JSON's own.
const TRUE: [&str; 8] = ["t", "y", "yes", "true", "on", "1", "T", "True"];
const FALSE: [&str; 8] = ["f", "n", "no", "false", "off", "0", "F", "False"];

impl Fields {
    /// A text: trimmed, not blank, numbers allowed, at most `characters_max` long.
    pub(super) fn text(&self, name: &str, characters_max: Option<usize>) -> Result<String, Text> {
        let text = match self.0.get(name) {
            None => return Err(Text::Required),
            Some(Value::Null) => return Err(Text::NotNull),
            Some(Value::String(text)) => text.trim().to_owned(),
            Some(Value::Number(number)) => number.to_string(),
            Some(_) => return Err(Text::NotAString),
        };
        match characters_max {
            _ if text.is_empty() => Err(Text::NotBlank),
            _ if text.contains('\0') => Err(Text::NullCharacters),
            Some(max) if text.chars().count() > max => Err(Text::TooLong { characters_max: max }),
            _ => Ok(text),
        }
    }

    /// As it came; `None`: it is not there.
    pub(super) fn value(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    pub(super) fn boolean(&self, name: &str) -> Result<bool, Text> {
        match self.0.get(name) {
            None => Err(Text::Required),
            Some(Value::Null) => Err(Text::NotNull),
            Some(Value::Bool(value)) => Ok(*value),
            Some(Value::String(text)) if TRUE.contains(&text.as_str()) => Ok(true),
            Some(Value::String(text)) if FALSE.contains(&text.as_str()) => Ok(false),
            Some(Value::Number(number)) if number.as_i64() == Some(1) => Ok(true),
            Some(Value::Number(number)) if number.as_i64() == Some(0) => Ok(false),
            Some(_) => Err(Text::NotABoolean),
        }
    }

    /// A UUID, in its canonical spelling whatever its spelling was.
    pub(super) fn uuid(&self, name: &str) -> Result<String, Text> {
        let text = match self.0.get(name) {
            None => return Err(Text::Required),
            Some(Value::Null) => return Err(Text::NotNull),
            Some(value) => value.as_str().unwrap_or_default(),
        };
        uuid::Uuid::parse_str(text).map(|uuid| uuid.to_string()).map_err(|_| Text::NotAUuid)
    }
}

/// The 400 that lists which fields are wrong and why.
pub(super) fn invalid(language: Language, errors: &[(&str, Text)]) -> RestResponse {
    let errors: serde_json::Map<String, Value> =
        errors.iter().map(|(field, text)| ((*field).to_owned(), json!([text.say(language)]))).collect();
    RestResponse::json(400, &Value::Object(errors))
}

fn python_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "NoneType",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float",
        Value::Number(_) => "int",
        Value::String(_) => "str",
        Value::Array(_) => "list",
        Value::Object(_) => "dict",
    }
}

fn percent_decoded(segment: &str) -> String {
    let mut bytes = Vec::with_capacity(segment.len());
    let mut rest = segment.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let escaped = (first == b'%').then(|| tail.get(..2)).flatten();
        let byte =
            escaped.and_then(|hex| std::str::from_utf8(hex).ok()).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match byte {
            Some(byte) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            None => {
                bytes.push(first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
