//! A member of the group that keeps to none of our rules: MLS as OpenMLS has it, in our messages.

#![allow(dead_code)]

use meeting::device::Signer as _;
use meeting::e2ee::group::{Change, Message, Parts, Place, Standing, split};
use openmls::prelude::tls_codec::{Deserialize as _, Serialize as _};
use openmls::prelude::*;
use openmls_rust_crypto::OpenMlsRustCrypto;
use openmls_traits::signatures::{Signer, SignerError};

use crate::own_key::OwnKey;

const SUITE: Ciphersuite = Ciphersuite::MLS_128_DHKEMP256_AES128GCM_SHA256_P256;
const PARTICIPANT: u16 = 0xf4c5;

/// What a member would rather be.
pub enum Disguise {
    /// What it is: only its key for encryption is new.
    None,
    /// Another device, by its certificate's name.
    Device(&'static str),
    /// The same device under another certificate for the same key.
    Certificate(&'static str),
    /// Another participant.
    Participant(&'static str),
    /// One that understands less than it did.
    Simpler,
}

pub struct Insider {
    provider: OpenMlsRustCrypto,
    identity: &'static str,
    key: OwnKey,
    group: Option<MlsGroup>,
    number: u32,
}

struct AsOpenMls<'a>(&'a OwnKey);

impl Signer for AsOpenMls<'_> {
    fn sign(&self, payload: &[u8]) -> Result<Vec<u8>, SignerError> {
        self.0.sign(payload).map_err(|_| SignerError::SigningError)
    }

    fn signature_scheme(&self) -> SignatureScheme {
        SignatureScheme::ECDSA_SECP256R1_SHA256
    }
}

fn credential(certificate: &[u8], key: &OwnKey) -> CredentialWithKey {
    let length = u16::try_from(certificate.len()).unwrap() | 0x4000;
    let content = [&length.to_be_bytes(), certificate].concat();
    let credential = Credential::new(CredentialType::X509, content);
    CredentialWithKey { credential, signature_key: key.public_key().into() }
}

fn naming(participant: &str) -> Extensions<LeafNode> {
    let name = UnknownExtension(participant.as_bytes().to_vec());
    Extensions::single(Extension::Unknown(PARTICIPANT, name)).unwrap()
}

fn capabilities() -> CapabilitiesBuilder {
    Capabilities::builder()
        .versions(vec![ProtocolVersion::Mls10])
        .ciphersuites(vec![SUITE])
        .extensions(vec![ExtensionType::Unknown(PARTICIPANT)])
        .credentials(vec![CredentialType::X509])
}

impl Insider {
    /// Somebody with this identity in the meeting, and this name in its certificate.
    pub fn new(identity: &'static str, name: &str) -> Insider {
        let (provider, key) = (OpenMlsRustCrypto::default(), OwnKey::new(name));
        Insider { provider, identity, key, group: None, number: 0 }
    }

    fn packets(&mut self, message: &Message) -> Vec<Vec<u8>> {
        self.number += 1;
        split(self.number, &message.encode())
    }

    /// Asks to be let in by whom the server calls so.
    pub fn ask(&mut self, to: String) -> Vec<Vec<u8>> {
        let own = credential(&self.key.certificate_chain()[0], &self.key);
        let bundle = KeyPackage::builder()
            .key_package_lifetime(Lifetime::init(0, u64::MAX))
            .leaf_node_capabilities(capabilities().proposals(Vec::new()).build())
            .leaf_node_extensions(naming(self.identity))
            .build(SUITE, &self.provider, &AsOpenMls(&self.key), own)
            .unwrap();
        let message = MlsMessageOut::from(bundle.key_package().clone());
        let key_package = message.tls_serialize_detached().unwrap();
        self.packets(&Message::Ask { to, key_package })
    }

    /// Goes into the group that one of these packets of others lets it into.
    pub fn hear(&mut self, packets: &[(String, Vec<u8>)]) {
        let mut parts = Parts::default();
        for (from, packet) in packets {
            let message = parts.receive(from, packet).and_then(|bytes| Message::decode(&bytes));
            let Some(Message::Change(Change { welcome, .. })) = message else { continue };
            let Ok(MlsMessageBodyIn::Welcome(welcome)) =
                MlsMessageIn::tls_deserialize_exact(&welcome).map(MlsMessageIn::extract)
            else {
                continue;
            };
            let configuration = MlsGroupJoinConfig::builder()
                .wire_format_policy(PURE_CIPHERTEXT_WIRE_FORMAT_POLICY)
                .use_ratchet_tree_extension(true)
                .build();
            let Ok(builder) = StagedWelcome::build_from_welcome(&self.provider, &configuration, welcome) else {
                continue;
            };
            let staged = builder.skip_lifetime_validation().build().unwrap();
            self.group = Some(staged.into_group(&self.provider).unwrap());
        }
    }

    /// Says where it stands, as one that has come last.
    pub fn standing(&mut self) -> Vec<Vec<u8>> {
        let group = self.group.as_ref().expect("a group");
        let own = group.own_leaf_index().u32().to_be_bytes();
        let proof = group.export_secret(self.provider.crypto(), "Huis Clos 1.0 Confirmation", &own, 16).unwrap();
        let place = Place {
            group: group.group_id().as_slice().to_vec(),
            epoch: group.epoch().as_u64(),
            confirmation: proof.try_into().unwrap(),
        };
        self.packets(&Message::Standing(Standing { joined_ms: i64::MAX, hindered: false, place: Some(place) }))
    }

    /// Changes the group, and itself in it.
    pub fn changes_into(&mut self, disguise: &Disguise) -> Vec<Vec<u8>> {
        let leaf = LeafNodeParameters::builder();
        let other = OwnKey::new(if let Disguise::Device(name) = disguise { name } else { "nobody" });
        let leaf = match disguise {
            Disguise::None | Disguise::Device(_) => leaf,
            Disguise::Certificate(name) => {
                leaf.with_credential_with_key(credential(&self.key.certificate(name), &self.key))
            }
            Disguise::Participant(name) => leaf.with_extensions(naming(name)),
            Disguise::Simpler => {
                leaf.with_capabilities(capabilities().proposals(vec![ProposalType::Custom(0xf4c6)]).build())
            }
        };
        let group = self.group.as_mut().expect("a group");
        let builder = group.commit_builder().force_self_update(true).leaf_node_parameters(leaf.build());
        let builder = builder.load_psks(self.provider.storage()).unwrap();
        let (rand, crypto, signer) = (self.provider.rand(), self.provider.crypto(), AsOpenMls(&self.key));
        let built = if let Disguise::Device(_) = disguise {
            let credential_with_key = credential(&other.certificate_chain()[0], &other);
            let new = NewSignerBundle { signer: &AsOpenMls(&other), credential_with_key };
            builder.build_with_new_signer(rand, crypto, &signer, new, |_| true)
        } else {
            builder.build(rand, crypto, &signer, |_| true)
        };
        let (commit, ..) = built.unwrap().stage_commit(&self.provider).unwrap().into_messages();
        group.merge_pending_commit(&self.provider).unwrap();
        let commit = commit.tls_serialize_detached().unwrap();
        self.packets(&Message::Change(Change { commit, welcome: Vec::new() }))
    }
}
