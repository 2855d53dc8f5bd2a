//! Our place in an MLS group (RFC 9420).
//!
//! A [`Candidacy`] is a key package we have sent, with the keys that open the answer; a [`Membership`] is a group we
//! are in, at one epoch. Each has its keys to itself, and they are wiped with it.

use openmls::prelude::tls_codec::{Deserialize as _, Serialize as _};
use openmls::prelude::*;
use openmls_rust_crypto::OpenMlsRustCrypto;
use zeroize::{Zeroize, Zeroizing};

use super::credential::{BadCredential, chain_of, of_chain};
use crate::device::Device;

/// `MLS_128_DHKEMP256_AES128GCM_SHA256_P256` (RFC 9420, section 17.1).
const SUITE: Ciphersuite = Ciphersuite::MLS_128_DHKEMP256_AES128GCM_SHA256_P256;

/// The extension of a leaf that names its owner's participant in the meeting: the identity in UTF-8. In the range for
/// private use (RFC 9420, section 17.3).
const PARTICIPANT: u16 = 0xf4c5;
const PARTICIPANT_BYTES_MAX: usize = 256;

/// Leaves in a group at most.
pub const MEMBERS_MAX: usize = 200;

/// What a key's owner proves that it has.
pub const CONFIRMATION_BYTES: usize = 16;
const CONFIRMATION_LABEL: &str = "Huis Clos 1.0 Confirmation";

/// RFC 9605, section 5.2. The length is that of AES-128.
const BASE_KEY_LABEL: &str = "SFrame 1.0 Base Key";
pub const BASE_KEY_BYTES: usize = 16;

/// Why something did not come to pass.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error("the message is not of MLS, or of another kind")]
    Unreadable,
    #[error("the key package is not valid")]
    KeyPackage,
    #[error("a member's leaf is not what it should be")]
    Leaf(#[from] BadLeaf),
    #[error("our own key package cannot be made")]
    Candidacy,
    #[error("the group cannot be made")]
    Creation,
    #[error("the welcome does not let us in")]
    Welcome,
    #[error("the commit is not for this group at this epoch, or not valid")]
    Commit,
    #[error("the commit does what nobody asked for")]
    Proposal,
    #[error("the commit makes its sender somebody else")]
    Disguise,
    #[error("the change cannot be made")]
    Change,
    #[error("nothing can be exported")]
    Export,
    #[error("we were removed")]
    Removed,
}

/// What is wrong with a leaf.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadLeaf {
    #[error("its credential")]
    Credential(#[from] BadCredential),
    #[error("it names no participant")]
    Nameless,
    #[error("it names somebody else")]
    OtherParticipant,
    #[error("two of them name the same participant")]
    Twice,
    #[error("there are too many")]
    TooMany,
}

/// A member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaf {
    pub index: u32,
    /// The identity in the meeting that the member says is its own.
    pub participant: String,
    /// Certificates in DER; the first is for the key that the member signs with.
    pub chain: Vec<Vec<u8>>,
}

/// Cryptography and what is kept of keys, for one group; wiped with it.
#[derive(Default)]
struct Keys(OpenMlsRustCrypto);

impl Drop for Keys {
    fn drop(&mut self) {
        if let Ok(mut values) = self.0.storage().values.write() {
            values.values_mut().for_each(Zeroize::zeroize);
        }
    }
}

/// Signs for OpenMLS as the device does.
struct AsDevice<'a>(&'a Device);

impl openmls_traits::signatures::Signer for AsDevice<'_> {
    fn sign(&self, payload: &[u8]) -> Result<Vec<u8>, openmls_traits::signatures::SignerError> {
        self.0.signer.sign(payload).map_err(|_| openmls_traits::signatures::SignerError::SigningError)
    }

    fn signature_scheme(&self) -> SignatureScheme {
        SignatureScheme::ECDSA_SECP256R1_SHA256
    }
}

/// A group's keys are used within one meeting, and a key package once, within seconds; certificates have their own
/// validity. So none ends by itself, which OpenMLS would measure by a clock that is not ours.
fn lifetime() -> Lifetime {
    Lifetime::init(0, u64::MAX)
}

fn capabilities() -> Capabilities {
    Capabilities::builder()
        .versions(vec![ProtocolVersion::Mls10])
        .ciphersuites(vec![SUITE])
        .extensions(vec![ExtensionType::Unknown(PARTICIPANT)])
        .proposals(Vec::new())
        .credentials(vec![CredentialType::X509])
        .build()
}

