//! Asking the machine to start again, or to switch itself off.
//!
//! `huisclos-power` does it: a program of its own, which systemd starts when somebody connects to [`SOCKET`], and which may do
//! nothing else. Who asks says one word and a line feed, [`Request`]; the answer is `done` or `refused`, and a line feed.
//!
//! ```
//! use provisioning::power::{Request, serve};
//!
//! let mut answer = Vec::new();
//! serve(&b"restart\n"[..], &mut answer, |asked| { assert_eq!(asked, Request::Restart); Ok(()) }).unwrap();
//! assert_eq!(answer, b"done\n");
//! ```

use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

/// Where the service is asked: a file that the daemon's user alone may open.
pub const SOCKET: &str = "/run/huisclos-power.sock";

/// The service answers in milliseconds; on a machine that has much to do its start may take seconds.
const PATIENCE: Duration = Duration::from_secs(20);
const DONE: &[u8] = b"done\n";
const REFUSED: &[u8] = b"refused\n";
/// One byte more than the longest request or answer: what is longer is none.
const BYTES_MAX: u64 = 9;

/// What may be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Request {
    /// Start again.
    Restart,
    /// Switch off.
    Off,
}

impl Request {
    pub const ALL: [Request; 2] = [Request::Restart, Request::Off];

    /// Exactly this, and nothing before or behind it.
    pub fn bytes(self) -> &'static [u8] {
        match self {
            Request::Restart => b"restart\n",
            Request::Off => b"off\n",
        }
    }

    /// `None` for everything else.
    pub fn parse(bytes: &[u8]) -> Option<Request> {
        Request::ALL.into_iter().find(|request| request.bytes() == bytes)
    }
}

/// Asks for it. The machine may have begun to stop before this returns.
///
/// # Errors
/// When there is no service, it does not answer within 20 seconds, or does not do it.
pub fn ask(socket: &Path, request: Request) -> io::Result<()> {
    let mut stream = UnixStream::connect(socket)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.write_all(request.bytes())?;
    stream.shutdown(Shutdown::Write)?;
    let answer = all(&stream)?;
    if answer == DONE { Ok(()) } else { Err(io::Error::other("the service does not do it")) }
}

/// Hears one request to its end, has `perform` do it, and answers.
///
/// # Errors
/// When it is no request, it cannot be read or done, or nobody waits for the answer.
pub fn serve(
    from: impl Read,
    mut to: impl Write,
    perform: impl FnOnce(Request) -> io::Result<()>,
) -> io::Result<Request> {
    let asked = all(from)?;
    let outcome = match Request::parse(&asked) {
        Some(request) => perform(request).map(|()| request),
        None => Err(io::Error::new(io::ErrorKind::InvalidData, "what was asked is no request")),
    };
    to.write_all(if outcome.is_ok() { DONE } else { REFUSED })?;
    outcome
}

/// Everything, up to what is too long to mean anything.
fn all(from: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(BYTES_MAX).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;

    use super::*;

    /// What was done for this, and what was answered.
    fn served(asked: &[u8]) -> (Option<Request>, Vec<u8>) {
        let (mut done, mut answer) = (None, Vec::new());
        let outcome = serve(asked, &mut answer, |request| {
            done = Some(request);
            Ok(())
        });
        assert_eq!(outcome.ok(), done);
        (done, answer)
    }

    #[test]
    fn a_request_is_its_word_and_a_line_feed_and_nothing_near_it_is_one() {
        assert_eq!(served(b"restart\n"), (Some(Request::Restart), DONE.to_vec()));
        assert_eq!(served(b"off\n"), (Some(Request::Off), DONE.to_vec()));
        for request in Request::ALL {
            let bytes = request.bytes();
            let mut near: Vec<Vec<u8>> = (0..bytes.len()).map(|length| bytes[..length].to_vec()).collect();
            for at in 0..bytes.len() {
                near.extend((0..=u8::MAX).filter(|byte| *byte != bytes[at]).map(|byte| {
                    let mut other = bytes.to_vec();
                    other[at] = byte;
                    other
                }));
            }
            near.extend((0..=u8::MAX).map(|byte| [bytes, &[byte]].concat()));
            near.extend((0..=u8::MAX).map(|byte| [&[byte], bytes].concat()));
            near.push(bytes.repeat(2));
            near.push(bytes.repeat(100_000));
            for other in near {
                assert_eq!(served(&other), (None, REFUSED.to_vec()), "{other:?}");
            }
        }
    }

    #[test]
    fn no_request_and_no_answer_is_cut_off_by_the_bound() {
        let longest = Request::ALL.map(Request::bytes).into_iter().chain([DONE, REFUSED]).map(<[u8]>::len).max();
        assert_eq!(longest.map(|bytes| bytes as u64 + 1), Some(BYTES_MAX));
    }

    #[test]
    fn who_asks_hears_whether_it_is_done() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("power.sock");
        assert!(ask(&path, Request::Off).is_err(), "there is no service");
        let listener = UnixListener::bind(&path).unwrap();
        let service = std::thread::spawn(move || {
            for works in [true, false] {
                let (stream, _) = listener.accept().unwrap();
                let perform = |_| if works { Ok(()) } else { Err(io::ErrorKind::PermissionDenied.into()) };
                assert_eq!(serve(&stream, &stream, perform).is_ok(), works);
            }
            // One that hangs up.
            drop(listener.accept().unwrap());
        });
        ask(&path, Request::Off).unwrap();
        ask(&path, Request::Restart).unwrap_err();
        ask(&path, Request::Restart).unwrap_err();
        service.join().unwrap();
    }
}
