//! `huisclos evidence`, as IT and auditors type it.

use std::path::Path;
use std::process::Command;

use appliance::evidence_store::EvidenceStore;
use evidence::{
    Accepted, Count, Dtls, Event, FlowKey, FrameEncryption, Hex, Jurisdiction, Ledger, Names, Platform,
    PolicyReference, Protection, Protocol, Purpose, Retention, Signer, SoftwareKey, Tls, Traffic,
};
use jiff::{SignedDuration, Timestamp};

/// What a command ended with, said, and complained of.
struct Ended {
    code: Option<i32>,
    said: String,
    complained: String,
}

fn evidence(folder: &Path, arguments: &str) -> Ended {
    let mut program = Command::new(env!("CARGO_BIN_EXE_huisclos"));
    let output = program.arg("evidence").args(arguments.split(' ')).current_dir(folder).output().expect("huisclos");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    Ended { code: output.status.code(), said: text(output.stdout), complained: text(output.stderr) }
}

/// 2027-06-30 in the morning, and some minutes.
fn at(minutes: i64) -> Timestamp {
    "2027-06-30T08:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_mins(minutes)
}

fn ledger(id: u8, now: Timestamp) -> Ledger {
    let platform = Platform { kind: "visio".into(), host: "visio.example".into() };
    let policy = PolicyReference { name: "ministry".into(), version: 7, sha256: Hex([7; 32]) };
    let mut ledger = Ledger::new(Hex([id; 16]), platform, "panel", Some(policy), false, now);
    let france = || {
        let names = Names { fr: "France".into(), en: "France".into(), de: "Frankreich".into() };
        Some(Jurisdiction { id: "FR".into(), names })
    };
    let count = Count { bytes: 1_234_567, packets: 1000 };
    let traffic = Traffic { sent: count, received: count };
    let key = |purpose, peer: &str, protocol| FlowKey { purpose, peer: peer.parse().unwrap(), port: 443, protocol };
    let signalling = key(Purpose::Signalling, "192.0.2.1", Protocol::Tls);
    let media = key(Purpose::Media, "192.0.2.2", Protocol::Udp);
    ledger.count(signalling, traffic, |_| (france(), true));
    ledger.count(media, traffic, |_| (france(), true));
    let tls = Tls { version: "TLS1.3".into(), suite: "TLS_AES_128_GCM_SHA256".into() };
    ledger.protect(signalling, Protection { tls: Some(tls), dtls: None });
    let dtls = Dtls { srtp: Some("SRTP_AEAD_AES_128_GCM".into()), ..Dtls::default() };
    ledger.protect(media, Protection { tls: None, dtls: Some(dtls) });
    ledger.refuse(Purpose::Turn, "203.0.113.9".parse().unwrap(), "other-jurisdiction");
    ledger.encrypt(FrameEncryption::SharedKey, None, now);
    ledger.accept(Accepted { transition: "gateway".into(), language: "fr".into() });
    ledger
}

/// A folder with `room` (a meeting each on two days) and `room.pem`.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let key = SoftwareKey::generate().unwrap();
    std::fs::write(folder.path().join("room.pem"), key.public_key().to_pem()).unwrap();
    let other = SoftwareKey::generate().unwrap();
    std::fs::write(folder.path().join("other.pem"), other.public_key().to_pem()).unwrap();
    let directory = folder.path().join("room");
    let mut store =
        EvidenceStore::open(&directory, "room-1", Box::new(key), None, Retention::default(), at(-1)).unwrap();
    for (id, minutes) in [(1, 0), (2, 24 * 60)] {
        store.append(Event::Opened(ledger(id, at(minutes)).so_far(0)), at(minutes)).unwrap();
        let closed = ledger(id, at(minutes)).close(3_600_000, at(minutes + 60));
        store.append(Event::Closed(closed), at(minutes + 60)).unwrap();
    }
    folder
}

#[test]
fn meetings_are_told_in_plain_words_in_three_languages() {
    let folder = folder();
    let shown = evidence(folder.path(), "show --dir room");
    assert_eq!(shown.code, Some(0), "{}", shown.complained);
    for words in [
        "2027-06-30 08:00Z – 2027-06-30 09:00Z  visio.example (visio)  #3",
        "  Everything stayed in France: 2 servers, all listed by the policy.",
        "  It was encrypted from end to end all the time, with a key that everybody with the link has.",
        "  Policy ministry, version 7",
        "  In the room it was accepted that the meeting crosses the border: gateway, read in fr",
        "  media       udp 192.0.2.2:443  France  yes     1235 kB  1235 kB   DTLS SRTP_AEAD_AES_128_GCM",
        "  Refused 1×: relay (TURN) to 203.0.113.9 (other-jurisdiction)",
        "Not verified: that needs --key.",
    ] {
        assert!(shown.said.lines().any(|line| line == words), "{words}\n{}", shown.said);
    }
    let french = evidence(folder.path(), "show --dir room --key room.pem --language fr");
    assert!(french.said.contains("Tout est resté dans la juridiction « France » : 2 serveurs, tous mentionnés"));
    assert!(french.said.contains("Accepté dans la salle que la réunion passe la frontière : gateway, lu en fr"));
    assert!(!french.said.contains("--key"), "it was verified");
    let german = evidence(folder.path(), "show --dir room --language de").said;
    assert!(german.contains("Im Raum wurde zugestimmt, dass die Besprechung die Grenze überschreitet: gateway"));
    assert!(german.contains("Alles blieb im Rechtsraum „Frankreich“: 2 Server"));
}

