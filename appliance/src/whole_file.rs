//! Files of the state directory, replaced whole or not at all.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::Context;

/// Puts these bytes in place of what was in the file, readable by this user alone, and on the disk before it returns: a power
/// cut leaves the old file or the new one.
///
/// # Errors
/// When it cannot be written.
pub fn replace(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let new = path.with_extension("new");
    let cannot = || format!("cannot write {}", new.display());
    // A file left behind may have been readable by others.
    let _ = std::fs::remove_file(&new);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new).with_context(cannot)?;
    file.write_all(bytes).with_context(cannot)?;
    file.sync_all().with_context(cannot)?;
    std::fs::rename(&new, path).with_context(|| format!("cannot replace {}", path.display()))?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder).and_then(|folder| folder.sync_all()).with_context(cannot)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn what_others_could_read_before_they_cannot_read_after() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("kept.json");
        for name in ["kept.json", "kept.new"] {
            let left = folder.path().join(name);
            std::fs::write(&left, "old").unwrap();
            std::fs::set_permissions(&left, std::fs::Permissions::from_mode(0o644)).unwrap();
        }
        replace(&path, b"new").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"new");
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(!folder.path().join("kept.new").exists());
        assert!(replace(&folder.path().join("nowhere/kept.json"), b"new").is_err());
    }
}
