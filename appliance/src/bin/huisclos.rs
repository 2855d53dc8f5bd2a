//! What a technician types: the room control API on a command line, a room for one meeting where no daemon runs, and
//! the administrator code of a panel.

use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use appliance::administrator::{AdminCode, new_code, own_code};
use appliance::api::client::Client;
use appliance::api::{
    HandRequest, InviteRequest, JoinRequest, Language, LanguageRequest, Layout, LayoutRequest, PowerRequest, PowerWord,
    Screen, Screenshot, State, SwitchRequest, join_by,
};
use appliance::config::WindowSection;
use appliance::evidence_command::EvidenceCommand;
use appliance::identity_command::IdentityArguments;
use appliance::network_command::NetworkCommand;
use appliance::policy_command::PolicyCommand;
use appliance::status::{AudioCheckStatus, CheckedMicrophone};
use appliance::{Config, Daemon};
use clap::{Parser, Subcommand, ValueEnum};

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
        /// `https://visio.numerique.gouv.fr/abc-defg-hij`, `wss://livekit.example`, …, or `-`: a line of standard input.
        /// The link of an encrypted meeting has its key in it, and others could read it in the command itself.
        destination: String,
        /// A file with the LiveKit token (a token in the command itself could be read by others). The
        /// environment variable HUISCLOS_TOKEN does the same for `ws` and `wss` addresses.
        #[arg(long)]
        token_file: Option<PathBuf>,
        #[command(flatten)]
        room: OneOff,
    },
    /// Begin a meeting that nobody has prepared.
    Meet,
    /// Ask the people in the room to join a meeting.
    Invite {
        /// A meeting link or a room's code.
        destination: String,
        /// Who asks, as the panel says it.
        #[arg(long)]
        from: String,
    },
    /// Leave the meeting.
    Leave,
    /// Close the microphones.
    Mute,
    /// Open the microphones.
    Unmute,
    /// Open or close the camera.
    Camera { switch: OnOff },
    /// Have the camera look there: -1000 to 1000 from left to right and from below to above, 0 to 1000 for nearer.
    Look {
        #[arg(long, default_value_t = 0, allow_negative_numbers = true)]
        pan: i16,
        #[arg(long, default_value_t = 0, allow_negative_numbers = true)]
        tilt: i16,
        #[arg(long, default_value_t = 0)]
        zoom: i16,
    },
    /// Have the camera look where it looked when this number was given to it.
    Preset {
        /// 1 to 4.
        number: u8,
        /// Give this number to where it looks now.
        #[arg(long)]
        keep: bool,
    },
    /// Show what is said as text, or not.
    Captions { switch: OnOff },
    /// Show the room's own picture on the display, or not.
    SelfView { switch: OnOff },
    /// Share the laptop at the content input, or no longer.
    Share { switch: OnOff },
    /// Raise or lower the room's hand.
    Hand { hand: UpDown },
    /// How loud the loudspeaker is.
    Volume {
        /// 0 to 100.
        #[arg(value_parser = clap::value_parser!(u8).range(..=100))]
        percent: u8,
    },
    /// How people and content are arranged on the display.
    Layout {
        #[arg(value_parser = named::<Layout>)]
        layout: Layout,
    },
    /// The language of the panel and the display: fr, en or de.
    Language {
        #[arg(value_parser = named::<Language>)]
        language: Language,
    },
    /// Restart the room's machine, or switch it off. Not in a meeting, nor shortly before one.
    Power {
        #[arg(value_parser = named::<PowerWord>)]
        act: PowerWord,
        /// Also in a meeting, which the room leaves, and shortly before one.
        #[arg(long)]
        force: bool,
    },
    /// The meetings on the panel.
    Agenda {
        /// Join the one with this number.
        #[arg(long)]
        join: Option<usize>,
        /// For programs.
        #[arg(long, conflicts_with = "join")]
        json: bool,
    },
    /// What the room is doing.
    Status {
        /// And how it is: its devices, and counters of what went well and what did not, for programs.
        #[arg(long)]
        json: bool,
    },
    /// Everything the room is, for programs.
    State,
    /// Follow the room: one line for each event, its name and what it says, until Ctrl-C.
    Events,
    /// What the devices do, and counters of what went well and what did not, for programs; as `status --json`.
    Health,
    /// A picture of a screen, as PNG. Not of a meeting, unless the configuration allows it.
    Screenshot {
        /// `panel`, `display` or `second-display`.
        #[arg(value_parser = named::<Screenshot>)]
        screen: Screenshot,
        file: PathBuf,
    },
    /// Find out what is wrong with the room.
    #[command(subcommand)]
    Doctor(Doctor),
    /// Make an administrator code for a room's panel, and the line of its configuration.
    AdminCode {
        /// Take a code from standard input, 6 to 12 digits, instead of thinking of one.
        #[arg(long)]
        stdin: bool,
    },
    /// Show the room's identity, request a certificate for it, and install one. Asks no daemon.
    Identity(IdentityArguments),
    /// Check, explain and sign what rooms may do. Asks no daemon.
    #[command(subcommand)]
    Policy(PolicyCommand),
    /// Say what a room's configuration makes of its network, or tell systemd-networkd. Asks no daemon.
    #[command(subcommand)]
    Network(NetworkCommand),
    /// Show, verify and export the records of where this room's packets went. Asks no daemon.
    #[command(subcommand)]
    Evidence(EvidenceCommand),
}

