//! The state of the room from change to change, for all who follow it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures_util::Stream;
use futures_util::stream::unfold;
use serde_json::{Map, Value};
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

use super::state::{Screen, State};

/// Changes that may wait for a slow client; then it misses some and is told so.
const CHANGES_MAX: usize = 64;
/// For so long after a meeting a display may still show it.
const AFTERGLOW: Duration = Duration::from_secs(1);

/// The newest state, and a stream of what changes in it.
pub struct Feed {
    /// Tells this life of the daemon from earlier ones, whose numbers mean nothing now.
    life: String,
    newest: Mutex<Newest>,
    changes: broadcast::Sender<Change>,
}

struct Newest {
    /// Counts the changes.
    number: u64,
    state: State,
    /// The same, to compare with the next one.
    json: Value,
    left_call: Option<Instant>,
}

#[derive(Clone)]
struct Change {
    number: u64,
    patch: Arc<str>,
}

/// What a client is told.
#[derive(Debug, PartialEq, Eq)]
pub enum Told {
    /// The whole state, as JSON.
    State { id: String, json: String },
    /// What changed, as a JSON merge patch (RFC 7396).
    Change { id: String, patch: String },
    /// Changes were missed. The whole state follows.
    Missed,
}

impl Feed {
    pub fn new(state: State) -> Feed {
        let json = json_of(&state);
        Feed {
            life: format!("{:08x}", fastrand::u32(..)),
            newest: Mutex::new(Newest { number: 0, state, json, left_call: None }),
            changes: broadcast::channel(CHANGES_MAX).0,
        }
    }

    /// What the room is now. Cheap when that is as before.
    pub fn publish(&self, state: State) {
        let mut newest = self.newest();
        if newest.state == state {
            return;
        }
        if newest.state.screen == Screen::InCall && state.screen != Screen::InCall {
            newest.left_call = Some(Instant::now());
        }
        let json = json_of(&state);
        let patch = merge_patch(&newest.json, &json).to_string().into();
        newest.number += 1;
        (newest.state, newest.json) = (state, json);
        // Sent under the lock: who begins to follow gets either the state before it and this, or the state after it.
        let _ = self.changes.send(Change { number: newest.number, patch }); // nobody may follow
    }

    /// The newest state.
    pub fn state(&self) -> State {
        self.newest().state.clone()
    }

    /// Whether the screens show a meeting, or may still.
    pub fn shows_a_meeting(&self) -> bool {
        let newest = self.newest();
        newest.state.screen == Screen::InCall || newest.left_call.is_some_and(|at| at.elapsed() < AFTERGLOW)
    }

    /// The whole state, then every change. `seen`: the id of the last thing that the client was told before; if
    /// something has changed since, it is told that it missed it.
    pub fn follow(self: Arc<Feed>, seen: Option<&str>) -> impl Stream<Item = Told> + Send + use<> {
        let mut follower =
            Follower { changes: self.changes.subscribe(), feed: self, number: 0, waiting: VecDeque::new() };
        follower.begin();
        let id = follower.feed.id(follower.number);
        if seen.is_some_and(|seen| seen != id) {
            follower.waiting.push_front(Told::Missed);
        }
        unfold(follower, |mut follower| async move { Some((follower.next().await?, follower)) })
    }

    fn id(&self, number: u64) -> String {
        format!("{}-{number}", self.life)
    }

    fn newest(&self) -> MutexGuard<'_, Newest> {
        self.newest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A client on its way through the changes.
struct Follower {
    feed: Arc<Feed>,
    changes: broadcast::Receiver<Change>,
    /// The last change it knows of.
    number: u64,
    waiting: VecDeque<Told>,
}

impl Follower {
    fn begin(&mut self) {
        let (number, json) = {
            let newest = self.feed.newest();
            (newest.number, newest.json.to_string())
        };
        self.number = number;
        self.waiting.push_back(Told::State { id: self.feed.id(number), json });
    }

