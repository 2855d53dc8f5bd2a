//! What a meeting's record says, and that nobody makes it grow.

mod support;

use evidence::{
    CHANGES_MAX, Chain, Cut, Epochs, FLOWS_MAX, FrameEncryption, Language, Listing, NAMES_MAX, Place, Protected,
    Protection, Purpose, REFUSED_MAX, Recording, SoftwareKey, Summary, Tls,
};
use evidence::{Event, FlowKey, LINE_BYTES_MAX, Ledger, Protocol};
use support::{at, jurisdiction, key, ledger, traffic, usual};

#[test]
fn everything_that_stayed_in_one_place_is_said_in_one_sentence() {
    let meeting = usual(1).close(1_800_000, at(30));
    let summary = Summary::of(&meeting);
    assert_eq!((summary.place.clone(), summary.servers, summary.listing), (Place::One("FR".into()), 2, Listing::All));
    for (language, sentence) in [
        (Language::English, "Everything stayed in France: 2 servers, all listed by the policy."),
        (
            Language::French,
            "Tout est resté dans la juridiction « France » : 2 serveurs, tous mentionnés par la politique.",
        ),
        (Language::German, "Alles blieb im Rechtsraum „Frankreich“: 2 Server, alle in der Richtlinie genannt."),
    ] {
        assert_eq!(summary.sentences(&meeting, language)[0], sentence);
    }
    let live = usual(1).so_far(60_000);
    let sentences = Summary::of(&live).sentences(&live, Language::English);
    assert_eq!(sentences[0], "Everything stays in France: 2 servers, all listed by the policy.");
}

/// Where a meeting's packets went, as its summary says.
fn place_of(jurisdictions: &[Option<&str>]) -> Place {
    let mut ledger = ledger(1);
    for (index, id) in jurisdictions.iter().enumerate() {
        ledger.count(key(&format!("192.0.2.{index}")), traffic(1), |_| (id.map(jurisdiction), true));
    }
    Summary::of(&ledger.so_far(0)).place
}

#[test]
fn nothing_is_said_to_have_stayed_somewhere_that_may_not_have() {
    let ids = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>();
    assert_eq!(place_of(&[]), Place::Nowhere);
    assert_eq!(place_of(&[Some("FR"), Some("FR")]), Place::One("FR".into()));
    assert_eq!(place_of(&[Some("FR"), Some("DE")]), Place::Several(ids(&["DE", "FR"])));
    assert_eq!(place_of(&[Some("FR"), None]), Place::Partly(ids(&["FR"])));
    assert_eq!(place_of(&[None]), Place::Unknown);
    let many: Vec<Option<&str>> = vec![Some("FR"); 256];
    assert_eq!(place_of(&many), Place::Partly(ids(&["FR"])), "further flows were not listed");
}

#[test]
fn a_server_is_listed_only_by_a_policy() {
    let mut ledger = ledger(1);
    ledger.count(key("192.0.2.1"), traffic(1), |_| (None, true));
    ledger.count(key("192.0.2.2"), traffic(1), |_| (None, false));
    let meeting = ledger.so_far(0);
    assert_eq!(Summary::of(&meeting).listing, Listing::NotAll { unlisted: 1 });
    let platform = meeting.platform.clone();
    let mut without = Ledger::new(meeting.id, platform, "panel", None, false, at(0));
    without.count(key("192.0.2.1"), traffic(1), |_| (None, true));
    let without = without.so_far(0);
    assert!(!without.flows[0].listed);
    assert_eq!(Summary::of(&without).listing, Listing::NoPolicy);
}

#[test]
fn a_flow_is_asked_about_once_and_an_address_is_the_same_however_it_is_written() {
    let mut ledger = ledger(1);
    ledger.count(key("192.0.2.1"), traffic(5), |_| (Some(jurisdiction("FR")), true));
    ledger.count(key("::ffff:192.0.2.1"), traffic(7), |_| panic!("it is known already"));
    ledger.count(FlowKey { protocol: Protocol::Tcp, ..key("192.0.2.1") }, traffic(1), |_| (None, true));
    let tls = Tls { version: "TLS1.3".into(), suite: "TLS_AES_128_GCM_SHA256".into() };
    ledger.protect(key("::ffff:192.0.2.1"), Protection { tls: Some(tls.clone()), dtls: None });
    let meeting = ledger.so_far(0);
    assert_eq!(meeting.flows.len(), 2);
    assert_eq!((meeting.flows[0].traffic.sent.bytes, meeting.flows[0].traffic.received.packets), (12, 4));
    assert_eq!(meeting.flows[0].protection.tls, Some(tls));
}

