//! Sound of one codec into sound of another: the only place where packets wait for each other.
//!
//! ```text
//! packet → jitter buffer ─(once per packet time of the hearing leg)→ decode | conceal | noise → resample → encode
//! ```

use std::time::{Duration, Instant};

use sip_gateway_proto::media::comfort_noise::ComfortNoise;
use sip_gateway_proto::media::concealment::{Concealer, merge};
use sip_gateway_proto::media::jitter_buffer::{DelayLimits, JitterBuffer, Playout};
use sip_gateway_proto::media::relay::PayloadKind;
use sip_gateway_proto::media::resample::Resampler;
use sip_gateway_proto::media::rtp::Header;
use sip_gateway_proto::sdp::Agreed;

use crate::media::codec::{Decoder, Encoder, sample_rate};

/// One direction between two legs that speak different codecs.
pub(in crate::media) struct Transcoder {
    buffer: JitterBuffer<Vec<u8>>,
    /// Payloads that were played, whose room is used again.
    spare: Vec<Vec<u8>>,
    decoder: Decoder,
    concealer: Concealer,
    noise: ComfortNoise,
    /// Sampling rate of what is decoded, and of what is encoded.
    rates: (u32, u32),
    resampler: Option<Resampler>,
    encoder: Encoder,
    frame: Box<[i16; MAX_FRAME]>,
    /// Decoded and resampled, not yet encoded.
    ready: Vec<i16>,
    /// Samples of one packet that is made.
    packet: usize,
}

impl Transcoder {
    /// A transcoder at rest; `None` if we cannot decode the one or encode the other.
    pub(in crate::media) fn new(from: &Agreed, to: &Agreed) -> Option<Self> {
        let (speech, hearing) = (&from.receive.codec, &to.send.codec);
        // Opus adapts to the other codec; both cannot be Opus here.
        let decoded = sample_rate(speech, hearing.sample_rate()?)?;
        let encoded = sample_rate(hearing, decoded)?;
        let resampler = (decoded != encoded).then(|| Resampler::new(decoded, encoded));
        if matches!(resampler, Some(None)) {
            return None;
        }
        let packet = (encoded / 1_000) as usize * usize::from(to.ptime.clamp(10, MAX_PTIME));
        Some(Self {
            buffer: JitterBuffer::new(speech.clock_rate(), DelayLimits::default()),
            spare: Vec::new(),
            decoder: Decoder::new(speech, decoded)?,
            concealer: Concealer::new(decoded),
            noise: ComfortNoise::new(NOISE_SEED),
            rates: (decoded, encoded),
            resampler: resampler.flatten(),
            encoder: Encoder::new(hearing, encoded)?,
            frame: Box::new([0; MAX_FRAME]),
            ready: Vec::with_capacity(2 * MAX_FRAME),
            packet,
        })
    }

    /// Takes a packet of speech, or a description of the noise while there is none (RFC 3389).
    pub(in crate::media) fn insert(&mut self, now: Instant, packet: &[u8], kind: PayloadKind) {
        let Some((header, payload)) = Header::parse(packet) else { return };
        let payload = &packet[payload];
        match kind {
            PayloadKind::Speech if payload.len() <= MAX_PAYLOAD => {
                let mut room = self.spare.pop().unwrap_or_default();
                room.clear();
                room.extend_from_slice(payload);
                self.buffer.insert(now, header.sequence, header.timestamp, room);
            }
            PayloadKind::ComfortNoise => self.noise.handle_payload(payload),
            PayloadKind::Speech | PayloadKind::Keys => {}
        }
    }

    /// Makes the payload of one packet.
    pub(in crate::media) fn make(&mut self, now: Instant, payload: &mut [u8]) -> usize {
        // A frame of speech gives at least 2.5 ms.
        for _ in 0..MAX_FRAMES {
            if self.ready.len() >= self.packet {
                break;
            }
            let len = self.play(now);
            self.keep(len);
        }
        let missing = self.packet.saturating_sub(self.ready.len());
        self.ready.extend(std::iter::repeat_n(0, missing));
        let len = self.encoder.encode(&self.ready[..self.packet], payload);
        self.ready.drain(..self.packet);
        len
    }

    /// Plays one frame and tells how long it is.
    fn play(&mut self, now: Instant) -> usize {
        match self.buffer.pop(now) {
            Playout::Frame(payload) => self.decode(payload),
            Playout::Hurry(payload) => {
                let first = self.decode(payload);
                let (Playout::Frame(payload) | Playout::Hurry(payload)) = self.buffer.pop(now) else {
                    return first;
                };
                let mut before = [0; MAX_FRAME];
                before[..first].copy_from_slice(&self.frame[..first]);
                let second = self.decode(payload);
                if first == second {
                    merge(&before[..first], &mut self.frame[..second]);
                }
                second
            }
            Playout::Conceal => {
                let len = self.frame_len();
                let frame = &mut self.frame[..len];
                if !self.decoder.conceal(frame) {
                    self.concealer.conceal(frame);
                }
                len
            }
            Playout::Silence => {
                let len = self.frame_len();
                self.noise.fill(&mut self.frame[..len]);
                len
            }
        }
    }

    fn decode(&mut self, payload: Vec<u8>) -> usize {
        let len = self.decoder.decode(&payload, &mut self.frame[..]);
        if self.spare.len() < MAX_SPARE {
            self.spare.push(payload);
        }
        if len == 0 {
            let len = self.frame_len();
            self.concealer.conceal(&mut self.frame[..len]);
            return len;
        }
        self.noise.reset();
        self.concealer.handle_frame(&mut self.frame[..len]);
        len
    }

    fn keep(&mut self, len: usize) {
        let start = self.ready.len();
        match &mut self.resampler {
            None => self.ready.extend_from_slice(&self.frame[..len]),
            Some(resampler) => {
                self.ready.resize(start + resampler.output_len(len), 0);
                let written = resampler.process(&self.frame[..len], &mut self.ready[start..]);
                self.ready.truncate(start + written);
            }
        }
    }

    /// Samples of a frame that did not come.
    fn frame_len(&self) -> usize {
        let duration = self.buffer.frame_duration().max(SHORTEST_FRAME);
        let len = duration.as_micros() as usize * self.rates.0 as usize / 1_000_000;
        // Even, for both rates have halves in common.
        (len & !1).min(MAX_FRAME)
    }
}

impl std::fmt::Debug for Transcoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Transcoder")
            .field("decoder", &self.decoder)
            .field("encoder", &self.encoder)
            .field("rates", &self.rates)
            .finish_non_exhaustive()
    }
}

/// 120 ms at 48 kHz: the longest that Opus can be.
const MAX_FRAME: usize = 5_760;
const MAX_PTIME: u16 = 60;
const MAX_FRAMES: usize = 64;
const MAX_SPARE: usize = 32;
const MAX_PAYLOAD: usize = 1_500;
const SHORTEST_FRAME: Duration = Duration::from_micros(2_500);
/// Nobody guesses anything from noise.
const NOISE_SEED: u32 = 0x2545_F491;
