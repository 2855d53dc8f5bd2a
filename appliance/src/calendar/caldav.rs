//! A calendar on a CalDAV server (RFC 4791): found once, then asked for what has changed.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, IF_MATCH, IF_NONE_MATCH};
use url::Url;

use super::Look;
use super::dav::{self, Multistatus, Resource, read_multistatus, resolved};
use super::http::{Http, Trouble};
use crate::config::CalendarSection;

/// Events asked for at once.
const EVENTS_AT_ONCE: usize = 50;
/// The days ahead are listed anew after this, whatever has changed: they are others by then.
const LIST_AFTER: SignedDuration = SignedDuration::from_hours(1);
/// Before now, for what goes on.
const BEHIND: SignedDuration = SignedDuration::from_hours(24);

/// A calendar, and what is known of it.
pub struct Caldav {
    http: Http,
    url: Url,
    name: Option<String>,
    /// The calendar, once it is found.
    calendar: Option<Url>,
    /// Whether the account may write into it, as far as the server says.
    may_write: bool,
    /// The account's own addresses, as the server says.
    addresses: Vec<String>,
    /// The events around now, by where they are on the server.
    events: BTreeMap<String, Stored>,
    tag: Tag,
    listed: Option<Timestamp>,
}

struct Stored {
    etag: Option<String>,
    text: Arc<str>,
}

/// By what changes are noticed, the best that the server offers.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Tag {
    /// RFC 6578: the server says what has changed.
    Sync(String),
    /// It says that something has (calendarserver.org's `getctag`).
    Collection(String),
    /// Every event is compared.
    None,
}

impl Caldav {
    pub fn new(http: Http, section: &CalendarSection) -> Caldav {
        Caldav {
            http,
            url: section.url.clone(),
            name: section.name.clone(),
            calendar: None,
            may_write: false,
            addresses: Vec::new(),
            events: BTreeMap::new(),
            tag: Tag::None,
            listed: None,
        }
    }

    pub fn addresses(&self) -> &[String] {
        &self.addresses
    }

    /// Whether events may be written: known once the calendar was found.
    pub fn may_write(&self) -> bool {
        self.calendar.is_some() && self.may_write
    }

    /// Writes a new event; never over another.
    ///
    /// # Errors
    /// [`Trouble::Changed`] when there is one of this name.
    pub async fn create(&self, uid: &str, text: String) -> Result<(), Trouble> {
        let calendar = self.calendar.as_ref().ok_or(Trouble::NotFound)?;
        let mut folder = calendar.clone();
        if !folder.path().ends_with('/') {
            folder.set_path(&format!("{}/", calendar.path()));
        }
        let place = resolved(&folder, &format!("{uid}.ics")).ok_or(Trouble::NotUnderstood)?;
        let headers = HeaderMap::from_iter([
            (IF_NONE_MATCH, HeaderValue::from_static("*")),
            (CONTENT_TYPE, HeaderValue::from_static("text/calendar; charset=utf-8")),
        ]);
        self.write(Method::PUT, &place, headers, text).await
    }

    /// Writes an event anew, if it still is what was read last; `edit` gives its new text, or none to leave it.
    ///
    /// # Errors
    /// [`Trouble::Changed`] when it is not, or is not there.
    pub async fn change(&self, uid: &str, edit: impl FnOnce(&str) -> Option<String>) -> Result<bool, Trouble> {
        let (place, mut headers, text) = self.stored(uid)?;
        let Some(text) = edit(&text) else { return Ok(false) };
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/calendar; charset=utf-8"));
        self.write(Method::PUT, &place, headers, text).await?;
        Ok(true)
    }

    /// Takes an event out, if it still is what was read last.
    ///
    /// # Errors
    /// As [`Caldav::change`].
    pub async fn remove(&self, uid: &str) -> Result<(), Trouble> {
        let (place, headers, _) = self.stored(uid)?;
        match self.write(Method::DELETE, &place, headers, String::new()).await {
            // Somebody else did.
            Err(Trouble::NotFound) => Ok(()),
            result => result,
        }
    }

    /// What is written is not sent elsewhere.
    async fn write(&self, method: Method, place: &Url, headers: HeaderMap, text: String) -> Result<(), Trouble> {
        let answer = self.http.ask(method, place, headers, text).await?;
        if (200..300).contains(&answer.status) { Ok(()) } else { Err(Trouble::Elsewhere) }
    }

    /// Where an event is, what it must still be (RFC 9110 §13.1.1), and its text.
    fn stored(&self, uid: &str) -> Result<(Url, HeaderMap, Arc<str>), Trouble> {
        let calendar = self.calendar.as_ref().ok_or(Trouble::NotFound)?;
        let mut found = self.events.iter().filter(|(_, stored)| agenda::write::has_uid(&stored.text, uid));
        let (href, stored) = found.next().ok_or(Trouble::Changed)?;
        let place = resolved(calendar, href).ok_or(Trouble::NotUnderstood)?;
        let etag = stored.etag.as_deref().and_then(|etag| HeaderValue::from_str(etag).ok());
        let headers = HeaderMap::from_iter([(IF_MATCH, etag.ok_or(Trouble::NotUnderstood)?)]);
        Ok((place, headers, stored.text.clone()))
    }

