//! Whom a room believes.

mod support;

use identity::{Authorities, AuthoritiesError, Chain, DeviceKey, NAME_CHARS_MAX, Revocations, Unverified, verify};
use rcgen::{BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, KeyUsagePurpose, SanType};
use support::{END, NOW, START, authority, believing, below, chain, room, root, since_1970};
use time::Duration as Days;
use time::OffsetDateTime;

fn verified_at(chain: &Chain, authorities: &Authorities, now: OffsetDateTime) -> Result<(String, String), Unverified> {
    verify(chain, authorities, &Revocations::default(), since_1970(now)).map(|verified| (verified.name, verified.by))
}

fn verified(chain: &Chain, authorities: &Authorities) -> Result<(String, String), Unverified> {
    verified_at(chain, authorities, NOW)
}

fn monnet() -> Result<(String, String), Unverified> {
    Ok(("Salle Jean Monnet".into(), "Ministère X".into()))
}

#[test]
fn who_an_authority_vouches_for_is_verified_directly_and_through_others() {
    let top = root(authority("Ministère X", "Root 2027"));
    let middle = below(authority("Ministère X", "Rooms"), &top);
    let low = below(authority("Ministère X", "Rooms in Paris"), &middle);
    let authorities = believing(&[&top]);
    for signers in [vec![&top], vec![&middle, &top], vec![&low, &middle, &top]] {
        assert_eq!(verified(&chain(&room("Salle Jean Monnet", 7), &signers), &authorities), monnet());
    }
    let gap = chain(&room("Salle Jean Monnet", 7), &[&low, &top]);
    assert_eq!(verified(&gap, &authorities), Err(Unverified::UnknownAuthority));
}

#[test]
fn of_several_authorities_it_is_said_which_one_and_by_the_name_that_was_given_to_it() {
    let (one, other) = (root(authority("Ministère X", "Root")), root(authority("", "Ville de Lyon")));
    let mut authorities = believing(&[&one]);
    authorities.add_pem(other.pem().as_bytes(), Some("La \u{202e}mairie\n")).unwrap();
    assert_eq!(authorities.names().collect::<Vec<_>>(), ["Ministère X", "La mairie"]);
    let from = |issuer| verified(&chain(&room("Salle", 1), &[issuer]), &authorities).unwrap().1;
    assert_eq!((from(&one).as_str(), from(&other).as_str()), ("Ministère X", "La mairie"));
    let own = believing(&[&other]);
    assert_eq!(own.names().collect::<Vec<_>>(), ["Ville de Lyon"]);
}

#[test]
fn nobody_is_verified_by_an_authority_that_is_not_known_even_one_of_the_same_name() {
    let known = root(authority("Ministère X", "Root 2027"));
    let impostor = root(authority("Ministère X", "Root 2027"));
    let stranger = root(authority("Y", "Root"));
    let authorities = believing(&[&known]);
    assert_eq!(verified(&chain(&room("Salle", 7), &[&stranger]), &authorities), Err(Unverified::UnknownAuthority));
    assert_eq!(verified(&chain(&room("Salle", 7), &[&impostor]), &authorities), Err(Unverified::Forged));
    let nobody = Authorities::new();
    assert!(nobody.is_empty());
    assert_eq!(verified(&chain(&room("Salle", 7), &[&known]), &nobody), Err(Unverified::UnknownAuthority));
}

#[test]
fn a_rooms_own_certificate_is_vouched_for_by_nobody_at_any_time() {
    let key = DeviceKey::generate().unwrap();
    let own = Chain::from_pem(key.self_signed("Salle Jean Monnet", "room-7").unwrap().as_bytes()).unwrap();
    let certificate = own.certificate();
    assert_eq!((certificate.name(), certificate.device()), (Some("Salle Jean Monnet"), Some("room-7")));
    assert!(certificate.is_for(&key) && certificate.key_id() == key.id() && certificate.names_itself());
    let authorities = believing(&[&root(authority("Ministère X", "Root"))]);
    for now in [OffsetDateTime::UNIX_EPOCH, NOW, NOW + Days::days(365_000)] {
        assert_eq!(verified_at(&own, &authorities, now), Err(Unverified::SelfSigned));
    }
    let mut authorities = authorities;
    assert_eq!(authorities.add_pem(certificate.to_pem().as_bytes(), None), Err(AuthoritiesError::NoAuthority));
    let alone = root(authority("", "Salle Jean Monnet"));
    let alone = Chain::from_pem(alone.pem().as_bytes()).unwrap();
    assert_eq!(verified(&alone, &authorities), Err(Unverified::SelfSigned));
}

