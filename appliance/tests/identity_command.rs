//! `huisclos identity`, as IT types it.

use std::path::Path;
use std::process::{Command, Output};

use identity::DeviceKey;
use rcgen::{
    BasicConstraints, CertificateParams, CertificateSigningRequestParams, CertifiedIssuer, DnType, IsCa, KeyPair,
};

type Issuer = CertifiedIssuer<'static, KeyPair>;

fn command(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_huisclos"));
    command.args(["identity", "--config", "room.toml"]).args(arguments).current_dir(folder);
    command.output().expect("huisclos")
}

fn said(output: &Output) -> (Option<i32>, String) {
    (output.status.code(), String::from_utf8(output.stdout.clone()).expect("text"))
}

fn complained(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("text")
}

/// A room that believes one authority, and the authority.
fn room(language: &str) -> (tempfile::TempDir, Issuer) {
    let folder = tempfile::tempdir().unwrap();
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name = rcgen::DistinguishedName::new();
    parameters.distinguished_name.push(DnType::OrganizationName, "Ministère X");
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(parameters, KeyPair::generate().unwrap()).unwrap();
    std::fs::write(folder.path().join("authority.pem"), authority.pem()).unwrap();
    let configuration = format!(
        "state_directory = \"state\"\n[room]\nname = \"Salle Jean Monnet\"\nlanguage = \"{language}\"\n\
         [identity]\nauthorities = [{{ file = \"authority.pem\" }}]\n"
    );
    std::fs::write(folder.path().join("room.toml"), configuration).unwrap();
    std::fs::create_dir(folder.path().join("state")).unwrap();
    (folder, authority)
}

/// What the daemon does when it first starts.
fn first_start(folder: &Path) {
    let key = DeviceKey::generate().unwrap();
    std::fs::write(folder.join("state/device-key.pem"), key.to_pem().unwrap().as_bytes()).unwrap();
}

/// Has the authority make a certificate of what the command prints, good for so many days.
fn issue(folder: &Path, authority: &Issuer, days: i64) {
    let (code, request) = said(&command(folder, &["request"]));
    assert_eq!(code, Some(0));
    let mut request = CertificateSigningRequestParams::from_pem(&request).expect("a request, signed by its key");
    request.params.not_after = time::OffsetDateTime::now_utc() + time::Duration::days(days);
    std::fs::write(folder.join("room.pem"), request.signed_by(authority).unwrap().pem()).unwrap();
}

#[test]
fn before_the_first_start_there_is_nothing_to_show_and_the_command_makes_no_key() {
    let (folder, _) = room("en");
    for arguments in [&["show"][..], &["request"], &["install", "authority.pem"]] {
        let output = command(folder.path(), arguments);
        assert_eq!(output.status.code(), Some(1));
        assert!(complained(&output).contains("huisclosd makes it when it first starts"), "{}", complained(&output));
    }
    assert_eq!(std::fs::read_dir(folder.path().join("state")).unwrap().count(), 0);
}

#[test]
fn from_request_to_installed_certificate_it_is_three_commands() {
    let (folder, authority) = room("fr");
    let folder = folder.path();
    first_start(folder);
    let (code, text) = said(&command(folder, &["show"]));
    assert_eq!(code, Some(0));
    assert!(
        text.starts_with("Salle\u{a0}: Salle Jean Monnet\nClé\u{a0}: ") && text.contains("personne ne répond"),
        "{text}"
    );
    issue(folder, &authority, 400);
    let (code, text) = said(&command(folder, &["install", "room.pem"]));
    assert_eq!(code, Some(0));
    assert!(text.starts_with("Installé\u{a0}: Salle Jean Monnet, de Ministère X, jusqu’au 20"), "{text}");
    assert!(text.contains("Vérifiée par Ministère X"), "{text}");
    let (code, text) = said(&command(folder, &["show", "--language", "de"]));
    assert_eq!(code, Some(0));
    assert!(text.contains("Bestätigt von Ministère X, bis 20"), "{text}");
    let (_, json) = said(&command(folder, &["show", "--json"]));
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((json["certificate"].as_str(), json["by"].as_str()), (Some("verified"), Some("Ministère X")));
    assert_eq!(json["days_left"], 399);
}

#[test]
fn a_certificate_that_ends_soon_is_installed_and_warned_of_and_one_that_has_ended_is_not() {
    let (folder, authority) = room("en");
    let folder = folder.path();
    first_start(folder);
    issue(folder, &authority, -1);
    let output = command(folder, &["install", "room.pem"]);
    assert_eq!(output.status.code(), Some(4));
    assert!(complained(&output).contains("has ended"), "{}", complained(&output));
    assert!(!folder.join("state/device-certificate.pem").exists());
    issue(folder, &authority, 13);
    assert_eq!(command(folder, &["install", "room.pem"]).status.code(), Some(0));
    let (code, text) = said(&command(folder, &["show"]));
    assert_eq!(code, Some(3));
    assert!(text.contains("The room’s certificate ends in 12 days."), "{text}");
}

#[test]
fn the_certificate_of_another_room_is_not_installed() {
    let (folder, authority) = room("de");
    let folder = folder.path();
    first_start(folder);
    issue(folder, &authority, 400);
    first_start(folder);
    let output = command(folder, &["install", "room.pem"]);
    assert_eq!(output.status.code(), Some(4));
    assert!(complained(&output).contains("für einen anderen Schlüssel"), "{}", complained(&output));
    assert_eq!(command(folder, &["install", "none.pem"]).status.code(), Some(1));
}
