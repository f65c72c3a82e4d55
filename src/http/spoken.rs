//! What is spoken on the port that HTTPS and the relay share: whoever asks for a protocol in the handshake (ALPN) gets it,
//! and of all others the first byte tells, since browsers ask for none when they look for a relay.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use sfu::turn::begins_like_stun;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf};
use tokio_rustls::server::TlsStream;

use super::tls::TURN;

/// Which of the two it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spoken {
    Http,
    Turn,
}

/// Waits until the client has said enough.
pub(super) async fn tell_apart<S>(mut stream: TlsStream<S>) -> io::Result<(Spoken, Begun<TlsStream<S>>)>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let asked = stream.get_ref().1.alpn_protocol().map(|asked| match asked == TURN {
        true => Spoken::Turn,
        false => Spoken::Http,
    });
    if let Some(spoken) = asked {
        return Ok((spoken, Begun { first: None, stream }));
    }
    let first = stream.read_u8().await?;
    let spoken = if begins_like_stun(first) { Spoken::Turn } else { Spoken::Http };
    Ok((spoken, Begun { first: Some(first), stream }))
}

/// A stream of which the first byte has been looked at.
pub(super) struct Begun<S> {
    first: Option<u8>,
    stream: S,
}

impl<S: AsyncRead + Unpin> AsyncRead for Begun<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if buf.remaining() > 0
            && let Some(first) = self.first.take()
        {
            buf.put_slice(&[first]);
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Begun<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
