//! When a platform was not reached: whether a captive portal answers instead. Nobody is asked but the platform's own
//! address, and only then: a probe elsewhere would tell its owner of every room.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use meeting::io::{End, HttpRequest, Method};
use room::portal::{Answer, Findings};
use url::Url;

use crate::book::Book;
use crate::net::HttpClient;

/// Where systemd-networkd says what it knows of each interface, a file each.
const LINKS: &str = "/run/systemd/netif/links";
/// What it calls the address that the network announces (DHCP option 114, RFC 8910), since systemd 254. The file is networkd's
/// own; there is no D-Bus to ask instead, and what is not found is not named.
const ANNOUNCED: &str = "CAPTIVE_PORTAL=";
/// Such a file is smaller.
const LINK_BYTES_MAX: u64 = 64 * 1024;
/// Somebody stands before the panel.
const PATIENCE: Duration = Duration::from_secs(3);
/// Of a page no more is looked at.
const BODY_BYTES_MAX: usize = 16 * 1024;

/// What stands between this room and `server`, where the end of a call leaves that open.
pub async fn find_out(server: &Url, end: &End, http: &HttpClient, book: &Arc<Book>) -> Option<Findings> {
    let is_asked = match end {
        End::ServerUnreachable | End::CertificateInvalid => true,
        // Nothing goes to an address that the policy does not allow. What the network says of itself is known without.
        End::OutsidePolicy => false,
        _ => return None,
    };
    // On this machine there is no network between.
    if !matches!(server.scheme(), "https" | "wss") || crate::translate::is_loopback(server) {
        return None;
    }
    let answer =
        if is_asked { tokio::time::timeout(PATIENCE, ask(server, http, book)).await.ok().flatten() } else { None };
    let findings = Findings { answer, announced: announced(Path::new(LINKS)) };
    (findings != Findings::default()).then_some(findings)
}

/// Asks in clear, on port 80, whatever the platform's own: that is what portals answer.
async fn ask(server: &Url, http: &HttpClient, book: &Arc<Book>) -> Option<Answer> {
    let url = Url::parse(&format!("http://{}/", server.host_str()?)).ok()?;
    if !http.is_direct(&url).await {
        // Whoever answers there is the proxy.
        return None;
    }
    let request = HttpRequest { method: Method::Get, url, headers: Vec::new(), body: None };
    let answer = http.perform(request, book).await.ok()?;
    let location = answer.headers.iter().find(|(name, _)| name == "location").map(|(_, value)| value.clone());
    let body = String::from_utf8_lossy(&answer.body[..answer.body.len().min(BODY_BYTES_MAX)]).into_owned();
    Some(Answer { status: answer.status, location, body })
}

/// The first that a network of this machine announces.
fn announced(links: &Path) -> Option<String> {
    let files = fs::read_dir(links).ok()?.filter_map(Result::ok).map(|entry| entry.path());
    let mut files: Vec<_> = files.filter(|path| path.metadata().is_ok_and(|it| it.len() <= LINK_BYTES_MAX)).collect();
    files.sort();
    files.iter().find_map(|path| {
        let text = fs::read_to_string(path).ok()?;
        let said = text.lines().find_map(|line| line.strip_prefix(ANNOUNCED))?;
        (!said.is_empty()).then(|| said.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_networkd_was_told_is_known() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(announced(&folder.path().join("none")), None);
        fs::write(folder.path().join("2"), "ADMIN_STATE=configured\nCAPTIVE_PORTAL=\n").unwrap();
        assert_eq!(announced(folder.path()), None);
        fs::write(folder.path().join("3"), "DNS=192.0.2.53\nCAPTIVE_PORTAL=https://portal.example/api\n").unwrap();
        assert_eq!(announced(folder.path()).as_deref(), Some("https://portal.example/api"));
    }
}
