//! One leg's sound: what its packets go through between the sockets and the other leg (RFC 3550, RFC 4961).
//!
//! ```text
//! wire (who may speak, decrypt) → arrivals (one stream, nothing twice) → keys, counts
//!      → the other leg: way (numbers, law, codec) → outgoing (one stream that never breaks) → wire
//! ```

mod hearing;
mod keys;
mod making;
mod player;
mod reports;
mod seam;
mod transcoder;
mod way;

use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sip_gateway_proto::call::{LegId, MediaEvent, Sound};
use sip_gateway_proto::media::dtmf;
use sip_gateway_proto::media::relay::{Liveness, PayloadKind, PayloadMap, Relay};
use sip_gateway_proto::media::rtp::{HEADER_LEN, Header};
use sip_gateway_proto::sdp::{Agreed, Telephony};

use super::recording::Recorder;
use super::speaker::Speaker;
use super::sys::{Burst, DATAGRAM};
use super::tally::Tally;
use super::wire::{Content, Wire};
use keys::KeyPad;
use player::Player;
use reports::Reports;
use seam::Seam;
pub(super) use way::Way;

/// One leg.
#[derive(Debug)]
pub(super) struct Leg {
    pub(super) id: LegId,
    pub(super) wire: Wire,
    agreed: Option<Agreed>,
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
    /// What is said to it, over all that.
    speaker: Speaker,
    seam: Seam,
    /// Who writes down what it says.
    recorder: Option<Box<Recorder>>,
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
    /// The moments that timers were set for: of the tick, and of the handshake.
    timed: [Option<Instant>; 2],
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
    pub(super) fn new(now: Instant, id: LegId, wire: Wire, seeds: Seeds, tally: Arc<Tally>) -> Self {
        Self {
            id,
            wire,
            agreed: None,
            arrivals: Relay::new(PayloadMap::default(), DEFAULT_CLOCK, seeds.arrivals),
            outgoing: Relay::new(PayloadMap::default(), DEFAULT_CLOCK, seeds.outgoing),
            follows: None,
            partner: None,
            way: Way::Closed,
            sound: None,
            player: None,
            speaker: Speaker::default(),
            seam: Seam::default(),
            recorder: None,
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
            timed: [None; 2],
        }
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
            self.wire.drain(burst);
        }
        if resumes {
            self.liveness = Liveness::new(now);
            self.told_silent = false;
        }

        self.wire.agree(now, &agreed);

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
        if let Some(recorder) = &mut self.recorder {
            recorder.agree(&agreed);
        }
        self.agreed = Some(agreed);
        if !goes_on {
            self.keep_coding();
            self.player = None;
        }
        if let Some(sound) = self.sound.filter(|_| !goes_on) {
            self.play(now, sound);
        }
        self.make_time(now);
    }

    /// Plays a sound, instead of what it heard before.
    pub(super) fn play(&mut self, now: Instant, sound: Sound) {
        self.keep_coding();
        self.sound = Some(sound);
        self.noise_told = None;
        self.player = self.agreed.as_ref().and_then(|agreed| Player::new(sound, agreed));
        if let Some(player) = &mut self.player {
            self.seam.follow(player.encoder());
        }
        self.make_time(now);
    }

    /// Hears the partner by a way, or an echo, or nothing.
    pub(super) fn set_way(&mut self, now: Instant, partner: Option<LegId>, way: Way) {
        if partner != self.partner {
            self.follows = None;
        }
        self.keep_coding();
        (self.sound, self.player) = (None, None);
        (self.partner, self.way) = (partner, way);
        if let Way::Transcode(transcoder) = &mut self.way {
            self.seam.follow(transcoder.encoder());
        }
        self.make_time(now);
    }

    /// What makes its sound is about to be another.
    fn keep_coding(&mut self) {
        self.seam.open();
        if let Some(player) = &mut self.player {
            self.seam.keep(player.encoder());
        } else if let Way::Transcode(transcoder) = &mut self.way {
            self.seam.keep(transcoder.encoder());
        }
    }

    /// Says a packet of the partner.
    pub(super) fn say_heard(&mut self, desk: &mut Desk, packet: &mut [u8], kind: PayloadKind) {
        if let Way::Transcode(transcoder) = &mut self.way {
            transcoder.insert(desk.now, packet, kind);
            return;
        }
        // While a key of ours is down there is no speech (RFC 4733 §2.5.1); nor is what passes undecoded heard under ours.
        if !self.keypad.is_busy() && !self.speaker.is_busy() && self.way.translate(packet, kind) {
            self.seam.forget();
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
        if !sends || !self.wire.leads_anywhere() {
            return;
        }
        if self.follows != Some(source) {
            self.follows = Some(source);
            self.outgoing.change_source();
        }
        let Ok(forwarded) = self.outgoing.forward(desk.now, packet) else { return };
        let packet = &packet[forwarded.packet];
        let octets = packet.len() - HEADER_LEN;
        if self.wire.send_rtp(packet, &mut desk.scratch[..]) {
            self.tally.note_sent(octets);
        }
    }

    /// When it wants to be ticked, and its handshake looked after, where no timer was set for that yet.
    pub(super) fn untimed(&mut self) -> [Option<Instant>; 2] {
        let wanted = [self.next_tick, self.wire.deadline()];
        let before = std::mem::replace(&mut self.timed, wanted);
        std::array::from_fn(|at| wanted[at].filter(|_| wanted[at] != before[at]))
    }

    /// Goes to another thread: the timers of this one are void.
    pub(super) fn begin_life(&mut self) {
        self.life += 1;
        self.timed = [None; 2];
    }

    /// Looks after the handshake.
    pub(super) fn shake(&mut self, desk: &mut Desk) {
        if self.wire.handle_timeout(desk.now) == Some(Content::Insecure) {
            desk.events.push(MediaEvent::Insecure { leg: self.id });
        }
    }

    /// Sends its report (RFC 3550 §6.4), if there is somebody to send it to.
    pub(super) fn report(&mut self, desk: &mut Desk, goodbye: bool) {
        if self.agreed.is_none() {
            return;
        }
        let sent = self.tally.sent();
        let clock = self.outgoing.clock(desk.now);
        desk.compound.clear();
        let streams =
            reports::Streams { outgoing: self.outgoing.ssrc(), clock, sent, source: self.arrivals.source() };
        let received = self.arrivals.reception_mut();
        self.reports.write(desk.now, desk.ntp, &streams, received, goodbye, &mut desk.compound);

        self.wire.send_rtcp(&desk.compound, &mut desk.scratch[..]);
    }
}

/// Until something is agreed on.
const DEFAULT_CLOCK: u32 = 8_000;
