//! Packets into an even flow of sound: the only place where packets wait for each other.
//!
//! ```text
//! packet → jitter buffer ─(as much as is asked for)→ decode | repair | conceal | noise → resample → samples
//! ```

use std::time::{Duration, Instant};

use sip_gateway_proto::media::comfort_noise::ComfortNoise;
use sip_gateway_proto::media::concealment::{Concealer, merge};
use sip_gateway_proto::media::jitter_buffer::{DelayLimits, JitterBuffer, Playout};
use sip_gateway_proto::media::relay::PayloadKind;
use sip_gateway_proto::media::resample::Resampler;
use sip_gateway_proto::media::rtp::Header;
use sip_gateway_proto::sdp::Codec;

use super::codec::{Decoder, sample_rate};

/// The sound of one stream.
pub(super) struct Intake {
    buffer: JitterBuffer<Vec<u8>>,
    /// Payloads that were played, whose room is used again.
    spare: Vec<Vec<u8>>,
    decoder: Decoder,
    concealer: Concealer,
    noise: ComfortNoise,
    /// Sampling rate of what is decoded.
    rate: u32,
    resampler: Option<Resampler>,
    frame: Box<[i16; MAX_FRAME]>,
    /// Decoded and resampled, not yet asked for.
    ready: Vec<i16>,
    /// Whether the last frame was more than silence.
    sounds: bool,
    /// Samples that were passed over beyond what was asked for; `None` while nothing is passed over.
    ahead: Option<usize>,
}

impl Intake {
    /// A stream of a codec, at rest, as sound of a rate; `None` if we cannot decode the one or have no filter for the other.
    pub(super) fn new(codec: &Codec, wanted: u32) -> Option<Self> {
        let rate = sample_rate(codec, wanted)?;
        let resampler = (rate != wanted).then(|| Resampler::new(rate, wanted));
        if matches!(resampler, Some(None)) {
            return None;
        }
        Some(Self {
            buffer: JitterBuffer::new(codec.clock_rate(), DelayLimits::default()),
            spare: Vec::new(),
            decoder: Decoder::new(codec, rate)?,
            concealer: Concealer::new(rate),
            noise: ComfortNoise::new(NOISE_SEED),
            rate,
            resampler: resampler.flatten(),
            frame: Box::new([0; MAX_FRAME]),
            ready: Vec::with_capacity(2 * MAX_FRAME),
            sounds: false,
            ahead: None,
        })
    }

    /// Takes a packet of speech, or a description of the noise while there is none (RFC 3389).
    pub(super) fn insert(&mut self, now: Instant, packet: &[u8], kind: PayloadKind) {
        let Some((header, payload)) = Header::parse(packet) else { return };
        let payload = &packet[payload];
        match kind {
            PayloadKind::Speech => self.insert_speech(now, header.sequence, header.timestamp, payload),
            PayloadKind::ComfortNoise => self.noise.handle_payload(payload),
            PayloadKind::Keys => {}
        }
    }

    /// Takes the payload of a packet of speech.
    pub(super) fn insert_speech(&mut self, now: Instant, sequence: u16, timestamp: u32, payload: &[u8]) {
        if payload.len() > MAX_PAYLOAD {
            return;
        }
        let mut room = self.spare.pop().unwrap_or_default();
        room.clear();
        room.extend_from_slice(payload);
        self.buffer.insert(now, sequence, timestamp, room);
    }

    /// Fills a frame, and tells whether there is anything in it.
    pub(super) fn fill(&mut self, now: Instant, samples: &mut [i16]) -> bool {
        if self.ahead.take().is_some() {
            // What the decoder remembers is long past.
            self.decoder.reset();
            self.concealer.reset();
        }
        let mut sounds = self.sounds && !self.ready.is_empty();
        // A frame of speech gives at least 2.5 ms.
        for _ in 0..MAX_FRAMES {
            if self.ready.len() >= samples.len() {
                break;
            }
            let len = self.play(now);
            self.keep(len);
            sounds |= self.sounds;
        }
        let len = samples.len().min(self.ready.len());
        samples[..len].copy_from_slice(&self.ready[..len]);
        samples[len..].fill(0);
        self.ready.drain(..len);
        sounds
    }

    /// Lets so many samples pass without decoding them.
    pub(super) fn skip(&mut self, now: Instant, samples: usize) {
        self.ready.clear();
        self.sounds = false;
        let mut ahead = self.ahead.unwrap_or(0);
        for _ in 0..MAX_FRAMES {
            if ahead >= samples {
                break;
            }
            if let Playout::Frame(payload) | Playout::Hurry(payload) = self.buffer.pop(now) {
                self.give_back(payload);
            }
            let len = self.frame_len();
            ahead += self.resampler.as_ref().map_or(len, |resampler| resampler.output_len(len));
        }
        self.ahead = Some(ahead.saturating_sub(samples));
    }

    /// Plays one frame and tells how long it is.
    fn play(&mut self, now: Instant) -> usize {
        let playout = self.buffer.pop(now);
        self.sounds = !matches!(playout, Playout::Silence);
        match playout {
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
                let repaired = self.buffer.following().is_some_and(|next| self.decoder.repair(next, frame));
                if !repaired && !self.decoder.conceal(frame) {
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
        self.give_back(payload);
        if len == 0 {
            let len = self.frame_len();
            if !self.decoder.conceal(&mut self.frame[..len]) {
                self.concealer.conceal(&mut self.frame[..len]);
            }
            return len;
        }
        self.noise.reset();
        if !self.decoder.conceals() {
            self.concealer.handle_frame(&mut self.frame[..len]);
        }
        len
    }

    fn give_back(&mut self, payload: Vec<u8>) {
        if self.spare.len() < MAX_SPARE {
            self.spare.push(payload);
        }
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
        let len = duration.as_micros() as usize * self.rate as usize / 1_000_000;
        // Even, for both rates have halves in common.
        (len & !1).min(MAX_FRAME)
    }
}

impl std::fmt::Debug for Intake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Intake")
            .field("decoder", &self.decoder)
            .field("rate", &self.rate)
            .finish_non_exhaustive()
    }
}

/// 120 ms at 48 kHz: the longest that Opus can be.
const MAX_FRAME: usize = 5_760;
const MAX_FRAMES: usize = 64;
const MAX_SPARE: usize = 32;
const MAX_PAYLOAD: usize = 1_500;
const SHORTEST_FRAME: Duration = Duration::from_micros(2_500);
/// Nobody guesses anything from noise.
const NOISE_SEED: u32 = 0x2545_F491;
