//! Restarts the machine or switches it off, for whoever systemd lets connect: `huisclos-power.socket`. The connection is its
//! standard input and output.

use std::io;
use std::process::ExitCode;

use provisioning::power::{Request, serve};

/// systemd(1), "Signals": what its PID 1 does when it gets `SIGRTMIN` and so much more. `SIGRTMIN+4` starts `poweroff.target`,
/// `SIGRTMIN+5` `reboot.target`: everything is stopped in order, and nothing but a signal is needed for it.
fn number(request: Request) -> i32 {
    match request {
        Request::Off => 4,
        Request::Restart => 5,
    }
}

fn main() -> ExitCode {
    match serve(io::stdin(), io::stdout(), signal) {
        Ok(request) => {
            tracing(&format!("the machine is asked to {request:?}"));
            ExitCode::SUCCESS
        }
        Err(error) => {
            tracing(&format!("nothing is done: {error}"));
            ExitCode::FAILURE
        }
    }
}

/// Has PID 1 do it.
fn signal(request: Request) -> io::Result<()> {
    // SAFETY: `kill` takes two numbers and touches no memory of ours.
    let failed = unsafe { libc::kill(1, libc::SIGRTMIN() + number(request)) } != 0;
    if failed { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// Into the journal.
#[allow(clippy::print_stderr)]
fn tracing(what: &str) {
    eprintln!("{what}");
}
