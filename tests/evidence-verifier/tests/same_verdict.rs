//! The room's own verifier and this one, which share nothing but the description, believe and refuse the same records.

use evidence::{
    Accepted, Chain, Digest, Event, Extent, First, Hex, Ledger, Platform, PrunedFor, PublicKey, Signer, SoftwareKey,
};
use evidence::{Count, FlowKey, Protocol, Purpose, Torn, Traffic, digest_of};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

/// Lines of a whole chain in which everything happens: meetings, power cuts, two changes of the key, deletion.
struct Written {
    lines: Vec<Vec<u8>>,
    /// The first key, and the one that replaced another.
    keys: Vec<PublicKey>,
}

fn written() -> Written {
    let [first, second, third] = std::array::from_fn(|_| SoftwareKey::generate().unwrap());
    let mut chain = Chain::new("room-1");
    let mut lines: Vec<Vec<u8>> = Vec::new();
    let mut write = |event: Event, signer: &SoftwareKey| {
        let now = Timestamp::constant(1_814_000_000, 0) + SignedDuration::from_mins(lines.len() as i64);
        let sealed = chain.seal(event, now, signer).unwrap();
        chain.advance(&sealed);
        lines.push(sealed.line);
        First { number: sealed.number, sha256: sealed.sha256 }
    };
    write(Event::Begun { torn: Vec::new() }, &first);
    write(Event::Opened(ledger().so_far(0)), &first);
    let third_record = write(Event::Closed(ledger().close(60_000, Timestamp::constant(1_814_000_060, 0))), &first);
    write(Event::Opened(ledger().so_far(0)), &first);
    let torn = vec![Torn { bytes: 4, sha256: Digest::of(b"half") }];
    write(Event::Resumed { interrupted: Some(Hex([3; 16])), torn }, &first);
    write(Event::KeyChanged { to: second.public_key() }, &first);
    let until = Timestamp::constant(1_814_000_000, 0);
    write(Event::Pruned { first: third_record, why: PrunedFor::Age, until }, &second);
    write(Event::KeyReplaced { was: second.public_key().id() }, &third);
    write(Event::Interim(ledger().so_far(0)), &third);
    Written { lines, keys: vec![first.public_key(), third.public_key()] }
}

fn ledger() -> Ledger {
    let platform = Platform { kind: "visio".into(), host: "visio.example".into() };
    let mut ledger = Ledger::new(Hex([3; 16]), platform, "panel", None, false, Timestamp::constant(1_814_000_000, 0));
    ledger.accept(Accepted { transition: "gateway".into(), language: "fr".into() });
    let peer = "192.0.2.1".parse().unwrap();
    let key = FlowKey { purpose: Purpose::Media, peer, port: 443, protocol: Protocol::Udp };
    let count = Count { bytes: 1000, packets: 10 };
    ledger.count(key, Traffic { sent: count, received: count }, |_| (None, false));
    ledger
}

/// What both say: the last record and its digest, or the line that is refused. They have to agree.
fn verdict(bytes: &[u8], keys: &[PublicKey]) -> Result<(u64, u64, String), usize> {
    let ours = evidence::verify(bytes, keys, Extent::Whole);
    let ours = ours.map(|(_, report)| (report.first, report.last, report.last_sha256.to_string()));
    let pems: Vec<String> = keys.iter().map(PublicKey::to_pem).collect();
    let theirs = match evidence_verifier::verify(bytes, &pems) {
        Ok(seen) if seen.is_whole => Ok((seen.first, seen.last, seen.last_sha256)),
        Ok(_) => Err(1),
        Err(refused) => Err(refused.line),
    };
    assert_eq!(ours.clone().map_err(|fault| fault.line), theirs, "{ours:?}");
    theirs
}

#[test]
fn what_the_room_writes_both_believe() {
    let Written { lines, keys } = written();
    let last = digest_of(&lines[8]).to_string();
    assert_eq!(verdict(&lines.concat(), &keys), Ok((1, 9, last.clone())));
    assert_eq!(verdict(&lines[2..].concat(), &keys), Ok((3, 9, last)));
}

#[test]
fn every_attack_both_refuse_at_the_same_record() {
    let Written { lines, keys } = written();
    let other = written();
    let attacks: Vec<(&str, Vec<Vec<u8>>, usize)> = vec![
        ("the beginning deleted without a word", lines[1..].to_vec(), 1),
        ("more deleted than was said", lines[3..].to_vec(), 1),
        ("deleted, and the word of it too", lines[7..].to_vec(), 1),
        ("one removed", [&lines[..2], &lines[3..]].concat(), 3),
        ("two exchanged", [&lines[..2], &[lines[3].clone(), lines[2].clone()], &lines[4..]].concat(), 3),
        ("one repeated", [&lines[..3], &lines[2..]].concat(), 4),
        ("the chain of another room grafted on", [&lines[..4], &other.lines[4..]].concat(), 5),
        ("another room's chain", other.lines.clone(), 1),
        ("a torn end", [&lines[..8], &[lines[8][..300].to_vec()]].concat(), 9),
        ("an empty line", [&lines[..2], &[b"\n".to_vec()], &lines[2..]].concat(), 3),
        ("a signature of something else", [&lines[..1], &[[&lines[0][..128], &lines[1][128..]].concat()]].concat(), 2),
        (
            "a line that is too long",
            vec![[&lines[0][..129], &vec![b' '; 256 * 1024][..], &lines[0][129..]].concat()],
            1,
        ),
        ("nothing", Vec::new(), 1),
    ];
    for (name, lines, line) in attacks {
        assert_eq!(verdict(&lines.concat(), &keys), Err(line), "{name}");
    }
}

