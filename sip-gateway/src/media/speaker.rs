//! What is said to a leg: phrases one after the other, over whatever it hears, which is faded down meanwhile.

use std::collections::VecDeque;
use std::sync::{Arc, OnceLock};

use sip_gateway_proto::media::resample::Resampler;

use super::prompts::{Pcm, RATE};

/// A phrase as sounds.
#[derive(Debug, Clone, Default)]
pub(super) struct Spoken {
    pub(super) words: Vec<Saying>,
}

/// One word of a phrase.
#[derive(Debug, Clone)]
pub(super) enum Saying {
    /// It is here.
    Sound(Pcm),
    /// It is being read from a disk; `None` if it is not there.
    Awaited(Arc<OnceLock<Option<Pcm>>>),
}

/// Says phrases.
#[derive(Debug, Default)]
pub(super) struct Speaker {
    phrases: VecDeque<Spoken>,
    /// Where in the first phrase it is: word, sample.
    word: usize,
    at: usize,
    /// Samples for which it waited for a word.
    waited: usize,
    hushing: bool,
    /// By how much the rest is faded down at present, between 0 and 1.
    ducked: f32,
    rate: u32,
    resampler: Option<Resampler>,
    line: Vec<i16>,
    voice: Vec<i16>,
}

impl Speaker {
    /// Takes a phrase; false if too many wait.
    pub(super) fn say(&mut self, phrase: Spoken) -> bool {
        let room = self.phrases.len() < MAX_PHRASES;
        if room {
            self.phrases.push_back(phrase);
        }
        room
    }

    /// Says nothing more.
    pub(super) fn hush(&mut self) {
        // What it is in the middle of is faded out; what is to be said after this is another matter.
        self.phrases.truncate(1);
        self.hushing = !self.phrases.is_empty();
    }

    /// Whether it has something to say, or what was faded down has not come up again.
    pub(super) fn is_busy(&self) -> bool {
        !self.phrases.is_empty() || self.ducked > 0.0
    }

    /// Forgets all phrases, and tells how many those were.
    pub(super) fn give_up(&mut self) -> usize {
        let given_up = self.phrases.len();
        *self = Self::default();
        given_up
    }

    /// Speaks over a frame of one of the rates of telephony, and tells how many phrases ended in it.
    pub(super) fn speak(&mut self, frame: &mut [i16], rate: u32) -> usize {
        if self.rate != rate {
            (self.rate, self.resampler) = (rate, Resampler::new(RATE, rate));
        }
        let talks = !self.phrases.is_empty();
        self.line.clear();
        self.line.resize(frame.len() * RATE as usize / rate.max(1) as usize, 0);
        let ended = if talks { self.fill() } else { 0 };

        self.voice.clear();
        match &mut self.resampler {
            Some(resampler) => {
                self.voice.resize(frame.len(), 0);
                resampler.process(&self.line, &mut self.voice);
            }
            None => self.voice.extend_from_slice(&self.line),
        }
        let step = 1_000.0 / (rate as f32 * FADE_MILLIS) * if talks { 1.0 } else { -1.0 };
        for (sample, &voice) in frame.iter_mut().zip(&self.voice) {
            self.ducked = (self.ducked + step).clamp(0.0, 1.0);
            let rest = f32::from(*sample) * (1.0 - self.ducked * DUCK);
            *sample = (rest + f32::from(voice)) as i16; // saturates
        }
        ended
    }

    /// Fills the line with what comes next, and tells how many phrases ended.
    fn fill(&mut self) -> usize {
        let mut line = std::mem::take(&mut self.line);
        let (mut filled, mut ended) = (0, 0);
        while filled < line.len() {
            let Some(phrase) = self.phrases.front() else { break };
            let Some(word) = phrase.words.get(self.word) else {
                self.phrases.pop_front();
                (self.word, self.at) = (0, 0);
                if std::mem::take(&mut self.hushing) {
                    break;
                }
                ended += 1;
                continue;
            };
            let sound = match word {
                Saying::Sound(sound) => Some(sound),
                Saying::Awaited(word) => match word.get() {
                    Some(word) => word.as_ref(),
                    None if self.waited < MAX_WAIT => {
                        self.waited += line.len() - filled;
                        break;
                    }
                    None => None,
                },
            };
            let copied = sound.map_or(0, |sound| sound.copy(self.at, &mut line[filled..]));
            filled += copied;
            self.at += copied;
            if sound.is_none_or(|sound| self.at >= sound.len()) {
                (self.word, self.at, self.waited) = (self.word + 1, 0, 0);
            }
        }
        if self.hushing {
            let len = line.len().max(1) as f32;
            for (at, sample) in line.iter_mut().enumerate() {
                *sample = (f32::from(*sample) * (1.0 - at as f32 / len)) as i16;
            }
            self.phrases.pop_front();
            (self.word, self.at, self.waited, self.hushing) = (0, 0, 0, false);
        }
        self.line = line;
        ended
    }
}

