//! What the room's `[network]` makes of a cable: `huisclos network write` writes it, the real systemd-networkd reads it, and
//! the kernel says what came of it. At the other end of the cable is a network with everything in it, by dnsmasq: DHCP,
//! router advertisements, DHCPv6. Where the port is shut, hostapd is the switch and its server. There is no radio here: a cable
//! stands for it, and wpa_supplicant says what it has read.
//!
//! Each test is in namespaces of its own, also where it is not root's.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::net::IpAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use demo::namespace::{inside, run};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, IsCa, KeyPair};

/// What the image ships, and what replaces it.
const SHIPPED: &str = include_str!("../../../os-image/mkosi.extra/usr/lib/systemd/network/50-wired.network");
const DOT1X: &str = include_str!("../../../os-image/mkosi.extra/usr/lib/systemd/system/huisclos-dot1x.service");
const FOLDER: &str = "/run/systemd/network";

/// The room's end of the cable.
const CABLE: &str = "room0";
/// The address printed on it.
const MAC: &str = "02:00:5e:00:53:01";
/// Another cable of the room's, into the same network.
const OTHER: &str = "room1";
/// What the network at the other end names.
const DNS: [&str; 2] = ["192.0.2.53", "2001:db8:1::53"];
const NTP: &str = "192.0.2.123";

/// A room's machine, as far as its network goes, and the network.
struct Site {
    /// Holds the network's namespace open.
    holder: Child,
    dnsmasq: Option<Child>,
    networkd: Option<Child>,
    /// hostapd and wpa_supplicant, where the port is shut.
    port: Vec<Child>,
    files: tempfile::TempDir,
}

