//! Writes the evidence of meetings on a thread of its own: the disk may be slow, or full, and no meeting waits for it.

use evidence::Event;
use jiff::Timestamp;
use tokio::sync::mpsc;

use crate::evidence_store::EvidenceStore;

/// Records that may wait to be written; further ones are lost, which is said. A meeting makes one at its begin and end, and
/// every five minutes.
const QUEUE: usize = 32;

/// Where records go.
#[derive(Clone)]
pub struct Recorder(mpsc::Sender<(Event, Timestamp)>);

impl Recorder {
    /// Writes into this store until nobody has a recorder any more.
    pub fn start(mut store: EvidenceStore) -> Recorder {
        let (records, mut queue) = mpsc::channel(QUEUE);
        tokio::task::spawn_blocking(move || {
            while let Some((event, written)) = queue.blocking_recv() {
                if let Err(error) = store.append(event, written) {
                    tracing::error!("evidence of a meeting could not be written: {error:#}");
                }
            }
        });
        Recorder(records)
    }

    /// Has a record written. Where the disk is so slow that others still wait, it is lost, and the log says so: a meeting
    /// goes on, and its next record says all that this one would have.
    pub fn write(&self, event: Event) {
        if self.0.try_send((event, Timestamp::now())).is_err() {
            tracing::error!("evidence of a meeting could not be written: the disk does not keep up");
        }
    }
}
