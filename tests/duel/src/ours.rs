//! Our estimator and pacer, with a receiver that does nothing but tell what arrived.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use sfu_proto::bandwidth::Bitrate;
use sfu_proto::bandwidth::estimator::{Estimator, Fate, SendSide};
use sfu_proto::bandwidth::pacer::{Pacer, Release};

use crate::contender::{Contender, UDP_OVERHEAD};

pub(crate) struct Ours {
    epoch: Instant,
    estimator: SendSide,
    pacer: Pacer<usize>,
    outgoing: VecDeque<(usize, Packet)>,
    release_at: Option<Instant>,
    tick: Instant,
    number: u64,
    /// What left and was not told of yet, by number.
    departures: VecDeque<Departure>,
    /// What the receiver has not told yet.
    arrivals: Vec<(u64, Instant)>,
    feedback_at: Option<Instant>,
    /// The size of the last packet of a picture: such a one is sent again where a probe wants padding.
    last: usize,
}

struct Departure {
    number: u64,
    micros: u64,
    size: usize,
    probe: u8,
}

pub(crate) enum Packet {
    Media { number: u64, picture: usize },
    Feedback(Vec<(u64, Instant)>),
}

impl Ours {
    pub(crate) fn new(now: Instant, start: u64, desired: u64) -> Self {
        let mut estimator = SendSide::new(Bitrate(start));
        estimator.want(Bitrate(desired));
        Self {
            epoch: now - Duration::from_secs(1),
            estimator,
            pacer: Pacer::new(1),
            outgoing: VecDeque::new(),
            release_at: None,
            tick: now,
            number: 1,
            departures: VecDeque::new(),
            arrivals: Vec::new(),
            feedback_at: None,
            last: 224,
        }
    }

    fn micros(&self, now: Instant) -> u64 {
        (now - self.epoch).as_micros() as u64
    }

    fn send(&mut self, now: Instant, picture: usize, padding: usize) {
        let size = picture + padding + HEADERS;
        let micros = self.micros(now);
        let probe = self.pacer.spend(size);
        self.estimator.handle_sent(micros, size);
        self.departures.push_back(Departure { number: self.number, micros, size, probe });
        self.outgoing.push_back((size, Packet::Media { number: self.number, picture }));
        self.number += 1;
    }

    fn release(&mut self, now: Instant) {
        self.pacer.set_rate(self.estimator.available().scaled(PACING));
        let micros = self.micros(now);
        while let Some(release) = self.pacer.release(micros) {
            match release {
                Release::Packet(picture) => self.send(now, picture, 0),
                Release::Padding(size) if size > 2 * PADDING => self.send(now, 0, self.last),
                Release::Padding(_) => self.send(now, 0, PADDING),
            }
        }
        self.release_at = self.pacer.next_release(micros).map(|at| self.epoch + Duration::from_micros(at));
    }
}

impl Contender for Ours {
    type Packet = Packet;

    fn write(&mut self, now: Instant, packets: &[usize]) {
        self.last = packets.last().copied().unwrap_or(self.last);
        for &picture in packets {
            if self.pacer.admits(self.micros(now)) {
                self.send(now, picture, 0);
            } else {
                self.pacer.hold(picture, picture + HEADERS);
            }
        }
        self.release(now);
    }

    fn poll_media(&mut self) -> Option<(usize, Packet)> {
        self.outgoing.pop_front()
    }

    fn handle_media(&mut self, now: Instant, packet: Packet) -> usize {
        let Packet::Media { number, picture } = packet else { return 0 };
        self.arrivals.push((number, now));
        self.feedback_at.get_or_insert(now + FEEDBACK);
        picture
    }

    fn poll_feedback(&mut self) -> Option<(usize, Packet)> {
        if self.arrivals.is_empty() || self.feedback_at.is_some() {
            return None;
        }
        let told = std::mem::take(&mut self.arrivals);
        Some((100, Packet::Feedback(told)))
    }

    fn handle_feedback(&mut self, now: Instant, packet: Packet) {
        let Packet::Feedback(told) = packet else { return };
        let Some(newest) = told.iter().map(|&(number, _)| number).max() else { return };
        let mut fates = Vec::new();
        let mut rtt = None;
        while let Some(departure) = self.departures.pop_front_if(|departure| departure.number <= newest) {
            let arrived = told.iter().find(|&&(number, _)| number == departure.number).map(|&(_, at)| at);
            let arrival = arrived.map(|at| self.micros(at) as i64 / 250 * 250);
            if arrived.is_some() {
                rtt = Some(now - self.epoch - Duration::from_micros(departure.micros));
            }
            fates.push(Fate {
                departure: departure.micros,
                arrival,
                size: departure.size as u16,
                probe: departure.probe,
            });
        }
        if let Some(rtt) = rtt {
            self.estimator.handle_rtt(rtt.saturating_sub(self.estimator.queue()));
        }
        self.estimator.handle_feedback(now, &fates);
        self.release(now);
    }

    fn poll_timeout(&self) -> Option<Instant> {
        [Some(self.tick), self.release_at, self.feedback_at].into_iter().flatten().min()
    }

    fn handle_timeout(&mut self, now: Instant) {
        if self.feedback_at.is_some_and(|at| at <= now) {
            self.feedback_at = None;
        }
        if self.tick <= now {
            self.tick = now + TICK;
            let micros = self.micros(now);
            if let Some(probe) = self.estimator.poll_probe(now, micros) {
                self.pacer.begin(micros, probe);
            }
        }
        self.release(now);
    }

    fn estimate(&self) -> u64 {
        self.estimator.available().0
    }
}

/// RTP with its extensions, the tag of SRTP, UDP and IP.
const HEADERS: usize = 12 + 16 + 16 + UDP_OVERHEAD;
const FEEDBACK: Duration = Duration::from_millis(50);
const TICK: Duration = Duration::from_millis(50);
const PADDING: usize = 224;
const PACING: f64 = 1.5;
