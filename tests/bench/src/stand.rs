//! What every bench needs of a room and its simulated devices.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::Context;
use demo::room::Room;

/// Files the board of a measured room names.
pub struct Devices {
    pub camera: PathBuf,
    pub microphone: PathBuf,
    /// Where the loudspeaker writes what it plays.
    pub loudspeaker: Option<PathBuf>,
    pub display: PathBuf,
}

impl Devices {
    /// The board file's text.
    pub fn board(&self) -> String {
        let file = |path: &Path| format!("file = {:?}\n", path.display().to_string());
        let section = |name, path: Option<&Path>| {
            format!("[{name}]\nkind = \"simulated\"\n{}", path.map(file).unwrap_or_default())
        };
        let camera = section("camera", Some(&self.camera));
        let microphone = section("microphone", Some(&self.microphone));
        let loudspeaker = section("loudspeaker", self.loudspeaker.as_deref());
        let display = file(&self.display);
        format!("id = \"bench\"\nname = \"Bench\"\n{camera}{microphone}{loudspeaker}[display]\n{display}")
    }
}

/// A folder in memory, as a display's own is.
///
/// # Errors
/// When there can be none.
pub fn in_memory() -> anyhow::Result<tempfile::TempDir> {
    let memory = Path::new("/dev/shm");
    let folder = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    folder.context("cannot make a folder in memory")
}

/// Microseconds since the Unix epoch.
pub fn now_us() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_micros() as u64
}

/// Keeps what the room's display shows, for whoever wants to look.
///
/// # Errors
/// When the room does not answer, or the picture cannot be written.
pub async fn keep_picture(room: &Room, name: &str) -> anyhow::Result<()> {
    let folder = Path::new(".huisclos/bench");
    std::fs::create_dir_all(folder).context("cannot make a folder for the picture")?;
    std::fs::write(folder.join(name), room.png("display").await?).context("cannot write the picture")
}
