//! What was set at the panel, kept in a file over the next start.

use std::path::{Path, PathBuf};

use room::administration::{Fixed, Settings};
use room::view::{Appearance, Language};
use serde::{Deserialize, Serialize};

use crate::config::RoomSection;
use crate::{translate, whole_file};

/// A file larger than this is not ours.
const FILE_BYTES_MAX: u64 = 64 * 1024;
/// Loudspeaker volume in percent, when nobody says otherwise.
const VOLUME: u8 = 70;

/// What the file holds. What a newer release has put into it is left alone.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Kept {
    language: Option<String>,
    volume: Option<u8>,
    display_name: Option<String>,
    high_contrast: Option<bool>,
    large_text: Option<bool>,
}

/// Where settings are kept.
pub fn file(state: &Path) -> PathBuf {
    state.join("settings.json")
}

/// What IT has laid down, else what was set at the panel, else what is usual.
pub fn load(room: &RoomSection, state: &Path) -> (Settings, Fixed) {
    let kept = read(&file(state)).unwrap_or_default();
    let fixed = Fixed {
        language: room.language.is_some(),
        volume: room.volume.is_some(),
        display_name: room.display_name.is_some(),
        high_contrast: room.high_contrast.is_some(),
        large_text: room.large_text.is_some(),
    };
    let settings = Settings {
        language: room
            .language
            .clone()
            .or(kept.language)
            .map_or(Language::French, |code| translate::language_of(&code)),
        volume: room.volume.or(kept.volume).unwrap_or(VOLUME).min(100),
        display_name: room.display_name.clone().or(kept.display_name).unwrap_or_default(),
        appearance: Appearance {
            high_contrast: room.high_contrast.or(kept.high_contrast).unwrap_or_default(),
            large_text: room.large_text.or(kept.large_text).unwrap_or_default(),
        },
    };
    (settings, fixed)
}

fn read(path: &Path) -> Option<Kept> {
    let length = std::fs::metadata(path).ok()?.len();
    let text = (length <= FILE_BYTES_MAX).then(|| std::fs::read(path).ok())??;
    let kept = serde_json::from_slice(&text);
    kept.inspect_err(|error| tracing::warn!("what was set at the panel cannot be read: {error}")).ok()
}

/// Replaces what was kept before, whole or not at all.
///
/// # Errors
/// When the file cannot be written.
pub fn save(settings: &Settings, path: &Path) -> anyhow::Result<()> {
    let kept = Kept {
        language: Some(translate::language(settings.language).to_owned()),
        volume: Some(settings.volume),
        display_name: Some(settings.display_name.clone()),
        high_contrast: Some(settings.appearance.high_contrast),
        large_text: Some(settings.appearance.large_text),
    };
    whole_file::replace(path, &serde_json::to_vec_pretty(&kept)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn section(text: &str) -> RoomSection {
        toml::from_str(&format!("name = \"Turing\"\n{text}")).unwrap()
    }

    #[test]
    fn what_was_set_survives_a_restart_and_what_it_laid_down_comes_first() {
        let folder = tempfile::tempdir().unwrap();
        let path = file(folder.path());
        let appearance = Appearance::default();
        let usual = Settings { language: Language::French, volume: VOLUME, display_name: String::new(), appearance };
        assert_eq!(load(&section(""), folder.path()), (usual.clone(), Fixed::default()));
        let set = Settings {
            language: Language::German,
            volume: 35,
            display_name: "Turing, 3. Stock".into(),
            appearance: Appearance { high_contrast: true, large_text: false },
        };
        save(&set, &path).unwrap();
        save(&set, &path).unwrap();
        assert_eq!(load(&section(""), folder.path()), (set.clone(), Fixed::default()));
        let (mixed, fixed) = load(&section("language = \"en\"\nvolume = 50"), folder.path());
        assert_eq!(mixed, Settings { language: Language::English, volume: 50, ..set });
        assert_eq!(fixed, Fixed { language: true, volume: true, ..Fixed::default() });
        for garbage in ["", "{", "[]", "{\"volume\": 300}"] {
            std::fs::write(&path, garbage).unwrap();
            assert_eq!(load(&section(""), folder.path()).0, usual, "{garbage}");
        }
        std::fs::write(&path, "{\"volume\": 20, \"from a newer release\": true}").unwrap();
        assert_eq!(load(&section(""), folder.path()).0.volume, 20);
    }
}
