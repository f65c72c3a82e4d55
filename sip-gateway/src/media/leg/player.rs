//! Sounds that we play to a leg, in its codec; or silence, over which something is said.

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
    rate: u32,
    frame: Vec<i16>,
}

#[derive(Debug)]
enum Voice {
    Quiet,
    Tone(TonePlayer),
    Music(MusicPlayer),
}

impl Player {
    /// A sound from its beginning; `None` if it is no sound, or the leg's codec is one that we only pass on.
    pub(in crate::media) fn new(sound: Sound, to: &Agreed) -> Option<Self> {
        let voice = |rate| match sound {
            Sound::Silence | Sound::Echo => None,
            Sound::Music => Some(Voice::Music(MusicPlayer::new(rate))),
            Sound::Ringback => Some(Voice::Tone(TonePlayer::new(RINGBACK, rate))),
            Sound::Busy => Some(Voice::Tone(TonePlayer::new(BUSY, rate))),
            Sound::Unobtainable => Some(Voice::Tone(TonePlayer::new(UNOBTAINABLE, rate))),
            Sound::Confirmation => Some(Voice::Tone(TonePlayer::new(CONFIRMATION, rate))),
        };
        Self::with(voice, to)
    }

    /// Silence without end, over which something is to be said; `None` if the leg's codec is one that we only pass on.
    pub(in crate::media) fn quiet(to: &Agreed) -> Option<Self> {
        Self::with(|_| Some(Voice::Quiet), to)
    }

    fn with(voice: impl FnOnce(u32) -> Option<Voice>, to: &Agreed) -> Option<Self> {
        let codec = to.send.codec.clone();
        let rate = sample_rate(&codec, OPUS_RATE)?;
        let samples = (rate / 1_000) as usize * usize::from(to.ptime.clamp(10, 60));
        let encoder = Encoder::new(&codec, rate)?;
        Some(Self { voice: voice(rate)?, encoder, codec, rate, frame: vec![0; samples] })
    }

    /// Its coder.
    pub(in crate::media) fn encoder(&mut self) -> &mut Encoder {
        &mut self.encoder
    }

    /// Whether it plays something, or only lets something be said.
    pub(in crate::media) fn is_quiet(&self) -> bool {
        matches!(self.voice, Voice::Quiet)
    }

    /// Whether it goes on as it is after something was agreed on anew.
    pub(in crate::media) fn suits(&self, to: &Agreed) -> bool {
        let Some(rate) = sample_rate(&to.send.codec, OPUS_RATE) else { return false };
        let samples = (rate / 1_000) as usize * usize::from(to.ptime.clamp(10, 60));
        to.send.codec == self.codec && samples == self.frame.len()
    }

    /// Makes the payload of one packet; `over` may say something over its sound, which has the given rate.
    pub(in crate::media) fn make(&mut self, payload: &mut [u8], over: impl FnOnce(&mut [i16], u32)) -> usize {
        match &mut self.voice {
            Voice::Quiet => self.frame.fill(0),
            Voice::Tone(tone) => tone.fill(&mut self.frame),
            Voice::Music(music) => music.fill(&mut self.frame),
        }
        over(&mut self.frame, self.rate);
        self.encoder.encode(&self.frame, payload)
    }

    /// Whether nothing but silence follows.
    pub(in crate::media) fn is_over(&self) -> bool {
        matches!(&self.voice, Voice::Tone(tone) if tone.is_over())
    }
}

/// The rate at which Opus is given sounds of ours.
const OPUS_RATE: u32 = 48_000;
