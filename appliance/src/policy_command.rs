//! `huisclos policy`: what IT and security officers do with a policy before rooms get it. Nothing here asks a daemon.

use std::io::IsTerminal;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::{Subcommand, ValueEnum};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use minisign::{PublicKey, SecretKey, SecretKeyBox};
use policy::{
    EndToEnd, Floor, Key, Language, Mode, NO_TABLE, PROFILES, PlatformKind, Policy, Question, Role, Users, accept,
    profile,
};
use room::destination::{Destination, ParseContext};

use crate::arguments;
use crate::config::Config;
use crate::room_policy::{self, signature_of};

/// What is asked of a policy file.
#[derive(Subcommand)]
pub enum PolicyCommand {
    /// Say what is wrong with a policy, and what to look at again. Ends with 1 when it cannot be used.
    Check {
        file: PathBuf,
        /// A public key that may sign it, as minisign writes it: the signature is then verified too. May be given again.
        #[arg(long)]
        key: Vec<PathBuf>,
        /// The signature; FILE.minisig unless given.
        #[arg(long, requires = "key")]
        signature: Option<PathBuf>,
    },
    /// May this room join this meeting, and why?
    ///
    /// Ends with 0 when it may, 3 when somebody has to accept a sentence first, 4 when it may not, and 1 when that
    /// could not be found out.
    Explain {
        file: PathBuf,
        /// `https://visio.numerique.gouv.fr/abc-defg-hij`, `wss://livekit.example`, `sip:room@gateway.example`
        meeting: String,
        /// An address of the meeting, to say where it is and what it may be contacted for. May be given again.
        #[arg(long)]
        address: Vec<IpAddr>,
        /// Who asks: participant, room_user, facilities, it, security_officer or auditor.
        #[arg(long, default_value = "room_user", value_parser = role)]
        role: Role,
        /// The day of the meeting, as 2027-06-30; now unless given.
        #[arg(long)]
        on: Option<Date>,
        /// fr, en or de.
        #[arg(long, default_value = "en", value_parser = arguments::language)]
        language: Language,
        /// For programs.
        #[arg(long)]
        json: bool,
    },
    /// Sign a policy: writes FILE.minisig. The password of the key is asked for, or read from standard input.
    Sign {
        file: PathBuf,
        /// The secret key, as `minisign -G` makes it.
        #[arg(long)]
        key: PathBuf,
    },
    /// Print the policy as the kernel keeps to it. With --key it must be signed; without, it is only looked at.
    Kernel {
        file: PathBuf,
        /// nftables: a table for `nft -f`. systemd: a drop-in for huisclosd.service. udev: rules that shut out USB devices
        /// that are not on a classified room's list.
        #[arg(value_enum)]
        form: KernelForm,
        /// A public key that may sign it, as minisign writes it. May be given again.
        #[arg(long)]
        key: Vec<PathBuf>,
        /// The user whose packets are held, in nftables: the daemon's.
        #[arg(long, default_value = "huisclos", value_parser = user)]
        user: String,
        /// The user that looks up names for it, whose packets are held too.
        #[arg(long, value_parser = user)]
        resolver: Option<String>,
        /// The user that sets the clock, whose packets are held too.
        #[arg(long, value_parser = user)]
        clock: Option<String>,
    },
    /// Write what the kernel of a room is to keep to, by its configuration: FOLDER/table.nft for `nft -f`, FOLDER/unit.conf, a
    /// drop-in for huisclosd.service, FOLDER/usb.rules for udev.
    ///
    /// Without a policy they hold nothing back; with one that cannot be used, everything.
    Border { config: PathBuf, folder: PathBuf },
    /// Print a ready-made policy to adapt; without a name, which there are.
    Profile { name: Option<String> },
}

/// What holds packets back.
#[derive(Clone, Copy, ValueEnum)]
pub enum KernelForm {
    Nftables,
    Systemd,
    Udev,
}

/// A name or number that means a user in nftables, and nothing else.
fn user(name: &str) -> Result<String, String> {
    let is_usable = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let is_one = !name.is_empty() && name.len() <= 32 && name.chars().all(is_usable);
    if is_one { Ok(name.into()) } else { Err("expected a user's name or number".into()) }
}

