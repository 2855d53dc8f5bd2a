//! Group keys: MLS (RFC 9420) over a meeting's data channel, and SFrame (RFC 9605) for the frames.
//!
//! A [`Group`] is one participant's part in it: it takes the roster, the packets of others and the time, and gives packets
//! to send to everybody, and an [`Encryption`](crate::io::Encryption) to show. Whoever is in the group has a key of its
//! own, which changes whenever somebody comes or goes; nobody else has it, not even with the meeting's passphrase.
//!
//! Nobody puts messages in order but their senders. So one rule decides who changes a group: the *leader*, which is whoever
//! came first of those that speak this protocol. Everybody else follows: whoever is not in the leader's group, at its epoch,
//! asks to be let in, again and again. Whatever was lost, repeated or done twice, this comes to rest in one place only: everybody
//! in the leader's group, and nobody asking. `docs/e2ee.md` has the protocol, docs/decisions/0027-group-keys.md why.

mod asks;
mod code;
mod credential;
mod delivery;
mod frames;
mod membership;
mod parts;
mod presence;
mod wire;

pub use code::authentication_code;
pub use delivery::{Group, Peer};
pub use frames::{Frames, Unopened as GroupUnopened, is_of_group, stream};
pub use membership::{BadLeaf, Candidacy, Candidate, Change, Failure, Leaf, Membership};
pub use parts::{Parts, split};
pub use wire::{Message, Place, Standing};
