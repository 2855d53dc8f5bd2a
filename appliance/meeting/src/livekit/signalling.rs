//! What the server says over the signalling connection, and what we answer.

use std::time::{Duration, Instant};

use str0m::media::Mid;

use super::network::FALLBACK_AFTER;
use super::proto::{AddTrack, Joined, Permission, Published, Request, RoomInfo, Shape, Signal, SyncState, Target};
use super::publish::ByServer;
use super::reconnect::{Cause, Goal};
use super::subscribe::tracks_in_sdp;
use super::{Client, State, data, publish};
use crate::io::{End, Event, Kind, Source, Step};

/// How long media may take to connect before another way is tried.
const MEDIA_TIMEOUT: Duration = Duration::from_secs(15);

/// How long the server may take to answer an offer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(8);

/// Sections to receive on, of each kind, that a server may ask us for.
const SECTIONS_MAX: usize = 100;

/// Pings of a server that names no interval.
const PING_INTERVAL_MIN: Duration = Duration::from_secs(1);

impl Client {
    pub(super) fn signal(&mut self, signal: Signal) {
        match signal {
            Signal::Joined(joined) => self.joined(*joined),
            Signal::Resumed { ice_servers, force_relay } => {
                self.network.set_ice_servers(ice_servers, force_relay, &mut self.peers);
                self.resumed();
            }
            Signal::Answer { sdp, tracks } => self.answered(&sdp, tracks),
            Signal::Offer { sdp, id, tracks } => self.offered(&sdp, id, tracks),
            Signal::Candidate { target, candidate } => {
                self.network.remote_candidate(target, &candidate, &mut self.peers, &mut self.outputs);
            }
            Signal::Participants(infos) => {
                self.roster.update(infos);
                self.roster_changed();
            }
            Signal::Published { cid, track } => self.published(&cid, &track),
            Signal::Unpublished { sid } => {
                if self.is_share(&sid) {
                    return self.end_share(true);
                }
                if let Some(cid) = self.own.unpublished(&sid) {
                    self.retire(&[cid]);
                }
                self.update_own();
            }
            Signal::Mute { sid, muted } => self.muted_by_server(&sid, muted),
            Signal::Leave(leave) => self.left(leave),
            Signal::Speakers(changes) => {
                if let Some(speakers) = self.roster.set_speakers(changes) {
                    self.event(Event::Speakers(speakers));
                }
            }
            Signal::Room(room) => self.room(&room),
            Signal::Quality(updates) => {
                if let Some(mine) = self.roster.set_quality(updates) {
                    self.event(Event::Quality(mine));
                }
                self.tell_participants();
            }
            Signal::Paused(changes) => {
                let events = self.subscriptions.set_paused(changes);
                self.events(events);
            }
            Signal::Wanted { sid, codecs } => self.watched(&sid, &codecs),
            Signal::Token(token) => self.token = token.0,
            Signal::Pong { last_ping_ms } => {
                let wall_ms = i64::try_from(self.now.wall.as_millis()).unwrap_or(i64::MAX);
                if let Some(socket) = &mut self.socket {
                    socket.rtt_ms = wall_ms.saturating_sub(last_ping_ms).max(0);
                }
            }
            Signal::SectionsWanted { audios, videos } => self.sections_wanted(audios, videos),
            Signal::Refused { cid } => {
                tracing::info!("the server refused a request");
                if let Some(cid) = cid {
                    self.own.refused(&cid);
                    self.settle_grants();
                    self.look_at_share();
                    self.update_own();
                }
            }
            Signal::Moved { token, room, me, others } => {
                if !token.0.is_empty() {
                    self.token = token.0;
                }
                if let Some(me) = me {
                    self.roster.begin(me, others);
                }
                if let Some(room) = room {
                    self.room(&room);
                }
                if !self.is_ended() {
                    self.roster_changed();
                }
            }
            Signal::Other => {}
        }
    }