impl Drop for Site {
    fn drop(&mut self) {
        let ours = self.networkd.iter_mut().chain(&mut self.dnsmasq).chain(&mut self.port);
        for child in ours.chain([&mut self.holder]) {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Site {
    /// A cable to another namespace, in which nobody answers yet.
    fn make() -> Site {
        let files = tempfile::tempdir().unwrap();
        // Where networkd looks and writes, and this namespace's interfaces; read-only, as in containers: there is no udev.
        run("mount -t tmpfs tmpfs /run");
        run("mount -t sysfs -o ro sysfs /sys");
        fs::create_dir_all(FOLDER).unwrap();
        // Networkd wants to be a user that may not exist here.
        let passwd = files.path().join("passwd");
        fs::write(&passwd, "root:x:0:0::/:/bin/sh\nsystemd-network:x:0:0::/:/bin/false\n").unwrap();
        run(&format!("mount --bind {} /etc/passwd", passwd.display()));
        run("ip link set lo up");
        let holder = Command::new("unshare").args(["--net", "sleep", "infinity"]).spawn().unwrap();
        let (own, there) = (fs::read_link("/proc/self/ns/net").unwrap(), format!("/proc/{}/ns/net", holder.id()));
        until("a namespace for the network", || fs::read_link(&there).is_ok_and(|its| its != own));
        for (cable, far) in [(CABLE, "far0"), (OTHER, "far1")] {
            run(&format!("ip link add {cable} type veth peer name {far} netns {}", holder.id()));
        }
        run(&format!("ip link set {CABLE} address {MAC}"));
        let site = Site { holder, dnsmasq: None, networkd: None, port: Vec::new(), files };
        site.far("ip addr add 192.0.2.1/24 dev far0");
        site.far("ip addr add 2001:db8:1::1/64 dev far0 nodad");
        site.far("ip link set far0 up");
        site.far("ip link set far1 up");
        site
    }

    /// The other cable leads into another network.
    fn part(&self) {
        self.far("ip addr add 198.51.100.1/24 dev far1");
        self.far("ip addr add 2001:db8:2::1/64 dev far1 nodad");
    }

    /// `[network.wifi]`, with its passphrase, on what stands for a radio.
    fn wifi(&self, passphrase: &str, rest: &str) -> String {
        let file = self.files.path().join("passphrase");
        fs::write(&file, passphrase).unwrap();
        format!(
            "interface = \"{CABLE}\"\n[network.wifi]\nssid = \"Salles d'étude\"\ncountry = \"FR\"\ninterface = \"{OTHER}\"\n\
             passphrase_file = \"{}\"\n{rest}\n",
            file.display()
        )
    }

    /// At the other end.
    fn far(&self, line: &str) {
        run(&format!("nsenter --net=/proc/{}/ns/net {line}", self.holder.id()));
    }

    /// The network answers, on these interfaces.
    fn serve(&mut self, interface: &str) {
        let log = File::create(self.files.path().join("dnsmasq.log")).unwrap();
        let child = Command::new("nsenter")
            .arg(format!("--net=/proc/{}/ns/net", self.holder.id()))
            .args(["dnsmasq", "--no-daemon", "--conf-file=/dev/null", "--log-facility=-", "--log-dhcp"])
            .args(["--port=0", "--bind-interfaces", "--pid-file="])
            .arg(format!("--dhcp-leasefile={}", self.files.path().join("leases").display()))
            .args(interface.split(' ').map(|interface| format!("--interface={interface}")))
            .args(["--dhcp-range=192.0.2.100,192.0.2.150,1h", "--no-ping"])
            .args(["--enable-ra", "--dhcp-range=2001:db8:1::100,2001:db8:1::1ff,64,1h"])
            // Only on an interface that has such an address.
            .args([
                "--dhcp-range=198.51.100.100,198.51.100.150,1h",
                "--dhcp-range=2001:db8:2::100,2001:db8:2::1ff,64,1h",
            ])
            .arg(format!("--dhcp-option=option:dns-server,{}", DNS[0]))
            .arg(format!("--dhcp-option=option6:dns-server,[{}]", DNS[1]))
            .arg(format!("--dhcp-option=option:ntp-server,{NTP}"))
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("nsenter, of util-linux");
        self.dnsmasq = Some(child);
        until("dnsmasq", || self.said("dnsmasq.log").contains("started, version"));
    }

    /// What a program has said so far.
    fn said(&self, log: &str) -> String {
        fs::read_to_string(self.files.path().join(log)).unwrap_or_default()
    }

    /// The room's machine starts, with this `[network]`; without one, with what the image ships.
    fn start(&mut self, network: Option<&str>) {
        let room = self.files.path().join("room.toml");
        fs::write(&room, format!("[room]\nname = \"Turing\"\n[network]\n{}", network.unwrap_or_default())).unwrap();
        fs::write(format!("{FOLDER}/50-wired.network"), SHIPPED).unwrap();
        if network.is_some() {
            let huisclos = std::env::current_exe().unwrap().parent().unwrap().join("../huisclos");
            run(&format!("{} network write {} {FOLDER}", huisclos.display(), room.display()));
        }
        for path in fs::read_dir(FOLDER).unwrap().map(|entry| entry.unwrap().path()) {
            // Here cables are of a kind: the one that has two ends in a machine.
            let text = fs::read_to_string(&path).unwrap().replace("Kind=!*", "Kind=veth");
            let text = text.replace("Type=wlan\nWLANInterfaceType=station", "Type=ether\nKind=veth");
            fs::write(&path, text).unwrap();
        }
        self.networkd();
    }

    fn networkd(&mut self) {
        let log = File::create(self.files.path().join("networkd.log")).unwrap();
        let networkd = std::env::var("HUISCLOS_NETWORKD").unwrap_or("/lib/systemd/systemd-networkd".into());
        let script = format!("hostname salle-turing && exec {networkd}");
        let child = Command::new("unshare")
            .args(["--uts", "sh", "-c", &script])
            .envs([("SYSTEMD_LOG_TARGET", "console"), ("SYSTEMD_LOG_LEVEL", "debug"), ("SYSTEMD_LOG_COLOR", "no")])
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("unshare, of util-linux");
        self.networkd = Some(child);
    }

    /// The port is shut: of what the room sends, only what asks for it to be opened comes through. A switch's server of this
    /// name would have it opened.
    fn shut(&mut self, server: &str) {
        let filter = self.files.path().join("port.nft");
        let hook = "type filter hook ingress device far0 priority 0; policy drop;";
        let rule = "ether type 0x888e accept";
        fs::write(&filter, format!("table netdev port {{\nchain room {{\n{hook}\n{rule}\n}}\n}}\n")).unwrap();
        self.far(&format!("nft -f {}", filter.display()));
        let folder = self.files.path().to_owned();
        let put = |name: &str, text: String| fs::write(folder.join(name), text).unwrap();
        let called = |name: &str, names: Vec<String>| {
            let mut params = CertificateParams::new(names).unwrap();
            params.distinguished_name = DistinguishedName::new();
            params.distinguished_name.push(DnType::CommonName, name);
            params
        };
        let mut params = called("authority", Vec::new());
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        put("authority.pem", authority.pem());
        for (file, name) in [("server", server), ("room", "turing.example")] {
            let key = KeyPair::generate().unwrap();
            let certificate = called(name, vec![name.to_owned()]).signed_by(&key, &authority).unwrap();
            put(&format!("{file}.pem"), certificate.pem());
            put(&format!("{file}-key.pem"), key.serialize_pem());
        }
        put("users", "* TLS\n".into());
        let at = folder.display();
        put(
            "hostapd.conf",
            format!(
                "interface=far0\ndriver=wired\nlogger_stdout=-1\nieee8021x=1\nuse_pae_group_addr=1\neap_server=1\n\
                 eap_user_file={at}/users\nca_cert={at}/authority.pem\nserver_cert={at}/server.pem\n\
                 private_key={at}/server-key.pem\n"
            ),
        );
        let log = File::create(folder.join("hostapd.log")).unwrap();
        let child = Command::new("nsenter")
            .arg(format!("--net=/proc/{}/ns/net", self.holder.id()))
            .arg("hostapd")
            .arg(folder.join("hostapd.conf"))
            .stdout(log)
            .spawn()
            .expect("nsenter, of util-linux");
        self.port.push(child);
        until("hostapd", || self.said("hostapd.log").contains("AP-ENABLED"));
    }

    /// Lets everything through.
    fn open(&self) {
        self.far("nft delete table netdev port");
    }

    /// What [`Site::shut`] asks for, as the configuration says it.
    fn dot1x(&self) -> String {
        let at = self.files.path().display();
        format!(
            "interface = \"{CABLE}\"\n[network.dot1x]\nidentity = \"turing@rooms.example\"\ncertificate = \"{at}/room.pem\"\n\
             key = \"{at}/room-key.pem\"\nauthorities = \"{at}/authority.pem\"\nservers = [\"radius.example\"]\n"
        )
    }

    /// Does what huisclos-dot1x.service does.
    fn knock(&mut self) {
        let environment = fs::read_to_string(format!("{FOLDER}/50-dot1x.env")).unwrap();
        let interface = environment.trim().strip_prefix("INTERFACE=").unwrap();
        let line = DOT1X.lines().find_map(|line| line.strip_prefix("ExecStart=")).unwrap();
        let line = line.replace("${INTERFACE}", interface);
        let mut words = line.split(' ');
        let log = File::create(self.files.path().join("supplicant.log")).unwrap();
        let child = Command::new(words.next().unwrap()).args(words).stdout(log).spawn().expect("wpasupplicant");
        self.port.push(child);
    }

    /// What networkd did not understand of its files.
    fn complaints(&self) -> Vec<String> {
        let is_complaint = |line: &str| {
            let line = line.to_lowercase();
            ["unknown", "ignoring", "failed", "invalid"].iter().any(|word| line.contains(word))
        };
        // The image has systemd 257; that of Debian 12, 252, has no such key and sends no name.
        let is_newer = |line: &str| line.contains("Unknown key 'SendHostname' in section [DHCPv6]");
        let of_files = format!("{FOLDER}/50-");
        let said = self.said("networkd.log");
        let lines = said.lines().filter(|line| line.contains(&of_files) && is_complaint(line) && !is_newer(line));
        lines.map(String::from).collect()
    }

    /// Waits until this is so, and says what is when it does not come.
    fn reaches(&self, what: &str, is_so: impl Fn() -> bool) {
        let deadline = Instant::now() + Duration::from_secs(15);
        while !is_so() {
            assert!(
                Instant::now() < deadline,
                "not in 15 s: {what}\n{:?}\n{}",
                addresses(CABLE),
                ["networkd.log", "dnsmasq.log", "hostapd.log", "supplicant.log"].map(|log| self.said(log)).join("\n")
            );
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while !is_so() {
        assert!(Instant::now() < deadline, "not in ten seconds: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// What the kernel says, by `ip -json`.
fn ip(arguments: &str) -> serde_json::Value {
    let output = Command::new("ip").arg("-json").args(arguments.split(' ')).output().unwrap();
    serde_json::from_slice(&output.stdout).unwrap_or_default()
}

/// The addresses of an interface that are good beyond its cable, with their networks.
fn addresses(interface: &str) -> BTreeSet<String> {
    let found = ip(&format!("addr show dev {interface} -tentative"));
    let of = found[0]["addr_info"].as_array().cloned().unwrap_or_default();
    let global = of.iter().filter(|address| address["scope"] == "global");
    global.map(|address| format!("{}/{}", address["local"].as_str().unwrap(), address["prefixlen"])).collect()
}

/// Where packets for everywhere else go.
fn gateways() -> BTreeSet<String> {
    let routes = |family: &str| ip(&format!("{family} route show default")).as_array().cloned().unwrap_or_default();
    let all = routes("-4").into_iter().chain(routes("-6"));
    all.filter_map(|route| Some(route["gateway"].as_str()?.to_owned())).collect()
}

/// What networkd tells systemd-resolved and systemd-timesyncd of an interface: they read this file.
fn told(interface: &str, key: &str) -> BTreeSet<String> {
    let index = ip(&format!("link show dev {interface}"))[0]["ifindex"].clone();
    let state = fs::read_to_string(format!("/run/systemd/netif/links/{index}")).unwrap_or_default();
    let value = state.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
    value.unwrap_or_default().split_whitespace().map(String::from).collect()
}

fn set<const N: usize>(words: [&str; N]) -> BTreeSet<String> {
    words.map(String::from).into()
}

fn has(interface: &str, is_one: impl Fn(&str) -> bool) -> bool {
    addresses(interface).iter().any(|address| is_one(address))
}

fn is_ipv4(address: &str) -> bool {
    address.split('/').next().unwrap().parse::<IpAddr>().unwrap().is_ipv4()
}

/// Both families' addresses, as the network gives them, are on this interface.
fn is_served(interface: &str) -> bool {
    has(interface, |address| address.starts_with("192.0.2.1") && address.ends_with("/24"))
        && has(interface, |address| address.starts_with("2001:db8:1::1"))
}

/// Whether networkd has taken this cable.
fn is_up(interface: &str) -> bool {
    let found = ip(&format!("link show dev {interface}"));
    found[0]["flags"].as_array().is_some_and(|flags| flags.iter().any(|flag| flag == "UP"))
}

/// Somebody is there, who does not listen: it says so.
fn is_reached(address: &str) {
    let refused = std::net::TcpStream::connect_timeout(&address.parse().unwrap(), Duration::from_secs(2)).unwrap_err();
    assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused, "{address}");
}

#[test]
fn a_room_that_says_nothing_takes_what_the_network_gives_and_does_not_say_its_name() {
    let name = "a_room_that_says_nothing_takes_what_the_network_gives_and_does_not_say_its_name";
    inside(name, async || {
        let mut site = Site::make();
        site.serve("far0");
        site.start(None);
        site.reaches("addresses of both families", || is_served(CABLE));
        site.reaches("name servers", || told(CABLE, "DNS") == set(DNS));
        assert_eq!(told(CABLE, "NTP"), set([NTP]));
        assert!(is_up(OTHER), "every cable is used");
        assert!(gateways().contains("192.0.2.1"), "{:?}", gateways());
        assert_eq!(site.complaints(), Vec::<String>::new());
        let heard = site.said("dnsmasq.log");
        assert!(heard.contains("DHCPACK") && heard.contains("DHCPREPLY"), "{heard}");
        assert!(!heard.contains("salle-turing"), "{heard}");
    });
}

#[test]
fn a_network_hears_the_name_of_who_says_it() {
    // What the test before this one would have heard.
    inside("a_network_hears_the_name_of_who_says_it", async || {
        let mut site = Site::make();
        site.serve("far0");
        let talkative = SHIPPED.replace("SendHostname=no", "SendHostname=yes").replace("Kind=!*", "Kind=veth");
        fs::write(Path::new(FOLDER).join("50-wired.network"), talkative).unwrap();
        site.networkd();
        site.reaches("a name", || site.said("dnsmasq.log").contains("salle-turing"));
    });
}

#[test]
fn own_servers_are_the_only_ones() {
    inside("own_servers_are_the_only_ones", async || {
        let mut site = Site::make();
        site.serve("far0");
        let servers = "dns = [\"198.51.100.53\"]\nntp = [\"ntp.example\", \"2001:db8:7::7b\"]";
        site.start(Some(&format!("interface = \"{MAC}\"\n{servers}")));
        site.reaches("addresses of both families", || is_served(CABLE));
        // Once IPv6 has its address from DHCPv6, everything was told.
        assert_eq!(told(CABLE, "DNS"), set(["198.51.100.53"]));
        assert_eq!(told(CABLE, "NTP"), set(["ntp.example", "2001:db8:7::7b"]));
        assert!(!is_up(OTHER));
        assert_eq!(site.complaints(), Vec::<String>::new());
    });
}

const FIXED: &str = "interface = \"room0\"
ipv4 = { addresses = [\"192.0.2.10/24\", \"198.51.100.10/25\"], gateway = \"192.0.2.1\" }
ipv6 = { addresses = [\"2001:db8:1::10/64\"], gateway = \"2001:db8:1::1\" }
dns = [\"192.0.2.54\", \"2001:db8:1::54\"]
ntp = [\"192.0.2.124\"]";

#[test]
fn fixed_addresses_are_all_that_the_room_has_whatever_the_network_offers() {
    inside("fixed_addresses_are_all_that_the_room_has_whatever_the_network_offers", async || {
        let mut site = Site::make();
        site.start(Some(FIXED));
        let fixed = set(["192.0.2.10/24", "198.51.100.10/25", "2001:db8:1::10/64"]);
        site.reaches("its addresses", || addresses(CABLE) == fixed);
        site.reaches("its gateways", || gateways() == set(["192.0.2.1", "2001:db8:1::1"]));
        assert_eq!(told(CABLE, "DNS"), set(["192.0.2.54", "2001:db8:1::54"]));
        assert_eq!(told(CABLE, "NTP"), set(["192.0.2.124"]));
        assert!(!is_up(OTHER), "one cable is used");
        assert_eq!(site.complaints(), Vec::<String>::new());
        site.serve("far0");
        site.reaches("an advertisement", || site.said("dnsmasq.log").contains("RTR-ADVERT(far0)"));
        // Packets behind the advertisement went there and back.
        is_reached("192.0.2.1:9");
        is_reached("[2001:db8:1::1]:9");
        assert_eq!(addresses(CABLE), fixed);
        assert_eq!(gateways(), set(["192.0.2.1", "2001:db8:1::1"]));
        assert!(!site.said("dnsmasq.log").contains("DHCPDISCOVER"));
    });
}

#[test]
fn a_room_without_ipv4_asks_for_none_and_has_none() {
    inside("a_room_without_ipv4_asks_for_none_and_has_none", async || {
        let mut site = Site::make();
        site.serve("far0");
        site.start(Some("ipv4 = \"off\""));
        site.reaches("an address of IPv6", || has(CABLE, |address| address.starts_with("2001:db8:1::1")));
        site.reaches("its name server", || told(CABLE, "DNS") == set([DNS[1]]));
        assert!(!has(CABLE, is_ipv4), "{:?}", addresses(CABLE));
        assert!(gateways().iter().all(|gateway| !is_ipv4(gateway)) && !gateways().is_empty(), "{:?}", gateways());
        assert_eq!(site.complaints(), Vec::<String>::new());
        let heard = site.said("dnsmasq.log");
        assert!(heard.contains("DHCPREPLY") && !heard.contains("DHCPDISCOVER"), "{heard}");
    });
}

#[test]
fn a_port_opens_for_the_rooms_certificate_and_then_there_are_addresses() {
    inside("a_port_opens_for_the_rooms_certificate_and_then_there_are_addresses", async || {
        let mut site = Site::make();
        site.shut("radius.example");
        site.serve("far0");
        site.start(Some(&site.dot1x()));
        site.reaches("a question", || site.said("networkd.log").contains("DISCOVER"));
        site.knock();
        site.reaches("the switch's yes", || site.said("hostapd.log").contains("AP-STA-CONNECTED"));
        assert!(!site.said("dnsmasq.log").contains("DHCPDISCOVER"), "the port was not shut");
        site.open();
        site.reaches("addresses of both families", || is_served(CABLE));
        assert_eq!(site.complaints(), Vec::<String>::new());
    });
}

#[test]
fn a_server_of_the_same_authority_with_another_name_is_told_nothing() {
    inside("a_server_of_the_same_authority_with_another_name_is_told_nothing", async || {
        let mut site = Site::make();
        site.shut("turing.example");
        site.start(Some(&site.dot1x()));
        site.knock();
        site.reaches("a refusal", || site.said("supplicant.log").contains("EAP-FAILURE"));
        assert!(site.said("supplicant.log").contains("Domain mismatch"), "{}", site.said("supplicant.log"));
        assert!(!site.said("hostapd.log").contains("AP-STA-CONNECTED"));
    });
}

/// By which interface a packet to an address beyond all networks leaves.
fn way_to(address: &str) -> Option<String> {
    Some(ip(&format!("route get {address}"))[0]["dev"].as_str()?.to_owned())
}

const BEYOND: [&str; 2] = ["203.0.113.7", "2001:db8:9::7"];

#[test]
fn the_cable_is_used_where_it_leads_as_well_and_the_radio_where_it_does_not() {
    inside("the_cable_is_used_where_it_leads_as_well_and_the_radio_where_it_does_not", async || {
        let mut site = Site::make();
        site.part();
        site.serve("far0 far1");
        // What stands for the radio comes last: of two ways that are alike, the kernel would take the newer.
        site.far("ip link set far1 down");
        site.start(Some(&site.wifi("open sesame", "")));
        let leads_by = |interface: &str| BEYOND.iter().all(|address| way_to(address).as_deref() == Some(interface));
        site.reaches("a way by cable", || leads_by(CABLE));
        site.far("ip link set far1 up");
        site.far("ip addr replace 2001:db8:2::1/64 dev far1 nodad");
        let ways = |interface: &str| {
            let of = |family: &str| ip(&format!("{family} route show default dev {interface}"));
            [of("-4"), of("-6")].iter().all(|routes| routes.as_array().is_some_and(|routes| !routes.is_empty()))
        };
        site.reaches("ways by radio", || ways(OTHER));
        assert!(leads_by(CABLE), "{:?}", BEYOND.map(way_to));
        assert_eq!(site.complaints(), Vec::<String>::new());
        site.far("ip link set far0 down");
        site.reaches("a way by radio", || leads_by(OTHER));
    });
}

#[test]
fn fixed_addresses_by_radio_give_way_to_the_cable_too() {
    inside("fixed_addresses_by_radio_give_way_to_the_cable_too", async || {
        let mut site = Site::make();
        site.serve("far0");
        let fixed = "ipv4 = { addresses = [\"198.51.100.10/24\"], gateway = \"198.51.100.1\" }\n\
                     ipv6 = { addresses = [\"2001:db8:2::10/64\"], gateway = \"2001:db8:2::1\" }";
        site.start(Some(&site.wifi("open sesame", fixed)));
        site.reaches("its addresses", || addresses(OTHER) == set(["198.51.100.10/24", "2001:db8:2::10/64"]));
        site.reaches("its gateways", || gateways().is_superset(&set(["198.51.100.1", "2001:db8:2::1", "192.0.2.1"])));
        site.reaches("a way by cable", || BEYOND.iter().all(|address| way_to(address).as_deref() == Some(CABLE)));
        assert_eq!(site.complaints(), Vec::<String>::new());
    });
}

/// What wpa_supplicant says of a file, secrets included, and whether it got as far as looking for the radio.
fn read_by_supplicant(text: &str) -> (String, bool) {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), text).unwrap();
    let output = Command::new("wpa_supplicant")
        .args(["-Dnl80211", "-ddK", "-i", "no-radio", "-c"])
        .arg(file.path())
        .output()
        .expect("wpasupplicant");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let is_read = !said.contains("Failed to read or parse configuration") && !said.contains("Line ");
    (said, is_read)
}

#[test]
fn wpa_supplicant_understands_every_word_of_a_wireless_network() {
    inside("wpa_supplicant_understands_every_word_of_a_wireless_network", async || {
        let mut site = Site::make();
        // What has a meaning in its quotes and lines has none.
        let odd = "# \\ it's 100% \"open\" $sesame ";
        let certificate = site.dot1x().split_once("[network.dot1x]").unwrap().1.to_owned();
        let without_passphrase = |rest: &str| {
            let lines = site.wifi(odd, rest);
            lines.lines().filter(|line| !line.starts_with("passphrase_file")).map(|line| format!("{line}\n")).collect()
        };
        let certified: String = without_passphrase(&format!("[network.wifi.dot1x]{certificate}"));
        for (network, says) in [
            (site.wifi(odd, ""), ["key_mgmt: 0x502", "ieee80211w=1 (0x1)"]),
            (site.wifi(odd, "security = \"wpa3\"\nhidden = true"), ["key_mgmt: 0x400", "ieee80211w=2 (0x2)"]),
            (certified, ["key_mgmt: 0x81", "domain_match - hexdump_ascii(len=14)"]),
        ] {
            site.start(Some(&network));
            site.networkd.take().unwrap().kill().unwrap();
            let text = fs::read_to_string(format!("{FOLDER}/50-wifi.conf")).unwrap();
            let (said, is_read) = read_by_supplicant(&text);
            assert!(is_read, "{said}");
            assert!(said.contains("country='FR'") && says.iter().all(|words| said.contains(words)), "{said}");
            // As octets: an accent is two.
            assert!(said.contains("53 61 6c 6c 65 73 20 64 27 c3 a9 74 75 64 65"), "{said}");
            if network.contains("passphrase_file") {
                let hexdump = |bytes: &[u8]| bytes.iter().map(|byte| format!(" {byte:02x}")).collect::<String>();
                assert!(said.contains(&hexdump(&odd.as_bytes()[..16])), "{said}");
                assert!(said.contains(&format!("PSK (ASCII passphrase) - hexdump_ascii(len={})", odd.len())), "{said}");
            }
            // It would say so.
            for (right, wrong) in [("proto=RSN", "prto=RSN"), ("ssid=53", "ssid=5"), ("country=FR", "country=F")] {
                let (said, is_read) = read_by_supplicant(&text.replacen(right, wrong, 1));
                assert!(!is_read, "{wrong}\n{said}");
            }
        }
    });
}

const TAGGED: &str = "interface = \"room0\"\nvlan = 120";

#[test]
fn networkd_understands_every_word_of_a_vlan() {
    inside("networkd_understands_every_word_of_a_vlan", async || {
        let mut site = Site::make();
        let everything = FIXED.replace("interface = \"room0\"", TAGGED);
        site.start(Some(&everything));
        let wants = "Requested stacked netdev 'vlan120'";
        site.reaches("the VLAN", || site.said("networkd.log").contains(wants));
        assert_eq!(site.complaints(), Vec::<String>::new());
        // The cable itself has nothing.
        assert_eq!(addresses(CABLE), BTreeSet::new());
    });
}

#[test]
fn in_a_vlan_the_room_is_nowhere_else() {
    inside("in_a_vlan_the_room_is_nowhere_else", async || {
        let mut site = Site::make();
        let add = format!("ip link add link {CABLE} name probe type vlan id 9");
        if !Command::new("sh").args(["-c", &add]).stderr(Stdio::null()).status().unwrap().success() {
            eprintln!("NOT TRIED: this kernel has no VLANs (8021q)");
            return;
        }
        run("ip link delete probe");
        site.far("ip link add link far0 name far0.120 type vlan id 120");
        site.far("ip addr flush dev far0");
        site.far("ip addr add 192.0.2.1/24 dev far0.120");
        site.far("ip addr add 2001:db8:1::1/64 dev far0.120 nodad");
        site.far("ip link set far0.120 up");
        site.serve("far0.120");
        site.start(Some(TAGGED));
        site.reaches("addresses of both families", || is_served("vlan120"));
        assert_eq!(told("vlan120", "DNS"), set(DNS));
        assert_eq!(addresses(CABLE), BTreeSet::new());
        assert_eq!(site.complaints(), Vec::<String>::new());
    });
}

#[test]
fn a_word_that_networkd_does_not_know_would_be_seen() {
    inside("a_word_that_networkd_does_not_know_would_be_seen", async || {
        let mut site = Site::make();
        let misspelt = SHIPPED.replace("EmitLLDP", "EmitLDP").replace("Kind=!*", "Kind=veth");
        fs::write(Path::new(FOLDER).join("50-wired.network"), misspelt).unwrap();
        site.networkd();
        site.reaches("a complaint", || site.complaints().len() == 1);
    });
}
