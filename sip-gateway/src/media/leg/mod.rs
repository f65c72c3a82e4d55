//! One leg's sound: what its packets go through between the sockets and the other leg (RFC 3550, RFC 4961).
//!
//! ```text
//! socket → latch (who may speak) → guard (decrypt) → arrivals (one stream, nothing twice) → keys, counts
//!        → the other leg: way (numbers, law) → outgoing (one stream that never breaks) → guard → socket
//! ```

mod keys;
mod player;
mod reports;
mod transcoder;
mod way;

use std::net::{IpAddr, SocketAddr};
use std::ops::Range;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::time::{Duration, Instant};

use sip_gateway_proto::call::{LegId, MediaEvent, Sound};
use sip_gateway_proto::media::level::AudioLevel;
use sip_gateway_proto::media::relay::{Latch, Life, Liveness, PayloadKind, PayloadMap, Relay};
use sip_gateway_proto::media::rtp::{self, HEADER_LEN, Header};
use sip_gateway_proto::media::{comfort_noise, dtmf};
use sip_gateway_proto::sdp::{Agreed, Telephony};

use super::guard::Guard;
use super::ports::Pair;
use super::sys::{Burst, DATAGRAM};
use super::tally::Tally;
use keys::KeyPad;
use player::Player;
use reports::Reports;
pub(super) use way::Way;

/// One leg.
#[derive(Debug)]
pub(super) struct Leg {
    pub(super) id: LegId,
    sockets: Pair,
    /// Where its signalling comes from.
    signalling: IpAddr,
    agreed: Option<Agreed>,
    guard: Guard,
    latch: Latch,
    rtcp_latch: Latch,
    arrivals: Relay,
    outgoing: Relay,
    /// Which source the outgoing stream follows at present.
    follows: Option<Source>,
    /// Whom it hears and who hears it; itself for an echo.
    pub(super) partner: Option<LegId>,
    /// How packets of the partner become packets of this leg.
    way: Way,
    /// What is played to it, if it has no partner.
    sound: Option<Sound>,
    player: Option<Player>,
    /// The number and time of the next packet that we make ourselves.
    next_made: Header,
    /// When it was last told what noise to make.
    noise_told: Option<u32>,
    keypad: KeyPad,
    ears: dtmf::Receiver,
    key_heard: Option<Instant>,
    liveness: Liveness,
    told_silent: bool,
    reports: Reports,
    tally: Arc<Tally>,
    /// Counts how often it changed threads: timers of an earlier life are void.
    pub(super) life: u32,
    /// When it next has something of its own to say.
    next_tick: Option<Instant>,
    /// The moment that a timer was set for.
    timed_tick: Option<Instant>,
}

/// Where packets for the outgoing stream come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    Partner,
    Made,
    Keys,
}

/// Numbers without a pattern that a leg needs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seeds {
    pub(super) arrivals: u32,
    pub(super) outgoing: u32,
    pub(super) cname: u64,
}

/// What a media thread lends to whatever it works on.
pub(super) struct Desk {
    pub(super) now: Instant,
    /// The wall clock at this moment, as RTCP writes it (RFC 3550 §4).
    pub(super) ntp: u64,
    pub(super) scratch: Box<[u8; DATAGRAM]>,
    pub(super) compound: Vec<u8>,
    pub(super) events: Vec<MediaEvent>,
    pub(super) silence: Duration,
}

/// A packet that a leg was heard to say.
#[derive(Debug, Clone)]
pub(super) struct Heard {
    pub(super) packet: Range<usize>,
    pub(super) kind: PayloadKind,
    /// A key that came up, and for how long it was down.
    pub(super) key: Option<(dtmf::Key, u32)>,
}

impl Leg {
    pub(super) fn new(
        now: Instant,
        id: LegId,
        sockets: Pair,
        signalling: IpAddr,
        seeds: Seeds,
        tally: Arc<Tally>,
    ) -> Self {
        let latch = Latch::new(None, signalling, false);
        Self {
            id,
            sockets,
            signalling,
            agreed: None,
            guard: Guard::new(),
            rtcp_latch: latch.clone(),
            latch,
            arrivals: Relay::new(PayloadMap::default(), DEFAULT_CLOCK, seeds.arrivals),
            outgoing: Relay::new(PayloadMap::default(), DEFAULT_CLOCK, seeds.outgoing),
            follows: None,
            partner: None,
            way: Way::Closed,
            sound: None,
            player: None,
            next_made: Header { ssrc: seeds.outgoing, ..Header::default() },
            noise_told: None,
            keypad: KeyPad::new(),
            ears: dtmf::Receiver::new(DEFAULT_CLOCK),
            key_heard: None,
            liveness: Liveness::new(now),
            told_silent: false,
            reports: Reports::new(seeds.cname),
            tally,
            life: 0,
            next_tick: None,
            timed_tick: None,
        }
    }

