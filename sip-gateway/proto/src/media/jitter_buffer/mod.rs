//! Gives packets back in order and in time: late enough that most have come, no later.
//!
//! ```text
//! insert(now, packet) → sorted store → pop(now), once per frame → Frame | Hurry | Conceal | Silence
//! ```
//!
//! The delay follows the unevenness of the path, never its length: 600 ms over a satellite cost nothing here. Between
//! talk spurts it is set at once; inside one it grows by a concealed frame and shrinks by merging two.

mod delay;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use delay::DelayEstimator;

use super::rtp::Unwrapper;

/// How late the buffer may play.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DelayLimits {
    /// At least so much after the fastest packets.
    pub min: Duration,
    /// At most so much.
    pub max: Duration,
}

impl Default for DelayLimits {
    fn default() -> Self {
        Self { min: Duration::from_millis(30), max: Duration::from_millis(800) }
    }
}

/// The packets of one source.
#[derive(Debug, Clone)]
pub struct JitterBuffer<T> {
    clock_rate: u32,
    packets: VecDeque<Stored<T>>,
    sequences: Unwrapper,
    /// The newest packet by sequence number, and when it came.
    newest: Option<Newest>,
    /// Which sequence numbers up to the newest have come, one bit each.
    seen: u128,
    delay: DelayEstimator,
    frame: i64,
    state: State,
    /// Frames played since the delay was last changed.
    steady: u32,
    counts: Counts,
}

#[derive(Debug, Clone)]
struct Stored<T> {
    sequence: u64,
    /// Ticks that do not wrap.
    time: i64,
    payload: T,
}

#[derive(Debug, Clone, Copy)]
struct Newest {
    sequence: u64,
    time: i64,
    timestamp: u32,
    arrived: Instant,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Waiting until the oldest packet is old enough.
    Filling,
    /// In a talk spurt.
    Playing { last_sequence: u64, next_time: i64, starved: u32 },
}

/// What became of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inserted {
    /// It will be played.
    Stored,
    /// Its time is over.
    Late,
    /// It is here already, or was.
    Duplicate,
    /// Its clock has jumped; the buffer began anew with it.
    Restarted,
}

/// What to play for the next frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Playout<T> {
    /// Decode this.
    Frame(T),
    /// Decode this and ask again at once: two frames are to be merged into one.
    Hurry(T),
    /// Conceal a frame that is lost, or not here yet.
    Conceal,
    /// Nobody speaks: comfort noise.
    Silence,
}

/// What happened so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Frames played.
    pub played: u64,
    /// Frames concealed.
    pub concealed: u64,
    /// Packets that came too late.
    pub late: u64,
    /// Packets that came twice.
    pub duplicate: u64,
    /// Packets for which there was no room.
    pub overflown: u64,
    /// Frames merged with the next.
    pub merged: u64,
}

impl<T> JitterBuffer<T> {
    /// An empty buffer for a clock rate.
    #[must_use]
    pub fn new(clock_rate: u32, limits: DelayLimits) -> Self {
        let clock_rate = clock_rate.max(1_000);
        Self {
            clock_rate,
            packets: VecDeque::with_capacity(CAPACITY),
            sequences: Unwrapper::default(),
            newest: None,
            seen: 0,
            delay: DelayEstimator::new(limits.min, limits.max),
            frame: i64::from(clock_rate / 50),
            state: State::Filling,
            steady: 0,
            counts: Counts::default(),
        }
    }

    /// Stores a packet.
    pub fn insert(&mut self, now: Instant, sequence: u16, timestamp: u32, payload: T) -> Inserted {
        if self.has_jumped(now, sequence, timestamp) {
            self.restart();
            self.store(now, sequence, timestamp, payload);
            return Inserted::Restarted;
        }
        self.store(now, sequence, timestamp, payload)
    }

