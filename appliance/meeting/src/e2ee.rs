//! End-to-end encryption as LiveKit does it: whole encoded frames, between the codecs and RTP.
//!
//! A [`Sealer`] encrypts what we send, an [`Opener`] decrypts what others send; between them is only the
//! server, which forwards what it cannot read. [`Key`]s come from a passphrase that everybody in the
//! meeting has (the fragment of the meeting's link, which browsers never send), or from raw bytes. The
//! cipher is AES-GCM; what of a frame stays clear, so that servers can tell key frames and cut packets, is
//! authenticated with it.
//!
//! A shared passphrase says that somebody who has the link sent a frame, and not who. It knows no forward
//! secrecy, and whoever leaves keeps the key.
//!
//! Format: livekit-client 2.21, `src/e2ee`; the wire is described in `docs/e2ee.md`.
//!
//! ```
//! use meeting::e2ee::{Key, Opener, Profile, Sealer, Stamp};
//! use meeting::io::Codec;
//! let key = || Key::from_passphrase("0123456789abcdef0123456789abcdef0123456789abcdef", &Profile::SHARED);
//! let mut sealer = Sealer::new(key(), 0);
//! let mut opener = Opener::new(Profile::SHARED, [(0, key())]);
//! let voice = [0x78, 1, 2, 3, 4];
//! let wire = sealer.seal(Codec::Opus, Stamp { stream: 1, time: 960 }, &voice).unwrap();
//! assert_eq!(opener.open(Codec::Opus, true, &wire).unwrap(), voice);
//! ```

mod data;
mod frame;
pub mod group;
mod injected;
mod key;
mod nal;
mod ring;
mod secret;
pub mod sframe;

pub use data::SealedData;
pub(crate) use frame::random;
pub use frame::{Sealer, Stamp, clear_bytes};
pub use injected::{Injected, injected};
pub use key::{Key, KeySize};
pub use nal::{escape, unescape};
pub use ring::{Opener, Profile, Unopened};
pub use secret::Secret;
