//! One place at a table: what the phone there says, and what it hears.

use sip_gateway_proto::call::{LegId, MediaEvent};
use sip_gateway_proto::media::leveller::Leveller;
use sip_gateway_proto::media::mixer::{FRAME, InputId, Mixer};
use sip_gateway_proto::sdp::{Agreed, Codec};

use super::coding::{Coding, Codings, Own};
use super::scribe::Scribe;
use super::uplink::Uplink;
use super::{Frame, RATE};
use crate::media::intake::Intake;
use crate::media::leg::{Desk, Leg};
use crate::media::speaker::Speaker;

/// A seat at the table, and the phone that has it.
pub(super) struct Chair {
    pub(super) seat: LegId,
    pub(super) phone: Option<LegId>,
    pub(super) muted: bool,
    /// None if the mixer is full.
    pub(super) input: Option<InputId>,
    pub(super) intake: Option<Intake>,
    /// What is said here to the room by us, over the phone if there is one.
    pub(super) speaker: Speaker,
    /// Who writes down what the room says.
    pub(super) scribe: Option<Scribe>,
    uplink: Uplink,
    leveller: Leveller,
    /// What it is multiplied with at the moment: fades where it is muted, or sits down.
    gain: f32,
    frame: Box<Frame>,
    said: Option<Codec>,
    hearing: Option<Hearing>,
    /// What it hears by itself, while that is not what the others hear.
    own: Option<Box<Own>>,
    /// For how many more beats it has a coding of its own.
    apart: u32,
    /// For how many beats it has heard the table.
    heard: u32,
}

/// In what a phone hears.
#[derive(Debug)]
struct Hearing {
    coding: Coding,
    /// Octets of a packet, if packets are not one beat long; else nothing is kept.
    packet: Option<usize>,
    pending: Vec<u8>,
}

impl Chair {
    pub(super) fn new(seat: LegId, input: Option<InputId>, uplink: Uplink) -> Self {
        Self {
            seat,
            phone: None,
            muted: false,
            input,
            intake: None,
            speaker: Speaker::default(),
            scribe: None,
            uplink,
            leveller: Leveller::new(),
            gain: 0.0,
            frame: Box::new([0; FRAME]),
            said: None,
            hearing: None,
            own: None,
            apart: 0,
            heard: 0,
        }
    }

    pub(super) fn sit(&mut self, phone: LegId, agreed: Option<&Agreed>) {
        self.stand_up();
        self.phone = Some(phone);
        self.leveller = Leveller::new();
        if let Some(agreed) = agreed {
            self.agree(agreed);
        }
    }

    pub(super) fn stand_up(&mut self) -> Option<LegId> {
        (self.intake, self.said, self.hearing, self.own) = (None, None, None, None);
        (self.gain, self.apart, self.heard) = (0.0, 0, 0);
        self.phone.take()
    }

    pub(super) fn agree(&mut self, agreed: &Agreed) {
        let said = &agreed.receive.codec;
        if self.said.as_ref() != Some(said) {
            self.intake = Intake::new(said, RATE);
            self.said = Some(said.clone());
            self.uplink.suit(said);
        }
        let coding = Coding::of(&agreed.send.codec);
        if coding.is_none() {
            tracing::warn!(codec = ?agreed.send.codec, "a phone cannot hear a meeting: its codec is one that is only passed on");
        }
        if self.hearing.as_ref().map(|hearing| hearing.coding) != coding {
            // With another decoder it begins as if it had just come.
            (self.own, self.apart, self.heard) = (None, 0, 0);
        }
        self.hearing = coding.map(|coding| {
            let packet = coding.octets(u32::from(agreed.ptime.clamp(10, MAX_PTIME)));
            Hearing { coding, packet, pending: Vec::new() }
        });
    }

    /// Puts 20 ms of what is said here to the room and to the mix.
    pub(super) fn speak(&mut self, desk: &mut Desk, mixer: &mut Mixer) {
        let sounds = self.intake.as_mut().is_some_and(|intake| intake.fill(desk.now, &mut self.frame[..]));
        let target = if self.muted || !sounds { 0.0 } else { 1.0 };
        let mut is_heard = sounds && (self.gain > 0.0 || target > 0.0);
        if is_heard {
            self.leveller.even(&mut self.frame[..]);
            fade(&mut self.frame, self.gain, target);
        }
        if self.speaker.is_busy() {
            if !is_heard {
                self.frame.fill(0);
            }
            let ended = self.speaker.speak(&mut self.frame[..], RATE);
            desk.events.extend(std::iter::repeat_n(MediaEvent::Said { leg: self.seat }, ended));
            is_heard = true;
        }
        if is_heard && let Some(input) = self.input {
            mixer.put(input, &self.frame);
        }
        self.gain = target;
        self.uplink.say(desk.now, desk.ntp, is_heard.then_some(&*self.frame));
    }

