//! Where a virtual machine finds a meeting platform: a network namespace of the test's own, in which this address is.
//!
//! QEMU's user networking hands out an address and lets the machine reach whatever this process reaches, which in here is
//! this address and nothing else.

use std::net::Ipv4Addr;
use std::os::unix::fs::MetadataExt;
use std::process::Command;

/// Where the platform is. RFC 5737: documentation.
pub const PLATFORM: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 10);

/// Says to a test that it runs inside already.
const INSIDE: &str = "HUISCLOS_NETWORK";

/// Runs a test inside; `test` is its name. Everything it starts ends with it.
///
/// # Panics
/// When the test fails there, or when this machine does not let us have network namespaces.
pub fn inside(test: &str, body: impl AsyncFnOnce()) {
    if std::env::var_os(INSIDE).is_some() {
        // Beside loopback, on which libwebrtc's clients do not meet anybody, an interface with an address.
        for line in [
            "link set lo up",
            "link add guests type dummy",
            "addr add 203.0.113.20/24 dev guests",
            "link set guests up",
            "route add local 203.0.113.0/24 dev lo",
        ] {
            let status = Command::new("ip").args(line.split(' ')).status().expect("ip, of iproute2");
            assert!(status.success(), "ip {line}");
        }
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("threads");
        return runtime.block_on(body());
    }
    let mut command = Command::new("unshare");
    if std::fs::metadata("/proc/self").expect("/proc").uid() != 0 {
        command.args(["--user", "--map-root-user"]);
    }
    let status = command
        .args(["--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"])
        .arg(std::env::current_exe().expect("this program"))
        .args(["--exact", test, "--nocapture", "--include-ignored"])
        .env(INSIDE, "1")
        .status()
        .expect("unshare, of util-linux");
    assert!(status.success(), "it failed in its network (or network namespaces are switched off): {status}");
}
