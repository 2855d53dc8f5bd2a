use std::collections::BTreeSet;

use url::Url;

use super::files::{CABLE, NAMES, WIFI_SECRET, files, wifi_files};
use super::proxy::{ProxyAddress, ProxyWay};
use super::wifi::passphrase;
use super::*;

const SHIPPED: &str = include_str!("../../../os-image/mkosi.extra/usr/lib/systemd/network/50-wired.network");

const EVERYTHING: &str = r#"
interface = "enp1s0"
vlan = 120
ipv4 = { addresses = ["192.0.2.10/24", "198.51.100.10/25"], gateway = "192.0.2.1" }
ipv6 = { addresses = ["2001:db8::10/64"], gateway = "fe80::1" }
dns = ["192.0.2.53", "2001:db8::53"]
ntp = ["ntp.example", "2001:db8::7b", "192.0.2.123"]
[network.dot1x]
identity = "turing@rooms.example"
certificate = "/var/lib/huisclos-config/port.pem"
key = "/var/lib/huisclos-config/port-key.pem"
authorities = "/var/lib/huisclos-config/radius-ca.pem"
servers = ["radius1.example", "radius2.example"]
[network.wifi]
ssid = "Salles"
country = "FR"
passphrase_file = "/var/lib/huisclos-config/wifi-passphrase"
interface = "wlp2s0"
ipv4 = { addresses = ["203.0.113.10/24"], gateway = "203.0.113.1" }
[network.proxy]
server = "http://proxy.example:3128"
user = "turing"
password_file = "/var/lib/huisclos-config/proxy-password"
except = ["*.visio.example", "192.0.2.0/24"]
"#;

fn parse(network: &str) -> anyhow::Result<Network> {
    Network::in_configuration(&format!("[network]\n{network}"))
}

fn file(network: &str, name: &str) -> String {
    let files = files(&parse(network).unwrap());
    files.into_iter().find(|(found, _)| *found == name).unwrap_or_else(|| panic!("no {name} of {network}")).1
}

/// What a file says, without comments.
fn said(text: &str) -> Vec<&str> {
    text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect()
}

#[test]
fn a_room_that_says_nothing_has_the_network_that_the_image_ships() {
    assert_eq!(files(&Network::default()).len(), 1);
    assert_eq!(said(&file("", CABLE)), said(SHIPPED));
    assert_eq!(parse("ipv4 = \"dhcp\"\nipv6 = \"auto\"").unwrap(), Network::default());
    assert_eq!(Network::in_configuration("[room]\nname = \"Turing\"").unwrap(), Network::default());
}

#[test]
fn what_the_shipped_network_keeps_to_itself_every_network_keeps() {
    // [DHCPv4] and [DHCPv6] have keys of the same names.
    let no = |text: &str| said(text).into_iter().filter(|line| line.ends_with("=no")).map(String::from).collect();
    let shipped: Vec<String> = no(SHIPPED);
    assert_eq!(shipped.iter().filter(|line| line.starts_with("SendHostname")).count(), 2);
    for network in [
        "ipv4 = \"off\"",
        "ipv6 = \"off\"",
        "dns = [\"192.0.2.53\"]\nntp = [\"ntp.example\"]",
        "ipv4 = { addresses = [\"192.0.2.10/24\"] }",
        EVERYTHING,
    ] {
        let files = files(&parse(network).unwrap());
        // The last of networkd's is the one with addresses.
        let written: Vec<String> = no(&files.last().unwrap().1);
        let missing: Vec<_> = shipped.iter().filter(|line| !written.contains(line)).collect();
        assert!(missing.is_empty(), "{network}: {missing:?}");
        for (name, text) in files.iter().filter(|(name, _)| name.ends_with(".network")) {
            for word in ["LLMNR=no", "MulticastDNS=no", "LLDP=no", "EmitLLDP=no"] {
                assert!(said(text).contains(&word), "{network}: {name} lacks {word}");
            }
        }
    }
}