    pub(super) fn sockets(&self) -> [BorrowedFd<'_>; 2] {
        [self.sockets.rtp.as_fd(), self.sockets.rtcp.as_fd()]
    }

    pub(super) fn agreed(&self) -> Option<&Agreed> {
        self.agreed.as_ref()
    }

    /// Takes what was agreed on, for the first time or anew.
    pub(super) fn connect(&mut self, now: Instant, agreed: Agreed, burst: &mut Burst) {
        let begins = self.agreed.is_none();
        let received = |agreed: &Agreed| agreed.direction.receives();
        let resumes = received(&agreed) && !self.agreed.as_ref().is_some_and(received);
        if begins {
            self.drain(burst);
        }
        if resumes {
            self.liveness = Liveness::new(now);
            self.told_silent = false;
        }

        self.guard.agree(&agreed.protection);
        let protected = self.guard.authenticates();
        self.latch.resignal(agreed.remote, self.signalling, protected);
        self.rtcp_latch.resignal(agreed.remote_rtcp, self.signalling, protected);

        let (receive, send) = (&agreed.receive, &agreed.send);
        let numbers = |of: Option<Telephony>, kind, number: fn(Telephony) -> u8, map: &mut PayloadMap| {
            if let Some(telephony) = of {
                map.insert(number(telephony), number(telephony), kind);
            }
        };
        let (mut incoming, mut outgoing) = (PayloadMap::default(), PayloadMap::default());
        incoming.insert(receive.payload_type, receive.payload_type, PayloadKind::Speech);
        outgoing.insert(send.payload_type, send.payload_type, PayloadKind::Speech);
        for (of, kind) in
            [(agreed.keys, PayloadKind::Keys), (agreed.comfort_noise, PayloadKind::ComfortNoise)]
        {
            numbers(of, kind, |telephony| telephony.receive_type, &mut incoming);
            numbers(of, kind, |telephony| telephony.send_type, &mut outgoing);
        }
        self.arrivals.renegotiate(incoming, receive.codec.clock_rate());
        self.outgoing.renegotiate(outgoing, send.codec.clock_rate());

        let clock = |agreed: &Agreed| agreed.keys.map(|keys| keys.clock_rate);
        if self.agreed.as_ref().and_then(clock) != clock(&agreed) {
            self.ears = dtmf::Receiver::new(clock(&agreed).unwrap_or(DEFAULT_CLOCK));
            self.keypad.agree(agreed.keys);
        }
        let goes_on = self.player.as_ref().is_some_and(|player| player.suits(&agreed));
        self.agreed = Some(agreed);
        if let Some(sound) = self.sound.filter(|_| !goes_on) {
            self.play(now, sound);
        }
    }

    /// Plays a sound, instead of what it heard before.
    pub(super) fn play(&mut self, now: Instant, sound: Sound) {
        self.sound = Some(sound);
        self.noise_told = None;
        self.player = self.agreed.as_ref().and_then(|agreed| Player::new(sound, agreed));
        self.make_time(now);
    }

    /// Hears the partner by a way, or an echo, or nothing.
    pub(super) fn set_way(&mut self, now: Instant, partner: Option<LegId>, way: Way) {
        if partner != self.partner {
            self.follows = None;
        }
        (self.sound, self.player) = (None, None);
        (self.partner, self.way) = (partner, way);
        self.make_time(now);
    }

    /// What came before the agreement is out of time.
    fn drain(&mut self, burst: &mut Burst) {
        for socket in [&self.sockets.rtp, &self.sockets.rtcp] {
            for _ in 0..MAX_DRAINED {
                if burst.receive(socket) == 0 {
                    break;
                }
            }
        }
    }

    /// Takes what came to its RTP port.
    pub(super) fn receive_rtp(&self, burst: &mut Burst) -> usize {
        burst.receive(&self.sockets.rtp)
    }

    /// Takes what came to its RTCP port.
    pub(super) fn receive_rtcp(&self, burst: &mut Burst) -> usize {
        burst.receive(&self.sockets.rtcp)
    }

