//! The table of a room: its sound, mixed for all phones that sit there (one beat each 20 ms, 48 kHz).
//!
//! ```text
//! phone ─▶ chair (jitter buffer, decode, even) ─┬─▶ uplink: Opus into the room
//!                                               ▼
//! ears (choose the loudest, decode, even) ───▶ mixer ─▶ shared codings ─▶ phones that listen
//!                                               └─────▶ own coding of each phone that is heard, or spoken to
//! ```

mod chair;
mod coding;
mod ears;
mod scribe;
mod uplink;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Instant;

use sfu::direct::Direct;
pub use signaling::voice::{EarTrack, SeatMedia};
use sip_gateway_proto::call::LegId;
use sip_gateway_proto::media::mixer::{FRAME, Mixer};
use sip_gateway_proto::media::relay::PayloadKind;
use sip_gateway_proto::sdp::Agreed;

use super::leg::{Desk, Leg};
use super::recording::Recorder;
use super::speaker::Spoken;
use chair::Chair;
use coding::Codings;
use ears::Ears;
use scribe::Scribe;
pub(super) use uplink::Uplink;

/// Identifies the sound of one room, never used twice while the program runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TableId(pub u64);

/// What a table has done so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TableCounts {
    /// Beats of 20 ms.
    pub beats: u64,
    /// Frames decoded of what came to the ears.
    pub decoded: u64,
    /// Frames encoded for phones.
    pub encoded: u64,
    /// Packets sent to phones.
    pub sent: u64,
}

/// The counts while they are being written.
#[derive(Debug, Default)]
pub(super) struct TableTally {
    beats: AtomicU64,
    decoded: AtomicU64,
    encoded: AtomicU64,
    sent: AtomicU64,
}

impl TableTally {
    /// Counts a beat. With one writer there is nothing to race with.
    fn count(&self, decoded: u64, encoded: u64, sent: u64) {
        let counts =
            [(&self.beats, 1), (&self.decoded, decoded), (&self.encoded, encoded), (&self.sent, sent)];
        for (count, by) in counts {
            count.store(count.load(Relaxed) + by, Relaxed);
        }
    }

    pub(super) fn counts(&self) -> TableCounts {
        let [beats, decoded, encoded, sent] =
            [&self.beats, &self.decoded, &self.encoded, &self.sent].map(|count| count.load(Relaxed));
        TableCounts { beats, decoded, encoded, sent }
    }
}

/// The legs of a media thread.
pub(super) struct Legs<'a> {
    pub(super) places: &'a HashMap<LegId, usize>,
    pub(super) legs: &'a mut [Option<Box<Leg>>],
}

impl Legs<'_> {
    fn leg(&mut self, id: LegId) -> Option<&mut Leg> {
        self.legs.get_mut(*self.places.get(&id)?)?.as_deref_mut()
    }
}

/// One room's table.
pub(super) struct Table {
    mixer: Mixer,
    ears: Ears,
    chairs: Vec<Chair>,
    places: HashMap<LegId, usize>,
    codings: Codings,
    tally: Arc<TableTally>,
}

impl Table {
    /// Nobody sits there, and it hears nothing.
    pub(super) fn new(tally: Arc<TableTally>) -> Self {
        let mut mixer = Mixer::new();
        let ears = Ears::new(&mut mixer);
        let codings = Codings::new();
        Self { mixer, ears, chairs: Vec::new(), places: HashMap::new(), codings, tally }
    }

    /// Listens to a room.
    pub(super) fn listen(&mut self, ears: Direct) {
        self.ears.listen(ears);
    }

    /// Which streams there are.
    pub(super) fn set_tracks(&mut self, tracks: &[EarTrack]) {
        self.ears.set_tracks(tracks);
    }

    /// Sets up a chair for a seat.
    pub(super) fn add_chair(&mut self, seat: LegId, uplink: Uplink) {
        if self.places.contains_key(&seat) {
            return;
        }
        let input = self.mixer.add();
        self.places.insert(seat, self.chairs.len());
        self.chairs.push(Chair::new(seat, input, uplink));
    }

