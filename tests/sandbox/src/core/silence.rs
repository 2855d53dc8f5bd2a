//! What a server sends of a microphone that is muted.
//!
//! Real servers send a second of silence of their own, lest the last noise goes on in a decoder's comfort noise. Here
//! only of tracks that are encrypted, where it matters to clients: it is not encrypted, and ends with the trailer.

use std::time::{Duration, Instant};

use str0m::format::Codec;

use super::room::Room;

/// Opus silence of 20 ms, to the byte what real servers send: clients that decrypt know it by its hash.
pub const SILENCE: [u8; 80] = {
    let mut frame = [0; 80];
    (frame[0], frame[1], frame[2]) = (0xf8, 0xff, 0xfe);
    frame
};

const FRAME: Duration = Duration::from_millis(20);
/// A second.
const FRAMES: u32 = 50;

impl Room {
    /// Has a track end in silence, if it is encrypted sound and muted now; from `now` on.
    pub(super) fn owe_silence(&mut self, index: usize, track: &str, now: Instant) {
        let Some(track) = self.participants[index].track(track) else { return };
        track.silence_owed = if track.audio() && track.encrypted() && track.info.muted { FRAMES } else { 0 };
        if track.silence_owed > 0 {
            self.silence_due = Some(now);
        }
    }

    /// Sends the next frame of each silence that is owed, if it is time.
    pub(super) fn send_silence(&mut self, now: Instant) {
        if self.silence_due.is_none_or(|due| due > now) {
            return;
        }
        self.silence_due = None;
        let mut owed = Vec::new();
        for track in self.participants.iter_mut().flat_map(|p| &mut p.tracks).filter(|t| t.silence_owed > 0) {
            track.silence_owed -= 1;
            owed.push(track.info.sid.clone());
            self.silence_due = Some(now + FRAME);
        }
        for subscriber in &mut self.participants {
            let wanted = subscriber.subscriptions.iter_mut().filter(|s| s.live && owed.contains(&s.track));
            let frames: Vec<_> = wanted.map(|s| (s.track.clone(), s.forwarder.silence(now))).collect();
            let receiver = subscriber.receiver();
            for (track, new) in frames {
                if let (Some(new), Some(mid)) = (new, receiver.place_of(&track)) {
                    let payload = [&SILENCE[..], &self.sif_trailer].concat();
                    receiver.send_own(mid, Codec::Opus, payload, &new, now);
                }
            }
        }
    }
}