    /// Hears a datagram on its RTP port. Whoever may not speak leaves no trace.
    pub(super) fn hear(&mut self, desk: &mut Desk, from: SocketAddr, datagram: &mut [u8]) -> Option<Heard> {
        if !self.latch.admits(from) {
            return None;
        }
        if rtp::is_rtcp(datagram) {
            self.hear_compound(desk, from, datagram, true);
            return None;
        }
        let len = self.guard.open_rtp(datagram)?;
        let packet = &mut datagram[..len];
        let now = desk.now;
        let forwarded = self.arrivals.forward(now, packet).ok()?;
        self.latch.learn(from);
        self.liveness.handle_rtp(now);
        self.told_silent = false;

        let mut heard = Heard { packet: forwarded.packet, kind: forwarded.kind, key: None };
        self.tally.note_received(heard.packet.len() - HEADER_LEN);
        let reception = self.arrivals.reception();
        self.tally.set_reception(reception.totals().lost(), reception.jitter_millis().1);
        if heard.kind == PayloadKind::Keys {
            heard.key = self.hear_key(desk, &packet[heard.packet.clone()]);
        }
        let agreed = self.agreed.as_ref()?;
        agreed.direction.receives().then_some(heard)
    }

    fn hear_key(&mut self, desk: &mut Desk, packet: &[u8]) -> Option<(dtmf::Key, u32)> {
        let (header, payload) = Header::parse(packet)?;
        self.key_heard = Some(desk.now);
        let mut released = None;
        for event in self.ears.handle_packet(header.timestamp, &packet[payload]).into_iter().flatten() {
            match event {
                dtmf::KeyEvent::Pressed(key) if key == dtmf::Key::FLASH => {}
                dtmf::KeyEvent::Pressed(key) => {
                    desk.events.push(MediaEvent::Key { leg: self.id, key: key.sign() });
                }
                dtmf::KeyEvent::Released { key, millis } => released = Some((key, millis)),
            }
        }
        released
    }

    /// Hears a datagram on its RTCP port.
    pub(super) fn hear_rtcp(&mut self, desk: &mut Desk, from: SocketAddr, datagram: &mut [u8]) {
        if self.rtcp_latch.admits(from) && rtp::is_rtcp(datagram) {
            self.hear_compound(desk, from, datagram, false);
        }
    }

    fn hear_compound(&mut self, desk: &mut Desk, from: SocketAddr, datagram: &mut [u8], shared: bool) {
        let Some(len) = self.guard.open_rtcp(datagram) else { return };
        if !self.reports.handle(desk.now, desk.ntp, &datagram[..len], self.outgoing.ssrc()) {
            return;
        }
        if !shared {
            self.rtcp_latch.learn(from);
        }
        self.liveness.handle_rtcp(desk.now);
        self.told_silent = false;
        if let Some(round_trip) = self.reports.round_trip() {
            self.tally.set_round_trip(round_trip);
        }
    }

    /// Says a packet of the partner.
    pub(super) fn say_heard(&mut self, desk: &mut Desk, packet: &mut [u8], kind: PayloadKind) {
        if let Way::Transcode(transcoder) = &mut self.way {
            transcoder.insert(desk.now, packet, kind);
            return;
        }
        // While a key of ours is down there is no speech (RFC 4733 §2.5.1).
        if !self.keypad.is_busy() && self.way.translate(packet, kind) {
            self.say(desk, Source::Partner, packet);
        }
    }

    /// A key of the partner has come up; on a way that does not pass its packets it is pressed anew.
    pub(super) fn hear_key_of_partner(
        &mut self,
        now: Instant,
        number: Option<u8>,
        key: dtmf::Key,
        millis: u32,
    ) {
        if number.is_none_or(|number| !self.way.passes(number)) {
            self.press(now, key, millis);
        }
    }

    /// Says a packet, whose payload type is already one of this leg.
    pub(super) fn say(&mut self, desk: &mut Desk, source: Source, packet: &mut [u8]) {
        let sends = self.agreed.as_ref().is_some_and(|agreed| agreed.direction.sends());
        let Some(to) = self.latch.destination().filter(|_| sends) else { return };
        if self.follows != Some(source) {
            self.follows = Some(source);
            self.outgoing.change_source();
        }
        let Ok(forwarded) = self.outgoing.forward(desk.now, packet) else { return };
        let packet = &packet[forwarded.packet];
        let octets = packet.len() - HEADER_LEN;
        let Some(sealed) = self.guard.seal_rtp(packet, &mut desk.scratch[..]) else { return };
        // A full queue or an unreachable address lose a packet, as the network may.
        if self.sockets.rtp.send_to(sealed, to).is_ok() {
            self.tally.note_sent(octets);
        }
    }

