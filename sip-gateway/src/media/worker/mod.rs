//! One media thread: many legs, one loop, no lock on the way of a packet.
//!
//! ```text
//! loop: wait (epoll) ─▶ read the clock once ─▶ commands, datagrams, timers
//! ```
//!
//! Both legs of a bridge live on one thread, so that a packet never changes threads; a leg that is bridged to one of
//! another thread moves there.

mod commands;
mod tables;
#[cfg(test)]
mod tests;
mod timers;

use std::collections::{HashMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use sip_gateway_proto::call::{LegId, MediaEvent};
use tokio::sync::mpsc;

use super::leg::{Desk, Leg, Way};
use super::queue::{Command, Queue};
use super::sys::{Burst, DATAGRAM, Epoll};
use super::wire::Port;
use tables::Tables;
use timers::{Task, Timers};

/// All that one media thread owns.
pub(super) struct Worker {
    queue: Arc<Queue>,
    epoll: Epoll,
    burst: Burst,
    desk: Desk,
    timers: Timers,
    /// Commands that wait for a leg of another thread.
    backlog: VecDeque<Command>,
    places: HashMap<LegId, usize>,
    /// By the place that tokens of the epoll name; empty while a leg is being worked on.
    legs: Vec<Option<Box<Leg>>>,
    free: Vec<usize>,
    tables: Tables,
    events: mpsc::Sender<MediaEvent>,
    epoch: (Instant, u64),
    random: u64,
    stopped: bool,
}

impl Worker {
    pub(super) fn new(
        queue: Arc<Queue>,
        events: mpsc::Sender<MediaEvent>,
        silence: Duration,
        seed: u64,
    ) -> std::io::Result<Self> {
        let epoll = Epoll::new()?;
        epoll.add(queue.wake().fd(), WAKE)?;
        let now = Instant::now();
        Ok(Self {
            queue,
            epoll,
            burst: Burst::new(),
            desk: Desk {
                now,
                ntp: 0,
                scratch: Box::new([0; DATAGRAM]),
                compound: Vec::with_capacity(256),
                events: Vec::new(),
                silence,
            },
            timers: Timers::default(),
            backlog: VecDeque::new(),
            places: HashMap::new(),
            legs: Vec::new(),
            free: Vec::new(),
            tables: Tables::default(),
            events,
            epoch: (now, ntp_of(SystemTime::now())),
            random: seed,
            stopped: false,
        })
    }

    /// Runs until it is told to stop.
    pub(super) fn run(mut self) {
        while !self.stopped {
            let next = self.timers.next().into_iter().chain(self.tables.next()).min();
            let timeout = next.map_or(IDLE, |at| at.saturating_duration_since(Instant::now()));
            let ready = self.epoll.wait(timeout);
            self.read_clock();

            for at in 0..ready {
                match self.epoll.token(at) {
                    WAKE => self.take_commands(),
                    token => self.receive(token),
                }
            }
            self.run_timers();
            self.beat_tables();
            self.tell();
        }
    }

    fn read_clock(&mut self) {
        let (start, ntp) = self.epoch;
        self.desk.now = Instant::now();
        let passed = self.desk.now - start;
        let fraction = (u64::from(passed.subsec_nanos()) << 32) / 1_000_000_000;
        self.desk.ntp = ntp.wrapping_add(passed.as_secs() << 32).wrapping_add(fraction);
    }

    /// Works on one leg. If that panics the leg is lost, and no other one.
    fn with_leg(&mut self, place: usize, work: impl FnOnce(&mut Self, &mut Leg)) {
        let Some(mut leg) = self.legs.get_mut(place).and_then(Option::take) else { return };
        if catch_unwind(AssertUnwindSafe(|| work(self, &mut leg))).is_ok() {
            Self::set_alarms(&mut self.timers, &mut leg);
            self.legs[place] = Some(leg);
            return;
        }
        tracing::error!("a leg is lost: its media thread panicked over it");
        self.forget(&leg, place);
        self.desk.events.push(MediaEvent::Broken { leg: leg.id });
    }

    /// Takes what came to one of a leg's sockets.
    fn receive(&mut self, token: u64) {
        let place = (token >> 1) as usize;
        let port = if token & 1 == 0 { Port::Rtp } else { Port::Rtcp };
        self.with_leg(place, |worker, leg| {
            let count = leg.wire.receive(port, &mut worker.burst);
            for at in 0..count {
                worker.hear(leg, port, at);
            }
        });
    }

    fn hear(&mut self, leg: &mut Leg, port: Port, at: usize) {
        let Some((from, datagram)) = self.burst.datagram(at) else { return };
        let Some(heard) = leg.hear(&mut self.desk, port, from, datagram) else { return };
        let packet = &mut datagram[heard.packet];
        let Some(partner) = leg.partner else { return };
        if partner == leg.id {
            return leg.say_heard(&mut self.desk, packet, heard.kind);
        }
        if let Some(table) = self.tables.of_seat(partner) {
            return table.hear(self.desk.now, partner, packet, heard.kind);
        }
        let place = self.places.get(&partner).copied();
        let Some(partner) = place.and_then(|place| self.legs[place].as_mut()) else { return };
        if let Some((key, millis)) = heard.key {
            partner.hear_key_of_partner(self.desk.now, Some(packet[1] & 0x7F), key, millis);
        }
        partner.say_heard(&mut self.desk, packet, heard.kind);
        Self::set_alarms(&mut self.timers, partner);
    }

    /// Sets the timers that a leg wants.
    fn set_alarms(timers: &mut Timers, leg: &mut Leg) {
        for (at, task) in leg.untimed().into_iter().zip([Task::Tick, Task::Shake]) {
            if let Some(at) = at {
                timers.set(at, leg.id, leg.life, task);
            }
        }
    }

    fn place(&self, id: LegId) -> Option<usize> {
        self.places.get(&id).copied()
    }

    /// Gives a leg its place.
    fn settle(&mut self, leg: Box<Leg>) -> usize {
        let id = leg.id;
        let place = self.free.pop().unwrap_or_else(|| {
            self.legs.push(None);
            self.legs.len() - 1
        });
        self.places.insert(id, place);
        self.legs[place] = Some(leg);
        place
    }

    /// Begins to receive for a leg, and to look after it.
    fn begin(&mut self, leg: &mut Leg, place: usize) {
        for (at, socket) in leg.wire.fds().into_iter().enumerate() {
            let token = (place as u64) << 1 | at as u64;
            if let Err(error) = self.epoll.add(socket, token) {
                tracing::error!(%error, "a leg cannot be listened to");
            }
        }
        let now = self.desk.now;
        self.timers.set(now + WATCH, leg.id, leg.life, Task::Watch);
        let first = self.until_report() / 2;
        self.timers.set(now + first, leg.id, leg.life, Task::Report);
    }

    /// Takes in a leg of another thread.
    fn adopt(&mut self, leg: Box<Leg>) {
        let place = self.settle(leg);
        self.with_leg(place, |worker, leg| {
            if leg.agreed().is_some() {
                worker.begin(leg, place);
            }
        });
    }

    /// Gives a leg away.
    fn release(&mut self, id: LegId) -> Option<Box<Leg>> {
        self.part(id);
        let place = self.place(id)?;
        let mut leg = self.legs[place].take()?;
        for socket in leg.wire.fds() {
            self.epoll.remove(socket);
        }
        self.forget(&leg, place);
        leg.begin_life();
        Some(leg)
    }

    fn forget(&mut self, leg: &Leg, place: usize) {
        self.places.remove(&leg.id);
        self.free.push(place);
        self.queue.legs.fetch_sub(1, Relaxed);
        if let Some(partner) = leg.partner.filter(|partner| *partner != leg.id) {
            self.silence(partner);
        }
    }

    fn bridge(&mut self, one: LegId, other: LegId) {
        self.part(one);
        self.part(other);
        let both = [(one, other), (other, one)];
        if one == other || both.iter().any(|(id, _)| self.place(*id).is_none()) {
            return;
        }
        for (id, partner) in both {
            let place = self.places[&id];
            self.with_leg(place, |worker, leg| leg.set_way(worker.desk.now, Some(partner), Way::Closed));
        }
        self.find_ways(one);
    }

    /// Ends what a leg hears and who hears it.
    fn part(&mut self, id: LegId) {
        let Some(leg) = self.place(id).and_then(|place| self.legs[place].as_ref()) else { return };
        let partner = leg.partner;
        self.silence(id);
        if let Some(partner) = partner.filter(|partner| *partner != id) {
            self.silence(partner);
        }
    }

    fn silence(&mut self, id: LegId) {
        if let Some(table) = self.tables.of_seat(id) {
            table.stand_up(id);
            return;
        }
        let Some(leg) = self.place(id).and_then(|place| self.legs[place].as_mut()) else { return };
        leg.set_way(self.desk.now, None, Way::Closed);
    }

    /// Finds the ways between a leg and its partner after something was agreed on or they were bridged.
    fn find_ways(&mut self, id: LegId) {
        if self.agree_at_table(id) {
            return;
        }
        let leg = |id| self.place(id).and_then(|place| self.legs[place].as_ref());
        let Some(one) = leg(id) else { return };
        let Some(partner) = one.partner else { return };
        let Some(other) = leg(partner) else { return };
        let to_other = Way::between(one.agreed(), other.agreed());
        let to_one = Way::between(other.agreed(), one.agreed());
        for (id, partner, way) in [(partner, id, to_other), (id, partner, to_one)] {
            let place = self.places[&id];
            self.with_leg(place, |worker, leg| leg.set_way(worker.desk.now, Some(partner), way));
        }
    }

    fn run_timers(&mut self) {
        while let Some((id, life, task)) = self.timers.pop(self.desk.now) {
            let Some(place) = self.place(id) else { continue };
            if self.legs[place].as_ref().is_none_or(|leg| leg.life != life) {
                continue;
            }
            let again = match task {
                Task::Tick => {
                    self.with_leg(place, |worker, leg| leg.tick(&mut worker.desk));
                    continue;
                }
                Task::Shake => {
                    self.with_leg(place, |worker, leg| leg.shake(&mut worker.desk));
                    continue;
                }
                Task::Report => {
                    self.with_leg(place, |worker, leg| leg.report(&mut worker.desk, false));
                    self.until_report()
                }
                Task::Watch => {
                    self.with_leg(place, |worker, leg| {
                        let Some((key, millis)) = leg.watch(&mut worker.desk) else { return };
                        let partner = leg.partner.and_then(|partner| worker.places.get(&partner));
                        if let Some(partner) = partner.and_then(|place| worker.legs[*place].as_mut()) {
                            partner.hear_key_of_partner(worker.desk.now, None, key, millis);
                            Self::set_alarms(&mut worker.timers, partner);
                        }
                    });
                    WATCH
                }
            };
            self.timers.set(self.desk.now + again, id, life, task);
        }
    }

    /// Five seconds, give or take half of that: so reports of many legs do not go out together (RFC 3550 §6.3.1).
    fn until_report(&mut self) -> Duration {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        REPORT / 2 + Duration::from_millis(self.random % REPORT.as_millis() as u64)
    }

    /// Tells the call layer what was noticed.
    fn tell(&mut self) {
        for event in self.desk.events.drain(..) {
            if self.events.try_send(event).is_err() {
                tracing::warn!("the call layer does not keep up with media events");
            }
        }
    }
}

/// Seconds since 1900 as 32.32 fixed point.
fn ntp_of(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    let seconds = since.as_secs() + SECONDS_1900_TO_1970;
    (seconds << 32) + (u64::from(since.subsec_nanos()) << 32) / 1_000_000_000
}

const SECONDS_1900_TO_1970: u64 = 2_208_988_800;

/// The token of the queue's wake-up; those of sockets are places, doubled.
const WAKE: u64 = u64::MAX;
const IDLE: Duration = Duration::from_secs(60);
const WATCH: Duration = Duration::from_secs(1);
const REPORT: Duration = Duration::from_secs(5);
