//! Promises of a room with a policy: what cannot be believed opens nothing, and what is forbidden has its sentence.

use std::sync::Arc;
use std::time::Instant;

use minisign::KeyPair;
use room::destination::ParseContext;
use room::event::Wish;
use room::view::Notice;
use room::{Now, Output, Refusal, Room, RoomConfig};

use super::*;

const ALLOWED: &str = "https://visio.example/abc-defg-hij";

/// A policy that somebody has signed and put where the configuration says, and the room's state.
struct Signed {
    folder: tempfile::TempDir,
    signer: KeyPair,
}

impl Signed {
    fn new() -> Signed {
        let signer = KeyPair::generate_unencrypted_keypair().unwrap();
        Signed { folder: tempfile::tempdir().unwrap(), signer }
    }

    fn section(&self) -> PolicySection {
        let keys = vec![policy::Key::parse(&self.signer.pk.to_base64()).unwrap()];
        PolicySection { file: self.folder.path().join("policy.toml"), keys }
    }

    /// Signs this and puts it there.
    fn put(&self, text: &str) {
        self.put_signed_by(text, &self.signer);
    }

    fn put_signed_by(&self, text: &str, signer: &KeyPair) {
        let signature = minisign::sign(Some(&signer.pk), &signer.sk, text.as_bytes(), None, None).unwrap();
        let file = self.section().file;
        std::fs::write(signature_of(&file), signature.into_string()).unwrap();
        std::fs::write(file, text).unwrap();
    }

    /// The room starts.
    fn load(&self) -> RoomPolicy {
        RoomPolicy::load(&self.section(), self.folder.path())
    }

    fn version(&self) -> Option<u64> {
        match self.load() {
            RoomPolicy::InForce(policy) => Some(policy.version()),
            RoomPolicy::Unusable => None,
        }
    }
}

fn text(version: u64, more: &str) -> String {
    format!(
        "[policy]\nname = \"recorded\"\nversion = {version}\nvalid_until = \"2027-06-30\"\n\
         [[platforms]]\nhost = \"visio.example\"\nkind = \"visio\"\nencryption = \"preferred\"\n\
         [[platforms]]\nhost = \"closed.example\"\nkind = \"visio\"\nencryption = \"required\"\n\
         [[platforms]]\nhost = \"closed.example\"\nkind = \"livekit\"\nencryption = \"required\"\n\
         [[platforms]]\nhost = \"open.example\"\nkind = \"visio\"\nencryption = \"off\"\n\
         [[platforms]]\nhost = \"pinned.example\"\nkind = \"visio\"\nencryption = \"preferred\"\n\
         pins = [\"sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\"]\n\
         [[transitions]]\nname = \"abroad\"\nhost = \"abroad.example\"\nkind = \"visio\"\nencryption = \"off\"\n\
         until = \"2027-03-31\"\ncrosses = [\"media\"]\naddresses = [\"192.0.2.0/24\"]\n\
         sentence = {{ fr = \"Oui ?\", en = \"Yes?\", de = \"Ja?\" }}\n\
         {more}"
    )
}

const USUAL: &str = "[roles]\nroom_user = [\"join\", \"accept-transition\"]";

fn at(day: &str) -> Duration {
    let noon: Timestamp = format!("{day}T12:00:00Z").parse().unwrap();
    Duration::from_secs(noon.as_second().unsigned_abs())
}

fn link(text: &str) -> Destination {
    Destination::parse(text, &ParseContext::default()).unwrap()
}

fn answer(policy: &RoomPolicy, meeting: &str) -> Result<Permit, Forbidden> {
    policy.may_join(&link(meeting), Begins::Elsewhere, at("2027-01-01"))
}

/// What people are asked before [`text`]'s transition.
fn abroad() -> Permit {
    let sentence = Sentence { french: "Oui ?".into(), english: "Yes?".into(), german: "Ja?".into() };
    Permit::AfterAcceptance(Transition { name: "abroad".into(), sentence })
}