fn role(word: &str) -> Result<Role, String> {
    let known = || Role::ALL.iter().map(|role| role.word()).collect::<Vec<_>>().join(", ");
    Role::of(word).ok_or_else(|| format!("expected one of {}", known()))
}

impl PolicyCommand {
    /// Does it, and says what came of it.
    ///
    /// # Errors
    /// When files cannot be read or written, or the question makes no sense.
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        match self {
            PolicyCommand::Check { file, key, signature } => check(file, key, signature.as_deref()),
            PolicyCommand::Explain { file, meeting, address, role, on, language, json } => {
                let Some(policy) = read(file)? else { return Ok(ExitCode::FAILURE) };
                let question = question(meeting, *role)?;
                let explanation = policy.explain(&question, address, noon(*on)?, *language);
                say(&if *json { serde_json::to_string_pretty(&explanation)? } else { explanation.text() });
                Ok(match explanation.verdict {
                    "allowed" => ExitCode::SUCCESS,
                    "allowed-after-acceptance" => ExitCode::from(3),
                    _ => ExitCode::from(4),
                })
            }
            PolicyCommand::Sign { file, key } => sign(file, key),
            PolicyCommand::Kernel { file, form, key, user, resolver, clock } => {
                let policy = if key.is_empty() { read(file)? } else { signed(file, key, None)? };
                let Some(policy) = policy else { return Ok(ExitCode::FAILURE) };
                if matches!(form, KernelForm::Udev) && policy.mode() != Mode::Classified {
                    bail!("only a classified policy says what may be plugged in");
                }
                say(match form {
                    KernelForm::Nftables => {
                        policy.nftables(Users { room: user, resolver: resolver.as_deref(), clock: clock.as_deref() })
                    }
                    KernelForm::Systemd => policy.systemd(),
                    KernelForm::Udev => policy.udev(),
                }
                .trim_end());
                Ok(ExitCode::SUCCESS)
            }
            PolicyCommand::Border { config, folder } => border(config, folder).map(|()| ExitCode::SUCCESS),
            PolicyCommand::Profile { name } => {
                let known = || PROFILES.iter().map(|(name, _)| *name).collect::<Vec<_>>().join("\n");
                match name {
                    Some(name) => say(profile(name)
                        .with_context(|| format!("there is no profile {name}; there are:\n{}", known()))?
                        .trim_end()),
                    None => say(&known()),
                }
                Ok(ExitCode::SUCCESS)
            }
        }
    }
}

/// Whose packets the kernel holds in the image.
const IMAGE_USERS: Users<'static> =
    Users { room: "huisclos", resolver: Some("systemd-resolve"), clock: Some("systemd-timesync") };
/// What cannot be used may have closed anything.
const CLOSED: &str = "[policy]\nname = \"unusable\"\nversion = 1\n";

fn border(config: &Path, folder: &Path) -> anyhow::Result<()> {
    let (mut table, mut unit, mut rules) = (NO_TABLE.to_owned(), String::new(), String::new());
    if let Some(section) = Config::load(config)?.policy {
        // That an older one is refused is the daemon's business: it goes nowhere then.
        let policy = match room_policy::accepted(&section, &Floor::default()) {
            Ok(policy) => policy,
            Err(error) => {
                eprintln!("the policy cannot be used, so nothing leaves this room: {error:#}");
                Policy::parse(CLOSED)?
            }
        };
        (table, unit) = (policy.nftables(IMAGE_USERS), policy.systemd());
        if policy.mode() == Mode::Classified {
            rules = policy.udev();
        }
    }
    for (name, text) in [("table.nft", table), ("unit.conf", unit), ("usb.rules", rules)] {
        let path = folder.join(name);
        std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

#[allow(clippy::print_stdout)] // this is what a person at a terminal reads
fn say(text: &str) {
    println!("{text}");
}

fn bytes_of(file: &Path) -> anyhow::Result<Vec<u8>> {
    std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))
}

fn text_of(file: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))
}

