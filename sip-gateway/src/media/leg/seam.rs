//! The seam between two sounds that a leg hears one after the other: neither may break off, and the coder of the second
//! must go on where that of the first stood, since the other side has one decoder for both.

use sip_gateway_proto::media::g722;

use crate::media::codec::Encoder;

/// Where the last sound ended.
#[derive(Debug, Default)]
pub(super) struct Seam {
    /// The last 20 ms that were heard, and their rate.
    past: Vec<i16>,
    rate: u32,
    open: bool,
    /// What the other side's decoder has followed, if it has a state; none if nothing was sent yet, or we do not know.
    state: Option<Box<g722::Encoder>>,
}

impl Seam {
    /// Another sound follows.
    pub(super) fn open(&mut self) {
        self.open = true;
    }

    /// What was heard last is not known: packets passed undecoded.
    pub(super) fn forget(&mut self) {
        self.past.clear();
        self.state = None;
    }

    /// A frame was heard.
    pub(super) fn note(&mut self, frame: &[i16], rate: u32) {
        let kept = (rate / 50) as usize;
        self.past.clear();
        self.past.extend_from_slice(&frame[frame.len().saturating_sub(kept)..]);
        self.rate = rate;
    }

    /// Keeps the state of a coder as it is after what was heard.
    pub(super) fn keep(&mut self, coding: &Encoder) {
        match (&mut self.state, coding.state()) {
            (Some(kept), Some(state)) => kept.as_mut().clone_from(state),
            (kept, state) => *kept = state.cloned().map(Box::new),
        }
    }

    /// Lets a coder go on where the last one stood.
    pub(super) fn follow(&self, coding: &mut Encoder) {
        coding.follow(self.state.as_deref(), &self.past, self.rate);
    }

    /// Leads from the end of the sound before into this frame, if it is the first of another; and notes it.
    pub(super) fn join(&mut self, frame: &mut [i16], rate: u32) {
        let last = self.past.last().map_or(0, |&last| i32::from(last));
        let len = ((rate / 1_000 * FADE_MILLIS) as usize).min(frame.len());
        if std::mem::take(&mut self.open) {
            for (at, sample) in frame[..len].iter_mut().enumerate() {
                *sample = sample.saturating_add((last * (len - at) as i32 / len as i32) as i16);
            }
        }
        self.note(frame, rate);
    }
}

const FADE_MILLIS: u32 = 5;

#[cfg(test)]
mod tests {
    use sip_gateway_proto::sdp::Codec;

    use super::*;

    #[test]
    fn a_sound_that_breaks_off_dies_away_under_the_next() {
        let mut seam = Seam::default();
        seam.join(&mut [8_000; 160], 8_000);
        seam.open();
        let mut next = [0; 160];

        seam.join(&mut next, 8_000);

        assert_eq!((next[0], next[40]), (8_000, 0));
        assert!(next.windows(2).all(|pair| pair[0] - pair[1] <= 200));
        let mut after = [5; 160];
        seam.join(&mut after, 8_000);
        assert_eq!(after, [5; 160]);
    }

    #[test]
    fn what_passed_undecoded_leaves_nothing_behind() {
        let mut seam = Seam::default();
        seam.join(&mut [8_000; 160], 8_000);
        seam.forget();
        seam.open();
        let mut next = [0; 160];
        seam.join(&mut next, 8_000);
        assert_eq!(next, [0; 160]);
    }

    #[test]
    fn one_decoder_hears_two_coders_without_a_click() {
        let mut decoder = g722::Decoder::new();
        let mut seam = Seam::default();
        let mut steepest = 0;
        for sounds in [true, false] {
            let mut encoder = Encoder::new(&Codec::G722, 16_000).expect("known");
            seam.follow(&mut encoder);
            for at in 0..20 {
                let sample = |at: usize| (6_000.0 * (at as f64 * 0.16).sin()) as i16;
                let frame: Vec<i16> = (320 * at..320 * (at + 1)).map(sample).collect();
                let frame = if sounds { frame } else { vec![0; 320] };
                let (mut octets, mut heard) = ([0; 160], [0; 320]);
                encoder.encode(&frame, &mut octets);
                decoder.decode(&octets, &mut heard);
                let steps = heard.windows(2).map(|pair| (i32::from(pair[0]) - i32::from(pair[1])).abs());
                steepest = steepest.max(steps.max().expect("some"));
            }
            seam.keep(&encoder);
        }
        assert!(steepest < 2_000, "{steepest}");
    }
}