    #[cfg(test)]
    pub fn forget_token(&mut self, token: &str) {
        self.tag = Tag::Sync(token.into());
    }

    pub fn texts(&self) -> Vec<Arc<str>> {
        self.events.values().map(|stored| stored.text.clone()).collect()
    }

    /// Looks for what has changed between two times.
    pub async fn look(&mut self, window: (Timestamp, Timestamp)) -> Result<Look, Trouble> {
        let calendar = match self.calendar.clone() {
            Some(calendar) => calendar,
            None => {
                let calendar = self.find().await?;
                self.calendar.insert(calendar).clone()
            }
        };
        let looked = self.look_at(&calendar, window).await;
        if matches!(looked, Err(Trouble::NotFound)) {
            // It may have moved.
            (self.calendar, self.listed) = (None, None);
        }
        looked
    }

    async fn look_at(&mut self, calendar: &Url, window: (Timestamp, Timestamp)) -> Result<Look, Trouble> {
        let is_listed = self.listed.is_some_and(|listed| window.0.duration_since(listed).abs() < LIST_AFTER);
        if !is_listed {
            return self.list(calendar, window).await;
        }
        match self.tag.clone() {
            Tag::Sync(token) => match self.report(calendar, dav::ask_changes(&token)).await {
                Ok(changes) => self.follow(calendar, changes).await,
                // The token is too old for the server (RFC 6578 §3.2), or was never good.
                Err(Trouble::Refused | Trouble::Changed | Trouble::Status(_) | Trouble::NotUnderstood) => {
                    self.list(calendar, window).await
                }
                Err(trouble) => Err(trouble),
            },
            Tag::Collection(_) if self.ask_tag(calendar).await? == self.tag => Ok(Look::Unchanged),
            Tag::Collection(_) | Tag::None => self.list(calendar, window).await,
        }
    }

    /// What the server says has changed.
    async fn follow(&mut self, calendar: &Url, changes: Multistatus) -> Result<Look, Trouble> {
        let token = changes.sync_token.clone().ok_or(Trouble::NotUnderstood)?;
        let mut wanted = Vec::new();
        let mut look = Look::Unchanged;
        for change in changes.resources {
            let is_event = resolved(calendar, &change.href).is_some_and(|url| url.path() != calendar.path());
            if change.is_gone && is_event {
                look = if self.events.remove(&change.href).is_some() { Look::Changed } else { look };
            } else if is_event && self.is_new(&change) {
                wanted.push(change.href);
            }
        }
        if !wanted.is_empty() {
            self.fetch(calendar, &wanted).await?;
            look = Look::Changed;
        }
        // Only now: what was not fetched is asked for again.
        self.tag = Tag::Sync(token);
        Ok(look)
    }

    /// Everything in the window.
    async fn list(&mut self, calendar: &Url, (from, to): (Timestamp, Timestamp)) -> Result<Look, Trouble> {
        // Before the list: what changes meanwhile is noticed the next time.
        let tag = self.ask_tag(calendar).await?;
        let utc = |time: Timestamp| TimeZone::UTC.to_datetime(time).strftime("%Y%m%dT%H%M%SZ").to_string();
        let behind = from.checked_sub(BEHIND).unwrap_or(from);
        let listed = self.report(calendar, dav::ask_window(&utc(behind), &utc(to))).await?;
        let events: Vec<Resource> = listed.resources.into_iter().filter(|resource| !resource.is_gone).collect();
        let wanted: Vec<String> = events.iter().filter(|e| self.is_new(e)).map(|event| event.href.clone()).collect();
        self.fetch(calendar, &wanted).await?;
        let before = self.events.len();
        let listed: std::collections::HashSet<&str> = events.iter().map(|event| event.href.as_str()).collect();
        self.events.retain(|href, _| listed.contains(href.as_str()));
        let is_changed = !wanted.is_empty() || self.events.len() != before || self.listed.is_none();
        (self.tag, self.listed) = (tag, Some(from));
        Ok(if is_changed { Look::Changed } else { Look::Unchanged })
    }

    fn is_new(&self, event: &Resource) -> bool {
        event.etag.is_none() || self.events.get(&event.href).is_none_or(|stored| stored.etag != event.etag)
    }

    async fn fetch(&mut self, calendar: &Url, hrefs: &[String]) -> Result<(), Trouble> {
        for hrefs in hrefs.chunks(EVENTS_AT_ONCE) {
            let answer = self.report(calendar, dav::ask_events(hrefs.iter().map(String::as_str))).await?;
            for event in answer.resources {
                let stored: usize = self.events.values().map(|stored| stored.text.len()).sum();
                match event.calendar_data {
                    Some(text) if stored + text.len() <= agenda::TEXT_BYTES_MAX => {
                        self.events.insert(event.href, Stored { etag: event.etag, text: text.into() });
                    }
                    Some(_) => return Err(Trouble::TooLarge),
                    None if event.is_gone => drop(self.events.remove(&event.href)),
                    None => {}
                }
            }
        }
        Ok(())
    }

