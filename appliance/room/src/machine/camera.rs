//! Turning the camera, and the places it remembers.

use super::Room;
use crate::camera::{Pose, Reach, Turn, Turning};
use crate::view::Notice;
use crate::{Now, Output, Refusal};

impl Room {
    /// The camera can be turned and looks there, or no longer.
    pub(super) fn camera_turns(&mut self, turns: Option<(Reach, Pose)>) {
        self.reach = turns.map(|(reach, _)| reach);
        self.pose = turns.map_or_else(Pose::default, |(_, pose)| pose);
    }

    pub(super) fn turning(&self) -> Option<Turning> {
        self.reach.map(|reach| Turning { reach, pose: self.pose, presets: self.presets })
    }

    pub(super) fn turn_camera(&mut self, turn: Turn) {
        self.point_camera(self.pose.turned(turn));
    }

    pub(super) fn recall_preset(&mut self, number: usize) {
        match self.presets.get(number).copied().flatten() {
            Some(pose) => self.point_camera(pose),
            None => self.refuse(Refusal::NoSuchPreset),
        }
    }

    pub(super) fn keep_preset(&mut self, number: usize, now: Now) {
        if self.reach.is_none() {
            return self.refuse(Refusal::CameraFixed);
        }
        match self.presets.get_mut(number) {
            Some(place) => {
                *place = Some(self.pose);
                self.outputs.push_back(Output::KeepPresets(self.presets));
                self.tell(Notice::PresetKept { number: number + 1 }, now);
            }
            None => self.refuse(Refusal::NoSuchPreset),
        }
    }

    pub(super) fn point_camera(&mut self, pose: Pose) {
        if self.reach.is_none() {
            return self.refuse(Refusal::CameraFixed);
        }
        if pose != self.pose {
            self.pose = pose;
            self.outputs.push_back(Output::PointCamera(pose));
        }
    }
}
