//! The edge where LiveKit's protobuf messages become our own types, and back.
//!
//! No type of `livekit_protocol` is named outside this folder. What the server sends is decoded
//! leniently: unknown messages become [`Signal::Other`], unknown enum values a sensible default.

mod data;
mod join;
mod sealed;
mod signal;

pub use data::{Packet, Payload, Segment, decode_packet, encode_packet, encode_packet_to};
pub(crate) use join::{Auth, Shape, join_url, validate_url};
pub use sealed::{open_packet, seal_packet};
pub use signal::{
    AddTrack, IceServer, Info, Joined, Leave, LeaveAction, LeaveReason, Permission, Published, Request, RoomInfo,
    Signal, SyncState, Target, TrackInfo, decode_signal, encode_request,
};