    /// Writes down what the room says, if that is wanted.
    pub(super) fn write_down(&mut self, mixer: &Mixer) {
        if self.scribe.is_none() {
            return;
        }
        let mut frame = *mixer.shared();
        if let Some(input) = self.input {
            mixer.own(input, &mut frame);
        }
        self.scribe.take_if(|scribe| !scribe.write(&frame));
    }

    /// Gives the phone a coding of its own if it is about to hear something else than the others.
    pub(super) fn part(&mut self, leg: &Leg, mixer: &Mixer, codings: &mut Codings) {
        let Some(hearing) = &self.hearing else { return };
        if !self.speaks(mixer) && !leg.is_spoken_to() && self.heard > 0 {
            return;
        }
        if self.apart == 0 || self.own.is_none() {
            // Who sits down has heard something else than the others, or nothing.
            let begins = self.heard == 0;
            codings.part(hearing.coding, &mut self.own, begins);
            if let Some(own) = &mut self.own {
                leg.lead_coding(own.encoder());
            }
        }
        // Whoever hears the same again goes on in his own coding for a while, until the common one is in the same state.
        self.apart = APART;
    }

    /// Sends the phone 20 ms of what it hears, and tells how many packets those were.
    pub(super) fn listen(
        &mut self,
        desk: &mut Desk,
        leg: &mut Leg,
        mixer: &Mixer,
        codings: &mut Codings,
    ) -> u64 {
        let speaks = self.speaks(mixer);
        let Some(hearing) = &mut self.hearing else {
            if leg.is_spoken_to() {
                leg.give_up_speaking(&mut desk.events);
            }
            return 0;
        };
        let begins = self.heard == 0;
        self.heard = self.heard.saturating_add(1);
        if self.apart == 0 {
            let sent = hearing.send(desk, leg, codings.shared(hearing.coding));
            if let Some((encoder, frame)) = codings.state(hearing.coding) {
                leg.note(frame, hearing.coding.rate());
                leg.keep_coding_of(encoder);
            }
            return sent;
        }
        self.apart -= 1;
        // Nothing rather than its own voice.
        let Some(own) = &mut self.own else { return 0 };

        let mut frame = *mixer.shared();
        if let Some(input) = self.input.filter(|_| speaks) {
            mixer.own(input, &mut frame);
        }
        if begins {
            fade(&mut frame, 0.0, 1.0);
        }
        leg.speak_over(&mut desk.events, &mut frame, RATE);
        // The common coding lives on meanwhile.
        codings.keep(hearing.coding);
        let payload = codings.encode_own(own, &mut frame, |heard, rate| leg.join(heard, rate));
        let sent = hearing.send(desk, leg, payload);
        leg.keep_coding_of(own.encoder());
        sent
    }

    /// Whether the mix contains what this phone says.
    fn speaks(&self, mixer: &Mixer) -> bool {
        self.input.is_some_and(|input| mixer.is_heard(input))
    }
}

impl Hearing {
    /// Sends 20 ms, or keeps them until there is a packet of them.
    fn send(&mut self, desk: &mut Desk, leg: &mut Leg, payload: &[u8]) -> u64 {
        let Some(packet) = self.packet else {
            leg.say_mixed(desk, payload, self.coding.ticks());
            return 1;
        };
        self.pending.extend_from_slice(payload);
        let mut sent = 0;
        while self.pending.len() >= packet {
            // One octet is one tick, in all codecs whose packets can be cut anywhere.
            leg.say_mixed(desk, &self.pending[..packet], packet as u32);
            self.pending.drain(..packet);
            sent += 1;
        }
        sent
    }
}

/// Leads from one volume to another.
fn fade(frame: &mut Frame, from: f32, to: f32) {
    if from == 1.0 && to == 1.0 {
        return;
    }
    for (at, sample) in frame.iter_mut().enumerate() {
        let gain = from + (to - from) * at as f32 / FRAME as f32;
        *sample = (f32::from(*sample) * gain) as i16;
    }
}

/// One second.
const APART: u32 = 50;
const MAX_PTIME: u16 = 60;
