//! Hides lost frames by going on with the last pitch period, fading (in the manner of G.711 Appendix I, but without its
//! delay), for codecs that have no concealment of their own.

/// Hides the losses of one stream.
#[derive(Debug, Clone)]
pub struct Concealer {
    /// Samples per millisecond.
    per_milli: usize,
    /// The last 48 ms that were received, at most.
    past: [i16; PAST],
    /// The period that is repeated, made seamless.
    cycle: [f32; MAX_PERIOD],
    period: usize,
    phase: usize,
    /// Samples made since the last that was received; 0 while all is well.
    made: usize,
    /// The step between the past and the cycle, which is led away instead of heard.
    step: f32,
}

impl Concealer {
    /// Nothing received yet. Rates are those of phones: 8 or 16 kHz.
    #[must_use]
    pub fn new(sample_rate: u32) -> Self {
        let per_milli = (sample_rate as usize / 1_000).clamp(8, 16);
        Self { per_milli, past: [0; PAST], cycle: [0.0; MAX_PERIOD], period: 0, phase: 0, made: 0, step: 0.0 }
    }

    /// Takes a frame that was received; after a loss its beginning is blended with what was made up.
    pub fn handle_frame(&mut self, frame: &mut [i16]) {
        if self.made > 0 {
            // The longer the loss, the less the two fit, and the longer they need (Appendix I: 4 ms more per 10 ms).
            let millis = (4 + self.made / (3 * self.per_milli)).min(10);
            let len = (millis * self.per_milli).min(frame.len());
            for (at, sample) in frame[..len].iter_mut().enumerate() {
                let share = (at + 1) as f32 / (len + 1) as f32;
                *sample = (f32::from(*sample) * share + self.next_sample() * (1.0 - share)) as i16;
            }
            self.made = 0;
        }
        self.remember(frame);
    }

    /// Fills a frame that was lost.
    pub fn conceal(&mut self, frame: &mut [i16]) {
        if self.made == 0 {
            self.find_cycle();
        }
        for sample in frame {
            *sample = self.next_sample() as i16; // saturates
        }
    }

    /// Forgets everything: another source begins.
    pub fn reset(&mut self) {
        (self.past, self.made) = ([0; PAST], 0);
    }

    fn next_sample(&mut self) -> f32 {
        let millis = self.made as f32 / self.per_milli as f32;
        let gain = if millis < 10.0 { 1.0 } else { (1.0 - (millis - 10.0) / 50.0).max(0.0) };
        let lead = self.period / 4;
        let step = if self.made < lead { self.step * (1.0 - self.made as f32 / lead as f32) } else { 0.0 };

        let sample = gain * (self.cycle[self.phase] + step);
        self.phase = if self.phase + 1 >= self.period { 0 } else { self.phase + 1 };
        self.made += 1;
        sample.clamp(-32_768.0, 32_767.0)
    }

    /// Finds the pitch and lays its last period out so that its end joins its beginning.
    fn find_cycle(&mut self) {
        let period = self.pitch();
        let last = PAST - period;
        let quarter = period / 4;
        for at in 0..period {
            let now = f32::from(self.past[last + at]);
            let from_end = period - at;
            self.cycle[at] = if from_end <= quarter {
                let before = f32::from(self.past[last - period + at]);
                let share = (quarter - from_end + 1) as f32 / (quarter + 1) as f32;
                now * (1.0 - share) + before * share
            } else {
                now
            };
        }
        self.step = f32::from(self.past[PAST - 1]) - f32::from(self.past[last - 1]);
        (self.period, self.phase) = (period, 0);
    }

    /// The lag at which the last 10 ms resemble the past most, from 2.5 to 15 ms.
    fn pitch(&self) -> usize {
        let window = 10 * self.per_milli;
        let (shortest, longest) = (5 * self.per_milli / 2, 15 * self.per_milli);
        // Every second sample and lag first, then the neighbours of the best.
        let coarse = (shortest..=longest)
            .step_by(2)
            .max_by(|a, b| self.likeness(*a, window, 2).total_cmp(&self.likeness(*b, window, 2)));
        let coarse = coarse.unwrap_or(longest);
        let near = coarse.saturating_sub(1).max(shortest)..=(coarse + 1).min(longest);
        near.max_by(|a, b| self.likeness(*a, window, 1).total_cmp(&self.likeness(*b, window, 1)))
            .unwrap_or(coarse)
    }

    /// Correlation of the end of the past with itself one lag before, by the power there.
    fn likeness(&self, lag: usize, window: usize, stride: usize) -> f32 {
        let now = self.past[PAST - window..].iter().step_by(stride);
        let before = self.past[PAST - window - lag..PAST - lag].iter().step_by(stride);
        let (mut product, mut power) = (0.0f32, 1.0f32);
        for (&now, &before) in now.zip(before) {
            product += f32::from(now) * f32::from(before);
            power += f32::from(before) * f32::from(before);
        }
        product / power.sqrt()
    }

