//! A test in network, mount and process namespaces of its own: it starts itself again inside, and everything that it
//! starts there ends with it.

use std::os::unix::fs::MetadataExt;
use std::process::Command;

/// Says to a test that it runs inside already.
const INSIDE: &str = "HUISCLOS_NAMESPACE";

/// Runs a test inside; `test` is its name.
///
/// # Panics
/// When the test fails there, or when this machine does not let us have namespaces.
pub fn inside(test: &str, body: impl AsyncFnOnce()) {
    if std::env::var_os(INSIDE).is_some() {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("threads");
        return runtime.block_on(body());
    }
    let mut command = Command::new("unshare");
    // Whoever is not root becomes it in a user namespace.
    if std::fs::metadata("/proc/self").expect("/proc").uid() != 0 {
        command.args(["--user", "--map-root-user"]);
    }
    let status = command
        .args(["--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"])
        .arg(std::env::current_exe().expect("this program"))
        // Who asked for an ignored test has chosen it.
        .args(["--exact", test, "--nocapture", "--include-ignored"])
        .env(INSIDE, "1")
        .status()
        .expect("unshare, of util-linux");
    assert!(status.success(), "it failed in its namespaces (or unprivileged ones are switched off): {status}");
}

/// Runs a command, its words separated by blanks.
///
/// # Panics
/// When it fails.
pub fn run(line: &str) {
    let mut words = line.split(' ');
    let output = Command::new(words.next().unwrap_or_default()).args(words).output().expect("a command that is there");
    assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
}
