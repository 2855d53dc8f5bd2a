//! A calendar that is one file on a web server.

use std::sync::Arc;

use reqwest::Method;
use reqwest::header::{ETAG, HeaderMap, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED};
use url::Url;

use super::Look;
use super::http::{Http, Trouble};
use crate::config::CalendarSection;

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
        let (_, answer) = self.http.follow(Method::GET, &self.url, headers, "").await?;
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

    pub fn texts(&self) -> Vec<Arc<str>> {
        self.text.clone().into_iter().collect()
    }
}