    fn joined(&mut self, joined: Joined) {
        let State::Opening { goal, .. } = self.state else { return };
        if matches!(goal, Goal::Resume(_)) {
            // Asked to go on, answered with a new session: as good, but everything starts anew.
            return self.recover(Goal::Rejoin);
        }
        if self.lacks_key(&joined.room.metadata) {
            return self.end(End::KeyMissing);
        }
        let disagrees = self.config.encryption_stated && data::is_encrypted(&joined.room.metadata) != Some(true);
        if self.cipher.is_some() && disagrees && goal == Goal::Join {
            // Nobody would understand us. Once in, we go on with what we agreed on.
            return self.end(End::KeyUnexpected);
        }
        if let Some(cipher) = &mut self.cipher {
            cipher.begin(joined.injected_mark);
        }
        let now = self.now.monotonic;
        self.state = State::Connecting { goal, give_up_at: self.limit(goal, now + MEDIA_TIMEOUT) };
        if goal == Goal::Join {
            self.event(Event::Progress(Step::Media));
        }
        if let Some(socket) = &mut self.socket {
            socket.ping_interval = Duration::from_secs(joined.ping_interval_s.into());
            socket.ping_timeout = Duration::from_secs(joined.ping_timeout_s.into());
            if joined.ping_interval_s > 0 {
                socket.ping_at = Some(now);
            }
        }
        let ours = publish::name(self.own.codec());
        if !joined.codecs.is_empty() && !joined.codecs.iter().any(|mime| mime.trim_start_matches("video/") == ours) {
            tracing::info!(codec = ours, "the server does not take this codec; another is used");
            self.own.use_backup();
        }
        self.roster.begin(joined.me, joined.others);
        self.network.set_ice_servers(joined.ice_servers, joined.force_relay, &mut self.peers);
        if self.shape == Shape::Dual {
            self.make_dual_peers();
            let tracks = self.ask_for_tracks();
            self.send_add_tracks(tracks);
            self.negotiation.after_grant = !joined.fast_publish && self.own.is_asking();
            if !self.negotiation.after_grant {
                self.negotiate();
            }
        }
        self.network.search(Target::Publisher, now);
        self.room(&joined.room);
        self.roster_changed();
    }

    /// The server knows us still: tells it what we hold, and finds the media path anew.
    fn resumed(&mut self) {
        let State::Opening { goal: goal @ Goal::Resume(_), .. } = self.state else { return };
        let now = self.now.monotonic;
        self.state = State::Connecting { goal, give_up_at: now + MEDIA_TIMEOUT };
        let Some(publisher) = &mut self.peers.publisher else { return self.recover(Goal::Rejoin) };
        if self.shape == Shape::Single && publisher.last_answer.is_none() {
            return self.recover(Goal::Rejoin);
        }
        if let Some(socket) = &mut self.socket {
            socket.ping_at = Some(now);
            socket.ping_interval = Duration::from_secs(5);
            socket.ping_timeout = Duration::from_secs(15);
        }
        publisher.abandon_offer();
        publisher.restarting();
        let channels = publisher.channel_ids();
        let described = match self.shape {
            Shape::Single => &*publisher,
            Shape::Dual => self.peers.subscriber.as_ref().unwrap_or(publisher),
        };
        let state = SyncState {
            offer: described.last_offer.clone(),
            answer: described.last_answer.clone(),
            published: self.own.confirmed(),
            disabled: self.subscriptions.hidden(),
            channels,
        };
        let published = state.published.clone();
        self.send(Request::SyncState(Box::new(state)));
        for Published { track, .. } in published {
            // What was switched meanwhile never arrived, from us or from a host: ours holds.
            self.send(Request::Mute { sid: track.sid, muted: track.muted });
        }
        self.negotiation = super::Negotiation::default();
        self.offer(true);
        self.network.search(Target::Publisher, now);
        if self.shape == Shape::Dual {
            self.network.search(Target::Subscriber, now);
        }
        self.negotiation.again = self.own.is_asking();
    }

    /// Makes an offer now, or after the answer to the one under way.
    pub(super) fn negotiate(&mut self) {
        let Some(publisher) = &self.peers.publisher else { return };
        if publisher.is_negotiating() {
            self.negotiation.again = true;
        } else {
            self.offer(false);
        }
    }

    fn offer(&mut self, restart_ice: bool) {
        let subscriptions = &self.subscriptions;
        let busy = |mid: Mid| subscriptions.is_busy((Target::Publisher, mid));
        let Some(publisher) = &mut self.peers.publisher else { return };
        if let Some(sdp) = publisher.offer(restart_ice, &busy) {
            self.negotiation.again = false;
            self.negotiation.answer_due = Some(self.now.monotonic + ANSWER_TIMEOUT);
            self.send(Request::Offer { sdp });
        }
    }