    async fn ask_tag(&self, calendar: &Url) -> Result<Tag, Trouble> {
        let answer = self.propfind(calendar, 0, dav::ASK_TAG).await?.1;
        let Some(resource) = answer.resources.into_iter().next() else { return Err(Trouble::NotUnderstood) };
        Ok(match (resource.sync_token, resource.ctag) {
            (Some(token), _) => Tag::Sync(token),
            (None, Some(tag)) => Tag::Collection(tag),
            (None, None) => Tag::None,
        })
    }

    /// Finds the calendar (RFC 6764 §6): at the address itself, or from it by way of whoever the
    /// account belongs to.
    async fn find(&mut self) -> Result<Url, Trouble> {
        let (place, found) = match self.describe(&self.url).await {
            Ok((_, found)) if !found.is_calendar && found.principal.is_none() && found.homes.is_empty() => {
                self.describe_well_known().await?
            }
            Err(Trouble::NotFound | Trouble::Status(_) | Trouble::NotUnderstood) => self.describe_well_known().await?,
            other => other?,
        };
        let principal = match found.principal.as_deref().and_then(|href| resolved(&place, href)) {
            Some(principal) => Some(self.describe(&principal).await),
            None => None,
        };
        let may_be_written = found.may_be_written();
        let (mut homes, mut addresses) = (found.homes, found.addresses);
        if let Some(Ok((_, principal))) = &principal {
            homes.extend(principal.homes.clone());
            addresses.extend(principal.addresses.clone());
        }
        self.addresses = addresses
            .iter()
            .filter(|address| address.to_ascii_lowercase().starts_with("mailto:"))
            .map(|address| agenda::address(address).to_owned())
            .collect();
        if found.is_calendar {
            self.may_write = may_be_written;
            return Ok(place);
        }
        if homes.is_empty() {
            return Err(principal.and_then(Result::err).unwrap_or(Trouble::NotFound));
        }
        homes.sort();
        homes.dedup();
        self.choose(&place, &homes).await
    }

    async fn describe_well_known(&self) -> Result<(Url, Resource), Trouble> {
        let mut place = self.url.clone();
        place.set_path("/.well-known/caldav");
        self.describe(&place).await
    }

    /// The one calendar of these homes, or the one of the configured name.
    async fn choose(&mut self, place: &Url, homes: &[String]) -> Result<Url, Trouble> {
        let mut calendars = Vec::new();
        for home in homes.iter().filter_map(|home| resolved(place, home)) {
            let (home, answer) = self.propfind(&home, 1, dav::ASK_WHERE).await?;
            let found = answer.resources.into_iter().filter(|resource| resource.is_calendar && resource.takes_events);
            let named = found.filter(|calendar| match &self.name {
                Some(name) => calendar.name.as_ref().is_some_and(|own| own.trim() == name.trim()),
                None => true,
            });
            calendars.extend(named.filter_map(|calendar| {
                let may_be_written = calendar.may_be_written();
                resolved(&home, &calendar.href).map(|place| (place, may_be_written))
            }));
        }
        match calendars.as_slice() {
            [] => Err(Trouble::NoCalendar),
            [(calendar, may_be_written)] => {
                self.may_write = *may_be_written;
                Ok(calendar.clone())
            }
            _ => Err(Trouble::SeveralCalendars),
        }
    }

    async fn describe(&self, place: &Url) -> Result<(Url, Resource), Trouble> {
        let (place, answer) = self.propfind(place, 0, dav::ASK_WHERE).await?;
        let resource = answer.resources.into_iter().next().ok_or(Trouble::NotUnderstood)?;
        Ok((place, resource))
    }

    /// What was asked for, and where it was found in the end.
    async fn propfind(&self, place: &Url, depth: u8, body: &str) -> Result<(Url, Multistatus), Trouble> {
        let method = Method::from_bytes(b"PROPFIND").map_err(|_| Trouble::NotUnderstood)?;
        let (place, answer) = self.http.follow(method, place, headers(depth), body).await?;
        Ok((place, read_multistatus(&answer.body).ok_or(Trouble::NotUnderstood)?))
    }

    async fn report(&self, calendar: &Url, body: String) -> Result<Multistatus, Trouble> {
        let method = Method::from_bytes(b"REPORT").map_err(|_| Trouble::NotUnderstood)?;
        // A sync-collection of depth 0 has a level of its own; the others look below the calendar.
        let depth = u8::from(!body.contains("sync-collection"));
        let answer = self.http.ask(method, calendar, headers(depth), body).await?;
        read_multistatus(&answer.body).ok_or(Trouble::NotUnderstood)
    }
}

fn headers(depth: u8) -> HeaderMap {
    let depth = if depth == 0 { "0" } else { "1" };
    HeaderMap::from_iter([
        (HeaderName::from_static("depth"), HeaderValue::from_static(depth)),
        (CONTENT_TYPE, HeaderValue::from_static("application/xml; charset=utf-8")),
    ])
}
