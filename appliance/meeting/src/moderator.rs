//! What we may do to others in a meeting: how the platform is asked to do it, and what it answers.
//!
//! Two ways, as the recorded servers and the sources of La Suite Meet 1.27 and livekit-server 1.13 have them:
//! - La Suite Meet's REST. Turning off a microphone is done with the meeting's token, where the room lets
//!   everybody (`everyone_can_mute`). All else is done by administrators and owners with the session of an account;
//!   their tokens carry `roomAdmin`. There is no call that ends a meeting for all.
//! - LiveKit's RoomService (Twirp, JSON) with the token that we joined with: `roomAdmin` moderates, `roomCreate`
//!   ends the meeting (`DeleteRoom`).

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use url::Url;

use crate::io::{Command, Event, HttpRequest, HttpResponse, IoId, Moderation, NetError, Refusal, Rights, Waiting};
use crate::livekit::{Client, Grants, room_service};
use crate::visio::{self, Account};

/// Requests under way at once.
const UNDER_WAY_MAX: usize = 8;
/// Requests that wait for those; more are refused.
const QUEUE_MAX: usize = 512;
/// Between two looks into the lobby while somebody waits there, as the official front end has it.
const LOBBY_INTERVAL: Duration = Duration::from_secs(1);
/// After a look that failed.
const LOBBY_PATIENCE: Duration = Duration::from_secs(5);

/// Where we ask.
#[derive(Debug)]
pub(crate) enum Means {
    Visio {
        instance: Url,
        /// The platform's id of the meeting.
        room: String,
        account: Option<Account>,
    },
    LiveKit {
        server: Url,
    },
}

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Question {
    /// How the room is set up.
    Configuration,
    /// Who waits in the lobby.
    Lobby,
    /// Our own hand or name.
    Ours(Own),
    Act(Moderation),
}

/// Our own hand or name, by REST: Visio's tokens do not allow us to change our own attributes.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Own {
    Hand { raised: bool },
    Name(String),
}

/// Asks, and reads the answers.
#[derive(Debug)]
pub(crate) struct Moderator {
    means: Means,
    /// The token read last, and what it grants.
    token: String,
    grants: Grants,
    /// Whether everybody may turn off the microphones of others; `None` until the platform said so.
    everyone_can_mute: Option<bool>,
    /// The platform refused what the token seemed to grant.
    refused: Rights,
    metadata: String,
    queue: VecDeque<Question>,
    asked: Vec<(IoId, Question)>,
    /// When to look into the lobby.
    look_at: Option<Instant>,
    is_in: bool,
    told: Rights,
    told_waiting: Vec<Waiting>,
    events: VecDeque<Event>,
}

impl Moderator {
    pub fn new(means: Means) -> Moderator {
        Moderator {
            means,
            token: String::new(),
            grants: Grants::default(),
            everyone_can_mute: None,
            refused: Rights::default(),
            metadata: String::new(),
            queue: VecDeque::new(),
            asked: Vec::new(),
            look_at: None,
            is_in: false,
            told: Rights::default(),
            told_waiting: Vec::new(),
            events: VecDeque::new(),
        }
    }

    /// Takes what is to be asked of the platform; `false`: it is the meeting's.
    pub fn command(&mut self, command: &Command, client: &Client) -> bool {
        let is_visio = matches!(self.means, Means::Visio { .. });
        match command {
            Command::SetHand { raised } if is_visio => {
                self.ask(Question::Ours(Own::Hand { raised: *raised }));
            }
            Command::Rename(name) if is_visio => self.ask(Question::Ours(Own::Name(name.clone()))),
            Command::Moderate(Moderation::MuteAll) => {
                for identity in client.open_microphones() {
                    self.ask(Question::Act(Moderation::Mute(identity)));
                }
            }
            Command::Moderate(act) => self.ask(Question::Act(act.clone())),
            _ => return false,
        }
        true
    }

    fn ask(&mut self, question: Question) {
        if self.queue.len() >= QUEUE_MAX {
            return self.events.push_back(Event::Refused(Refusal::Failed));
        }
        self.queue.push_back(question);
    }

