//! May this room join this meeting? Every answer carries its reasons.

use policy::{
    Action, ActionRefusal, Condition, ContactRefusal, EndToEnd, Language, Permission, PlatformKind, Policy, Purpose,
    Question, Refusal, Role, Verdict, host,
};

const POLICY: &str = r#"
[policy]
name = "test"
version = 7
valid_until = "2027-12-31"

[[platforms]]
host = "required.example"
kind = "visio"
encryption = "required"
pins = ["sha256/d6qzRu9zOECb90Uez27xWltNsj0e1Md7GkYYkVoZWmM="]

[[platforms]]
host = "*.town.example"
kind = "visio"
encryption = "preferred"

[[platforms]]
host = "off.example"
kind = "livekit"
encryption = "off"

[addresses]
media = ["192.0.2.0/24"]

[permissions]
chat = true

[roles]
room_user = ["join", "accept-transition", "chat", "share"]
facilities = ["join"]

[[transitions]]
name = "gateway"
host = "gateway.town.example"
kind = "visio"
encryption = "off"
until = "2027-06-30"
crosses = ["media"]
addresses = ["203.0.113.0/24"]
sentence = { fr = "Dehors.", en = "Outside.", de = "Draußen." }
"#;

fn policy() -> Policy {
    Policy::parse(POLICY).unwrap()
}

fn question(name: &str, end_to_end: EndToEnd) -> Question {
    let kind = if name == "off.example" { PlatformKind::LiveKit } else { PlatformKind::Visio };
    Question { host: host(name).unwrap(), kind, end_to_end, role: Role::RoomUser, addresses: Vec::new() }
}

fn ask(question: &Question, now: &str) -> Result<Vec<Condition>, Vec<Refusal>> {
    match policy().may_join(question, now.parse().unwrap()) {
        Verdict::Allowed { conditions, .. } | Verdict::AllowedAfterAcceptance { conditions, .. } => Ok(conditions),
        Verdict::Refused { reasons } => Err(reasons),
    }
}

const NOW: &str = "2026-12-01T09:00:00Z";

#[test]
fn encryption_that_is_required_is_there_or_there_is_no_meeting() {
    use Condition as C;
    let pinned = vec![C::MustBeEncrypted, C::PinnedCertificate];
    for (name, end_to_end, answer) in [
        ("required.example", EndToEnd::Present, Ok(pinned.clone())),
        ("required.example", EndToEnd::Unknown, Ok(pinned)),
        ("required.example", EndToEnd::Absent, Err(vec![Refusal::NotEncrypted])),
        ("a.town.example", EndToEnd::Present, Ok(vec![C::MustBeEncrypted])),
        ("a.town.example", EndToEnd::Unknown, Ok(vec![C::EncryptedIfOffered])),
        ("a.town.example", EndToEnd::Absent, Ok(vec![C::ShownAsNotEncrypted])),
        ("off.example", EndToEnd::Present, Err(vec![Refusal::MustNotBeEncrypted])),
        ("off.example", EndToEnd::Unknown, Ok(vec![C::ShownAsNotEncrypted])),
        ("off.example", EndToEnd::Absent, Ok(vec![C::ShownAsNotEncrypted])),
    ] {
        assert_eq!(ask(&question(name, end_to_end), NOW), answer, "{name}, {end_to_end:?}");
    }
}

#[test]
fn what_is_not_mentioned_is_refused_and_the_reason_says_so() {
    let elsewhere = question("meet.example", EndToEnd::Present);
    assert_eq!(ask(&elsewhere, NOW), Err(vec![Refusal::HostNotListed { host: elsewhere.host.clone() }]));
    let mut other = question("off.example", EndToEnd::Absent);
    other.kind = PlatformKind::Sip;
    let (asked, listed) = (PlatformKind::Sip, PlatformKind::LiveKit);
    assert_eq!(ask(&other, NOW), Err(vec![Refusal::OtherKind { host: other.host.clone(), asked, listed }]));
    let nothing = Policy::parse("[policy]\nname = \"t\"\nversion = 1").unwrap();
    let Verdict::Refused { reasons } = nothing.may_join(&elsewhere, NOW.parse().unwrap()) else { panic!() };
    assert_eq!(reasons.len(), 2, "neither the host nor the role is mentioned: {reasons:?}");
}

