//! `huisclos policy`, as IT and security officers type it.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// What a command ended with, said, and complained of.
struct Ended {
    code: Option<i32>,
    said: String,
    complained: String,
}

fn policy(folder: &Path, arguments: &[&str], typed: &str) -> Ended {
    let mut child = Command::new(env!("CARGO_BIN_EXE_huisclos"))
        .arg("policy")
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("huisclos");
    // A command that reads nothing may have ended already.
    let _ = child.stdin.take().expect("its input").write_all(typed.as_bytes());
    let output = child.wait_with_output().expect("its end");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    Ended { code: output.status.code(), said: text(output.stdout), complained: text(output.stderr) }
}

/// A folder with the ministry's profile, `policy.toml`.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let printed = policy(folder.path(), &["profile", "ministry"], "");
    assert_eq!(printed.code, Some(0));
    std::fs::write(folder.path().join("policy.toml"), printed.said).unwrap();
    folder
}

/// Makes `signer.key`, with this password or without one, and `signer.pub`.
fn make_keys(folder: &Path, password: Option<&str>) {
    let pair = match password {
        Some(password) => minisign::KeyPair::generate_encrypted_keypair(Some(password.into())).unwrap(),
        None => minisign::KeyPair::generate_unencrypted_keypair().unwrap(),
    };
    std::fs::write(folder.join("signer.key"), pair.sk.to_box(None).unwrap().into_string()).unwrap();
    std::fs::write(folder.join("signer.pub"), pair.pk.to_box().unwrap().into_string()).unwrap();
}

#[test]
fn the_kernels_form_is_printed_of_what_is_signed() {
    let folder = folder();
    make_keys(folder.path(), None);
    let kernel =
        |form: &str, key: &[&str]| policy(folder.path(), &[&["kernel", "policy.toml", form], key].concat(), "");
    let table = kernel("nftables", &[]);
    assert_eq!(table.code, Some(0), "{}", table.complained);
    assert!(table.said.contains("table inet huisclos {") && table.said.contains("203.0.113.0/28"), "{}", table.said);
    let signed = ["--key", "signer.pub"];
    assert_eq!(kernel("systemd", &signed).code, Some(1), "nobody has signed it");
    assert_eq!(policy(folder.path(), &["sign", "policy.toml", "--key", "signer.key"], "").code, Some(0));
    let unit = kernel("systemd", &signed);
    assert_eq!(unit.code, Some(0), "{}", unit.complained);
    assert!(
        unit.said.contains("IPAddressDeny=any") && unit.said.contains("IPAddressAllow=203.0.113.0/28"),
        "{}",
        unit.said
    );
    assert_eq!(policy(folder.path(), &["kernel", "policy.toml", "nftables", "--user", "a\" b"], "").code, Some(2));
    let rules = kernel("udev", &[]);
    assert_eq!(rules.code, Some(1), "a usual policy says nothing of USB: {}", rules.said);
    let classified = policy(folder.path(), &["profile", "classified"], "").said;
    std::fs::write(folder.path().join("policy.toml"), classified).unwrap();
    let rules = kernel("udev", &[]);
    assert!(rules.said.contains("ATTR{idVendor}==\"046d\"") && rules.code == Some(0), "{}", rules.complained);
}