    /// What happens in the meeting.
    pub fn notice(&mut self, event: &Event, now: Instant) {
        match event {
            Event::Joined { .. } => {
                self.is_in = true;
                if matches!(self.means, Means::Visio { .. }) {
                    self.ask(Question::Configuration);
                    self.look_at = Some(now);
                }
            }
            Event::SomebodyWaiting => self.look_at = Some(now),
            _ => {}
        }
    }

    pub fn deadline(&self) -> Option<Instant> {
        self.look_at.filter(|_| self.told.admit)
    }

    /// The next thing to be known.
    pub fn event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// The next request, if one is due; the answer goes to [`Moderator::answered`] under this id.
    pub fn request(&mut self, id: IoId, client: &Client, now: Instant) -> Option<HttpRequest> {
        self.look(client);
        if self.deadline().is_some_and(|at| at <= now) {
            self.look_at = None;
            let is_asked = self.asked.iter().any(|(_, question)| *question == Question::Lobby);
            if !is_asked && !self.queue.contains(&Question::Lobby) {
                self.queue.push_back(Question::Lobby);
            }
        }
        while self.asked.len() < UNDER_WAY_MAX {
            let question = self.queue.pop_front()?;
            match self.words(&question, client) {
                Ok(Some(request)) => {
                    self.asked.push((id, question));
                    return Some(request);
                }
                // There is nothing to be done.
                Ok(None) => {}
                Err(why) => self.events.push_back(Event::Refused(why)),
            }
        }
        None
    }

    /// How a question is put.
    fn words(&self, question: &Question, client: &Client) -> Result<Option<HttpRequest>, Refusal> {
        let track = |identity: &str| client.microphone_of(identity).ok_or(Refusal::Gone);
        let act = match question {
            Question::Act(act) => act,
            Question::Configuration | Question::Lobby | Question::Ours(_) => {
                let Means::Visio { instance, room, account } = &self.means else { return Ok(None) };
                return Ok(match question {
                    Question::Ours(Own::Hand { raised }) => {
                        Some(visio::toggle_hand(instance, room, &self.token, *raised))
                    }
                    Question::Ours(Own::Name(name)) => Some(visio::rename(instance, room, &self.token, name)),
                    Question::Lobby => account.as_ref().map(|account| visio::waiting(instance, room, account)),
                    _ => Some(visio::room(instance, room)),
                });
            }
        };
        // Whoever is muted by now needs no muting.
        let track = match act {
            Moderation::Mute(identity) => match track(identity)? {
                (_, true) => return Ok(None),
                (sid, false) => sid,
            },
            _ => String::new(),
        };
        match &self.means {
            Means::Visio { instance, room, account } => {
                let account = account.as_ref().filter(|_| self.grants.room_admin);
                match act {
                    Moderation::Mute(identity) => {
                        Ok(Some(visio::mute(instance, room, account, &self.token, identity, &track)))
                    }
                    act => {
                        let account = account.ok_or(Refusal::NotAllowed)?;
                        visio::moderate(instance, room, account, act).map(Some).ok_or(Refusal::NotAllowed)
                    }
                }
            }
            Means::LiveKit { server } => {
                let request = room_service(server, &self.token, &self.grants.room, act, &track);
                request.map(Some).ok_or(Refusal::NotAllowed)
            }
        }
    }

