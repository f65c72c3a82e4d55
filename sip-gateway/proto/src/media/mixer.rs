//! Mixes a meeting for its phones at 48 kHz: everybody hears the loudest few, nobody hears himself.
//!
//! ```text
//! put(frames) → mix() → shared(): one mix, encoded once, for all who are not among the loudest
//!                     → own(input): the same without this one, for each of the loudest
//! ```

/// A meeting's mix.
#[derive(Debug, Clone)]
pub struct Mixer {
    inputs: Vec<Option<Input>>,
    /// What is heard of all, before limiting.
    sum: Box<[f32; FRAME]>,
    shared: Box<[i16; FRAME]>,
}

/// A place at the mixer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct InputId(usize);

#[derive(Debug, Clone)]
struct Input {
    frame: Box<[i16; FRAME]>,
    fresh: bool,
    /// What it adds to the sum in this frame.
    part: Box<[f32; FRAME]>,
    heard: bool,
    /// Mean square, quick to rise and slow to fall.
    power: f32,
    gain: f32,
    target: f32,
    /// The last sample of its part, which must not break off.
    tail: f32,
    leaving: bool,
}

impl Mixer {
    /// Nobody is there.
    #[must_use]
    pub fn new() -> Self {
        Self { inputs: Vec::new(), sum: Box::new([0.0; FRAME]), shared: Box::new([0; FRAME]) }
    }

    /// Adds an input; `None` if all places are taken.
    pub fn add(&mut self) -> Option<InputId> {
        let free = self.inputs.iter().position(Option::is_none);
        let at = match free {
            Some(at) => at,
            None if self.inputs.len() < MAX_INPUTS => {
                self.inputs.push(None);
                self.inputs.len() - 1
            }
            None => return None,
        };
        self.inputs[at] = Some(Input::new());
        Some(InputId(at))
    }

    /// Removes an input. Its sound dies away in the next frame instead of breaking off; then its place is free.
    pub fn remove(&mut self, id: InputId) {
        if let Some(input) = self.input_mut(id) {
            input.leaving = true;
        }
    }

    /// Takes an input's frame for the next mix.
    pub fn put(&mut self, id: InputId, frame: &[i16; FRAME]) {
        if let Some(input) = self.input_mut(id).filter(|input| !input.leaving) {
            input.frame.copy_from_slice(frame);
            input.fresh = true;
        }
    }

    /// Mixes what was put since the last time.
    pub fn mix(&mut self) {
        for input in self.inputs.iter_mut().flatten() {
            input.measure();
        }
        self.choose();

        self.sum.fill(0.0);
        for input in self.inputs.iter_mut().flatten() {
            input.render();
            if input.heard {
                for (sum, part) in self.sum.iter_mut().zip(input.part.iter()) {
                    *sum += part;
                }
            }
        }
        for (sample, sum) in self.shared.iter_mut().zip(self.sum.iter()) {
            *sample = limit(*sum);
        }
        for place in &mut self.inputs {
            if place.as_ref().is_some_and(|input| input.leaving && !input.heard) {
                *place = None;
            }
        }
    }

    /// What everybody hears who is not heard.
    #[must_use]
    pub fn shared(&self) -> &[i16; FRAME] {
        &self.shared
    }

    /// Whether an input hears something else than the others: it is in the mix and must not hear itself.
    #[must_use]
    pub fn is_heard(&self, id: InputId) -> bool {
        self.inputs.get(id.0).and_then(Option::as_ref).is_some_and(|input| input.heard)
    }

    /// Writes what an input hears that is heard itself.
    pub fn own(&self, id: InputId, samples: &mut [i16; FRAME]) {
        let heard = self.inputs.get(id.0).and_then(Option::as_ref).filter(|input| input.heard);
        let Some(input) = heard else {
            samples.copy_from_slice(&self.shared[..]);
            return;
        };
        for (at, sample) in samples.iter_mut().enumerate() {
            *sample = limit(self.sum[at] - input.part[at]);
        }
    }

    fn input_mut(&mut self, id: InputId) -> Option<&mut Input> {
        self.inputs.get_mut(id.0)?.as_mut()
    }

