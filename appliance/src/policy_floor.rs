//! Which policy the room has had: kept in its state directory, so that no older one comes after a restart.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use policy::{Digest, Floor};
use serde::{Deserialize, Serialize};

use crate::whole_file;

/// A file larger than this is not ours.
const FILE_BYTES_MAX: u64 = 4096;

/// What the file holds.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    name: String,
    version: u64,
    /// In hexadecimal digits.
    digest: String,
}

fn file(state: &Path) -> PathBuf {
    state.join("policy-floor.toml")
}

/// The floor that was kept; the lowest where the room has never had a policy.
///
/// # Errors
/// When there is one that cannot be read: what the room has had is then not known, and an older policy might be let in.
pub fn read(state: &Path) -> anyhow::Result<Floor> {
    let path = file(state);
    let cannot = || format!("cannot read which policy this room has had, {}", path.display());
    let file = match File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Floor::default()),
        Err(error) => return Err(error).with_context(cannot),
    };
    let mut text = String::new();
    file.take(FILE_BYTES_MAX).read_to_string(&mut text).with_context(cannot)?;
    let Kept { name, version, digest } = toml::from_str(&text).with_context(cannot)?;
    let digest = Some(digest_of(&digest).with_context(cannot)?);
    Ok(Floor { name: Some(name), version, digest })
}

/// Raises the floor to this policy, whole or not at all, and on the disk before anybody meets by it.
///
/// # Errors
/// When it cannot be written.
pub fn keep(floor: &Floor, state: &Path) -> anyhow::Result<()> {
    let (Some(name), Some(digest)) = (floor.name.clone(), floor.digest) else { bail!("a floor without a policy") };
    let kept = Kept { name, version: floor.version, digest: digest.to_string() };
    whole_file::replace(&file(state), toml::to_string(&kept)?.as_bytes())
}

fn digest_of(hexadecimal: &str) -> anyhow::Result<Digest> {
    if hexadecimal.len() != 64 || !hexadecimal.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        bail!("no digest");
    }
    let mut digest = [0; 32];
    for (index, byte) in digest.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&hexadecimal[2 * index..2 * index + 2], 16)?;
    }
    Ok(Digest(digest))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn the_floor_survives_a_restart_and_is_nobody_elses_to_read() {
        let state = tempfile::tempdir().unwrap();
        assert_eq!(read(state.path()).unwrap(), Floor::default());
        let mut floor = Floor { name: Some("ministry".into()), version: 7, digest: Some(Digest::of(b"seven")) };
        keep(&floor, state.path()).unwrap();
        floor.version = 8;
        keep(&floor, state.path()).unwrap();
        assert_eq!(read(state.path()).unwrap(), floor);
        let mode = std::fs::metadata(file(state.path())).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_floor_that_cannot_be_read_is_not_taken_for_none() {
        let state = tempfile::tempdir().unwrap();
        let digest = "é".repeat(32);
        let no_digest = format!("name = \"ministry\"\nversion = 7\ndigest = \"{digest}\"");
        for garbage in ["", "name = \"ministry\"", &no_digest, &"#".repeat(5000)] {
            std::fs::write(file(state.path()), garbage).unwrap();
            assert!(read(state.path()).is_err(), "{garbage}");
        }
        std::fs::remove_file(file(state.path())).unwrap();
        std::fs::create_dir(file(state.path())).unwrap();
        assert!(read(state.path()).is_err());
    }
}
