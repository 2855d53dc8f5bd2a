//! Who this room is and whom it believes, in files: the device key and an installed certificate in the state directory,
//! authorities and revocation lists where the configuration says. Read when the room starts, and again every hour.

#[cfg(test)]
mod tests;

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, chown};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use anyhow::{Context, bail};
use identity::{
    Authorities, Chain, Coverage, DeviceKey, Expiry, Language, Revocations, Standing, Unverified, Verified, day, verify,
};
use room::diagnostics::RoomCertificate;
use serde::Serialize;
use tokio::sync::watch;
use utoipa::ToSchema;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::config::IdentitySection;
use crate::whole_file;

/// How often the files are read again: a certificate may have been installed, and lists are renewed.
const AGAIN: Duration = Duration::from_secs(60 * 60);
/// Of a file of certificates no more is read.
const CERTIFICATES_BYTES_MAX: u64 = 2 * 1024 * 1024;
/// Of a revocation list no more is read; those of large authorities have some megabytes.
const LIST_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Who the room is and whom it believes, as the files said when they were read.
pub struct RoomIdentity {
    pub key: DeviceKey,
    /// The room's certificate, and those between it and its authority.
    pub chain: Chain,
    authorities: Authorities,
    revocations: Revocations,
    /// What could not be used, for the log.
    problems: Vec<String>,
}

/// The room's identity, newest first; `None` when its key cannot be used.
pub type Held = watch::Receiver<Option<Arc<RoomIdentity>>>;

/// The time since 1970.
pub fn now() -> Duration {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
}

/// Where the device key is.
pub fn key_file(state: &Path) -> PathBuf {
    state.join("device-key.pem")
}

/// Where an installed certificate is.
pub fn certificate_file(state: &Path) -> PathBuf {
    state.join("device-certificate.pem")
}

/// The device key; `None` where there is none yet.
///
/// # Errors
/// When there is one that cannot be read: another one would make another device of this one, so none is made.
pub fn read_key(state: &Path) -> anyhow::Result<Option<DeviceKey>> {
    let path = key_file(state);
    let cannot = || format!("cannot read the device key {}", path.display());
    let file = match File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).with_context(cannot),
    };
    let mut pem = Zeroizing::new(Vec::with_capacity(4096));
    file.take(4096).read_to_end(&mut pem).with_context(cannot)?;
    DeviceKey::from_pem(&pem).map(Some).with_context(cannot)
}

/// The device key, made where there is none.
fn key(state: &Path) -> anyhow::Result<DeviceKey> {
    if let Some(key) = read_key(state)? {
        return Ok(key);
    }
    let key = DeviceKey::generate()?;
    whole_file::replace(&key_file(state), key.to_pem()?.as_bytes())?;
    tracing::info!("the room has a new device key");
    Ok(key)
}

/// Puts a certificate for this room's key into the state directory, readable by whom the key belongs to.
///
/// # Errors
/// When it is for another key, or cannot be written.
pub fn install(chain: &Chain, key: &DeviceKey, state: &Path) -> anyhow::Result<()> {
    if !chain.certificate().is_for(key) {
        bail!("the certificate is for another key");
    }
    let path = certificate_file(state);
    whole_file::replace(&path, chain.to_pem().as_bytes())?;
    // IT installs it as root; the daemon is somebody else.
    let owner = std::fs::metadata(key_file(state)).context("cannot see whose the key is")?;
    chown(&path, Some(owner.uid()), Some(owner.gid())).context("cannot give it to the daemon")
}

fn bytes_of(path: &Path, max: u64) -> anyhow::Result<Vec<u8>> {
    let cannot = || format!("cannot read {}", path.display());
    let mut bytes = Vec::new();
    File::open(path).with_context(cannot)?.take(max + 1).read_to_end(&mut bytes).with_context(cannot)?;
    if bytes.len() as u64 > max {
        bail!("{} is too large", path.display());
    }
    Ok(bytes)
}

