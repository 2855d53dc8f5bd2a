//! A world for one room: the room in one network namespace, everything it could reach in another, and a cable between
//! them on which everything that the room sends is recorded.

// Each test takes what it needs.
#![allow(dead_code)]

mod dns;
pub mod proxy;
mod room;
pub mod servers;

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tokio::io::AsyncReadExt;

use demo::namespace::run;
use dns::Names;
#[allow(unused_imports)]
pub use room::{Made, Policy, Room, policy};
use servers::{Door, Liar};

/// Where the platform is, in the one jurisdiction that the policy allows.
pub const HOME: &str = "203.0.113.10";
pub const DNS: &str = "203.0.113.53";
/// A TURN server that the policy allows.
pub const LIAR: &str = "203.0.113.34";
/// Where nothing may go.
pub const ABROAD: &str = "198.51.100.7";

const ROOM: [&str; 2] = ["10.77.0.2", "2001:db8:77::2"];
/// Runs a test in a world of its own; `test` is its name. Fails when the test fails there, or when this machine does not
/// let us have network namespaces.
pub fn in_a_world(test: &str, body: impl AsyncFnOnce(World)) {
    demo::namespace::inside(test, async || body(World::make().await).await);
}

/// Everything but the room. What was started ends with it.
pub struct World {
    pub server: sandbox::Server,
    names: Names,
    door: Door,
    _liar: Liar,
    /// Holds the room's namespaces open.
    holder: Child,
    tcpdump: tokio::process::Child,
    files: tempfile::TempDir,
}

impl World {
    async fn make() -> World {
        let files = tempfile::tempdir().unwrap();
        run("ip link set lo up");
        // The whole of both prefixes is here, so that whoever is spoken to could answer.
        for prefix in ["203.0.113.0/24", "198.51.100.0/24"] {
            run(&format!("ip route add local {prefix} dev lo"));
        }
        run("ip -6 route add local 2001:db8:abad::/48 dev lo");
        let holder = Command::new("unshare").args(["--net", "--mount", "sleep", "infinity"]).spawn().unwrap();
        let world = std::fs::read_link("/proc/self/ns/net").unwrap();
        let there = format!("/proc/{}/ns/net", holder.id());
        until(|| std::fs::read_link(&there).is_ok_and(|its| its != world));
        run(&format!("ip link add world0 type veth peer name room0 netns {}", holder.id()));
        run("ip addr add 10.77.0.1/24 dev world0");
        run("ip addr add 2001:db8:77::1/64 dev world0 nodad");
        run("ip link set world0 up");
        let resolv = files.path().join("resolv.conf");
        std::fs::write(&resolv, format!("nameserver {DNS}\n")).unwrap();
        for line in [
            "ip link set lo up".into(),
            format!("ip addr add {}/24 dev room0", ROOM[0]),
            format!("ip addr add {}/64 dev room0 nodad", ROOM[1]),
            "ip link set room0 up".into(),
            "ip route add default via 10.77.0.1".into(),
            "ip route add default via 2001:db8:77::1".into(),
            format!("mount --bind {} /etc/resolv.conf", resolv.display()),
        ] {
            in_room(&holder, &line);
        }
        let tcpdump = record(&files).await;
        let names = Names::serve(DNS.parse().unwrap()).await;
        names.set("visio.example", &[HOME]);
        let server = sandbox::Server::start(sandbox::Config {
            address: HOME.parse().unwrap(),
            origin: Some("https://visio.example".into()),
            ..sandbox::Config::default()
        })
        .await
        .unwrap();
        let door = Door::open(server.http_addr, &[HOME, ABROAD].map(|a| a.parse::<Ipv4Addr>().unwrap())).await;
        let liar = Liar::listen(LIAR.parse().unwrap()).await;
        World { server, names, door, _liar: liar, holder, tcpdump, files }
    }

    /// Starts the room.
    pub async fn room(&self, policy: Policy) -> Room {
        self.room_of(policy, Made::default()).await
    }

