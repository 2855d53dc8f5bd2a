//! What CalDAV servers are asked, and what their answers say (RFC 4918, RFC 4791, RFC 6578).

use url::Url;

/// Answers hold this many elements at most.
const NODES_MAX: u32 = 400_000;

const DAV: &str = "DAV:";
const CALDAV: &str = "urn:ietf:params:xml:ns:caldav";
const CALENDAR_SERVER: &str = "http://calendarserver.org/ns/";

/// Who we are, where our calendars are, and whether this is one.
pub const ASK_WHERE: &str = r#"<?xml version="1.0" encoding="utf-8"?>
<d:propfind xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav"><d:prop><d:resourcetype/><d:displayname/><d:current-user-principal/><d:current-user-privilege-set/><c:calendar-home-set/><c:calendar-user-address-set/><c:supported-calendar-component-set/></d:prop></d:propfind>"#;

/// What changes whenever anything in a calendar does.
pub const ASK_TAG: &str = r#"<?xml version="1.0" encoding="utf-8"?>
<d:propfind xmlns:d="DAV:" xmlns:s="http://calendarserver.org/ns/"><d:prop><d:sync-token/><s:getctag/></d:prop></d:propfind>"#;

/// The entity tags of the events between two times, which are written as RFC 5545 does, in UTC.
pub fn ask_window(from: &str, to: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="utf-8"?>
<c:calendar-query xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav"><d:prop><d:getetag/></d:prop><c:filter><c:comp-filter name="VCALENDAR"><c:comp-filter name="VEVENT"><c:time-range start="{from}" end="{to}"/></c:comp-filter></c:comp-filter></c:filter></c:calendar-query>"#
    )
}

/// The events at these addresses.
pub fn ask_events<'a>(hrefs: impl Iterator<Item = &'a str>) -> String {
    let hrefs: String = hrefs.map(|href| format!("<d:href>{}</d:href>", escaped(href))).collect();
    format!(
        r#"<?xml version="1.0" encoding="utf-8"?>
<c:calendar-multiget xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav"><d:prop><d:getetag/><c:calendar-data/></d:prop>{hrefs}</c:calendar-multiget>"#
    )
}

/// What has changed since a token was given.
pub fn ask_changes(token: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="utf-8"?>
<d:sync-collection xmlns:d="DAV:"><d:sync-token>{}</d:sync-token><d:sync-level>1</d:sync-level><d:prop><d:getetag/></d:prop></d:sync-collection>"#,
        escaped(token)
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// An answer about several resources (RFC 4918 §13).
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Multistatus {
    pub resources: Vec<Resource>,
    pub sync_token: Option<String>,
}

/// What is said of one resource.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Resource {
    /// As the server writes it: a path, or a whole address.
    pub href: String,
    /// It is not there, or no longer.
    pub is_gone: bool,
    pub etag: Option<String>,
    pub calendar_data: Option<String>,
    pub is_calendar: bool,
    /// Whether it takes events; most say so.
    pub takes_events: bool,
    pub name: Option<String>,
    pub principal: Option<String>,
    /// What the account may do there (RFC 3744 §5.4), by the names of the privileges, when the server says.
    pub privileges: Option<Vec<String>>,
    pub homes: Vec<String>,
    /// As `mailto:` addresses, paths and other names.
    pub addresses: Vec<String>,
    pub sync_token: Option<String>,
    pub ctag: Option<String>,
}

impl Resource {
    /// Whether events may be written there, as far as the server says: RFC 3744 §3 has `all` hold everything, and
    /// `write` hold what new and changed resources need.
    pub fn may_be_written(&self) -> bool {
        let Some(granted) = &self.privileges else { return true };
        let has = |name: &str| granted.iter().any(|privilege| privilege == name);
        has("all") || has("write") || (has("bind") && has("write-content"))
    }
}