/// The policy in a file. `None` when it cannot be used, and then what is wrong has been said.
fn read(file: &Path) -> anyhow::Result<Option<Policy>> {
    let problems = match Policy::read(&bytes_of(file)?) {
        Ok(policy) => return Ok(Some(policy)),
        Err(problems) => problems,
    };
    for problem in &problems.0 {
        eprintln!("{}: {problem}", file.display());
    }
    Ok(None)
}

/// What to look at again.
fn warn_of(policy: &Policy) {
    for caution in policy.cautions(Timestamp::now()) {
        eprintln!("warning: {caution}");
    }
}

fn check(file: &Path, keys: &[PathBuf], signature: Option<&Path>) -> anyhow::Result<ExitCode> {
    let Some(policy) = read(file)? else { return Ok(ExitCode::FAILURE) };
    warn_of(&policy);
    say(&format!("{}, version {}, SHA-256 {}", policy.name(), policy.version(), policy.digest()));
    if keys.is_empty() {
        say("It can be used. Its signature was not looked at: that needs --key.");
        return Ok(ExitCode::SUCCESS);
    }
    if signed(file, keys, signature)?.is_none() {
        return Ok(ExitCode::FAILURE);
    }
    say("It can be used, and is signed by a key that was given.");
    Ok(ExitCode::SUCCESS)
}

/// The policy in a file, when one of these keys has signed it. When not, that has been said.
fn signed(file: &Path, keys: &[PathBuf], signature: Option<&Path>) -> anyhow::Result<Option<Policy>> {
    let read_key = |path: &PathBuf| Key::parse(&text_of(path)?).with_context(|| format!("in {}", path.display()));
    let keys: Vec<Key> = keys.iter().map(read_key).collect::<anyhow::Result<_>>()?;
    let signature = text_of(signature.unwrap_or(&signature_of(file)))?;
    let accepted = accept(&bytes_of(file)?, &signature, &keys, &Floor::default());
    if let Err(refusal) = &accepted {
        eprintln!("{}: {refusal}", file.display());
    }
    Ok(accepted.ok())
}

/// A meeting as people paste it, as a room would ask about it. A Visio link says itself whether the meeting is encrypted
/// from end to end; rooms have no key for a LiveKit server; of a gateway nobody can tell.
fn question(meeting: &str, role: Role) -> anyhow::Result<Question> {
    let meeting = meeting.trim();
    let scheme = meeting.split_once(':').map(|(scheme, _)| scheme.to_ascii_lowercase());
    let destination = match scheme.as_deref() {
        Some("sip" | "sips") => {
            let host = policy::host(&sip_host(meeting)).with_context(|| format!("{meeting} names no host"))?;
            let (kind, end_to_end) = (PlatformKind::Sip, EndToEnd::Unknown);
            return Ok(Question { host, kind, end_to_end, role, addresses: Vec::new() });
        }
        // Which token does not matter here.
        Some("ws" | "wss") => Destination::livekit(meeting, "none")?,
        _ => Destination::parse(meeting, &ParseContext::default())
            .with_context(|| format!("{meeting} is no whole meeting link"))?,
    };
    room_policy::question(&destination, role).with_context(|| format!("{meeting} names no host"))
}

/// The host of `sip:user@host:port;parameters?headers` (RFC 3261 §19.1.1).
fn sip_host(address: &str) -> String {
    let (_, rest) = address.split_once(':').unwrap_or_default();
    let rest = rest.split([';', '?']).next().unwrap_or_default();
    let (_, host) = rest.rsplit_once('@').unwrap_or(("", rest));
    let is_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
    match host.rsplit_once(':') {
        Some((host, port)) if is_port(port) && (host.ends_with(']') || !host.contains(':')) => host.to_owned(),
        _ => host.to_owned(),
    }
}

/// The middle of a day, or now.
fn noon(on: Option<Date>) -> anyhow::Result<Timestamp> {
    let Some(day) = on else { return Ok(Timestamp::now()) };
    Ok(day.at(12, 0, 0, 0).to_zoned(TimeZone::UTC).context("there is no such day")?.timestamp())
}

