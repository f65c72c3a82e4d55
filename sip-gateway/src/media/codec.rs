//! Speech codecs of phones as coder and decoder of frames: G.711, G.722, Opus (RFC 7587).

use sip_gateway_proto::media::g711::Law;
use sip_gateway_proto::media::g722;
use sip_gateway_proto::sdp::Codec;

/// Turns sound into payloads.
pub(super) enum Encoder {
    G711(Law),
    G722(Box<g722::Encoder>),
    Opus(opus::Encoder),
}

/// Turns payloads into sound.
pub(super) enum Decoder {
    G711(Law),
    G722(Box<g722::Decoder>),
    Opus { decoder: opus::Decoder, rate: u32 },
}

/// The sampling rate at which a codec is best coded, if the sound comes with one; `None` if we do not know the codec.
/// Opus takes any: nothing needs to be resampled for it.
pub(super) fn sample_rate(codec: &Codec, sound: u32) -> Option<u32> {
    match codec {
        Codec::Opus => Some(sound),
        other => other.sample_rate(),
    }
}

impl Encoder {
    /// A coder at rest for sound of a sampling rate; `None` if the codec cannot take it.
    pub(super) fn new(codec: &Codec, rate: u32) -> Option<Self> {
        Some(match codec {
            Codec::Pcma if rate == 8_000 => Self::G711(Law::A),
            Codec::Pcmu if rate == 8_000 => Self::G711(Law::Mu),
            Codec::G722 if rate == 16_000 => Self::G722(Box::default()),
            Codec::Opus => {
                let mut encoder =
                    opus::Encoder::new(rate, opus::Channels::Mono, opus::Application::Voip).ok()?;
                encoder.set_bitrate(opus::Bitrate::Bits(OPUS_BITRATE)).ok()?;
                encoder.set_complexity(OPUS_COMPLEXITY).ok()?;
                encoder.set_inband_fec(true).ok()?;
                encoder.set_packet_loss_perc(EXPECTED_LOSS_PERCENT).ok()?;
                Self::Opus(encoder)
            }
            _ => return None,
        })
    }

    /// Goes on where another coder of the same codec stood: the listener's decoder has followed that. `past` is what it
    /// was given last, at a rate.
    pub(super) fn follow(&mut self, state: Option<&g722::Encoder>, past: &[i16], rate: u32) {
        match (self, state) {
            (Self::G722(own), Some(state)) => own.as_mut().clone_from(state),
            (Self::Opus(own), _) => prime(own, past, rate),
            _ => {}
        }
    }

    /// The state in which the next coder must begin, where there is one that can be copied.
    pub(super) fn state(&self) -> Option<&g722::Encoder> {
        match self {
            Self::G722(encoder) => Some(encoder),
            Self::G711(_) | Self::Opus(_) => None,
        }
    }

    /// Encodes a frame and tells how many octets that made; none if it cannot be.
    pub(super) fn encode(&mut self, samples: &[i16], payload: &mut [u8]) -> usize {
        match self {
            Self::G711(law) => {
                law.encode(samples, payload);
                samples.len().min(payload.len())
            }
            Self::G722(encoder) => encoder.encode(samples, payload),
            Self::Opus(encoder) => encoder.encode(samples, payload).unwrap_or(0),
        }
    }
}

impl Decoder {
    /// A decoder at rest to sound of a sampling rate; `None` if the codec cannot give it.
    pub(super) fn new(codec: &Codec, rate: u32) -> Option<Self> {
        Some(match codec {
            Codec::Pcma if rate == 8_000 => Self::G711(Law::A),
            Codec::Pcmu if rate == 8_000 => Self::G711(Law::Mu),
            Codec::G722 if rate == 16_000 => Self::G722(Box::default()),
            Codec::Opus => Self::Opus { decoder: opus::Decoder::new(rate, opus::Channels::Mono).ok()?, rate },
            _ => return None,
        })
    }

    /// Decodes a payload and tells how many samples that made; none if it is broken.
    pub(super) fn decode(&mut self, payload: &[u8], samples: &mut [i16]) -> usize {
        match self {
            Self::G711(law) => {
                law.decode(payload, samples);
                payload.len().min(samples.len())
            }
            Self::G722(decoder) => decoder.decode(payload, samples),
            // An empty payload would mean that it was lost.
            Self::Opus { .. } if payload.is_empty() => 0,
            Self::Opus { decoder, .. } => decoder.decode(payload, samples, false).unwrap_or(0),
        }
    }

    /// Whether it fills lost frames itself.
    pub(super) fn conceals(&self) -> bool {
        matches!(self, Self::Opus { .. })
    }

    /// Fills a lost frame from what the packet behind it says of it once more; false if the codec does not do that.
    pub(super) fn repair(&mut self, next: &[u8], samples: &mut [i16]) -> bool {
        match self {
            Self::Opus { decoder, .. } if !next.is_empty() => {
                decoder.decode(next, samples, true).is_ok_and(|len| len == samples.len())
            }
            _ => false,
        }
    }

    /// Forgets what came before: the stream goes on somewhere else.
    pub(super) fn reset(&mut self) {
        match self {
            Self::G711(_) => {}
            Self::G722(decoder) => **decoder = g722::Decoder::new(),
            Self::Opus { decoder, .. } => {
                // It can only refuse what is no decoder.
                let _ = decoder.reset_state();
            }
        }
    }