/// Reads an answer; `None` for what is none.
pub fn read_multistatus(text: &str) -> Option<Multistatus> {
    // Without a DTD there are no entities, and so no bombs.
    let options = roxmltree::ParsingOptions { allow_dtd: false, nodes_limit: NODES_MAX, ..Default::default() };
    let document = roxmltree::Document::parse_with_options(text, options).ok()?;
    let root = document.root_element();
    if !root.has_tag_name((DAV, "multistatus")) {
        return None;
    }
    let mut answer = Multistatus { sync_token: child_text(root, (DAV, "sync-token")), ..Multistatus::default() };
    for response in root.children().filter(|node| node.has_tag_name((DAV, "response"))) {
        answer.resources.extend(resource(response));
    }
    Some(answer)
}

fn resource(response: roxmltree::Node<'_, '_>) -> Option<Resource> {
    let href = child_text(response, (DAV, "href"))?;
    let status = child_text(response, (DAV, "status"));
    let is_gone = status.is_some_and(|status| !is_ok(&status));
    let mut resource = Resource { href, is_gone, takes_events: true, ..Resource::default() };
    for propstat in response.children().filter(|node| node.has_tag_name((DAV, "propstat"))) {
        if !child_text(propstat, (DAV, "status")).is_none_or(|status| is_ok(&status)) {
            continue;
        }
        let properties = propstat.children().find(|node| node.has_tag_name((DAV, "prop")));
        for property in properties.into_iter().flat_map(|properties| properties.children()) {
            let name = property.tag_name();
            let text = || text_of(property);
            match (name.namespace().unwrap_or_default(), name.name()) {
                (DAV, "getetag") => resource.etag = text(),
                (DAV, "displayname") => resource.name = text(),
                (DAV, "sync-token") => resource.sync_token = text(),
                (CALENDAR_SERVER, "getctag") => resource.ctag = text(),
                (CALDAV, "calendar-data") => resource.calendar_data = text(),
                (DAV, "resourcetype") => {
                    resource.is_calendar = property.children().any(|node| node.has_tag_name((CALDAV, "calendar")));
                }
                (CALDAV, "supported-calendar-component-set") => {
                    let mut names = property.children().filter_map(|node| node.attribute("name")).peekable();
                    resource.takes_events = names.peek().is_none() || names.any(|name| name == "VEVENT");
                }
                (DAV, "current-user-principal") => resource.principal = child_text(property, (DAV, "href")),
                (DAV, "current-user-privilege-set") => {
                    let granted =
                        property.children().flat_map(|node| node.children()).filter(roxmltree::Node::is_element);
                    resource.privileges = Some(granted.map(|node| node.tag_name().name().to_owned()).collect());
                }
                (CALDAV, "calendar-home-set") => resource.homes = hrefs(property),
                (CALDAV, "calendar-user-address-set") => resource.addresses = hrefs(property),
                _ => {}
            }
        }
    }
    Some(resource)
}

/// `HTTP/1.1 200 OK`
fn is_ok(status: &str) -> bool {
    status.split_whitespace().nth(1).is_some_and(|code| code.starts_with('2'))
}

fn hrefs(node: roxmltree::Node<'_, '_>) -> Vec<String> {
    node.children().filter(|node| node.has_tag_name((DAV, "href"))).filter_map(text_of).collect()
}

fn child_text(node: roxmltree::Node<'_, '_>, name: (&str, &str)) -> Option<String> {
    node.children().find(|node| node.has_tag_name(name)).and_then(text_of)
}

