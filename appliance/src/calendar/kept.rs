//! The last agenda, kept in a file for when the calendar cannot be read. Only what may be shown is in
//! it; since links open meetings, nobody else may read it.

use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use room::destination::ParseContext;
use room::venue::{Obstacle, Platform, Venue};
use room::{AgendaEntry, Destination, Title};
use serde::{Deserialize, Serialize};

use crate::whole_file;

/// A file larger than this is not ours.
const FILE_BYTES_MAX: u64 = 4 << 20;

/// What the calendar said, and when.
#[derive(Debug, Clone, PartialEq)]
pub struct Kept {
    pub as_of: Timestamp,
    pub entries: Vec<AgendaEntry>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    as_of: Timestamp,
    meetings: Vec<Item>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Item {
    start_s: u64,
    end_s: u64,
    #[serde(default)]
    all_day: bool,
    #[serde(default)]
    private: bool,
    title: Option<String>,
    link: Option<String>,
    obstacle: Option<String>,
    uid: Option<String>,
    #[serde(default)]
    transparent: bool,
}

impl Kept {
    /// What was kept, when it can be understood.
    pub fn load(path: &Path, context: &ParseContext) -> Option<Kept> {
        if std::fs::metadata(path).ok()?.len() > FILE_BYTES_MAX {
            return None;
        }
        Kept::parse(&std::fs::read(path).ok()?, context)
    }

    fn parse(bytes: &[u8], context: &ParseContext) -> Option<Kept> {
        let file: File = serde_json::from_slice(bytes).ok()?;
        let entry = |item: Item| AgendaEntry {
            title: match (item.private, item.title) {
                (true, _) => Title::Private,
                (false, Some(title)) => Title::Plain(title),
                (false, None) => Title::Untitled,
            },
            start: Duration::from_secs(item.start_s),
            end: Duration::from_secs(item.end_s),
            all_day: item.all_day,
            venue: venue(item.link.as_deref(), item.obstacle.as_deref(), context),
            uid: item.uid,
            is_transparent: item.transparent,
        };
        Some(Kept { as_of: file.as_of, entries: file.meetings.into_iter().map(entry).collect() })
    }

    fn bytes(&self) -> anyhow::Result<Vec<u8>> {
        let item = |entry: &AgendaEntry| {
            let (link, obstacle) = match &entry.venue {
                // Its key stays with the calendar, and without it the link would lead into a meeting in clear.
                Some(Venue::Joinable(destination)) if destination.is_end_to_end_encrypted() => {
                    (None, Some(name(Obstacle::KeyMissing).to_owned()))
                }
                Some(Venue::Joinable(destination)) => (Some(link(destination)), None),
                Some(Venue::NotJoinable(obstacle)) => (None, Some(name(*obstacle).to_owned())),
                None => (None, None),
            };
            Item {
                start_s: entry.start.as_secs(),
                end_s: entry.end.as_secs(),
                all_day: entry.all_day,
                private: entry.title == Title::Private,
                title: match &entry.title {
                    Title::Plain(title) => Some(title.clone()),
                    Title::Untitled | Title::Private => None,
                },
                link,
                obstacle,
                uid: entry.uid.clone(),
                transparent: entry.is_transparent,
            }
        };
        let file = File { as_of: self.as_of, meetings: self.entries.iter().map(item).collect() };
        Ok(serde_json::to_vec(&file)?)
    }

    /// Replaces what was kept before, whole or not at all.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn save(&self, path: &Path) -> anyhow::Result<()> {
        whole_file::replace(path, &self.bytes()?)
    }
}

fn link(destination: &Destination) -> String {
    match destination {
        Destination::Visio { instance, slug, .. } => format!("{instance}{slug}"),
        // Its token is not kept: the configuration has it.
        Destination::LiveKit { server, .. } => server.to_string(),
    }
}

fn venue(link: Option<&str>, obstacle: Option<&str>, context: &ParseContext) -> Option<Venue> {
    match (link, obstacle) {
        (Some(link), _) => Destination::parse(link, context).ok().map(Venue::Joinable),
        (None, Some(word)) => Some(Venue::NotJoinable(match word {
            "token-missing" => Obstacle::TokenMissing,
            "not-encrypted" => Obstacle::NotEncrypted,
            "link-rewritten" => Obstacle::LinkRewritten,
            "key-missing" => Obstacle::KeyMissing,
            name => Obstacle::Platform(Platform::ALL.into_iter().find(|platform| platform.name() == name)?),
        })),
        (None, None) => None,
    }
}

fn name(obstacle: Obstacle) -> &'static str {
    match obstacle {
        Obstacle::TokenMissing => "token-missing",
        Obstacle::NotEncrypted => "not-encrypted",
        Obstacle::LinkRewritten => "link-rewritten",
        Obstacle::KeyMissing => "key-missing",
        Obstacle::Platform(platform) => platform.name(),
    }
}
