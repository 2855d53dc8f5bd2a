//! From a token to a session, and back to one after it was lost.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::peer::Peer;
use super::proto::{Auth, Leave, LeaveAction, LeaveReason, Shape, Target, join_url, validate_url};
use super::reconnect::{Cause, Goal, JOIN_GIVE_UP_AFTER, Next, Outage, end_of};
use super::{Client, Negotiation, Socket, State};
use crate::io::{End, Event, HttpRequest, HttpResponse, IoId, Kind, Method, NetError, Output, WebSocketEvent};

/// How long the WebSocket and the first answer on it may take.
const OPEN_TIMEOUT: Duration = Duration::from_secs(8);

/// How long the server may take to say why it refused the token.
const VALIDATE_TIMEOUT: Duration = Duration::from_secs(5);

/// What is told where the server does not say how long to wait.
const RETRY_AFTER: Duration = Duration::from_secs(30);

/// Sections to receive on in a first offer, of each kind: as the official clients ask.
const FIRST_SECTIONS: usize = 3;

/// The text of a WebSocket refusal is short.
const STATUS_NOT_FOUND: u16 = 404;

impl Client {
    /// Starts an attempt.
    pub(super) fn start(&mut self, goal: Goal) {
        let now = self.now.monotonic;
        let url = match goal {
            Goal::Resume(cause) => {
                let participant = self.roster.my_sid();
                join_url(&self.config.server, self.shape, Auth::Resume { participant, reason: cause as i32 })
            }
            Goal::Join | Goal::Rejoin => {
                self.drop_media();
                self.own.begin();
                // What this session lets us publish is judged anew, also when it is told as before.
                self.told.permissions = None;
                let auth = match self.shape {
                    Shape::Single => self.first_offer(),
                    Shape::Dual => Auth::Join { offer: None, tracks: Vec::new() },
                };
                join_url(&self.config.server, self.shape, auth)
            }
        };
        let id = self.network.id();
        let headers = vec![("authorization".to_owned(), format!("Bearer {}", self.token))];
        self.outputs.push_back(Output::OpenWebSocket { id, url, headers });
        self.socket = Some(Socket {
            id,
            heard_at: now,
            ping_at: None,
            ping_interval: Duration::ZERO,
            ping_timeout: Duration::ZERO,
            rtt_ms: 0,
        });
        self.state = State::Opening { goal, give_up_at: self.limit(goal, now + OPEN_TIMEOUT) };
    }