#[derive(Clone, Copy, ValueEnum)]
enum OnOff {
    On,
    Off,
}

#[derive(Clone, Copy, ValueEnum)]
enum UpDown {
    Up,
    Down,
}

impl From<OnOff> for SwitchRequest {
    fn from(switch: OnOff) -> SwitchRequest {
        SwitchRequest { on: matches!(switch, OnOff::On) }
    }
}

/// A word of the API.
fn named<T: serde::de::DeserializeOwned>(word: &str) -> Result<T, String> {
    serde_json::from_value(word.into()).map_err(|error| error.to_string())
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
    appliance::memory::keep();
    let arguments = Arguments::parse();
    if let Command::AdminCode { stdin } = arguments.command {
        return make_admin_code(stdin);
    }
    if let Command::Policy(command) = &arguments.command {
        return command.run();
    }
    if let Command::Evidence(command) = &arguments.command {
        return command.run();
    }
    if let Command::Network(command) = &arguments.command {
        return command.run();
    }
    if let Command::Identity(arguments) = &arguments.command {
        return arguments.run();
    }
    let service = PathBuf::from(SERVICE_SOCKET);
    let socket = arguments.socket.or_else(|| service.exists().then_some(service));
    let socket = socket.unwrap_or_else(|| Config::one_off("", "fr", "auto").control_socket());
    let client = Client::new(socket)?;
    match arguments.command {
        Command::Join { destination, token_file, room } => {
            let destination = if destination == "-" { line()? } else { destination };
            let request = JoinRequest { token: token(token_file, &destination)?, destination };
            if !client.is_there() {
                be_a_room(room, request).await?;
            } else {
                say(&way_to(&client.post_with("/v1/join", &request).await?));
            }
        }
        Command::Meet => say(&way_to(&client.post("/v1/meetings").await?)),
        Command::Invite { destination, from } => {
            client.post_with("/v1/invitations", &InviteRequest { destination, from }).await?;
        }
        Command::Leave => drop(client.post("/v1/leave").await?),
        Command::Mute => drop(client.put("/v1/microphone", &SwitchRequest { on: false }).await?),
        Command::Unmute => drop(client.put("/v1/microphone", &SwitchRequest { on: true }).await?),
        Command::Camera { switch } => drop(client.put("/v1/camera", &SwitchRequest::from(switch)).await?),
        Command::Look { pan, tilt, zoom } => {
            client.put("/v1/camera/pose", &serde_json::json!({ "pan": pan, "tilt": tilt, "zoom": zoom })).await?;
        }
        Command::Preset { number, keep: true } => {
            client.put(&format!("/v1/camera/presets/{number}"), &serde_json::Value::Null).await?;
        }
        Command::Preset { number, keep: false } => {
            client.post(&format!("/v1/camera/presets/{number}/recall")).await?;
        }
        Command::Captions { switch } => drop(client.put("/v1/captions", &SwitchRequest::from(switch)).await?),
        Command::SelfView { switch } => drop(client.put("/v1/self-view", &SwitchRequest::from(switch)).await?),
        Command::Share { switch } => drop(client.put("/v1/share", &SwitchRequest::from(switch)).await?),
        Command::Hand { hand } => {
            let raised = matches!(hand, UpDown::Up);
            client.put("/v1/hand", &HandRequest { raised }).await?;
        }
        Command::Volume { percent } => {
            client.put("/v1/volume", &serde_json::json!({ "percent": percent })).await?;
        }
        Command::Layout { layout } => drop(client.put("/v1/layout", &LayoutRequest { layout }).await?),
        Command::Language { language } => drop(client.put("/v1/language", &LanguageRequest { language }).await?),
        Command::Power { act, force } => drop(client.post_with("/v1/power", &PowerRequest { act, force }).await?),
        Command::Agenda { join: None, json } => {
            let state = client.state().await?;
            say(&if json { serde_json::to_string_pretty(&state.agenda)? } else { agenda_of(&state) });
        }
        Command::Agenda { join: Some(number), .. } => {
            let state = client.state().await?;
            let meeting = number.checked_sub(1).and_then(|place| state.agenda.get(place));
            let id = &meeting.with_context(|| format!("the agenda has no meeting {number}"))?.id;
            say(&way_to(&client.post(&format!("/v1/agenda/{id}/join")).await?));
        }
        Command::Status { json: false } => {
            let state = client.state().await?;
            say(&format!("{}: {}", state.room, word_of(&state.screen)?));
        }
        Command::State => say(&serde_json::to_string_pretty(&client.state().await?)?),
        Command::Health | Command::Status { json: true } => {
            say(&serde_json::to_string_pretty(&client.health().await?)?);
        }
        Command::Events => client.follow(|event, data| writeln!(std::io::stdout(), "{event} {data}").is_ok()).await?,
        Command::Screenshot { screen, file } => {
            let png = client.screenshot(&word_of(&screen)?).await?;
            std::fs::write(&file, png).with_context(|| format!("cannot write {}", file.display()))?;
        }
        Command::Doctor(Doctor::Audio { json }) => return check_audio(&client, json).await,
        Command::AdminCode { .. }
        | Command::Policy(_)
        | Command::Evidence(_)
        | Command::Network(_)
        | Command::Identity(_) => {}
    }
    Ok(ExitCode::SUCCESS)
}

