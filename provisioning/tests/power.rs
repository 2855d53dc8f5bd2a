//! The program that restarts the machine, with a shell as its PID 1.

use std::io::Write;
use std::process::{Command, Stdio};

const PROGRAM: &str = env!("CARGO_BIN_EXE_huisclos-power");

/// What the program answers, and then what PID 1 has heard, in a namespace in which a shell is PID 1. `None`: this machine makes no
/// such namespace, and nothing was run.
fn asked(request: &str) -> Option<String> {
    // The program sees the shell as PID 1, or is not run at all.
    let shell = "[ $$ = 1 ] || exit 9
        trap 'heard=reboot' RTMIN+5
        trap 'heard=poweroff' RTMIN+4
        \"$1\" 2>/dev/null
        echo \"${heard:-nothing}\"";
    let mut namespace = Command::new("unshare");
    namespace.args(["--map-root-user", "--pid", "--fork", "--kill-child", "bash", "-c", shell, "shell", PROGRAM]);
    let mut child = namespace.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().ok()?;
    // Where nothing was run nobody hears it.
    let _ = child.stdin.take()?.write_all(request.as_bytes());
    let output = child.wait_with_output().unwrap();
    output.status.success().then(|| String::from_utf8(output.stdout).unwrap())
}

#[test]
#[allow(clippy::print_stdout)]
fn pid_1_is_told_what_was_asked_for_and_nothing_for_anything_else() {
    let Some(said) = asked("restart\n") else { return println!("skipped: no namespaces here") };
    assert_eq!(said, "done\nreboot\n");
    assert_eq!(asked("off\n").as_deref(), Some("done\npoweroff\n"));
    for other in ["", "restart", "halt\n", "restart\noff\n", "off\n\n"] {
        assert_eq!(asked(other).as_deref(), Some("refused\nnothing\n"), "{other:?}");
    }
}
