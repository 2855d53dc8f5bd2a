//! One visit to one meeting.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Instant;

use url::Url;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::border::Within;
use crate::device::Device;
use crate::e2ee::Secret;
use crate::io::{Codec, Command, End, Event, HttpRequest, Input, IoId, Now, Output, Step};
use crate::livekit::{self, Client};
use crate::moderator::{Means, Moderator};
use crate::visio::{Account, Admission, Entry, EntryConfig, Outcome};

/// Ids of REST requests lie below those of the LiveKit client.
const FIRST_LIVEKIT_ID: u64 = 1 << 32;

/// Requests for entry whose answers are still understood; those of the shell time out sooner.
const REQUESTS_MAX: usize = 16;

/// What a session is told once.
#[derive(Debug, Clone)]
pub struct Config {
    /// The name others read.
    pub display_name: String,
    /// The UDP sockets the shell has bound, one per local address.
    pub local_udp: Vec<SocketAddr>,
    /// A stable UUID of this device: the lobby cookie and so the identity in Visio.
    pub device_id: Uuid,
    /// The room's own account on the La Suite Meet instance it goes to, if it has one there. A secret.
    pub account: Option<Account>,
    /// `fr`, `en` or `de`, for the platform's error texts.
    pub language: String,
    /// Publish the microphone unmuted at once.
    pub microphone: bool,
    /// Publish the camera unmuted at once. `None`: there is no camera, publish none.
    pub camera: Option<bool>,
    /// The codec our camera is sent in.
    pub video_codec: Codec,
    /// The size of our camera's picture in pixels.
    pub video_size: (u32, u32),
    /// The addresses that the meeting may reach.
    pub border: Within,
    /// What this device is in a group with, in encrypted meetings. `None`: it stays with the shared key.
    pub device: Option<Device>,
}

/// Where to go.
#[derive(Clone)]
pub enum Target {
    /// A room of a La Suite Meet instance.
    ///
    /// `passphrase` is the fragment of an end-to-end encrypted meeting's link.
    Visio { instance: Url, slug: String, passphrase: Option<Zeroizing<String>> },
    /// A LiveKit server and a token for one of its rooms. The token is a secret.
    LiveKit { server: Url, token: String, secret: Option<Secret> },
}

impl std::fmt::Debug for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Target::Visio { .. } => "Visio(…)",
            Target::LiveKit { .. } => "LiveKit(…)",
        })
    }
}

/// One visit to one meeting: see the crate's documentation.
pub struct Session {
    config: Config,
    stage: Stage,
    next_id: u64,
    now: Now,
    outputs: VecDeque<Output>,
}

/// Where the visit stands.
enum Stage {
    /// Asking La Suite Meet for entry; `asked` are the requests under way, the newest last.
    Entering {
        entry: Entry,
        instance: Url,
        secret: Option<Secret>,
        asked: Vec<IoId>,
    },
    /// In LiveKit's hands, with what is asked of the platform over HTTP beside.
    Meeting {
        client: Box<Client>,
        moderator: Box<Moderator>,
    },
    Over,
}

impl Session {
    /// Starts: the first outputs can be polled at once.
    pub fn new(config: Config, target: Target, now: Now) -> Session {
        let mut session = Session { config, stage: Stage::Over, next_id: 1, now, outputs: VecDeque::new() };
        match target {
            Target::Visio { instance, slug, passphrase } => {
                let entry = EntryConfig {
                    instance: instance.clone(),
                    slug,
                    device: session.config.device_id,
                    account: session.config.account.clone(),
                    display_name: session.config.display_name.clone(),
                    language: session.config.language.clone(),
                };
                let entry = Entry::new(entry, now.monotonic);
                let secret = passphrase.map(Secret::Passphrase);
                session.stage = Stage::Entering { entry, instance, secret, asked: Vec::new() };
                session.event(Event::Progress(Step::AskingForEntry));
                session.ask(now.monotonic);
            }
            Target::LiveKit { server, token, secret } => {
                let means = Means::LiveKit { server: server.clone() };
                session.meet(server, token, secret, means, now);
            }
        }
        session
    }