#[test]
fn everything_that_is_decided_is_told_to_networkd() {
    let everything = parse(EVERYTHING).unwrap();
    let by_radio = wifi_files(&everything, everything.wifi().unwrap(), None);
    let names = files(&everything).into_iter().chain(by_radio).map(|(name, _)| name);
    assert_eq!(BTreeSet::from_iter(names), BTreeSet::from(NAMES));
    let (cable, device) = (file(EVERYTHING, CABLE), file(EVERYTHING, "50-vlan.netdev"));
    for line in ["Name=enp1s0", "VLAN=vlan120", "DHCP=no", "LinkLocalAddressing=no", "IPv6AcceptRA=no"] {
        assert!(said(&cable).contains(&line), "{line}\n{cable}");
    }
    assert_eq!(said(&device), ["[NetDev]", "Name=vlan120", "Kind=vlan", "[VLAN]", "Id=120"]);
    assert_eq!(said(&file(EVERYTHING, "50-dot1x.env")), ["INTERFACE=enp1s0"]);
    let port = file(EVERYTHING, "50-dot1x.conf");
    for line in [
        "identity=\"turing@rooms.example\"",
        "client_cert=\"/var/lib/huisclos-config/port.pem\"",
        "private_key=\"/var/lib/huisclos-config/port-key.pem\"",
        "ca_cert=\"/var/lib/huisclos-config/radius-ca.pem\"",
        "domain_match=\"radius1.example;radius2.example\"",
    ] {
        assert!(said(&port).iter().any(|found| found.trim() == line), "{line}\n{port}");
    }
    let inside = file(EVERYTHING, "50-vlan.network");
    for line in [
        "Name=vlan120",
        "DHCP=no",
        "IPv6AcceptRA=no",
        "Address=192.0.2.10/24",
        "Address=198.51.100.10/25",
        "Gateway=192.0.2.1",
        "Address=2001:db8::10/64",
        "Gateway=fe80::1",
        "DNS=192.0.2.53",
        "DNS=2001:db8::53",
        "NTP=ntp.example",
        "NTP=2001:db8::7b",
        "NTP=192.0.2.123",
    ] {
        assert!(said(&inside).contains(&line), "{line}\n{inside}");
    }
    assert!(said(&file("interface = \"02-00-5E-00-53-01\"", CABLE)).contains(&"MACAddress=02:00:5e:00:53:01"));
}

#[test]
fn own_servers_are_asked_instead_of_the_networks() {
    let count = |network: &str, line: &str| said(&file(network, CABLE)).into_iter().filter(|l| *l == line).count();
    let dns = "dns = [\"192.0.2.53\"]";
    // DHCPv4, DHCPv6, router advertisements.
    assert_eq!((count(dns, "UseDNS=no"), count(dns, "UseNTP=no")), (3, 0));
    let ntp = "ntp = [\"ntp.example\"]";
    assert_eq!((count(ntp, "UseDNS=no"), count(ntp, "UseNTP=no")), (0, 2));
}

#[test]
fn one_family_alone_has_nothing_of_the_other() {
    let ipv6_only = file("ipv4 = \"off\"", CABLE);
    for line in ["DHCP=ipv6", "LinkLocalAddressing=ipv6", "IPv6AcceptRA=yes"] {
        assert!(said(&ipv6_only).contains(&line), "{line}\n{ipv6_only}");
    }
    let ipv4_only = file("ipv6 = \"off\"", CABLE);
    for line in ["DHCP=ipv4", "LinkLocalAddressing=no", "IPv6AcceptRA=no"] {
        assert!(said(&ipv4_only).contains(&line), "{line}\n{ipv4_only}");
    }
    // Fixed addresses of one family say nothing of the other.
    assert!(said(&file("ipv4 = { addresses = [\"192.0.2.10/24\"] }", CABLE)).contains(&"DHCP=ipv6"));
}