#[test]
fn what_the_policy_allows_is_dialled_and_what_it_does_not_mention_is_not() {
    let signed = Signed::new();
    signed.put(&text(1, USUAL));
    let now = Now { monotonic: Instant::now(), wall: at("2027-01-01"), utc_offset_s: 0 };
    let policy: Option<Arc<dyn JoinPolicy>> = Some(Arc::new(signed.load()));
    let mut room = Room::new(RoomConfig { policy, ..RoomConfig::named("Turing") }, now);
    let elsewhere = Wish::JoinTyped("https://evil-visio.example/abc-defg-hij".into());
    let why = Forbidden::Host("evil-visio.example".into());
    assert_eq!(room.ask(elsewhere, now), Err(Refusal::Notice(Notice::Forbidden(why))));
    let dials = |room: &mut Room| {
        let outputs: Vec<Output> = std::iter::from_fn(|| room.poll_output()).collect();
        outputs.iter().any(|output| matches!(output, Output::StartCall { .. }))
    };
    assert!(!dials(&mut room));
    assert_eq!(room.ask(Wish::JoinTyped(ALLOWED.into()), now), Ok(()));
    assert!(dials(&mut room));
}

#[test]
fn a_policy_that_was_changed_after_it_was_signed_opens_nothing() {
    let signed = Signed::new();
    signed.put(&text(1, USUAL));
    assert_eq!(answer(&signed.load(), ALLOWED), Ok(Permit::AtOnce));
    let file = signed.section().file;
    std::fs::write(&file, text(1, USUAL).replace("visio.example", "evil.example")).unwrap();
    let tampered = signed.load();
    for meeting in [ALLOWED, "https://evil.example/abc-defg-hij"] {
        assert_eq!(answer(&tampered, meeting), Err(Forbidden::Unreadable), "{meeting}");
    }
}

#[test]
fn a_policy_that_is_missing_or_of_somebody_else_or_no_policy_opens_nothing() {
    let signed = Signed::new();
    assert_eq!(answer(&signed.load(), ALLOWED), Err(Forbidden::Unreadable), "it is not there");
    signed.put_signed_by(&text(1, USUAL), &KeyPair::generate_unencrypted_keypair().unwrap());
    assert_eq!(answer(&signed.load(), ALLOWED), Err(Forbidden::Unreadable), "a stranger has signed it");
    signed.put("[policy]\nname = \"recorded\"");
    assert_eq!(answer(&signed.load(), ALLOWED), Err(Forbidden::Unreadable), "it says nothing");
    signed.put(&text(1, USUAL));
    std::fs::remove_file(signature_of(&signed.section().file)).unwrap();
    assert_eq!(answer(&signed.load(), ALLOWED), Err(Forbidden::Unreadable), "nobody has signed it");
    assert!(!signed.folder.path().join("policy-floor.toml").exists(), "and none of them was taken for one");
}

#[test]
fn after_a_newer_policy_no_older_one_and_no_other_of_the_same_version_comes_back() {
    let signed = Signed::new();
    for (given, taken) in [(7, Some(7)), (7, Some(7)), (6, None), (8, Some(8)), (7, None), (8, Some(8))] {
        signed.put(&text(given, USUAL));
        assert_eq!(signed.version(), taken, "{given}");
    }
    signed.put(&text(8, &format!("# another one\n{USUAL}")));
    assert_eq!(signed.version(), None);
    signed.put(&text(9, USUAL).replace("recorded", "town-hall"));
    assert_eq!(signed.version(), None, "of another name");
    assert_eq!(answer(&signed.load(), ALLOWED), Err(Forbidden::Unreadable));
}

#[test]
fn where_what_the_room_has_had_cannot_be_read_or_kept_no_policy_is_believed() {
    let signed = Signed::new();
    signed.put(&text(1, USUAL));
    std::fs::write(signed.folder.path().join("policy-floor.toml"), "torn").unwrap();
    assert_eq!(signed.version(), None);
    let nowhere = RoomPolicy::load(&signed.section(), Path::new("/nonexistent"));
    assert_eq!(answer(&nowhere, ALLOWED), Err(Forbidden::Unreadable));
}