    fn answered(&mut self, sdp: &str, tracks: Vec<(String, String)>) {
        let Some(publisher) = &mut self.peers.publisher else { return };
        if !publisher.is_negotiating() {
            return;
        }
        self.negotiation.answer_due = None;
        let sdp = &self.network.remote_description(Target::Publisher, sdp, &mut self.outputs);
        if !publisher.answer(sdp) {
            tracing::warn!("the server's answer does not fit our offer");
            return self.recover(Goal::Rejoin);
        }
        if self.shape == Shape::Single {
            self.place_tracks(Target::Publisher, sdp, tracks);
        }
        let silent = self.own.ask_again(self.now.monotonic);
        if !silent.is_empty() {
            self.send_add_tracks(silent);
            self.negotiation.after_grant = true;
        }
        if self.negotiation.again {
            self.offer(false);
        }
        self.media_up(Target::Publisher);
    }

    fn offered(&mut self, sdp: &str, id: u32, tracks: Vec<(String, String)>) {
        let Some(subscriber) = &mut self.peers.subscriber else { return };
        let sdp = &self.network.remote_description(Target::Subscriber, sdp, &mut self.outputs);
        let Some(answer) = subscriber.accept(sdp) else {
            tracing::warn!("the server's offer cannot be answered");
            return self.recover(Goal::Rejoin);
        };
        self.send(Request::Answer { sdp: answer, id });
        self.place_tracks(Target::Subscriber, sdp, tracks);
    }

    /// Learns which section carries which track.
    fn place_tracks(&mut self, target: Target, sdp: &str, told: Vec<(String, String)>) {
        let tracks = if told.is_empty() { tracks_in_sdp(sdp) } else { told };
        let places = tracks.into_iter().take(2 * SECTIONS_MAX).map(|(mid, sid)| (Mid::from(mid.as_str()), sid));
        self.subscriptions.set_places(target, places);
        self.refresh_tracks();
    }

    fn refresh_tracks(&mut self) {
        let events = self.subscriptions.refresh(&self.roster, self.now.monotonic);
        self.events(events);
        self.tell_settings();
    }

    pub(super) fn tell_settings(&mut self) {
        for request in self.subscriptions.settings(self.now.monotonic) {
            self.send(request);
        }
    }

    fn sections_wanted(&mut self, audios: u32, videos: u32) {
        let Some(publisher) = self.peers.publisher.as_mut().filter(|_| self.shape == Shape::Single) else {
            return;
        };
        for (kind, wanted) in [(Kind::Audio, audios), (Kind::Video, videos)] {
            let room = SECTIONS_MAX.saturating_sub(publisher.receive_sections(kind));
            for _ in 0..(wanted as usize).min(room) {
                publisher.want_receive(kind);
            }
        }
        self.negotiate();
    }

    /// Being in clear in a meeting that is encrypted would betray the others and show nothing, whenever it is said.
    fn lacks_key(&self, metadata: &str) -> bool {
        self.cipher.is_none() && data::is_encrypted(metadata) == Some(true)
    }

    fn room(&mut self, room: &RoomInfo) {
        if self.lacks_key(&room.metadata) {
            return self.end(End::KeyMissing);
        }
        self.metadata.clone_from(&room.metadata);
        let event = data::recording(&room.metadata, room.recording);
        if let Event::Recording { recording, transcription } = event
            && self.told.recording != Some((recording, transcription))
        {
            self.told.recording = Some((recording, transcription));
            self.event(event);
        }
    }

    fn roster_changed(&mut self) {
        self.tell_participants();
        let group = self.cipher.as_mut().and_then(|cipher| cipher.group.as_mut());
        if let Some((group, (me, others))) = group.zip(self.roster.peers()) {
            group.set_roster(me, others, self.now);
        }
        if let Some(speakers) = self.roster.speakers() {
            self.event(Event::Speakers(speakers));
        }
        self.tell_permissions();
        let hand = self.roster.my_hand();
        if self.told.hand != hand {
            self.told.hand = hand;
            self.event(Event::Hand { raised: hand });
        }
        self.refresh_tracks();
    }

    pub(super) fn tell_participants(&mut self) {
        if let Some(participants) = self.roster.changed() {
            self.event(Event::Participants(participants));
        }
    }

