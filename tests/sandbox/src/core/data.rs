//! Data packets from one participant to the others.

// Clients in use still read and write what newer protocol versions moved elsewhere.
#![allow(deprecated)]

use std::time::Instant;

use livekit_protocol as lk;
use lk::data_packet::Value;
use prost::Message;

use super::room::Room;

impl Room {
    /// Relays a packet to whom it is for; without permission it is dropped.
    pub(super) fn data(&mut self, from: usize, reliable: bool, bytes: &[u8], now: Instant) {
        let sender = &self.participants[from];
        let Ok(mut packet) = lk::DataPacket::decode(bytes) else { return };
        if !sender.permission().can_publish_data {
            return;
        }
        packet.participant_identity = sender.info.identity.clone();
        packet.participant_sid = sender.info.sid.clone();
        self.deliver(packet, Some(from), reliable, now);
    }

    /// Sends a packet to its destinations, or to everybody but the sender.
    pub(super) fn deliver(&mut self, mut packet: lk::DataPacket, from: Option<usize>, reliable: bool, now: Instant) {
        let mut to = std::mem::take(&mut packet.destination_identities);
        if let Some(Value::User(user)) = &mut packet.value {
            to.append(&mut user.destination_identities);
            user.participant_identity.clone_from(&packet.participant_identity);
            user.participant_sid.clone_from(&packet.participant_sid);
        }
        let bytes = packet.encode_to_vec();
        for (index, participant) in self.participants.iter_mut().enumerate() {
            if Some(index) != from && (to.is_empty() || to.contains(&participant.info.identity)) {
                participant.receiver().send_data(reliable, &bytes, now);
            }
        }
    }
}