    /// Presses a key towards the leg.
    pub(super) fn press(&mut self, now: Instant, key: dtmf::Key, millis: u32) {
        if self.agreed.is_some() && self.keypad.press(key, millis) {
            self.make_time(now);
        }
    }

    /// Begins to make packets, if there are some to be made.
    fn make_time(&mut self, now: Instant) {
        if self.makes_packets() && self.next_tick.is_none() {
            self.next_tick = Some(now);
        }
    }

    fn makes_packets(&self) -> bool {
        let Some(agreed) = &self.agreed else { return false };
        self.keypad.is_busy() || self.player.is_some() || self.way.is_transcoded() || self.hisses(agreed)
    }

    /// Whether it is told what noise to make while it hears nothing.
    fn hisses(&self, agreed: &Agreed) -> bool {
        self.sound == Some(Sound::Silence) && agreed.comfort_noise.is_some()
    }

    /// Makes the packet of this moment, once per packet time.
    pub(super) fn tick(&mut self, desk: &mut Desk) {
        let Some(at) = self.next_tick.take_if(|at| *at <= desk.now) else { return };
        let Some(agreed) = &self.agreed else { return };
        let period = Duration::from_millis(u64::from(agreed.ptime.max(10)));
        let clock = agreed.send.codec.clock_rate();
        let ticks = period.as_millis() as u32 * (clock / 1_000);

        let mut packet = [0; DATAGRAM];
        // Speech is made even if a key takes its place: time goes on.
        let made = self.make(desk.now, &mut packet[HEADER_LEN..]);
        if let Some(mut key) = self.keypad.poll(period, clock) {
            self.say(desk, Source::Keys, &mut key);
        } else if let Some((payload_type, len)) = made.filter(|_| !self.keypad.is_busy()) {
            let header = Header { payload_type, ..self.next_made };
            packet[..HEADER_LEN].copy_from_slice(&header.to_bytes());
            self.next_made.sequence = self.next_made.sequence.wrapping_add(1);
            self.say(desk, Source::Made, &mut packet[..HEADER_LEN + len]);
        }

        let (next, beats) = next_beat(at, desk.now, period);
        self.next_made.timestamp = self.next_made.timestamp.wrapping_add(ticks.wrapping_mul(beats));
        if self.makes_packets() {
            self.next_tick = Some(next);
        }
    }

    /// Makes a payload and tells its type and length.
    fn make(&mut self, now: Instant, payload: &mut [u8]) -> Option<(u8, usize)> {
        let agreed = self.agreed.as_ref()?;
        let speech = agreed.send.payload_type;
        if let Way::Transcode(transcoder) = &mut self.way {
            return Some((speech, transcoder.make(now, payload))).filter(|(_, len)| *len != 0);
        }
        if let Some(player) = &mut self.player {
            let made = player.make(payload).filter(|len| *len != 0);
            if made.is_none() {
                (self.player, self.sound) = (None, Some(Sound::Silence));
            }
            return made.map(|len| (speech, len));
        }
        let noise = agreed.comfort_noise.filter(|_| self.hisses(agreed))?;
        let ticks = agreed.send.codec.clock_rate() * NOISE_SECONDS;
        // Told at once, and then now and again, for it may be lost.
        let due = self.noise_told.is_none_or(|told| self.next_made.timestamp.wrapping_sub(told) >= ticks);
        if !due {
            return None;
        }
        self.noise_told = Some(self.next_made.timestamp);
        payload[..1].copy_from_slice(&comfort_noise::describe(AudioLevel::new(NOISE_LEVEL)));
        Some((noise.send_type, 1))
    }

    /// The moment of its next tick, unless a timer was set for that already.
    pub(super) fn untimed_tick(&mut self) -> Option<Instant> {
        if self.next_tick == self.timed_tick {
            return None;
        }
        self.timed_tick = self.next_tick;
        self.next_tick
    }

    /// Goes to another thread: the timers of this one are void.
    pub(super) fn begin_life(&mut self) {
        self.life += 1;
        self.timed_tick = None;
    }

