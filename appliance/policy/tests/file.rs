//! A policy file is read once, and everything wrong with it is told in words.

use policy::{Caution, Policy, Problems, Purpose};
use proptest::prelude::*;

const HEAD: &str = "[policy]\nname = \"test\"\nversion = 1\n";

fn problems(rest: &str) -> Problems {
    Policy::parse(&format!("{HEAD}{rest}")).expect_err(rest)
}

fn platform(keys: &str) -> String {
    format!("[[platforms]]\nhost = \"visio.example\"\nkind = \"visio\"\nencryption = \"off\"\n{keys}")
}

const NAMES: &str = "names = { fr = \"a\", en = \"b\", de = \"c\" }";

#[test]
fn every_mistake_is_told_with_its_line_its_key_and_what_is_expected() {
    for (rest, expected) in [
        ("[[platforms]]\nhots = \"a\"", "line 5: unknown field `hots`, expected one of `host`"),
        ("[permissions]\nrecording = \"yes\"", "line 5: invalid type: string \"yes\", expected a boolean"),
        ("[roles]\nit = [\"fly\"]", "line 5: roles.it: \"fly\" is not known here: expected join, start"),
        ("[evidence]\nkeep_days = 0", "line 5: evidence.keep_days: expected a number of days from 1 to 3660"),
        ("[evidence]\nkeep_days = 65537", "line 5: evidence.keep_days: expected a number of days from 1 to 3660"),
        ("[roles]\njanitor = []", "line 5: unknown field `janitor`"),
        (
            "[addresses]\nmedia = [\"FR\"]",
            "line 5: addresses.media: \"FR\" is neither a prefix such as 192.0.2.0/24 nor",
        ),
        (
            "[addresses]\nturn = [\"192.0.2.1/24\"]",
            "has bits behind its length: write 192.0.2.0/24 for all of it, or 192.0.2.1",
        ),
        ("[addresses]\nntp = [\"192.0.2.0/33\"]", "is no prefix: expected one such as 192.0.2.0/24"),
        ("[addresses]\ndns = [\"::ffff:192.0.2.0/120\"]", "is of IPv4 addresses written as IPv6"),
        (&platform("pins = [\"sha1/x\"]"), "line 8: platforms.pins: \"sha1/x\": expected sha256/ and 44 characters"),
        (&platform("addresses = []"), "line 8: platforms.addresses: the list must not be empty"),
        (&platform("").replace("visio.example", "https://visio.example"), "line 5: platforms.host: \"https://visio"),
        (
            &platform("").replace("off", "maybe"),
            "line 7: platforms.encryption: \"maybe\" is not known here: expected required, preferred or off",
        ),
        (&platform(&platform("")), "line 9: platforms.host: \"visio.example\" is there twice"),
        (&format!("[jurisdictions.F_R]\n{NAMES}\nprefixes = []"), "line 5: jurisdictions: expected 1 to 32 letters"),
        (
            &format!(
                "[jurisdictions.A]\n{NAMES}\nprefixes = [\"192.0.2.0/24\"]\n[jurisdictions.B]\n{NAMES}\nprefixes = [\"192.0.2.0/24\"]"
            ),
            "line 9: jurisdictions.prefixes: 192.0.2.0/24 is in the jurisdiction A already",
        ),
        (
            "[jurisdictions.A]\nnames = { fr = \"\", en = \"b\", de = \"c\" }\nprefixes = []",
            "jurisdictions.names.fr: expected one line",
        ),
        (
            "[jurisdictions.A]\nnames = { fr = \"a\", en = \"\\u202e\", de = \"c\" }\nprefixes = []",
            "jurisdictions.names.en",
        ),
        ("[jurisdictions.A]\nnames = { fr = \"a\", en = \"b\" }\nprefixes = []", "line 5: missing field `de`"),
    ] {
        let told = problems(rest).to_string();
        assert!(told.contains(expected), "{rest}\n  told: {told}\n  expected: {expected}");
    }
    for (text, expected) in [
        ("", "missing field `policy`"),
        ("[policy]\nname = \"Test\"\nversion = 1", "line 2: policy.name: expected 1 to 64 letters a to z"),
        ("[policy]\nname = \"test\"\nversion = 0", "line 3: policy.version: expected a whole number from 1 on"),
        ("[policy]\nname = \"test\"\nversion = -1", "line 3: policy.version"),
        (
            "[policy]\nname = \"test\"\nversion = 1\nvalid_until = \"2027-02-29\"",
            "line 4: policy.valid_until: expected a day",
        ),
        ("[policy]\nname = \"test\"\nversion = 1\nvalid_until = \"2027-06-30T12:00\"", "line 4: policy.valid_until"),
        ("[policy\n", "line 1: "),
    ] {
        let told = Policy::parse(text).expect_err(text).to_string();
        assert!(told.contains(expected), "{text}\n  told: {told}\n  expected: {expected}");
    }
    assert!(Policy::read(b"\xff").unwrap_err().to_string().contains("UTF-8"));
    assert!(Policy::parse(&"#".repeat(1024 * 1024 + 1)).unwrap_err().to_string().contains("1 MiB"));
}

#[test]
fn several_mistakes_are_told_at_once_in_the_order_of_the_file() {
    let text =
        platform("pins = [\"x\"]").replace("off", "maybe") + "\n[addresses]\nmedia = [\"nowhere\", \"192.0.2.1/8\"]";
    let lines: Vec<_> = problems(&text).0.iter().map(|problem| problem.line.unwrap()).collect();
    assert_eq!(lines, [7, 8, 10, 10]);
}

