//! What each ready-made profile promises, as a table.

use policy::{
    Action, Caution, EndToEnd, PROFILES, Permission, PlatformKind, Policy, Purpose, Question, Role, Verdict, host,
    profile,
};

const NOW: &str = "2026-12-01T09:00:00Z";

fn read(name: &str) -> Policy {
    Policy::parse(profile(name).unwrap()).unwrap_or_else(|problems| panic!("{name}:\n{problems}"))
}

/// `yes`, `accept` or `no`.
fn answer(policy: &Policy, name: &str, kind: PlatformKind, end_to_end: EndToEnd) -> &'static str {
    let host = host(name).unwrap();
    let question = Question { host, kind, end_to_end, role: Role::RoomUser, addresses: Vec::new() };
    match policy.may_join(&question, NOW.parse().unwrap()) {
        Verdict::Allowed { .. } => "yes",
        Verdict::AllowedAfterAcceptance { .. } => "accept",
        Verdict::Refused { .. } => "no",
    }
}

#[test]
fn every_profile_is_a_policy_of_its_own_name_that_warns_of_its_examples_and_of_nothing_else() {
    for (name, text) in PROFILES {
        let policy = read(name);
        assert_eq!((policy.name(), policy.version()), (*name, 1));
        assert!(text.contains("REPLACE"), "{name} says what to replace");
        let cautions = policy.cautions(NOW.parse().unwrap());
        assert!(cautions.iter().any(|caution| matches!(caution, Caution::DocumentationPrefix { .. })), "{name}");
        let is_expected = |caution: &&Caution| {
            matches!(caution, Caution::DocumentationPrefix { .. } | Caution::DocumentationHost { .. })
                || (*name == "classified"
                    && matches!(
                        caution,
                        Caution::PlaceholderPin { .. }
                            | Caution::NothingListed { purpose: Purpose::Turn | Purpose::Calendar | Purpose::Control }
                    ))
        };
        let others: Vec<&Caution> = cautions.iter().filter(|caution| !is_expected(caution)).collect();
        assert!(others.is_empty(), "{name}: {others:?}");
    }
}

#[test]
fn each_profile_lets_rooms_into_the_meetings_it_says() {
    use EndToEnd::{Absent, Present, Unknown};
    use PlatformKind::{LiveKit, Sip, Visio};
    let state = "visio.numerique.gouv.fr";
    for (name, host, kind, end_to_end, expected) in [
        ("ministry", state, Visio, Absent, "yes"),
        ("ministry", state, Visio, Present, "yes"),
        ("ministry", state, LiveKit, Absent, "no"),
        ("ministry", "gateway.example", Sip, Absent, "accept"),
        ("ministry", "gateway.example", Visio, Absent, "no"),
        ("ministry", "meet.elsewhere.example", Visio, Present, "no"),
        ("ministry", "visio.numerique.gouv.fr.elsewhere.example", Visio, Present, "no"),
        ("hospital", "visio.hospital.example", Visio, Present, "yes"),
        ("hospital", "visio.hospital.example", Visio, Absent, "no"),
        ("hospital", state, Visio, Present, "no"),
        ("university", state, Visio, Absent, "yes"),
        ("university", "physics.meet.university.example", Visio, Present, "yes"),
        ("university", "meet.university.example", Visio, Present, "no"),
        ("university", "lectures.university.example", LiveKit, Absent, "yes"),
        ("university", "lectures.university.example", LiveKit, Present, "no"),
        ("university", "a.gateway.university.example", Sip, Unknown, "accept"),
        ("town-hall", state, Visio, Absent, "yes"),
        ("town-hall", "visio.suite.anct.gouv.fr", Visio, Present, "yes"),
        ("town-hall", "gateway.example", Sip, Absent, "no"),
        ("classified", "meet.closed.example", Visio, Present, "yes"),
        ("classified", "meet.closed.example", Visio, Absent, "no"),
        ("classified", "meet.closed.example", LiveKit, Present, "no"),
        ("classified", state, Visio, Present, "no"),
    ] {
        assert_eq!(answer(&read(name), host, kind, end_to_end), expected, "{name}: {host}, {kind:?}, {end_to_end:?}");
    }
}

#[test]
fn each_profile_permits_what_it_says() {
    use Permission as P;
    let table: [(&str, &[Permission]); 5] = [
        ("ministry", &[P::Captions, P::Chat, P::Sharing]),
        ("hospital", &[P::Sharing]),
        ("university", Permission::ALL),
        ("town-hall", &[P::Recording, P::Transcription, P::Captions, P::Chat, P::Sharing]),
        ("classified", &[P::Sharing]),
    ];
    for (name, permitted) in table {
        let policy = read(name);
        for permission in Permission::ALL {
            assert_eq!(policy.permits(*permission).is_ok(), permitted.contains(permission), "{name}: {permission:?}");
        }
    }
}

#[test]
fn each_profile_sends_packets_only_where_it_says() {
    use Purpose::{Dns, Media, Turn, Updates};
    for (name, purpose, address, expected) in [
        ("ministry", Media, "192.0.2.1", true),
        ("ministry", Media, "2001:db8:1000::1", true),
        ("ministry", Media, "203.0.113.1", false),
        ("ministry", Dns, "192.0.2.1", false),
        ("ministry", Dns, "192.0.2.129", true),
        ("hospital", Media, "192.0.2.130", true),
        ("hospital", Updates, "192.0.2.130", false),
        ("hospital", Media, "192.0.2.250", false),
        ("university", Media, "198.51.100.9", true),
        ("university", Dns, "198.51.100.9", false),
        ("town-hall", Dns, "192.0.2.1", true),
        ("town-hall", Dns, "198.51.100.9", false),
        ("classified", Media, "192.0.2.20", true),
        ("classified", Media, "192.0.2.33", false),
        ("classified", Turn, "192.0.2.20", false),
    ] {
        let answer = read(name).may_contact(purpose, address.parse().unwrap()).is_ok();
        assert_eq!(answer, expected, "{name}: {purpose:?} to {address}");
    }
}

#[test]
fn in_no_profile_does_an_auditor_change_anything_or_a_room_user_change_the_policy() {
    for (name, _) in PROFILES {
        let policy = read(name);
        for action in Action::ALL {
            let is_reading = matches!(action, Action::ReadLog | Action::ReadEvidence);
            assert!(is_reading || policy.may(Role::Auditor, *action).is_err(), "{name}: {action:?}");
        }
        for role in [Role::Participant, Role::RoomUser, Role::Facilities] {
            for action in [Action::InstallPolicy, Action::Settings, Action::ReadEvidence] {
                assert!(policy.may(role, action).is_err(), "{name}: {role:?} {action:?}");
            }
        }
        assert!(policy.may(Role::SecurityOfficer, Action::InstallPolicy).is_ok(), "{name}");
    }
}
