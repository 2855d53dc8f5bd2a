//! The whole product on one machine: a meeting platform, a room, and a guest.
//!
//! `huisclos-demo` prints two links for people. `huisclos-demo --once` does the same without a
//! person and exits 0 only if all of it happened.

mod once;

use clap::Parser;
use demo::{room, stage};
use std::path::PathBuf;

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

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt()
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_env("HUISCLOS_LOG").unwrap_or_else(|_| "warn,str0m=error".into()),
        )
        .with_writer(std::io::stderr)
        .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()))
        .init();
    let arguments = Arguments::parse();
    if arguments.once { once::run(&arguments).await } else { show(&arguments).await }
}

#[allow(clippy::print_stdout)] // this is a command line
async fn show(arguments: &Arguments) -> anyhow::Result<()> {
    let stage = stage().await?;
    let mut room = room::Room::start(&stage.meeting, &stage.meeting, &arguments.language).await?;
    println!("The room:  {}", room.window());
    println!("A guest:   {}", stage.meeting);
    println!("Touch Join on the room's panel, and sit down opposite it on the guest page. Ctrl-C ends.");
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        status = room.ended() => anyhow::bail!("the room ended by itself ({status})"),
    }
    drop(room);
    stage.server.shutdown().await;
    Ok(())
}
