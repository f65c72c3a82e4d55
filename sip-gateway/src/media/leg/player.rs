//! Sounds that we play to a leg, in its codec.

use sip_gateway_proto::call::Sound;
use sip_gateway_proto::media::sounds::{BUSY, CONFIRMATION, MusicPlayer, RINGBACK, TonePlayer, UNOBTAINABLE};
use sip_gateway_proto::sdp::{Agreed, Codec};

use crate::media::codec::{Encoder, sample_rate};

/// Plays one sound.
#[derive(Debug)]
pub(in crate::media) struct Player {
    voice: Voice,
    encoder: Encoder,
    codec: Codec,
    frame: Vec<i16>,
}

#[derive(Debug)]
enum Voice {
    Tone(TonePlayer),
    Music(MusicPlayer),
}

impl Player {
    /// A sound from its beginning; `None` if it is no sound, or the leg's codec is one that we only pass on.
    pub(in crate::media) fn new(sound: Sound, to: &Agreed) -> Option<Self> {
        let codec = to.send.codec.clone();
        let rate = sample_rate(&codec, OPUS_RATE)?;
        let voice = match sound {
            Sound::Silence | Sound::Echo => return None,
            Sound::Music => Voice::Music(MusicPlayer::new(rate)),
            Sound::Ringback => Voice::Tone(TonePlayer::new(RINGBACK, rate)),
            Sound::Busy => Voice::Tone(TonePlayer::new(BUSY, rate)),
            Sound::Unobtainable => Voice::Tone(TonePlayer::new(UNOBTAINABLE, rate)),
            Sound::Confirmation => Voice::Tone(TonePlayer::new(CONFIRMATION, rate)),
        };
        let samples = (rate / 1_000) as usize * usize::from(to.ptime.clamp(10, 60));
        let encoder = Encoder::new(&codec, rate)?;
        Some(Self { voice, encoder, codec, frame: vec![0; samples] })
    }

    /// Whether it goes on as it is after something was agreed on anew.
    pub(in crate::media) fn suits(&self, to: &Agreed) -> bool {
        let Some(rate) = sample_rate(&to.send.codec, OPUS_RATE) else { return false };
        let samples = (rate / 1_000) as usize * usize::from(to.ptime.clamp(10, 60));
        to.send.codec == self.codec && samples == self.frame.len()
    }

    /// Makes the payload of one packet; `None` when it is over.
    pub(in crate::media) fn make(&mut self, payload: &mut [u8]) -> Option<usize> {
        match &mut self.voice {
            Voice::Tone(tone) if tone.is_over() => return None,
            Voice::Tone(tone) => tone.fill(&mut self.frame),
            Voice::Music(music) => music.fill(&mut self.frame),
        }
        Some(self.encoder.encode(&self.frame, payload))
    }
}

/// The rate at which Opus is given sounds of ours.
const OPUS_RATE: u32 = 48_000;