    /// Fills a lost frame from what the codec remembers; false if the codec has no way to.
    pub(super) fn conceal(&mut self, samples: &mut [i16]) -> bool {
        match self {
            Self::G711(_) | Self::G722(_) => false,
            Self::Opus { decoder, rate } => {
                // It conceals in steps of 2.5 ms.
                let step = (*rate / 400) as usize;
                let len = samples.len() / step * step;
                let written = decoder.decode(&[], &mut samples[..len], false).unwrap_or(0);
                samples[written..].fill(0);
                true
            }
        }
    }
}

impl std::fmt::Debug for Encoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::G711(_) => "Encoder(G.711)",
            Self::G722(_) => "Encoder(G.722)",
            Self::Opus(_) => "Encoder(Opus)",
        })
    }
}

impl std::fmt::Debug for Decoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::G711(_) => "Decoder(G.711)",
            Self::G722(_) => "Decoder(G.722)",
            Self::Opus { .. } => "Decoder(Opus)",
        })
    }
}

/// Lets a coder at rest have heard something: it looks ahead, so that without a past its first milliseconds are silent.
fn prime(encoder: &mut opus::Encoder, past: &[i16], rate: u32) {
    if encoder.get_sample_rate().is_ok_and(|own| own == rate) {
        // A past of no length that Opus knows leaves it at rest.
        let _ = encoder.encode(past, &mut [0; MAX_PACKET]);
    }
}

/// Of 20 ms at any rate.
const MAX_PACKET: usize = 1_275;
/// Wideband speech that hides some loss.
const OPUS_BITRATE: i32 = 32_000;
/// Half of what is possible: more costs more than it is heard.
const OPUS_COMPLEXITY: i32 = 5;
/// What the redundancy of each packet is made for.
const EXPECTED_LOSS_PERCENT: i32 = 5;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_codec_gives_back_what_it_was_given() {
        for (codec, rate) in
            [(Codec::Pcma, 8_000), (Codec::Pcmu, 8_000), (Codec::G722, 16_000), (Codec::Opus, 16_000)]
        {
            let mut encoder = Encoder::new(&codec, rate).expect("known");
            let mut decoder = Decoder::new(&codec, rate).expect("known");
            let frame = rate as usize / 50;
            let step = std::f64::consts::TAU * 500.0 / f64::from(rate);
            let sound: Vec<i16> =
                (0..frame * 20).map(|at| (8_000.0 * (step * at as f64).sin()) as i16).collect();
            let mut power = 0.0;
            for samples in sound.chunks(frame) {
                let mut payload = [0; 1_500];
                let len = encoder.encode(samples, &mut payload);
                let mut decoded = vec![0; frame];
                assert_eq!(decoder.decode(&payload[..len], &mut decoded), frame, "{codec:?}");
                power = decoded.iter().map(|&sample| f64::from(sample).powi(2)).sum::<f64>() / frame as f64;
            }
            let level = power.sqrt() / (8_000.0 / 2f64.sqrt());
            assert!((0.8..1.2).contains(&level), "{codec:?}: {level}");
        }
    }

    #[test]
    fn a_lost_frame_of_opus_is_repaired_by_the_next() {
        let rate = 16_000;
        let mut encoder = Encoder::new(&Codec::Opus, rate).expect("known");
        // A voice whose pitch never rests, so that nothing can be guessed from what was.
        let mut phase = 0.0;
        let sound: Vec<i16> = (0..320 * 100)
            .map(|at| {
                let pitch = 160.0 + 70.0 * (at as f64 / 2_100.0).sin() + 40.0 * (at as f64 / 570.0).cos();
                phase += std::f64::consts::TAU * pitch / f64::from(rate);
                let partials = (1..14).map(|n| (phase * f64::from(n)).sin() / f64::from(n));
                (5_000.0 * partials.sum::<f64>()) as i16
            })
            .collect();
        let packets: Vec<Vec<u8>> = sound
            .chunks(320)
            .map(|samples| {
                let mut payload = vec![0; 1_500];
                let len = encoder.encode(samples, &mut payload);
                payload.truncate(len);
                payload
            })
            .collect();
        let error = |repaired: bool| {
            let mut decoder = Decoder::new(&Codec::Opus, rate).expect("known");
            let mut whole = Decoder::new(&Codec::Opus, rate).expect("known");
            let mut sum = 0.0;
            for at in 0..packets.len() {
                let (mut frame, mut right) = ([0; 320], [0; 320]);
                whole.decode(&packets[at], &mut right);
                if at % 5 != 4 || at + 1 == packets.len() {
                    decoder.decode(&packets[at], &mut frame);
                    continue;
                }
                let done = if repaired {
                    decoder.repair(&packets[at + 1], &mut frame)
                } else {
                    decoder.conceal(&mut frame)
                };
                assert!(done);
                let apart = frame
                    .iter()
                    .zip(&right)
                    .map(|(one, other)| (f64::from(*one) - f64::from(*other)).powi(2));
                sum += apart.sum::<f64>();
            }
            sum
        };
        assert!(error(true) < 0.7 * error(false), "{} against {}", error(true), error(false));
    }

    #[test]
    fn broken_opus_is_no_sound() {
        let mut decoder = Decoder::new(&Codec::Opus, 48_000).expect("known");
        let mut samples = vec![0; 5_760];
        assert_eq!(decoder.decode(&[], &mut samples), 0);
        assert_eq!(decoder.decode(&[0xFF; 3], &mut samples), 0);
    }

    #[test]
    fn what_we_cannot_code_has_no_coder() {
        assert!(Encoder::new(&Codec::G729, 8_000).is_none());
        assert!(Encoder::new(&Codec::G722, 8_000).is_none());
        assert!(Decoder::new(&Codec::TelephoneEvent(8_000), 8_000).is_none());
    }
}
