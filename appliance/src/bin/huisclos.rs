//! What a technician types: `huisclos join <destination>`, `leave`, `status`.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, bail};
use appliance::config::WindowSection;
use appliance::control::{Client, JoinRequest, Reply, ask_to_join};
use appliance::{Config, Daemon};
use clap::{Parser, Subcommand};

/// Where systemd's unit puts the daemon's socket.
const SERVICE_SOCKET: &str = "/run/huisclos/control.sock";

#[derive(Parser)]
#[command(name = "huisclos", version, about = "Speaks to the room's daemon, or is a room itself for one meeting")]
struct Arguments {
    /// The daemon's control socket; found by itself unless given.
    #[arg(long, global = true)]
    socket: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Take the room into a meeting: a meeting link, a code, or a LiveKit address with a token.
    ///
    /// With a daemon running, its room joins. Otherwise this program is a room until the meeting ends
    /// or Ctrl-C.
    Join {
        /// `https://visio.numerique.gouv.fr/abc-defg-hij`, `wss://livekit.example`, …
        destination: String,
        /// A file with the LiveKit token (a token in the command itself could be read by others). The
        /// environment variable HUISCLOS_TOKEN does the same for `ws` and `wss` addresses.
        #[arg(long)]
        token_file: Option<PathBuf>,
        #[command(flatten)]
        room: OneOff,
    },
    /// Leave the meeting.
    Leave,
    /// What the room is doing.
    Status,
}

/// The room this program is when no daemon runs.
#[derive(clap::Args)]
struct OneOff {
    /// The name others read.
    #[arg(long, default_value = "Huis Clos")]
    name: String,
    /// fr, en or de.
    #[arg(long, default_value = "fr")]
    language: String,
    /// `auto` (what this machine has), `simulated`, or a board file.
    #[arg(long, default_value = "auto")]
    board: String,
    /// The La Suite Meet instance that a bare code means.
    #[arg(long)]
    instance: Option<url::Url>,
    /// Authorities to trust beside the system's, as a PEM file.
    #[arg(long)]
    extra_ca: Option<PathBuf>,
}

fn main() -> anyhow::Result<()> {
    appliance::memory::settle();
    run()
}

#[tokio::main]
async fn run() -> anyhow::Result<()> {
    appliance::log::start();
    let arguments = Arguments::parse();
    let service = PathBuf::from(SERVICE_SOCKET);
    let socket = arguments.socket.or_else(|| service.exists().then_some(service));
    let socket = socket.unwrap_or_else(|| Config::one_off("", "fr", "auto").control_socket());
    let client = Client::new(socket)?;
    match arguments.command {
        Command::Join { destination, token_file, room } => {
            let request = JoinRequest { token: token(token_file, &destination)?, destination };
            if client.is_there() { say(client.join(&request).await?) } else { be_a_room(room, request).await }
        }
        Command::Leave => say(client.leave().await?),
        Command::Status => say(client.status().await?),
    }
}

fn token(file: Option<PathBuf>, destination: &str) -> anyhow::Result<Option<String>> {
    match file {
        Some(path) => {
            let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
            Ok(Some(text.trim().to_owned()))
        }
        // A token that lies around does not make a LiveKit server of a meeting link.
        None => Ok(std::env::var("HUISCLOS_TOKEN").ok().filter(|_| is_livekit(destination))),
    }
}

fn is_livekit(destination: &str) -> bool {
    let scheme = destination.trim().split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
    matches!(scheme.as_deref(), Some("ws" | "wss"))
}

#[allow(clippy::print_stdout)] // this is what a person at a terminal reads
fn say(reply: Reply) -> anyhow::Result<()> {
    match reply {
        Reply::Ok(text) => println!("{text}"),
        Reply::Refused(text) => bail!("{text}"),
    }
    Ok(())
}

#[allow(clippy::print_stdout)]
async fn be_a_room(room: OneOff, request: JoinRequest) -> anyhow::Result<()> {
    let mut config = Config::one_off(&room.name, &room.language, &room.board);
    config.meetings.instance = room.instance;
    config.meetings.extra_ca = room.extra_ca;
    config.window = WindowSection { listen: Some(([127, 0, 0, 1], 0).into()), guest_page: None };
    let daemon = Daemon::start(config).await?;
    if let Some(window) = daemon.window {
        println!("room window: http://{window}/");
    }
    say(ask_to_join(&daemon.shared, &request).await)?;
    let mut shown = "home";
    loop {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => break,
            () = tokio::time::sleep(Duration::from_millis(200)) => {}
        }
        let status = daemon.shared.status();
        // Before its first view the room shows nothing.
        if !status.screen.is_empty() && status.screen != shown {
            match status.screen {
                "home" => break,
                "failed" => {
                    println!("{}", status.failure.unwrap_or_default());
                    daemon.stop().await;
                    bail!("the room is not in the meeting");
                }
                other => println!("{other}"),
            }
            shown = status.screen;
        }
    }
    daemon.stop().await;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_livekit_take_the_token_of_the_environment() {
        assert!(is_livekit("wss://livekit.example") && is_livekit(" WS://127.0.0.1:7880"));
        assert!(!is_livekit("https://visio.example/abc-defg-hij") && !is_livekit("abc-defg-hij"));
    }
}
