//! The sounds of prompts: those that the build has spoken, or an administrator's recordings.

use std::collections::HashMap;
use std::f32::consts::TAU;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sip_gateway_proto::ivr::Prompt;
use sip_gateway_proto::media::resample::Resampler;
use sip_gateway_proto::media::wav::{self, WavError};
use sip_gateway_proto::plan::Language;

include!(concat!(env!("OUT_DIR"), "/prompts.rs"));

/// Why an administrator's recording cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("prompts: {}: {why}", path.display())]
pub struct PromptError {
    path: PathBuf,
    why: Fault,
}

#[derive(Debug, thiserror::Error)]
enum Fault {
    #[error("it is no directory")]
    Directory,
    #[error("{0}")]
    Read(#[from] std::io::Error),
    #[error("{0}")]
    Sound(#[from] SoundError),
}

/// Why a file is no sound that we can use.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SoundError {
    /// Something else, or of a kind that we do not read.
    #[error("{0}")]
    Format(#[from] WavError),
    /// A rate that telephony does not know.
    #[error("{0} Hz is not 8000, 16000 or 48000 Hz")]
    Rate(u32),
    /// Nobody listens for that long.
    #[error("it is longer than {} seconds", MAX_SECONDS)]
    Length,
}

/// Sound of 16 kHz that several legs may hear at once.
#[derive(Debug, Clone)]
pub(super) enum Pcm {
    /// Of the program itself: samples, the low octet first.
    Embedded(&'static [u8]),
    /// Read from a file.
    Kept(Arc<[i16]>),
}

impl Pcm {
    /// No sound at all.
    pub(super) const NOTHING: Self = Self::Embedded(&[]);

    /// Samples of all of it.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Embedded(octets) => octets.len() / 2,
            Self::Kept(samples) => samples.len(),
        }
    }

    /// Copies what begins somewhere, and tells how much that was.
    pub(super) fn copy(&self, from: usize, into: &mut [i16]) -> usize {
        let count = self.len().saturating_sub(from).min(into.len());
        match self {
            Self::Embedded(octets) => {
                let pairs = octets[2 * from.min(self.len())..].chunks_exact(2);
                for (sample, pair) in into.iter_mut().zip(pairs) {
                    *sample = i16::from_le_bytes([pair[0], pair[1]]);
                }
            }
            Self::Kept(samples) => into[..count].copy_from_slice(&samples[from..][..count]),
        }
        count
    }
}

/// All prompts in all languages.
#[derive(Debug)]
pub(super) struct Prompts {
    sounds: HashMap<(Language, Prompt), Pcm>,
}

impl Prompts {
    /// Those of the build, and in their place the WAV files that are in `fr/` and `en/` of a directory.
    pub(super) fn load(directory: Option<&Path>) -> Result<Self, PromptError> {
        if let Some(path) = directory.filter(|directory| !directory.is_dir()) {
            return Err(PromptError { path: path.to_owned(), why: Fault::Directory });
        }
        let mut sounds = HashMap::new();
        for (language, spoken, folder) in LANGUAGES {
            let spoken: HashMap<&str, &'static [u8]> = spoken.iter().copied().collect();
            for &prompt in Prompt::ALL {
                let own = directory
                    .map(|directory| directory.join(folder).join(prompt.name()).with_extension("wav"));
                let sound = match own.filter(|path| path.exists()) {
                    Some(path) => Pcm::Kept(read(&path).map_err(|why| PromptError { path, why })?),
                    None => match spoken.get(prompt.name()) {
                        Some(octets) => Pcm::Embedded(octets),
                        None => Pcm::Kept(beep()),
                    },
                };
                sounds.insert((language, prompt), sound);
            }
        }
        Ok(Self { sounds })
    }

