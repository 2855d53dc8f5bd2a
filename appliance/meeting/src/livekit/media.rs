//! Frames in and out, and what the peer connections report.

use std::time::Duration;

use str0m::media::{MediaData, Mid};

use super::cipher::{Opened, Received};
use super::congestion::Turn;
use super::data::{GROUP_TOPIC, Inbox};
use super::encode::Allocator;
use super::peer::{Happening, codec_of, media_time, sender_time};
use super::proto::Target;
use super::reconnect::{Cause, Goal};
use super::{Client, State};
use crate::io::{Event, Kind, Layer, OutgoingFrame, Output, ReceivedFrame, Source};

/// How long the server's goodbye may come after it has closed media.
const GOODBYE_TIMEOUT: Duration = Duration::from_secs(1);

/// What speech is encoded with, in bits per second: whole, and on a path that hardly carries sound.
const VOICE_BPS: [u32; 2] = [32_000, 16_000];

/// What a path that hardly carries sound is asked for, in bits per second.
const NARROW_DESIRED_BPS: u64 = 100_000;

impl Client {
    /// Lets everything that is connected with something settle.
    pub(super) fn pump(&mut self) {
        loop {
            self.carry();
            let Some((target, happening)) = self.next_happening() else { break };
            self.happened(target, happening);
        }
        while let Some((target, candidate)) = self.network.trickle.pop_front() {
            self.send(super::Request::Candidate { target, candidate });
        }
    }

    fn next_happening(&mut self) -> Option<(Target, Happening)> {
        self.peers.all().find_map(|peer| peer.poll().map(|h| (peer.target, h)))
    }

    /// Sends what is at the head of the queues; the rest is for [`Client::happened`].
    pub(super) fn carry(&mut self) {
        let now = self.now.monotonic;
        for peer in self.peers.all() {
            while let Some(transmit) = peer.poll_transmit() {
                self.network.transmit(&transmit, now, &mut self.outputs);
            }
        }
    }

    fn happened(&mut self, target: Target, happening: Happening) {
        match happening {
            Happening::Transmit(t) => self.network.transmit(&t, self.now.monotonic, &mut self.outputs),
            Happening::Connected => {
                let secured = self.peers.get(target).and_then(|peer| Some((peer.fingerprint()?, peer.srtp())));
                if let Some((fingerprint, srtp)) = secured {
                    self.event(Event::Secured { fingerprint, srtp });
                }
                self.media_up(target);
            }
            Happening::Reach { up: true } => self.media_up(target),
            Happening::Reach { up: false } => {
                self.update_own();
                if matches!(self.state, State::Running) {
                    tracing::info!("media path lost");
                    self.recover(Goal::Resume(Cause::MediaLost));
                }
            }
            Happening::Media(data) => self.received(target, &data),
            Happening::KeyframeWanted { mid, layer } => self.keyframe_wanted(target, mid, layer),
            Happening::Path(turn) => {
                if target == Target::Publisher {
                    self.path.turn(turn, self.now.monotonic);
                    match turn {
                        Turn::Narrow(narrow) => self.encode_voice(narrow),
                        Turn::Keyframe => {
                            let layer = self.allocator.lowest();
                            self.event(Event::KeyframeWanted { source: Source::Camera, layer });
                        }
                        Turn::Estimate(_) | Turn::Collapsed(_) | Turn::Losses(_) => {}
                    }
                    self.update_own();
                }
            }
            Happening::Data(bytes) => {
                if let Some(event) = self.received_data(&bytes) {
                    self.event(event);
                }
            }
            Happening::ChannelOpen => self.flush_data(),
            Happening::Broken => {
                tracing::info!("media connection broken");
                self.severed();
            }
        }
    }

    /// A peer connection cannot be used any more.
    fn severed(&mut self) {
        match self.state {
            State::Severed { .. } => {}
            // A server that removes us closes media and says goodbye; the goodbye may come last.
            State::Running if self.socket.is_some() => {
                self.state = State::Severed { rejoin_at: self.now.monotonic + GOODBYE_TIMEOUT };
                self.update_own();
            }
            _ => self.recover(Goal::Rejoin),
        }
    }