    /// Takes one thing that happened. Drain [`Session::poll_output`] afterwards.
    pub fn handle(&mut self, input: Input<'_>, now: Now) {
        self.now = now;
        match &mut self.stage {
            Stage::Over => {}
            Stage::Entering { .. } => self.entering(input, now),
            Stage::Meeting { client, moderator } => {
                match &input {
                    Input::Command(command) if moderator.command(command, client) => return,
                    Input::Http { id, result } if id.0 < FIRST_LIVEKIT_ID => {
                        if let Some(muted) = moderator.answered(*id, result, now.monotonic) {
                            client.tell_muted(&muted, now);
                        }
                        return;
                    }
                    _ => {}
                }
                client.handle(input, now);
            }
        }
    }

    /// The next thing to do, until `None`.
    pub fn poll_output(&mut self) -> Option<Output> {
        let output = self.outputs.pop_front().or_else(|| match &mut self.stage {
            Stage::Meeting { client, moderator } => {
                let output = client.poll_output();
                if let Some(Output::Event(event)) = &output {
                    moderator.notice(event, self.now.monotonic);
                }
                output.or_else(|| moderate(moderator, client, &mut self.next_id, self.now.monotonic))
            }
            _ => None,
        });
        if let Some(Output::Event(Event::Ended(_))) = &output {
            self.stage = Stage::Over;
        }
        output
    }

    /// When to come back with [`Input::Timeout`], if nothing else happens before.
    pub fn poll_timeout(&self) -> Option<Instant> {
        match &self.stage {
            Stage::Entering { entry, .. } => entry.deadline(),
            Stage::Meeting { client, moderator } => client.poll_timeout().into_iter().chain(moderator.deadline()).min(),
            Stage::Over => None,
        }
    }

    fn entering(&mut self, input: Input<'_>, now: Now) {
        let Stage::Entering { entry, asked, .. } = &mut self.stage else { return };
        let at = now.monotonic;
        let outcome = match input {
            Input::Http { id, result } if asked.contains(&id) => {
                let newest = asked.last() == Some(&id);
                asked.retain(|a| *a != id);
                if newest { entry.answered(&result, at) } else { entry.answered_late(&result) }
            }
            Input::Timeout => entry.timeout(at),
            Input::LocalUdp(sockets) => {
                self.config.local_udp = sockets;
                None
            }
            Input::Command(Command::SetMicrophone { on }) => {
                self.config.microphone = on;
                None
            }
            Input::Command(Command::SetCamera { on }) => {
                // One plugged in meanwhile is published too.
                self.config.camera = self.config.camera.map(|_| on).or(on.then_some(true));
                None
            }
            Input::Command(Command::Leave) => Some(Outcome::Over(End::Left)),
            // Nothing else can happen before there is a meeting, or it comes too late.
            _ => None,
        };
        match outcome {
            None => self.ask(at),
            Some(Outcome::Lobby) => {
                self.event(Event::Lobby);
                self.ask(at);
            }
            Some(Outcome::Admitted(admission)) => self.admitted(admission, now),
            Some(Outcome::Over(end)) => {
                self.stage = Stage::Over;
                self.event(Event::Ended(end));
            }
        }
    }

    /// Sends the entry's request when it is due.
    fn ask(&mut self, now: Instant) {
        if let Stage::Entering { entry, asked, .. } = &mut self.stage
            && let Some(request) = entry.request(now)
        {
            if asked.len() >= REQUESTS_MAX {
                asked.remove(0);
            }
            asked.push(IoId(self.next_id));
            self.request(request);
        }
    }

    fn admitted(&mut self, admission: Admission, now: Now) {
        let Stage::Entering { instance, secret, .. } = &mut self.stage else { return };
        let secret = secret.take();
        let account = self.config.account.clone();
        let means = Means::Visio { instance: instance.clone(), room: admission.room, account };
        self.meet(admission.server, admission.token, secret, means, now);
    }

    fn meet(&mut self, server: Url, token: String, secret: Option<Secret>, means: Means, now: Now) {
        let config = livekit::Config {
            server,
            token,
            local_udp: self.config.local_udp.clone(),
            microphone: self.config.microphone,
            camera: self.config.camera,
            video_codec: self.config.video_codec,
            video_size: self.config.video_size,
            encryption_stated: matches!(means, Means::Visio { .. }),
            secret,
            border: self.config.border.clone(),
            device: self.config.device.clone(),
            first_io_id: FIRST_LIVEKIT_ID,
        };
        self.stage =
            Stage::Meeting { client: Box::new(Client::new(config, now)), moderator: Box::new(Moderator::new(means)) };
    }