/// A chain from a PEM file.
///
/// # Errors
/// When it cannot be read, or is none.
pub fn chain_of(path: &Path) -> anyhow::Result<Chain> {
    let bytes = bytes_of(path, CERTIFICATES_BYTES_MAX)?;
    Chain::from_pem(&bytes).with_context(|| format!("in {}", path.display()))
}

impl RoomIdentity {
    /// Reads the files, and makes the device key where there is none.
    ///
    /// # Errors
    /// When the key cannot be read or kept. Everything else that cannot be used is passed over, on the safe side: what vouches
    /// for nobody, and what could have revoked somebody revokes.
    pub fn load(section: &IdentitySection, state: &Path, room: &str, device: Uuid) -> anyhow::Result<RoomIdentity> {
        RoomIdentity::with_key(key(state)?, section, state, room, device)
    }

    /// As [`load`](RoomIdentity::load), with a key that is there.
    ///
    /// # Errors
    /// When the room has no name that a certificate could have.
    pub fn with_key(
        key: DeviceKey,
        section: &IdentitySection,
        state: &Path,
        room: &str,
        device: Uuid,
    ) -> anyhow::Result<RoomIdentity> {
        let mut problems = Vec::new();
        let mut noted = |error: anyhow::Error| problems.push(format!("{error:#}"));
        let mut authorities = Authorities::new();
        for authority in &section.authorities {
            let added = bytes_of(&authority.file, CERTIFICATES_BYTES_MAX).and_then(|pem| {
                let added = authorities.add_pem(&pem, authority.name.as_deref());
                added.with_context(|| format!("in {}", authority.file.display()))
            });
            let _ = added.map_err(&mut noted);
        }
        let (mut lists, mut all_read) = (Vec::new(), true);
        for path in &section.revocations {
            match bytes_of(path, LIST_BYTES_MAX) {
                Ok(bytes) => lists.push((path, bytes)),
                Err(error) => (all_read, _) = (false, noted(error)),
            }
        }
        let mut revocations = Revocations::default();
        for (path, bytes) in lists {
            if let Err(error) = revocations.add(&bytes) {
                (all_read, _) = (false, noted(anyhow::Error::new(error).context(format!("in {}", path.display()))));
            }
        }
        // Whose list it was that cannot be read is not known: then everybody needs one.
        if section.revocations_required || !all_read {
            revocations.cover(Coverage::Everywhere);
        }
        let installed = chain(section, state, &key).map_err(&mut noted).ok().flatten();
        let chain = match installed {
            Some(chain) => chain,
            None => Chain::from_pem(key.self_signed(room, &device.to_string())?.as_bytes())?,
        };
        Ok(RoomIdentity { key, chain, authorities, revocations, problems })
    }

    /// Who somebody is, and by whom that is said, or why nobody says so.
    ///
    /// # Errors
    /// The reason.
    pub fn verify(&self, chain: &Chain, now: Duration) -> Result<Verified, Unverified> {
        verify(chain, &self.authorities, &self.revocations, now)
    }

    /// How the room's own certificate stands.
    pub fn standing(&self, now: Duration) -> Standing {
        Standing::of(&self.chain, &self.authorities, &self.revocations, now)
    }

    /// What of the files could not be used, as the log says it.
    pub fn problems(&self) -> &[String] {
        &self.problems
    }
}

/// The certificate of an authority: the configured one, else the installed one.
fn chain(section: &IdentitySection, state: &Path, key: &DeviceKey) -> anyhow::Result<Option<Chain>> {
    let installed = certificate_file(state);
    let path = match &section.certificate {
        Some(path) => path,
        None if installed.exists() => &installed,
        None => return Ok(None),
    };
    let chain = chain_of(path)?;
    if !chain.certificate().is_for(key) {
        bail!("{} is for another key than this room's", path.display());
    }
    Ok(Some(chain))
}

