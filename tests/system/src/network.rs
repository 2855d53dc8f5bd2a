//! Where a virtual machine finds a meeting platform: a network namespace of the test's own, in which this address is.
//!
//! QEMU's user networking hands out an address and lets the machine reach whatever this process reaches, which in here is
//! this address and nothing else.

use std::net::Ipv4Addr;

use demo::namespace::{self, run};

/// Where the platform is. RFC 5737: documentation.
pub const PLATFORM: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 10);

/// Runs a test inside; `test` is its name.
///
/// # Panics
/// As [`namespace::inside`].
pub fn inside(test: &str, body: impl AsyncFnOnce()) {
    namespace::inside(test, async || {
        run("ip link set lo up");
        // Beside loopback, on which libwebrtc's clients do not meet anybody, an interface with an address.
        run("ip link add guests type veth peer name elsewhere");
        run("ip addr add 203.0.113.20/24 dev guests");
        run("ip link set guests up");
        run("ip link set elsewhere up");
        run("ip route add local 203.0.113.0/24 dev lo");
        body().await;
    });
}
