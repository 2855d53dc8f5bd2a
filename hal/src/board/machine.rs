//! Which board this machine is: its firmware says what it is called, and board files say what theirs are called.

use std::io;
use std::path::Path;

use glob::Pattern;

use super::{Board, BoardError};

/// Where the kernel tells the names of a machine that firmware describes by SMBIOS (`dmi:bvn…:svnIntel:pnNUC…`).
const DMI: &str = "sys/class/dmi/id/modalias";
/// … and of one that is described by a device tree: strings that end with a zero, the most exact first.
const DEVICE_TREE: &str = "sys/firmware/devicetree/base/compatible";

/// What this machine is called: `dmi:…` once, as in systemd's hwdb, or `of:…` for each string of a device tree.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names(Vec<String>);

impl Names {
    /// Those of the machine whose file system begins at `root`; a machine may have none.
    pub fn of(root: &Path) -> Names {
        let dmi = std::fs::read_to_string(root.join(DMI)).map(|name| name.trim().to_owned());
        let tree = std::fs::read(root.join(DEVICE_TREE)).unwrap_or_default();
        let strings = tree.split(|byte| *byte == 0).filter(|name| !name.is_empty());
        let tree = strings.map(|name| format!("of:{}", String::from_utf8_lossy(name)));
        Names(dmi.into_iter().chain(tree).collect())
    }

    fn are_of(&self, machines: &[Machine]) -> bool {
        self.0.iter().any(|name| machines.iter().any(|machine| machine.0.matches(name)))
    }
}

/// What the machines of a board are called: a name with `*` for whatever and `?` for one letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Machine(Pattern);

impl Machine {
    pub(super) fn parse(text: String) -> Result<Machine, BoardError> {
        Pattern::new(&text).map(Machine).map_err(|_| BoardError::Machine(text))
    }
}

/// Why no board was found.
#[derive(Debug, thiserror::Error)]
pub enum FindError {
    #[error("the folder of boards cannot be read")]
    Folder(#[source] io::Error),
    #[error("the board file {file} cannot be read")]
    File {
        file: String,
        #[source]
        source: io::Error,
    },
    #[error("the board file {file} is refused")]
    Refused {
        file: String,
        #[source]
        source: BoardError,
    },
}

impl Board {
    /// The board of this folder that a machine of these names is: of several the first by file name. `None`: nobody has
    /// written one.
    ///
    /// # Errors
    /// When the folder is there and cannot be read, or a board in it is refused.
    pub fn find(folder: &Path, names: &Names) -> Result<Option<Board>, FindError> {
        let entries = match std::fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(FindError::Folder(error)),
        };
        let mut paths = entries
            .map(|entry| entry.map(|entry| entry.path()))
            .collect::<io::Result<Vec<_>>>()
            .map_err(FindError::Folder)?;
        paths.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
        paths.sort();
        for path in paths {
            let file = path.display().to_string();
            let text =
                std::fs::read_to_string(&path).map_err(|source| FindError::File { file: file.clone(), source })?;
            let board = Board::parse(&text).map_err(|source| FindError::Refused { file, source })?;
            if names.are_of(&board.machines) {
                return Ok(Some(board));
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(root: &Path, name: &str, text: &[u8]) {
        let path = root.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn board(id: &str, machines: &str) -> String {
        format!(
            "id = \"{id}\"\nname = \"A room\"\nmachines = {machines}\n\
             [camera]\nkind = \"none\"\n[microphone]\nkind = \"none\"\n[loudspeaker]\nkind = \"none\"\n"
        )
    }

    fn found(root: &Path) -> Option<String> {
        Board::find(&root.join("boards"), &Names::of(root)).unwrap().map(|board| board.id)
    }

    #[test]
    fn a_machine_is_the_board_that_knows_its_name() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path();
        assert_eq!(found(root), None, "neither boards nor a name");
        write(root, "boards/a.toml", board("a", "[\"of:raspberrypi,5-*\"]").as_bytes());
        write(root, "boards/b.toml", board("b", "[\"of:another\", \"dmi:*:svnQEMU:*\"]").as_bytes());
        write(root, "boards/c.toml", board("c", "[]").as_bytes());
        write(root, "boards/readme.txt", b"no board");
        assert_eq!(found(root), None);
        write(root, DMI, b"dmi:bvnEDKII:bd02/02/2022:svnQEMU:pnStandardPC(Q35+ICH9,2009):\n");
        assert_eq!(found(root).as_deref(), Some("b"));
        write(root, DMI, b"dmi:bvnEDKII:svnSomebody:pnSomething:\n");
        assert_eq!(found(root), None);
        write(root, DEVICE_TREE, b"raspberrypi,5-model-b\0brcm,bcm2712\0");
        assert_eq!(found(root).as_deref(), Some("a"));
    }

    #[test]
    fn a_board_that_is_not_understood_is_named() {
        let root = tempfile::tempdir().unwrap();
        write(root.path(), "broken.toml", b"id = 1");
        let error = Board::find(root.path(), &Names::default()).unwrap_err();
        assert!(error.to_string().contains("broken.toml"), "{error}");
        assert!(Board::parse(&board("a", "[\"[\"]")).unwrap_err().to_string().contains("machines"));
    }
}