    pub(super) fn media_up(&mut self, target: Target) {
        self.update_own();
        if self.peers.get(target).is_some_and(|peer| peer.is_up()) {
            // What was asked for before there was a path is gone.
            self.subscriptions.media_up(target, self.now.monotonic);
            self.request_keyframes();
        }
        let State::Connecting { goal, .. } = self.state else { return };
        // The old path may still carry a session the server no longer answers for.
        let resuming = matches!(goal, Goal::Resume(_)) && self.negotiation.answer_due.is_some();
        if !self.peers.are_up() || resuming {
            return;
        }
        self.state = State::Running;
        self.outage = None;
        if self.was_in {
            tracing::info!(?goal, "back in the meeting");
            self.event(Event::Reconnected);
        } else {
            tracing::info!("in the meeting");
            self.was_in = true;
            self.event(Event::Joined { title: None, encrypted: self.cipher.is_some() });
        }
        self.update_own();
        // What was encoded before there was a path is gone.
        for (source, allocator) in [(Source::Camera, &self.allocator), (Source::ScreenShare, &self.share_allocator)] {
            if self.own.get(source).is_some_and(|track| track.is_live()) {
                let wanted = allocator.ladder().iter().map(|r| Event::KeyframeWanted { source, layer: r.layer });
                self.outputs.extend(wanted.map(Output::Event));
            }
        }
        self.flush_data();
        self.tell_settings();
    }

    /// What a message of a data channel comes to.
    fn received_data(&mut self, bytes: &[u8]) -> Option<Event> {
        let opened = self.cipher.as_mut().map(|cipher| cipher.open_packet(bytes));
        let roster = &self.roster;
        let owner = |track: &str| roster.owner(track).map(str::to_owned);
        let bytes = match &opened {
            None => bytes,
            Some(Some(opened)) => opened,
            // In an encrypted meeting only the server writes in clear, and only that somebody is at the door.
            Some(None) => {
                // It never touches what is being put together of what was sealed.
                return Inbox::default().receive(bytes, owner).filter(|event| *event == Event::SomebodyWaiting);
            }
        };
        let mut event = self.inbox.receive(bytes, owner)?;
        if let Event::Data { from, topic, bytes } = &event
            && topic == GROUP_TOPIC
        {
            // Only those who have the meeting's key take part.
            if let Some(group) = self.cipher.as_mut().and_then(|cipher| cipher.group.as_mut()) {
                group.receive(from, bytes, self.now);
            }
            return None;
        }
        if let Event::Caption { from, .. } = &mut event {
            from.take_if(|identity| roster.is_me(identity));
        }
        Some(event)
    }

    fn received(&mut self, target: Target, data: &MediaData) {
        let place = (target, data.mid);
        let Some(track) = self.subscriptions.track_at(place) else { return };
        let Some(codec) = codec_of(data) else { return };
        let keyframe = track.kind == Kind::Audio || data.is_keyframe();
        let (id, kind) = (track.id.clone(), track.kind);
        let opened = match &mut self.cipher {
            Some(cipher) => {
                let owner = self.roster.owner(&id.0).unwrap_or_default();
                let received = Received { track: &id.0, owner, kind, codec, keyframe, data: &data.data };
                cipher.open(&received, self.now)
            }
            None if self.roster.track(&id.0).is_some_and(|(_, info)| info.encrypted) => Opened::Unreadable,
            None => Opened::Clear { data: data.data.to_vec(), after_others: false },
        };
        let (readable, clear) = match opened {
            Opened::Clear { data, after_others } => (Some(true), Some((data, after_others))),
            Opened::Blank(data) => (None, Some((data, false))),
            Opened::Nothing => (None, None),
            Opened::Unreadable => (Some(false), None),
        };
        if readable.is_some_and(|readable| self.roster.set_readable(&id.0, readable)) {
            tracing::info!(readable, "the encryption of a track");
            self.tell_participants();
        }
        let Some((clear, after_others)) = clear else { return };
        let frame = ReceivedFrame {
            track: id,
            kind,
            codec,
            media_time: media_time(data),
            sender_time: sender_time(data),
            arrived: self.now.monotonic,
            contiguous: data.contiguous && !after_others,
            keyframe,
            data: clear,
        };
        if keyframe {
            self.subscriptions.keyframe(place);
        }
        self.outputs.push_back(Output::Frame(frame));
    }

    fn keyframe_wanted(&mut self, target: Target, mid: Mid, layer: Option<Layer>) {
        if target != Target::Publisher {
            return;
        }
        let Some(cid) = self.peers.publisher.as_ref().and_then(|p| p.sends(mid)) else { return };
        let Some(source) = self.own.all().find(|t| t.cid == cid).map(|t| t.source) else { return };
        let Some(lowest) = self.allocator_of(source).map(Allocator::lowest) else { return };
        self.event(Event::KeyframeWanted { source, layer: layer.unwrap_or(lowest) });
    }

    /// Who shares out what our pictures of this source take; none for sound.
    fn allocator_of(&self, source: Source) -> Option<&Allocator> {
        match source {
            Source::Camera => Some(&self.allocator),
            Source::ScreenShare => Some(&self.share_allocator),
            _ => None,
        }
    }

