//! What the kernel lets through is what the policy allows, address by address.

use std::net::IpAddr;

use ipnet::IpNet;
use policy::{Place, Policy, Purpose, Users, profile};
use proptest::prelude::*;

const NESTED: &str = r#"
    [policy]
    name = "nested"
    version = 1
    [jurisdictions.FR]
    names = { fr = "France", en = "France", de = "Frankreich" }
    prefixes = ["10.0.0.0/8", "2001:db8::/32"]
    [jurisdictions.DE]
    names = { fr = "Allemagne", en = "Germany", de = "Deutschland" }
    prefixes = ["10.1.0.0/16", "10.2.3.4/32", "2001:db8:1::/48"]
    [addresses]
    media = ["FR", "10.1.2.0/24"]
    dns = ["10.9.0.53"]
    updates = ["DE"]
    [[transitions]]
    name = "abroad"
    host = "abroad.example"
    kind = "sip"
    encryption = "off"
    until = "2027-06-30"
    crosses = ["media"]
    addresses = ["203.0.113.0/28"]
    sentence = { fr = "Oui.", en = "Yes.", de = "Ja." }
"#;

fn nested() -> Policy {
    Policy::parse(NESTED).unwrap()
}

fn contains(prefixes: &[IpNet], address: IpAddr) -> bool {
    prefixes.iter().any(|prefix| prefix.contains(&address))
}

/// What the transport would say, in whatever meeting says yes.
fn is_allowed(policy: &Policy, purpose: Purpose, address: IpAddr) -> bool {
    let in_transition = |transition| policy.may_contact_in(Place::Transition(transition), purpose, address).is_ok();
    policy.may_contact(purpose, address).is_ok() || policy.transitions().iter().any(in_transition)
}

#[test]
fn a_jurisdiction_has_holes_where_others_are_and_bridges_where_prefixes_are_named() {
    let policy = nested();
    let media = policy.reachable(&[Purpose::Media]);
    for (address, is_in) in [
        ("10.0.0.1", true),
        ("10.1.0.1", false),
        ("10.1.2.1", true),
        ("10.2.3.4", false),
        ("10.2.3.5", true),
        ("11.0.0.1", false),
        ("203.0.113.15", true),
        ("203.0.113.16", false),
        ("2001:db8::1", true),
        ("2001:db8:1::1", false),
        ("2001:db9::1", false),
    ] {
        assert_eq!(contains(&media, address.parse().unwrap()), is_in, "{address}");
    }
    assert_eq!(policy.reachable(&[Purpose::Dns]), ["10.9.0.53/32".parse::<IpNet>().unwrap()]);
    assert_eq!(policy.reachable(&[Purpose::Ntp]), []);
}

#[test]
fn all_addresses_are_one_interval_in_each_family() {
    let policy =
        Policy::parse("[policy]\nname = \"wide\"\nversion = 1\n[addresses]\nmedia = [\"0.0.0.0/0\", \"::/0\"]")
            .unwrap();
    assert_eq!(policy.reachable(&[Purpose::Media]).len(), 2);
    let table = policy.nftables(Users::room("huisclos"));
    assert!(table.contains("elements = { 0.0.0.0-255.255.255.255 }"), "{table}");
}

#[test]
fn what_nothing_is_listed_for_has_an_empty_set_and_no_rule() {
    let table = nested().nftables(Users::room("room"));
    assert!(table.contains("set ntp_ip {") && !table.contains("@ntp_ip"), "{table}");
    assert!(table.contains("ip daddr @dns_ip meta l4proto { tcp, udp } th dport { 53, 853 } accept"), "{table}");
    assert!(table.contains("meta skuid \"room\" jump room") && table.contains("counter drop"), "{table}");
    let unit = nested().systemd();
    assert!(unit.contains("\nIPAddressDeny=any\nIPAddressAllow=localhost\n"), "{unit}");
    assert!(
        unit.contains("\nIPAddressAllow=10.9.0.53/32\n")
            || contains(&nested().reachable(Purpose::ALL), "10.9.0.53".parse().unwrap())
    );
}

#[test]
fn who_looks_up_names_and_sets_the_clock_reaches_that_and_nothing_else() {
    let policy = Policy::parse(profile("ministry").unwrap()).unwrap();
    let table = policy.nftables(Users { room: "a", resolver: Some("b"), clock: Some("c") });
    let chain = |name: &str| {
        let (_, rest) = table.split_once(&format!("chain {name} {{")).unwrap();
        rest.split_once("\n\t}")
            .unwrap()
            .0
            .split('@')
            .skip(1)
            .map(|set| set.split('_').next().unwrap())
            .collect::<Vec<_>>()
    };
    let output = table.split_once("chain output {").unwrap().1;
    for (user, name) in [("a", "room"), ("b", "resolver"), ("c", "clock")] {
        assert!(output.contains(&format!("meta skuid \"{user}\" jump {name}")), "{table}");
    }
    assert!(chain("room").contains(&"meetings") && chain("room").contains(&"dns"), "{table}");
    assert!(chain("resolver").iter().all(|set| *set == "dns") && !chain("resolver").is_empty(), "{table}");
    assert!(chain("clock").iter().all(|set| *set == "ntp") && !chain("clock").is_empty(), "{table}");
}

#[test]
fn only_what_is_on_the_list_is_let_in() {
    let listed = r#"["046d:0943:A1.B", "0b0e:2475"]"#;
    let text = profile("classified").unwrap().replace(r#"["046d:0943"]"#, listed);
    let rules = Policy::parse(&text).unwrap().udev();
    let (let_in, end) = ("ATTR{authorized}=\"1\"", "GOTO=\"huisclos_usb_end\"");
    assert!(rules.contains(&format!("KERNEL==\"usb*\", {let_in}, ATTR{{authorized_default}}=\"0\", {end}")), "{rules}");
    let expected = [
        format!("ATTR{{idVendor}}==\"046d\", ATTR{{idProduct}}==\"0943\", ATTR{{serial}}==\"A1.B\", {let_in}, {end}"),
        format!("ATTR{{idVendor}}==\"0b0e\", ATTR{{idProduct}}==\"2475\", {let_in}, {end}"),
        "ATTR{authorized}=\"0\"".into(),
        "LABEL=\"huisclos_usb_end\"".into(),
    ];
    let last: Vec<&str> = rules.lines().rev().take(4).collect();
    assert_eq!(last.into_iter().rev().collect::<Vec<_>>(), expected);
}

proptest! {
    #[test]
    fn the_kernel_and_the_transport_are_of_one_mind(
        third in 0u8..4, second in 0u8..12, last: u8, wide: [u8; 4], six: [u16; 3], pick in 0usize..8, which in 0usize..3,
    ) {
        let purpose = Purpose::ALL[pick % Purpose::ALL.len()];
        let address = match which {
            0 => IpAddr::from([10, second, third, last]),
            1 => IpAddr::from(wide),
            _ => IpAddr::from([0x2001, 0xdb8, six[0] % 3, six[1], six[2], 0, 0, 1]),
        };
        for policy in [nested(), Policy::parse(profile("ministry").unwrap()).unwrap()] {
            prop_assert_eq!(
                contains(&policy.reachable(&[purpose]), address),
                is_allowed(&policy, purpose, address),
                "{} for {:?}", address, purpose
            );
        }
    }
}
