//! The way between one participant and the server, where it misbehaves.

use std::net::SocketAddr;
use std::time::Instant;

use crate::network::{Network, Weather};

/// A datagram from a participant: who sent it from where, and what.
type Arriving = (SocketAddr, SocketAddr, Vec<u8>);

/// Both directions of a participant's datagrams, each with its own luck and its own bottleneck.
/// Streams (signalling, ICE-TCP) pass unharmed.
pub(super) struct Link {
    pub inbound: Network<Arriving>,
    pub outbound: Network<(SocketAddr, Vec<u8>)>,
}

impl Link {
    pub fn new(seed: u64, weather: Weather) -> Link {
        Link { inbound: Network::new(seed, weather), outbound: Network::new(!seed, weather) }
    }

    pub fn set(&mut self, up: Weather, down: Weather) {
        self.inbound.set_weather(up);
        self.outbound.set_weather(down);
    }

    pub fn deadline(&self) -> Option<Instant> {
        [self.inbound.next_due(), self.outbound.next_due()].into_iter().flatten().min()
    }
}