#[test]
fn meetings_are_told_to_programs_in_json() {
    let folder = folder();
    let shown = evidence(folder.path(), "show --dir room --json --key room.pem");
    let answer: serde_json::Value = serde_json::from_str(&shown.said).unwrap();
    assert_eq!((&answer["verified"], answer["meetings"].as_array().unwrap().len()), (&true.into(), 2));
    let meeting = &answer["meetings"][0];
    assert_eq!(meeting["summary"]["place"], serde_json::json!({ "one": "FR" }));
    assert_eq!((&meeting["summary"]["servers"], &meeting["summary"]["refused"]), (&2.into(), &1.into()));
    assert_eq!(meeting["meeting"]["accepted"], serde_json::json!({ "transition": "gateway", "language": "fr" }));
    assert_eq!(meeting["meeting"]["flows"][0]["peer"], "192.0.2.1");
}

#[test]
fn verifying_needs_only_the_public_key_and_ends_as_scripts_expect() {
    let folder = folder();
    let good = evidence(folder.path(), "verify --dir room --key room.pem");
    assert_eq!(good.code, Some(0), "{}{}", good.said, good.complained);
    assert!(good.said.contains("Verified: records 1 to 5 of the room room-1"), "{}", good.said);
    let known = good.said.split("--known ").nth(1).unwrap().split(' ').next().unwrap();
    let stranger = evidence(folder.path(), "verify --dir room --key other.pem");
    assert_eq!(stranger.code, Some(4));
    assert!(stranger.said.contains("from line 1 on: it is signed with the key"), "{}", stranger.said);
    assert_eq!(evidence(folder.path(), "verify --dir nowhere --key room.pem").code, Some(1));
    assert_eq!(evidence(folder.path(), "verify --dir room").code, Some(2), "clap asks for a key");

    // The end is cut off: only who kept the last digest sees it.
    let last = folder.path().join("room/000000000004.evidence");
    let text = std::fs::read_to_string(&last).unwrap();
    let (first, _) = text.split_once('\n').unwrap();
    std::fs::write(&last, format!("{first}\n")).unwrap();
    let cut = evidence(folder.path(), "verify --dir room --key room.pem");
    assert_eq!(cut.code, Some(0));
    assert!(cut.said.contains("has no end yet, or its end was cut off"), "{}", cut.said);
    let missing = evidence(folder.path(), &format!("verify --dir room --key room.pem --known {known}"));
    assert_eq!(missing.code, Some(4), "{}", missing.said);

    std::fs::write(&last, text.replacen("192.0.2.2", "192.0.2.3", 1)).unwrap();
    let edited = evidence(folder.path(), "verify --dir room --key room.pem --json");
    let answer: serde_json::Value = serde_json::from_str(&edited.said).unwrap();
    assert_eq!((edited.code, &answer["verified"], &answer["before"]), (Some(4), &false.into(), &3.into()));
    assert_eq!(evidence(folder.path(), "show --dir room --key room.pem").code, Some(4));
}

#[test]
fn some_days_are_exported_into_one_file_that_verifies() {
    let folder = folder();
    let exported = evidence(folder.path(), "export --dir room --from 2027-07-01 --to 2027-07-01 --out day.evidence");
    assert_eq!((exported.code, exported.said.as_str()), (Some(0), "2 records written to day.evidence.\n"));
    let verified = evidence(folder.path(), "verify day.evidence --key room.pem");
    assert_eq!(verified.code, Some(0), "{}", verified.said);
    assert!(verified.said.contains("Records before 4 are not here; nothing between 4 and 5 is missing."));
    assert!(evidence(folder.path(), "show day.evidence").said.contains("2027-07-01 08:00Z – 2027-07-01 09:00Z"));
    assert_eq!(evidence(folder.path(), "export --dir room --out day.evidence").code, Some(1), "it is there already");
    assert_eq!(evidence(folder.path(), "export --dir room --from 2028-01-01 --out none.evidence").code, Some(1));
    assert_eq!(evidence(folder.path(), "export --dir room --out all.evidence").code, Some(0));
    let all = std::fs::read(folder.path().join("all.evidence")).unwrap();
    assert_eq!(all, appliance::evidence_store::read(&folder.path().join("room")).unwrap());
}

#[test]
fn what_somebody_should_look_at_is_said_and_ends_with_three() {
    let folder = folder();
    let directory = folder.path().join("torn");
    std::fs::create_dir(&directory).unwrap();
    let key = || {
        let pkcs8 = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap().serialize_der();
        SoftwareKey::from_pkcs8(&pkcs8).unwrap()
    };
    let key = key();
    std::fs::write(folder.path().join("torn.pem"), key.public_key().to_pem()).unwrap();
    std::fs::write(directory.join("000000000001.evidence"), "half").unwrap();
    drop(EvidenceStore::open(&directory, "room-1", Box::new(key), None, Retention::default(), at(0)).unwrap());
    let verified = evidence(folder.path(), "verify --dir torn --key torn.pem");
    assert_eq!(verified.code, Some(3), "{}", verified.said);
    assert!(verified.said.contains("4 bytes before it were no whole record"), "{}", verified.said);
}
