//! What an adversary with the disk can do to a chain, and that it is seen.

mod support;

use evidence::{
    Chain, Digest, Event, Extent, Fault, First, Hex, LineError, PrunedFor, PublicKey, Remark, SealError, SignError,
    Signer, SoftwareKey, Start, Torn, Verifier, Why, digest_of, verify,
};
use proptest::prelude::*;
use support::{at, begun, forged, lines, meeting};

fn chain_of(signer: &SoftwareKey) -> Vec<Vec<u8>> {
    let events = [vec![begun()], meeting(1, 1), meeting(2, 0)].concat();
    lines(&mut Chain::new("room-1"), events, signer)
}

fn fault(lines: &[Vec<u8>], signer: &SoftwareKey, extent: Extent) -> Fault {
    verify(&lines.concat(), &[signer.public_key()], extent).expect_err("a fault")
}

#[test]
fn a_chain_verifies_with_nothing_but_the_public_key() {
    let signer = SoftwareKey::generate().unwrap();
    let lines = chain_of(&signer);
    let key = PublicKey::from_pem(&signer.public_key().to_pem()).unwrap();
    let (records, report) = verify(&lines.concat(), &[key], Extent::Whole).unwrap();
    assert_eq!((report.start, report.first, report.last, records.len()), (Start::Begun, 1, 6, 6));
    assert_eq!((report.last_sha256, report.remarks), (digest_of(&lines[5]), Vec::new()));
    assert!(matches!(&records[3].event, Event::Closed(meeting) if meeting.flows.len() == 2));
}

#[test]
fn what_is_removed_reordered_repeated_or_edited_is_seen_where_it_happened() {
    let signer = SoftwareKey::generate().unwrap();
    let whole = chain_of(&signer);
    let with = |change: &dyn Fn(&mut Vec<Vec<u8>>)| {
        let mut lines = whole.clone();
        change(&mut lines);
        fault(&lines, &signer, Extent::Whole)
    };
    let other_number = |expected, found| Why::OtherNumber { expected, found };
    assert_eq!(with(&|lines| drop(lines.remove(2))), Fault { line: 3, why: other_number(3, 4) });
    assert_eq!(with(&|lines| lines.swap(2, 3)), Fault { line: 3, why: other_number(3, 4) });
    assert_eq!(with(&|lines| lines.insert(3, lines[2].clone())), Fault { line: 4, why: other_number(4, 3) });
    assert_eq!(with(&|lines| drop(lines.remove(0))), Fault { line: 1, why: Why::BeginningMissing });
    assert_eq!(with(&Vec::clear), Fault { line: 1, why: Why::Empty });
    let edit = |lines: &mut Vec<Vec<u8>>| {
        let text = String::from_utf8(lines[3].clone()).unwrap().replace("192.0.2.2", "192.0.2.3");
        lines[3] = text.into_bytes();
    };
    assert_eq!(with(&edit), Fault { line: 4, why: Why::BadSignature });
    let tear = |lines: &mut Vec<Vec<u8>>| lines[5].truncate(200);
    assert_eq!(with(&tear), Fault { line: 6, why: Why::Line(LineError::Torn) });
}

#[test]
fn records_of_another_room_or_of_another_chain_of_this_room_do_not_fit() {
    let (signer, other) = (SoftwareKey::generate().unwrap(), SoftwareKey::generate().unwrap());
    let (ours, again, theirs) = (chain_of(&signer), chain_of(&signer), chain_of(&other));
    let splice = |tail: &[Vec<u8>]| [&ours[..3], &tail[3..]].concat();
    assert_eq!(fault(&splice(&again), &signer, Extent::Whole), Fault { line: 4, why: Why::NotLinked });
    let why = Why::OtherKey { expected: signer.public_key().id(), found: other.public_key().id() };
    assert_eq!(fault(&splice(&theirs), &signer, Extent::Whole), Fault { line: 4, why: why.clone() });
    // Also where both rooms' keys are given.
    let both = verify(&splice(&theirs).concat(), &[signer.public_key(), other.public_key()], Extent::Whole);
    assert_eq!(both.unwrap_err(), Fault { line: 4, why });
    let why = Why::KeyNotGiven(other.public_key().id());
    assert_eq!(fault(&theirs, &signer, Extent::Whole), Fault { line: 1, why });
}

