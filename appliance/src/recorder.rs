//! Writes the evidence of meetings on a thread of its own: the disk may be slow, or full, and no meeting waits for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use evidence::Event;
use jiff::Timestamp;
use tokio::sync::mpsc;

use crate::evidence_store::EvidenceStore;

/// Records that may wait to be written; further ones are lost, which is said. A meeting makes one at its begin and end, and
/// every five minutes.
const QUEUE: usize = 32;

/// Where records go.
#[derive(Clone)]
pub struct Recorder {
    records: mpsc::Sender<(Event, Timestamp)>,
    /// Whether the last record was written.
    keeps: Arc<AtomicBool>,
}

impl Recorder {
    /// Writes into this store until nobody has a recorder any more.
    pub fn start(mut store: EvidenceStore) -> Recorder {
        let (records, mut queue) = mpsc::channel(QUEUE);
        let keeps = Arc::new(AtomicBool::new(true));
        let told = keeps.clone();
        tokio::task::spawn_blocking(move || {
            while let Some((event, written)) = queue.blocking_recv() {
                let written = store.append(event, written);
                if let Err(error) = &written {
                    tracing::error!("evidence of a meeting could not be written: {error:#}");
                }
                told.store(written.is_ok(), Ordering::Relaxed);
            }
        });
        Recorder { records, keeps }
    }

    /// Has a record written. Where the disk is so slow that others still wait, it is lost, and the log says so: a meeting
    /// goes on, and its next record says all that this one would have.
    pub fn write(&self, event: Event) {
        if self.records.try_send((event, Timestamp::now())).is_err() {
            tracing::error!("evidence of a meeting could not be written: the disk does not keep up");
            self.keeps.store(false, Ordering::Relaxed);
        }
    }

    /// Whether the last record could be written.
    pub fn keeps(&self) -> bool {
        self.keeps.load(Ordering::Relaxed)
    }
}