    /// What a prompt sounds like.
    pub(super) fn sound(&self, language: Language, prompt: Prompt) -> Pcm {
        self.sounds.get(&(language, prompt)).cloned().unwrap_or(Pcm::NOTHING)
    }
}

/// The sound of a file, at the rate of prompts.
fn read(path: &Path) -> Result<Arc<[i16]>, Fault> {
    Ok(sound_of(&std::fs::read(path)?)?.into())
}

/// The sound in a WAV file, at the rate of prompts.
pub(super) fn sound_of(file: &[u8]) -> Result<Vec<i16>, SoundError> {
    let mut wav = wav::read(file)?;
    if wav.samples.len() as u64 > u64::from(wav.rate) * u64::from(MAX_SECONDS) {
        return Err(SoundError::Length);
    }
    if wav.rate == RATE {
        return Ok(wav.samples);
    }
    let mut resampler = Resampler::new(wav.rate, RATE).ok_or(SoundError::Rate(wav.rate))?;
    // Downwards it takes whole multiples only.
    wav.samples.resize(wav.samples.len().next_multiple_of(3), 0);
    let mut samples = vec![0; resampler.output_len(wav.samples.len())];
    let written = resampler.process(&wav.samples, &mut samples);
    samples.truncate(written);
    Ok(samples)
}

/// From here on the caller speaks.
fn beep() -> Arc<[i16]> {
    let len = RATE as usize * BEEP_MILLIS / 1_000;
    let edge = RATE as usize / 100;
    let sample = |at: usize| {
        let fade = (at.min(len - at) as f32 / edge as f32).min(1.0);
        ((TAU * BEEP_HERTZ * at as f32 / RATE as f32).sin() * fade * BEEP_PEAK) as i16
    };
    (0..len).map(sample).collect()
}

type Spoken = &'static [(&'static str, &'static [u8])];
const LANGUAGES: [(Language, Spoken, &str); 2] =
    [(Language::French, FRENCH, "fr"), (Language::English, ENGLISH, "en")];

/// Of all sounds here.
pub(super) const RATE: u32 = 16_000;
const MAX_SECONDS: u32 = 60;
const BEEP_MILLIS: usize = 350;
const BEEP_HERTZ: f32 = 800.0;
/// 16 dB below the loudest sine, as the tones of the network.
const BEEP_PEAK: f32 = 5_180.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_prompt_is_spoken_in_both_languages_at_about_one_loudness() {
        let prompts = Prompts::load(None).expect("those of the build");
        for (language, ..) in LANGUAGES {
            for &prompt in Prompt::ALL {
                let sound = prompts.sound(language, prompt);
                let seconds = sound.len() as f64 / f64::from(RATE);
                assert!((0.2..12.0).contains(&seconds), "{language:?} {}: {seconds} s", prompt.name());
                let mut samples = vec![0; sound.len()];
                sound.copy(0, &mut samples);
                let power = samples.iter().map(|&sample| f64::from(sample).powi(2)).sum::<f64>();
                let level = 20.0 * ((power / samples.len() as f64).sqrt() / 32_767.0).log10();
                assert!((-29.0..-18.0).contains(&level), "{language:?} {}: {level} dB", prompt.name());
                assert!(samples.iter().all(|sample| sample.unsigned_abs() < 31_000), "nothing is cut");
                let ends = [samples[0], samples[samples.len() - 1]];
                assert!(ends.iter().all(|sample| sample.abs() < 60), "{}: {ends:?}", prompt.name());
            }
        }
    }

    #[test]
    fn a_recording_takes_the_place_of_a_prompt_at_any_rate_of_telephony() {
        let directory = tempfile::tempdir().expect("a directory");
        std::fs::create_dir(directory.path().join("fr")).expect("made");
        for (name, rate) in [("muted", 8_000), ("unmuted", 16_000), ("welcome", 48_000)] {
            let mut file = wav::header(rate, rate).to_vec();
            file.extend((0..rate).flat_map(|_| 500i16.to_le_bytes()));
            std::fs::write(directory.path().join("fr").join(name).with_extension("wav"), file)
                .expect("written");
        }

        let prompts = Prompts::load(Some(directory.path())).expect("good files");

        for prompt in [Prompt::Muted, Prompt::Unmuted, Prompt::Welcome] {
            let sound = prompts.sound(Language::French, prompt);
            assert!(sound.len().abs_diff(RATE as usize) <= 2, "{prompt:?}: {}", sound.len());
            let mut middle = [0; 1];
            sound.copy(RATE as usize / 2, &mut middle);
            assert!((495..=505).contains(&middle[0]), "{prompt:?}: {middle:?}");
        }
        assert!(matches!(prompts.sound(Language::English, Prompt::Muted), Pcm::Embedded(_)));
    }

    #[test]
    fn a_file_that_is_no_recording_is_named_with_the_reason() {
        let directory = tempfile::tempdir().expect("a directory");
        std::fs::create_dir(directory.path().join("en")).expect("made");
        std::fs::write(directory.path().join("en/goodbye.wav"), b"MP3").expect("written");

        let error = Prompts::load(Some(directory.path())).expect_err("no WAV").to_string();

        assert!(error.ends_with("en/goodbye.wav: it is no WAV file"), "{error}");
        let error = Prompts::load(Some(&directory.path().join("de"))).expect_err("nothing there").to_string();
        assert!(error.ends_with("de: it is no directory"), "{error}");
    }
}