    /// Starts a room that is made of this.
    pub async fn room_of(&self, policy: Policy, made: Made) -> Room {
        Room::start(self.holder.id(), &self.door.authority_pem, policy, made).await
    }

    /// Has rooms see this folder where the kernel's view of its devices is (`/sys/class`, `/sys/bus`).
    pub fn show_devices(&self, folder: &Path) {
        for part in ["class", "bus"] {
            in_room(&self.holder, &format!("mount --bind {} /sys/{part}", folder.join(part).display()));
        }
        // The radios of whoever runs this stay as they are.
        if Path::new("/dev/rfkill").exists() {
            let file = self.files.path().join("rfkill");
            std::fs::write(&file, "").unwrap();
            in_room(&self.holder, &format!("mount --bind {} /dev/rfkill", file.display()));
        }
    }

    /// A proxy at this address of the world; `rule` is what it looks at first.
    pub fn proxy(&self, at: &str, rule: &str) -> proxy::Running {
        proxy::squid(self.files.path(), at, DNS, rule)
    }

    /// A TURN server over TLS at this address, as `turn.example`, which the platform names from now on.
    pub fn turn_server(&self, at: &str) -> proxy::Running {
        self.resolve("turn.example", &[at]);
        let turn_urls = vec!["turns:turn.example:443?transport=tcp".to_owned()];
        self.server.tell_lies(sandbox::core::Lies { turn_urls, ..sandbox::core::Lies::default() });
        proxy::coturn(self.files.path(), at, &self.door)
    }

    /// From now on the room's network leads there, and nowhere else; not to its names either.
    pub fn only_way_out(&self, to: &str) {
        in_room(&self.holder, "ip route del default");
        in_room(&self.holder, "ip -6 route del default");
        in_room(&self.holder, &format!("ip route add {to}/32 via 10.77.0.1"));
    }

    /// What the authority that vouches for the platform is in a policy.
    pub fn authority_pin(&self) -> String {
        self.door.authority_pin.clone()
    }

    /// What a name stands for from now on.
    pub fn resolve(&self, name: &str, addresses: &[&str]) {
        self.names.set(name, addresses);
    }

    /// Where the platform sends everybody from now on.
    pub fn redirect(&self, place: Option<&str>) {
        self.door.redirect(place);
    }

    /// Requests that reached the platform so far.
    pub fn requests(&self) -> usize {
        self.door.requests()
    }

    /// Has the room's kernel hold back what a policy does not allow, as `huisclos policy kernel` says it.
    pub fn load_kernel_table(&self) {
        let policy = self.files.path().join("policy.toml");
        std::fs::write(&policy, room::policy("")).unwrap();
        let printed = Command::new(room::binary("huisclos"))
            .args(["policy", "kernel"])
            .arg(&policy)
            .args(["nftables", "--user", "0", "--resolver", "1", "--clock", "2"])
            .output()
            .unwrap();
        assert!(printed.status.success(), "{}", String::from_utf8_lossy(&printed.stderr));
        let table = self.files.path().join("policy.nft");
        std::fs::write(&table, printed.stdout).unwrap();
        in_room(&self.holder, &format!("nft -f {}", table.display()));
    }

    /// Packets that the room's kernel has held back.
    pub fn kernel_dropped(&self) -> u64 {
        let listed = in_room(&self.holder, "nft list chain inet huisclos room");
        let (_, counted) = listed.split_once("counter packets ").expect("a counter");
        counted.split(' ').next().unwrap().parse().unwrap()
    }

    /// Every address that a packet of the room was sent to.
    pub async fn reached(&self) -> BTreeSet<String> {
        // What was sent is in the file when tcpdump has seen it; it is told to write each packet at once.
        tokio::time::sleep(Duration::from_secs(1)).await;
        let text = self.recorded();
        text.lines().map(|line| destination(line).unwrap_or_else(|| panic!("not understood: {line}"))).collect()
    }