#[test]
fn a_transition_without_its_sentence_in_every_language_or_without_an_end_is_no_transition() {
    let whole = "[[transitions]]\nname = \"sip\"\nhost = \"g.example\"\nkind = \"sip\"\nencryption = \"off\"\n\
                 until = \"2027-06-30\"\ncrosses = [\"media\"]\naddresses = [\"192.0.2.0/24\"]\n\
                 sentence = { fr = \"a\", en = \"b\", de = \"c\" }";
    assert_eq!(Policy::parse(&format!("{HEAD}{whole}")).unwrap().transitions().len(), 1);
    for missing in ["until = \"2027-06-30\"\n", "crosses = [\"media\"]\n", ", de = \"c\"", "encryption = \"off\"\n"] {
        assert!(whole.contains(missing));
        assert!(problems(&whole.replace(missing, "")).to_string().contains("missing field"), "{missing}");
    }
    for (from, to) in [("[\"media\"]", "[]"), ("[\"192.0.2.0/24\"]", "[]"), ("2027-06-30", "soon")] {
        assert_eq!(problems(&whole.replace(from, to)).0.len(), 1, "{to}");
    }
    let both = format!("{}\n{whole}", platform("").replace("visio", "sip").replace("sip.example", "g.example"));
    assert!(problems(&both).to_string().contains("\"g.example\" is there twice"));
}

#[test]
fn examples_placeholders_and_gaps_are_pointed_out_before_signing() {
    let now = "2026-12-01T00:00:00Z".parse().unwrap();
    let text = format!(
        "{HEAD}valid_until = \"2026-11-30\"\n{}[addresses]\nmedia = [\"2001:db8:1::/48\", \"::/0\"]\n\
         [permissions]\nrecording = true\n[jurisdictions.FR]\n{NAMES}\nprefixes = []",
        platform("").replace("off", "required")
    );
    let text =
        text.replace("encryption", "pins = [\"sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\"]\nencryption");
    let told: Vec<String> = Policy::parse(&text).unwrap().cautions(now).iter().map(Caution::to_string).collect();
    for expected in [
        "platforms.host: visio.example is an example",
        "addresses.media: 2001:db8:1::/48 is for documentation only",
        "addresses.media: ::/0 is wider than anybody has",
        "platform visio.example: the pin of zeros only is a placeholder",
        "addresses.dns: nothing is listed",
        "jurisdictions.FR: no list of addresses names it",
        "permissions.recording: it is allowed, but platforms cannot do it where encryption is required: visio.example",
        "policy.valid_until: this day is over",
        "no role may join",
    ] {
        assert!(told.iter().any(|line| line.starts_with(expected)), "{expected}\n{told:#?}");
    }
    let real = format!(
        "{HEAD}{}[addresses]\nmedia = [\"10.0.0.0/8\"]\nsignalling = [\"10.0.0.0/8\"]\nturn = [\"10.0.0.0/8\"]\n\
         dns = [\"10.0.0.1\"]\nntp = [\"10.0.0.1\"]\nupdates = [\"10.0.0.1\"]\ncalendar = [\"10.0.0.1\"]\ncontrol = [\"10.0.0.1\"]\n[roles]\nit = [\"join\", \"install-policy\"]",
        platform("").replace("visio.example", "visio.numerique.gouv.fr")
    );
    assert_eq!(Policy::parse(&real).unwrap().cautions(now), []);
}

#[test]
fn one_address_is_the_prefix_that_holds_only_it() {
    let policy = Policy::parse(&format!("{HEAD}[addresses]\ndns = [\"192.0.2.1\", \"2001:db8::1\"]")).unwrap();
    let written: Vec<String> = policy.addresses(Purpose::Dns).iter().map(ToString::to_string).collect();
    assert_eq!(written, ["192.0.2.1/32", "2001:db8::1/128"]);
}

proptest! {
    #[test]
    fn whatever_is_written_reading_it_never_panics(text in ".{0,200}") {
        let _ = Policy::parse(&text);
        let _ = Policy::parse(&format!("{HEAD}{text}"));
    }

    #[test]
    fn whatever_stands_where_a_text_belongs_reading_it_never_panics(text in "\\PC{0,40}", place in 0..6_usize) {
        let quoted = toml::Value::String(text).to_string();
        let file = match place {
            0 => platform("").replace("\"visio.example\"", &quoted),
            1 => platform(&format!("pins = [{quoted}]")),
            2 => format!("[addresses]\nmedia = [{quoted}]"),
            3 => format!("[jurisdictions.{quoted}]\n{NAMES}\nprefixes = [{quoted}]"),
            4 => format!("[roles]\nit = [{quoted}]"),
            _ => format!("[jurisdictions.A]\nnames = {{ fr = {quoted}, en = {quoted}, de = {quoted} }}\nprefixes = []"),
        };
        if let Ok(policy) = Policy::parse(&format!("{HEAD}{file}")) {
            policy.cautions("2026-12-01T00:00:00Z".parse().unwrap());
        }
    }
}

#[test]
fn the_evidence_of_meetings_names_nobody_and_is_kept_as_the_room_says_unless_the_policy_says_otherwise() {
    let rules = |rest: &str| Policy::parse(&format!("{HEAD}{rest}")).unwrap().evidence();
    assert_eq!((rules("").names, rules("").keep_days), (false, None));
    let said = rules("[evidence]\nnames = true\nkeep_days = 30");
    assert_eq!((said.names, said.keep_days.map(u16::from)), (true, Some(30)));
}
