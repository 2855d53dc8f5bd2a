//! The device id: a UUID made at first start and kept for the device's life.
//!
//! In La Suite Meet it is the lobby cookie, and so the identity by which a host who once admitted
//! this room recognises it. It is visible to everybody in a meeting, so it is no secret.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use uuid::Uuid;

/// The device id could not be read or kept.
#[derive(Debug, thiserror::Error)]
pub enum DeviceIdError {
    /// The state directory cannot be used.
    #[error("cannot keep the device id")]
    Io(#[from] io::Error),
}

/// Reads the device id from `state`, or makes one and keeps it there.
///
/// A torn or foreign file is replaced: hosts then see this room as a new one, which costs one
/// approval, while a room that does not start costs the meeting.
///
/// # Errors
/// When the directory cannot be created, read or written.
pub fn device_id(state: &Path) -> Result<Uuid, DeviceIdError> {
    fs::create_dir_all(state)?;
    let path = state.join("device-id");
    match fs::read_to_string(&path) {
        Ok(text) => {
            if let Ok(id) = Uuid::try_parse(text.trim()) {
                return Ok(id);
            }
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error.into()),
    }
    let id = Uuid::new_v4();
    // Written beside and renamed, so that a power cut leaves the old file or the new one.
    let beside = state.join("device-id.new");
    let mut file = File::create(&beside)?;
    writeln!(file, "{}", id.hyphenated())?;
    file.sync_all()?;
    fs::rename(&beside, &path)?;
    File::open(state)?.sync_all()?;
    Ok(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stays_the_same_over_restarts() {
        let state = tempfile::tempdir().unwrap();
        let first = device_id(&state.path().join("deep")).unwrap();
        assert_eq!(device_id(&state.path().join("deep")).unwrap(), first);
    }

    #[test]
    fn a_torn_file_is_replaced_once() {
        let state = tempfile::tempdir().unwrap();
        fs::write(state.path().join("device-id"), "6f9619ff-8b86").unwrap();
        let id = device_id(state.path()).unwrap();
        assert_eq!(device_id(state.path()).unwrap(), id);
    }

    #[test]
    fn is_written_as_the_lobby_wants_it() {
        // La Suite Meet admits only lower-case hyphenated UUIDs.
        let state = tempfile::tempdir().unwrap();
        let id = device_id(state.path()).unwrap();
        let text = fs::read_to_string(state.path().join("device-id")).unwrap();
        assert_eq!(text.trim(), id.hyphenated().to_string());
        assert_eq!(text, text.to_lowercase());
    }

    #[test]
    fn says_so_when_it_cannot_be_kept() {
        let state = tempfile::tempdir().unwrap();
        let file = state.path().join("a-file");
        fs::write(&file, "").unwrap();
        assert!(matches!(device_id(&file), Err(DeviceIdError::Io(_))));
    }
}