fn sign(file: &Path, key: &Path) -> anyhow::Result<ExitCode> {
    // The same bytes are checked and signed.
    let bytes = bytes_of(file)?;
    let Some(policy) = read(file)?.filter(|policy| policy.digest() == policy::Digest::of(&bytes)) else {
        eprintln!("{}: not signed", file.display());
        return Ok(ExitCode::FAILURE);
    };
    warn_of(&policy);
    let secret = secret_key(&text_of(key)?).with_context(|| format!("in {}", key.display()))?;
    let public = PublicKey::from_secret_key(&secret)?;
    // For people who look at the signature alone; rooms read the file.
    let comment = format!("policy {} version {}", policy.name(), policy.version());
    let signature = minisign::sign(Some(&public), &secret, bytes.as_slice(), Some(&comment), None)?.into_string();
    let own = Key::parse(&public.to_base64())?;
    accept(&bytes, &signature, &[own], &Floor::default()).context("the signature is not good")?;
    let written = signature_of(file);
    std::fs::write(&written, signature).with_context(|| format!("cannot write {}", written.display()))?;
    say(&format!("{}: {comment}, SHA-256 {}", written.display(), policy.digest()));
    Ok(ExitCode::SUCCESS)
}

/// A secret key, with or without a password. The password is typed, or is the first line of standard input; on a command
/// line others could read it.
fn secret_key(text: &str) -> anyhow::Result<SecretKey> {
    let key = || SecretKeyBox::from_string(text).context("this is no secret key of minisign");
    if let Ok(unprotected) = key()?.into_unencrypted_secret_key() {
        return Ok(unprotected);
    }
    let password = if std::io::stdin().is_terminal() {
        None
    } else {
        let mut line = String::new();
        std::io::stdin().read_line(&mut line).context("cannot read standard input")?;
        if line.is_empty() {
            bail!("the key has a password: type it, or give it on standard input");
        }
        Some(line.trim_end_matches(['\r', '\n']).to_owned())
    };
    Ok(key()?.into_secret_key(password)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(meeting: &str) -> (String, PlatformKind, EndToEnd) {
        let question = question(meeting, Role::RoomUser).unwrap_or_else(|error| panic!("{meeting}: {error:#}"));
        (question.host.to_string(), question.kind, question.end_to_end)
    }

    #[test]
    fn a_meeting_is_asked_about_as_people_paste_it() {
        let passphrase = "0123456789abcdef".repeat(3);
        for (meeting, host, kind, end_to_end) in [
            ("https://Visio.example/abc-defg-hij", "visio.example", PlatformKind::Visio, EndToEnd::Absent),
            ("visio.example/abc-defg-hij", "visio.example", PlatformKind::Visio, EndToEnd::Absent),
            (
                &format!("https://visio.example/abc-defg-hij#{passphrase}"),
                "visio.example",
                PlatformKind::Visio,
                EndToEnd::Present,
            ),
            ("wss://livekit.example:7880", "livekit.example", PlatformKind::LiveKit, EndToEnd::Absent),
            ("sip:room@gateway.example", "gateway.example", PlatformKind::Sip, EndToEnd::Unknown),
            ("SIPS:1@gateway.example:5061;transport=tcp?x=@y", "gateway.example", PlatformKind::Sip, EndToEnd::Unknown),
            ("sip:gateway.example", "gateway.example", PlatformKind::Sip, EndToEnd::Unknown),
            ("sip:a@[2001:db8::1]:5060", "[2001:db8::1]", PlatformKind::Sip, EndToEnd::Unknown),
            ("sip:a@[2001:db8::1]", "[2001:db8::1]", PlatformKind::Sip, EndToEnd::Unknown),
        ] {
            assert_eq!(asked(meeting), (host.to_owned(), kind, end_to_end), "{meeting}");
        }
        for no_meeting in ["", "abc-defg-hij", "ftp://visio.example/a", "ws://livekit.example", "sip:", "sip:@"] {
            assert!(question(no_meeting, Role::RoomUser).is_err(), "{no_meeting}");
        }
    }
}
