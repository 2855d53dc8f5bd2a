//! What a technician types: `huisclos join <destination>`, `leave`, `status`, `doctor audio`.

use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use appliance::config::WindowSection;
use appliance::control::{Client, JoinRequest, Reply, ask_to_join};
use appliance::status::{AudioCheckStatus, CheckedMicrophone};
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
    Status {
        /// And how it is: its devices, and counters of what went well and what did not, for programs.
        #[arg(long)]
        json: bool,
    },
    /// Find out what is wrong with the room.
    #[command(subcommand)]
    Doctor(Doctor),
}

#[derive(Subcommand)]
enum Doctor {
    /// Play a rising tone for three seconds and say how well the microphones hear it. Not in a meeting.
    ///
    /// Ends with 0 when the sound is good, 3 when it could be better, 4 when meetings would not work, and
    /// 1 when it could not be checked.
    Audio {
        /// What was measured, for programs.
        #[arg(long)]
        json: bool,
    },
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

/// An audio check takes six seconds.
const CHECK_PATIENCE: Duration = Duration::from_secs(30);

fn main() -> anyhow::Result<ExitCode> {
    appliance::memory::settle();
    run()
}

#[tokio::main]
async fn run() -> anyhow::Result<ExitCode> {
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
        Command::Status { json: true } => say(client.health().await?),
        Command::Status { json: false } => say(client.status().await?),
        Command::Doctor(Doctor::Audio { json }) => return check_audio(&client, json).await,
    }?;
    Ok(ExitCode::SUCCESS)
}

/// Checks the room's sound, says what was found, and ends accordingly.
#[allow(clippy::print_stdout)]
async fn check_audio(client: &Client, json: bool) -> anyhow::Result<ExitCode> {
    let number = client.check_audio().await?;
    let started = Instant::now();
    let is_watched = std::io::stderr().is_terminal() && !json;
    let check = loop {
        tokio::time::sleep(Duration::from_millis(200)).await;
        let progress = client.audio_check().await?;
        let is_ours = progress.check.number >= number;
        if is_ours && progress.check.verdict.is_some() {
            break progress.check;
        }
        if is_ours && !progress.is_running {
            bail!("the check was ended before it was over");
        }
        if started.elapsed() > CHECK_PATIENCE {
            bail!("the room does not say what it found");
        }
        if is_watched {
            let _ = write!(std::io::stderr(), "\r{:3} %", progress.check.percent);
        }
    };
    if is_watched {
        let _ = write!(std::io::stderr(), "\r      \r");
    }
    if json {
        println!("{}", serde_json::to_string_pretty(&check)?);
    } else {
        print!("{}", words_of(&check));
    }
    Ok(match check.verdict.as_deref() {
        Some("good") => ExitCode::SUCCESS,
        Some("fair") => ExitCode::from(3),
        _ => ExitCode::from(4),
    })
}

/// What a check found, as a technician reads it.
fn words_of(check: &AudioCheckStatus) -> String {
    let several = check.microphones.len() > 1;
    let mut text = String::new();
    for (index, microphone) in check.microphones.iter().enumerate() {
        if several {
            text.push_str(&format!("[{}]\n", index + 1));
        }
        for finding in &microphone.findings {
            let mark = match finding.verdict.as_str() {
                "good" => "✓",
                "fair" => "!",
                _ => "✗",
            };
            text.push_str(&format!("{mark} {}\n  {}\n", finding.sentence, finding.advice));
        }
        for (name, value, unit) in figures_of(microphone) {
            text.push_str(&format!("  {name:<20} {value:>6.1} {unit}\n"));
        }
    }
    text
}

/// What was measured, as engineers call it in every language.
fn figures_of(microphone: &CheckedMicrophone) -> impl Iterator<Item = (&'static str, f32, &'static str)> {
    [
        ("noise floor", microphone.noise_dbfs, "dBFS"),
        ("echo return loss", microphone.echo_return_loss_db, "dB"),
        ("delay", microphone.delay_ms, "ms"),
        ("reverberation (T60)", microphone.reverberation_ms, "ms"),
    ]
    .into_iter()
    .filter_map(|(name, value, unit)| value.map(|value| (name, value, unit)))
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
