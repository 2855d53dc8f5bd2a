//! A TCP connection to whichever of a host's addresses answers first (RFC 8305).

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// How long an address is given before the next is tried beside it.
const STAGGER: Duration = Duration::from_millis(250);

/// Connects to the first address that answers. A new one is tried every quarter of a second, or as soon
/// as one has failed; the two families take turns.
///
/// # Errors
/// The last failure, when every address has failed.
pub async fn dial(addresses: Vec<SocketAddr>) -> io::Result<TcpStream> {
    let mut waiting = in_turn(addresses).into_iter();
    let mut attempts = JoinSet::new();
    let mut failure = io::Error::from(io::ErrorKind::AddrNotAvailable);
    loop {
        if let Some(address) = waiting.next() {
            attempts.spawn(TcpStream::connect(address));
        } else if attempts.is_empty() {
            return Err(failure);
        }
        tokio::select! {
            Some(done) = attempts.join_next() => match done {
                Ok(Ok(stream)) => return Ok(stream),
                Ok(Err(error)) => failure = error,
                Err(broken) => failure = io::Error::other(broken),
            },
            () = tokio::time::sleep(STAGGER), if waiting.len() > 0 => {}
        }
    }
}

/// The first address, then one of the other family, and so on, each family in its order.
fn in_turn(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let first_is_ipv6 = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (like, unlike): (Vec<_>, Vec<_>) = addresses.into_iter().partition(|a| a.is_ipv6() == first_is_ipv6);
    let (mut like, mut unlike) = (like.into_iter(), unlike.into_iter());
    let mut turns = Vec::new();
    loop {
        let pair = [like.next(), unlike.next()];
        if pair == [None, None] {
            return turns;
        }
        turns.extend(pair.into_iter().flatten());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_take_turns() {
        let parse = |text: &[&str]| text.iter().map(|a| a.parse().unwrap()).collect::<Vec<SocketAddr>>();
        let given = parse(&["[::1]:1", "[::2]:1", "[::3]:1", "10.0.0.1:1"]);
        assert_eq!(in_turn(given), parse(&["[::1]:1", "10.0.0.1:1", "[::2]:1", "[::3]:1"]));
        assert!(in_turn(Vec::new()).is_empty());
    }

    #[tokio::test]
    async fn an_address_that_does_not_answer_holds_nobody_up() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let here = listener.local_addr().unwrap();
        // For documentation only: nobody answers there.
        let nowhere = "192.0.2.1:443".parse().unwrap();
        let begun = std::time::Instant::now();
        let stream = dial(vec![nowhere, here]).await.unwrap();
        assert_eq!(stream.peer_addr().unwrap(), here);
        assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    }

    #[tokio::test]
    async fn when_none_answers_the_reason_is_told() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let closed = listener.local_addr().unwrap();
        drop(listener);
        assert_eq!(dial(vec![closed]).await.unwrap_err().kind(), io::ErrorKind::ConnectionRefused);
        assert!(dial(Vec::new()).await.is_err());
    }
}
