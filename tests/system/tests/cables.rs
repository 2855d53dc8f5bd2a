//! What `[network]` of a room's configuration makes of the machine's cables and radios, in the booted image.

use system::{Machine, Options, TOOLS, network};

/// The room's cable, by the address printed on it, and another at its other end, in the same machine.
const ROOMS: &str = "02:00:5e:00:53:01";
const FAR: &str = "02:00:5e:00:53:02";

/// Fixed addresses in a VLAN; DHCP nowhere.
const ROOM: &str = r#"
[room]
name = "Salle Turing"
[network]
interface = "02:00:5e:00:53:01"
vlan = 120
ipv4 = { addresses = ["192.0.2.10/24"], gateway = "192.0.2.1" }
ipv6 = { addresses = ["2001:db8:1::10/64"], gateway = "2001:db8:1::1" }
dns = ["192.0.2.53"]
ntp = ["192.0.2.123"]
"#;

/// Two cables more, which are one: what leaves by the first comes in by the second.
fn cables() -> Vec<String> {
    let one = |id: &str, mac: &str| {
        let device = format!("virtio-net-pci,netdev={id},mac={mac}");
        ["-netdev".into(), format!("hubport,id={id},hubid=1"), "-device".into(), device]
    };
    [one("rooms", ROOMS), one("far", FAR)].concat()
}

#[test]
#[ignore = "boots the image: ./huisclos test --system"]
fn a_room_with_fixed_addresses_in_a_vlan_is_there_and_nowhere_else() {
    network::inside("a_room_with_fixed_addresses_in_a_vlan_is_there_and_nowhere_else", async || {
        let options = Options { configuration: Some(ROOM.into()), arguments: cables(), ..Options::default() };
        let mut machine = Machine::start(options).unwrap();
        machine.until_running().unwrap();
        let busybox = format!("{TOOLS}/busybox");
        let ip = |line: &str| machine.sh(&format!("{busybox} ip {line}")).unwrap();

        let there = ip("addr show dev vlan120");
        for address in ["inet 192.0.2.10/24", "inet6 2001:db8:1::10/64"] {
            assert!(there.contains(address), "{there}");
        }
        assert!(ip("route show default").contains("default via 192.0.2.1 dev vlan120"));
        assert!(ip("-6 route show default").contains("default via 2001:db8:1::1 dev vlan120"));
        // The room's cable has no address of its own, nor has any other, though one leads to a network with DHCP.
        let all = ip("-o addr");
        let elsewhere: Vec<&str> = all
            .lines()
            .filter(|line| line.contains(" inet") && !line.contains(" lo ") && !line.contains("vlan120"))
            .collect();
        assert_eq!(elsewhere, Vec::<&str>::new(), "{all}");
        // What the resolver and the clock are told.
        let told = machine.sh("cat /run/systemd/netif/links/*").unwrap();
        assert!(told.contains("\nDNS=192.0.2.53\n") && told.contains("\nNTP=192.0.2.123\n"), "{told}");

        // At the other end of the cable, in a namespace of its own, is the router, in the VLAN and beside it.
        let far = machine
            .sh(&format!("for it in /sys/class/net/*; do grep -q {FAR} $it/address && echo ${{it##*/}}; done; true"));
        let far = far.unwrap().trim().to_owned();
        machine
            .sh(&format!(
                "{busybox} unshare -n {busybox} sleep 1000 </dev/null >/dev/null 2>&1 & echo $! > /run/far.pid"
            ))
            .unwrap();
        machine.sh(&format!("{busybox} sleep 1; {busybox} ip link set {far} netns $(cat /run/far.pid)")).unwrap();
        let in_far =
            |line: &str| machine.sh(&format!("{busybox} nsenter -n -t $(cat /run/far.pid) {busybox} {line}")).unwrap();
        in_far(&format!("ip link set {far} up"));
        in_far(&format!("ip link add link {far} name far120 type vlan id 120"));
        for address in ["192.0.2.1/24", "2001:db8:1::1/64"] {
            in_far(&format!("ip addr add {address} dev far120"));
        }
        in_far("ip link set far120 up");
        machine.sh(&format!("{busybox} ping -c 3 -w 20 192.0.2.1")).unwrap();
        machine.sh(&format!("{busybox} ping -6 -c 3 -w 20 2001:db8:1::1")).unwrap();
        // Without the tag nobody is there.
        in_far(&format!("ip addr add 192.0.2.2/24 dev {far}"));
        let (said, is_reached) = machine
            .ask(&format!("{busybox} nsenter -n -t $(cat /run/far.pid) {busybox} ping -c 2 -w 4 -I {far} 192.0.2.10"))
            .unwrap();
        assert!(!is_reached, "{said}");
    });
}

