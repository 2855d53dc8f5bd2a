//! What a test does to a running platform; each takes effect at once.

use std::collections::BTreeMap;

use super::{Server, wall};
use crate::core::{Forwarded, Lies, Member, Permissions, Source, Update};
use crate::network::Weather;

impl Server {
    /// A token that lets `identity` into the LiveKit room `room`.
    pub fn token(&self, room: &str, identity: &str, name: &str) -> String {
        let metadata = self.platform.metadata(room).unwrap_or_default();
        self.driver.with(|core, _| core.opening_token(room, identity, name, metadata, wall()))
    }

    /// A token that lets `identity` into the LiveKit room `room`, moderate there, and end the meeting for all.
    pub fn moderators_token(&self, room: &str, identity: &str, name: &str) -> String {
        self.driver.with(|core, _| core.moderators_token(room, identity, name, wall()))
    }

    /// What to tell those who join from now on.
    pub fn tell_lies(&self, lies: Lies) {
        self.driver.with(|core, _| core.tell_lies(lies));
    }

    /// Who is in a room.
    pub fn participants(&self, room: &str) -> Vec<Member> {
        self.driver.with(|core, _| core.participants(room))
    }

    /// Sends somebody away (PARTICIPANT_REMOVED). `false`: not there.
    pub fn remove_participant(&self, room: &str, identity: &str) -> bool {
        self.driver.with(|core, now| core.remove_participant(room, identity, now))
    }

    /// Ends a meeting for all (ROOM_DELETED). `false`: there is none.
    pub fn delete_room(&self, room: &str) -> bool {
        self.driver.with(|core, now| core.delete_room(room, now))
    }

    /// Mutes a participant's track, as a moderator does. `false`: no such track.
    pub fn mute_track(&self, room: &str, identity: &str, source: Source) -> bool {
        self.driver.with(|core, now| core.mute_track(room, identity, source, now))
    }

    /// Changes what a participant may do. `false`: not there.
    pub fn set_permissions(&self, room: &str, identity: &str, permissions: Permissions) -> bool {
        self.driver.with(|core, now| core.set_permissions(room, identity, permissions, now))
    }

    /// Renames a participant, or changes its metadata or attributes. `false`: not there.
    pub fn update_participant(&self, room: &str, identity: &str, update: Update) -> bool {
        self.driver.with(|core, now| core.update_participant(room, identity, update, now))
    }

    /// Changes attributes of a participant; an empty value removes one. `false`: not there.
    pub fn set_attributes(&self, room: &str, identity: &str, attributes: BTreeMap<String, String>) -> bool {
        let update = Update { attributes: attributes.into_iter().collect(), ..Update::default() };
        self.update_participant(room, identity, update)
    }

    /// Sends a participant a fresh token. `false`: not there.
    pub fn refresh_token(&self, room: &str, identity: &str) -> bool {
        self.driver.with(|core, now| core.refresh_token(room, identity, now))
    }

    /// Drops a participant's WebSocket without goodbye. `false`: it has none.
    pub fn cut_signalling(&self, room: &str, identity: &str) -> bool {
        self.driver.with(|core, now| core.cut_signalling(room, identity, now))
    }

    /// Drops all media from and to a participant, until [`Server::mend_media`]. `false`: not there.
    pub fn cut_media(&self, room: &str, identity: &str) -> bool {
        self.driver.with(|core, _| core.cut_media(room, identity))
    }

    /// Ends [`Server::cut_media`]. `false`: not there.
    pub fn mend_media(&self, room: &str, identity: &str) -> bool {
        self.driver.with(|core, _| core.mend_media(room, identity))
    }

    /// Has a participant's datagrams pass through such weather from now on, from it (`up`) and to it. `false`: not there.
    pub fn set_weather(&self, room: &str, identity: &str, up: Weather, down: Weather) -> bool {
        self.driver.with(|core, _| core.set_weather(room, identity, up, down))
    }

    /// Has the way to a participant carry so many bits per second, as far as the server knows; `None`: what it estimates.
    /// `false`: not there.
    pub fn set_capacity(&self, room: &str, identity: &str, capacity_bps: Option<u64>) -> bool {
        self.driver.with(|core, now| core.set_capacity(room, identity, capacity_bps, now))
    }

    /// Which layer of whose video flows to a participant: identity, source, layer (0 lowest); none while it is paused.
    pub fn forwarded(&self, room: &str, identity: &str) -> Vec<(String, Source, Option<usize>)> {
        self.driver.with(|core, _| core.forwarded(room, identity))
    }

    /// What was forwarded of a participant's track since this was last asked; the first time nothing, it is kept from
    /// then on. Nothing either where there is no such track.
    pub fn tap(&self, room: &str, identity: &str, source: Source) -> Vec<Forwarded> {
        self.driver.with(|core, _| core.tap(room, identity, source))
    }

    /// Asks a participant for key frames of all its pictures, as when somebody comes in who watches them. `false`: not
    /// there.
    pub fn ask_keyframes(&self, room: &str, identity: &str) -> bool {
        self.driver.with(|core, now| core.ask_keyframes(room, identity, now))
    }

    /// Forgets every meeting and drops every WebSocket, as a crash and restart does.
    pub fn restart(&self) {
        self.driver.with(|core, _| core.restart());
    }

    /// Sends reliable data as the server: to one participant, or to all. `false`: no such room.
    pub fn send_data(&self, room: &str, to: Option<&str>, topic: Option<&str>, payload: &[u8]) -> bool {
        self.driver.with(|core, now| core.send_data(room, to, topic, payload, now))
    }
}