    /// The whole of a join with a single peer connection: offer, candidates, tracks.
    fn first_offer(&mut self) -> Auth<'static> {
        self.network.assign_udp(&self.config.local_udp, false);
        let mut peer = self.new_peer(Target::Publisher);
        for kind in [Kind::Audio, Kind::Video] {
            for _ in 0..FIRST_SECTIONS {
                peer.want_receive(kind);
            }
        }
        let tracks = self.own.ask_with_join(self.now.monotonic);
        self.add_sections(&mut peer, tracks.iter().map(|t| t.cid.as_str()));
        let offer = peer.offer(false, &|_| false);
        self.peers.publisher = Some(peer);
        Auth::Join { offer, tracks }
    }

    /// The peer connections of an older server.
    pub(super) fn make_dual_peers(&mut self) {
        self.network.assign_udp(&self.config.local_udp, true);
        self.peers.subscriber = Some(self.new_peer(Target::Subscriber));
        self.peers.publisher = Some(self.new_peer(Target::Publisher));
        self.network.search(Target::Subscriber, self.now.monotonic);
    }

    fn new_peer(&self, target: Target) -> Peer {
        let mut peer = Peer::new(target, self.own.codec(), self.cipher.is_none(), self.now.monotonic);
        self.network.add_host_candidates(&mut peer);
        peer
    }

    /// Sections for those of our tracks.
    pub(super) fn add_sections<'a>(&self, peer: &mut Peer, cids: impl Iterator<Item = &'a str>) {
        for cid in cids {
            if let Some(track) = self.own.all().find(|t| t.cid == cid) {
                peer.want_send(track.kind(), track.cid.clone(), self.own.layers(track));
            }
        }
    }

    /// Ends the peer connections and all they went over.
    fn drop_media(&mut self) {
        for peer in self.peers.all() {
            peer.close();
        }
        self.carry();
        self.network.close(self.now.monotonic, &mut self.outputs);
        self.peers = super::Peers::default();
        self.negotiation = Negotiation::default();
        self.allocator.begin();
        self.share_allocator.begin();
        if self.path.is_narrow() && !self.is_ended() {
            self.encode_voice(false);
        }
        self.path.begin();
        let gone = self.subscriptions.begin();
        self.events(gone);
    }

    pub(super) fn web_socket(&mut self, id: IoId, event: WebSocketEvent<'_>) {
        let Some(socket) = self.socket.as_mut().filter(|s| s.id == id) else { return };
        socket.heard_at = self.now.monotonic;
        match event {
            WebSocketEvent::Opened | WebSocketEvent::Text(_) => {}
            WebSocketEvent::Binary(bytes) => match super::proto::decode_signal(bytes) {
                Some(signal) => self.signal(signal),
                None => tracing::debug!(length = bytes.len(), "not a signalling message"),
            },
            WebSocketEvent::Refused { status, .. } => {
                self.socket = None;
                self.refused(status);
            }
            WebSocketEvent::Closed => {
                self.socket = None;
                self.socket_lost(&NetError::Closed);
            }
            WebSocketEvent::Failed(error) => {
                self.socket = None;
                self.socket_lost(&error);
            }
        }
    }

    /// The upgrade was refused.
    fn refused(&mut self, status: u16) {
        let State::Opening { goal, .. } = self.state else { return };
        tracing::info!(status, "signalling refused");
        match status {
            STATUS_NOT_FOUND if self.shape == Shape::Single && !self.was_in => {
                // An older server.
                self.shape = Shape::Dual;
                self.start(goal);
            }
            // A proxy says so while the server behind it starts anew.
            STATUS_NOT_FOUND | 429 if self.was_in => self.retry(goal, End::ConnectionLost),
            400..=403 | STATUS_NOT_FOUND => self.validate(),
            429 => self.end(End::TooManyRequests { retry_after: RETRY_AFTER }),
            _ => self.retry(goal, End::ServerError),
        }
    }

    /// Asks why the token was refused: the refusal of a WebSocket does not say.
    fn validate(&mut self) {
        let id = self.network.id();
        let request = HttpRequest {
            method: Method::Get,
            url: validate_url(&self.config.server, self.shape),
            headers: vec![("authorization".to_owned(), format!("Bearer {}", self.token))],
            body: None,
        };
        self.outputs.push_back(Output::Http { id, request });
        self.state = State::Validating { id, give_up_at: self.now.monotonic + VALIDATE_TIMEOUT };
    }

    pub(super) fn validated(&mut self, id: IoId, result: Result<HttpResponse, NetError>) {
        if !matches!(self.state, State::Validating { id: i, .. } if i == id) {
            return;
        }
        let end = match result {
            Ok(response) => match response.status {
                STATUS_NOT_FOUND if self.was_in => End::MeetingEnded,
                STATUS_NOT_FOUND => End::RoomNotFound,
                429 => End::TooManyRequests { retry_after: RETRY_AFTER },
                // The token is good now, or was: the refusal had another reason.
                200..=299 | 500.. => End::ServerError,
                _ => End::TokenRefused,
            },
            // It was refused a moment ago; only the reason is missing.
            Err(_) => End::TokenRefused,
        };
        self.end(end);
    }

    /// The signalling connection ended, or never came about.
    fn socket_lost(&mut self, error: &NetError) {
        tracing::info!(%error, "signalling lost");
        use NetError::{Certificate, OutsidePolicy, ProxyForbids, ProxyRefused};
        if matches!(error, Certificate | OutsidePolicy | ProxyForbids | ProxyRefused) {
            return self.end(end_of(error));
        }
        match self.state {
            State::Opening { goal, .. } => {
                if *error == NetError::Closed
                    && let Some(outage) = &mut self.outage
                {
                    outage.spoiled();
                }
                self.retry(goal, end_of(error));
            }
            State::Connecting { goal: Goal::Join, .. } => self.retry(Goal::Join, End::ServerError),
            State::Connecting { goal: Goal::Rejoin, .. } => self.retry(Goal::Rejoin, End::ServerError),
            State::Connecting { goal: Goal::Resume(cause), .. } => {
                if let Some(outage) = &mut self.outage {
                    outage.spoiled();
                }
                self.retry(Goal::Resume(cause), End::ConnectionLost);
            }
            State::Running | State::Severed { .. } => self.recover(Goal::Resume(Cause::SignalLost)),
            State::Waiting { .. } | State::Validating { .. } | State::Ended => {}
        }
    }

    /// The session is lost, or the server wants another.
    pub(super) fn recover(&mut self, goal: Goal) {
        match self.state {
            State::Ended | State::Validating { .. } => {}
            State::Opening { goal: Goal::Join, .. } | State::Connecting { goal: Goal::Join, .. } => {
                self.retry(Goal::Join, End::ServerError);
            }
            _ => self.retry(goal, End::ConnectionLost),
        }
    }

    /// When an attempt is given up, in view of when everything is.
    pub(super) fn limit(&self, goal: Goal, at: Instant) -> Instant {
        if goal == Goal::Join { at.min(self.started + JOIN_GIVE_UP_AFTER) } else { at }
    }

    /// We are somewhere else in the network. What is being resumed has lost its sockets: a new session.
    pub(super) fn moved(&mut self, sockets: Vec<SocketAddr>) {
        self.config.local_udp = sockets;
        match &mut self.state {
            State::Opening { goal: Goal::Resume(_), .. }
            | State::Connecting { goal: Goal::Resume(_) | Goal::Rejoin, .. } => {
                self.recover(Goal::Rejoin);
            }
            State::Waiting { goal, .. } if *goal != Goal::Join => *goal = Goal::Rejoin,
            State::Opening { goal: Goal::Rejoin, .. } if self.shape == Shape::Single => self.recover(Goal::Rejoin),
            // The next session uses them.
            _ => {}
        }
    }

    /// An attempt failed: plans the next, or gives up.
    pub(super) fn retry(&mut self, goal: Goal, why: End) {
        // A session whose media is closed for good cannot go on.
        let lost = matches!(goal, Goal::Resume(_)) && self.peers.all().any(|peer| peer.is_broken());
        let goal = if lost { Goal::Rejoin } else { goal };
        self.close_socket();
        self.negotiation.answer_due = None;
        let now = self.now.monotonic;
        if self.outage.is_none() && self.was_in {
            tracing::info!("reconnecting");
            self.event(Event::Reconnecting);
        }
        // A first join is timed from the start: somebody waits.
        let since = if self.was_in { now } else { self.started };
        let outage = self.outage.get_or_insert_with(|| Outage::new(since));
        outage.last = why;
        match outage.next(goal, now) {
            Next::Try { goal, at } if at <= now => self.start(goal),
            Next::Try { goal, at } => self.state = State::Waiting { goal, at },
            Next::GiveUp(end) => self.end(end),
        }
    }

    /// The server ends the session.
    pub(super) fn left(&mut self, leave: Leave) {
        tracing::info!(?leave, "the server ends the session");
        let end = match (leave.action, leave.reason) {
            (LeaveAction::Resume, _) => return self.recover(Goal::Resume(Cause::SignalLost)),
            (LeaveAction::Reconnect, _) | (_, LeaveReason::StateMismatch) => {
                return self.recover(Goal::Rejoin);
            }
            (LeaveAction::Disconnect, LeaveReason::ClientInitiated) => End::Left,
            (LeaveAction::Disconnect, LeaveReason::DuplicateIdentity) => End::JoinedElsewhere,
            (LeaveAction::Disconnect, LeaveReason::ServerShutdown) => End::ServerShutdown,
            (LeaveAction::Disconnect, LeaveReason::Removed) => End::RemovedByHost,
            (LeaveAction::Disconnect, LeaveReason::RoomDeleted) => End::MeetingEnded,
            (LeaveAction::Disconnect, LeaveReason::Lost) => End::ConnectionLost,
            (LeaveAction::Disconnect, LeaveReason::JoinFailure | LeaveReason::Unknown) => End::ServerError,
        };
        self.end(end);
    }

    /// Over, and everything closed.
    pub(super) fn end(&mut self, end: End) {
        self.close_socket();
        self.drop_media();
        self.state = State::Ended;
        self.update_own();
        self.event(Event::Ended(end));
    }

    fn close_socket(&mut self) {
        if let Some(socket) = self.socket.take() {
            self.outputs.push_back(Output::CloseWebSocket { id: socket.id });
        }
    }
}
