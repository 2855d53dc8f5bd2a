//! What a test does inside a virtual machine, where the image has no program for it.
//!
//! `huisclos-guest forward PORT HOST:PORT` passes on what comes at a port, until it is ended.
//! `huisclos-guest hog` leaves no processor to anybody else, PID 1 included, for ever.

use std::io;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::process::ExitCode;
use std::thread;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words[..] {
        ["forward", port, to] => port.parse().map_err(io::Error::other).and_then(|port| forward(port, to)),
        ["hog"] => hog(),
        _ => Err(io::Error::other("huisclos-guest forward PORT HOST:PORT | hog")),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// A loop on each processor that only the kernel can interrupt.
fn hog() -> io::Result<()> {
    // Otherwise a twentieth of the time is the others'.
    std::fs::write("/proc/sys/kernel/sched_rt_runtime_us", "-1")?;
    let endless = || {
        let highest = libc::sched_param { sched_priority: 99 };
        // SAFETY: the parameters are read from where they are, and this thread's policy is changed.
        if unsafe { libc::sched_setscheduler(0, libc::SCHED_FIFO, &raw const highest) } != 0 {
            return io::Error::last_os_error();
        }
        loop {
            std::hint::spin_loop();
        }
    };
    let count = thread::available_parallelism()?.get();
    let loops: Vec<_> = (0..count).map(|_| thread::spawn(endless)).collect();
    let ended = loops.into_iter().find_map(|endless| endless.join().ok());
    Err(ended.unwrap_or_else(|| io::Error::other("nothing loops")))
}

fn forward(port: u16, to: &str) -> io::Result<()> {
    for stream in TcpListener::bind(("0.0.0.0", port))?.incoming() {
        let (outside, to) = (stream?, to.to_owned());
        thread::spawn(move || pass(outside, &to));
    }
    Ok(())
}

/// Passes on both ways, each until its end.
fn pass(outside: TcpStream, to: &str) -> io::Result<()> {
    let inside = TcpStream::connect(to)?;
    let (mut from, mut back) = (outside.try_clone()?, inside.try_clone()?);
    let (mut out, mut onward) = (outside, inside);
    let answers = thread::spawn(move || {
        let done = io::copy(&mut back, &mut out);
        let _ = out.shutdown(Shutdown::Write);
        done
    });
    io::copy(&mut from, &mut onward)?;
    let _ = onward.shutdown(Shutdown::Write);
    let _ = answers.join();
    Ok(())
}
