//! SIP over WebSocket, as its server (RFC 7118): each WebSocket message is one SIP message.

use std::time::Duration;

use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{Sink, SinkExt, Stream, StreamExt};
use sip_gateway_proto::message::{MAX_MESSAGE, Message};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::http::header::SEC_WEBSOCKET_PROTOCOL;
use tokio_tungstenite::tungstenite::http::{HeaderValue, StatusCode};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message as Frame};

use super::connections::{Line, LineState};
use super::limits::{LINGER_TIME, MAX_QUEUED_BYTES};
use super::received::{FlowFailure, Incoming, Received};

/// The WebSocket handshake. Who does not offer the subprotocol `sip` is refused.
pub(super) async fn accept<S>(connection: S) -> Result<WebSocketStream<S>, Error>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut config = WebSocketConfig::default().read_buffer_size(READ_BUFFER).write_buffer_size(0);
    config.max_write_buffer_size = MAX_QUEUED_BYTES;
    config.max_message_size = Some(MAX_MESSAGE);
    config.max_frame_size = Some(MAX_MESSAGE);
    tokio_tungstenite::accept_hdr_async_with_config(connection, choose_sip, Some(config)).await
}

/// An idle browser holds no more than this.
const READ_BUFFER: usize = 4 * 1024;

#[allow(clippy::result_large_err)] // the library's type
fn choose_sip(request: &Request, mut response: Response) -> Result<Response, ErrorResponse> {
    let offers = request.headers().get_all(SEC_WEBSOCKET_PROTOCOL).iter();
    let mut offered = offers.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
    if !offered.any(|protocol| protocol.trim().eq_ignore_ascii_case("sip")) {
        let mut refusal = ErrorResponse::new(Some("the subprotocol here is sip".to_owned()));
        *refusal.status_mut() = StatusCode::BAD_REQUEST;
        return Err(refusal);
    }
    response.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static("sip"));
    Ok(response)
}

/// Carries messages until the connection ends.
pub(super) fn carry<S>(socket: WebSocketStream<S>, line: Line) -> impl Future<Output = ()>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    // Not within the future, which would keep room for the socket beside its halves.
    let (sink, source) = socket.split();
    carry_halves(sink, source, line)
}

async fn carry_halves<S>(
    mut sink: SplitSink<WebSocketStream<S>, Frame>,
    mut source: SplitStream<WebSocketStream<S>>,
    mut line: Line,
) where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut queue = line.queue.take().expect("a connection is carried once");
    let state = line.state.clone();
    let write = line.limits().write;
    line.end = tokio::select! {
        end = read(&mut source, &line) => end,
        end = self::write(&mut sink, &mut queue, &state, write) => end,
        end = state.overflow() => end,
    };
    let _ = timeout(GOODBYE, sink.close()).await;
}

const GOODBYE: Duration = Duration::from_secs(1);

async fn read<S>(source: &mut SplitStream<S>, line: &Line) -> FlowFailure
where
    S: Stream<Item = Result<Frame, Error>>,
{
    let received = line.received();
    let mut heard = Instant::now();
    loop {
        let idle = line.state.idle();
        let frame = match timeout_at(heard + idle, source.next()).await {
            Ok(Some(Ok(frame))) => frame,
            Ok(Some(Err(Error::Io(error)))) => return error.into(),
            Ok(Some(Err(Error::Capacity(_) | Error::Protocol(_) | Error::Utf8(_)))) => {
                return FlowFailure::Garbage;
            }
            Ok(Some(Err(_)) | None) => return FlowFailure::Closed,
            Err(_) if idle == line.state.idle() => return FlowFailure::Idle,
            Err(_) => continue,
        };
        heard = Instant::now();
        let bytes = match &frame {
            Frame::Text(text) => text.as_bytes(),
            Frame::Binary(bytes) => bytes.as_ref(),
            Frame::Close(_) => return FlowFailure::Closed,
            // Pings are answered by the library.
            Frame::Ping(_) | Frame::Pong(_) | Frame::Frame(_) => continue,
        };
        let what = match bytes {
            b"\r\n\r\n" => {
                line.enqueue(b"\r\n".to_vec());
                Incoming::Keepalive
            }
            b"\r\n" | b"" | b"\0" => continue,
            bytes => match Message::parse(bytes) {
                Ok(message) => Incoming::Message(Box::new(message)),
                Err(error) if error.status().is_some() => Incoming::Malformed(error),
                Err(_) => return FlowFailure::Garbage,
            },
        };
        let malformed = matches!(what, Incoming::Malformed(_));
        if received.send(Received { flow: line.flow, what }).await.is_err() {
            return FlowFailure::Closed;
        }
        if malformed {
            let _ = timeout(LINGER_TIME, line.state.written.notified()).await;
            return FlowFailure::Garbage;
        }
    }
}

async fn write<S>(
    sink: &mut SplitSink<S, Frame>,
    queue: &mut mpsc::Receiver<Vec<u8>>,
    state: &LineState,
    limit: Duration,
) -> FlowFailure
where
    S: Sink<Frame, Error = Error>,
{
    while let Some(bytes) = queue.recv().await {
        let len = bytes.len();
        let frame = match String::from_utf8(bytes) {
            Ok(text) => Frame::text(text),
            Err(error) => Frame::binary(error.into_bytes()),
        };
        match timeout(limit, sink.send(frame)).await {
            Ok(Ok(())) => state.has_written(len),
            Ok(Err(Error::Io(error))) => return error.into(),
            Ok(Err(_)) => return FlowFailure::Closed,
            Err(_) => return FlowFailure::TooSlow,
        }
    }
    FlowFailure::Closed
}
