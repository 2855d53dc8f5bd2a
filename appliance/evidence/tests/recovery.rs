//! What is left after a power cut, and which files are deleted when.

mod support;

use evidence::{
    Chain, Event, Extent, Head, Hex, PrunedFor, Retention, Segment, Signer, SoftwareKey, glance, recover, verify,
};
use jiff::SignedDuration;
use support::{at, begun, lines, meeting};

#[test]
fn wherever_the_last_record_is_torn_everything_before_it_is_whole() {
    let signer = SoftwareKey::generate().unwrap();
    let all = lines(&mut Chain::new("room-1"), [vec![begun()], meeting(1, 0)].concat(), &signer);
    let bytes = all.concat();
    let whole = bytes.len() - all[2].len();
    for end in whole..bytes.len() {
        let found = recover(&bytes[..end], &[signer.public_key()]);
        assert_eq!((found.whole_bytes, found.going_on), (whole, Some(Hex([1; 16]))), "{end}");
        assert_eq!(found.head.map(|head| head.number), Some(2));
    }
    let found = recover(&bytes, &[signer.public_key()]);
    assert_eq!((found.whole_bytes, found.going_on), (bytes.len(), None));
}

#[test]
fn after_what_is_whole_the_chain_goes_on() {
    let signer = SoftwareKey::generate().unwrap();
    let all = lines(&mut Chain::new("room-1"), [vec![begun()], meeting(1, 0)].concat(), &signer);
    let torn = &all.concat()[..all.concat().len() - 1];
    let found = recover(torn, &[signer.public_key()]);
    let mut chain = Chain::after("room-1", &found.head.unwrap());
    let more = lines(&mut chain, [Event::Resumed { interrupted: found.going_on, torn: Vec::new() }], &signer);
    let mended = [&torn[..found.whole_bytes], &more.concat()].concat();
    assert_eq!(verify(&mended, &[signer.public_key()], Extent::Whole).unwrap().1.last, 3);
}

#[test]
fn what_somebody_else_added_is_not_whole() {
    let (signer, other) = (SoftwareKey::generate().unwrap(), SoftwareKey::generate().unwrap());
    let mut all = lines(&mut Chain::new("room-1"), [vec![begun()], meeting(1, 0)].concat(), &signer);
    let strange = lines(&mut Chain::new("room-1"), [vec![begun()], meeting(2, 0)].concat(), &other);
    let forged = [&strange[2][..128], &all[2][128..]].concat();
    all[2] = forged;
    assert_eq!(recover(&all.concat(), &[signer.public_key()]).head.map(|head| head.number), Some(2));
    assert_eq!(recover(&all.concat(), &[]).head.map(|head| head.number), Some(3), "auditors judge it");
}

#[test]
fn a_key_that_nobody_introduced_is_not_whole_and_one_that_was_is() {
    let (signer, other) = (SoftwareKey::generate().unwrap(), SoftwareKey::generate().unwrap());
    let mut chain = Chain::new("room-1");
    let mut all = lines(&mut chain, [vec![begun()], meeting(1, 0)].concat(), &signer);
    // Somebody else goes on where ours ends.
    let head = recover(&all.concat(), &[]).head.unwrap();
    let mut theirs = Chain::after("room-1", &Head { next_key: other.public_key().id(), ..head });
    let grafted = [all.clone(), lines(&mut theirs, meeting(2, 0), &other)].concat();
    assert_eq!(recover(&grafted.concat(), &[signer.public_key()]).head.map(|head| head.number), Some(3));
    all.extend(lines(&mut chain, [Event::KeyChanged { to: other.public_key() }], &signer));
    all.extend(lines(&mut chain, meeting(2, 0), &other));
    for keys in [&[signer.public_key()][..], &[other.public_key()]] {
        assert_eq!(recover(&all.concat(), keys).head.map(|head| head.number), Some(6));
    }
    all[5][0] ^= 1;
    assert_eq!(
        recover(&all.concat(), &[signer.public_key()]).head.map(|head| head.number),
        Some(5),
        "nor does it count where the new key did not sign"
    );
}

#[test]
fn a_glance_shows_the_first_and_the_last_record() {
    let signer = SoftwareKey::generate().unwrap();
    let all = lines(&mut Chain::new("room-1"), [vec![begun()], meeting(1, 1)].concat(), &signer);
    let (first, segment) = glance(&all[1..].concat()).unwrap();
    assert_eq!((first.number, first.sha256), (2, evidence::digest_of(&all[1])));
    assert_eq!(segment.written, (at(1), at(3)));
    assert_eq!(glance(&all[1]).unwrap().1.written, (at(1), at(1)));
    for none in [&b""[..], b"\n", b"{}\n", &all[1][..100]] {
        assert_eq!(glance(none), None);
    }
}

#[test]
fn a_segment_ends_with_its_day_and_when_it_is_full() {
    let retention = Retention { segment_bytes_max: 1000, ..Retention::default() };
    let segment = Segment { bytes: 900, written: (at(0), at(10)) };
    assert!(!retention.is_full(&segment, 100, at(10)));
    assert!(retention.is_full(&segment, 101, at(10)));
    assert!(retention.is_full(&segment, 1, at(24 * 60)));
    assert!(
        !retention.is_full(&Segment { bytes: 0, ..segment }, 5000, at(10)),
        "a record larger than that has a place"
    );
}

#[test]
fn what_is_too_old_or_too_much_goes_the_oldest_first_and_the_last_stays() {
    let day = |n: i64| Segment { bytes: 100, written: (at(n * 1440), at(n * 1440 + 600)) };
    let segments: Vec<Segment> = (0..10).map(day).collect();
    let retention =
        Retention { age_max: SignedDuration::from_hours(7 * 24), bytes_max: 10_000, segment_bytes_max: 100 };
    assert_eq!(retention.prune(&segments, at(7 * 1440 + 600)), None, "exactly as old as they may become");
    assert_eq!(retention.prune(&segments, at(9 * 1440 + 700)), Some((3, PrunedFor::Age)));
    assert_eq!(retention.prune(&segments, at(99 * 1440)), Some((9, PrunedFor::Age)));
    let narrow = Retention { bytes_max: 550, ..retention };
    assert_eq!(narrow.prune(&segments, at(0)), Some((5, PrunedFor::Space)));
    let none = Retention { bytes_max: 0, ..retention };
    assert_eq!(none.prune(&segments, at(0)), Some((9, PrunedFor::Space)));
    assert_eq!(none.prune(&segments[..1], at(0)), None);
    assert_eq!(none.prune(&[], at(0)), None);
}