    fn request(&mut self, request: HttpRequest) {
        let id = IoId(self.next_id);
        self.next_id += 1;
        self.outputs.push_back(Output::Http { id, request });
    }

    fn event(&mut self, event: Event) {
        self.outputs.push_back(Output::Event(event));
    }
}

/// What is to be asked of the platform, or known of it.
fn moderate(moderator: &mut Moderator, client: &Client, next_id: &mut u64, now: Instant) -> Option<Output> {
    let id = IoId(*next_id);
    if let Some(request) = moderator.request(id, client, now) {
        *next_id += 1;
        return Some(Output::Http { id, request });
    }
    moderator.event().map(Output::Event)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::io::HttpResponse;

    fn config() -> Config {
        Config {
            display_name: "Salle Turing".into(),
            local_udp: vec!["127.0.0.1:40000".parse().unwrap()],
            device_id: Uuid::from_u128(0xABCD),
            account: None,
            language: "fr".into(),
            microphone: true,
            camera: Some(true),
            video_codec: Codec::Vp8,
            video_size: (1280, 720),
            border: Within::everywhere(),
            device: None,
        }
    }

    fn now() -> Now {
        Now { monotonic: Instant::now(), wall: Duration::from_secs(1_800_000_000) }
    }

    fn visio() -> Target {
        Target::Visio {
            instance: Url::parse("https://visio.example").unwrap(),
            slug: "abc-defg-hij".into(),
            passphrase: None,
        }
    }

    fn answer(body: &str) -> Result<HttpResponse, crate::io::NetError> {
        let headers = vec![("content-type".into(), "application/json".into())];
        Ok(HttpResponse { status: 200, headers, body: body.into() })
    }

    fn outputs(session: &mut Session) -> Vec<Output> {
        std::iter::from_fn(|| session.poll_output()).collect()
    }

    #[test]
    fn admitted_goes_straight_to_signalling() {
        let now = now();
        let mut session = Session::new(config(), visio(), now);
        let first = outputs(&mut session);
        let id = first.iter().find_map(|o| if let Output::Http { id, .. } = o { Some(*id) } else { None }).unwrap();
        let body = r#"{"status":"accepted","livekit":{"url":"https://l.example","room":"r","token":"t"}}"#;
        session.handle(Input::Http { id, result: answer(body) }, now);
        let then = outputs(&mut session);
        assert!(then.iter().any(|o| matches!(o, Output::Event(Event::Progress(Step::Signalling)))));
        assert!(then.iter().any(|o| matches!(o, Output::OpenWebSocket { url, .. } if url.scheme() == "wss")));
    }

    #[test]
    fn leaving_at_the_door_ends_the_visit() {
        let now = now();
        let mut session = Session::new(config(), visio(), now);
        outputs(&mut session);
        session.handle(Input::Command(Command::Leave), now);
        assert!(matches!(outputs(&mut session).last(), Some(Output::Event(Event::Ended(End::Left)))));
        assert_eq!(session.poll_timeout(), None);
        session.handle(Input::Timeout, now);
        assert!(outputs(&mut session).is_empty());
    }

    #[test]
    fn a_late_answer_to_an_earlier_request_changes_nothing() {
        let now = now();
        let mut session = Session::new(config(), visio(), now);
        outputs(&mut session);
        session.handle(Input::Http { id: IoId(77), result: answer(r#"{"status":"denied"}"#) }, now);
        assert!(outputs(&mut session).is_empty());
    }

    #[test]
    fn secrets_stay_out_of_debug() {
        let target = Target::LiveKit {
            server: Url::parse("wss://l.example").unwrap(),
            token: "very-secret".into(),
            secret: None,
        };
        assert!(!format!("{target:?}").contains("secret"));
        let now = now();
        let mut session = Session::new(config(), target, now);
        let first = outputs(&mut session);
        let bearer = |o: &Output| matches!(o, Output::OpenWebSocket { headers, .. } if !headers.is_empty());
        assert!(first.iter().any(bearer));
        assert!(!format!("{first:?}").contains("secret"));
        // What the server hands us later: `SignalResponse { refresh_token }` and a move to another room.
        let handed = [[0x82_u8, 0x01, 6].as_slice(), b"secret"].concat();
        let signal = crate::livekit::wire::decode_signal(&handed).unwrap();
        assert!(format!("{signal:?}").starts_with("Token"), "{signal:?}");
        assert!(!format!("{signal:?}").contains("secret"));
    }
}
