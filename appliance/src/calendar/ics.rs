//! A calendar that is one file on a web server.

use std::sync::Arc;

use reqwest::Method;
use reqwest::header::{ETAG, HeaderMap, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED, LOCATION};
use url::Url;

use super::Look;
use super::dav::resolved;
use super::http::{Answer, Http, Trouble};
use crate::config::CalendarSection;

/// Redirections followed, on the same server.
const REDIRECTS_MAX: usize = 5;

/// The file, and how to ask whether it has changed.
pub struct Ics {
    http: Http,
    url: Url,
    etag: Option<HeaderValue>,
    modified: Option<HeaderValue>,
    text: Option<Arc<str>>,
}

impl Ics {
    pub fn new(http: Http, section: &CalendarSection) -> Ics {
        Ics { http, url: section.url.clone(), etag: None, modified: None, text: None }
    }

    pub async fn look(&mut self) -> Result<Look, Trouble> {
        let mut headers = HeaderMap::new();
        if self.text.is_some() {
            headers.extend(self.etag.clone().map(|etag| (IF_NONE_MATCH, etag)));
            headers.extend(self.modified.clone().map(|modified| (IF_MODIFIED_SINCE, modified)));
        }
        let answer = self.get(headers).await?;
        if answer.status == 304 && self.text.is_some() {
            return Ok(Look::Unchanged);
        }
        // A page to sign in is no calendar, and no reason to show an empty agenda.
        if answer.status != 200 || !answer.body.contains("BEGIN:VCALENDAR") {
            return Err(Trouble::NotUnderstood);
        }
        self.etag = answer.headers.get(ETAG).cloned();
        self.modified = answer.headers.get(LAST_MODIFIED).cloned();
        if self.text.as_deref() == Some(answer.body.as_str()) {
            return Ok(Look::Unchanged);
        }
        self.text = Some(answer.body.into());
        Ok(Look::Changed)
    }

    async fn get(&self, headers: HeaderMap) -> Result<Answer, Trouble> {
        let mut url = self.url.clone();
        for _ in 0..REDIRECTS_MAX {
            let answer = self.http.ask(Method::GET, &url, headers.clone(), String::new()).await?;
            if !matches!(answer.status, 301 | 302 | 303 | 307 | 308) {
                return Ok(answer);
            }
            url = redirected(&url, &answer)?;
        }
        Err(Trouble::Elsewhere)
    }

    pub fn texts(&self) -> Vec<Arc<str>> {
        self.text.clone().into_iter().collect()
    }
}

/// Where an answer sends us, when that is on the same server.
pub fn redirected(from: &Url, answer: &Answer) -> Result<Url, Trouble> {
    let place = answer.headers.get(LOCATION).and_then(|place| place.to_str().ok()).ok_or(Trouble::NotUnderstood)?;
    resolved(from, place).ok_or(Trouble::Elsewhere)
}