    /// Bytes of datagrams that the room has sent to an address, without headers, once it sends no more.
    pub async fn datagram_bytes_to(&self, address: &str) -> u64 {
        let length = || std::fs::metadata(self.capture()).map(|file| file.len()).unwrap_or_default();
        let started = Instant::now();
        loop {
            let before = length();
            tokio::time::sleep(Duration::from_secs(1)).await;
            if length() == before {
                break;
            }
            assert!(started.elapsed() < Duration::from_secs(30), "the room goes on sending");
        }
        let text = self.recorded();
        let length = |line: &str| line.rsplit_once(": UDP, length ").and_then(|(_, length)| length.parse::<u64>().ok());
        text.lines().filter(|line| destination(line).is_some_and(|to| to == address)).filter_map(length).sum()
    }

    /// What was recorded so far, a packet a line.
    fn recorded(&self) -> String {
        let read = Command::new("tcpdump").args(["-nn", "-q", "-r"]).arg(self.capture()).output().unwrap();
        assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
        let text = String::from_utf8(read.stdout).unwrap();
        assert!(!text.is_empty(), "nothing was recorded at all");
        text
    }

    /// Nothing of the room has gone anywhere but there; and there, something has.
    pub async fn only_reached(&self, allowed: &[&str]) {
        let reached = self.reached().await;
        let allowed: BTreeSet<String> = allowed.iter().map(|address| (*address).to_owned()).collect();
        assert!(reached.is_subset(&allowed), "packets left for {:?}", reached.difference(&allowed));
        assert!(reached.contains(HOME), "nothing was sent home: {reached:?}");
    }

    fn capture(&self) -> PathBuf {
        self.files.path().join("cable.pcap")
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = self.holder.kill();
        let _ = self.holder.wait();
        let _ = self.tcpdump.start_kill();
    }
}

/// Records what the room sends. Neighbour discovery is the kernel's own and stays on the cable.
async fn record(files: &tempfile::TempDir) -> tokio::process::Child {
    let [four, six] = ROOM;
    let filter = format!("(ip src {four}) or (ip6 src {six} and not icmp6)");
    let mut tcpdump = tokio::process::Command::new("tcpdump")
        // Room for 16 MiB of packets that are not written yet: none may be missed.
        .args(["-i", "world0", "-U", "-B", "16384", "-Z", "root", "-w"])
        .arg(files.path().join("cable.pcap"))
        .arg(filter)
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("tcpdump");
    let mut says = tcpdump.stderr.take().unwrap();
    let mut said = String::new();
    while !said.contains("listening on") {
        let mut bytes = [0; 256];
        let read = says.read(&mut bytes).await.unwrap();
        assert!(read > 0, "tcpdump ended: {said}");
        said.push_str(&String::from_utf8_lossy(&bytes[..read]));
    }
    // It says more at its end, which nobody reads.
    tokio::spawn(async move { while says.read(&mut [0; 256]).await.is_ok_and(|read| read > 0) {} });
    tcpdump
}

/// `… IP 10.77.0.2.4500 > 203.0.113.10.443: tcp 0`: where it went.
fn destination(line: &str) -> Option<String> {
    let (_, rest) = line.split_once(" > ")?;
    let (to, _) = rest.split_once(": ")?;
    let address = |text: &str| text.parse::<IpAddr>().is_ok();
    let without_port = to.rsplit_once('.').map(|(address, _)| address);
    Some(without_port.filter(|to| address(to)).or(Some(to).filter(|to| address(to)))?.to_owned())
}

/// Runs a command where the room is; what it says.
fn in_room(holder: &Child, line: &str) -> String {
    let output = room::beside(holder.id()).args(line.split(' ')).output().unwrap();
    assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn until(mut holds: impl FnMut() -> bool) {
    let started = Instant::now();
    while !holds() {
        assert!(started.elapsed() < Duration::from_secs(10), "waited ten seconds");
        std::thread::sleep(Duration::from_millis(10));
    }
}
