//! Sound of one codec into sound of another.

use std::time::Instant;

use sip_gateway_proto::media::relay::PayloadKind;
use sip_gateway_proto::sdp::Agreed;

use crate::media::codec::{Encoder, sample_rate};
use crate::media::intake::Intake;

/// One direction between two legs that speak different codecs.
#[derive(Debug)]
pub(in crate::media) struct Transcoder {
    intake: Intake,
    encoder: Encoder,
    rate: u32,
    /// The sound of one packet that is made.
    packet: Vec<i16>,
}

impl Transcoder {
    /// A transcoder at rest; `None` if we cannot decode the one or encode the other.
    pub(in crate::media) fn new(from: &Agreed, to: &Agreed) -> Option<Self> {
        let (speech, hearing) = (&from.receive.codec, &to.send.codec);
        // Opus adapts to the other codec; both cannot be Opus here.
        let decoded = sample_rate(speech, hearing.sample_rate()?)?;
        let rate = sample_rate(hearing, decoded)?;
        let samples = (rate / 1_000) as usize * usize::from(to.ptime.clamp(10, MAX_PTIME));
        Some(Self {
            intake: Intake::new(speech, rate)?,
            encoder: Encoder::new(hearing, rate)?,
            rate,
            packet: vec![0; samples],
        })
    }

    /// Its coder.
    pub(in crate::media) fn encoder(&mut self) -> &mut Encoder {
        &mut self.encoder
    }

    /// Takes a packet of speech, or a description of the noise while there is none (RFC 3389).
    pub(in crate::media) fn insert(&mut self, now: Instant, packet: &[u8], kind: PayloadKind) {
        self.intake.insert(now, packet, kind);
    }

    /// Makes the payload of one packet; `over` may say something over its sound, which has the given rate.
    pub(in crate::media) fn make(
        &mut self,
        now: Instant,
        payload: &mut [u8],
        over: impl FnOnce(&mut [i16], u32),
    ) -> usize {
        self.intake.fill(now, &mut self.packet);
        over(&mut self.packet, self.rate);
        self.encoder.encode(&self.packet, payload)
    }
}

const MAX_PTIME: u16 = 60;
