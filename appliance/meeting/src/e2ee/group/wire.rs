//! What members and those who want to be members say to each other.
//!
//! ```text
//! version = 1 | kind | body
//! kind 1, standing:  joined (8) | hindered | 0
//!                    joined (8) | hindered | 1 | length | group id | epoch (8) | confirmation (16)
//! kind 2, ask:       length | to | MLSMessage (key package)
//! kind 3, change:    length (4) | MLSMessage (commit) | MLSMessage (welcome)
//! ```
//! Lengths are of one byte where nothing else is said; all numbers are big-endian; what comes last goes to the end.

use super::membership::{CONFIRMATION_BYTES, Change};

const VERSION: u8 = 1;
const STANDING: u8 = 1;
const ASK: u8 = 2;
const CHANGE: u8 = 3;

/// A group's id is this long at most; ours are 16 bytes.
const GROUP_ID_BYTES_MAX: usize = 64;

/// One message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    Standing(Standing),
    /// A wish to be let in, to whom the server calls `to` (a participant's sid).
    Ask {
        to: String,
        key_package: Vec<u8>,
    },
    Change(Change),
}

/// Where somebody stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Standing {
    /// Since when they are in the meeting, as the server told them: milliseconds since the Unix epoch. Who joined first
    /// leads, and everybody is to know the same of it.
    pub joined_ms: i64,
    /// Somebody is there who is not with them.
    pub hindered: bool,
    /// `None`: they are in no group.
    pub place: Option<Place>,
}

/// A group, at an epoch, and the proof of being in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub group: Vec<u8>,
    pub epoch: u64,
    pub confirmation: [u8; CONFIRMATION_BYTES],
}

impl Message {
    /// The message in bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![VERSION];
        match self {
            Message::Standing(Standing { joined_ms, hindered, place }) => {
                bytes.push(STANDING);
                bytes.extend(joined_ms.to_be_bytes());
                bytes.extend([u8::from(*hindered), u8::from(place.is_some())]);
                if let Some(Place { group, epoch, confirmation }) = place {
                    short(group, &mut bytes);
                    bytes.extend(epoch.to_be_bytes());
                    bytes.extend(confirmation);
                }
            }
            Message::Ask { to, key_package } => {
                bytes.push(ASK);
                short(to.as_bytes(), &mut bytes);
                bytes.extend(key_package);
            }
            Message::Change(Change { commit, welcome }) => {
                bytes.push(CHANGE);
                bytes.extend((commit.len() as u32).to_be_bytes());
                bytes.extend(commit);
                bytes.extend(welcome);
            }
        }
        bytes
    }

    /// Reads one. `None`: it is none of this version.
    pub fn decode(bytes: &[u8]) -> Option<Message> {
        let [VERSION, kind, rest @ ..] = bytes else { return None };
        match *kind {
            STANDING => {
                let (joined, rest) = rest.split_first_chunk::<8>()?;
                let [hindered @ (0 | 1), placed @ (0 | 1), rest @ ..] = rest else { return None };
                let place = if *placed == 1 { Some(place(rest)?) } else { None };
                let is_whole = place.is_some() || rest.is_empty();
                let (joined_ms, hindered) = (i64::from_be_bytes(*joined), *hindered == 1);
                is_whole.then_some(Message::Standing(Standing { joined_ms, hindered, place }))
            }
            ASK => {
                let (to, key_package) = take_short(rest)?;
                let to = String::from_utf8(to.to_vec()).ok()?;
                Some(Message::Ask { to, key_package: key_package.to_vec() })
            }
            CHANGE => {
                let (length, rest) = rest.split_first_chunk::<4>()?;
                let (commit, welcome) = rest.split_at_checked(u32::from_be_bytes(*length) as usize)?;
                Some(Message::Change(Change { commit: commit.to_vec(), welcome: welcome.to_vec() }))
            }
            _ => None,
        }
    }
}

fn place(bytes: &[u8]) -> Option<Place> {
    let (group, rest) = take_short(bytes)?;
    let (epoch, rest) = rest.split_first_chunk::<8>()?;
    let confirmation = rest.try_into().ok()?;
    let fits = !group.is_empty() && group.len() <= GROUP_ID_BYTES_MAX;
    fits.then(|| Place { group: group.to_vec(), epoch: u64::from_be_bytes(*epoch), confirmation })
}

/// What is longer than a byte can say is cut: only a server gives such names, and nobody is called so.
fn short(text: &[u8], out: &mut Vec<u8>) {
    let text = &text[..text.len().min(255)];
    out.push(text.len() as u8);
    out.extend(text);
}

fn take_short(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first()?;
    rest.split_at_checked(usize::from(*length))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn place() -> impl Strategy<Value = Place> {
        (prop::collection::vec(any::<u8>(), 1..64), any::<u64>(), any::<[u8; CONFIRMATION_BYTES]>())
            .prop_map(|(group, epoch, confirmation)| Place { group, epoch, confirmation })
    }

    fn message() -> impl Strategy<Value = Message> {
        let bytes = || prop::collection::vec(any::<u8>(), 0..40);
        prop_oneof![
            (any::<i64>(), any::<bool>(), prop::option::of(place()))
                .prop_map(|(joined_ms, hindered, place)| Message::Standing(Standing { joined_ms, hindered, place })),
            ("[a-zA-Z_]{0,20}", bytes()).prop_map(|(to, key_package)| Message::Ask { to, key_package }),
            (bytes(), bytes()).prop_map(|(commit, welcome)| Message::Change(Change { commit, welcome })),
        ]
    }

    proptest! {
        #[test]
        fn a_message_comes_back(message in message()) {
            prop_assert_eq!(Message::decode(&message.encode()), Some(message));
        }

        #[test]
        fn what_reads_as_a_message_is_written_the_same_way(bytes in prop::collection::vec(0_u8..4, 0..60)) {
            if let Some(message) = Message::decode(&bytes) {
                prop_assert_eq!(message.encode(), bytes);
            }
        }
    }
}
