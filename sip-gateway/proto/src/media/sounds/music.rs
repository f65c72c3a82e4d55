//! Music on hold, which we compose ourselves: it belongs to nobody, and sounds well through a telephone's band.
//!
//! Eight bars of plucked chords over a quiet ground, in a loop without seam: what still rings at the end rings on at the
//! beginning.

use std::f64::consts::TAU;
use std::sync::LazyLock;

/// The loop at one of the sampling rates of telephony, composed when it is first asked for (which takes a moment).
#[must_use]
pub fn music(rate: u32) -> &'static [i16] {
    static NARROW: LazyLock<Vec<i16>> = LazyLock::new(|| compose(8_000));
    static WIDE: LazyLock<Vec<i16>> = LazyLock::new(|| compose(16_000));
    static FULL: LazyLock<Vec<i16>> = LazyLock::new(|| compose(48_000));
    match rate {
        0..=8_000 => &NARROW,
        8_001..=16_000 => &WIDE,
        _ => &FULL,
    }
}

/// A listener's place in the music.
#[derive(Debug, Clone)]
pub struct MusicPlayer {
    music: &'static [i16],
    at: usize,
}

impl MusicPlayer {
    /// From the beginning.
    #[must_use]
    pub fn new(rate: u32) -> Self {
        Self { music: music(rate), at: 0 }
    }

    /// Fills a frame.
    pub fn fill(&mut self, samples: &mut [i16]) {
        for sample in samples {
            *sample = self.music[self.at];
            self.at = (self.at + 1) % self.music.len();
        }
    }
}

/// Semitones above A4 of the bars' chords: root below, then what is plucked, up and down.
const BARS: [(i32, [i32; 4]); 8] = [
    (-21, [-9, -5, -2, 3]),    // C
    (-24, [-12, -9, -5, 0]),   // A minor
    (-28, [-16, -12, -9, -4]), // F
    (-26, [-14, -10, -7, -2]), // G
    (-17, [-5, -2, 2, 7]),     // E minor
    (-24, [-12, -9, -5, 0]),   // A minor
    (-19, [-7, -4, 0, 5]),     // D minor
    (-26, [-14, -10, -7, -2]), // G
];

fn compose(rate: u32) -> Vec<i16> {
    let len = rate as usize * BAR_MILLIS / 1_000 * BARS.len();
    let mut sound = vec![0f32; len];
    for (bar, (root, chord)) in BARS.into_iter().enumerate() {
        let begins = rate as usize * BAR_MILLIS / 1_000 * bar;
        // An octave up: below 300 Hz a telephone carries little.
        ground(&mut sound, rate, begins, hertz(root + 12));
        for (beat, note) in [0, 1, 2, 3, 2, 1].into_iter().enumerate() {
            let at = begins + rate as usize * BAR_MILLIS / 1_000 * beat / 6;
            pluck(&mut sound, rate, at, hertz(chord[note]));
        }
    }
    let peak = sound.iter().fold(1.0f32, |peak, sample| peak.max(sample.abs()));
    sound.iter().map(|sample| (sample / peak * PEAK) as i16).collect()
}

/// A string: a few harmonics, of which the higher fade sooner.
fn pluck(sound: &mut [f32], rate: u32, at: usize, frequency: f64) {
    for (harmonic, strength) in [(1, 1.0), (2, 0.45), (3, 0.2), (4, 0.08)] {
        let fade = |seconds: f64| strength * (-seconds * (2.0 + 1.2 * f64::from(harmonic))).exp();
        add(sound, rate, at, frequency * f64::from(harmonic), 2.0, |seconds| {
            fade(seconds) * (seconds / ATTACK).min(1.0)
        });
    }
}

/// A soft tone that swells and ebbs over its bar and a little of the next.
fn ground(sound: &mut [f32], rate: u32, at: usize, frequency: f64) {
    let span = BAR_MILLIS as f64 / 1_000.0 * 1.25;
    for (harmonic, strength) in [(1.0, 0.3), (2.0, 0.12), (3.0, 0.05)] {
        add(sound, rate, at, frequency * harmonic, span, |seconds| {
            strength * (std::f64::consts::PI * seconds / span).sin().powi(2)
        });
    }
}

/// Adds a sine that is shaped, going on at the beginning where the loop ends.
fn add(sound: &mut [f32], rate: u32, at: usize, frequency: f64, span: f64, shape: impl Fn(f64) -> f64) {
    if frequency * 2.0 >= f64::from(rate) * 0.9 {
        return;
    }
    let len = (span * f64::from(rate)) as usize;
    let (sin, cos) = (TAU * frequency / f64::from(rate)).sin_cos();
    let (mut x, mut y) = (1.0f64, 0.0f64);
    // The last milliseconds lead to silence whatever the shape.
    let end = f64::from(rate) * 0.02;
    for step in 0..len {
        let out = ((len - step) as f64 / end).min(1.0);
        let place = (at + step) % sound.len();
        sound[place] += (shape(step as f64 / f64::from(rate)) * out * y) as f32;
        (x, y) = (x * cos - y * sin, x * sin + y * cos);
    }
}

fn hertz(semitones: i32) -> f64 {
    440.0 * 2f64.powf(f64::from(semitones) / 12.0)
}

const BAR_MILLIS: usize = 2_400;
const ATTACK: f64 = 0.006;
/// Of the loudest moment: well below speech that is near.
const PEAK: f32 = 9_000.0;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::testing::{amplitude, largest_step, rms};

    #[test]
    fn it_is_neither_too_loud_nor_ever_silent() {
        for rate in [8_000, 16_000] {
            let music = music(rate);
            let peak = music.iter().map(|sample| i32::from(*sample).abs()).max();
            assert!(peak.is_some_and(|peak| (8_900..=9_000).contains(&peak)));
            for second in music.chunks_exact(rate as usize) {
                let level = 20.0 * (rms(second) / 32_767.0).log10();
                assert!((-36.0..-16.0).contains(&level), "{level} dB");
            }
        }
    }

    #[test]
    fn the_loop_has_no_seam() {
        let music = music(8_000);
        let seam = [music[music.len() - 1], music[0]];
        assert!(largest_step(&seam) < largest_step(music) / 2);
    }

    #[test]
    fn it_is_the_same_music_at_every_rate() {
        for rate in [8_000, 16_000] {
            let bar = &music(rate)[..rate as usize * BAR_MILLIS / 1_000];
            // C major, and not the semitone above.
            let (c, c_sharp) = (hertz(-9), hertz(-8));
            assert!(amplitude(bar, rate, c) > 4.0 * amplitude(bar, rate, c_sharp));
        }
    }

    #[test]
    fn a_listener_comes_round() {
        let mut player = MusicPlayer::new(8_000);
        let mut first = [0; 160];
        player.fill(&mut first);
        let mut frame = [0; 160];
        for _ in 0..music(8_000).len() / 160 {
            player.fill(&mut frame);
        }
        assert_eq!(frame, first);
    }
}