fn naming(participant: &str) -> Option<Extensions<LeafNode>> {
    let name = UnknownExtension(participant.as_bytes().to_vec());
    Extensions::single(Extension::Unknown(PARTICIPANT, name)).ok()
}

fn configuration() -> MlsGroupJoinConfig {
    MlsGroupJoinConfig::builder()
        .wire_format_policy(PURE_CIPHERTEXT_WIRE_FORMAT_POLICY)
        .use_ratchet_tree_extension(true)
        .max_past_epochs(0)
        .build()
}

/// A key package of somebody who wants to be in.
#[derive(Debug, Clone)]
pub struct Candidate {
    key_package: KeyPackage,
    pub chain: Vec<Vec<u8>>,
}

impl Candidate {
    /// Reads and checks a key package that came from this participant.
    ///
    /// # Errors
    /// When it is not valid, or names somebody else.
    pub fn parse(message: &[u8], participant: &str) -> Result<Candidate, Failure> {
        let message = MlsMessageIn::tls_deserialize_exact(message).map_err(|_| Failure::Unreadable)?;
        let MlsMessageBodyIn::KeyPackage(package) = message.extract() else { return Err(Failure::Unreadable) };
        let crypto = OpenMlsRustCrypto::default();
        let key_package = package.validate(crypto.crypto(), ProtocolVersion::Mls10).map_err(|_| Failure::KeyPackage)?;
        if key_package.ciphersuite() != SUITE {
            return Err(Failure::KeyPackage);
        }
        let Leaf { participant: named, chain, .. } = leaf(0, key_package.leaf_node())?;
        if named != participant {
            return Err(BadLeaf::OtherParticipant.into());
        }
        Ok(Candidate { key_package, chain })
    }
}

fn leaf(index: u32, node: &LeafNode) -> Result<Leaf, BadLeaf> {
    let chain = chain_of(node.credential(), node.signature_key().as_slice())?;
    let name = node.extensions().unknown(PARTICIPANT).map(|extension| extension.0.as_slice());
    let name = name.filter(|name| !name.is_empty() && name.len() <= PARTICIPANT_BYTES_MAX);
    let participant = name.and_then(|name| String::from_utf8(name.to_vec()).ok()).ok_or(BadLeaf::Nameless)?;
    Ok(Leaf { index, participant, chain })
}

/// What we have sent to be let into a group.
pub struct Candidacy {
    keys: Keys,
    message: Vec<u8>,
}

impl Candidacy {
    /// Makes a key package of ours; `participant` is our identity in the meeting.
    ///
    /// # Errors
    /// When the device cannot sign, or its certificate is of no use.
    pub fn new(device: &Device, participant: &str) -> Result<Candidacy, Failure> {
        let keys = Keys::default();
        let credential = of_chain(device.signer.certificate_chain()).map_err(BadLeaf::from)?;
        let bundle = KeyPackage::builder()
            .key_package_lifetime(lifetime())
            .leaf_node_capabilities(capabilities())
            .leaf_node_extensions(naming(participant).ok_or(Failure::Candidacy)?)
            .build(SUITE, &keys.0, &AsDevice(device), credential)
            .map_err(|_| Failure::Candidacy)?;
        let message = MlsMessageOut::from(bundle.key_package().clone());
        let message = message.tls_serialize_detached().map_err(|_| Failure::Candidacy)?;
        Ok(Candidacy { keys, message })
    }

    /// The key package: an MLSMessage (RFC 9420, section 6).
    pub fn message(&self) -> &[u8] {
        &self.message
    }

    /// The group that a welcome lets us into.
    ///
    /// # Errors
    /// When it does not. With the candidacy, where the welcome was for others: ours may still come.
    pub fn admitted(self, welcome: &[u8]) -> Result<Membership, (Failure, Option<Candidacy>)> {
        let message = match MlsMessageIn::tls_deserialize_exact(welcome).map(MlsMessageIn::extract) {
            Ok(MlsMessageBodyIn::Welcome(welcome)) => welcome,
            _ => return Err((Failure::Unreadable, Some(self))),
        };
        let Candidacy { keys, message: own } = self;
        let builder = match StagedWelcome::build_from_welcome(&keys.0, &configuration(), message) {
            Ok(builder) => builder,
            Err(WelcomeError::NoMatchingKeyPackage) => {
                return Err((Failure::Welcome, Some(Candidacy { keys, message: own })));
            }
            Err(_) => return Err((Failure::Welcome, None)),
        };
        let joined = builder.skip_lifetime_validation().build().and_then(|staged| staged.into_group(&keys.0));
        let group = joined.map_err(|_| (Failure::Welcome, None))?;
        Membership::of(keys, group).map_err(|failure| (failure, None))
    }
}

