//! A network that lets nothing out but through its proxy: squid, which we did not write. And coturn, behind it.

use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::servers::Door;
use super::until;

/// Where squid listens.
pub const PROXY_PORT: u16 = 3128;
/// Whom it lets through, with this password.
pub const ACCOUNT: &str = "turing";
pub const PASSWORD: &str = "secret";
/// The same as `openssl passwd -apr1` says it.
const ACCOUNTS: &str = "turing:$apr1$huisclos$EPzdM3w2QOSXLNtngz.JI/\n";

/// Something that ends when it is dropped.
pub struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts squid, which asks for the account, looks names up at `dns`, and connects to port 443 only; `rule` comes first.
pub fn squid(files: &Path, at: &str, dns: &str, rule: &str) -> Running {
    let (accounts, conf) = (files.join("squid.accounts"), files.join("squid.conf"));
    std::fs::write(&accounts, ACCOUNTS).unwrap();
    let text = format!(
        "http_port {at}:{PROXY_PORT}\nvisible_hostname proxy.example\ndns_nameservers {dns}\npid_filename none\n\
         auth_param basic program /usr/lib/squid/basic_ncsa_auth {}\nauth_param basic children 1\n\
         auth_param basic realm the building\nacl known proxy_auth REQUIRED\nacl tls port 443\n{rule}\n\
         http_access deny !tls\nhttp_access allow known\nhttp_access deny all\ncache deny all\ncache_mem 8 MB\n\
         access_log none\ncache_log {}\ncache_store_log none\nnetdb_filename none\nshutdown_lifetime 0 seconds\n\
         max_filedescriptors 512\n",
        accounts.display(),
        files.join("squid.log").display(),
    );
    std::fs::write(&conf, text).unwrap();
    // It does not run as root, which we are here.
    let child = Command::new("unshare")
        .args(["--user", "--map-user=1000", "squid", "-N", "-f"])
        .arg(&conf)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let running = Running(child.expect("squid, of Debian's package of that name"));
    answers(&format!("{at}:{PROXY_PORT}"));
    running
}

/// Starts coturn, over TLS on port 443, as `turn.example`.
pub fn coturn(files: &Path, at: &str, door: &Door) -> Running {
    let (certificate, key) = (files.join("turn.pem"), files.join("turn-key.pem"));
    std::fs::write(&certificate, &door.certificate_pem).unwrap();
    std::fs::write(&key, &door.key_pem).unwrap();
    let child = Command::new("turnserver")
        .args(["-n", "--no-cli", "--no-dtls", "--lt-cred-mech", "--realm", "turn.example", "--user", "u:p"])
        .args(["--listening-ip", at, "--relay-ip", at, "--tls-listening-port", "443"])
        .arg("--cert")
        .arg(certificate)
        .arg("--pkey")
        .arg(key)
        .arg("--userdb")
        .arg(files.join("turndb"))
        .arg("--pidfile")
        .arg(files.join("turn.pid"))
        .args(["--simple-log", "--no-stdout-log", "--log-file"])
        .arg(files.join("turn.log"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let running = Running(child.expect("turnserver, of Debian's coturn"));
    answers(&format!("{at}:443"));
    running
}

fn answers(address: &str) {
    let address = address.parse().unwrap();
    until(|| TcpStream::connect_timeout(&address, Duration::from_secs(1)).is_ok());
}