#[test]
fn every_refusal_tells_people_why() {
    let signed = Signed::new();
    signed.put(&text(1, USUAL));
    let policy = signed.load();
    let encrypted = |host: &str| format!("https://{host}/abc-defg-hij#{}", "0123456789abcdef".repeat(3));
    for (meeting, expected) in [
        (ALLOWED.to_owned(), Ok(Permit::AtOnce)),
        (encrypted("visio.example"), Ok(Permit::AtOnce)),
        (encrypted("closed.example"), Ok(Permit::AtOnce)),
        ("https://closed.example/abc-defg-hij".to_owned(), Err(Forbidden::NotEndToEnd)),
        ("https://open.example/abc-defg-hij".to_owned(), Ok(Permit::AtOnce)),
        (encrypted("open.example"), Err(Forbidden::EndToEnd)),
        ("https://pinned.example/abc-defg-hij".to_owned(), Ok(Permit::AtOnce)),
        ("https://abroad.example/abc-defg-hij".to_owned(), Ok(abroad())),
        ("https://192.0.2.1/abc-defg-hij".to_owned(), Err(Forbidden::Host("192.0.2.1".into()))),
    ] {
        assert_eq!(answer(&policy, &meeting), expected, "{meeting}");
    }
    let server = |host: &str| Destination::livekit(&format!("wss://{host}"), "token").unwrap();
    let ask = |meeting: Destination| policy.may_join(&meeting, Begins::Elsewhere, at("2027-01-01"));
    assert_eq!(ask(server("visio.example")), Err(Forbidden::Host("visio.example".into())), "of another kind");
    assert_eq!(ask(server("closed.example")), Err(Forbidden::NotEndToEnd), "the room has no key for it");
}

#[test]
fn the_last_days_are_asked_for_at_every_join() {
    let signed = Signed::new();
    signed.put(&text(1, USUAL));
    let policy = signed.load();
    let abroad = link("https://abroad.example/abc-defg-hij");
    let ask = |meeting: &Destination, wall| policy.may_join(meeting, Begins::Elsewhere, wall);
    assert_eq!(ask(&abroad, at("2027-04-01")), Err(Forbidden::TransitionOver));
    assert_eq!(ask(&link(ALLOWED), at("2027-06-30")), Ok(Permit::AtOnce));
    assert_eq!(ask(&abroad, at("2027-03-31")), Ok(self::abroad()));
    assert_eq!(ask(&link(ALLOWED), at("2027-07-01")), Err(Forbidden::Over));
    assert_eq!(ask(&link(ALLOWED), Duration::MAX), Err(Forbidden::Over), "no clock says that");
}

#[test]
fn who_may_join_and_begin_is_what_the_policy_gives_to_people_in_the_room() {
    let begins = |roles: &str| {
        let signed = Signed::new();
        signed.put(&text(1, &format!("[roles]\n{roles}")));
        let policy = signed.load();
        let ask = |begins| policy.may_join(&link(ALLOWED), begins, at("2027-01-01"));
        (ask(Begins::Elsewhere), ask(Begins::Here))
    };
    assert_eq!(begins("room_user = [\"join\", \"start\"]"), (Ok(Permit::AtOnce), Ok(Permit::AtOnce)));
    assert_eq!(begins("room_user = [\"join\"]"), (Ok(Permit::AtOnce), Err(Forbidden::Begin)));
    assert_eq!(begins("it = [\"join\", \"start\"]"), (Err(Forbidden::Join), Err(Forbidden::Join)));
}

#[test]
fn nobody_is_asked_what_they_may_not_accept() {
    let signed = Signed::new();
    signed.put(&text(1, "[roles]\nroom_user = [\"join\"]\nit = [\"join\", \"accept-transition\"]"));
    assert_eq!(answer(&signed.load(), "https://abroad.example/abc-defg-hij"), Err(Forbidden::MayNotAccept));
    assert_eq!(answer(&signed.load(), ALLOWED), Ok(Permit::AtOnce));
}

#[test]
fn what_happens_in_meetings_needs_its_permission_and_somebody_in_the_room_who_may() {
    let in_meetings = |permissions: &str, room_user: &str| {
        let signed = Signed::new();
        signed.put(&text(1, &format!("[permissions]\n{permissions}\n[roles]\nroom_user = [{room_user}]")));
        signed.load().in_meetings()
    };
    let inside = "chat = true\nsharing = true\ncaptions = true";
    let all = format!("{inside}\nrecording = true\ntranscription = true");
    let words = "\"share\", \"chat\", \"captions\", \"moderate\"";
    assert_eq!(in_meetings(&all, words), InMeetings::EVERYTHING);
    assert_eq!(in_meetings(inside, "\"join\""), InMeetings::NOTHING);
    let recorded = InMeetings { recording: true, ..InMeetings::NOTHING };
    assert_eq!(in_meetings("recording = true", "\"join\""), recorded, "whoever asks for it");
    let moderates = InMeetings { moderate: true, ..InMeetings::NOTHING };
    assert_eq!(in_meetings("", words), moderates, "that needs no permission");
    assert_eq!(in_meetings("sharing = true", words), InMeetings { share: true, ..moderates });
    assert_eq!(RoomPolicy::Unusable.in_meetings(), InMeetings::NOTHING);
}
