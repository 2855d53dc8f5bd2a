//! Proxies as a script says (proxy auto-config). The script is run by `huisclos-pac`, a process of its own that may compute and
//! answer and nothing else; names it asks for are looked up here.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::Command;
use tokio::sync::Mutex;
use url::Url;

use super::http::straight;
use super::resolve::{Allowed, may_be_asked};
use super::way::Hop;
use super::{TlsTrust, local_addresses};
use crate::wired::proxy::ProxyAddress;

/// The program that runs scripts.
const EVALUATOR: &str = "huisclos-pac";
/// How long it may take for one answer, look-ups included.
const ANSWER_PATIENCE: Duration = Duration::from_secs(6);
/// How long one name is looked up.
const LOOK_UP_PATIENCE: Duration = Duration::from_secs(2);
/// Names that one answer may ask for.
const LOOK_UPS_MAX: usize = 32;
/// Scripts are smaller.
const SCRIPT_BYTES_MAX: usize = 1 << 20;
/// A line of the evaluator's.
const LINE_BYTES_MAX: u64 = 64 * 1024;
/// How long a script is good; after that it is fetched again, and the old one stays good where that fails.
const SCRIPT_FRESH: Duration = Duration::from_secs(3600);
/// How long until one that could not be fetched is asked for again.
const SCRIPT_RETRY: Duration = Duration::from_secs(10);
/// How long an answer is good.
const ANSWER_FRESH: Duration = Duration::from_secs(60);
/// Answers that are kept; when there are more, all are asked for anew.
const ANSWERS_MAX: usize = 256;
/// Proxies of one answer that are tried.
const HOPS_MAX: usize = 8;

/// A script that says which proxy leads where.
pub struct Pac {
    source: Source,
    kept: Mutex<Kept>,
}

enum Source {
    File(PathBuf),
    At(Url, reqwest::Client, Allowed),
}

#[derive(Default)]
struct Kept {
    script: Option<String>,
    /// When it was read last, or that was tried.
    tried: Option<Instant>,
    answers: HashMap<String, (Instant, Vec<Hop>)>,
}

/// What the evaluator is asked.
#[derive(Serialize)]
struct Question<'q> {
    script: &'q str,
    url: &'q str,
    host: &'q str,
    my_addresses: Vec<IpAddr>,
    /// Since the Unix epoch, UTC.
    now_s: i64,
    utc_offset_s: i32,
}

/// What it says.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Said {
    /// The addresses of this name are wanted.
    Resolve(String),
    /// What the script returned.
    Answer(String),
    Error(String),
}

/// What it is told.
#[derive(Serialize)]
struct Resolved {
    addresses: Vec<IpAddr>,
}

impl Pac {
    /// In a file, read when it is needed.
    pub fn in_file(path: PathBuf) -> Pac {
        Pac { source: Source::File(path), kept: Mutex::default() }
    }

    /// To be fetched; not through a proxy, which nobody knows before.
    ///
    /// # Errors
    /// When the TLS configuration is not usable.
    pub fn at(url: Url, trust: &TlsTrust, allowed: Allowed) -> anyhow::Result<Pac> {
        let client = straight(trust, allowed.clone())?;
        Ok(Pac { source: Source::At(url, client, allowed), kept: Mutex::default() })
    }

    /// The first steps to a host, as the script says.
    ///
    /// # Errors
    /// When there is no script, or it does not say.
    pub async fn find(&self, scheme: &str, host: &str, port: u16) -> anyhow::Result<Vec<Hop>> {
        let mut kept = self.kept.lock().await;
        self.refresh(&mut kept).await;
        let script = kept.script.clone().context("the script that names them could not be read")?;
        // Without path and query: they are nobody's business here.
        let url = format!("{scheme}://{host}:{port}/");
        if let Some((at, hops)) = kept.answers.get(&url)
            && at.elapsed() < ANSWER_FRESH
        {
            return Ok(hops.clone());
        }
        let bare = host.trim_matches(['[', ']']);
        let answer = tokio::time::timeout(ANSWER_PATIENCE, evaluate(&script, &url, bare)).await;
        let hops = hops(&answer.context("the script takes too long")??)?;
        if kept.answers.len() >= ANSWERS_MAX {
            kept.answers.clear();
        }
        kept.answers.insert(url, (Instant::now(), hops.clone()));
        Ok(hops)
    }