/// A port, with one key of it said otherwise.
fn port(otherwise: &str) -> String {
    let key = otherwise.split(' ').next().unwrap();
    let usual = [
        "identity = \"turing\"",
        "certificate = \"/c.pem\"",
        "key = \"/k.pem\"",
        "authorities = \"/a.pem\"",
        "servers = [\"radius.example\"]",
    ];
    let rest: Vec<_> = usual.into_iter().filter(|line| line.split(' ').next() != Some(key)).collect();
    format!("[network.dot1x]\n{}\n{otherwise}\n", rest.join("\n"))
}

const PASSPHRASE: &str = "passphrase_file = \"/p\"";
const CERTIFICATE: &str = "[network.wifi.dot1x]\nidentity = \"turing\"\ncertificate = \"/c.pem\"\nkey = \"/k.pem\"\n\
                           authorities = \"/a.pem\"\nservers = [\"radius.example\"]";

/// A wireless network, with this said of it beside its name and country.
fn wifi(rest: &str) -> String {
    format!("[network.wifi]\nssid = \"Salles\"\ncountry = \"FR\"\n{rest}\n")
}

/// What of such a network is in this file.
fn wifi_file(network: &str, name: &str) -> String {
    let network = parse(network).unwrap();
    let files = wifi_files(&network, network.wifi().unwrap(), Some("open sesame"));
    files.into_iter().find(|(found, _)| *found == name).unwrap().1
}

#[test]
fn a_wireless_network_is_joined_by_nothing_older_than_wpa2() {
    let lines = |rest: &str| {
        let text = wifi_file(&wifi(rest), WIFI_SECRET);
        text.lines().map(|line| line.trim().to_owned()).collect::<BTreeSet<_>>()
    };
    let wpa2 = lines(PASSPHRASE);
    for line in [
        "country=FR",
        "ssid=53616c6c6573",
        "scan_ssid=0",
        "proto=RSN",
        "pairwise=CCMP",
        "group=CCMP",
        "key_mgmt=SAE WPA-PSK-SHA256 WPA-PSK",
        "ieee80211w=1",
        "psk=\"open sesame\"",
    ] {
        assert!(wpa2.contains(line), "{line}\n{wpa2:?}");
    }
    let wpa3 = lines(&format!("{PASSPHRASE}\nsecurity = \"wpa3\"\nhidden = true"));
    for line in ["key_mgmt=SAE", "ieee80211w=2", "scan_ssid=1", "psk=\"open sesame\""] {
        assert!(wpa3.contains(line), "{line}\n{wpa3:?}");
    }
    let enterprise = lines(CERTIFICATE);
    for line in ["key_mgmt=WPA-EAP-SHA256 WPA-EAP", "eap=TLS", "ca_cert=\"/a.pem\"", "domain_match=\"radius.example\""]
    {
        assert!(enterprise.contains(line), "{line}\n{enterprise:?}");
    }
    assert!(enterprise.contains("ieee80211w=1") && !enterprise.iter().any(|line| line.starts_with("psk=")));
    let enterprise = lines(&format!("security = \"wpa3\"\n{CERTIFICATE}"));
    assert!(enterprise.contains("key_mgmt=WPA-EAP-SHA256") && enterprise.contains("ieee80211w=2"), "{enterprise:?}");
}

#[test]
fn by_radio_the_room_keeps_to_itself_what_it_does_at_the_cable_and_the_passphrase_is_in_one_file() {
    let network = parse(&format!("dns = [\"192.0.2.53\"]\n{}", wifi(PASSPHRASE))).unwrap();
    let files = wifi_files(&network, network.wifi().unwrap(), Some("open sesame"));
    let secret: Vec<_> = files.iter().filter(|(_, text)| text.contains("open sesame")).map(|(name, _)| *name).collect();
    assert_eq!(secret, [WIFI_SECRET]);
    let radio = &files[2].1;
    for line in said(SHIPPED).into_iter().filter(|line| line.ends_with("=no")) {
        assert!(said(radio).contains(&line), "{line}\n{radio}");
    }
    let count = |line: &str| said(radio).into_iter().filter(|found| *found == line).count();
    // DHCPv4 and router advertisements; with own name servers, no other's are asked by radio either.
    assert_eq!((count("RouteMetric=4096"), count("UseDNS=no"), count("Type=wlan")), (2, 3, 1), "{radio}");
    assert!(!radio.contains("Name="), "{radio}");
    let fixed = wifi_file(EVERYTHING, "50-wifi.network");
    for line in ["Name=wlp2s0", "DHCP=ipv6", "Address=203.0.113.10/24", "Gateway=203.0.113.1", "Metric=4096"] {
        assert!(said(&fixed).contains(&line), "{line}\n{fixed}");
    }
    assert_eq!(wifi_file(EVERYTHING, "50-wifi.env"), "INTERFACE=wlp2s0\n");
    // The cable's file is what it is without a radio.
    assert_eq!(file(&wifi(PASSPHRASE), CABLE), file("", CABLE));
}

