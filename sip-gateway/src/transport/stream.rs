//! Messages over a stream, TCP or TLS, in both directions (RFC 3261 §18.3, RFC 5626 §3.5.1).

use std::future::poll_fn;
use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Poll, ready};
use std::time::Duration;

use sip_gateway_proto::message::{Framed, StreamDecoder, StreamError};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf, ReadHalf, WriteHalf};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout, timeout_at};

use super::connections::{Line, LineState};
use super::limits::{LINGER_TIME, Limits, READ_CHUNK};
use super::received::{FlowFailure, Incoming, Received};

/// Carries messages until the connection ends.
pub(super) fn carry<S: AsyncRead + AsyncWrite>(stream: S, line: Line) -> impl Future<Output = ()> {
    // Not within the future, which would keep room for the stream beside its halves.
    let (reader, writer) = tokio::io::split(stream);
    carry_halves(reader, writer, line)
}

async fn carry_halves<S: AsyncRead + AsyncWrite>(
    mut reader: ReadHalf<S>,
    mut writer: WriteHalf<S>,
    mut line: Line,
) {
    let mut queue = line.queue.take().expect("a connection is carried once");
    let state = line.state.clone();
    let write = line.limits().write;
    line.end = tokio::select! {
        end = read(&mut reader, &line) => end,
        end = self::write(&mut writer, &mut queue, &state, write) => end,
        end = state.overflow() => end,
    };
    // Under TLS this says that nothing was cut off. Whoever does not read is not waited for.
    let _ = timeout(GOODBYE, writer.shutdown()).await;
}

const GOODBYE: Duration = Duration::from_secs(1);

async fn read(reader: &mut ReadHalf<impl AsyncRead>, line: &Line) -> FlowFailure {
    let limits = line.limits();
    let received = line.received();
    let mut decoder = StreamDecoder::new();
    let mut heard = Instant::now();
    // When the message began whose end has not come.
    let mut begun = None;
    loop {
        let chunk = loop {
            let deadline = deadline(&limits, line.state.idle(), heard, begun);
            match timeout_at(deadline, read_chunk(reader, &mut decoder)).await {
                Ok(chunk) => break chunk,
                // It may have been allowed more in the meantime.
                Err(_) if deadline == self::deadline(&limits, line.state.idle(), heard, begun) => {
                    return FlowFailure::Idle;
                }
                Err(_) => {}
            }
        };
        match chunk {
            Ok((0, _)) => return FlowFailure::Closed,
            Ok((_, Ok(()))) => {}
            Ok((_, Err(error))) => return garbage(error, line, &received).await,
            Err(error) => return error.into(),
        }
        heard = Instant::now();
        let mut complete = false;
        let mut pinged = false;
        loop {
            let what = match decoder.poll() {
                Ok(Some(Framed::Message(message))) => Incoming::Message(message),
                // Whoever asks many times at once is answered once.
                Ok(Some(Framed::Ping)) if pinged => continue,
                Ok(Some(Framed::Ping)) => {
                    pinged = true;
                    line.enqueue(b"\r\n".to_vec());
                    Incoming::Keepalive
                }
                Ok(Some(Framed::Pong)) => continue,
                Ok(None) => break,
                Err(error) => return garbage(error, line, &received).await,
            };
            complete = true;
            if received.send(Received { flow: line.flow, what }).await.is_err() {
                return FlowFailure::Closed;
            }
        }
        begun = match decoder.buffered() {
            0 => None,
            _ if complete => Some(heard),
            _ => begun.or(Some(heard)),
        };
    }
}

fn deadline(limits: &Limits, idle: Duration, heard: Instant, begun: Option<Instant>) -> Instant {
    let far = heard + Duration::from_secs(86_400 * 365);
    let idle = heard.checked_add(idle).unwrap_or(far);
    begun.map_or(idle, |begun| idle.min(begun + limits.message))
}

/// Reads what has come onto the stack and from there into the decoder, so that a connection that says nothing holds no
/// buffer.
async fn read_chunk(
    reader: &mut ReadHalf<impl AsyncRead>,
    decoder: &mut StreamDecoder,
) -> io::Result<(usize, Result<(), StreamError>)> {
    poll_fn(|context| {
        let mut room = [const { MaybeUninit::uninit() }; READ_CHUNK];
        let mut chunk = ReadBuf::uninit(&mut room);
        ready!(Pin::new(&mut *reader).poll_read(context, &mut chunk))?;
        Poll::Ready(Ok((chunk.filled().len(), decoder.feed(chunk.filled()))))
    })
    .await
}

/// Tells of what cannot be read, and waits until it has been answered: where the next message would begin is unknown.
async fn garbage(error: StreamError, line: &Line, received: &mpsc::Sender<Received>) -> FlowFailure {
    if let StreamError::Message(error) = error
        && error.status().is_some()
    {
        let news = Received { flow: line.flow, what: Incoming::Malformed(error) };
        if received.send(news).await.is_ok() {
            let _ = timeout(LINGER_TIME, line.state.written.notified()).await;
        }
    }
    FlowFailure::Garbage
}

async fn write(
    writer: &mut WriteHalf<impl AsyncWrite>,
    queue: &mut mpsc::Receiver<Vec<u8>>,
    state: &LineState,
    limit: Duration,
) -> FlowFailure {
    while let Some(bytes) = queue.recv().await {
        let written = timeout(limit, async {
            writer.write_all(&bytes).await?;
            writer.flush().await
        });
        match written.await {
            Ok(Ok(())) => state.has_written(bytes.len()),
            Ok(Err(error)) => return error.into(),
            Err(_) => return FlowFailure::TooSlow,
        }
    }
    FlowFailure::Closed
}