/// What everybody is to get after a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// For those who were members: an MLSMessage. Empty: there are no others.
    pub commit: Vec<u8>,
    /// For those who became members: an MLSMessage. Empty: nobody did.
    pub welcome: Vec<u8>,
}

/// A group we are in.
pub struct Membership {
    keys: Keys,
    group: MlsGroup,
    leaves: Vec<Leaf>,
    /// Of each leaf at this epoch, in the same order.
    confirmations: Vec<[u8; CONFIRMATION_BYTES]>,
}

impl Membership {
    /// A new group, in which we are alone.
    ///
    /// # Errors
    /// As [`Candidacy::new`].
    pub fn alone(device: &Device, participant: &str) -> Result<Membership, Failure> {
        let keys = Keys::default();
        let credential = of_chain(device.signer.certificate_chain()).map_err(BadLeaf::from)?;
        let group = MlsGroup::builder()
            .ciphersuite(SUITE)
            .lifetime(lifetime())
            .with_wire_format_policy(PURE_CIPHERTEXT_WIRE_FORMAT_POLICY)
            .use_ratchet_tree_extension(true)
            .max_past_epochs(0)
            .with_capabilities(capabilities())
            .with_leaf_node_extensions(naming(participant).ok_or(Failure::Creation)?)
            .map_err(|_| Failure::Creation)?
            .build(&keys.0, &AsDevice(device), credential)
            .map_err(|_| Failure::Creation)?;
        Membership::of(keys, group)
    }

    fn of(keys: Keys, group: MlsGroup) -> Result<Membership, Failure> {
        let mut membership = Membership { keys, group, leaves: Vec::new(), confirmations: Vec::new() };
        membership.look()?;
        Ok(membership)
    }

    /// Looks at who is in the group at this epoch.
    fn look(&mut self) -> Result<(), Failure> {
        self.leaves = leaves(&self.group)?;
        let confirmation = |leaf: &Leaf| {
            let bytes = self.export(CONFIRMATION_LABEL, &leaf.index.to_be_bytes(), CONFIRMATION_BYTES)?;
            bytes.as_slice().try_into().map_err(|_| Failure::Export)
        };
        self.confirmations = self.leaves.iter().map(confirmation).collect::<Result<_, _>>()?;
        Ok(())
    }

    /// The group's id, drawn at random by who made it.
    pub fn id(&self) -> &[u8] {
        self.group.group_id().as_slice()
    }

    /// How often the group has changed.
    pub fn epoch(&self) -> u64 {
        self.group.epoch().as_u64()
    }

    /// Everybody in the group, ourselves too, by index.
    pub fn leaves(&self) -> &[Leaf] {
        &self.leaves
    }

    /// Our own index.
    pub fn own(&self) -> u32 {
        self.group.own_leaf_index().u32()
    }

    /// The member that is this participant.
    pub fn leaf_of(&self, participant: &str) -> Option<&Leaf> {
        self.leaves.iter().find(|leaf| leaf.participant == participant)
    }

    /// What a member at this epoch can say that nobody outside can. `None`: there is no such member.
    pub fn confirmation(&self, index: u32) -> Option<[u8; CONFIRMATION_BYTES]> {
        let at = self.leaves.iter().position(|leaf| leaf.index == index)?;
        self.confirmations.get(at).copied()
    }

    /// What this epoch's frame keys are derived from (RFC 9605, section 5.2).
    ///
    /// # Errors
    /// When we were removed.
    pub fn base_key(&self) -> Result<Zeroizing<Vec<u8>>, Failure> {
        self.export(BASE_KEY_LABEL, b"", BASE_KEY_BYTES)
    }

    fn export(&self, label: &str, context: &[u8], length: usize) -> Result<Zeroizing<Vec<u8>>, Failure> {
        let exported = self.group.export_secret(self.keys.0.crypto(), label, context, length);
        exported.map(Zeroizing::new).map_err(|_| Failure::Export)
    }

    /// What only those have who see the same group at the same epoch (RFC 9420, section 8.7).
    pub fn authenticator(&self) -> &[u8] {
        self.group.epoch_authenticator().as_slice()
    }

