//! Turning the camera without anybody waiting for its motors, and the places it remembers on disk.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use room::camera::{PRESETS, Pose, Presets, Reach};

/// Turns the camera: the newest wish, one after the other.
#[derive(Debug, Default)]
pub struct Pointer {
    wanted: Arc<Mutex<Option<Pose>>>,
    moving: Arc<Mutex<()>>,
}

impl Pointer {
    /// Has the camera turned there, soon. What was wanted before and has not begun is forgotten.
    pub fn point(&self, hal: &Arc<hal::Hal>, pose: Pose) {
        *lock(&self.wanted) = Some(pose);
        let (hal, wanted, moving) = (hal.clone(), self.wanted.clone(), self.moving.clone());
        tokio::task::spawn_blocking(move || {
            let _alone = lock(&moving);
            let Some(Pose { pan, tilt, zoom }) = lock(&wanted).take() else { return };
            if let Err(error) = hal.point_camera(hal::Pose { pan, tilt, zoom }) {
                tracing::warn!(%error, "the camera does not turn");
            }
        });
    }
}

/// Which ways the camera can be turned now, and where it looks.
pub fn turns(hal: &hal::Hal) -> Option<(Reach, Pose)> {
    let hal::Reach { pan, tilt, zoom } = hal.camera_reach()?;
    let pose = hal.camera_pose();
    Some((Reach { pan, tilt, zoom }, Pose { pan: pose.pan, tilt: pose.tilt, zoom: pose.zoom }))
}

/// Where the places are kept: a line for each, its number from 1, pan, tilt and zoom.
#[derive(Debug, Clone)]
pub struct Kept(PathBuf);

impl Kept {
    pub fn in_directory(state: &Path) -> Kept {
        Kept(state.join("camera-presets"))
    }

    /// What an earlier life kept; nothing where there is nothing to be understood.
    pub fn read(&self) -> Presets {
        std::fs::read_to_string(&self.0).map(|text| parse(&text)).unwrap_or_default()
    }

    /// Keeps them, whole or not at all.
    pub fn write(&self, presets: &Presets) {
        let line = |(number, pose): (usize, &Option<Pose>)| {
            pose.map(|Pose { pan, tilt, zoom }| format!("{} {pan} {tilt} {zoom}\n", number + 1))
        };
        let text: String = presets.iter().enumerate().filter_map(line).collect();
        let new = self.0.with_extension("new");
        if let Err(error) = std::fs::write(&new, text).and_then(|()| std::fs::rename(&new, &self.0)) {
            tracing::warn!(%error, "where the camera looks is not kept");
        }
    }
}

fn parse(text: &str) -> Presets {
    let mut presets = Presets::default();
    for line in text.lines().take(PRESETS) {
        let mut numbers = line.split_whitespace().map(str::parse::<i16>);
        let mut within = |least: i16| numbers.next()?.ok().filter(|value| (least..=1000).contains(value));
        let (Some(number), Some(pan), Some(tilt), Some(zoom)) = (within(1), within(-1000), within(-1000), within(0))
        else {
            continue;
        };
        if let Some(place) = usize::try_from(number - 1).ok().and_then(|index| presets.get_mut(index)) {
            *place = Some(Pose { pan, tilt, zoom });
        }
    }
    presets
}

// A panic elsewhere leaves nothing half done in here.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_found_again_and_a_broken_file_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let kept = Kept::in_directory(folder.path());
        assert_eq!(kept.read(), Presets::default());
        let places = [None, Some(Pose { pan: -200, tilt: 30, zoom: 1000 }), None, Some(Pose::default())];
        kept.write(&places);
        assert_eq!(kept.read(), places);
        for broken in ["", "x", "1 2", "0 0 0 0", "9 0 0 0", "1 5000 0 0", "1 0 0 -1", "-7 0 0 0", "1 99999999999 0 0"]
        {
            assert_eq!(parse(broken), Presets::default(), "{broken}");
        }
        assert_eq!(parse(&"1 0 0 0\n".repeat(100_000))[0], Some(Pose::default()));
    }
}