const MAX_PHRASES: usize = 8;
/// 15 dB down is a share of 0.18 left.
const DUCK: f32 = 0.82;
const FADE_MILLIS: f32 = 60.0;
/// Five seconds of waiting for a disk.
const MAX_WAIT: usize = 80_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phrases_are_said_to_their_ends_in_order_and_each_end_is_told_once() {
        let mut speaker = Speaker::default();
        assert!(speaker.say(phrase(&[320, 100])));
        assert!(speaker.say(phrase(&[320])));

        let ends: Vec<usize> = (0..5).map(|_| speaker.speak(&mut [0; 320], 16_000)).collect();

        assert_eq!(ends, [0, 1, 1, 0, 0]);
    }

    #[test]
    fn what_is_heard_is_faded_down_and_comes_up_again_without_a_step() {
        let mut speaker = Speaker::default();
        let mut heard = Vec::new();
        for at in 0..40 {
            if at == 5 {
                speaker.say(Spoken { words: vec![Saying::Sound(Pcm::Kept(vec![0; 3_200].into()))] });
            }
            let mut frame = [8_000; 320];
            speaker.speak(&mut frame, 16_000);
            heard.extend(frame);
        }
        assert!(!speaker.is_busy());
        assert_eq!((heard[0], heard[12_799]), (8_000, 8_000));
        assert!((1_400..1_500).contains(heard.iter().min().expect("some")));
        assert!(heard.windows(2).all(|pair| (pair[0] - pair[1]).abs() < 10));
    }

    #[test]
    fn hushing_fades_within_a_frame_and_tells_no_end() {
        let mut speaker = Speaker::default();
        speaker.say(phrase(&[16_000]));
        speaker.say(phrase(&[16_000]));
        speaker.speak(&mut [0; 320], 16_000);
        speaker.hush();
        // What is said after it, is.
        speaker.say(phrase(&[100]));
        let mut frame = [0; 320];

        assert_eq!(speaker.speak(&mut frame, 16_000), 0);

        assert!(frame[0] == 1_000 && frame[319] < 10);
        assert_eq!(speaker.speak(&mut [0; 320], 16_000), 1);
        let mut frame = [0; 320];
        assert_eq!((speaker.speak(&mut frame, 16_000), frame[0]), (0, 0));
    }

    #[test]
    fn a_word_on_its_way_from_the_disk_is_waited_for_and_one_that_is_not_there_is_left_out() {
        let mut speaker = Speaker::default();
        let (comes, lacks) = (Arc::new(OnceLock::new()), Arc::new(OnceLock::new()));
        let words = vec![Saying::Awaited(Arc::clone(&comes)), Saying::Awaited(Arc::clone(&lacks))];
        speaker.say(Spoken { words });
        let mut frame = [0; 320];
        assert_eq!((speaker.speak(&mut frame, 16_000), frame[0]), (0, 0));

        comes.set(Some(Pcm::Kept(vec![1_000; 320].into()))).expect("once");
        assert_eq!((speaker.speak(&mut frame, 16_000), frame[0]), (0, 1_000));
        lacks.set(None).expect("once");
        assert_eq!(speaker.speak(&mut [0; 320], 16_000), 1);
    }

    #[test]
    fn who_never_listens_is_not_told_without_end() {
        let mut speaker = Speaker::default();
        assert_eq!((0..20).filter(|_| speaker.say(phrase(&[100]))).count(), MAX_PHRASES);
    }

    /// Words of such lengths.
    fn phrase(words: &[usize]) -> Spoken {
        let word = |len: &usize| Saying::Sound(Pcm::Kept(vec![1_000; *len].into()));
        Spoken { words: words.iter().map(word).collect() }
    }
}