    /// What we may publish; unpublishes and publishes accordingly.
    fn tell_permissions(&mut self) {
        let Some(permission) = self.roster.permission().cloned() else { return };
        let may = |source| permission.may_publish(source);
        let share = may(Source::ScreenShare);
        let now = (may(Source::Microphone), may(Source::Camera), share, permission.data);
        if self.told.permissions == Some(now) {
            return;
        }
        self.told.permissions = Some(now);
        self.event(Event::Permissions { microphone: now.0, camera: now.1, share: now.2, data: now.3 });
        if !share && self.own.is_sharing() {
            // People share again when they may again, and want to.
            self.unshare();
        }
        let retired = self.own.permitted(may);
        let tracks = self.ask_for_tracks();
        if !retired.is_empty() || !tracks.is_empty() {
            self.retire(&retired);
            self.add_tracks(tracks);
        }
        self.update_own();
    }

    /// The tracks to ask for, with the permissions we know of.
    pub(super) fn ask_for_tracks(&mut self) -> Vec<AddTrack> {
        let permission = self.roster.permission().cloned();
        let may = |source| permission.as_ref().is_none_or(|p: &Permission| p.may_publish(source));
        let tracks = self.own.ask(may, self.now.monotonic);
        if let Some(mut publisher) = self.peers.publisher.take() {
            self.add_sections(&mut publisher, tracks.iter().map(|t| t.cid.as_str()));
            self.peers.publisher = Some(publisher);
        }
        tracks
    }

    fn send_add_tracks(&mut self, tracks: Vec<AddTrack>) {
        for track in tracks {
            self.send(Request::AddTrack(track));
        }
    }

    /// Publishes in the middle of a session.
    pub(super) fn add_tracks(&mut self, tracks: Vec<AddTrack>) {
        if tracks.is_empty() || self.peers.publisher.is_none() {
            return;
        }
        self.send_add_tracks(tracks);
        self.negotiation.after_grant = true;
    }

    pub(super) fn retire(&mut self, cids: &[String]) {
        let Some(publisher) = &mut self.peers.publisher else { return };
        for cid in cids {
            publisher.retire(cid);
        }
        if !cids.is_empty() && publisher.last_answer.is_some() {
            self.negotiate();
        }
    }

    fn published(&mut self, cid: &str, track: &super::proto::TrackInfo) {
        if let Some((sid, muted)) = self.own.published(cid, track) {
            self.send(Request::Mute { sid, muted });
        }
        self.settle_grants();
        self.update_own();
    }

    /// When a server that does not answer a request to publish has refused it.
    pub(super) fn grant_due(&self) -> Option<Instant> {
        if matches!(self.state, State::Running) { self.own.deadline() } else { None }
    }

    /// The server's silence is a refusal.
    fn grants_missing(&mut self) {
        if self.grant_due().is_some_and(|at| at <= self.now.monotonic) && self.own.timeout(self.now.monotonic) {
            tracing::info!("the server does not answer a request to publish");
            self.settle_grants();
            self.look_at_share();
            self.update_own();
        }
    }

    /// Offers once every track asked for is granted or refused.
    pub(super) fn settle_grants(&mut self) {
        if self.negotiation.after_grant && !self.own.is_asking() {
            self.negotiation.after_grant = false;
            self.negotiate();
        }
    }

    pub(super) fn set_muted(&mut self, source: Source, muted: bool) {
        let may = self.roster.permission().is_none_or(|p| p.may_publish(source));
        let in_session = matches!(self.state, State::Running | State::Connecting { .. });
        if !muted
            && may
            && in_session
            && let Some(cid) = self.own.try_again(source)
        {
            self.retire(&[cid]);
        }
        if let Some(sid) = self.own.set_muted(source, muted) {
            self.send(Request::Mute { sid, muted });
        }
        if in_session {
            let tracks = self.ask_for_tracks();
            self.add_tracks(tracks);
        }
        self.update_own();
    }

    /// Whether this is what we share.
    fn is_share(&self, sid: &str) -> bool {
        self.own.get(Source::ScreenShare).and_then(|share| share.sid()) == Some(sid)
    }

    fn muted_by_server(&mut self, sid: &str, muted: bool) {
        if muted && self.is_share(sid) {
            return self.end_share(true);
        }
        match self.own.muted_by_server(sid, muted) {
            ByServer::Muted(Source::Microphone) => self.event(Event::MutedByHost),
            ByServer::Muted(Source::Camera) => self.event(Event::CameraStoppedByHost),
            ByServer::Muted(_) | ByServer::Known => {}
            ByServer::Unwanted => self.send(Request::Mute { sid: sid.to_owned(), muted: true }),
        }
        self.update_own();
    }