#[test]
fn a_transition_is_accepted_first_and_refused_after_its_last_day() {
    let crossing = question("gateway.town.example", EndToEnd::Absent);
    let policy = policy();
    let verdict = policy.may_join(&crossing, "2027-06-30T23:59:59Z".parse().unwrap());
    // The narrower name counts, though *.town.example needs no acceptance.
    let Verdict::AllowedAfterAcceptance { transition, conditions } = verdict else { panic!("{verdict:?}") };
    assert_eq!(transition.sentence.in_language(Language::German), "Draußen.");
    assert_eq!(conditions, [Condition::ShownAsNotEncrypted]);
    let over = Refusal::TransitionOver { name: "gateway".into(), since: jiff::civil::date(2027, 6, 30) };
    assert_eq!(ask(&crossing, "2027-07-01T00:00:00Z"), Err(vec![over]));
}

#[test]
fn only_who_may_accept_a_crossing_crosses() {
    let mut crossing = question("gateway.town.example", EndToEnd::Absent);
    crossing.role = Role::Facilities;
    let refusal = ActionRefusal::RoleMayNot { role: Role::Facilities, action: Action::AcceptTransition };
    assert_eq!(ask(&crossing, NOW), Err(vec![Refusal::Action(refusal)]));
    crossing.role = Role::Auditor;
    assert_eq!(ask(&crossing, NOW).unwrap_err().len(), 2);
}

#[test]
fn after_its_last_day_a_policy_lets_nobody_in() {
    let meeting = question("a.town.example", EndToEnd::Present);
    assert!(ask(&meeting, "2027-12-31T23:59:59Z").is_ok());
    let over = Refusal::PolicyOver { since: jiff::civil::date(2027, 12, 31) };
    assert_eq!(ask(&meeting, "2028-01-01T00:00:00Z"), Err(vec![over]));
}

#[test]
fn every_reason_is_given_and_addresses_count() {
    let mut meeting = question("required.example", EndToEnd::Absent);
    meeting.role = Role::It;
    let (allowed, refused) = ("192.0.2.1".parse().unwrap(), "::ffff:198.51.100.1".parse().unwrap());
    meeting.addresses = vec![(Purpose::Media, allowed), (Purpose::Media, refused), (Purpose::Turn, allowed)];
    let reasons = ask(&meeting, "2028-01-01T00:00:00Z").unwrap_err();
    assert_eq!(reasons.len(), 5, "{reasons:?}");
    let why = ContactRefusal::NotListed { purpose: Purpose::Media };
    assert!(reasons.contains(&Refusal::Address { address: "198.51.100.1".parse().unwrap(), why }));
}

#[test]
fn a_role_may_what_it_is_given_and_what_is_permitted_at_all() {
    let policy = policy();
    assert_eq!(policy.may(Role::RoomUser, Action::Chat), Ok(()));
    let sharing = ActionRefusal::NotPermitted { permission: Permission::Sharing };
    assert_eq!(policy.may(Role::RoomUser, Action::Share), Err(sharing));
    let (role, action) = (Role::Facilities, Action::Chat);
    assert_eq!(policy.may(role, action), Err(ActionRefusal::RoleMayNot { role, action }));
    assert_eq!(policy.permits(Permission::Chat), Ok(()));
    let recording = ActionRefusal::NotPermitted { permission: Permission::Recording };
    assert_eq!(policy.permits(Permission::Recording), Err(recording));
}

#[test]
fn the_answer_is_told_in_three_languages_with_what_it_means_for_each_address() {
    let addresses = ["203.0.113.5".parse().unwrap(), "192.0.2.1".parse().unwrap()];
    let crossing = question("gateway.town.example", EndToEnd::Absent);
    let policy = policy();
    for (language, words) in [
        (
            Language::French,
            [
                "Oui, dès que",
                "Dehors.",
                "À condition que :",
                "Messages : permis.",
                "Son et image : permis par 203.0.113.0/24.",
            ],
        ),
        (
            Language::English,
            [
                "Yes, once",
                "Outside.",
                "As long as:",
                "Chat: allowed.",
                "Sound and pictures: allowed by 203.0.113.0/24.",
            ],
        ),
        (
            Language::German,
            [
                "Ja, sobald",
                "Draußen.",
                "Unter diesen Bedingungen:",
                "Chat: erlaubt.",
                "Ton und Bild: erlaubt durch 203.0.113.0/24.",
            ],
        ),
    ] {
        let text = policy.explain(&crossing, &addresses, NOW.parse().unwrap(), language).text();
        for word in words {
            assert!(text.contains(word), "{word}\n{text}");
        }
    }
    let refused =
        policy.explain(&question("meet.example", EndToEnd::Absent), &[], NOW.parse().unwrap(), Language::English);
    assert_eq!((refused.verdict, refused.reasons[0].code), ("refused", "refusal-host-not-listed"));
    assert!(
        refused
            .text()
            .starts_with("No: this room may not join the meeting on meet.example.\n  The policy does not mention")
    );
}
