//! What a hostile server says that is not so.

use livekit_protocol as lk;

use super::Core;

/// Lies to everybody who joins from now on. None unless a test tells some.
#[derive(Debug, Clone, Default)]
pub struct Lies {
    /// Candidates that stand in every description and come by trickle beside the true ones, as after `a=candidate:`.
    pub candidates: Vec<String>,
    /// TURN servers, with whatever credentials.
    pub turn_urls: Vec<String>,
    /// Whether media may go over these TURN servers only.
    pub force_relay: bool,
}

impl Lies {
    /// A description with the false candidates, where the true ones stand.
    pub(super) fn in_description(&self, sdp: &str) -> String {
        let mut told = String::with_capacity(sdp.len());
        for line in sdp.split_inclusive('\n') {
            told.push_str(line);
            if line.starts_with("a=candidate:") {
                told.extend(self.candidates.iter().map(|candidate| format!("a=candidate:{candidate}\r\n")));
            }
        }
        told
    }

    pub(super) fn ice_servers(&self) -> Vec<lk::IceServer> {
        let server = lk::IceServer { urls: self.turn_urls.clone(), username: "u".into(), credential: "p".into() };
        if self.turn_urls.is_empty() { Vec::new() } else { vec![server] }
    }

    pub(super) fn configuration(&self) -> Option<lk::ClientConfiguration> {
        let force_relay = lk::ClientConfigSetting::Enabled as i32;
        self.force_relay.then(|| lk::ClientConfiguration { force_relay, ..Default::default() })
    }
}

impl Core {
    /// What to tell those who join from now on.
    pub fn tell_lies(&mut self, lies: Lies) {
        self.lies = lies;
    }
}