    /// A frame of ours. Muted or unpublished, it goes nowhere.
    pub(super) fn frame(&mut self, frame: &OutgoingFrame) {
        let Some(track) = self.own.get(frame.source).filter(|t| t.is_live()) else { return };
        // An encoder that has not heard yet that another codec is wanted.
        if track.kind() == Kind::Video && frame.codec != self.own.codec() {
            return;
        }
        // What an encoder still had when its layer was given up.
        if frame.layer.zip(self.allocator_of(frame.source)).is_some_and(|(layer, allocator)| !allocator.sends(layer)) {
            return;
        }
        if frame.source == Source::ScreenShare {
            self.share_usage.sent(frame.data.len(), self.now.monotonic);
        }
        let Some(publisher) = &mut self.peers.publisher else { return };
        let now = self.now.monotonic;
        match &mut self.cipher {
            None => publisher.write(&track.cid, frame, now),
            Some(cipher) => cipher.seal(frame).is_some_and(|sealed| publisher.write(&track.cid, &sealed, now)),
        };
    }

    pub(super) fn encode_voice(&mut self, narrow: bool) {
        self.event(Event::EncodeVoice { bitrate_bps: VOICE_BPS[usize::from(narrow)] });
    }

    pub(super) fn request_keyframes(&mut self) {
        let now = self.now.monotonic;
        for (target, mid) in self.subscriptions.due(now) {
            if let Some(peer) = self.peers.get(target).filter(|peer| peer.carries()) {
                let asked = peer.request_keyframe(mid, now);
                self.subscriptions.asked((target, mid), asked, now);
            }
        }
    }

    /// Tells what of ours is live and what is to be encoded, where that changed.
    pub(super) fn update_own(&mut self) {
        let ended = self.is_ended();
        let up = !ended && self.peers.publisher.as_ref().is_some_and(|p| p.is_up());
        let live = |source| self.own.get(source).filter(|t| t.is_live());
        let (camera, share) = (live(Source::Camera).is_some(), live(Source::ScreenShare).is_some());
        // What is granted is heard and seen once the server has agreed to a section for it.
        let sent = |source| {
            let publisher = self.peers.publisher.as_ref().filter(|_| up);
            live(source).is_some_and(|t| publisher.is_some_and(|p| p.can_send(&t.cid)))
        };
        let own_media = (sent(Source::Microphone), sent(Source::Camera));
        let sharing = sent(Source::ScreenShare);
        if self.told.own_media.unwrap_or_default() != own_media {
            self.told.own_media = Some(own_media);
            self.event(Event::OwnMedia { microphone_live: own_media.0, camera_live: own_media.1 });
        }
        if self.told.sharing != sharing {
            self.told.sharing = sharing;
            self.event(Event::Sharing { live: sharing });
        }
        self.divide_bandwidth();
        for allocator in [&mut self.allocator, &mut self.share_allocator] {
            allocator.set_narrow(self.path.is_narrow());
        }
        let (now, codec) = (self.now.monotonic, self.own.codec());
        let flowing = [Layer::Low, Layer::Medium, Layer::High].map(|l| Some(l).filter(|l| self.allocator.sends(*l)));
        // The encoders may start while the path is still being found.
        let of_share = self.share_allocator.update(!ended && share, now).map(|layers| (Source::ScreenShare, layers));
        let of_camera = self.allocator.update(!ended && camera, now).map(|layers| (Source::Camera, layers));
        let (of_share_bps, sent_of_share_bps) =
            if share { (self.share_allocator.desired_bps(), self.share_allocator.sent_bps()) } else { (0, 0) };
        let of_camera_bps = self.own.get(Source::Camera).map_or(0, |_| self.allocator.desired_bps());
        // Probes must not fill the queue of a path that hardly carries sound.
        let desired = if self.path.is_narrow() { NARROW_DESIRED_BPS } else { of_camera_bps + of_share_bps };
        // A layer of the camera that waits needs room beside the share.
        let sought = Some(self.allocator.sought_bps()).filter(|bps| *bps > 0 && !self.path.rests(now));
        let sought = sought.map_or(0, |bps| bps + sent_of_share_bps);
        let given_up = flowing.into_iter().flatten().filter(|layer| !self.allocator.sends(*layer));
        if let Some(publisher) = &mut self.peers.publisher {
            given_up.for_each(|layer| publisher.give_up(Source::Camera, layer));
            publisher.desire(sought, desired);
        }
        for (source, layers) in of_share.into_iter().chain(of_camera) {
            self.event(Event::Encode { source, codec, layers });
        }
    }
}
