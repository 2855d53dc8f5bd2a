//! Coming in, and coming back.

use livekit_protocol as lk;
use lk::signal_response::Message as Say;
use prost::Message;

use super::participant::Participant;
use super::peer::{Addresses, Peer};
use super::room::Room;
use super::{Admission, ConnectionId, Core, Now, Output, requests};
use crate::token::Claims;

/// The protocol version the real server reports.
const PROTOCOL: i32 = 17;
const VERSION: &str = "1.13.5";
/// How many letters mark a room's frames that the server itself made.
const SIF_TRAILER: usize = 43;
/// Seconds between a client's pings, and until it is given up without one.
const PING: (i32, i32) = (5, 15);

impl Core {
    pub(super) fn opened(&mut self, connection: ConnectionId, admission: Admission, now: Now) {
        if admission.knock.resume.is_some() {
            self.resume(connection, admission, now);
        } else {
            self.join(connection, admission, now);
        }
    }

    fn join(&mut self, connection: ConnectionId, Admission { knock, claims }: Admission, now: Now) {
        let (ids, outputs) = (&mut self.ids, &mut self.outputs);
        let name = claims.video.room.clone();
        let metadata = || claims.room_config.as_ref().map(|config| config.metadata.clone()).unwrap_or_default();
        let open = || Room::new(&name, ids.next("RM_"), ids.letters("", SIF_TRAILER), metadata(), now);
        let room = self.rooms.entry(name.clone()).or_insert_with(open);
        room.dirty = true;
        if let Some(old) = room.by_identity(&claims.sub) {
            let reason = lk::DisconnectReason::DuplicateIdentity;
            let action = lk::leave_request::Action::Disconnect;
            requests::say_goodbye(&room.participants[old], reason, action, outputs);
            room.remove(old, reason, outputs);
        }
        let addresses = Addresses {
            udp: self.config.udp,
            tcp: self.config.tcp,
            ice_lite: self.config.ice_lite,
            congestion_control: self.config.congestion_control,
        };
        let mut attributes = claims.attributes.clone();
        attributes.extend(knock.attributes);
        let info = lk::ParticipantInfo {
            sid: ids.next("PA_"),
            identity: claims.sub.clone(),
            name: claims.name.clone(),
            state: lk::participant_info::State::Joining as i32,
            metadata: if knock.metadata.is_empty() { claims.metadata.clone() } else { knock.metadata },
            attributes,
            joined_at: now.wall.as_secs() as i64,
            joined_at_ms: now.wall.as_millis() as i64,
            permission: Some(permission(&claims)),
            client_protocol: knock.client_protocol,
            capabilities: knock.capabilities,
            ..Default::default()
        };
        let sid = info.sid.clone();
        let others = room.participants.iter().filter(|p| p.active() && !p.permission().hidden);
        let join = lk::JoinResponse {
            room: Some(room.info.clone()),
            participant: Some(info.clone()),
            other_participants: others.map(Participant::shown).collect(),
            server_version: VERSION.into(),
            subscriber_primary: !knock.single,
            ping_interval: PING.0,
            ping_timeout: PING.1,
            server_info: Some(server_info()),
            sif_trailer: room.sif_trailer.clone(),
            enabled_publish_codecs: room.info.enabled_codecs.clone(),
            fast_publish: true,
            ice_servers: self.lies.ice_servers(),
            client_configuration: self.lies.configuration(),
            ..Default::default()
        };
        room.participants.push(Participant {
            info,
            connection: Some(connection),
            heard: now.monotonic,
            single: knock.single,
            auto_subscribe: knock.auto_subscribe,
            publisher: Peer::new(addresses, self.lies.clone(), now.monotonic),
            subscriber: (!knock.single).then(|| Peer::new(addresses, self.lies.clone(), now.monotonic)),
            tracks: Vec::new(),
            subscriptions: Vec::new(),
            asked_offer: None,
            changed: false,
            media_cut: false,
            link: None,
            may_pause: self.config.allow_pause,
            capacity_bps: None,
            restart_ice: false,
            came_up: false,
            token_stale: false,
            claims,
        });
        let index = room.participants.len() - 1;
        let identity = room.participants[index].info.identity.clone();
        outputs.push_back(Output::Joined { room: name.clone(), identity });
        self.connections.insert(connection, (name, sid));
        let participant = &mut room.participants[index];
        participant.say(Say::Join(join), outputs);
        let token = self.keys.sign(&participant.claims, now.wall);
        participant.say(Say::RefreshToken(token), outputs);
        for track in knock.tracks {
            requests::add_track(participant, track, ids, outputs);
        }
        if let Some(offer) = knock.offer {
            room.offered(index, &offer, now, outputs);
        }
    }