    fn watched(&mut self, sid: &str, codecs: &[(String, Vec<(crate::io::Layer, bool)>)]) {
        let allocator = if self.own.get(Source::Camera).and_then(|c| c.sid()) == Some(sid) {
            &mut self.allocator
        } else if self.own.get(Source::ScreenShare).and_then(|c| c.sid()) == Some(sid) {
            &mut self.share_allocator
        } else {
            return;
        };
        let called = |codec: &str| codecs.iter().find(|(name, _)| name.trim_start_matches("video/") == codec);
        let ours = self.own.codec();
        let named = called(publish::name(ours));
        let backup = called(publish::name(publish::BACKUP));
        if ours != publish::BACKUP && backup.is_some_and(|(_, layers)| layers.iter().any(|(_, wanted)| *wanted)) {
            return self.republish_in_backup();
        }
        if let Some((_, layers)) = named.or(codecs.iter().find(|(name, _)| name.is_empty())) {
            allocator.set_watched(layers);
            self.update_own();
        }
    }

    /// Somebody cannot see us: a browser without the codec. From now on everybody gets pictures in the codec that all
    /// take; encoding both would cost more than either.
    fn republish_in_backup(&mut self) {
        tracing::info!(codec = publish::name(self.own.codec()), "somebody does not take this codec; another is used");
        let retired = self.own.republish_in_backup();
        self.allocator.begin();
        self.share_allocator.begin();
        self.retire(&retired);
        let tracks = self.ask_for_tracks();
        self.add_tracks(tracks);
        self.update_own();
    }

    /// Does what is due.
    pub(super) fn timers(&mut self) {
        let now = self.now.monotonic;
        match self.state {
            State::Opening { goal, give_up_at } if give_up_at <= now => {
                self.retry(goal, End::ServerUnreachable);
            }
            State::Connecting { goal, give_up_at } if give_up_at <= now || self.network.is_exhausted() => match goal {
                Goal::Join if self.network.is_fenced_in() => self.end(End::OutsidePolicy),
                Goal::Join => self.retry(Goal::Join, End::MediaUnreachable),
                // The old session does not come back: a new one.
                Goal::Resume(_) | Goal::Rejoin => self.retry(Goal::Rejoin, End::ConnectionLost),
            },
            State::Severed { rejoin_at } if rejoin_at <= now => self.recover(Goal::Rejoin),
            State::Waiting { goal, at } if at <= now => self.start(goal),
            State::Validating { give_up_at, .. } if give_up_at <= now => self.end(End::TokenRefused),
            _ => {}
        }
        self.grants_missing();
        self.keep_alive();
        if self.negotiation.answer_due.is_some_and(|at| at <= now) {
            self.negotiation.answer_due = None;
            // A server that does not answer the offer of a resume has lost the session.
            let running = matches!(self.state, State::Running);
            self.recover(if running { Goal::Resume(Cause::SignalLost) } else { Goal::Rejoin });
        }
        self.network.timeout(now, &mut self.peers, &mut self.outputs);
        for peer in self.peers.all() {
            if peer.deadline().is_some_and(|at| at <= now) {
                peer.timeout(now);
            }
        }
        self.request_keyframes();
    }

    fn keep_alive(&mut self) {
        let now = self.now.monotonic;
        let Some(socket) = &mut self.socket else { return };
        if !socket.ping_timeout.is_zero() && socket.heard_at + socket.ping_timeout <= now {
            tracing::info!("the server has fallen silent");
            return self.recover(Goal::Resume(Cause::SignalLost));
        }
        if socket.ping_at.is_some_and(|at| at <= now) {
            socket.ping_at = Some(now + socket.ping_interval.max(PING_INTERVAL_MIN));
            let timestamp_ms = i64::try_from(self.now.wall.as_millis()).unwrap_or(i64::MAX);
            let rtt_ms = socket.rtt_ms;
            self.send(Request::Ping { timestamp_ms, rtt_ms });
        }
    }
}

const _: () = assert!(FALLBACK_AFTER.as_secs() < MEDIA_TIMEOUT.as_secs(), "TCP and TURN get their chance");