#[allow(clippy::print_stdout)] // this is what a person at a terminal reads
fn say(text: &str) {
    println!("{text}");
}

/// That the room is on its way, or what it waits for before it goes anywhere.
fn way_to(state: &State) -> String {
    let meeting = state.meeting.as_deref().unwrap_or("the meeting");
    match state.screen {
        Screen::Acceptance => {
            format!("the panel asks people in the room to accept something before they join {meeting}")
        }
        _ => format!("joining {meeting}"),
    }
}

/// As the API says it.
fn word_of(value: &impl serde::Serialize) -> anyhow::Result<String> {
    Ok(serde_json::from_value(serde_json::to_value(value)?)?)
}

fn agenda_of(state: &State) -> String {
    let line = |(place, meeting): (usize, &appliance::api::AgendaMeeting)| {
        let time = |time: &str| time.get(..16).unwrap_or(time).replace('T', " ");
        let why = match (&meeting.obstacle, meeting.joinable) {
            (Some(obstacle), _) => format!("  ({obstacle})"),
            (None, true) => String::new(),
            (None, false) => "  (no link)".into(),
        };
        format!("{:2}  {} – {}  {}{why}", place + 1, time(&meeting.start), time(&meeting.end), meeting.title)
    };
    let lines: Vec<String> = state.agenda.iter().enumerate().map(line).chain(state.agenda_age.clone()).collect();
    lines.join("\n")
}

/// Says a code, and what goes into the configuration for it.
#[allow(clippy::print_stdout)]
fn make_admin_code(from_stdin: bool) -> anyhow::Result<ExitCode> {
    let code = if from_stdin {
        let mut typed = String::new();
        std::io::stdin().read_line(&mut typed).context("cannot read standard input")?;
        own_code(&typed)?
    } else {
        let code = new_code()?;
        // Not where the line for the configuration goes: that may be a file.
        eprintln!("code: {}", code.digits());
        code
    };
    println!("[panel]\nadmin_code = \"{}\"", AdminCode::of(&code)?.as_str());
    Ok(ExitCode::SUCCESS)
}

/// Checks the room's sound, says what was found, and ends accordingly.
#[allow(clippy::print_stdout)]
async fn check_audio(client: &Client, json: bool) -> anyhow::Result<ExitCode> {
    let number = client.check_audio().await?.check.number;
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

/// A line of standard input.
fn line() -> anyhow::Result<String> {
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).context("cannot read standard input")?;
    Ok(line.trim().to_owned())
}

fn is_livekit(destination: &str) -> bool {
    let scheme = destination.trim().split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
    matches!(scheme.as_deref(), Some("ws" | "wss"))
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
    match join_by(&daemon.shared, &request).await {
        Ok(state) => println!("{}", way_to(&state)),
        Err(problem) => {
            daemon.stop().await;
            bail!("{}", problem.detail);
        }
    }
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