#[test]
fn a_cut_off_end_is_seen_by_who_knows_of_a_later_record_and_by_nobody_else() {
    let signer = SoftwareKey::generate().unwrap();
    let lines = chain_of(&signer);
    let cut = &lines[..4];
    assert!(verify(&cut.concat(), &[signer.public_key()], Extent::Whole).is_ok(), "docs/evidence.md says so");
    let knowing = |number, sha256, lines: &[Vec<u8>]| {
        let mut verifier = Verifier::new(&[signer.public_key()]).knowing(number, sha256);
        lines.iter().try_for_each(|line| verifier.line(line).map(drop))?;
        verifier.finish(Extent::Whole)
    };
    let last = digest_of(&lines[5]);
    assert_eq!(knowing(6, last, cut), Err(Fault { line: 5, why: Why::KnownMissing(6) }));
    assert!(knowing(6, last, &lines).is_ok());
    assert_eq!(knowing(6, Hex([0; 32]), &lines), Err(Fault { line: 6, why: Why::KnownMissing(6) }));
    let open = verify(&lines[..3].concat(), &[signer.public_key()], Extent::Whole).unwrap().1;
    assert_eq!(open.remarks, [Remark::StillOpen { meeting: Hex([1; 16]) }]);
}

#[test]
fn an_excerpt_verifies_as_one_and_not_as_the_whole() {
    let signer = SoftwareKey::generate().unwrap();
    let lines = chain_of(&signer);
    let report = verify(&lines[1..4].concat(), &[signer.public_key()], Extent::Excerpt).unwrap().1;
    assert_eq!((report.start, report.first, report.last), (Start::Excerpt, 2, 4));
    assert_eq!(fault(&lines[1..4], &signer, Extent::Whole), Fault { line: 1, why: Why::BeginningMissing });
}

#[test]
fn what_the_room_deleted_it_signed_for_and_nobody_can_delete_more() {
    let signer = SoftwareKey::generate().unwrap();
    let mut chain = Chain::new("room-1");
    let mut all = lines(&mut chain, [vec![begun()], meeting(1, 1)].concat(), &signer);
    let first = First { number: 3, sha256: digest_of(&all[2]) };
    all.extend(lines(&mut chain, [Event::Pruned { first, why: PrunedFor::Age, until: at(1) }], &signer));
    all.extend(lines(&mut chain, meeting(2, 0), &signer));
    let report = verify(&all[2..].concat(), &[signer.public_key()], Extent::Whole).unwrap().1;
    assert_eq!((report.start, report.first), (Start::Pruned, 3));
    // The power was cut before anything was deleted: more is there than has to be.
    assert_eq!(verify(&all.concat(), &[signer.public_key()], Extent::Whole).unwrap().1.start, Start::Begun);
    for more in [1, 3, 4, 5] {
        assert_eq!(fault(&all[more..], &signer, Extent::Whole), Fault { line: 1, why: Why::BeginningMissing });
    }
}

#[test]
fn a_new_key_is_believed_where_the_old_one_names_it_or_the_auditor_knows_it() {
    let (old, new) = (SoftwareKey::generate().unwrap(), SoftwareKey::generate().unwrap());
    let mut chain = Chain::new("room-1");
    let mut all = lines(&mut chain, [begun()], &old);
    assert!(matches!(chain.seal(meeting(1, 0).remove(0), at(2), &new), Err(SealError::OtherKey)));
    all.extend(lines(&mut chain, [Event::KeyChanged { to: new.public_key() }], &old));
    assert!(matches!(chain.seal(meeting(1, 0).remove(0), at(2), &old), Err(SealError::OtherKey)));
    all.extend(lines(&mut chain, meeting(1, 0), &new));
    let report = verify(&all.concat(), &[old.public_key()], Extent::Whole).unwrap().1;
    assert_eq!(report.remarks, [Remark::KeyChanged { number: 2, to: new.public_key().id() }]);
    // The new key alone says nothing of what the old one signed.
    let why = Why::KeyNotGiven(old.public_key().id());
    assert_eq!(fault(&all, &new, Extent::Whole), Fault { line: 1, why });

    let newest = SoftwareKey::generate().unwrap();
    all.extend(lines(&mut chain, [Event::KeyReplaced { was: new.public_key().id() }], &newest));
    all.extend(lines(&mut chain, meeting(2, 0), &newest));
    let why = Why::KeyNotGiven(newest.public_key().id());
    assert_eq!(fault(&all, &old, Extent::Whole), Fault { line: 5, why });
    let keys = [old.public_key(), newest.public_key()];
    let report = verify(&all.concat(), &keys, Extent::Whole).unwrap().1;
    assert_eq!(report.remarks[1], Remark::KeyReplaced { number: 5, was: new.public_key().id() });
}

