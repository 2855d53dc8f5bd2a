//! `huisclos identity`: what IT does with a room's certificate. Asks no daemon: reads and writes the room's files.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::Subcommand;
use identity::{Certificate, DeviceKey, Expiry, Language, Standing, day, say};

use crate::identity_store::{self, IdentityStatus, RoomIdentity};
use crate::{Config, arguments};

/// The room whose identity it is, and what is asked.
#[derive(clap::Args)]
pub struct IdentityArguments {
    /// The room's configuration.
    #[arg(long, global = true, default_value = "/etc/huisclos/room.toml")]
    config: PathBuf,
    /// fr, en or de; the room's language unless given.
    #[arg(long, global = true, value_parser = arguments::language)]
    language: Option<Language>,
    #[command(subcommand)]
    command: IdentityCommand,
}

/// What is asked of a room's identity. The room's key is made when its daemon starts for the first time.
#[derive(Subcommand)]
enum IdentityCommand {
    /// Say who the room is, who vouches for it and until when.
    ///
    /// Ends with 0 when the certificate holds or is the room's own, 3 when it ends within 30 days, 4 when it has ended or does
    /// not hold here, and 1 when that could not be found out.
    Show {
        /// For programs.
        #[arg(long)]
        json: bool,
    },
    /// Print a request for a certificate (PKCS #10, PEM), to give to an authority.
    Request,
    /// Print the room's public key (PEM), with which its evidence is verified.
    Key,
    /// Take the certificate that an authority has made of the request, with those between it and the authority behind it.
    ///
    /// Ends with 0 when it is installed, 4 when it is for another key or has ended, and 1 when that failed.
    Install { certificate: PathBuf },
}

impl IdentityArguments {
    /// Does it, and says what came of it.
    ///
    /// # Errors
    /// When files cannot be read or written, or the room has no key yet.
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        let config = Config::load(&self.config)?;
        let state = config.state_directory();
        let key = identity_store::read_key(&state)?;
        let key = key.with_context(|| {
            format!("there is no device key in {} yet: huisclosd makes it when it first starts", state.display())
        })?;
        let configured = || Language::of(config.room.language.as_deref()?);
        let language = self.language.or_else(configured).unwrap_or(Language::English);
        match &self.command {
            IdentityCommand::Show { json } => show(key, &config, &state, language, *json),
            IdentityCommand::Key => {
                say_line(key.public_pem().trim_end());
                Ok(ExitCode::SUCCESS)
            }
            IdentityCommand::Request => {
                let device = provisioning::device_id(&state)?;
                say_line(key.request(&config.room.name, &device.to_string())?.trim_end());
                Ok(ExitCode::SUCCESS)
            }
            IdentityCommand::Install { certificate } => install(key, &config, &state, language, certificate),
        }
    }
}

#[allow(clippy::print_stdout)] // this is what a person at a terminal reads
fn say_line(text: &str) {
    println!("{text}");
}

fn identity_of(key: DeviceKey, config: &Config, state: &Path) -> anyhow::Result<RoomIdentity> {
    let device = provisioning::device_id(state)?;
    let identity = RoomIdentity::with_key(key, &config.identity, state, &config.room.name, device)?;
    for problem in identity.problems() {
        eprintln!("warning: {problem}");
    }
    Ok(identity)
}

fn show(key: DeviceKey, config: &Config, state: &Path, language: Language, json: bool) -> anyhow::Result<ExitCode> {
    let identity = identity_of(key, config, state)?;
    let now = identity_store::now();
    let standing = identity.standing(now);
    if json {
        say_line(&serde_json::to_string_pretty(&IdentityStatus::of(Some(&identity), now))?);
    } else {
        say_line(&say(language, "show-room", &[("room", config.room.name.as_str().into())]));
        say_line(&say(language, "show-key", &[("key", identity.key.id().to_string().into())]));
        if standing != Standing::Own {
            say_line(&described("show-certificate", identity.chain.certificate(), language));
        }
        say_line(&standing.sentence(language));
        standing.warning(now, language).iter().for_each(|warning| say_line(warning));
    }
    Ok(match (standing.expiry(now), standing) {
        (Expiry::Over, _) | (_, Standing::Unverified { .. }) => ExitCode::from(4),
        (Expiry::Within { .. }, _) => ExitCode::from(3),
        (Expiry::Far, Standing::Own | Standing::Verified { .. }) => ExitCode::SUCCESS,
    })
}

/// Whom a certificate names, who says that they made it, and until when it is good.
fn described(key: &str, certificate: &Certificate, language: Language) -> String {
    let nobody = say(language, "show-nobody", &[]);
    let name = certificate.name().unwrap_or(&nobody);
    let by = certificate.issuer().unwrap_or(&nobody);
    say(language, key, &[("name", name.into()), ("by", by.into()), ("day", day(certificate.not_after()).into())])
}

fn install(key: DeviceKey, config: &Config, state: &Path, language: Language, file: &Path) -> anyhow::Result<ExitCode> {
    let chain = identity_store::chain_of(file)?;
    let now = identity_store::now();
    let refused = if !chain.certificate().is_for(&key) {
        Some("other-key")
    } else if chain.certificate().not_after() < now {
        Some("ended")
    } else {
        None
    };
    if let Some(reason) = refused {
        eprintln!("{}: {}", file.display(), say(language, reason, &[]));
        return Ok(ExitCode::from(4));
    }
    identity_store::install(&chain, &key, state)?;
    say_line(&described("installed", chain.certificate(), language));
    if let Some(configured) = &config.identity.certificate {
        eprintln!("warning: the configuration names {} instead", configured.display());
    }
    let standing = identity_of(key, config, state)?.standing(now);
    say_line(&standing.sentence(language));
    standing.warning(now, language).iter().for_each(|warning| say_line(warning));
    Ok(ExitCode::SUCCESS)
}
