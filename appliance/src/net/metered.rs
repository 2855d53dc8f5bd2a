//! Connections whose bytes are counted.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use evidence::FlowKey;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::book::Book;

/// A connection of a meeting. Below TLS its bytes are those on the wire, handshake and records included.
pub struct Metered<S> {
    stream: S,
    book: Arc<Book>,
    flow: FlowKey,
}

impl<S> Metered<S> {
    /// Counts what goes through `stream` in `book`.
    pub fn new(stream: S, book: Arc<Book>, flow: FlowKey) -> Metered<S> {
        Metered { stream, book, flow }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Metered<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = into.filled().len();
        let done = Pin::new(&mut self.stream).poll_read(cx, into);
        let read = into.filled().len() - before;
        if read > 0 {
            self.book.received(self.flow, read);
        }
        done
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Metered<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let done = Pin::new(&mut self.stream).poll_write(cx, bytes);
        if let Poll::Ready(Ok(written)) = done {
            self.book.sent(self.flow, written);
        }
        done
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use evidence::{Protocol, Purpose};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    #[tokio::test]
    async fn every_byte_of_a_connection_is_counted() {
        let book = Arc::new(Book::of_nothing());
        let flow = FlowKey {
            purpose: Purpose::Signalling,
            peer: [203, 0, 113, 10].into(),
            port: 443,
            protocol: Protocol::Tls,
        };
        let (near, mut far) = tokio::io::duplex(64);
        let mut near = Metered::new(near, book.clone(), flow);
        near.write_all(b"hello").await.unwrap();
        far.write_all(b"good evening").await.unwrap();
        near.read_exact(&mut [0; 12]).await.unwrap();
        let traffic = book.so_far().flows[0].traffic;
        assert_eq!((traffic.sent.bytes, traffic.received.bytes), (5, 12));
    }
}