#[test]
fn keys_are_believed_as_far_as_they_were_introduced() {
    let Written { lines, keys } = written();
    assert_eq!(verdict(&lines.concat(), &keys[..1]), Err(8), "the key that replaced another was not given");
    assert_eq!(verdict(&lines.concat(), &keys[1..]), Err(1), "the first key was not given");
    assert_eq!(verdict(&lines[..7].concat(), &keys[..1]).map(|(_, last, _)| last), Ok(7));
    let without_introduction = [&lines[..5], &lines[6..]].concat();
    assert_eq!(verdict(&without_introduction.concat(), &keys), Err(6));
}

#[test]
fn what_the_room_signs_and_no_chain_holds_both_refuse() {
    let key = SoftwareKey::generate().unwrap();
    let begun = r#""begun":{}"#;
    let opened = serde_json::to_string(&Event::Opened(ledger().so_far(0))).unwrap();
    let opened = &opened[1..opened.len() - 1];
    let line = |number: u64, previous: Digest, event: &str| {
        let (format, id) = (evidence::FORMAT, key.public_key().id());
        let json = format!(
            r#"{{"format":"{format}","number":{number},"previous":"{previous}","room":"r","key":"{id}","written":"2027-06-30T08:00:00Z","event":{{{event}}}}}"#
        );
        let signature = key.sign(&[evidence::SIGNED_CONTEXT, json.as_bytes()].concat()).unwrap();
        format!("{} {json}\n", Hex(signature)).into_bytes()
    };
    let verdict = |lines: &[Vec<u8>]| verdict(&lines.concat(), &[key.public_key()]);
    let first = line(1, Digest::NONE, begun);
    let after = |event: &str| vec![first.clone(), line(2, digest_of(&first), event)];
    assert_eq!(verdict(&after(opened)).map(|(_, last, _)| last), Ok(2), "this one a chain may hold");
    assert_eq!(verdict(&after(begun)), Err(2), "it begins twice");
    assert_eq!(verdict(&after(r#""played":{}"#)), Err(2), "nobody knows what that is");
    assert_eq!(verdict(&after("")), Err(2), "nothing happened");
    assert_eq!(verdict(&after(&format!("{begun},{opened}"))), Err(2), "two things happened");
    assert_eq!(verdict(&[line(1, Digest::NONE, opened)]), Err(1), "it does not begin");
    assert_eq!(verdict(&[line(1, digest_of(&first), begun)]), Err(1), "it begins after something");
    assert_eq!(verdict(&[line(0, Digest::NONE, begun)]), Err(1), "there is no record 0");
    assert_eq!(verdict(&[line(2, Digest::NONE, opened)]), Err(1), "the beginning is missing");
    let last = line(u64::MAX, Digest::NONE, opened);
    for number in [0, u64::MAX] {
        let more = line(number, digest_of(&last), opened);
        assert_eq!(verdict(&[last.clone(), more]), Err(2), "no number is left");
    }
}

#[test]
fn the_program_ends_as_scripts_expect() {
    let Written { lines, keys } = written();
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
    file("one", &lines[..4].concat());
    file("two", &lines[4..].concat());
    file("first.pem", keys[0].to_pem().as_bytes());
    file("second.pem", keys[1].to_pem().as_bytes());
    for (arguments, code) in [
        ("one two --key first.pem --key second.pem", 0),
        ("two one --key first.pem --key second.pem", 4),
        ("one --key first.pem", 0),
        ("two --key first.pem --key second.pem", 4),
        ("two --key first.pem --key second.pem --excerpt", 0),
        ("one --key second.pem", 4),
        ("three --key first.pem", 1),
        ("one", 1),
    ] {
        let mut program = std::process::Command::new(env!("CARGO_BIN_EXE_evidence-verifier"));
        let ended = program.args(arguments.split(' ')).current_dir(folder.path()).output().unwrap();
        assert_eq!(ended.status.code(), Some(code), "{arguments}");
    }
}

#[test]
fn the_commands_of_the_description_verify_a_record() {
    if std::process::Command::new("openssl").arg("version").output().is_err() {
        eprintln!("skipped: openssl is not installed");
        return;
    }
    let description = include_str!("../../../docs/evidence.md");
    let (_, rest) = description.split_once("With tools that are everywhere").unwrap();
    let commands = rest.split("```").nth(1).unwrap().trim_start_matches("sh");
    let Written { lines, keys } = written();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("room.pem"), keys[0].to_pem()).unwrap();
    let said = |file: &[u8]| {
        std::fs::write(folder.path().join("FILE"), file).unwrap();
        let mut shell = std::process::Command::new("sh");
        let output = shell.arg("-c").arg(commands).current_dir(folder.path()).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let good = said(&lines.concat());
    assert!(good.contains(&digest_of(&lines[4]).to_string()) && good.contains("Verified OK"), "{good}");
    let changed = String::from_utf8(lines.concat()).unwrap().replace("\"bytes\":4", "\"bytes\":5");
    assert!(!said(changed.as_bytes()).contains("Verified OK"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]
    #[test]
    fn any_byte_that_is_changed_both_refuse_in_the_record_it_is_in(at in any::<prop::sample::Index>(), by in 1u8..=255) {
        let Written { lines, keys } = written();
        let mut bytes = lines.concat();
        let place = at.index(bytes.len());
        let line = 1 + bytes[..place].iter().filter(|byte| **byte == b'\n').count();
        bytes[place] ^= by;
        prop_assert_eq!(verdict(&bytes, &keys), Err(line));
    }
}