    /// Sends its report (RFC 3550 §6.4), if there is somebody to send it to.
    pub(super) fn report(&mut self, desk: &mut Desk, goodbye: bool) {
        let Some(to) = self.rtcp_destination() else { return };
        let sent = self.tally.sent();
        let clock = self.outgoing.clock(desk.now);
        desk.compound.clear();
        let streams =
            reports::Streams { outgoing: self.outgoing.ssrc(), clock, sent, source: self.arrivals.source() };
        let received = self.arrivals.reception_mut();
        self.reports.write(desk.now, desk.ntp, &streams, received, goodbye, &mut desk.compound);

        let shared = self.agreed.as_ref().is_some_and(|agreed| agreed.rtcp_mux);
        let socket = if shared { &self.sockets.rtp } else { &self.sockets.rtcp };
        if let Some(sealed) = self.guard.seal_rtcp(&desk.compound, &mut desk.scratch[..]) {
            // The next report says the same.
            let _ = socket.send_to(sealed, to);
        }
    }

    fn rtcp_destination(&self) -> Option<SocketAddr> {
        let agreed = self.agreed.as_ref()?;
        if agreed.rtcp_mux {
            return self.latch.destination();
        }
        if self.rtcp_latch.is_settled() {
            return self.rtcp_latch.destination();
        }
        let signalled = self.rtcp_latch.destination()?;
        // Behind a NAT the signalled address leads nowhere; most keep the two ports side by side.
        match self.latch.destination().filter(|_| self.latch.is_settled()) {
            Some(rtp) if rtp.ip() != signalled.ip().to_canonical() => {
                Some(SocketAddr::new(rtp.ip(), rtp.port().checked_add(1)?))
            }
            _ => Some(signalled),
        }
    }

    /// Looks whether it still lives. A key of which nothing is heard any more comes up with that.
    pub(super) fn watch(&mut self, desk: &mut Desk) -> Option<(dtmf::Key, u32)> {
        let released = self.release_key(desk.now);
        let agreed = self.agreed.as_ref()?;
        let held = !agreed.direction.receives();
        let doubtful = self.liveness.life(desk.now, desk.silence, held) != Life::Alive;
        if doubtful && !std::mem::replace(&mut self.told_silent, true) {
            desk.events.push(MediaEvent::Silent { leg: self.id });
        }
        released
    }

    fn release_key(&mut self, now: Instant) -> Option<(dtmf::Key, u32)> {
        let unheard = now.saturating_duration_since(self.key_heard?) > MAX_HELD_UNHEARD;
        match unheard.then(|| self.ears.release()).flatten() {
            Some(dtmf::KeyEvent::Released { key, millis }) => Some((key, millis)),
            _ => None,
        }
    }
}

/// When the next packet is due, and how many packet times that is after this one. Counted from when this one was due,
/// so that a clock of ours does not drift; but what was missed by far is left out instead of made up for.
fn next_beat(at: Instant, now: Instant, period: Duration) -> (Instant, u32) {
    let next = at + period;
    let late = now.saturating_duration_since(next);
    if late <= MAX_LATE {
        return (next, 1);
    }
    let missed = (late.as_micros() / period.as_micros().max(1)) as u32 + 1;
    (next + period * missed, missed + 1)
}

/// Until something is agreed on.
const DEFAULT_CLOCK: u32 = 8_000;

/// Bursts thrown away before the agreement; a stranger who sends on and on is not waited for.
const MAX_DRAINED: usize = 64;

const NOISE_SECONDS: u32 = 1;
/// Below overload, in dB: a quiet room.
const NOISE_LEVEL: u8 = 70;

/// A moment that was missed by more is left out instead of made up for.
const MAX_LATE: Duration = Duration::from_millis(200);

/// A key of which nothing was heard for so long has come up.
const MAX_HELD_UNHEARD: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_beat_does_not_drift_however_late_each_packet_is() {
        let start = Instant::now();
        let period = Duration::from_millis(20);
        let mut at = start;
        for packet in 1..=1_000 {
            let late = Duration::from_millis(packet % 19);
            let (next, beats) = next_beat(at, at + late, period);
            assert_eq!(beats, 1);
            at = next;
        }
        assert_eq!(at, start + 1_000 * period);
    }

    #[test]
    fn what_was_missed_by_far_is_left_out_and_time_jumps_over_it() {
        let start = Instant::now();
        let period = Duration::from_millis(20);
        let now = start + Duration::from_millis(1_003);
        let (next, beats) = next_beat(start, now, period);
        assert_eq!((next, beats), (start + Duration::from_millis(1_020), 51));
        assert!(next > now);
        // A little late is made up for.
        assert_eq!(next_beat(start, start + Duration::from_millis(150), period), (start + period, 1));
    }
}