#[test]
fn the_border_of_a_room_is_its_policys_and_closed_where_that_cannot_be_used() {
    let folder = folder();
    make_keys(folder.path(), None);
    let key = std::fs::read_to_string(folder.path().join("signer.pub")).unwrap();
    let border = |section: &str| {
        std::fs::write(folder.path().join("room.toml"), format!("[room]\nname = \"Turing\"\n{section}")).unwrap();
        let ended = policy(folder.path(), &["border", "room.toml", "."], "");
        let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
        assert_eq!(ended.code, Some(0), "{}", ended.complained);
        (read("table.nft"), read("unit.conf"), read("usb.rules"), ended.complained)
    };
    let (table, unit, rules, complained) = border("");
    assert!(table.ends_with("delete table inet huisclos\n") && !table.contains('{'), "{table}");
    assert_eq!((unit.as_str(), rules.as_str(), complained.as_str()), ("", "", ""));

    let section = format!("[policy]\nfile = \"policy.toml\"\nkeys = ['''{key}''']\n");
    let (table, unit, _, complained) = border(&section);
    assert!(complained.contains("nothing leaves this room") && complained.contains("policy.toml"), "{complained}");
    assert!(!table.contains("elements") && table.contains("meta skuid \"huisclos\" jump room"), "{table}");
    assert!(unit.contains("IPAddressDeny=any") && unit.matches("IPAddressAllow").count() == 1, "{unit}");

    assert_eq!(policy(folder.path(), &["sign", "policy.toml", "--key", "signer.key"], "").code, Some(0));
    let (table, unit, rules, complained) = border(&section);
    assert_eq!((rules.as_str(), complained.as_str()), ("", ""));
    assert!(unit.contains("IPAddressAllow=203.0.113.0/28"), "{unit}");
    for held in ["\"huisclos\" jump room", "\"systemd-resolve\" jump resolver", "\"systemd-timesync\" jump clock"] {
        assert!(table.contains(held), "{table}");
    }

    let classified = policy(folder.path(), &["profile", "classified"], "").said;
    std::fs::write(folder.path().join("policy.toml"), classified).unwrap();
    assert_eq!(policy(folder.path(), &["sign", "policy.toml", "--key", "signer.key"], "").code, Some(0));
    assert!(border(&section).2.contains("ATTR{idVendor}==\"046d\""));
    std::fs::write(folder.path().join("room.toml"), "[room").unwrap();
    assert_eq!(policy(folder.path(), &["border", "room.toml", "."], "").code, Some(1));
}

#[test]
fn a_profile_can_be_used_and_its_examples_are_warned_of() {
    let folder = folder();
    let checked = policy(folder.path(), &["check", "policy.toml"], "");
    assert_eq!(checked.code, Some(0), "{}", checked.complained);
    assert!(checked.said.starts_with("ministry, version 1, SHA-256 ") && checked.said.contains("needs --key"));
    assert!(checked.complained.contains("warning: jurisdictions.FR: 192.0.2.0/24 is for documentation only"));
    let names = policy(folder.path(), &["profile"], "").said;
    assert_eq!(names.lines().collect::<Vec<_>>(), ["ministry", "hospital", "university", "town-hall", "classified"]);
}

#[test]
fn what_is_wrong_is_told_with_its_line_and_is_not_signed() {
    let folder = folder();
    make_keys(folder.path(), None);
    let text = std::fs::read_to_string(folder.path().join("policy.toml")).unwrap();
    let text = text.replace("kind = \"visio\"", "kind = \"vizio\"").replace("\"192.0.2.0/24\"", "\"192.0.2.0/44\"");
    std::fs::write(folder.path().join("policy.toml"), text).unwrap();
    let commands: [&[&str]; 3] = [
        &["check", "policy.toml"],
        &["sign", "policy.toml", "--key", "signer.key"],
        &["explain", "policy.toml", "https://visio.numerique.gouv.fr/abc-defg-hij"],
    ];
    for command in commands {
        let ended = policy(folder.path(), command, "");
        assert_eq!(ended.code, Some(1), "{command:?}");
        let told: Vec<&str> = ended.complained.lines().take(2).collect();
        assert!(told[0].contains("policy.toml: line 14: platforms.kind: \"vizio\" is not known here"), "{told:?}");
        assert!(told[1].contains("jurisdictions.prefixes: \"192.0.2.0/44\" is no prefix"), "{told:?}");
    }
    assert!(!folder.path().join("policy.toml.minisig").exists());
}

