//! A daemon in this process, its API's clients, and authorities for them.

// Each test takes what it needs.
#![allow(dead_code)]

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use appliance::{Config, Daemon};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use serde_json::Value;

const SOON: Duration = Duration::from_secs(20);

/// Rooms compose pictures: several at a time on a small machine disturb each other.
static ONE_AT_A_TIME: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// A room of simulated devices with one meeting ahead, which cannot be joined.
pub struct Room {
    pub daemon: Daemon,
    client: Client,
    home: tempfile::TempDir,
    _alone: tokio::sync::MutexGuard<'static, ()>,
}

/// `api`: more of its configuration.
pub async fn room(api: &str) -> Room {
    start(api).await.unwrap()
}

pub async fn start(api: &str) -> anyhow::Result<Room> {
    let alone = ONE_AT_A_TIME.lock().await;
    let home = tempfile::tempdir()?;
    let path = home.path().display();
    let hour = |hours: i64| jiff::Timestamp::now() + jiff::SignedDuration::from_hours(hours);
    let config = format!(
        "state_directory = \"{path}\"\ncontrol_socket = \"{path}/control.sock\"\n\
         [room]\nname = \"Turing\"\nlanguage = \"en\"\n[devices]\nboard = \"simulated\"\n\
         [[agenda]]\ntitle = \"Weekly meeting\"\nstart = \"{}\"\nend = \"{}\"\n{api}",
        hour(1),
        hour(2)
    );
    let daemon = Daemon::start(Config::parse(&config)?).await?;
    let socket = home.path().join("control.sock");
    let client = Client::builder().unix_socket(socket.as_path()).build()?;
    Ok(Room { daemon, client, home, _alone: alone })
}

impl Room {
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("http://room{path}"))
    }

    pub async fn get(&self, path: &str) -> Value {
        self.request(Method::GET, path).timeout(SOON).send().await.unwrap().json().await.unwrap()
    }

    pub async fn state(&self) -> Value {
        self.get("/v1/state").await
    }

    /// Null is no body.
    pub async fn ask(&self, method: Method, path: &str, body: Value) -> (StatusCode, Value) {
        let request = self.request(method, path).timeout(SOON);
        let request = if body.is_null() { request } else { request.json(&body) };
        let answer = request.send().await.unwrap();
        (answer.status(), answer.json().await.unwrap())
    }

    /// Where the room keeps what outlives it.
    pub fn state_directory(&self) -> &Path {
        self.home.path()
    }

    pub async fn follow(&self, seen: Option<&str>) -> Events {
        let mut request = self.request(Method::GET, "/v1/events");
        if let Some(id) = seen {
            request = request.header("Last-Event-ID", id);
        }
        let answer = request.send().await.unwrap();
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        Events { answer, text: String::new() }
    }
}

/// A stream of server-sent events.
pub struct Events {
    answer: Response,
    text: String,
}

pub struct Event {
    pub name: String,
    pub id: String,
    pub data: Value,
}

impl Events {
    /// The next event; comments are skipped.
    pub async fn next(&mut self) -> Event {
        loop {
            while let Some((event, rest)) = self.text.split_once("\n\n") {
                let field = |name: &str| {
                    let line = event.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
                    line.unwrap_or_default().to_owned()
                };
                let (name, id, data) = (field("event"), field("id"), field("data"));
                self.text = rest.to_owned();
                if !name.is_empty() {
                    return Event { name, id, data: serde_json::from_str(&data).unwrap() };
                }
            }
            let piece = tokio::time::timeout(SOON, self.answer.chunk()).await.expect("an event").unwrap();
            self.text += std::str::from_utf8(&piece.expect("the stream goes on")).unwrap();
        }
    }
}

/// Somebody who signs certificates.
pub struct Authority {
    pub pem: String,
    issuer: Issuer<'static, KeyPair>,
}

/// A certificate and its key, both PEM.
pub struct Certificate {
    pub pem: String,
    pub key: String,
}

impl Authority {
    pub fn new() -> Authority {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        Authority { pem, issuer: Issuer::new(params, key) }
    }

    pub fn certificate(&self, name: &str) -> Certificate {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        Certificate { pem: params.signed_by(&key, &self.issuer).unwrap().pem(), key: key.serialize_pem() }
    }
}

/// Writes the files, and what the configuration says of them.
pub fn tls_config(files: &Path, authority: &Authority, server: &Certificate) -> String {
    for (name, text) in [("cert.pem", &server.pem), ("key.pem", &server.key), ("ca.pem", &authority.pem)] {
        std::fs::write(files.join(name), text).unwrap();
    }
    let path = files.display();
    format!(
        "[api.tls]\nlisten = \"127.0.0.1:0\"\ncertificate = \"{path}/cert.pem\"\nkey = \"{path}/key.pem\"\n\
         client_ca = \"{path}/ca.pem\"\n"
    )
}

/// A client for `https://room.example/` that trusts this authority.
pub fn https(authority: &Authority, identity: Option<&Certificate>, address: SocketAddr) -> Client {
    let trusted = reqwest::Certificate::from_pem(authority.pem.as_bytes()).unwrap();
    let mut client = Client::builder().no_proxy().tls_certs_only([trusted]).resolve("room.example", address);
    if let Some(Certificate { pem, key }) = identity {
        client = client.identity(reqwest::Identity::from_pem(format!("{pem}{key}").as_bytes()).unwrap());
    }
    client.timeout(SOON).build().unwrap()
}
