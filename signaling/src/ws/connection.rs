//! One open WebSocket: requests in, answers out, until either side has had enough.

use std::time::{Duration, Instant};

use axum::extract::ws::{CloseFrame, Message as Frame, WebSocket};
use livekit_protocol::SignalResponse;
use signaling_proto::{Limits, room::ConnectionId};
use tokio::{
    sync::mpsc,
    time::{MissedTickBehavior, interval, sleep_until, timeout},
};

use super::frame::{self, Format};
use crate::relays::RelayOffer;
use crate::rooms::{Outgoing, RoomHandle, ToRoom};

/// Serves a participant's connection. When it ends, the room keeps the session for a while.
pub(super) async fn serve(
    socket: WebSocket,
    connection: ConnectionId,
    mut room: RoomHandle,
    messages: mpsc::Receiver<Outgoing>,
    offer: RelayOffer,
    limits: Limits,
) {
    let mut line = Line { socket, format: Format::default() };
    let end = converse(&mut line, connection, &mut room, messages, &offer, &limits).await;
    if let Some((code, reason)) = end.close_code() {
        line.close(code, reason).await;
    }
    room.tell(ToRoom::Closed { connection }).await;
}

/// Says one last thing to a client that is not let in.
pub(super) async fn farewell(socket: WebSocket, message: SignalResponse) {
    let mut line = Line { socket, format: Format::default() };
    if line.send(&message).await {
        line.close(NORMAL, "").await;
    }
}

/// How a conversation ended.
enum End {
    /// The client closed or vanished.
    Gone,
    /// The room said all it had to say.
    Finished,
    /// The client did not take what we sent; it may come back.
    TooSlow,
    /// Nothing came from the client for too long.
    Silent,
    /// The client sent what is no signalling message.
    Garbage,
}

impl End {
    fn close_code(&self) -> Option<(u16, &'static str)> {
        match self {
            Self::Gone => None,
            Self::Finished => Some((NORMAL, "")),
            Self::TooSlow => Some((TRY_AGAIN_LATER, "too slow")),
            Self::Silent => Some((GOING_AWAY, "silent for too long")),
            Self::Garbage => Some((INVALID_PAYLOAD, "not a signalling message")),
        }
    }
}

async fn converse(
    line: &mut Line,
    connection: ConnectionId,
    room: &mut RoomHandle,
    mut messages: mpsc::Receiver<Outgoing>,
    offer: &RelayOffer,
    limits: &Limits,
) -> End {
    let mut allowance = Allowance::new(Instant::now(), limits);
    // Keeps boxes on the way from forgetting the connection.
    let mut ping = interval(PING_INTERVAL);
    ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut heard = Instant::now();

    loop {
        tokio::select! {
            message = messages.recv() => {
                let sent = match message {
                    Some(Outgoing::Message(mut message)) => {
                        offer.complete(&mut message);
                        line.send(&message).await
                    }
                    Some(Outgoing::Moved(to)) => {
                        let left = std::mem::replace(room, to);
                        left.tell(ToRoom::Followed { connection }).await;
                        true
                    }
                    Some(Outgoing::Close) => return End::Finished,
                    // Only for parts of our own program.
                    Some(Outgoing::Direct(_) | Outgoing::Data(_)) => continue,
                    None => return End::TooSlow,
                };
                if !sent {
                    return End::TooSlow;
                }
            }
            frame = line.socket.recv() => {
                let Some(Ok(frame)) = frame else {
                    return End::Gone;
                };
                heard = Instant::now();
                let request = match frame {
                    Frame::Binary(bytes) => {
                        line.format = Format::Binary;
                        frame::read_binary(&bytes)
                    }
                    Frame::Text(text) => {
                        line.format = Format::Json;
                        frame::read_json(&text)
                    }
                    Frame::Close(_) => {
                        // Our answer is on its way only once the socket has been polled again (RFC 6455 §5.5.1).
                        line.drain().await;
                        return End::Gone;
                    }
                    Frame::Ping(_) | Frame::Pong(_) => continue,
                };
                match request {
                    Ok(Some(message)) => {
                        let message = Box::new(message);
                        sleep_until(allowance.take(Instant::now()).into()).await;
                        if !room.tell(ToRoom::Signal { connection, message }).await {
                            return End::Finished;
                        }
                    }
                    Ok(None) => {}
                    Err(error) => {
                        tracing::debug!(%error, "a client sent garbage");
                        return End::Garbage;
                    }
                }
            }
            _ = ping.tick() => {
                if heard.elapsed() > SILENCE {
                    return End::Silent;
                }
                if !line.send_frame(Frame::Ping(Vec::new().into())).await {
                    return End::TooSlow;
                }
            }
        }
    }
}

struct Line {
    socket: WebSocket,
    format: Format,
}

impl Line {
    async fn send(&mut self, message: &SignalResponse) -> bool {
        self.send_frame(frame::write(self.format, message)).await
    }

    async fn send_frame(&mut self, frame: Frame) -> bool {
        matches!(timeout(SEND_TIMEOUT, self.socket.send(frame)).await, Ok(Ok(())))
    }

    async fn close(&mut self, code: u16, reason: &'static str) {
        let frame = Frame::Close(Some(CloseFrame { code, reason: reason.into() }));
        if !self.send_frame(frame).await {
            return;
        }
        // The client answers with a close of its own (RFC 6455 §7.1.1); what else it says no longer matters.
        self.drain().await;
    }

    /// Reads until the connection has ended.
    async fn drain(&mut self) {
        let drained = async { while let Some(Ok(_)) = self.socket.recv().await {} };
        let _ = timeout(CLOSE_TIMEOUT, drained).await;
    }
}

/// Lets a client send a burst, and then only so fast; what is too fast waits.
struct Allowance {
    /// When the next request would be taken without waiting if the burst were one.
    due: Instant,
    cost: Duration,
    burst: Duration,
}

impl Allowance {
    fn new(now: Instant, limits: &Limits) -> Self {
        let cost = Duration::from_secs(1) / limits.requests_per_second.max(1);
        Self { due: now, cost, burst: cost * limits.request_burst }
    }

    /// When the request may be passed on.
    fn take(&mut self, now: Instant) -> Instant {
        self.due = self.due.max(now) + self.cost;
        self.due.checked_sub(self.burst).unwrap_or(now).max(now)
    }
}

const PING_INTERVAL: Duration = Duration::from_secs(10);
/// Clients ping every 5 s and answer our pings.
const SILENCE: Duration = Duration::from_secs(30);
const SEND_TIMEOUT: Duration = Duration::from_secs(10);
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);

// RFC 6455 §7.4.1.
const NORMAL: u16 = 1000;
const GOING_AWAY: u16 = 1001;
const INVALID_PAYLOAD: u16 = 1007;
const TRY_AGAIN_LATER: u16 = 1013;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_at_once_and_the_flood_behind_it_waits() {
        let now = Instant::now();
        let mut allowance = Allowance::new(now, &Limits::default());
        let burst = Limits::default().request_burst;

        for _ in 0..burst {
            assert_eq!(allowance.take(now), now);
        }
        assert!(allowance.take(now) > now);
        assert_eq!(allowance.take(now + Duration::from_secs(1)), now + Duration::from_secs(1));
    }
}
