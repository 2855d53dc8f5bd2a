//! Where packets may go: the longest prefix says whose law holds, and what is not listed is refused.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use policy::{ContactRefusal, Place, Policy, Purpose, Range};
use proptest::prelude::*;

const POLICY: &str = r#"
[policy]
name = "test"
version = 1

[[platforms]]
host = "near.example"
kind = "visio"
encryption = "off"
addresses = ["10.1.0.0/16"]

[[platforms]]
host = "far.example"
kind = "visio"
encryption = "off"

[jurisdictions.FR]
names = { fr = "France", en = "France", de = "Frankreich" }
prefixes = ["10.0.0.0/8", "2001:db8::/32"]

[jurisdictions.XX]
names = { fr = "Ailleurs", en = "Elsewhere", de = "Anderswo" }
prefixes = ["10.9.0.0/16", "2001:db8:9::/48"]

[addresses]
media = ["FR", "198.51.100.0/24"]
dns = ["10.9.0.53"]

[[transitions]]
name = "gateway"
host = "gateway.example"
kind = "sip"
encryption = "off"
until = "2027-06-30"
crosses = ["media", "dns"]
addresses = ["203.0.113.0/24", "XX"]
sentence = { fr = "a", en = "b", de = "c" }
"#;

fn policy() -> Policy {
    Policy::parse(POLICY).unwrap()
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

#[test]
fn the_longest_prefix_says_whose_law_holds() {
    let policy = policy();
    let of = |address| policy.jurisdiction_of(ip(address)).map(|jurisdiction| jurisdiction.id.as_str());
    for (address, id) in [
        ("10.1.2.3", Some("FR")),
        ("10.9.2.3", Some("XX")),
        ("::ffff:10.9.2.3", Some("XX")),
        ("2001:db8:1::1", Some("FR")),
        ("2001:db8:9::1", Some("XX")),
        ("192.0.2.1", None),
        ("2001:db9::1", None),
    ] {
        assert_eq!(of(address), id, "{address}");
    }
}

#[test]
fn what_is_not_listed_is_refused_and_the_reason_says_which_way() {
    let policy = policy();
    use ContactRefusal as R;
    let may = |purpose, address| policy.may_contact(purpose, ip(address)).map(|permitted| permitted.by.to_string());
    let media = Purpose::Media;
    assert_eq!(may(media, "10.1.2.3"), Ok("FR".into()));
    assert_eq!(may(media, "::ffff:10.1.2.3"), Ok("FR".into()));
    assert_eq!(may(media, "198.51.100.7"), Ok("198.51.100.0/24".into()));
    assert_eq!(may(media, "10.9.2.3"), Err(R::OtherJurisdiction { purpose: media, jurisdiction: "XX".into() }));
    assert_eq!(may(media, "192.0.2.1"), Err(R::NotListed { purpose: media }));
    assert_eq!(may(media, "127.0.0.1"), Err(R::NotListed { purpose: media }));
    assert_eq!(may(Purpose::Turn, "10.1.2.3"), Err(R::NothingListed { purpose: Purpose::Turn }));
    // A prefix that is listed is meant, whosever law holds there.
    assert_eq!(may(Purpose::Dns, "10.9.0.53"), Ok("10.9.0.53/32".into()));
}

#[test]
fn a_platform_narrows_and_a_transition_widens_for_its_own_meetings_only() {
    let policy = policy();
    let near = Place::Platform(&policy.platforms()[0]);
    let far = Place::Platform(&policy.platforms()[1]);
    let gateway = Place::Transition(&policy.transitions()[0]);
    let may = |place, purpose, address| policy.may_contact_in(place, purpose, ip(address)).is_ok();
    assert!(may(near, Purpose::Media, "10.1.2.3") && may(far, Purpose::Media, "10.2.2.3"));
    let outside = policy.may_contact_in(near, Purpose::Media, ip("10.2.2.3")).unwrap_err();
    assert_eq!(outside, ContactRefusal::OutsidePlatform { purpose: Purpose::Media, host: "near.example".into() });
    assert!(may(near, Purpose::Dns, "10.9.0.53"), "names are the room's, not a meeting's");
    assert!(may(gateway, Purpose::Media, "203.0.113.1") && may(gateway, Purpose::Media, "10.9.2.3"));
    assert!(may(gateway, Purpose::Media, "10.1.2.3"), "what is allowed anyway");
    assert!(!may(gateway, Purpose::Signalling, "203.0.113.1"), "only what crosses");
    assert!(!may(gateway, Purpose::Media, "192.0.2.1") && !may(far, Purpose::Media, "203.0.113.1"));
}

/// A prefix of which neighbours are likely to share bits.
fn prefixes() -> impl Strategy<Value = (IpAddr, u8)> {
    let bits = prop_oneof![Just(0_u128), Just(u128::MAX), 0..8_u128, any::<u128>()];
    (bits, any::<bool>(), 0..=128_u8).prop_map(|(bits, is_v6, length)| {
        let length = if is_v6 { length } else { length % 33 };
        if is_v6 {
            let bits = bits << 120 >> 8;
            let mask = u128::MAX.checked_shl(128 - u32::from(length)).unwrap_or(0);
            (Ipv6Addr::from(bits & mask).into(), length)
        } else {
            let mask = u32::MAX.checked_shl(32 - u32::from(length)).unwrap_or(0);
            (Ipv4Addr::from((bits as u32) << 24 & mask).into(), length)
        }
    })
}

/// Bit by bit, as slow as it is plain.
fn contains((prefix, length): (IpAddr, u8), address: IpAddr) -> bool {
    let bits = |address: IpAddr| -> Vec<bool> {
        let bytes = match address {
            IpAddr::V4(v4) => v4.octets().to_vec(),
            IpAddr::V6(v6) => v6.octets().to_vec(),
        };
        bytes.iter().flat_map(|byte| (0..8).map(move |bit| byte >> (7 - bit) & 1 == 1)).collect()
    };
    prefix.is_ipv4() == address.is_ipv4() && bits(prefix)[..length.into()] == bits(address)[..length.into()]
}

fn reference(listed: &[(IpAddr, u8)], mine: &[(IpAddr, u8)], theirs: &[(IpAddr, u8)], address: IpAddr) -> bool {
    let address = match address {
        IpAddr::V6(v6) => v6.to_ipv4_mapped().map_or(address, IpAddr::V4),
        IpAddr::V4(_) => address,
    };
    let longest = |all: &[(IpAddr, u8)]| all.iter().filter(|p| contains(**p, address)).map(|p| p.1).max();
    let is_mine = longest(mine).is_some_and(|ours| longest(theirs).is_none_or(|other| ours > other));
    is_mine || listed.iter().any(|prefix| contains(*prefix, address))
}

proptest! {
    #[test]
    fn may_contact_agrees_with_going_through_every_prefix_bit_by_bit(
        listed in prop::collection::vec(prefixes(), 0..4),
        mine in prop::collection::vec(prefixes(), 0..6),
        theirs in prop::collection::vec(prefixes(), 0..6),
        (near, _) in prefixes(),
        noise in any::<u32>(),
        is_mapped in any::<bool>(),
    ) {
        // What two jurisdictions both have is no policy; as is a prefix of mapped addresses.
        let is_mapped_prefix = |p: &(IpAddr, u8)| matches!(p.0, IpAddr::V6(v6) if p.1 >= 96 && v6.to_ipv4_mapped().is_some());
        let clean = |all: Vec<(IpAddr, u8)>| all.into_iter().filter(|p| !is_mapped_prefix(p)).collect::<Vec<_>>();
        let (listed, mut mine, mut theirs) = (clean(listed), clean(mine), clean(theirs));
        mine.sort();
        mine.dedup();
        theirs.sort();
        theirs.dedup();
        theirs.retain(|prefix| !mine.contains(prefix));
        let address = match near {
            IpAddr::V4(v4) if is_mapped => IpAddr::V6(Ipv4Addr::from(u32::from(v4) ^ noise >> 8).to_ipv6_mapped()),
            IpAddr::V4(v4) => IpAddr::V4(Ipv4Addr::from(u32::from(v4) ^ noise >> 8)),
            IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from(u128::from(v6) ^ u128::from(noise) << 80)),
        };
        let text = |all: &[(IpAddr, u8)]| {
            all.iter().map(|(prefix, length)| format!("\"{prefix}/{length}\"")).collect::<Vec<_>>().join(", ")
        };
        let names = "names = { fr = \"a\", en = \"b\", de = \"c\" }";
        let file = format!(
            "[policy]\nname = \"t\"\nversion = 1\n[addresses]\nmedia = [\"mine\"{}{}]\n[jurisdictions.mine]\n{names}\n\
             prefixes = [{}]\n[jurisdictions.theirs]\n{names}\nprefixes = [{}]",
            if listed.is_empty() { "" } else { ", " }, text(&listed), text(&mine), text(&theirs)
        );
        let policy = Policy::parse(&file).unwrap();
        let answer = policy.may_contact(Purpose::Media, address);
        prop_assert_eq!(answer.is_ok(), reference(&listed, &mine, &theirs, address), "{}: {}", address, file);
        if let Ok(permitted) = answer && *permitted.by == Range::Jurisdiction("mine".into()) {
            prop_assert_eq!(permitted.jurisdiction.map(|j| j.id.as_str()), Some("mine"));
        }
    }
}
