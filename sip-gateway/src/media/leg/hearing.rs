//! What a leg hears: packets, keys and reports of the other side, and whether it still lives.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use sip_gateway_proto::call::MediaEvent;
use sip_gateway_proto::media::dtmf;
use sip_gateway_proto::media::relay::{Life, PayloadKind};
use sip_gateway_proto::media::rtp::{HEADER_LEN, Header};

use super::{Desk, Heard, Leg};
use crate::media::wire::{Content, Port};

impl Leg {
    /// Hears a datagram on one of its ports.
    pub(in crate::media) fn hear(
        &mut self,
        desk: &mut Desk,
        port: Port,
        from: SocketAddr,
        datagram: &mut [u8],
    ) -> Option<Heard> {
        match self.wire.open(desk.now, port, from, datagram)? {
            Content::Rtp(len) => self.hear_packet(desk, from, &mut datagram[..len]),
            Content::Rtcp(len) => {
                self.hear_compound(desk, port, from, &datagram[..len]);
                None
            }
            Content::Insecure => {
                desk.events.push(MediaEvent::Insecure { leg: self.id });
                None
            }
        }
    }

    fn hear_packet(&mut self, desk: &mut Desk, from: SocketAddr, packet: &mut [u8]) -> Option<Heard> {
        let now = desk.now;
        let forwarded = self.arrivals.forward(now, packet).ok()?;
        self.wire.learn(Port::Rtp, from);
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
        if let Some(recorder) = self.recorder.as_mut().filter(|_| agreed.direction.receives()) {
            recorder.hear(now, &packet[heard.packet.clone()], heard.kind);
        }
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

    fn hear_compound(&mut self, desk: &mut Desk, port: Port, from: SocketAddr, compound: &[u8]) {
        if !self.reports.handle(desk.now, desk.ntp, compound, self.outgoing.ssrc()) {
            return;
        }
        // On the shared port it is speech that settles the address.
        if port == Port::Rtcp {
            self.wire.learn(port, from);
        }
        self.liveness.handle_rtcp(desk.now);
        self.told_silent = false;
        if let Some(round_trip) = self.reports.round_trip() {
            self.tally.set_round_trip(round_trip);
        }
    }

    /// Looks whether it still lives. A key of which nothing is heard any more comes up with that.
    pub(in crate::media) fn watch(&mut self, desk: &mut Desk) -> Option<(dtmf::Key, u32)> {
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

/// A key of which nothing was heard for so long has come up.
const MAX_HELD_UNHEARD: Duration = Duration::from_secs(1);
