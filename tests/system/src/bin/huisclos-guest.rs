//! What a test does inside a virtual machine, where the image has no program for it.
//!
//! `huisclos-guest forward PORT HOST:PORT` passes on what comes at a port, until it is ended.
//! `huisclos-guest tone DEVICE HZ` plays a tone on an ALSA device, for ever.
//! `huisclos-guest hog` leaves no processor to anybody else, PID 1 included, for ever.

use std::io;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::process::ExitCode;
use std::thread;

use alsa::pcm::{Access, Format, HwParams, PCM};
use alsa::{Direction, ValueOr};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words[..] {
        ["forward", port, to] => port.parse().map_err(io::Error::other).and_then(|port| forward(port, to)),
        ["hog"] => hog(),
        ["tone", device, hz] => hz.parse().map_err(io::Error::other).and_then(|hz| tone(device, hz)),
        _ => Err(io::Error::other("huisclos-guest forward PORT HOST:PORT | hog | tone DEVICE HZ")),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// A sine at -12 dBFS, in both channels.
fn tone(device: &str, hz: f64) -> io::Result<()> {
    const RATE: u32 = 48_000;
    let pcm = PCM::new(device, Direction::Playback, false).map_err(io::Error::other)?;
    let set = || {
        let params = HwParams::any(&pcm)?;
        params.set_channels(2)?;
        params.set_rate(RATE, ValueOr::Nearest)?;
        params.set_format(Format::s16())?;
        params.set_access(Access::RWInterleaved)?;
        pcm.hw_params(&params)
    };
    set().map_err(io::Error::other)?;
    let mut number = 0_u64;
    loop {
        let samples: Vec<i16> = (number..number + 960)
            .flat_map(|at| {
                let turn = at as f64 * hz / f64::from(RATE) * std::f64::consts::TAU;
                [(turn.sin() * 8192.0) as i16; 2]
            })
            .collect();
        number += 960;
        if let Err(error) = pcm.io_i16().and_then(|io| io.writei(&samples)) {
            // Too late is no reason to fall silent.
            pcm.try_recover(error, true).map_err(io::Error::other)?;
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