/// A wireless network, for the first of two radios that the kernel simulates.
const BY_RADIO: &str = r#"
[room]
name = "Salle Turing"
[network.wifi]
ssid = "Salles"
country = "FR"
passphrase_file = "/var/lib/huisclos-config/wifi-passphrase"
security = "wpa3"
interface = "wlan0"
"#;

/// The access point, on the other.
const ACCESS_POINT: &str = "interface=wlan1
driver=nl80211
ssid=Salles
hw_mode=g
channel=1
wpa=2
wpa_key_mgmt=SAE
rsn_pairwise=CCMP
ieee80211w=2
sae_pwe=2
sae_password=open sesame
";

#[test]
#[ignore = "boots the image: ./huisclos test --system"]
fn a_room_joins_a_wireless_network() {
    network::inside("a_room_joins_a_wireless_network", async || {
        let mut machine = Machine::start(Options { access_point: true, ..Options::default() }).unwrap();
        machine.until_running().unwrap();
        let busybox = format!("{TOOLS}/busybox");
        let put =
            |path: &str, text: &str| machine.sh(&format!("printf '{}' >{path}", text.replace('\n', "\\n"))).unwrap();
        let until = |what: &str, command: &str| {
            let wait = format!("for _ in $({busybox} seq 60); do {command} && exit 0; sleep 1; done; exit 1");
            let (_, is_so) = machine.ask(&format!("( {wait} )")).unwrap();
            let said =
                "journalctl --no-pager -u huisclos-network -u huisclos-wifi -u systemd-networkd; cat /run/hostapd.log";
            assert!(is_so, "not in a minute: {what}\n{}", machine.ask(said).unwrap().0);
        };
        machine.sh("modprobe mac80211_hwsim radios=2").unwrap();
        until("two radios", "[ -e /sys/class/net/wlan1/phy80211 ]");

        put("/run/hostapd.conf", ACCESS_POINT);
        machine.sh(&format!("{TOOLS}/hostapd /run/hostapd.conf </dev/null >/run/hostapd.log 2>&1 &")).unwrap();
        until("an access point", "grep -q AP-ENABLED /run/hostapd.log");
        machine.sh(&format!("{busybox} ip addr add 203.0.113.1/24 dev wlan1")).unwrap();
        let leases = "interface wlan1\nstart 203.0.113.100\nend 203.0.113.110\nlease_file /run/leases\npidfile /run/udhcpd.pid\n\
                      option router 203.0.113.1\noption subnet 255.255.255.0\n";
        put("/run/udhcpd.conf", leases);
        machine
            .sh(&format!(": >/run/leases; {busybox} udhcpd -f /run/udhcpd.conf </dev/null >/dev/null 2>&1 &"))
            .unwrap();

        put("/var/lib/huisclos-config/room.toml", BY_RADIO);
        put("/var/lib/huisclos-config/wifi-passphrase", "open sesame");
        machine.sh("systemctl restart huisclos-config huisclos-network systemd-networkd huisclos-wifi").unwrap();
        until("an address", &format!("{busybox} ip addr show dev wlan0 | grep -q 'inet 203.0.113.1'"));
        let joined = machine.sh("journalctl --no-pager -u huisclos-wifi").unwrap();
        assert!(joined.contains("CTRL-EVENT-CONNECTED") && !joined.contains("sesame"), "{joined}");
        let ways = machine.sh(&format!("{busybox} ip route show default")).unwrap();
        assert!(
            ways.lines().any(|way| way.contains("via 203.0.113.1 dev wlan0") && way.contains("metric 4096")),
            "{ways}"
        );
        // The cable leads as well, and comes first.
        assert!(ways.lines().any(|way| !way.contains("wlan0") && way.contains("metric 1024")), "{ways}");
    });
}