#[test]
fn a_certificate_is_good_from_its_first_to_its_last_second_and_those_above_it_too() {
    let always = |mut parameters: CertificateParams| {
        (parameters.not_before, parameters.not_after) = (START - Days::days(999), END + Days::days(999));
        parameters
    };
    let second = Days::SECOND;
    let top = root(always(authority("Ministère X", "Root")));
    let direct = chain(&room("Salle Jean Monnet", 7), &[&top]);
    let middle = below(authority("Ministère X", "Rooms"), &top);
    let through = chain(&always(room("Salle Jean Monnet", 7)), &[&middle, &top]);
    for chain in [direct, through] {
        let at = |now| verified_at(&chain, &believing(&[&top]), now);
        assert_eq!(at(START - second), Err(Unverified::NotYetValid));
        assert_eq!((at(START), at(END)), (monnet(), monnet()));
        assert_eq!(at(END + second), Err(Unverified::Expired));
    }
    let old = root(authority("Ministère X", "Root"));
    let below_old = chain(&always(room("Salle Jean Monnet", 7)), &[&old]);
    let at = |now| verified_at(&below_old, &believing(&[&old]), now);
    assert_eq!((at(START), at(END)), (monnet(), monnet()));
    assert_eq!(at(START - second), Err(Unverified::AuthorityExpired));
    assert_eq!(at(END + second), Err(Unverified::AuthorityExpired));
}

#[test]
fn a_certificate_for_something_else_does_not_say_who_a_room_is() {
    let top = root(authority("Ministère X", "Root"));
    let authorities = believing(&[&top]);
    let with = |change: fn(&mut CertificateParams)| {
        let mut parameters = room("Salle Jean Monnet", 7);
        change(&mut parameters);
        verified(&chain(&parameters, &[&top]), &authorities)
    };
    assert_eq!(with(|p| p.extended_key_usages.push(ExtendedKeyUsagePurpose::ServerAuth)), monnet());
    assert_eq!(with(|p| (p.key_usages, p.extended_key_usages) = (vec![], vec![])), monnet(), "it does not say");
    for wrong in [
        with(|p| p.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth]),
        with(|p| p.extended_key_usages = vec![ExtendedKeyUsagePurpose::EmailProtection]),
        with(|p| p.key_usages = vec![KeyUsagePurpose::KeyEncipherment]),
        with(|p| p.is_ca = IsCa::Ca(BasicConstraints::Unconstrained)),
    ] {
        assert_eq!(wrong, Err(Unverified::WrongUsage));
    }
}

#[test]
fn authorities_vouch_for_no_more_than_they_may() {
    let top = root(authority("Ministère X", "Root"));
    let authorities = believing(&[&top]);
    let mut last = authority("Ministère X", "Last");
    last.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    let last = below(last, &top);
    let further = below(authority("Ministère X", "Further"), &last);
    assert_eq!(verified(&chain(&room("Salle Jean Monnet", 7), &[&last, &top]), &authorities), monnet());
    let beyond = chain(&room("Salle", 7), &[&further, &last, &top]);
    assert_eq!(verified(&beyond, &authorities), Err(Unverified::OutOfBounds));
    // A room's certificate vouches for nobody, whoever vouches for it.
    let pretender = below(room("Salle", 7), &top);
    let pretended = chain(&room("Ministre", 8), &[&pretender, &top]);
    assert_eq!(verified(&pretended, &authorities), Err(Unverified::WrongUsage));
}

#[test]
fn names_are_one_bounded_line_that_turns_nothing_around() {
    let top = root(authority("Ministère\u{200b} \u{202e}X", "Root"));
    let authorities = believing(&[&top]);
    let name = |given: rcgen::DnValue| verified(&chain(&room(given, 7), &[&top]), &authorities);
    let tricky = "\u{2067}Salle\r\n\u{0}Jean\u{200d}\u{fe0f}  Monnet\u{e0041}";
    assert_eq!(name(tricky.into()), monnet());
    let long = name("x\u{301}".repeat(5000).as_str().into()).unwrap().0;
    assert!(long.chars().count() <= NAME_CHARS_MAX, "{long}");
    let wide = rcgen::string::BmpString::try_from("Salle Jean Monnet").unwrap();
    assert_eq!(name(rcgen::DnValue::BmpString(wide)), monnet());
    for unseen in ["", " \u{200b}", "\u{202e}\u{3164}"] {
        assert_eq!(name(unseen.into()), Err(Unverified::Nameless), "{unseen:?}");
    }
}

#[test]
fn who_has_only_a_host_name_is_called_by_it() {
    let top = root(authority("Ministère X", "Root"));
    let mut parameters = room(" ", 7);
    parameters.subject_alt_names = vec![SanType::DnsName("monnet.rooms.example".try_into().unwrap())];
    let (name, _) = verified(&chain(&parameters, &[&top]), &believing(&[&top])).unwrap();
    assert_eq!(name, "monnet.rooms.example");
}

#[test]
fn a_chain_is_bounded_and_every_certificate_of_it_can_be_read() {
    let top = root(authority("Ministère X", "Root"));
    let one = top.pem();
    assert!(Chain::from_pem(one.repeat(8).as_bytes()).is_ok());
    for no_chain in [
        String::new(),
        "hello".into(),
        one.repeat(9),
        one[..one.len() / 2].into(),
        format!("{one}\n-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"),
    ] {
        assert!(Chain::from_pem(no_chain.as_bytes()).is_err(), "{no_chain}");
    }
    let mut authorities = Authorities::new();
    assert_eq!(authorities.add_pem(b"", None), Err(AuthoritiesError::Empty));
    assert!(authorities.add_pem(one[..one.len() / 2].as_bytes(), None).is_err());
    assert!(authorities.is_empty());
}