/// Reads the room's identity now and every hour, and warns of what ends.
pub fn keep(section: IdentitySection, state: PathBuf, room: String, device: Uuid) -> Held {
    let first = RoomIdentity::load(&section, &state, &room, device).map(Arc::new);
    let first = first.inspect_err(|error| tracing::error!("the room has no identity: {error:#}")).ok();
    // Never another key while the room runs: a state directory that is away for a moment makes no other device of it.
    let read = move || {
        let key = read_key(&state)?.context("the device key is gone")?;
        RoomIdentity::with_key(key, &section, &state, &room, device)
    };
    let mut warnings = Warnings::default();
    warnings.log(first.as_deref(), now());
    let (held, identity) = watch::channel(first);
    tokio::spawn(async move {
        let read = Arc::new(read);
        loop {
            tokio::time::sleep(AGAIN).await;
            let read = read.clone();
            let Ok(newest) = tokio::task::spawn_blocking(move || read()).await else { return };
            match newest {
                Ok(newest) => {
                    warnings.log(Some(&newest), now());
                    if held.send(Some(Arc::new(newest))).is_err() {
                        return;
                    }
                }
                Err(error) => tracing::error!("the room's identity stays as it was: {error:#}"),
            }
        }
    });
    identity
}

/// What is said of the room's certificate, once a day at most.
#[derive(Default)]
struct Warnings {
    /// Days since 1970.
    said_on: Option<u64>,
}

impl Warnings {
    fn log(&mut self, identity: Option<&RoomIdentity>, now: Duration) {
        let Some(identity) = identity else { return };
        for warning in self.due(&identity.standing(now), identity.problems(), now) {
            tracing::warn!("{warning}");
        }
    }

    /// What is to be said now.
    fn due(&mut self, standing: &Standing, problems: &[String], now: Duration) -> Vec<String> {
        let today = now.as_secs() / (24 * 60 * 60);
        let mut due: Vec<String> = problems.iter().map(|problem| format!("the room's identity: {problem}")).collect();
        due.extend(standing.warning(now, Language::English));
        if due.is_empty() || self.said_on.replace(today) == Some(today) {
            return Vec::new();
        }
        due
    }
}

/// How the room's own certificate stands, for IT.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct IdentityStatus {
    /// `own` (nobody vouches for it), `verified` (an authority of the configuration does), `unverified` (none of them does),
    /// `unusable` (the room's key cannot be read).
    pub certificate: &'static str,
    /// Who vouches for the room.
    pub by: Option<String>,
    /// Why nobody of the configuration does, such as `unknown-authority` or `revoked`.
    pub reason: Option<&'static str>,
    /// The certificate's last day, as `2027-12-31`; the room's own has none.
    pub ends: Option<String>,
    /// Whole days until then; none when it has ended.
    pub days_left: Option<u64>,
}

impl IdentityStatus {
    /// Of this identity at this time.
    pub fn of(identity: Option<&RoomIdentity>, now: Duration) -> IdentityStatus {
        let Some(identity) = identity else {
            return IdentityStatus { certificate: "unusable", by: None, reason: None, ends: None, days_left: None };
        };
        let standing = identity.standing(now);
        let (certificate, by, reason) = match &standing {
            Standing::Own => ("own", None, None),
            Standing::Verified { by, .. } => ("verified", Some(by.clone()), None),
            Standing::Unverified { reason, .. } => ("unverified", None, Some(reason.word())),
        };
        let (ends, days_left) = (standing.until().map(day), standing.days_left(now));
        IdentityStatus { certificate, by, reason, ends, days_left }
    }
}

/// How the room's own certificate stands, for the panel.
pub fn certificate(identity: Option<&RoomIdentity>, now: Duration) -> RoomCertificate {
    let Some(identity) = identity else { return RoomCertificate::Unusable };
    let standing = identity.standing(now);
    match (standing.expiry(now), standing) {
        (Expiry::Over, _) => RoomCertificate::Over,
        (Expiry::Within { .. }, standing) => RoomCertificate::Ending { days: standing.days_left(now).unwrap_or(0) },
        (Expiry::Far, Standing::Own) => RoomCertificate::Own,
        (Expiry::Far, Standing::Verified { by, .. }) => RoomCertificate::Verified { by },
        (Expiry::Far, Standing::Unverified { .. }) => RoomCertificate::Unverified,
    }
}
