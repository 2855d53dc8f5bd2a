//! The whole product on one machine, under observation: the meeting platform, a room as a child
//! process seen only through its room window, and what is needed to look and listen.

pub mod namespace;
pub mod room;
pub mod tone;

use anyhow::Context;
use url::Url;

/// The demo's meeting.
pub const SLUG: &str = "sal-turi-nga";

/// A meeting platform with one public meeting.
pub struct Stage {
    pub server: sandbox::Server,
    /// The meeting's link, which is also the guest's page.
    pub meeting: Url,
    /// The page of a host, who lets people in.
    pub host: Url,
}

impl Stage {
    /// Makes the meeting one whose participants encrypt with `passphrase`, 48 hexadecimal digits: then it is behind the
    /// hash of its links, as La Suite Meet proposes it, and people wait at the door until the host lets them in.
    pub fn encrypt(&mut self, passphrase: &str) {
        self.server.platform().set_encryption(SLUG, sandbox::visio::EncryptionMode::Basic);
        let session = self.host.fragment().unwrap_or_default();
        let host = format!("{session}&passphrase={passphrase}");
        self.host.set_fragment(Some(&host));
        self.meeting.set_fragment(Some(passphrase));
    }

    /// The room as LiveKit names it.
    pub fn livekit_room(&self) -> String {
        self.server.platform().livekit_room(SLUG).unwrap_or_default()
    }
}

/// Starts the meeting platform with one public meeting.
///
/// # Errors
/// When it cannot have its ports.
pub async fn stage() -> anyhow::Result<Stage> {
    stage_with(sandbox::Config::default()).await
}

/// Starts it otherwise.
///
/// # Errors
/// When it cannot have its ports.
pub async fn stage_with(config: sandbox::Config) -> anyhow::Result<Stage> {
    let server = sandbox::Server::start(config).await.context("the meeting platform cannot start")?;
    let meeting = Url::parse(server.origin())?.join(SLUG)?;
    let account = sandbox::visio::Account {
        id: uuid::Uuid::from_u128(1),
        sub: "host".into(),
        email: "host@meet.example".into(),
        full_name: "Grace Hopper".into(),
    };
    let id = account.id;
    let session = server.platform().log_in(account);
    server.platform().grant(SLUG, id, sandbox::visio::Role::Owner);
    let mut host = meeting.clone();
    // Behind the hash it is not sent, and in no log.
    host.set_fragment(Some(&format!("host={session}")));
    Ok(Stage { server, meeting, host })
}

/// Waits until somebody wants this program to end, and says how.
///
/// # Errors
/// When signals cannot be listened for.
pub async fn stopped() -> anyhow::Result<&'static str> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut quit) = (signal(SignalKind::interrupt())?, signal(SignalKind::quit())?);
    let (mut terminate, mut hang_up) = (signal(SignalKind::terminate())?, signal(SignalKind::hangup())?);
    Ok(tokio::select! {
        _ = interrupt.recv() => "SIGINT",
        _ = quit.recv() => "SIGQUIT",
        _ = terminate.recv() => "SIGTERM",
        _ = hang_up.recv() => "SIGHUP",
    })
}