    fn remember(&mut self, frame: &[i16]) {
        let frame = &frame[frame.len().saturating_sub(PAST)..];
        self.past.copy_within(frame.len().., 0);
        self.past[PAST - frame.len()..].copy_from_slice(frame);
    }
}

/// Merges two consecutive frames of one length into the second: it begins like the first and ends as itself.
pub fn merge(first: &[i16], second: &mut [i16]) {
    let len = second.len().max(1) as f32;
    for (at, (second, &first)) in second.iter_mut().zip(first).enumerate() {
        let share = at as f32 / len;
        *second = (f32::from(first) * (1.0 - share) + f32::from(*second) * share) as i16;
    }
}

/// 48 ms at 16 kHz.
const PAST: usize = 768;
/// 15 ms at 16 kHz.
const MAX_PERIOD: usize = 240;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::testing::{Random, amplitude, largest_step, noise, rms, tone};

    #[test]
    fn a_voice_goes_on_through_a_lost_frame() {
        for rate in [8_000, 16_000] {
            let frame = rate as usize / 50;
            let sound = voice(rate, 10 * frame);
            let patched = patch(rate, &sound, &[5]);

            let gap = 5 * frame..6 * frame;
            let error: Vec<i16> = sound[gap.clone()]
                .iter()
                .zip(&patched[gap.clone()])
                .map(|(one, other)| one.wrapping_sub(*other))
                .collect();
            assert!(rms(&error) < 0.35 * rms(&sound[gap]), "{rate} Hz");
        }
    }

    #[test]
    fn neither_end_of_a_loss_clicks() {
        for rate in [8_000, 16_000] {
            let frame = rate as usize / 50;
            let sound = tone(rate, 233.0, -10.0, 20 * frame);
            let steepest = largest_step(&sound);
            for lost in [&[7][..], &[7, 8], &[7, 8, 9, 10]] {
                let step = largest_step(&patch(rate, &sound, lost));
                assert!(step <= steepest * 2, "{rate} Hz, {lost:?}: {step} against {steepest}");
            }
        }
    }

    #[test]
    fn a_long_loss_fades_to_silence() {
        let sound = voice(8_000, 20 * 160);
        let lost: Vec<usize> = (5..15).collect();
        let patched = patch(8_000, &sound, &lost);

        assert!(rms(&patched[5 * 160..6 * 160]) > 0.5 * rms(&sound));
        assert!(patched[8 * 160 + 1..15 * 160].iter().all(|&sample| sample == 0));
    }

    #[test]
    fn frames_that_come_are_left_alone() {
        let sound = noise(3, 8_000, 1_600);
        assert_eq!(patch(8_000, &sound, &[]), sound);
        // And so is what comes after the blend.
        assert_eq!(patch(8_000, &sound, &[3])[5 * 160..], sound[5 * 160..]);
    }

    #[test]
    fn a_loss_before_anything_came_is_silent() {
        let mut frame = [77; 160];
        Concealer::new(8_000).conceal(&mut frame);
        assert_eq!(frame, [0; 160]);
    }

    #[test]
    fn any_sound_and_any_pattern_of_losses_is_taken() {
        let mut random = Random(6);
        let mut concealer = Concealer::new(16_000);
        for _ in 0..2_000 {
            let len = random.next() as usize % 1_000;
            let mut frame: Vec<i16> = (0..len).map(|_| random.next() as i16).collect();
            if random.next().is_multiple_of(3) {
                concealer.conceal(&mut frame);
            } else {
                concealer.handle_frame(&mut frame);
            }
        }
    }

    #[test]
    fn merged_frames_begin_like_the_first_and_end_like_the_second() {
        let sound = tone(8_000, 200.0, -10.0, 480);
        let mut second = sound[160..320].to_vec();
        merge(&sound[..160], &mut second);

        assert_eq!(second[0], sound[0]);
        assert!((i32::from(second[159]) - i32::from(sound[319])).abs() < 200);
        assert!(amplitude(&second, 8_000, 200.0) > 0.25);
    }

    /// Ten harmonics of a low voice.
    fn voice(rate: u32, len: usize) -> Vec<i16> {
        let partials: Vec<Vec<i16>> =
            (1..=10).map(|n| tone(rate, 120.0 * f64::from(n), -18.0 - f64::from(n), len)).collect();
        (0..len).map(|at| partials.iter().map(|partial| partial[at]).sum()).collect()
    }

    fn patch(rate: u32, sound: &[i16], lost: &[usize]) -> Vec<i16> {
        let mut concealer = Concealer::new(rate);
        let mut patched = sound.to_vec();
        for (at, frame) in patched.chunks_mut(rate as usize / 50).enumerate() {
            if lost.contains(&at) {
                concealer.conceal(frame);
            } else {
                concealer.handle_frame(frame);
            }
        }
        patched
    }
}