#[test]
fn what_an_auditor_should_know_is_remarked() {
    let signer = SoftwareKey::generate().unwrap();
    let mut chain = Chain::new("room-1");
    let mut all = lines(&mut chain, [begun(), meeting(1, 0)[0].clone()], &signer);
    let torn = Torn { bytes: 12, sha256: Digest::of(b"half written") };
    let resumed = Event::Resumed { interrupted: Some(Hex([1; 16])), torn: vec![torn.clone()] };
    let sealed = chain.seal(resumed, at(-60), &signer).unwrap();
    all.push(sealed.line);
    let report = verify(&all.concat(), &[signer.public_key()], Extent::Whole).unwrap().1;
    assert_eq!(
        report.remarks,
        [
            Remark::ClockWentBack { number: 3, by_ms: 61 * 60 * 1000 },
            Remark::Interrupted { number: 3, meeting: Hex([1; 16]) },
            Remark::Torn { number: 3, torn },
        ]
    );
}

#[test]
fn a_chain_has_one_beginning() {
    let signer = SoftwareKey::generate().unwrap();
    let lines = chain_of(&signer);
    let mut record = verify(&lines.concat(), &[signer.public_key()], Extent::Whole).unwrap().0.remove(1);
    record.event = begun();
    let late = [lines[0].clone(), forged(&record, &signer)];
    assert_eq!(fault(&late, &signer, Extent::Whole), Fault { line: 2, why: Why::BegunLate(2) });
    record.number = 1;
    let after_something = [forged(&record, &signer)];
    assert_eq!(fault(&after_something, &signer, Extent::Excerpt), Fault { line: 1, why: Why::NotLinked });
    (record.previous, record.event) = (Digest::NONE, meeting(1, 0).remove(0));
    let none = [forged(&record, &signer)];
    assert_eq!(fault(&none, &signer, Extent::Excerpt), Fault { line: 1, why: Why::NotBegun });
    // Nor would a chain write one.
    let mut chain = Chain::new("room-1");
    let opened = || meeting(1, 0).remove(0);
    assert!(matches!(chain.seal(opened(), at(0), &signer), Err(SealError::OutOfPlace)));
    chain.advance(&chain.seal(begun(), at(0), &signer).unwrap());
    assert!(matches!(chain.seal(begun(), at(0), &signer), Err(SealError::OutOfPlace)));
}

#[test]
fn a_verifier_that_has_refused_a_record_believes_nothing_more() {
    let signer = SoftwareKey::generate().unwrap();
    let lines = chain_of(&signer);
    let mut verifier = Verifier::new(&[signer.public_key()]);
    assert!(verifier.line(&lines[0]).is_ok());
    let fault = verifier.line(&lines[2]).unwrap_err();
    assert_eq!(verifier.line(&lines[1]), Err(fault.clone()));
    assert_eq!(verifier.finish(Extent::Whole), Err(fault));
}

/// Signs what it is told to, whatever it is.
struct Confused<'a>(&'a SoftwareKey, &'a SoftwareKey);

impl Signer for Confused<'_> {
    fn public_key(&self) -> PublicKey {
        self.0.public_key()
    }

    fn sign(&self, message: &[u8]) -> Result<[u8; 64], SignError> {
        self.1.sign(message)
    }
}

#[test]
fn what_would_not_verify_is_not_written() {
    let (one, two) = (SoftwareKey::generate().unwrap(), SoftwareKey::generate().unwrap());
    let chain = Chain::new("room-1");
    assert!(matches!(chain.seal(begun(), at(0), &Confused(&one, &two)), Err(SealError::NotSigned)));
    let torn = vec![Torn { bytes: 0, sha256: Digest::NONE }; 10_000];
    assert!(matches!(chain.seal(Event::Begun { torn }, at(0), &one), Err(SealError::TooLong)));
}

#[test]
fn a_signature_of_the_device_for_something_else_is_none_of_a_record() {
    let signer = SoftwareKey::generate().unwrap();
    let line = chain_of(&signer).remove(0);
    let json = &line[129..line.len() - 1];
    let elsewhere = Hex(signer.sign(json).unwrap());
    let forged = vec![[format!("{elsewhere} ").as_bytes(), json, b"\n"].concat()];
    assert_eq!(fault(&forged, &signer, Extent::Whole), Fault { line: 1, why: Why::BadSignature });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]
    #[test]
    fn no_byte_can_be_changed(place in any::<prop::sample::Index>(), change in 1u8..=255) {
        let signer = SoftwareKey::generate().unwrap();
        let lines = chain_of(&signer);
        let mut bytes = lines.concat();
        let place = place.index(bytes.len());
        bytes[place] ^= change;
        let mut end = 0;
        let number = 1 + lines.iter().take_while(|line| { end += line.len(); end <= place }).count();
        let fault = verify(&bytes, &[signer.public_key()], Extent::Whole).unwrap_err();
        prop_assert_eq!(fault.line, number);
    }
}
