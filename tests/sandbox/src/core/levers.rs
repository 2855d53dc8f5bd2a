//! What a test or an administrator does to a meeting.

use std::collections::BTreeMap;

use livekit_protocol as lk;
use lk::signal_response::Message as Say;

use super::link::Link;
use super::requests::say_goodbye;
use super::{Core, Now, Output, Room};
use crate::network::Weather;

/// Where a track comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Source {
    Camera,
    Microphone,
    ScreenShare,
    ScreenShareAudio,
    Unknown,
}

impl Source {
    pub(super) fn of(source: i32) -> Source {
        match lk::TrackSource::try_from(source) {
            Ok(lk::TrackSource::Camera) => Source::Camera,
            Ok(lk::TrackSource::Microphone) => Source::Microphone,
            Ok(lk::TrackSource::ScreenShare) => Source::ScreenShare,
            Ok(lk::TrackSource::ScreenShareAudio) => Source::ScreenShareAudio,
            _ => Source::Unknown,
        }
    }
}

/// Somebody in a room, as the server sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    pub identity: String,
    pub name: String,
    pub sid: String,
    pub metadata: String,
    pub attributes: std::collections::HashMap<String, String>,
    /// Media is connected, so that others see it.
    pub active: bool,
    /// Its WebSocket is open.
    pub signalling: bool,
    pub tracks: Vec<MemberTrack>,
    /// How many of others' tracks flow to it.
    pub receives: usize,
}

/// What a member publishes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberTrack {
    pub sid: String,
    pub source: Source,
    pub muted: bool,
    /// Such as `video/VP8`.
    pub mime_type: String,
    /// Simulcast layers whose packets arrived, ever.
    pub layers: usize,
}

/// What a participant may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Permissions {
    pub publish: bool,
    pub subscribe: bool,
    pub publish_data: bool,
    pub update_metadata: bool,
}

/// What to change about a participant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Update {
    pub name: Option<String>,
    pub metadata: Option<String>,
    pub attributes: std::collections::HashMap<String, String>,
}

impl Core {
    /// Who is in a room.
    pub fn participants(&self, room: &str) -> Vec<Member> {
        let Some(room) = self.rooms.get(room) else { return Vec::new() };
        room.participants
            .iter()
            .map(|p| Member {
                identity: p.info.identity.clone(),
                name: p.info.name.clone(),
                sid: p.info.sid.clone(),
                metadata: p.info.metadata.clone(),
                attributes: p.info.attributes.clone(),
                active: p.active(),
                signalling: p.connection.is_some(),
                tracks: p
                    .tracks
                    .iter()
                    .filter(|t| t.mid.is_some())
                    .map(|t| MemberTrack {
                        sid: t.info.sid.clone(),
                        source: Source::of(t.info.source),
                        muted: t.info.muted,
                        mime_type: t.info.mime_type.clone(),
                        layers: t.streams.iter().flatten().count(),
                    })
                    .collect(),
                receives: p.subscriptions.iter().filter(|s| s.live).count(),
            })
            .collect()
    }

    /// Sends somebody away (PARTICIPANT_REMOVED). `false`: not there.
    pub fn remove_participant(&mut self, room: &str, identity: &str, now: Now) -> bool {
        self.end(room, Some(identity), lk::DisconnectReason::ParticipantRemoved, now)
    }

    /// Ends a meeting for all (ROOM_DELETED). `false`: there is none.
    pub fn delete_room(&mut self, room: &str, now: Now) -> bool {
        self.end(room, None, lk::DisconnectReason::RoomDeleted, now)
    }

    /// Ends every meeting (SERVER_SHUTDOWN).
    pub fn shutdown(&mut self, now: Now) {
        for room in self.rooms.keys().cloned().collect::<Vec<_>>() {
            self.end(&room, None, lk::DisconnectReason::ServerShutdown, now);
        }
    }

    fn end(&mut self, room: &str, identity: Option<&str>, reason: lk::DisconnectReason, now: Now) -> bool {
        let Some(room) = self.rooms.get_mut(room) else { return false };
        let who: Vec<_> = (0..room.participants.len())
            .rev()
            .filter(|i| identity.is_none_or(|wanted| room.participants[*i].info.identity == wanted))
            .collect();
        let found = !who.is_empty();
        let all: Vec<_> = who.iter().map(|i| room.participants[*i].info.sid.clone()).collect();
        for index in who {
            let action = lk::leave_request::Action::Disconnect;
            say_goodbye(&room.participants[index], reason, action, &mut self.outputs);
        }
        for sid in all {
            if let Some(index) = room.position(&sid) {
                room.remove(index, reason, &mut self.outputs);
            }
        }
        room.dirty = true;
        self.run(now);
        found
    }

