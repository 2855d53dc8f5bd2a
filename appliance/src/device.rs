//! This device, as evidence has it sign and as encrypted meetings have it say who it is.

use std::sync::Arc;
use std::time::Duration;

use evidence::{PublicKey, SignError};
use identity::Chain;
use meeting::device as m;

use crate::identity_store::{Held, RoomIdentity};

/// Signs with the device key.
struct Key {
    identity: Arc<RoomIdentity>,
    public: PublicKey,
    chain: Vec<Vec<u8>>,
}

impl Key {
    fn of(identity: Arc<RoomIdentity>) -> anyhow::Result<Key> {
        let public = PublicKey::from_spki(identity.key.spki())?;
        let chain = identity.chain.ders().map(<[u8]>::to_vec).collect();
        Ok(Key { identity, public, chain })
    }
}

impl evidence::Signer for Key {
    fn public_key(&self) -> PublicKey {
        self.public
    }

    fn sign(&self, message: &[u8]) -> Result<[u8; 64], SignError> {
        Ok(self.identity.key.sign_fixed(message)?)
    }
}

impl m::Signer for Key {
    fn certificate_chain(&self) -> &[Vec<u8>] {
        &self.chain
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, m::Unsigned> {
        self.identity.key.sign_der(message).map_err(|_| m::Unsigned)
    }
}

/// Judges others by what this room believes now.
struct Judge(Held);

impl m::Judge for Judge {
    fn judge(&self, chain: &[Vec<u8>], now: Duration) -> Result<m::Verified, m::Unverified> {
        let chain = Chain::from_der(chain.iter().map(Vec::as_slice)).map_err(|_| m::Unverified::Malformed)?;
        let believed = self.0.borrow().clone().ok_or(m::Unverified::UnknownAuthority)?;
        let verified = believed.verify(&chain, now).map_err(|why| {
            tracing::debug!(%why, "somebody's certificate does not say who they are");
            reason(why)
        })?;
        Ok(m::Verified { name: verified.name, by: verified.by })
    }
}

fn reason(why: identity::Unverified) -> m::Unverified {
    use identity::Unverified as Why;
    match why {
        Why::SelfSigned | Why::UnknownAuthority | Why::Forged | Why::OutOfBounds => m::Unverified::UnknownAuthority,
        Why::Expired | Why::AuthorityExpired => m::Unverified::Expired,
        Why::NotYetValid => m::Unverified::NotYetValid,
        // A list that is missing or old could have it.
        Why::Revoked | Why::ListStale | Why::ListMissing | Why::ListForged => m::Unverified::Revoked,
        Why::WrongUsage | Why::Algorithm | Why::Nameless | Why::Unreadable => m::Unverified::Malformed,
    }
}

/// The device as evidence has it sign.
///
/// # Errors
/// When its key is of a kind that evidence does not know.
pub fn signs_evidence(identity: Arc<RoomIdentity>) -> anyhow::Result<Box<dyn evidence::Signer + Send + Sync>> {
    Ok(Box::new(Key::of(identity)?))
}

/// The device as it takes part in a meeting's group, with verified members only if so. `None`: the room has no key, and
/// stays with the meeting's.
pub fn in_meetings(held: &Held, verified_only: bool) -> Option<m::Device> {
    let identity = held.borrow().clone()?;
    let key = Key::of(identity).ok()?;
    Some(m::Device { signer: Arc::new(key), judge: Arc::new(Judge(held.clone())), verified_only })
}