    /// What to play next; asked once per frame time, and again after [`Playout::Hurry`].
    pub fn pop(&mut self, now: Instant) -> Playout<T> {
        let State::Playing { last_sequence, next_time, starved } = self.state else { return self.begin(now) };
        let Some(front) = self.packets.front() else { return self.starve(last_sequence, next_time, starved) };

        if front.time >= next_time + self.frame {
            // Nothing is missing between the two: the sender was silent.
            let spurt_ended = front.sequence == last_sequence + 1;
            let far = front.time - next_time > i64::from(self.clock_rate);
            if spurt_ended || far {
                self.state = State::Filling;
                return self.begin(now);
            }
            self.state = State::Playing { last_sequence, next_time: next_time + self.frame, starved: 0 };
            self.counts.concealed += 1;
            return Playout::Conceal;
        }

        let behind = self.delay_of(now, front.time);
        let target = self.delay.target();
        let frame = self.frame_duration();
        self.steady = self.steady.saturating_add(1);
        if behind < target && self.steady > GROW_AFTER {
            self.steady = 0;
            self.counts.concealed += 1;
            return Playout::Conceal;
        }
        // A merge needs two neighbours; far behind, it may come more often.
        let patience = if behind > target + 10 * frame { 2 } else { SHRINK_AFTER };
        let hurry = behind > target + 2 * frame && self.steady > patience && self.has_two_in_a_row();
        if hurry {
            self.steady = 0;
            self.counts.merged += 1;
        }
        let payload = self.play_front();
        if hurry { Playout::Hurry(payload) } else { Playout::Frame(payload) }
    }

    /// After a [`Playout::Conceal`]: the packet right behind the lost one, if it has come, whose redundancy may stand in.
    #[must_use]
    pub fn following(&self) -> Option<&T> {
        let State::Playing { last_sequence, next_time, .. } = self.state else { return None };
        let front = self.packets.front()?;
        // Where nothing is lost, time is only stretched.
        (front.sequence > last_sequence + 1 && front.time == next_time).then_some(&front.payload)
    }

    /// Forgets everything stored: the source changed.
    pub fn restart(&mut self) {
        self.packets.clear();
        self.delay.restart();
        (self.sequences, self.newest, self.seen) = (Unwrapper::default(), None, 0);
        (self.state, self.steady) = (State::Filling, 0);
    }

    /// The length of a frame, as packets show it.
    #[must_use]
    pub fn frame_duration(&self) -> Duration {
        self.span(self.frame)
    }

    /// How late it aims to play after the fastest packets.
    #[must_use]
    pub fn target_delay(&self) -> Duration {
        self.delay.target()
    }

    /// Packets in store.
    #[must_use]
    pub fn len(&self) -> usize {
        self.packets.len()
    }