    /// Takes a chair away, and tells who sat there.
    pub(super) fn remove_chair(&mut self, seat: LegId) -> Option<LegId> {
        let place = self.places.remove(&seat)?;
        let chair = self.chairs.swap_remove(place);
        if let Some(moved) = self.chairs.get(place) {
            self.places.insert(moved.seat, place);
        }
        if let Some(input) = chair.input {
            self.mixer.remove(input);
        }
        chair.phone
    }

    /// A phone sits down.
    pub(super) fn sit(&mut self, seat: LegId, phone: LegId, agreed: Option<&Agreed>) {
        if let Some(chair) = self.chair(seat) {
            chair.sit(phone, agreed);
        }
    }

    /// Whoever sits there gets up; tells who that was.
    pub(super) fn stand_up(&mut self, seat: LegId) -> Option<LegId> {
        self.chair(seat)?.stand_up()
    }

    /// Something was agreed on anew with the phone that sits there.
    pub(super) fn agree(&mut self, seat: LegId, agreed: &Agreed) {
        if let Some(chair) = self.chair(seat) {
            chair.agree(agreed);
        }
    }

    /// Whether what is said there is kept from the room.
    pub(super) fn mute(&mut self, seat: LegId, muted: bool) {
        if let Some(chair) = self.chair(seat) {
            chair.muted = muted;
        }
    }

    /// Says something at a seat, to the room; false if too much waits to be said already.
    pub(super) fn say(&mut self, seat: LegId, phrase: Spoken) -> bool {
        self.chair(seat).is_none_or(|chair| chair.speaker.say(phrase))
    }

    /// Says nothing more at a seat.
    pub(super) fn hush(&mut self, seat: LegId) {
        if let Some(chair) = self.chair(seat) {
            chair.speaker.hush();
        }
    }

    /// Writes down at a seat what the room says, or no more.
    pub(super) fn record(&mut self, seat: LegId, recorder: Option<Box<Recorder>>) {
        if let Some(chair) = self.chair(seat) {
            chair.scribe = recorder.map(Scribe::new);
        }
    }

    /// Takes a packet of the phone that sits there.
    pub(super) fn hear(&mut self, now: Instant, seat: LegId, packet: &[u8], kind: PayloadKind) {
        if let Some(intake) = self.chair(seat).and_then(|chair| chair.intake.as_mut()) {
            intake.insert(now, packet, kind);
        }
    }

    /// Takes what came to the ears. To be done oftener than once a beat, since the moment is noted now.
    pub(super) fn take_ears(&mut self, now: Instant) {
        self.ears.take(now);
    }

    /// Makes the next 20 ms, for the room and for the phones.
    pub(super) fn beat(&mut self, desk: &mut Desk, legs: &mut Legs<'_>) {
        for chair in &mut self.chairs {
            chair.speak(desk, &mut self.mixer);
        }
        let decoded = self.ears.mix(desk.now, &mut self.mixer);
        self.mixer.mix();

        self.codings.begin(self.mixer.shared());
        // Whoever gets a coding of his own takes the common one as it is before this beat.
        for chair in &mut self.chairs {
            if let Some(leg) = chair.phone.and_then(|phone| legs.leg(phone)) {
                chair.part(leg, &self.mixer, &mut self.codings);
            }
        }
        self.codings.advance();
        let mut sent = 0;
        for chair in &mut self.chairs {
            chair.write_down(&self.mixer);
            if let Some(leg) = chair.phone.and_then(|phone| legs.leg(phone)) {
                sent += chair.listen(desk, leg, &self.mixer, &mut self.codings);
            }
        }
        self.tally.count(decoded, self.codings.end(), sent);
    }

    /// Who sits there.
    pub(super) fn phones(&self) -> impl Iterator<Item = LegId> {
        self.chairs.iter().filter_map(|chair| chair.phone)
    }

    /// The seats.
    pub(super) fn seats(&self) -> impl Iterator<Item = LegId> {
        self.chairs.iter().map(|chair| chair.seat)
    }

    fn chair(&mut self, seat: LegId) -> Option<&mut Chair> {
        let place = *self.places.get(&seat)?;
        self.chairs.get_mut(place)
    }
}

impl std::fmt::Debug for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Table").field("seats", &self.chairs.len()).finish_non_exhaustive()
    }
}

/// A frame of the mix: 20 ms at 48 kHz.
type Frame = [i16; FRAME];

/// Samples a second of everything that is mixed.
const RATE: u32 = 48_000;
