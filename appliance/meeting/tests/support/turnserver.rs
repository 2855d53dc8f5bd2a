//! coturn, the TURN server most deployments run, started for one test on the loopback.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

pub const USER: &str = "huisclos";
pub const PASSWORD: &str = "rendez-vous";

/// A running coturn; stopped when dropped, so by a failing test too.
pub struct TurnServer {
    process: Child,
    files: TempDir,
    /// UDP and TCP.
    pub plain: SocketAddr,
    /// TLS over TCP.
    pub secure: SocketAddr,
}

impl TurnServer {
    /// Starts coturn with these further arguments. `None`: it is not installed, and need not be.
    ///
    /// # Panics
    ///
    /// When it does not start, or is not installed and `HUISCLOS_NEED_COTURN` is 1.
    pub fn start(further: &[&str]) -> Option<TurnServer> {
        let version = Command::new("turnserver").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
        if version.is_err() {
            let needed = std::env::var("HUISCLOS_NEED_COTURN").is_ok_and(|v| v == "1");
            assert!(!needed, "turnserver is not installed (Debian: coturn), and HUISCLOS_NEED_COTURN=1");
            eprintln!("SKIPPED: turnserver is not installed (Debian: coturn)");
            return None;
        }
        // Somebody may take a free port between finding and using it.
        let started = (0..5).find_map(|_| TurnServer::try_start(further));
        Some(started.expect("turnserver starts"))
    }

    fn try_start(further: &[&str]) -> Option<TurnServer> {
        let files = TempDir::new().expect("a temporary folder");
        let (certificate, key) = certify(files.path());
        let (plain, secure) = (free_port(), free_port());
        let process = Command::new("turnserver")
            .args(["-n", "--no-cli", "--no-dtls", "--allow-loopback-peers", "--lt-cred-mech"])
            .args(["--listening-ip", "127.0.0.1", "--relay-ip", "127.0.0.1"])
            .args(["--realm", "meet.example", "--user", &format!("{USER}:{PASSWORD}")])
            .args(["--listening-port", &plain.to_string(), "--tls-listening-port", &secure.to_string()])
            .arg("--cert")
            .arg(certificate)
            .arg("--pkey")
            .arg(key)
            .arg("--userdb")
            .arg(files.path().join("turndb"))
            .arg("--pidfile")
            .arg(files.path().join("pid"))
            .args(["--simple-log", "--no-stdout-log", "--log-file"])
            .arg(files.path().join("log"))
            .args(further)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("turnserver can be run");
        let at = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let mut server = TurnServer { process, files, plain: at(plain), secure: at(secure) };
        let give_up_at = Instant::now() + Duration::from_secs(10);
        while Instant::now() < give_up_at {
            if !matches!(server.process.try_wait(), Ok(None)) {
                eprintln!("{}", server.log());
                return None;
            }
            if TcpStream::connect(server.plain).is_ok() && TcpStream::connect(server.secure).is_ok() {
                return Some(server);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        eprintln!("{}", server.log());
        None
    }

    /// What a client trusts to reach it over TLS.
    pub fn authority(&self) -> PathBuf {
        self.files.path().join("certificate.pem")
    }

    /// What it has to say.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.files.path().join("log")).unwrap_or_default()
    }
}

impl Drop for TurnServer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        if std::thread::panicking() {
            eprintln!("coturn's log:\n{}", self.log());
        }
    }
}

/// A certificate for `localhost` that signs itself, and its key.
fn certify(folder: &Path) -> (PathBuf, PathBuf) {
    let (certificate, key) = (folder.join("certificate.pem"), folder.join("key.pem"));
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"])
        .args(["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"])
        .args(["-addext", "basicConstraints=critical,CA:FALSE", "-keyout"])
        .arg(&key)
        .arg("-out")
        .arg(&certificate)
        .output()
        .expect("openssl can be run");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    (certificate, key)
}

/// A port free for both TCP and UDP.
fn free_port() -> u16 {
    loop {
        let tcp = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let port = tcp.local_addr().expect("its address").port();
        if UdpSocket::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return port;
        }
    }
}