    /// Whether nothing is in store.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.packets.is_empty()
    }

    /// What happened so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// Whether the media clock left the wall clock: a restart, or a hold during which it stood still.
    fn has_jumped(&self, now: Instant, sequence: u16, timestamp: u32) -> bool {
        let Some(newest) = self.newest else { return false };
        let ticks = i64::from(timestamp.wrapping_sub(newest.timestamp) as i32);
        let elapsed = now.saturating_duration_since(newest.arrived);
        let elapsed = (elapsed.as_micros() * u128::from(self.clock_rate) / 1_000_000) as i64;
        let numbers = i32::from(sequence.wrapping_sub(newest.sequence as u16) as i16).abs();
        (ticks - elapsed).abs() > JUMP_SECONDS * i64::from(self.clock_rate) || numbers > MAX_NUMBERS
    }

    fn store(&mut self, now: Instant, sequence: u16, timestamp: u32, payload: T) -> Inserted {
        let sequence = self.sequences.extend(sequence);
        let time = match self.newest {
            None => 0,
            Some(newest) => newest.time + i64::from(timestamp.wrapping_sub(newest.timestamp) as i32),
        };
        if !self.see(sequence) {
            self.counts.duplicate += 1;
            return Inserted::Duplicate;
        }
        let newest = self.newest;
        if newest.is_none_or(|newest| sequence > newest.sequence) {
            if let Some(newest) = newest.filter(|newest| sequence == newest.sequence + 1) {
                self.learn_frame(time - newest.time);
            }
            self.newest = Some(Newest { sequence, time, timestamp, arrived: now });
        }
        self.delay.observe(now, self.micros(time));

        let over = match self.state {
            State::Playing { last_sequence, next_time, .. } => sequence <= last_sequence || time < next_time,
            State::Filling => false,
        };
        if over {
            self.counts.late += 1;
            return Inserted::Late;
        }
        if self.packets.len() == CAPACITY {
            self.packets.pop_front();
            self.counts.overflown += 1;
            self.state = State::Filling;
        }
        let at = self.packets.iter().rposition(|stored| stored.sequence < sequence).map_or(0, |at| at + 1);
        self.packets.insert(at, Stored { sequence, time, payload });
        Inserted::Stored
    }

    /// Marks a number; false if it was marked, or is too old to tell.
    fn see(&mut self, sequence: u64) -> bool {
        let newest = self.newest.map_or(sequence, |newest| newest.sequence);
        if sequence > newest {
            let ahead = sequence - newest;
            self.seen = if ahead < 128 { self.seen << ahead | 1 } else { 1 };
            return true;
        }
        let behind = newest - sequence;
        if behind >= 128 || self.seen & (1 << behind) != 0 {
            return false;
        }
        self.seen |= 1 << behind;
        true
    }

    /// Two neighbours tell how long a frame is, unless there was silence between them.
    fn learn_frame(&mut self, ticks: i64) {
        let rate = i64::from(self.clock_rate);
        if (rate / 400..=rate * 12 / 100).contains(&ticks)
            && (ticks < self.frame || self.state == State::Filling)
        {
            self.frame = ticks;
        }
    }

    fn begin(&mut self, now: Instant) -> Playout<T> {
        let Some(front) = self.packets.front() else { return Playout::Silence };
        if self.delay_of(now, front.time) < self.delay.target() {
            return Playout::Silence;
        }
        self.steady = 0;
        Playout::Frame(self.play_front())
    }

    /// Nothing is here: wait a little, for it may be late; then take it for silence.
    fn starve(&mut self, last_sequence: u64, next_time: i64, starved: u32) -> Playout<T> {
        if self.span(self.frame) * starved >= STARVING {
            self.state = State::Filling;
            return Playout::Silence;
        }
        self.state = State::Playing { last_sequence, next_time, starved: starved + 1 };
        self.counts.concealed += 1;
        Playout::Conceal
    }

    fn play_front(&mut self) -> T {
        let front = self.packets.pop_front().expect("the caller saw a packet");
        self.state =
            State::Playing { last_sequence: front.sequence, next_time: front.time + self.frame, starved: 0 };
        self.counts.played += 1;
        front.payload
    }

    fn has_two_in_a_row(&self) -> bool {
        let mut two = self.packets.iter().take(2).map(|stored| stored.sequence);
        matches!((two.next(), two.next()), (Some(one), Some(other)) if other == one + 1)
    }

    /// How late a packet would be played now, against the fastest one.
    fn delay_of(&self, now: Instant, time: i64) -> Duration {
        self.delay.relative(now, self.micros(time))
    }

    fn micros(&self, ticks: i64) -> i64 {
        ticks * 1_000_000 / i64::from(self.clock_rate)
    }

    fn span(&self, ticks: i64) -> Duration {
        Duration::from_micros(self.micros(ticks).unsigned_abs())
    }
}

/// More than a second of the shortest usual packets.
const CAPACITY: usize = 128;
const MAX_NUMBERS: i32 = 3_000;
const JUMP_SECONDS: i64 = 3;
/// For how long an empty buffer is taken for a late packet.
const STARVING: Duration = Duration::from_millis(120);
/// Frames between two changes of the delay inside a talk spurt.
const GROW_AFTER: u32 = 5;
const SHRINK_AFTER: u32 = 10;