    async fn next(&mut self) -> Option<Told> {
        loop {
            if let Some(told) = self.waiting.pop_front() {
                return Some(told);
            }
            match self.changes.recv().await {
                // Part of the whole state that was told.
                Ok(change) if change.number <= self.number => {}
                Ok(Change { number, patch }) => {
                    self.number = number;
                    return Some(Told::Change { id: self.feed.id(number), patch: patch.as_ref().to_owned() });
                }
                Err(RecvError::Lagged(_)) => {
                    // What still waits is part of the state that is told now.
                    self.changes = self.changes.resubscribe();
                    self.waiting.push_back(Told::Missed);
                    self.begin();
                }
                Err(RecvError::Closed) => return None,
            }
        }
    }
}

fn json_of(state: &State) -> Value {
    serde_json::to_value(state).unwrap_or_default()
}

/// What makes `after` of `before` (RFC 7396). A member that is null is as good as one that is not there.
fn merge_patch(before: &Value, after: &Value) -> Value {
    let (Value::Object(before), Value::Object(after)) = (before, after) else { return after.clone() };
    let mut patch = Map::new();
    for (name, value) in after {
        match before.get(name) {
            Some(old) if old == value => {}
            Some(old) => drop(patch.insert(name.clone(), merge_patch(old, value))),
            None => drop(patch.insert(name.clone(), value.clone())),
        }
    }
    for name in before.keys().filter(|name| !after.contains_key(*name)) {
        patch.insert(name.clone(), Value::Null);
    }
    Value::Object(patch)
}

#[cfg(test)]
mod tests {
    use futures_util::StreamExt;
    use room::view::Language;
    use room::{Room, RoomConfig};
    use serde_json::json;

    use super::*;

    fn at_volume(volume_percent: u8) -> State {
        let now = crate::room_task::now();
        let view = Room::new(RoomConfig { language: Language::English, ..RoomConfig::named("Turing") }, now).view(now);
        State { volume_percent, ..State::of(&view, now) }
    }

    #[tokio::test]
    async fn who_follows_gets_the_state_then_each_change_and_only_what_changed() {
        let feed = Arc::new(Feed::new(at_volume(70)));
        feed.publish(at_volume(60));
        let mut told = Box::pin(feed.clone().follow(None));
        let Some(Told::State { id, json }) = told.next().await else { panic!("no state") };
        assert!(id.ends_with("-1") && json.contains("\"volume_percent\":60"), "{id} {json}");
        feed.publish(at_volume(60));
        feed.publish(at_volume(50));
        feed.publish(at_volume(40));
        for (number, volume) in [(2, 50), (3, 40)] {
            let Some(Told::Change { id, patch }) = told.next().await else { panic!("no change") };
            assert!(id.ends_with(&format!("-{number}")), "{id}");
            assert_eq!(patch, json!({ "volume_percent": volume }).to_string());
        }
    }

    #[tokio::test]
    async fn a_slow_client_is_told_that_it_missed_something_and_gets_the_whole_state_again() {
        let feed = Arc::new(Feed::new(at_volume(0)));
        let mut told = Box::pin(feed.clone().follow(None));
        assert!(matches!(told.next().await, Some(Told::State { .. })));
        for round in 0..CHANGES_MAX + 10 {
            feed.publish(at_volume(round as u8 + 1));
        }
        assert_eq!(told.next().await, Some(Told::Missed));
        let Some(Told::State { id, json }) = told.next().await else { panic!("no state") };
        assert!(id.ends_with("-74") && json.contains("\"volume_percent\":74"), "{id} {json}");
        // What waits is in that state already: the next thing told is the next change.
        feed.publish(at_volume(100));
        let Some(Told::Change { id, .. }) = told.next().await else { panic!("no change") };
        assert!(id.ends_with("-75"), "{id}");
    }

    #[tokio::test]
    async fn who_comes_back_is_told_whether_it_missed_something() {
        let feed = Arc::new(Feed::new(at_volume(0)));
        let Some(Told::State { id, .. }) = Box::pin(feed.clone().follow(None)).next().await else { panic!("no state") };
        let first = |seen: String| {
            let feed = feed.clone();
            async move { Box::pin(feed.follow(Some(&seen))).next().await }
        };
        assert!(matches!(first(id.clone()).await, Some(Told::State { .. })));
        assert_eq!(first("another-life-0".into()).await, Some(Told::Missed));
        feed.publish(at_volume(1));
        assert_eq!(first(id).await, Some(Told::Missed));
    }

    #[test]
    fn a_patch_says_what_changed_and_nothing_else() {
        let before = json!({ "a": 1, "b": { "c": [1], "d": null }, "e": 2, "f": { "g": 1 } });
        let after = json!({ "a": 1, "b": { "c": [1, 2], "d": null }, "f": null });
        assert_eq!(merge_patch(&before, &after), json!({ "b": { "c": [1, 2] }, "e": null, "f": null }));
    }
}