    async fn refresh(&self, kept: &mut Kept) {
        let fresh = if kept.script.is_some() { SCRIPT_FRESH } else { SCRIPT_RETRY };
        if kept.tried.is_some_and(|at| at.elapsed() < fresh) {
            return;
        }
        kept.tried = Some(Instant::now());
        match self.read().await {
            Ok(script) => {
                kept.answers.clear();
                kept.script = Some(script);
            }
            Err(error) => tracing::warn!("the script that names proxies cannot be read: {error:#}"),
        }
    }

    async fn read(&self) -> anyhow::Result<String> {
        let mut bytes = Vec::new();
        match &self.source {
            Source::File(path) => {
                let file = tokio::fs::File::open(path).await.with_context(|| format!("{}", path.display()))?;
                file.take(SCRIPT_BYTES_MAX as u64 + 1).read_to_end(&mut bytes).await?;
            }
            Source::At(url, client, allowed) => {
                let may = url.host().is_none_or(|host| may_be_asked(&host, allowed));
                anyhow::ensure!(may, "the policy does not allow where it is");
                let mut answer = client.get(url.clone()).send().await?.error_for_status()?;
                anyhow::ensure!(answer.status().is_success(), "it is elsewhere, which is not followed");
                while let Some(chunk) = answer.chunk().await?
                    && bytes.len() <= SCRIPT_BYTES_MAX
                {
                    bytes.extend_from_slice(&chunk);
                }
            }
        }
        anyhow::ensure!(bytes.len() <= SCRIPT_BYTES_MAX, "it is too large");
        // Old scripts come in old encodings: what is not ASCII is in comments.
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}

/// Runs a script once.
async fn evaluate(script: &str, url: &str, host: &str) -> anyhow::Result<String> {
    let mut child = Command::new(evaluator())
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .with_context(|| format!("cannot start {EVALUATOR}"))?;
    let mut ask = child.stdin.take().context("no way to it")?;
    let mut says = BufReader::new(child.stdout.take().context("no way from it")?);
    let now = jiff::Zoned::now();
    let question = Question {
        script,
        url,
        host,
        my_addresses: local_addresses(false),
        now_s: now.timestamp().as_second(),
        utc_offset_s: now.offset().seconds(),
    };
    ask.write_all(&line(&question)?).await?;
    for _ in 0..=LOOK_UPS_MAX {
        let mut said = String::new();
        (&mut says).take(LINE_BYTES_MAX).read_line(&mut said).await?;
        if said.is_empty() {
            bail!("the script was stopped: it takes too long, or too much memory");
        }
        match serde_json::from_str(&said).context("what the script says")? {
            Said::Answer(answer) => return Ok(answer),
            Said::Error(error) => bail!("the script fails: {error}"),
            Said::Resolve(name) => {
                let found = tokio::time::timeout(LOOK_UP_PATIENCE, tokio::net::lookup_host((name.as_str(), 0))).await;
                let found = found.ok().and_then(Result::ok).into_iter().flatten();
                let addresses = found.map(|address: SocketAddr| address.ip()).collect();
                ask.write_all(&line(&Resolved { addresses })?).await?;
            }
        }
    }
    bail!("the script looks up too many names")
}

fn line(value: &impl Serialize) -> anyhow::Result<Vec<u8>> {
    let mut bytes = serde_json::to_vec(value)?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// Beside this program; that of tests has it a folder further up.
fn evaluator() -> PathBuf {
    let here = std::env::current_exe().unwrap_or_default();
    let folder = here.parent().unwrap_or(Path::new("/usr/bin"));
    let beside = folder.join(EVALUATOR);
    if beside.exists() { beside } else { folder.join("..").join(EVALUATOR) }
}

/// What a script returned: `PROXY a.example:3128; HTTPS b.example:443; DIRECT`. Ways that a room does not know, SOCKS, are left out.
///
/// # Errors
/// When none is left.
fn hops(answer: &str) -> anyhow::Result<Vec<Hop>> {
    // Nothing means that nothing special is needed.
    if answer.trim().is_empty() {
        return Ok(vec![Hop::Direct]);
    }
    let found: Vec<Hop> = answer.split(';').filter_map(|way| hop(way.trim())).take(HOPS_MAX).collect();
    if found.is_empty() {
        bail!("the script names no proxy that a room can use: {answer:?}");
    }
    Ok(found)
}

fn hop(way: &str) -> Option<Hop> {
    let (kind, place) = way.split_once(char::is_whitespace).unwrap_or((way, ""));
    let tls = match kind.to_ascii_uppercase().as_str() {
        "DIRECT" => return Some(Hop::Direct),
        "PROXY" | "HTTP" => false,
        "HTTPS" => true,
        _ => return None,
    };
    let scheme = if tls { "https" } else { "http" };
    let url = Url::parse(&format!("{scheme}://{}/", place.trim())).ok().filter(|url| url.username().is_empty())?;
    Some(Hop::Proxy(ProxyAddress { tls, host: url.host()?.to_owned(), port: url.port_or_known_default()? }))
}

#[cfg(test)]
mod tests {
    use url::Host;

    use super::*;

    fn proxy(tls: bool, host: &str, port: u16) -> Hop {
        Hop::Proxy(ProxyAddress { tls, host: Host::parse(host).unwrap(), port })
    }

    #[test]
    fn what_a_script_returns_is_understood() {
        assert_eq!(hops("DIRECT").unwrap(), [Hop::Direct]);
        assert_eq!(hops("").unwrap(), [Hop::Direct]);
        assert_eq!(
            hops("PROXY a.example:3128; https b.example:8443 ;HTTP [2001:db8::1]:80; DIRECT").unwrap(),
            [
                proxy(false, "a.example", 3128),
                proxy(true, "b.example", 8443),
                proxy(false, "[2001:db8::1]", 80),
                Hop::Direct
            ]
        );
        assert_eq!(hops("SOCKS5 a.example:1080; PROXY 192.0.2.1:8080").unwrap(), [proxy(false, "192.0.2.1", 8080)]);
        for none in ["SOCKS a.example:1080", "PROXY", "PROXY a b:1", "PROXY user@a.example:1", "undefined"] {
            assert!(hops(none).is_err(), "{none}");
        }
    }

    fn script(text: &str) -> (tempfile::TempDir, Pac) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("proxy.pac");
        std::fs::write(&path, text).unwrap();
        (folder, Pac::in_file(path))
    }

    #[tokio::test]
    async fn a_script_decides_and_asks_for_names_and_what_it_says_is_kept_for_a_while() {
        let text = r#"function FindProxyForURL(url, host) {
            if (dnsDomainIs(host, ".example")) return "PROXY proxy.example:3128";
            if (isInNet("localhost", "127.0.0.0", "255.0.0.0") && url == "https://other.test:8443/") return "DIRECT";
            return "HTTPS nobody.example:1";
        }"#;
        let (folder, pac) = script(text);
        assert_eq!(pac.find("https", "visio.example", 443).await.unwrap(), [proxy(false, "proxy.example", 3128)]);
        assert_eq!(pac.find("https", "other.test", 8443).await.unwrap(), [Hop::Direct]);
        std::fs::remove_file(folder.path().join("proxy.pac")).unwrap();
        assert_eq!(pac.find("https", "visio.example", 443).await.unwrap(), [proxy(false, "proxy.example", 3128)]);
    }

    #[tokio::test]
    async fn a_script_that_does_not_end_or_takes_all_memory_ends_and_says_so() {
        for (text, why) in [
            ("function FindProxyForURL() { for (;;); }", "takes too long"),
            ("function FindProxyForURL() { var a = 'a'; for (;;) a += a; }", "fails"),
            ("function FindProxyForURL() { return f(); } function f() { return f() + 1; }", "fails"),
            ("function FindProxyForURL() { for (;;) dnsResolve('localhost'); }", "too many names"),
            ("var nothing = 1;", "fails"),
            ("function (", "fails"),
        ] {
            let (_folder, pac) = script(text);
            let error = format!("{:#}", pac.find("https", "visio.example", 443).await.unwrap_err());
            assert!(error.contains(why), "{text}: {error}");
        }
        assert!(Pac::in_file("/nowhere.pac".into()).find("https", "visio.example", 443).await.is_err());
    }
}