    fn resume(&mut self, connection: ConnectionId, Admission { knock, claims }: Admission, now: Now) {
        let outputs = &mut self.outputs;
        let name = claims.video.room.clone();
        let sid = knock.resume.clone().unwrap_or_default();
        let found = self.rooms.get_mut(&name).and_then(|room| {
            let index = if sid.is_empty() { room.by_identity(&claims.sub) } else { room.position(&sid) }?;
            let same = room.participants[index].info.identity == claims.sub;
            (same && room.participants[index].single == knock.single).then_some((room, index))
        });
        let Some((room, index)) = found else {
            let reason = lk::DisconnectReason::StateMismatch;
            let leave = requests::goodbye(reason, lk::leave_request::Action::Reconnect);
            let bytes = lk::SignalResponse { message: Some(Say::Leave(leave)) }.encode_to_vec();
            outputs.push_back(Output::Signal { connection, bytes });
            outputs.push_back(Output::Close { connection });
            return;
        };
        room.dirty = true;
        let shown: Vec<_> = room.participants.iter().filter(|p| p.active()).map(Participant::shown).collect();
        let info = room.info.clone();
        let participant = &mut room.participants[index];
        if let Some(old) = participant.connection.replace(connection) {
            outputs.push_back(Output::Close { connection: old });
            self.connections.remove(&old);
        }
        self.connections.insert(connection, (name, participant.info.sid.clone()));
        participant.heard = now.monotonic;
        participant.asked_offer = None;
        participant.restart_ice = true;
        if let Some(subscriber) = &mut participant.subscriber {
            subscriber.abandon_offer();
        }
        let reconnect = lk::ReconnectResponse { server_info: Some(server_info()), ..Default::default() };
        participant.say(Say::Reconnect(reconnect), outputs);
        participant.say(Say::Update(lk::ParticipantUpdate { participants: shown }), outputs);
        participant.say(Say::RoomUpdate(lk::RoomUpdate { room: Some(info) }), outputs);
        let token = self.keys.sign(&participant.claims, now.wall);
        participant.say(Say::RefreshToken(token), outputs);
        if let Some(offer) = knock.offer {
            room.offered(index, &offer, now, outputs);
        }
    }
}

fn server_info() -> lk::ServerInfo {
    lk::ServerInfo {
        version: VERSION.into(),
        protocol: PROTOCOL,
        node_id: "ND_sandbox".into(),
        agent_protocol: 1,
        ..Default::default()
    }
}

fn permission(claims: &Claims) -> lk::ParticipantPermission {
    let grants = &claims.video;
    let source = |name: &String| lk::TrackSource::from_str_name(&name.to_uppercase()).map(|s| s as i32);
    lk::ParticipantPermission {
        can_subscribe: grants.can_subscribe.unwrap_or(true),
        can_publish: grants.can_publish.unwrap_or(true),
        can_publish_data: grants.can_publish_data.unwrap_or(true),
        can_publish_sources: grants.can_publish_sources.iter().filter_map(source).collect(),
        can_update_metadata: grants.can_update_own_metadata.unwrap_or(false),
        hidden: grants.hidden,
        ..Default::default()
    }
}