    /// Lets people in and puts members out, in one step; our own keys are renewed with it.
    ///
    /// # Errors
    /// When these cannot be let in together, or the device cannot sign; then nothing has changed.
    pub fn change(&mut self, device: &Device, add: &[Candidate], remove: &[u32]) -> Result<Change, Failure> {
        let built = self
            .group
            .commit_builder()
            .force_self_update(true)
            .propose_removals(remove.iter().map(|index| LeafNodeIndex::new(*index)))
            .propose_adds(add.iter().map(|candidate| candidate.key_package.clone()))
            .load_psks(self.keys.0.storage())
            .map_err(|_| Failure::Change)?
            .build(self.keys.0.rand(), self.keys.0.crypto(), &AsDevice(device), |_| true)
            .map_err(|_| Failure::Change)?
            .stage_commit(&self.keys.0);
        let Ok(bundle) = built else {
            let _ = self.group.clear_pending_commit(self.keys.0.storage());
            return Err(Failure::Change);
        };
        let others = self.leaves.iter().any(|leaf| leaf.index != self.own() && !remove.contains(&leaf.index));
        let (commit, welcome, _) = bundle.into_messages();
        let commit = if others || !remove.is_empty() { Some(commit) } else { None };
        let bytes = |message: Option<MlsMessageOut>| match message {
            None => Ok(Vec::new()),
            Some(message) => message.tls_serialize_detached().map_err(|_| Failure::Change),
        };
        let change = Change { commit: bytes(commit)?, welcome: bytes(welcome)? };
        self.group.merge_pending_commit(&self.keys.0).map_err(|_| Failure::Change)?;
        self.look()?;
        Ok(change)
    }

    /// Takes part in a change that another member has made.
    ///
    /// # Errors
    /// When it is not for this group at this epoch, nothing has changed. When we were removed or the group is not
    /// one we would be in ([`Failure::is_final`]), it is to be left.
    ///
    /// Who made it: the index of a member.
    pub fn follow(&mut self, commit: &[u8]) -> Result<u32, Failure> {
        let message = MlsMessageIn::tls_deserialize_exact(commit).map_err(|_| Failure::Unreadable)?;
        let message = message.try_into_protocol_message().map_err(|_| Failure::Unreadable)?;
        let processed = self.group.process_message(&self.keys.0, message).map_err(|_| Failure::Commit)?;
        let Sender::Member(by) = *processed.sender() else { return Err(Failure::Proposal) };
        let ProcessedMessageContent::StagedCommitMessage(staged) = processed.into_content() else {
            return Err(Failure::Unreadable);
        };
        let usual = |proposal: &QueuedProposal| matches!(proposal.proposal(), Proposal::Add(_) | Proposal::Remove(_));
        if !staged.queued_proposals().all(usual) {
            return Err(Failure::Proposal);
        }
        let before = self.group.treesync().full_leaves().find(|(index, _)| *index == by).map(|(_, leaf)| leaf);
        if staged.update_path_leaf_node().is_some_and(|after| before.is_none_or(|before| !stays(before, after))) {
            return Err(Failure::Disguise);
        }
        let removed = staged.self_removed();
        self.group.merge_staged_commit(&self.keys.0, *staged).map_err(|_| Failure::Commit)?;
        if removed {
            return Err(Failure::Removed);
        }
        self.look()?;
        Ok(by.u32())
    }
}

impl Failure {
    /// Whether the group cannot be gone on with.
    pub fn is_final(&self) -> bool {
        matches!(self, Failure::Removed | Failure::Leaf(_) | Failure::Export)
    }
}

/// Whether a member stays who it was let in as. A commit may renew its sender's key for encryption, and nothing else that
/// its leaf says: no credential is another's successor (RFC 9420, section 5.3.1). Who has another certificate leaves, and asks
/// to be let in.
fn stays(before: &LeafNode, after: &LeafNode) -> bool {
    before.credential() == after.credential()
        && before.signature_key() == after.signature_key()
        && before.capabilities() == after.capabilities()
        && before.extensions() == after.extensions()
}

/// Everybody in a group, checked.
fn leaves(group: &MlsGroup) -> Result<Vec<Leaf>, BadLeaf> {
    let mut leaves: Vec<Leaf> = Vec::new();
    for (index, node) in group.treesync().full_leaves() {
        let leaf = leaf(index.u32(), node)?;
        if leaves.iter().any(|other| other.participant == leaf.participant) {
            return Err(BadLeaf::Twice);
        }
        if leaves.len() >= MEMBERS_MAX {
            return Err(BadLeaf::TooMany);
        }
        leaves.push(leaf);
    }
    Ok(leaves)
}
