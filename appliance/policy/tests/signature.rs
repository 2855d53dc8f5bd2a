//! A policy is believed when it is signed, and only forwards. The files in `data/` were signed with minisign 0.11 of Debian,
//! which is written in C and shares nothing with the crate that verifies here.

use policy::{AcceptError, Floor, Key, Policy, accept};

const SIGNED: &[u8] = include_bytes!("data/signed.toml");
const SIGNATURE: &str = include_str!("data/signed.toml.minisig");
const LEGACY: &str = include_str!("data/signed.toml.legacy.minisig");
const UNUSABLE: &[u8] = include_bytes!("data/unusable.toml");
const UNUSABLE_SIGNATURE: &str = include_str!("data/unusable.toml.minisig");

fn signer() -> Key {
    Key::parse(include_str!("data/signer.pub")).unwrap()
}

fn stranger() -> Key {
    Key::parse(include_str!("data/stranger.pub")).unwrap()
}

fn offered(bytes: &[u8], signature: &str, keys: &[Key]) -> Result<Policy, AcceptError> {
    accept(bytes, signature, keys, &Floor::default())
}

#[test]
fn what_an_independent_tool_signed_is_accepted_by_any_of_the_keys() {
    for keys in [vec![signer()], vec![stranger(), signer()], vec![signer(), stranger()]] {
        let policy = offered(SIGNED, SIGNATURE, &keys).unwrap();
        assert_eq!((policy.name(), policy.version()), ("recorded", 3));
    }
}

#[test]
fn a_key_is_also_read_from_its_second_line_alone() {
    let line = include_str!("data/signer.pub").lines().nth(1).unwrap();
    assert_eq!(Key::parse(line), Ok(signer()));
    for text in ["", "untrusted comment: nothing", "RWQ", SIGNATURE] {
        assert!(Key::parse(text).is_err(), "{text}");
    }
}

#[test]
fn who_is_not_trusted_has_signed_nothing() {
    assert_eq!(offered(SIGNED, SIGNATURE, &[stranger()]), Err(AcceptError::KeyUnknown));
    assert_eq!(offered(SIGNED, SIGNATURE, &[]), Err(AcceptError::KeyUnknown));
}

#[test]
fn one_changed_bit_of_the_file_or_of_its_comment_is_noticed() {
    for place in 0..SIGNED.len() {
        let mut changed = SIGNED.to_vec();
        changed[place] ^= 1;
        assert_eq!(offered(&changed, SIGNATURE, &[signer()]), Err(AcceptError::SignatureWrong), "at {place}");
    }
    let other_comment = SIGNATURE.replace("says nothing", "says a lot");
    assert_eq!(offered(SIGNED, &other_comment, &[signer()]), Err(AcceptError::SignatureWrong));
    for text in ["", "untrusted comment: x", &SIGNATURE[..SIGNATURE.len() / 2]] {
        assert_eq!(offered(SIGNED, text, &[signer()]), Err(AcceptError::SignatureUnreadable), "{text}");
    }
}

#[test]
fn signatures_of_the_older_kind_are_refused() {
    assert_eq!(offered(SIGNED, LEGACY, &[signer()]), Err(AcceptError::SignatureOutdated));
}

#[test]
fn nothing_is_parsed_before_its_signature_is_verified() {
    assert_eq!(offered(UNUSABLE, UNUSABLE_SIGNATURE, &[stranger()]), Err(AcceptError::KeyUnknown));
    let error = offered(UNUSABLE, UNUSABLE_SIGNATURE, &[signer()]).unwrap_err();
    assert!(matches!(error, AcceptError::Unusable(_)) && error.to_string().contains("line 3"), "{error}");
    assert_eq!(offered(&vec![b'#'; 1024 * 1024 + 1], SIGNATURE, &[signer()]), Err(AcceptError::TooLarge));
}

#[test]
fn an_older_policy_is_refused_whoever_signed_it() {
    let at = |version| accept(SIGNED, SIGNATURE, &[signer()], &Floor { version, ..Floor::default() });
    assert!(at(2).is_ok() && at(3).is_ok());
    assert_eq!(at(4), Err(AcceptError::Older { offered: 3, floor: 4 }));
}

#[test]
fn the_same_version_with_other_content_is_refused_and_the_same_file_again_is_not() {
    let had = offered(SIGNED, SIGNATURE, &[signer()]).unwrap();
    assert_eq!(accept(SIGNED, SIGNATURE, &[signer()], &Floor::of(&had)), Ok(had));
    let other = Policy::parse("[policy]\nname = \"recorded\"\nversion = 3").unwrap();
    let refused = accept(SIGNED, SIGNATURE, &[signer()], &Floor::of(&other));
    assert_eq!(refused, Err(AcceptError::SameVersionOtherContent { version: 3 }));
}

#[test]
fn the_policy_of_another_room_is_refused_though_the_same_hand_signed_it() {
    let held = Policy::parse("[policy]\nname = \"classified\"\nversion = 1").unwrap();
    let refused = accept(SIGNED, SIGNATURE, &[signer()], &Floor::of(&held));
    let (offered, expected) = ("recorded".into(), "classified".into());
    assert_eq!(refused, Err(AcceptError::OtherPolicy { offered, expected }));
}

#[test]
fn what_the_signing_crate_makes_the_verifying_crate_understands() {
    let pair = minisign::KeyPair::generate_unencrypted_keypair().unwrap();
    let signature = minisign::sign(Some(&pair.pk), &pair.sk, SIGNED, Some("recorded version 3"), None).unwrap();
    let key = Key::parse(&pair.pk.to_box().unwrap().into_string()).unwrap();
    assert!(offered(SIGNED, &signature.into_string(), &[signer(), key]).is_ok());
}
