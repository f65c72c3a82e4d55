//! What a room says, written down at a seat of ours.

use sip_gateway_proto::media::resample::Resampler;

use super::{Frame, RATE};
use crate::media::prompts;
use crate::media::recording::Recorder;

/// Brings the mix to the rate of recordings.
pub(super) struct Scribe {
    recorder: Box<Recorder>,
    resampler: Option<Resampler>,
    line: [i16; LINE],
}

impl Scribe {
    pub(super) fn new(recorder: Box<Recorder>) -> Self {
        Self { recorder, resampler: Resampler::new(RATE, prompts::RATE), line: [0; LINE] }
    }

    /// Takes 20 ms; false when there is enough.
    pub(super) fn write(&mut self, frame: &Frame) -> bool {
        // There is a filter for this pair of rates, which the engine uses everywhere.
        let Some(resampler) = &mut self.resampler else { return false };
        let len = resampler.process(frame, &mut self.line);
        self.recorder.take(&self.line[..len])
    }
}

/// Samples of 20 ms in a recording.
const LINE: usize = prompts::RATE as usize / 50;
