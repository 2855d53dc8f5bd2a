//! The whole product on one machine: a meeting platform, a room, and a guest.
//!
//! `huisclos-demo` prints two links for people. `huisclos-demo --once` does the same without a
//! person and exits 0 only if all of it happened.

mod once;
mod room;
mod tone;

use anyhow::Context;
use clap::Parser;
use std::path::PathBuf;
use url::Url;

/// The demo's meeting.
pub const SLUG: &str = "sal-turi-nga";

#[derive(Parser)]
#[command(name = "huisclos-demo", version, about = "A meeting room at work, on this machine")]
pub struct Arguments {
    /// Without a person: a browser guest meets the room for ten seconds, and everything is checked.
    #[arg(long)]
    once: bool,
    /// With --once: print the timeline as one JSON object.
    #[arg(long)]
    json: bool,
    /// With --once: where the pictures of panel and display go.
    #[arg(long, default_value = ".huisclos/demo")]
    pictures: PathBuf,
    /// The room's language: fr, en or de.
    #[arg(long, default_value = "fr")]
    language: String,
    /// With --once: seconds the meeting runs.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
}

/// What both ways of showing the product need.
pub struct Stage {
    pub server: sandbox::Server,
    pub meeting: Url,
    pub guest_page: Url,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::try_from_env("HUISCLOS_LOG").unwrap_or_else(|_| "warn,str0m=error".into()))
        .with_writer(std::io::stderr)
        .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()))
        .init();
    let arguments = Arguments::parse();
    if arguments.once { once::run(&arguments).await } else { show(&arguments).await }
}

/// Starts the meeting platform with one public meeting.
pub async fn stage() -> anyhow::Result<Stage> {
    let server = sandbox::Server::start(sandbox::Config::default()).await.context("the meeting platform cannot start")?;
    let origin = Url::parse(&server.origin())?;
    let meeting = origin.join(SLUG)?;
    Ok(Stage { server, guest_page: meeting.clone(), meeting })
}

#[allow(clippy::print_stdout)] // this is a command line
async fn show(arguments: &Arguments) -> anyhow::Result<()> {
    let stage = stage().await?;
    let mut room = room::Room::start(&stage.meeting, &stage.guest_page, &arguments.language).await?;
    println!("The room:  {}", room.window());
    println!("A guest:   {}", stage.guest_page);
    println!("Touch Join on the room's panel, and sit down opposite it on the guest page. Ctrl-C ends.");
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        status = room.ended() => anyhow::bail!("the room ended by itself ({status})"),
    }
    drop(room);
    stage.server.shutdown().await;
    Ok(())
}