#[test]
fn a_passphrase_is_8_to_63_characters_of_ascii_and_no_error_says_which() {
    for usable in ["12345678", &"x".repeat(63), " blanks and \"quotes\" \\ ", "#hash and 'more'"] {
        assert!(passphrase(usable).is_ok(), "{usable}");
    }
    for (refused, says) in [
        ("1234567", "8 to 63 characters, not 7"),
        (&"x".repeat(64), "not 64"),
        ("motdepassé", "of ASCII"),
        ("two\nlines", "in one line"),
        ("say \"hush\" #1", "number sign behind quotation marks"),
    ] {
        let error = passphrase(refused).unwrap_err().to_string();
        assert!(error.contains(says) && !error.contains(refused), "{error}");
    }
    let in_configuration = wifi("passphrase = \"open sesame\"");
    let error = format!("{:#}", parse(&in_configuration).unwrap_err());
    assert!(error.contains("passphrase_file") && !error.contains("sesame"), "{error}");
}

#[test]
fn what_makes_no_sense_is_refused_with_what_to_do() {
    let v4 = |rest: &str| format!("ipv4 = {{ addresses = [\"192.0.2.10/24\"], gateway = \"{rest}\" }}");
    let own = |address: &str| format!("ipv4 = {{ addresses = [\"{address}\"] }}");
    let eth0 = |otherwise: &str| format!("interface = \"eth0\"\n{}", port(otherwise));
    assert!(parse(&eth0("")).is_ok());
    let proxy = |lines: &str| format!("[network.proxy]\n{lines}\n");
    let own6 = |address: &str| format!("ipv6 = {{ addresses = [\"{address}\"] }}");
    for (network, says) in [
        (own("192.0.2.10"), "has no prefix length: write 192.0.2.10/24"),
        (own6("2001:db8::10"), "has no prefix length: write 2001:db8::10/64"),
        (own("192.0.2.10/33"), "network.ipv4.addresses: \"192.0.2.10/33\": is no address with a prefix length"),
        (own("2001:db8::10/64"), "is IPv6, and belongs into network.ipv6"),
        (own6("192.0.2.10/24"), "is IPv4, and belongs into network.ipv4"),
        (own("192.0.2.0/24"), "is the network 192.0.2.0/24, and no address in it"),
        (own("192.0.2.255/24"), "is the network 192.0.2.0/24"),
        (own("127.0.0.1/8"), "is no address that a room can have"),
        (own("224.0.0.1/4"), "is no address that a room can have"),
        (own("192.0.2.10/0"), "the whole internet"),
        (own6("fe80::1/64"), "is no address that a room can have"),
        (own6("::ffff:192.0.2.10/120"), "is no address that a room can have"),
        ("ipv4 = { addresses = [] }".into(), "network.ipv4.addresses is empty"),
        ("ipv4 = { gateway = \"192.0.2.1\" }".into(), "missing field `addresses`"),
        ("ipv4 = { addresses = [\"192.0.2.10/24\"], gatway = \"192.0.2.1\" }".into(), "unknown field `gatway`"),
        ("ipv4 = { addresses = [\"192.0.2.10/24\", \"192.0.2.10/25\"] }".into(), "192.0.2.10 is there twice"),
        (v4("198.51.100.1"), "198.51.100.1 is not in the room's network, 192.0.2.0/24"),
        (v4("192.0.2.0"), "not in the room's network"),
        (v4("192.0.2.10"), "192.0.2.10 is the room itself"),
        (v4("fe80::1"), "fe80::1 is IPv6"),
        (v4("router"), "\"router\" is no address of a router"),
        ("ipv4 = \"auto\"".into(), "\"auto\" is neither \"dhcp\" nor \"off\""),
        ("ipv6 = \"dhcp\"".into(), "\"dhcp\" is neither \"auto\" nor \"off\""),
        ("ipv4 = true".into(), "expected a word, or a table with addresses and a gateway"),
        ("ipv4 = \"off\"\nipv6 = \"off\"".into(), "both off"),
        ("ipv4 = \"off\"\ndns = [\"192.0.2.53\"]".into(), "192.0.2.53 cannot be reached, network.ipv4 is off"),
        ("ipv6 = \"off\"\nntp = [\"2001:db8::7b\"]".into(), "2001:db8::7b cannot be reached, network.ipv6 is off"),
        ("interface = \"enp1s0\"\nvlan = 0".into(), "between 1 and 4094, not 0"),
        ("interface = \"enp1s0\"\nvlan = 4095".into(), "between 1 and 4094, not 4095"),
        ("vlan = 120".into(), "network.vlan needs network.interface"),
        ("dns = []".into(), "network.dns is empty"),
        ("dns = [\"dns.example\"]".into(), "\"dns.example\" is no address of a server"),
        ("dns = [\"127.0.0.53\"]".into(), "no address of a server"),
        ("dns = [\"2001:db8::53\", \"2001:DB8:0::53\"]".into(), "2001:DB8:0::53 is there twice"),
        ("ntp = [\"nts://ntp.example\"]".into(), "does not speak NTS yet"),
        ("ntp = [\"a.example b.example\"]".into(), "is not a server's name or address"),
        ("ntp = [\"ntp.example\", \"NTP.example.\"]".into(), "NTP.example. is there twice"),
        ("ntp = [\"7\"]".into(), "is not a server's name or address"),
        (
            format!("interface = \"02:00:5e:00:53:01\"\n{}", port("")),
            "network.dot1x needs network.interface, and its name",
        ),
        (port(""), "network.dot1x needs network.interface"),
        (eth0("identity = \"a\\\"\\n b\""), "network.dot1x.identity"),
        (eth0("identity = \"\""), "network.dot1x.identity"),
        (eth0("key = \"port-key.pem\""), "network.dot1x.key: \"port-key.pem\" is no whole path"),
        (eth0("key = \"/a\\nb\""), "network.dot1x.key"),
        (eth0("servers = []"), "network.dot1x.servers is empty"),
        (eth0("servers = [\"192.0.2.1\"]"), "\"192.0.2.1\" is no name"),
        (eth0("servers = [\"a.example;b.example\"]"), "is no name"),
        (eth0("password = \"secret\""), "unknown field `password`"),
        (wifi(""), "network.wifi needs either passphrase_file or [network.wifi.dot1x]"),
        (wifi(&format!("{PASSPHRASE}\n{CERTIFICATE}")), "needs either"),
        (wifi("passphrase_file = \"wifi\""), "network.wifi.passphrase_file: \"wifi\" is no whole path"),
        (wifi(PASSPHRASE).replace("Salles", ""), "network.wifi.ssid must have 1 to 32 bytes, not 0"),
        (wifi(PASSPHRASE).replace("Salles", &"é".repeat(17)), "1 to 32 bytes, not 34"),
        (wifi(PASSPHRASE).replace("FR", "fr"), "network.wifi.country: \"fr\" is no country"),
        (wifi(PASSPHRASE).replace("FR", "FRA"), "is no country"),
        (wifi(PASSPHRASE).replace("country = \"FR\"", ""), "missing field `country`"),
        (wifi(&format!("{PASSPHRASE}\nsecurity = \"wep\"")), "network.wifi.security: \"wep\" is neither"),
        (wifi(&format!("{PASSPHRASE}\ninterface = \"wl*\"")), "network.wifi.interface: \"wl*\" is neither"),
        (wifi(&format!("{PASSPHRASE}\ninterface = \"02:00:5e:00:53:01\"")), "needs the radio's name"),
        (wifi(&CERTIFICATE.replace("/c.pem", "c.pem")), "network.wifi.dot1x.certificate: \"c.pem\" is no whole path"),
        (
            wifi(&CERTIFICATE.replace("radius.example", "192.0.2.1")),
            "network.wifi.dot1x.servers: \"192.0.2.1\" is no name",
        ),
        (wifi(&format!("{PASSPHRASE}\nipv4 = \"off\"\nipv6 = \"off\"")), "network.wifi.ipv6 are both off"),
        (wifi(&format!("{PASSPHRASE}\nipv4 = \"auto\"")), "network.wifi.ipv4: \"auto\" is neither"),
        (
            format!("dns = [\"192.0.2.53\"]\n{}", wifi(&format!("{PASSPHRASE}\nipv4 = \"off\""))),
            "192.0.2.53 cannot be reached, network.wifi.ipv4 is off",
        ),
        (
            format!("{}\n{}{}", own("192.0.2.10/24"), wifi(PASSPHRASE), own("192.0.2.10/25")),
            "192.0.2.10 is the room's address at the cable already",
        ),
        (proxy(""), "network.proxy needs either server or pac"),
        (proxy("server = \"http://a.example:1\"\npac = \"/a.pac\""), "either server or pac"),
        (proxy("server = \"http://a.example\""), "its port is missing"),
        (proxy("server = \"socks5://a.example:1080\""), "is no proxy, like http://proxy.example:3128"),
        (proxy("server = \"http://a.example:1/path\""), "is no proxy"),
        (proxy("server = \"http://turing:secret@a.example:1\""), "must not carry a password"),
        (proxy("server = \"http://a.example:1\"\nuser = \"turing\""), "go together"),
        (proxy("server = \"http://a.example:1\"\nuser = \"a:b\"\npassword_file = \"/p\""), "no name of an account"),
        (proxy("server = \"http://a.example:1\"\npassword = \"secret\""), "unknown field `password`"),
        (proxy("pac = \"proxy.pac\""), "is neither a whole path nor an address"),
        (proxy("pac = \"http://a.example/p\"\nuser = \"turing\"\npassword_file = \"/p\""), "must begin with https"),
        (proxy("server = \"http://a.example:1\"\nexcept = [\"a b\"]"), "is neither a name nor addresses"),
        (proxy("server = \"http://a.example:1\"\nexcept = [\"a.example\", \"*.a.example\"]"), "is there twice"),
    ] {
        let error = parse(&network).map(|found| panic!("{network}: {found:?}")).unwrap_err().to_string();
        assert!(error.contains(says), "{network}: {error}");
    }
}

