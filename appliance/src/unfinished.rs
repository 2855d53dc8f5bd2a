//! The meeting the room is in, kept for the case that its process ends by itself: in `$RUNTIME_DIRECTORY`, which is memory,
//! is this user's alone, and goes when systemd stops the unit. After a power cut there is none.

use std::path::{Path, PathBuf};

use room::policy::Begins;
use room::{Destination, Open, Unfinished, destination::Passphrase};
use serde::{Deserialize, Serialize};
use url::Url;
use zeroize::Zeroizing;

use crate::whole_file;

/// A file larger than this is not ours.
const FILE_BYTES_MAX: u64 = 64 * 1024;

/// What the file holds. The release that reads it has written it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    meeting: Meeting,
    what: String,
    is_new: bool,
    microphone: bool,
    camera: bool,
    returns: u8,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Meeting {
    Visio { instance: Url, slug: String, passphrase: Option<Zeroizing<String>> },
    Livekit { server: Url, token: Zeroizing<String> },
}

/// Keeps it.
pub struct Keeper {
    /// Without systemd nowhere.
    path: Option<PathBuf>,
    /// As it is there.
    kept: Option<Unfinished>,
}

impl Keeper {
    /// As systemd says (`RuntimeDirectory=`, the first where there are several).
    pub fn of_this_process() -> Keeper {
        let folders = std::env::var("RUNTIME_DIRECTORY").ok();
        let folder = folders.as_deref().and_then(|all| all.split(':').next()).filter(|folder| !folder.is_empty());
        Keeper { path: folder.map(|folder| Path::new(folder).join("meeting.json")), kept: None }
    }

    /// Of a room that is not to come back.
    #[cfg(test)]
    pub fn nowhere() -> Keeper {
        Keeper { path: None, kept: None }
    }

    /// The meeting in which the last life was cut short.
    pub fn read(&mut self) -> Option<Unfinished> {
        let path = self.path.as_deref()?;
        let length = std::fs::metadata(path).ok()?.len();
        let bytes = (length <= FILE_BYTES_MAX).then(|| std::fs::read(path).ok().map(Zeroizing::new))??;
        let kept = serde_json::from_slice::<Kept>(&bytes).ok().and_then(unfinished);
        if kept.is_none() {
            tracing::warn!("the meeting that was cut short cannot be read");
            let _ = std::fs::remove_file(path);
        }
        self.kept.clone_from(&kept);
        kept
    }

    /// Keeps this instead of what was kept before, or nothing; cheap when that is as before.
    pub fn keep(&mut self, unfinished: Option<Unfinished>) {
        let Some(path) = self.path.as_ref().filter(|_| unfinished != self.kept) else { return };
        let done = match &unfinished {
            Some(unfinished) => bytes(unfinished).and_then(|bytes| whole_file::replace(path, &bytes)),
            None => match std::fs::remove_file(path) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
                _ => Ok(()),
            },
        };
        if let Err(error) = done {
            tracing::warn!("a crash would end the meeting for this room: {error:#}");
        }
        self.kept = unfinished;
    }
}

fn bytes(unfinished: &Unfinished) -> anyhow::Result<Zeroizing<Vec<u8>>> {
    let meeting = match &unfinished.destination {
        Destination::Visio { instance, slug, passphrase } => Meeting::Visio {
            instance: instance.clone(),
            slug: slug.clone(),
            passphrase: passphrase.as_ref().map(|passphrase| passphrase.reveal().clone()),
        },
        Destination::LiveKit { server, token } => {
            Meeting::Livekit { server: server.clone(), token: Zeroizing::new(token.clone()) }
        }
    };
    let kept = Kept {
        meeting,
        what: unfinished.what.clone(),
        is_new: unfinished.begins == Begins::Here,
        microphone: unfinished.open.microphone,
        camera: unfinished.open.camera,
        returns: unfinished.returns,
    };
    Ok(Zeroizing::new(serde_json::to_vec(&kept)?))
}

fn unfinished(kept: Kept) -> Option<Unfinished> {
    let destination = match kept.meeting {
        Meeting::Visio { instance, slug, passphrase } => {
            let passphrase = match passphrase {
                Some(text) => Some(Passphrase::parse(&text)?),
                None => None,
            };
            Destination::Visio { instance, slug, passphrase }
        }
        Meeting::Livekit { server, token } => Destination::LiveKit { server, token: token.to_string() },
    };
    Some(Unfinished {
        destination,
        what: kept.what,
        begins: if kept.is_new { Begins::Here } else { Begins::Elsewhere },
        open: Open { microphone: kept.microphone, camera: kept.camera },
        returns: kept.returns,
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use room::destination::ParseContext;

    use super::*;

    const KEY: &str = "000102030405060708090a0b0c0d0e0f1011121314151617";

    #[test]
    fn what_is_kept_is_what_the_room_came_from_and_gone_when_it_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("meeting.json");
        let mut keeper = Keeper { path: Some(path.clone()), kept: None };
        assert_eq!(keeper.read(), None);
        keeper.keep(None);
        let link = |text: &str| Destination::parse(text, &ParseContext::default()).unwrap();
        for destination in [
            link(&format!("https://visio.example/abc-defg-hij#{KEY}")),
            link("https://visio.example/abc-defg-hij"),
            Destination::livekit("wss://livekit.example/", "eyJ").unwrap(),
        ] {
            for (begins, microphone) in [(Begins::Here, false), (Begins::Elsewhere, true)] {
                let open = Open { microphone, camera: !microphone };
                let left =
                    Unfinished { destination: destination.clone(), what: "Point".into(), begins, open, returns: 2 };
                keeper.keep(Some(left.clone()));
                let mut next = Keeper { path: Some(path.clone()), kept: None };
                assert_eq!(next.read(), Some(left));
                assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
            }
        }
        keeper.keep(None);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn what_is_no_such_file_leads_nowhere() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("meeting.json");
        let mut keeper = Keeper { path: Some(path.clone()), kept: None };
        let whole = r#"{"meeting":{"visio":{"instance":"https://visio.example/","slug":"abc","passphrase":null}},"what":"a",
            "is_new":false,"microphone":true,"camera":true,"returns":0}"#;
        std::fs::write(&path, whole).unwrap();
        assert!(keeper.read().is_some());
        for torn in ["", "{}", &whole[..60], &whole.replace("null", "\"ab\""), &whole.replace("0}", "0, \"more\": 1}")]
        {
            std::fs::write(&path, torn).unwrap();
            assert_eq!(keeper.read(), None, "{torn}");
        }
    }
}