#[test]
fn explain_answers_in_words_and_ends_as_scripts_expect() {
    let folder = folder();
    let gateway = "sip:council@gateway.example";
    for (meeting, more, code, words) in [
        ("https://visio.numerique.gouv.fr/abc-defg-hij", &["--address", "192.0.2.7"][..], 0, "192.0.2.7 is in France."),
        (gateway, &["--on", "2027-06-30", "--language", "de"], 3, "unterliegt nicht mehr allein französischem Recht."),
        (gateway, &["--on", "2027-07-01"], 4, "The transition commercial-gateway ended after 2027-06-30."),
        ("wss://livekit.example", &["--language", "fr"], 4, "La politique ne mentionne pas livekit.example"),
        ("https://visio.numerique.gouv.fr/a", &["--role", "auditor"], 4, "the role “auditor”: joining meetings."),
    ] {
        let arguments = [&["explain", "policy.toml", meeting][..], more].concat();
        let ended = policy(folder.path(), &arguments, "");
        assert_eq!(ended.code, Some(code), "{meeting}: {}", ended.complained);
        assert!(ended.said.contains(words), "{words}\n{}", ended.said);
    }
    assert_eq!(policy(folder.path(), &["explain", "policy.toml", "abc-defg-hij"], "").code, Some(1));
}

#[test]
fn explain_answers_programs_in_json() {
    let folder = folder();
    let arguments =
        ["explain", "policy.toml", "https://visio.numerique.gouv.fr/a", "--address", "::ffff:203.0.113.1", "--json"];
    let answer: serde_json::Value = serde_json::from_str(&policy(folder.path(), &arguments, "").said).unwrap();
    assert_eq!((&answer["verdict"], &answer["version"]), (&"allowed".into(), &1.into()));
    assert_eq!(answer["reasons"][0]["code"], "because-platform");
    let address = &answer["addresses"][0];
    assert_eq!((&address["address"], &address["jurisdiction"]), (&"203.0.113.1".into(), &serde_json::Value::Null));
    assert_eq!(
        (&address["purposes"][0]["purpose"], &address["purposes"][0]["allowed"]),
        (&"media".into(), &false.into())
    );
}

#[test]
fn what_is_signed_is_verified_until_a_byte_of_it_changes() {
    let folder = folder();
    make_keys(folder.path(), Some("a long password"));
    let wrong = policy(folder.path(), &["sign", "policy.toml", "--key", "signer.key"], "another one\n");
    assert_eq!(wrong.code, Some(1));
    assert!(!folder.path().join("policy.toml.minisig").exists());
    let signed = policy(folder.path(), &["sign", "policy.toml", "--key", "signer.key"], "a long password\n");
    assert_eq!(signed.code, Some(0), "{}", signed.complained);
    assert!(signed.said.starts_with("policy.toml.minisig: policy ministry version 1, SHA-256 "));
    let check = || policy(folder.path(), &["check", "policy.toml", "--key", "signer.pub"], "");
    assert_eq!(check().code, Some(0), "{}", check().complained);
    ask_an_independent_tool(folder.path());
    let text = std::fs::read_to_string(folder.path().join("policy.toml")).unwrap();
    std::fs::write(folder.path().join("policy.toml"), text.replace("recording = false", "recording = true ")).unwrap();
    assert_eq!(check().code, Some(1));
    assert!(check().complained.contains("does not belong to this file"), "{}", check().complained);
}

/// Has minisign verify `policy.toml`, where it is installed.
fn ask_an_independent_tool(folder: &Path) {
    let arguments = ["-Vm", "policy.toml", "-p", "signer.pub"];
    match Command::new("minisign").args(arguments).current_dir(folder).output() {
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stdout).into_owned();
            assert!(output.status.success() && said.contains("policy ministry version 1"), "{said}");
        }
        Err(error) => eprintln!("skipped: minisign was not asked whether our signature is good ({error})"),
    }
}
