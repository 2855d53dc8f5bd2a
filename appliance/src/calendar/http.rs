//! HTTP as the calendar's client needs it: with the room's account, to one server, in bounded pieces.

use std::sync::Arc;
use std::time::Duration;

use meeting::io::NetError;
use reqwest::header::{self, HeaderMap, HeaderValue};
use reqwest::{Method, StatusCode};
use url::Url;
use zeroize::Zeroizing;

use super::dav::resolved;
use crate::book::Book;
use crate::config::CalendarSection;
use crate::net::{HttpClient, failure};
use crate::secret;

/// Redirections followed, on the same server.
const REDIRECTS_MAX: usize = 5;
/// The longest answer read.
const BODY_BYTES_MAX: usize = agenda::TEXT_BYTES_MAX;
/// The longest a server may take to answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

/// Why the calendar cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    #[error("its server cannot be reached ({0:?})")]
    Unreachable(NetError),
    #[error("its server refuses the room's account")]
    Refused,
    #[error("its server has no calendar there")]
    NotFound,
    #[error("what was to be changed is not what it was")]
    Changed,
    #[error("its server is busy")]
    Busy { retry_after: Option<Duration> },
    #[error("its server answers {0}")]
    Status(u16),
    #[error("its server's answer is not understood")]
    NotUnderstood,
    #[error("its server's answer is too large")]
    TooLarge,
    #[error("its server sends us elsewhere: configure that address")]
    Elsewhere,
    #[error("the account has no calendar of that name")]
    NoCalendar,
    #[error("the account has several calendars: configure calendar.name")]
    SeveralCalendars,
}

impl Trouble {
    /// How long the server asks to be left alone.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Trouble::Busy { retry_after } => *retry_after,
            _ => None,
        }
    }
}

/// An answer that is no failure.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
}

/// A connection to the calendar's server.
pub struct Http {
    client: HttpClient,
    /// The value of `Authorization`, when there is an account.
    authorization: Option<Zeroizing<String>>,
    /// Of no meeting.
    book: Arc<Book>,
}

impl Http {
    /// # Errors
    /// When a file with a secret cannot be read.
    pub fn new(client: &HttpClient, section: &CalendarSection) -> anyhow::Result<Http> {
        let authorization = match (&section.user, &section.password_file, &section.token_file) {
            (Some(user), Some(file), _) => Some(secret::basic(user, file)?),
            (_, _, Some(file)) => Some(Zeroizing::new(format!("Bearer {}", *secret::read(file)?))),
            _ => None,
        };
        Ok(Http { client: client.clone(), authorization, book: Arc::new(Book::of_nothing()) })
    }

    /// Asks, and follows redirections on the same server. The answer, and where it was found in the end.
    pub async fn follow(
        &self,
        method: Method,
        url: &Url,
        headers: HeaderMap,
        body: &str,
    ) -> Result<(Url, Answer), Trouble> {
        let mut url = url.clone();
        for _ in 0..REDIRECTS_MAX {
            let answer = self.ask(method.clone(), &url, headers.clone(), body.to_owned()).await?;
            if !matches!(answer.status, 301 | 302 | 303 | 307 | 308) {
                return Ok((url, answer));
            }
            let place = answer.headers.get(header::LOCATION).and_then(|place| place.to_str().ok());
            url = resolved(&url, place.ok_or(Trouble::NotUnderstood)?).ok_or(Trouble::Elsewhere)?;
        }
        Err(Trouble::Elsewhere)
    }

    /// Asks, and reads the answer. Only 2xx, 304 and redirections come back, all else is trouble.
    pub async fn ask(&self, method: Method, url: &Url, headers: HeaderMap, body: String) -> Result<Answer, Trouble> {
        let request = self.client.request(method, url.clone());
        let mut request = request.timeout(ANSWER_TIMEOUT).headers(headers).body(body);
        if let Some(authorization) = &self.authorization {
            let mut value = HeaderValue::from_str(authorization).map_err(|_| Trouble::Refused)?;
            value.set_sensitive(true);
            request = request.header(header::AUTHORIZATION, value);
        }
        let mut answer = self.client.send(request, &self.book).await.map_err(Trouble::Unreachable)?;
        let status = answer.status();
        if status == StatusCode::TOO_MANY_REQUESTS || status == StatusCode::SERVICE_UNAVAILABLE {
            let asked = answer.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
            return Err(Trouble::Busy { retry_after: asked.map(Duration::from_secs) });
        }
        match status.as_u16() {
            200..=399 => {}
            401 | 403 => return Err(Trouble::Refused),
            404 | 410 => return Err(Trouble::NotFound),
            409 | 412 => return Err(Trouble::Changed),
            other => return Err(Trouble::Status(other)),
        }
        let headers = answer.headers().clone();
        let mut bytes = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| Trouble::Unreachable(failure(&error)))? {
            if bytes.len() + chunk.len() > BODY_BYTES_MAX {
                return Err(Trouble::TooLarge);
            }
            bytes.extend_from_slice(&chunk);
        }
        // Old calendars come in old encodings; what is not ASCII suffers, times and links do not.
        let body = String::from_utf8(bytes).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned());
        Ok(Answer { status: status.as_u16(), headers, body })
    }
}