#[test]
fn nothing_but_one_name_or_address_is_a_cable() {
    for usable in ["enp1s0", "eno1", "eth0", "enx02005e005301", "02:00:5e:00:53:01"] {
        assert!(parse(&format!("interface = \"{usable}\"")).is_ok(), "{usable}");
    }
    for refused in [
        "",
        "lo",
        "en*",
        "!eth0",
        "eth0 eth1",
        "eth0\\nDHCP=no",
        "averyveryverylongname",
        "ff:ff:ff:ff:ff:ff",
        "[a]",
        "7",
    ] {
        assert!(parse(&format!("interface = \"{refused}\"")).is_err(), "{refused}");
    }
}

#[test]
fn what_is_excepted_goes_directly_and_nothing_that_only_looks_like_it() {
    let except = "except = [\"Visio.example\", \"192.0.2.0/24\", \"2001:db8::1\"]";
    let network = parse(&format!("[network.proxy]\nserver = \"https://proxy.example\"\n{except}")).unwrap();
    let proxy = network.proxy().unwrap();
    let is_direct = |host: &str| {
        let url = Url::parse(&format!("https://{host}/")).unwrap();
        proxy.except.iter().any(|exception| exception.holds(&url.host().unwrap()))
    };
    for host in ["visio.example", "sfu.visio.example", "192.0.2.7", "[2001:db8::1]", "visio.example."] {
        assert!(is_direct(host), "{host}");
    }
    for host in ["evilvisio.example", "visio.example.org", "example", "192.0.3.7", "[2001:db8::2]"] {
        assert!(!is_direct(host), "{host}");
    }
    assert_eq!(
        proxy.way,
        ProxyWay::At(ProxyAddress { tls: true, host: Host::Domain("proxy.example".into()), port: 443 })
    );
}