    /// Lets the loudest few be heard. Who is heard already stays until another is clearly louder.
    fn choose(&mut self) {
        let mut loudest: [Option<(f32, usize)>; LOUDEST] = [None; LOUDEST];
        for (at, input) in self.inputs.iter().enumerate() {
            let Some(input) = input else { continue };
            let mut candidate = Some((input.power * if input.target > 0.0 { BONUS } else { 1.0 }, at));
            if input.leaving || input.power < FLOOR {
                continue;
            }
            for place in &mut loudest {
                if place.is_none_or(|(power, _)| candidate.is_some_and(|(own, _)| own > power)) {
                    std::mem::swap(place, &mut candidate);
                }
            }
        }
        for (at, input) in self.inputs.iter_mut().enumerate() {
            let Some(input) = input else { continue };
            let chosen = loudest.iter().flatten().any(|&(_, of)| of == at);
            input.target = if chosen { 1.0 } else { 0.0 };
        }
    }
}

impl Default for Mixer {
    fn default() -> Self {
        Self::new()
    }
}

impl Input {
    fn new() -> Self {
        Self {
            frame: Box::new([0; FRAME]),
            fresh: false,
            part: Box::new([0.0; FRAME]),
            heard: false,
            power: 0.0,
            gain: 0.0,
            target: 0.0,
            tail: 0.0,
            leaving: false,
        }
    }

    fn measure(&mut self) {
        let mut power = 0.0;
        if self.fresh {
            power = energy(&self.frame) / FRAME as f32;
        }
        self.power = power.max(self.power * RELEASE);
    }

    /// Computes its part of this frame: faded in or out over the frame, or, if there is no frame, led to zero.
    fn render(&mut self) {
        let fresh = std::mem::take(&mut self.fresh);
        self.heard = fresh && (self.gain > 0.0 || self.target > 0.0) || self.tail != 0.0;
        if !self.heard {
            self.gain = if fresh { self.target } else { 0.0 };
            return;
        }
        if fresh {
            let step = (self.target - self.gain) / FRAME as f32;
            for (part, &sample) in self.part.iter_mut().zip(self.frame.iter()) {
                self.gain += step;
                *part = f32::from(sample) * self.gain;
            }
            self.gain = self.target;
            self.tail = self.part[FRAME - 1] * self.gain;
        } else {
            for (at, part) in self.part.iter_mut().enumerate() {
                *part = self.tail * (1.0 - at as f32 / FADE as f32).max(0.0);
            }
            // When it comes back it fades in.
            (self.gain, self.tail) = (0.0, 0.0);
        }
    }
}

/// The sum of squares, in eight lanes that do not wait for each other.
fn energy(frame: &[i16; FRAME]) -> f32 {
    let mut sums = [0f32; 8];
    for samples in frame.chunks_exact(8) {
        for (sum, &sample) in sums.iter_mut().zip(samples) {
            *sum += f32::from(sample) * f32::from(sample);
        }
    }
    sums.iter().sum()
}

/// Bends what is too loud instead of cutting it. Without memory, it makes no transitions of its own.
fn limit(sample: f32) -> i16 {
    let size = sample.abs();
    if size <= KNEE {
        return sample as i16;
    }
    let over = (size - KNEE) / (CEILING - KNEE);
    let bent = KNEE + (CEILING - KNEE) * over / (1.0 + over);
    bent.copysign(sample) as i16
}