    /// The answer to a request of ours. Returns who was muted by it: they are to be told by us, as the official front end
    /// does.
    pub fn answered(&mut self, id: IoId, result: &Result<HttpResponse, NetError>, now: Instant) -> Option<String> {
        let position = self.asked.iter().position(|(asked, _)| *asked == id)?;
        let (_, question) = self.asked.remove(position);
        let refusal = refusal(result);
        match (question, refusal) {
            (Question::Configuration, refusal) => {
                let configuration = result.as_ref().ok().filter(|_| refusal.is_none());
                let said = configuration.and_then(|response| visio::everyone_can_mute(&response.body));
                // What the platform does where nothing else was decided.
                self.everyone_can_mute = self.everyone_can_mute.or(Some(said.unwrap_or(true)));
            }
            (Question::Lobby, None) => {
                let waiting = result.as_ref().ok().map(|response| visio::read_waiting(&response.body));
                let waiting = waiting.unwrap_or_default();
                self.look_at = (!waiting.is_empty()).then_some(now + LOBBY_INTERVAL);
                self.tell_waiting(waiting);
            }
            (Question::Lobby, Some(Refusal::NotAllowed)) => self.refused.admit = true,
            (Question::Lobby, Some(_)) => self.look_at = Some(now + LOBBY_PATIENCE),
            (Question::Ours(_), None) => {}
            (Question::Act(Moderation::Mute(identity)), None) => return Some(identity),
            (Question::Act(act), None) => {
                if matches!(act, Moderation::Admit { .. }) {
                    self.look_at = Some(now);
                }
            }
            (Question::Ours(_), Some(why)) => self.events.push_back(Event::Refused(why)),
            (Question::Act(act), Some(why)) => {
                if why == Refusal::NotAllowed {
                    self.refuse(&act);
                }
                if matches!(act, Moderation::Admit { .. }) {
                    self.look_at = Some(now);
                }
                // Of many refused at once one is told.
                self.queue.retain(|other| !matches!(other, Question::Act(_)));
                self.events.push_back(Event::Refused(why));
            }
        }
        None
    }

    /// What was refused once is not offered again.
    fn refuse(&mut self, act: &Moderation) {
        match act {
            Moderation::Admit { .. } => self.refused.admit = true,
            Moderation::Mute(_) => self.refused.mute = true,
            Moderation::MuteAll | Moderation::Remove(_) | Moderation::LowerHand(_) => self.refused.moderate = true,
            Moderation::EndForAll => self.refused.end = true,
        }
    }

    /// Reads the token and the room's configuration again where they are new, and tells what follows.
    fn look(&mut self, client: &Client) {
        if client.token() != self.token {
            client.token().clone_into(&mut self.token);
            let grants = Grants::of(&self.token);
            if grants != self.grants {
                self.refused = Rights::default();
            }
            self.grants = grants;
        }
        if client.metadata() != self.metadata {
            client.metadata().clone_into(&mut self.metadata);
            if let Some(said) = visio::everyone_can_mute(self.metadata.as_bytes()) {
                self.everyone_can_mute = Some(said);
                self.refused.mute = false;
            }
        }
        let rights = self.rights();
        if rights != self.told {
            self.told = rights;
            self.events.push_back(Event::Rights(rights));
            if !rights.admit {
                self.tell_waiting(Vec::new());
            }
        }
    }

    fn rights(&self) -> Rights {
        if !self.is_in {
            return Rights::default();
        }
        let Grants { room_admin, room_create, room } = &self.grants;
        let granted = match &self.means {
            Means::Visio { account, .. } => {
                let admin = account.is_some() && *room_admin;
                let mute = admin || self.everyone_can_mute == Some(true);
                Rights { mute, moderate: admin, admit: admin, end: false }
            }
            Means::LiveKit { .. } => {
                let admin = *room_admin && !room.is_empty();
                Rights { mute: admin, moderate: admin, admit: false, end: *room_create && !room.is_empty() }
            }
        };
        Rights {
            mute: granted.mute && !self.refused.mute,
            moderate: granted.moderate && !self.refused.moderate,
            admit: granted.admit && !self.refused.admit,
            end: granted.end && !self.refused.end,
        }
    }

    fn tell_waiting(&mut self, waiting: Vec<Waiting>) {
        if waiting != self.told_waiting {
            self.told_waiting.clone_from(&waiting);
            self.events.push_back(Event::Waiting(waiting));
        }
    }
}

/// Why something was not done; `None`: it was.
fn refusal(result: &Result<HttpResponse, NetError>) -> Option<Refusal> {
    match result.as_ref().map(|response| response.status) {
        Ok(200..=299) => None,
        Ok(401 | 403) => Some(Refusal::NotAllowed),
        Ok(404) => Some(Refusal::Gone),
        // The server's words for somebody who is not there are a crash of its own, but so are other troubles.
        Ok(_) | Err(_) => Some(Refusal::Failed),
    }
}

#[cfg(test)]
mod tests;