#[test]
fn encryption_is_called_what_it_was_at_its_weakest() {
    let protected = |states: &[(FrameEncryption, Option<u64>)]| {
        let mut ledger = ledger(1);
        states.iter().for_each(|(state, epoch)| ledger.encrypt(*state, *epoch, at(0)));
        Summary::of(&ledger.so_far(0)).protected
    };
    use FrameEncryption::{GroupKey, None as Clear, SharedKey};
    assert_eq!(protected(&[]), Protected::Unknown);
    assert_eq!(protected(&[(GroupKey, Some(1)), (GroupKey, Some(2))]), Protected::Throughout(GroupKey));
    assert_eq!(protected(&[(GroupKey, Some(1)), (SharedKey, None)]), Protected::Throughout(SharedKey));
    assert_eq!(protected(&[(SharedKey, None), (Clear, None)]), Protected::PartOfTheTime);
    assert_eq!(protected(&[(Clear, None)]), Protected::Throughout(Clear));
    // Whoever has it change again and again does not hide how it ended.
    let restless: Vec<_> = (0..200).map(|n| (if n % 2 == 0 { GroupKey } else { SharedKey }, None)).collect();
    assert_eq!(protected(&restless), Protected::Unknown);
}

#[test]
fn epochs_of_a_group_are_a_range_and_recordings_have_an_end() {
    let mut ledger = ledger(1);
    (4..=9).for_each(|epoch| ledger.encrypt(FrameEncryption::GroupKey, Some(epoch), at(0)));
    ledger.record(Recording::Recording, true, at(1));
    ledger.record(Recording::Recording, true, at(2));
    ledger.record(Recording::Recording, false, at(3));
    ledger.record(Recording::Transcription, true, at(4));
    let meeting = ledger.close(0, at(5));
    assert_eq!(meeting.encryption.len(), 1);
    assert_eq!(meeting.encryption[0].epochs, Some(Epochs { first: 4, last: 9 }));
    let spans: Vec<_> = meeting.recorded.iter().map(|one| (one.since, one.until)).collect();
    assert_eq!(spans, [(at(1), Some(at(3))), (at(4), Some(at(5)))]);
}

#[test]
fn names_are_kept_only_where_the_policy_lets_them() {
    let named = |may_name| {
        let mut ledger = Ledger::new(evidence::Hex([1; 16]), usual(1).so_far(0).platform, "api", None, may_name, at(0));
        ledger.verify("Authority of the State", Some("Ada Lovelace"));
        ledger.verify("Authority of the State", None);
        ledger.so_far(0).verified.remove(0)
    };
    assert_eq!((named(false).count, named(false).names.len()), (2, 0));
    assert_eq!(named(true).names, ["Ada Lovelace"]);
}

#[test]
fn whatever_happens_a_record_fits_and_says_what_does_not() {
    let mut ledger =
        Ledger::new(evidence::Hex([1; 16]), usual(1).so_far(0).platform, &"x".repeat(9999), None, true, at(0));
    let long = "\u{1f512}\u{202e}\n\"".repeat(5000);
    for n in 0..1000u32 {
        let peer = std::net::Ipv6Addr::from(u128::MAX - u128::from(n)).to_string();
        ledger.count(key(&peer), traffic(u64::MAX), |_| (Some(jurisdiction(&format!("{n}{long}"))), true));
        let tls = Tls { version: long.clone(), suite: long.clone() };
        let dtls =
            evidence::Dtls { suite: Some(long.clone()), srtp: Some(long.clone()), fingerprint: Some(long.clone()) };
        ledger.protect(key(&peer), Protection { tls: Some(tls), dtls: Some(dtls) });
        ledger.refuse(Purpose::Turn, peer.parse().unwrap(), &long);
        ledger.encrypt(
            if n % 2 == 0 { FrameEncryption::None } else { FrameEncryption::GroupKey },
            Some(u64::MAX),
            at(0),
        );
        ledger.verify(&format!("{}{long}", n % 70), Some(&long));
        ledger.record(Recording::Recording, n % 2 == 0, at(0));
    }
    let meeting = ledger.close(u64::MAX, at(1));
    assert_eq!((meeting.flows.len(), meeting.refused.len()), (FLOWS_MAX, REFUSED_MAX));
    assert_eq!((meeting.encryption.len(), meeting.recorded.len()), (CHANGES_MAX, CHANGES_MAX));
    assert!(
        meeting.verified.len() == CHANGES_MAX
            && meeting.verified.iter().map(|one| one.names.len()).sum::<usize>() == NAMES_MAX
    );
    let Cut { refused, encryption, recorded, .. } = meeting.cut;
    assert_eq!((refused, encryption, recorded), (872, 468, 436));
    assert!(meeting.cut.verified > 0 && meeting.cut.jurisdictions > 0 && !meeting.cut.traffic.is_nothing());
    assert!(!meeting.refused[0].reason.contains(['\u{202e}', '\n']));
    assert_eq!(meeting.refused[0].reason.len(), 64 - 1, "letters stay whole");
    let (mut chain, signer) = (Chain::new("room-1"), SoftwareKey::generate().unwrap());
    support::lines(&mut chain, [support::begun()], &signer);
    let sealed = chain.seal(Event::Closed(meeting), at(1), &signer);
    assert!(sealed.expect("a record").line.len() <= LINE_BYTES_MAX);
}
