//! What an authority has taken back is not believed.

mod support;

use identity::{Coverage, Revocations, RevocationsError, Unverified, verify};
use rcgen::CrlDistributionPoint;
use support::{END, NOW, START, authority, believing, below, chain, list, list_of, room, root, since_1970};
use time::Duration as Days;

fn revocations(coverage: Coverage, lists: &[String]) -> Revocations {
    let mut revocations = Revocations::new(coverage);
    for list in lists {
        revocations.add(list.as_bytes()).expect("a list");
    }
    revocations
}

#[test]
fn who_was_revoked_is_not_verified_and_everybody_else_is() {
    let top = root(authority("Ministère X", "Root"));
    let authorities = believing(&[&top]);
    let lists = revocations(Coverage::WhereGiven, &[list(&top, &[7, 9], START, END)]);
    let at = |serial| verify(&chain(&room("Salle", serial), &[&top]), &authorities, &lists, since_1970(NOW)).err();
    assert_eq!((at(7), at(8), at(9)), (Some(Unverified::Revoked), None, Some(Unverified::Revoked)));
}

#[test]
fn an_authority_that_was_revoked_vouches_for_nobody() {
    let top = root(authority("Ministère X", "Root"));
    let mut parameters = authority("Ministère X", "Rooms");
    parameters.serial_number = Some(77_u64.into());
    let middle = below(parameters, &top);
    let room = chain(&room("Salle", 1), &[&middle, &top]);
    let lists = revocations(Coverage::WhereGiven, &[list(&top, &[77], START, END)]);
    assert_eq!(verify(&room, &believing(&[&top]), &lists, since_1970(NOW)), Err(Unverified::Revoked));
}

#[test]
fn a_list_that_is_given_must_be_fresh_and_the_newest_counts() {
    let top = root(authority("Ministère X", "Root"));
    let authorities = believing(&[&top]);
    let room = chain(&room("Salle", 7), &[&top]);
    let (old, new) = (list(&top, &[], START, NOW - Days::DAY), list(&top, &[7], NOW - Days::DAY, NOW + Days::DAY));
    let with = |lists: &[String]| {
        verify(&room, &authorities, &revocations(Coverage::WhereGiven, lists), since_1970(NOW)).err()
    };
    assert_eq!(with(&[old.clone()]), Some(Unverified::ListStale));
    assert_eq!(with(&[old.clone(), new.clone()]), Some(Unverified::Revoked));
    assert_eq!(with(&[new.clone() + &old]), Some(Unverified::Revoked));
    let lists = revocations(Coverage::WhereGiven, &[old, new]);
    let due: Vec<_> = lists.due().collect();
    assert_eq!(due[0], (Some("Ministère X"), since_1970(NOW + Days::DAY)));
}

#[test]
fn an_authority_without_a_list_is_believed_unless_everybody_must_have_one() {
    let (top, other) = (root(authority("Ministère X", "Root")), root(authority("Y", "Root")));
    let authorities = believing(&[&top, &other]);
    let elsewhere = list(&other, &[7], START, END);
    let with = |coverage, lists: &[String]| {
        verify(&chain(&room("Salle", 7), &[&top]), &authorities, &revocations(coverage, lists), since_1970(NOW)).err()
    };
    assert_eq!(with(Coverage::WhereGiven, &[]), None);
    assert_eq!(with(Coverage::WhereGiven, &[elsewhere.clone()]), None);
    assert_eq!(with(Coverage::Everywhere, &[]), Some(Unverified::ListMissing));
    assert_eq!(with(Coverage::Everywhere, &[elsewhere]), Some(Unverified::ListMissing));
    assert_eq!(with(Coverage::Everywhere, &[list(&top, &[8], START, END)]), None);
}

#[test]
fn everybody_includes_the_authorities_between() {
    let top = root(authority("Ministère X", "Root"));
    let middle = below(authority("Ministère X", "Rooms"), &top);
    let room = chain(&room("Salle", 7), &[&middle, &top]);
    let (of_top, of_middle) = (list(&top, &[], START, END), list(&middle, &[], START, END));
    let with = |coverage, lists: &[&String]| {
        let lists: Vec<String> = lists.iter().map(|list| (*list).clone()).collect();
        verify(&room, &believing(&[&top]), &revocations(coverage, &lists), since_1970(NOW)).err()
    };
    assert_eq!(with(Coverage::Everywhere, &[&of_top, &of_middle]), None);
    assert_eq!(with(Coverage::Everywhere, &[&of_middle]), Some(Unverified::ListMissing));
    assert_eq!(with(Coverage::Everywhere, &[&of_top]), Some(Unverified::ListMissing));
    assert_eq!(with(Coverage::WhereGiven, &[&of_top]), None);
    assert_eq!(with(Coverage::WhereGiven, &[&of_middle]), None);
}

#[test]
fn a_list_that_leaves_a_certificate_out_is_not_as_good_as_none() {
    let top = root(authority("Ministère X", "Root"));
    let address = "http://crl.example/rooms.crl";
    let lists = [list_of(&top, &[7], START, END, Some(address))];
    let lists = revocations(Coverage::WhereGiven, &lists);
    let verified =
        |parameters| verify(&chain(&parameters, &[&top]), &believing(&[&top]), &lists, since_1970(NOW)).err();
    let listed_at = |address: &str, serial| {
        let mut parameters = room("Salle", serial);
        parameters.crl_distribution_points = vec![CrlDistributionPoint { uris: vec![address.into()] }];
        parameters
    };
    assert_eq!(verified(listed_at(address, 7)), Some(Unverified::Revoked));
    assert_eq!(verified(listed_at(address, 8)), None);
    assert_eq!(verified(listed_at("http://crl.example/others.crl", 8)), Some(Unverified::ListMissing));
}

#[test]
fn a_list_that_somebody_else_signed_is_not_the_authoritys() {
    let top = root(authority("Ministère X", "Root"));
    let impostor = root(authority("Ministère X", "Root"));
    let lists = revocations(Coverage::WhereGiven, &[list(&impostor, &[], START, END)]);
    let room = chain(&room("Salle", 7), &[&top]);
    assert_eq!(verify(&room, &believing(&[&top]), &lists, since_1970(NOW)), Err(Unverified::ListForged));
}

#[test]
fn lists_are_read_as_authorities_publish_them_and_what_is_none_is_refused() {
    let top = root(authority("Ministère X", "Root"));
    let text = list(&top, &[7], START, END);
    let (_, der) = x509_cert::der::pem::decode_vec(text.replace('\r', "").as_bytes()).unwrap();
    let mut revocations = Revocations::default();
    assert_eq!(revocations.add(&der), Ok(()));
    assert_eq!(revocations.due().count(), 1);
    assert_eq!(revocations.add(b""), Err(RevocationsError::Empty));
    assert_eq!(revocations.add(top.pem().as_bytes()), Err(RevocationsError::Empty));
    assert_eq!(revocations.add(&der[..der.len() - 1]), Err(RevocationsError::List));
    assert!(revocations.add(text.replace("X509 CRL-----\n", "X509 CRL-----\n!").as_bytes()).is_err());
    assert_eq!(revocations.due().count(), 1);
}
