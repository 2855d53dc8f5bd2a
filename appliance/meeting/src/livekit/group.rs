//! The group of an encrypted meeting: its packets, its time, and what it is told to people as.

use std::time::Instant;

use super::cipher::Cipher;
use super::{Client, data};
use crate::io::{Encryption, Event, Layer, Source};

impl Client {
    /// When the group has something to do.
    pub(super) fn group_due(&self) -> Option<Instant> {
        self.cipher.as_ref()?.group.as_ref()?.deadline()
    }

    /// Gives the group its time, sends what it says, and tells what protects the meeting.
    pub(super) fn look_after_group(&mut self) {
        if self.is_ended() {
            return;
        }
        if let Some(group) = self.cipher.as_mut().and_then(|cipher| cipher.group.as_mut()) {
            if group.deadline().is_some_and(|at| at <= self.now.monotonic) {
                group.timeout(self.now);
            }
            let packets: Vec<_> = std::iter::from_fn(|| group.poll_packet()).collect();
            let sealing = group.sealing();
            if !packets.is_empty() {
                packets.into_iter().for_each(|packet| self.send_data(data::of_group(packet)));
                self.pump();
            }
            if std::mem::replace(&mut self.told.sealing, sealing) != sealing {
                self.start_pictures_anew();
            }
        }
        let encryption = self.cipher.as_ref().map_or(&Encryption::None, Cipher::encryption);
        if self.was_in && self.told.encryption.as_ref() != Some(encryption) {
            let encryption = encryption.clone();
            self.told.encryption = Some(encryption.clone());
            self.event(Event::Encryption(encryption));
        }
    }

    /// Who has not had the key before has nothing to begin with.
    fn start_pictures_anew(&mut self) {
        for (source, allocator) in [(Source::Camera, &self.allocator), (Source::ScreenShare, &self.share_allocator)] {
            if self.own.get(source).is_some_and(|track| track.is_live()) {
                let layers =
                    [Layer::Low, Layer::Medium, Layer::High].into_iter().filter(|layer| allocator.sends(*layer));
                let wanted = layers.map(|layer| Event::KeyframeWanted { source, layer });
                self.outputs.extend(wanted.map(super::Output::Event));
            }
        }
    }
}