/// 20 ms.
pub const FRAME: usize = 960;
/// Who is heard at once.
const LOUDEST: usize = 3;
const MAX_INPUTS: usize = 1_000;
/// 3 dB for those who speak already.
const BONUS: f32 = 2.0;
/// Nobody is heard below -60 dBov.
const FLOOR: f32 = 32.767 * 32.767;
/// A speaker is remembered for some 300 ms.
const RELEASE: f32 = 0.8;
/// 5 ms.
const FADE: usize = 240;
const KNEE: f32 = 24_000.0;
const CEILING: f32 = 32_767.0;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::testing::{amplitude, largest_step, rms, tone};

    #[test]
    fn everybody_hears_the_others_and_nobody_himself() {
        let mut meeting = Meeting::new(&[(400.0, -20.0), (1_000.0, -20.0), (0.0, -99.0)]);
        let heard = meeting.run(10);

        let [first, second, listener] = &heard[..] else { panic!("three inputs") };
        let has = |sound: &[i16], frequency| amplitude(&sound[4_800..], 48_000, frequency) > 0.09;
        assert_eq!((has(first, 400.0), has(first, 1_000.0)), (false, true));
        assert_eq!((has(second, 400.0), has(second, 1_000.0)), (true, false));
        assert_eq!((has(listener, 400.0), has(listener, 1_000.0)), (true, true));
    }

    #[test]
    fn all_listeners_share_one_mix() {
        let mut meeting = Meeting::new(&[(400.0, -20.0), (0.0, -99.0), (0.0, -99.0)]);
        meeting.run(5);

        let own_mixes = meeting.ids.iter().filter(|&&id| meeting.mixer.is_heard(id)).count();
        assert_eq!(own_mixes, 1);
    }

    #[test]
    fn only_the_loudest_few_are_heard() {
        let mut meeting =
            Meeting::new(&[(400.0, -30.0), (600.0, -14.0), (800.0, -16.0), (1_000.0, -18.0), (0.0, -99.0)]);
        let heard = meeting.run(10);

        let listener = &heard[4][4_800..];
        let level = |frequency| amplitude(listener, 48_000, frequency);
        assert!(level(400.0) < 0.001 && level(600.0) > 0.15 && level(1_000.0) > 0.1);
    }

    #[test]
    fn a_slightly_louder_voice_takes_no_place() {
        let mut meeting = Meeting::new(&[(400.0, -20.0), (600.0, -20.0), (800.0, -20.0), (1_000.0, -99.0)]);
        meeting.run(5);
        meeting.voices[3].1 = -18.5;
        meeting.run(20);
        assert!(!meeting.mixer.is_heard(meeting.ids[3]));

        meeting.voices[3].1 = -15.0;
        meeting.run(20);
        assert!(meeting.mixer.is_heard(meeting.ids[3]));
    }

    #[test]
    fn joining_and_leaving_and_missing_frames_make_no_click() {
        let mut meeting = Meeting::new(&[(0.0, -99.0), (440.0, -12.0)]);
        let mut heard = meeting.run(5).swap_remove(0);
        meeting.silent = Some(1);
        heard.extend(meeting.run(2).swap_remove(0));
        meeting.silent = None;
        heard.extend(meeting.run(5).swap_remove(0));
        meeting.mixer.remove(meeting.ids[1]);
        heard.extend(meeting.run(3).swap_remove(0));

        let steepest = largest_step(&tone(48_000, 440.0, -12.0, 4_800));
        assert!(largest_step(&heard) <= steepest + 40, "{} against {steepest}", largest_step(&heard));
        assert!(rms(&heard[heard.len() - FRAME..]) < 1.0);
    }

    #[test]
    fn who_left_gives_the_place_back_and_places_are_bounded() {
        let mut mixer = Mixer::new();
        let first = mixer.add().unwrap();
        mixer.remove(first);
        mixer.mix();
        assert_eq!(mixer.add(), Some(first));
        assert_eq!((0..2_000).filter_map(|_| mixer.add()).count(), MAX_INPUTS - 1);
    }

    #[test]
    fn many_loud_voices_are_bent_and_do_not_fold() {
        let mut meeting = Meeting::new(&[(400.0, -1.0), (401.0, -1.0), (402.0, -1.0), (0.0, -99.0)]);
        let listener = &meeting.run(10)[3];

        assert!(largest_step(listener) < 8_000);
        assert!(listener.iter().any(|&sample| sample > 28_000));
        assert_eq!((limit(0.0), limit(24_000.0)), (0, 24_000));
        assert!(limit(1e9) > 32_700 && limit(-1e9) < -32_700);
    }

    /// Voices by frequency and level, each with its place at the mixer.
    struct Meeting {
        mixer: Mixer,
        ids: Vec<InputId>,
        voices: Vec<(f64, f64)>,
        silent: Option<usize>,
        at: usize,
    }

    impl Meeting {
        fn new(voices: &[(f64, f64)]) -> Self {
            let mut mixer = Mixer::new();
            let ids = voices.iter().map(|_| mixer.add().unwrap()).collect();
            Self { mixer, ids, voices: voices.to_vec(), silent: None, at: 0 }
        }

        /// What everybody hears during some frames.
        fn run(&mut self, frames: usize) -> Vec<Vec<i16>> {
            let mut heard = vec![Vec::new(); self.ids.len()];
            for _ in 0..frames {
                for (n, (&id, &(frequency, level))) in self.ids.iter().zip(&self.voices).enumerate() {
                    let sound = tone(48_000, frequency, level, self.at + FRAME);
                    if self.silent != Some(n) {
                        self.mixer.put(id, sound[self.at..].try_into().unwrap());
                    }
                }
                self.mixer.mix();
                for (&id, heard) in self.ids.iter().zip(&mut heard) {
                    let mut samples = [0; FRAME];
                    self.mixer.own(id, &mut samples);
                    heard.extend(samples);
                }
                self.at += FRAME;
            }
            heard
        }
    }
}