#[test]
fn networks_of_two_have_neither_a_first_nor_a_last_address() {
    assert!(parse("ipv4 = { addresses = [\"192.0.2.10/31\"], gateway = \"192.0.2.11\" }").is_ok());
    assert!(parse("ipv6 = { addresses = [\"2001:db8::/127\"], gateway = \"2001:db8::1\" }").is_ok());
}

#[test]
fn people_read_what_the_room_would_do() {
    let words = parse(EVERYTHING).unwrap().to_string();
    for line in [
        "Cable: enp1s0, and no other",
        "Port: opened by 802.1X (EAP-TLS) as turing@rooms.example, for radius1.example, radius2.example",
        "VLAN: 120; without a tag nothing is sent or taken",
        "IPv4: 192.0.2.10/24, 198.51.100.10/25; gateway 192.0.2.1",
        "IPv6: 2001:db8::10/64; gateway fe80::1",
        "Wi-Fi: \"Salles\", WPA2 or WPA3, with a passphrase; on wlp2s0, by the rules of FR; where the cable leads as well, the cable is used",
        "Wi-Fi, IPv4: 203.0.113.10/24; gateway 203.0.113.1",
        "Wi-Fi, IPv6: router advertisements, and DHCPv6 where they say so",
        "Names: asked of 192.0.2.53, 2001:db8::53, and of no other",
        "Time: asked of ntp.example, [2001:db8::7b], 192.0.2.123, and of no other (NTP)",
        "Meetings: through http://proxy.example:3128, as turing, whose password the cable sees; directly to visio.example, 192.0.2.0/24",
    ] {
        assert!(words.lines().any(|found| found == line), "{line}\n{words}");
    }
    let plain = Network::default().to_string();
    assert!(plain.contains("IPv4: DHCP\n") && plain.contains("the servers that the network names"), "{plain}");
    // Nobody would tell it one.
    let deaf = "ipv4 = { addresses = [\"192.0.2.10/24\"] }\nipv6 = \"off\"";
    let deaf = parse(deaf).unwrap().to_string();
    assert!(deaf.contains("no gateway") && deaf.contains("no server (network.dns)"), "{deaf}");
}

#[test]
fn what_the_guide_shows_is_what_the_room_does() {
    let guide = include_str!("../../../docs/guides/it.md");
    let (_, rest) = guide.split_once("\n## The network\n").unwrap();
    let (section, _) = rest.split_once("\n## ").unwrap();
    let examples: Vec<_> = section.split("```toml\n").skip(1).map(|text| text.split_once("```").unwrap().0).collect();
    let [network, dot1x, wifi, proxy] = examples[..] else { panic!("{examples:?}") };
    let words: Vec<_> = section.lines().filter_map(|line| line.strip_prefix("    ")).collect();
    assert_eq!(Network::in_configuration(network).unwrap().to_string(), words.join("\n"));
    assert!(Network::in_configuration(&format!("{network}{dot1x}")).unwrap().dot1x.is_some());
    let by_radio = Network::in_configuration(&format!("{network}{wifi}")).unwrap();
    assert!(by_radio.wifi().unwrap().passphrase_file().is_some());
    assert!(Network::in_configuration(&format!("{network}{proxy}")).unwrap().proxy.is_some());
}
