//! The whole product on one machine: a meeting platform, a room, and a guest.
//!
//! `huisclos-demo` prints two links for people. `huisclos-demo --once` does the same without a
//! person and exits 0 only if all of it happened.

mod once;

use clap::Parser;
use demo::{room, stage, stopped};
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
    /// Who comes in without being let in: `public` means everybody, `restricted` the host only.
    #[arg(long, default_value = "public", value_parser = ["public", "restricted"], conflicts_with = "once")]
    access: String,
    /// The room's language: fr, en or de.
    #[arg(long, default_value = "fr")]
    language: String,
    /// With --once: seconds the meeting runs.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(2..))]
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
    if arguments.once {
        // Whatever was started ends with what it is held by; a process killed by a signal would not let go of it.
        tokio::select! {
            result = once::run(&arguments) => result,
            signal = stopped() => anyhow::bail!("stopped by {}", signal?),
        }
    } else {
        show(&arguments).await
    }
}

#[allow(clippy::print_stdout)] // this is a command line
async fn show(arguments: &Arguments) -> anyhow::Result<()> {
    let start = async {
        let stage = stage().await?;
        if arguments.access == "restricted" {
            stage.server.platform().create_room(demo::SLUG, sandbox::visio::AccessLevel::Restricted);
        }
        let room = room::Room::start(&stage.meeting, &stage.meeting, &arguments.language).await?;
        anyhow::Ok((stage, room))
    };
    let (stage, mut room) = tokio::select! {
        started = start => started?,
        signal = stopped() => return signal.map(drop),
    };
    println!("The room:  {}", room.window());
    if arguments.access == "restricted" {
        println!("The host:  {}", stage.host);
        println!("The room and guests wait until the host, who comes first, lets them in.");
    }
    println!("A guest:   {}", stage.meeting);
    println!("Touch Join on the room's panel, and sit down opposite it on the guest page. Ctrl-C ends.");
    tokio::select! {
        signal = stopped() => drop(signal?),
        status = room.ended() => anyhow::bail!("the room ended by itself ({status})"),
    }
    drop(room);
    stage.server.shutdown().await;
    Ok(())
}