    /// Renames a participant, or replaces its metadata, or changes attributes: an empty value removes one.
    /// `false`: not there.
    pub fn update_participant(&mut self, room: &str, identity: &str, update: Update, now: Now) -> bool {
        let Some((room, index)) = find(&mut self.rooms, room, identity) else { return false };
        let participant = &mut room.participants[index];
        if let Some(name) = update.name {
            participant.info.name = name;
        }
        if let Some(metadata) = update.metadata {
            participant.info.metadata = metadata;
        }
        participant.info.attributes.extend(update.attributes);
        participant.info.attributes.retain(|_, value| !value.is_empty());
        participant.changed = true;
        participant.token_stale = true;
        self.run(now);
        true
    }

    /// Mutes the track of this sid, as a moderator does. `false`: no such track.
    pub fn mute_track_by_sid(&mut self, room: &str, identity: &str, sid: &str, now: Now) -> bool {
        let Some((room, index)) = find(&mut self.rooms, room, identity) else { return false };
        if room.participants[index].track(sid).is_none() {
            return false;
        }
        room.mute(index, sid, true);
        let mute = lk::MuteTrackRequest { sid: sid.into(), muted: true };
        room.participants[index].say(Say::Mute(mute), &mut self.outputs);
        self.run(now);
        true
    }

    /// Mutes a participant's track, as a moderator does. `false`: no such track.
    pub fn mute_track(&mut self, room_name: &str, identity: &str, source: Source, now: Now) -> bool {
        let Some((room, index)) = find(&mut self.rooms, room_name, identity) else { return false };
        let tracks = &room.participants[index].tracks;
        let track = tracks.iter().find(|t| t.mid.is_some() && Source::of(t.info.source) == source);
        let Some(sid) = track.map(|t| t.info.sid.clone()) else { return false };
        self.mute_track_by_sid(room_name, identity, &sid, now)
    }

    /// Changes what a participant may do. `false`: not there.
    pub fn set_permissions(&mut self, room: &str, identity: &str, permissions: Permissions, now: Now) -> bool {
        let Some((room, index)) = find(&mut self.rooms, room, identity) else { return false };
        let participant = &mut room.participants[index];
        participant.info.permission = Some(lk::ParticipantPermission {
            can_publish: permissions.publish,
            can_subscribe: permissions.subscribe,
            can_publish_data: permissions.publish_data,
            can_update_metadata: permissions.update_metadata,
            ..participant.permission()
        });
        let grants = &mut participant.claims.video;
        grants.can_publish = Some(permissions.publish);
        grants.can_subscribe = Some(permissions.subscribe);
        grants.can_publish_data = Some(permissions.publish_data);
        grants.can_update_own_metadata = Some(permissions.update_metadata);
        participant.changed = true;
        participant.token_stale = true;
        let unpublished: Vec<_> =
            if permissions.publish { Vec::new() } else { std::mem::take(&mut participant.tracks) };
        for track in unpublished {
            let say = Say::TrackUnpublished(lk::TrackUnpublishedResponse { track_sid: track.info.sid });
            participant.say(say, &mut self.outputs);
        }
        self.run(now);
        true
    }

    /// Sends a participant a fresh token. `false`: not there.
    pub fn refresh_token(&mut self, room: &str, identity: &str, now: Now) -> bool {
        let keys = self.keys.clone();
        let Some((room, index)) = find(&mut self.rooms, room, identity) else { return false };
        let token = keys.sign(&room.participants[index].claims, now.wall);
        room.participants[index].say(Say::RefreshToken(token), &mut self.outputs);
        true
    }

    /// Drops a participant's WebSocket without goodbye. `false`: it has none.
    pub fn cut_signalling(&mut self, room: &str, identity: &str, now: Now) -> bool {
        let Some((room, index)) = find(&mut self.rooms, room, identity) else { return false };
        room.participants[index].heard = now.monotonic;
        let Some(connection) = room.participants[index].connection.take() else { return false };
        self.connections.remove(&connection);
        self.outputs.push_back(Output::Cut { connection });
        true
    }