/// All of the text of an element: it may be in several pieces.
fn text_of(node: roxmltree::Node<'_, '_>) -> Option<String> {
    let text: String = node.children().filter_map(|node| node.text().filter(|_| node.is_text())).collect();
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// The address that an `href` means, when it is on the same server: no other gets our password.
pub fn resolved(base: &Url, href: &str) -> Option<Url> {
    base.join(href).ok().filter(|url| url.origin() == base.origin() && url.username().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_of_all_kinds_are_understood() {
        let text = r#"<?xml version='1.0'?>
<multistatus xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:CS="http://calendarserver.org/ns/">
  <response><href>/turing/reservations/</href><propstat><prop>
    <resourcetype><C:calendar/><collection/></resourcetype><displayname>Réservations</displayname>
    <current-user-principal><href>/turing/</href></current-user-principal>
    <C:calendar-home-set><href>/turing/</href></C:calendar-home-set>
    <C:supported-calendar-component-set><C:comp name="VTODO"/><C:comp name="VEVENT"/></C:supported-calendar-component-set>
    <CS:getctag>"7"</CS:getctag><sync-token>http://example/sync/7</sync-token>
  </prop><status>HTTP/1.1 200 OK</status></propstat>
  <propstat><prop><getetag/></prop><status>HTTP/1.1 404 Not Found</status></propstat></response>
  <response><href>/turing/reservations/gone.ics</href><status>HTTP/1.1 404 Not Found</status></response>
  <response><href>/turing/reservations/a.ics</href><propstat><prop><getetag>"a"</getetag>
    <C:calendar-data><![CDATA[BEGIN:VCALENDAR
]]>END:VCALENDAR</C:calendar-data></prop><status>HTTP/1.1 200 OK</status></propstat></response>
  <sync-token>http://example/sync/8</sync-token>
</multistatus>"#;
        let answer = read_multistatus(text).unwrap();
        assert_eq!(answer.sync_token.as_deref(), Some("http://example/sync/8"));
        let [calendar, gone, event] = answer.resources.as_slice() else { panic!("{answer:?}") };
        assert!(calendar.is_calendar && calendar.takes_events && !calendar.is_gone);
        assert_eq!(calendar.name.as_deref(), Some("Réservations"));
        assert_eq!(calendar.principal.as_deref(), Some("/turing/"));
        assert_eq!((calendar.ctag.as_deref(), &calendar.etag), (Some("\"7\""), &None));
        assert!(gone.is_gone);
        assert_eq!(event.etag.as_deref(), Some("\"a\""));
        assert_eq!(event.calendar_data.as_deref(), Some("BEGIN:VCALENDAR\nEND:VCALENDAR"));
    }

    #[test]
    fn who_may_write_is_told_by_privileges() {
        let may = |privileges: &str| {
            let text = format!(
                "<multistatus xmlns='DAV:'><response><href>/c/</href><propstat><prop>{privileges}</prop>\
                 <status>HTTP/1.1 200 OK</status></propstat></response></multistatus>"
            );
            read_multistatus(&text).unwrap().resources[0].may_be_written()
        };
        let set = |names: &[&str]| {
            let each: String = names.iter().map(|name| format!("<privilege> <{name}/></privilege>\n")).collect();
            may(&format!("<current-user-privilege-set>{each}</current-user-privilege-set>"))
        };
        assert!(may("") && set(&["read", "write"]) && set(&["all"]) && set(&["bind", "write-content"]));
        assert!(!set(&["read", "read-acl"]) && !set(&["write-properties"]) && !set(&[]));
    }

    #[test]
    fn what_is_no_answer_is_none() {
        let bomb =
            r#"<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><multistatus xmlns="DAV:">&b;</multistatus>"#;
        for text in ["", "<html></html>", "<multistatus/>", "<multistatus xmlns='DAV:'>", bomb] {
            assert_eq!(read_multistatus(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_asked_is_escaped() {
        assert!(ask_changes("a&b<c>").contains("<d:sync-token>a&amp;b&lt;c&gt;</d:sync-token>"));
        assert!(ask_events(["/a&b.ics"].into_iter()).contains("<d:href>/a&amp;b.ics</d:href>"));
    }

    #[test]
    fn no_other_server_is_asked() {
        let base = Url::parse("https://cal.example/dav/").unwrap();
        assert_eq!(resolved(&base, "/turing/").unwrap().as_str(), "https://cal.example/turing/");
        assert_eq!(resolved(&base, "a%20b.ics").unwrap().as_str(), "https://cal.example/dav/a%20b.ics");
        for href in ["https://evil.example/", "//evil.example/", "http://cal.example/", "https://cal.example:444/"] {
            assert_eq!(resolved(&base, href), None, "{href}");
        }
    }
}
