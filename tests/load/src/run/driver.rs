//! One participant at work: drains what it wants to say and send, waits, changes it once.

use std::cell::RefCell;
use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::{Phase, RunFailure, States};
use crate::case::Part;
use crate::media::delays::Delays;
use crate::member::{Member, Report, Shared, Which};
use crate::net::Socket;
use crate::signal::{Server, Signal};

/// What it takes to be a participant.
pub(super) struct Driver {
    pub(super) server: Rc<Server>,
    pub(super) shared: Arc<Shared>,
    pub(super) part: Part,
    /// From where the server is reached.
    pub(super) local: IpAddr,
    pub(super) phase: watch::Receiver<Phase>,
    pub(super) states: States,
    pub(super) number: usize,
    pub(super) lag: Rc<RefCell<Delays>>,
}

struct Wires {
    signal: Signal,
    up: Socket,
    down: Socket,
}

impl Driver {
    pub(super) async fn go(mut self) -> Report {
        let (mut member, mut wires) = match self.connect().await {
            Ok(connected) => connected,
            Err(failure) => {
                let error = match &failure {
                    RunFailure::Connect(error) => error.to_string(),
                    RunFailure::Lost(why) => why.clone(),
                };
                self.note_end(Err(failure));
                return Report::of_nobody(self.part, error);
            }
        };
        let end = self.live(&mut member, &mut wires).await;
        let report = member.report(end.unwrap_or_else(Instant::now));
        self.note_end(member.end().map_or(Ok(()), |why| Err(RunFailure::Lost(why.to_owned()))));
        member.leave();
        // If it cannot be said, the server has noticed already.
        let _ = say_all(&mut member, &mut wires.signal).await;
        wires.signal.close().await;
        report
    }

    async fn connect(&self) -> Result<(Member, Wires), RunFailure> {
        let case = &self.shared.case;
        let lost = |error: std::io::Error| RunFailure::Lost(format!("cannot open a socket: {error}"));
        let up = Socket::open(self.local).map_err(lost)?;
        let down = Socket::open(self.local).map_err(lost)?;
        let now = Instant::now();
        let mut member = Member::new(now, &self.shared, self.part, up.address(), down.address());
        let offer = member.join_offer();
        let identity = identity(&case.identity_prefix, self.part);
        let signal = Signal::connect(&self.server, case.protocol, &case.room, &identity, offer).await;
        let signal = signal.map_err(RunFailure::Connect)?;
        Ok((member, Wires { signal, up, down }))
    }

    /// Until it is told that all is over, which it gives the moment of, or until it is of no use any more.
    async fn live(&mut self, member: &mut Member, wires: &mut Wires) -> Option<Instant> {
        let sleep = tokio::time::sleep(Duration::ZERO);
        tokio::pin!(sleep);
        loop {
            if let Err(error) = say_all(member, &mut wires.signal).await {
                member.fail(error);
            }
            while let Some((which, to, datagram)) = member.poll_datagram() {
                match which {
                    Which::Up => wires.up.send(to, &datagram),
                    Which::Down => wires.down.send(to, &datagram),
                };
            }
            self.note_state(member);
            if member.end().is_some() {
                return None;
            }

            let now = Instant::now();
            let due = member.poll_timeout(now).unwrap_or(now + LONG);
            if sleep.deadline().into_std() != due {
                sleep.as_mut().reset(due.into());
            }
            tokio::select! {
                biased;
                changed = self.phase.changed() => {
                    let phase = *self.phase.borrow_and_update();
                    if changed.is_err() {
                        return Some(Instant::now());
                    }
                    match phase {
                        Phase::Coming => {}
                        Phase::Measuring => member.begin_window(Instant::now()),
                        Phase::Draining(_) => member.stop_sending(),
                        Phase::Over(end) => return Some(end),
                    }
                }
                message = wires.signal.next() => match message {
                    Ok(message) => member.handle_signal(Instant::now(), message),
                    Err(error) => member.fail(error),
                },
                _ = wires.up.readable() => receive(member, &wires.up, Which::Up),
                _ = wires.down.readable() => receive(member, &wires.down, Which::Down),
                () = &mut sleep => self.lag.borrow_mut().note(Instant::now().saturating_duration_since(due)),
            }
            member.handle_timeout(Instant::now());
        }
    }

    fn note_state(&self, member: &Member) {
        let mut states = self.states.borrow_mut();
        let state = &mut states[self.number];
        state.joined = member.has_joined();
        state.connected = member.is_connected();
        (state.tracks, state.octets) = member.so_far();
    }

    fn note_end(&self, end: Result<(), RunFailure>) {
        self.states.borrow_mut()[self.number].end = Some(end);
    }
}

fn receive(member: &mut Member, socket: &Socket, which: Which) {
    let now = Instant::now();
    socket.receive(|from, arrived, datagram| member.handle_datagram(now, which, arrived, from, datagram));
}

async fn say_all(member: &mut Member, signal: &mut Signal) -> Result<(), String> {
    while let Some(request) = member.poll_request() {
        signal.send(request).await?;
    }
    Ok(())
}

/// As the table names them.
fn identity(prefix: &str, part: Part) -> String {
    match part {
        Part::Publisher { number, .. } => format!("{prefix}_pub_{number}"),
        Part::Subscriber { number } => format!("{prefix}_sub_{number}"),
    }
}

/// When nothing is due.
const LONG: Duration = Duration::from_secs(3_600);