    /// Drops all media from and to a participant, until [`Core::mend_media`]. `false`: not there.
    pub fn cut_media(&mut self, room: &str, identity: &str) -> bool {
        find(&mut self.rooms, room, identity).map(|(room, index)| room.participants[index].media_cut = true).is_some()
    }

    /// Ends [`Core::cut_media`]. `false`: not there.
    pub fn mend_media(&mut self, room: &str, identity: &str) -> bool {
        find(&mut self.rooms, room, identity).map(|(room, index)| room.participants[index].media_cut = false).is_some()
    }

    /// Has a participant's datagrams pass through such weather from now on, from it and to it. Lasts until the
    /// participant leaves. `false`: not there.
    pub fn set_weather(&mut self, room: &str, identity: &str, up: Weather, down: Weather) -> bool {
        let seed = self.ids.number();
        let Some((room, index)) = find(&mut self.rooms, room, identity) else { return false };
        let link = &mut room.participants[index].link;
        link.get_or_insert_with(|| Box::new(Link::new(seed, Weather::FINE))).set(up, down);
        true
    }

    /// Has the way to a participant carry so many bits per second, as far as the server knows; `None`: what it estimates.
    /// `false`: not there.
    pub fn set_capacity(&mut self, room: &str, identity: &str, capacity_bps: Option<u64>, now: Now) -> bool {
        let Some((room, index)) = find(&mut self.rooms, room, identity) else { return false };
        room.participants[index].capacity_bps = capacity_bps;
        room.next_tick = now.monotonic;
        self.run(now);
        true
    }

    /// Which layer of whose video flows to a participant: identity, source, layer (0 lowest); none while it is paused.
    pub fn forwarded(&self, room: &str, identity: &str) -> Vec<(String, Source, Option<usize>)> {
        let Some(room) = self.rooms.get(room) else { return Vec::new() };
        let Some(index) = room.by_identity(identity) else { return Vec::new() };
        let subscriptions = room.participants[index].subscriptions.iter().filter(|s| s.live && !s.audio);
        subscriptions
            .filter_map(|s| {
                let publisher = room.participants.iter().find(|p| p.info.sid == s.publisher)?;
                let track = publisher.tracks.iter().find(|t| t.info.sid == s.track)?;
                let source = Source::of(track.info.source);
                Some((publisher.info.identity.clone(), source, s.forwarder.current()))
            })
            .collect()
    }

    /// Asks a participant for key frames of all its pictures, as when somebody comes in who watches them. `false`: not
    /// there.
    pub fn ask_keyframes(&mut self, room: &str, identity: &str, now: Now) -> bool {
        let Some((room, index)) = find(&mut self.rooms, room, identity) else { return false };
        let participant = &mut room.participants[index];
        let pictures: Vec<_> = participant.tracks.iter().filter(|t| !t.audio()).map(|t| t.info.sid.clone()).collect();
        for track in pictures {
            for layer in 0..3 {
                participant.request_keyframe(&track, layer, now.monotonic);
            }
        }
        self.run(now);
        true
    }

    /// Forgets every meeting and drops every WebSocket, as a crash does.
    pub fn restart(&mut self) {
        self.streams.clear();
        self.outputs.clear();
        for room in std::mem::take(&mut self.rooms).into_keys() {
            self.outputs.push_back(Output::Finished { room });
        }
        for connection in std::mem::take(&mut self.connections).into_keys() {
            self.outputs.push_back(Output::Cut { connection });
        }
    }

    /// Sends data as the server: to one participant, or to all. `false`: no such room.
    pub fn send_data(&mut self, room: &str, to: Option<&str>, topic: Option<&str>, payload: &[u8], now: Now) -> bool {
        let Some(room) = self.rooms.get_mut(room) else { return false };
        let user = lk::UserPacket { payload: payload.to_vec(), topic: topic.map(str::to_owned), ..Default::default() };
        let packet = lk::DataPacket {
            destination_identities: to.into_iter().map(str::to_owned).collect(),
            value: Some(lk::data_packet::Value::User(user)),
            ..Default::default()
        };
        room.deliver(packet, None, true, now.monotonic);
        self.run(now);
        true
    }
}

pub(super) fn find<'a>(
    rooms: &'a mut BTreeMap<String, Room>,
    room: &str,
    identity: &str,
) -> Option<(&'a mut Room, usize)> {
    let room = rooms.get_mut(room)?;
    let index = room.by_identity(identity)?;
    room.dirty = true;
    Some((room, index))
}
