//! What a leg says, written down: the leg's side, which gathers sound and hands it over each second.

mod files;

use std::time::Instant;

use sip_gateway_proto::call::{LegId, RecordingId};
use sip_gateway_proto::media::relay::PayloadKind;
use sip_gateway_proto::sdp::{Agreed, Codec};

use super::intake::Intake;
use super::prompts::RATE;
pub(super) use files::{Archive, Files};
pub use files::{KeepError, keep_recording, recording_file, recording_wav};

/// Writes down one leg. Dropping it ends the recording.
pub(super) struct Recorder {
    leg: LegId,
    recording: RecordingId,
    archive: Archive,
    intake: Option<Intake>,
    codec: Option<Codec>,
    /// Sound that was not handed over yet.
    gathered: Vec<i16>,
    /// Samples it may still take.
    left: usize,
}

impl Recorder {
    /// Begins a recording, of so many milliseconds at most.
    pub(super) fn new(leg: LegId, recording: RecordingId, longest: u64, archive: Archive) -> Self {
        archive.begin(recording);
        let left = (longest.min(MAX_MILLIS) as usize) * (RATE / 1_000) as usize;
        Self { leg, recording, archive, intake: None, codec: None, gathered: Vec::new(), left }
    }

    /// Takes what was agreed on with the leg.
    pub(super) fn agree(&mut self, agreed: &Agreed) {
        let codec = &agreed.receive.codec;
        if self.codec.as_ref() != Some(codec) {
            self.intake = Intake::new(codec, RATE);
            self.codec = Some(codec.clone());
        }
    }

    /// Takes a packet of the leg.
    pub(super) fn hear(&mut self, now: Instant, packet: &[u8], kind: PayloadKind) {
        if let Some(intake) = &mut self.intake {
            intake.insert(now, packet, kind);
        }
    }

    /// Writes down so many milliseconds of the leg; false when it has taken all that it may.
    pub(super) fn write(&mut self, now: Instant, millis: u32) -> bool {
        let len = ((millis * (RATE / 1_000)) as usize).min(self.left);
        let start = self.gathered.len();
        self.gathered.resize(start + len, 0);
        if let Some(intake) = &mut self.intake {
            intake.fill(now, &mut self.gathered[start..]);
        }
        self.hand_over(len)
    }

    /// Writes down sound that is there already, at the rate of recordings; false when it has taken all that it may.
    pub(super) fn take(&mut self, sound: &[i16]) -> bool {
        let len = sound.len().min(self.left);
        self.gathered.extend_from_slice(&sound[..len]);
        self.hand_over(len)
    }

    fn hand_over(&mut self, len: usize) -> bool {
        self.left -= len;
        if self.gathered.len() >= RATE as usize {
            let room = Vec::with_capacity(self.gathered.capacity());
            self.archive.write(self.recording, std::mem::replace(&mut self.gathered, room));
        }
        self.left > 0
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.archive.write(self.recording, std::mem::take(&mut self.gathered));
        self.archive.end(self.recording, self.leg);
    }
}

impl std::fmt::Debug for Recorder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recorder").field("recording", &self.recording).finish_non_exhaustive()
    }
}

/// Ten minutes.
const MAX_MILLIS: u64 = 600_000;
