//! Bad days on a virtual clock: the room and its meeting session against the sandbox, seeded.
//!
//! A [`World`](world::World) holds the room under test ([`appliance`]), a guest in the same meeting ([`guest`]),
//! the platform ([`cloud`]) and the network between them ([`air`]). A [`Plan`](plan::Plan) is everything that goes
//! wrong on one day and everything people wish for, drawn from a seed before the day begins. [`day::run`] lives
//! through it while [`promises`] watches.
//!
//! What the seed decides: the weather, the fate of each packet by its place in the sequence of packets, every fault,
//! every wish and their times. What it cannot: the keys, certificates and ICE credentials that str0m draws from the
//! operating system, and the order of a few hash maps. A failing seed therefore fails again nearly always, not always.
#![forbid(unsafe_code)]

pub mod air;
pub mod appliance;
pub mod cloud;
pub mod day;
pub mod evidence;
pub mod guest;
pub mod line;
pub mod media;
pub mod pair;
pub mod plan;
pub mod promises;
pub mod translate;
pub mod world;
