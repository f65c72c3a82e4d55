//! How participants are asked to send their sound: what a post's link can bear, and whether what it loses is made up for.

/// What is written into the answer to whoever sends sound (RFC 7587 §6.1): a client's own settings may ask for less.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AudioPolicy {
    /// How much sound a packet holds. Long ones spend less on headers, and hold the voice up that long.
    pub ptime: Ptime,
    /// Bits a second of one channel at most, on average; nothing leaves that to the client.
    pub bitrate: Option<u32>,
    /// Whether a second channel is worth its bits.
    pub stereo: bool,
    /// Whether nothing but a breath is sent in silence.
    pub dtx: bool,
    /// Whether packets also hold what was important in the one before.
    pub fec: bool,
    /// When packets repeat those before them as a whole (RFC 2198).
    pub red: Redundancy,
}

/// How much sound a packet holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum Ptime {
    Ms20,
    Ms40,
    Ms60,
}

/// When packets repeat those before them as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Redundancy {
    /// Not at all.
    Never,
    /// While so much is lost on the way that it is worth its bytes.
    OnLoss,
    /// Whenever the client can.
    Always,
}

/// What is known of somebody who joins, as far as speaking is concerned.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Speech {
    /// How sound is to be sent.
    pub policy: AudioPolicy,
    /// Whether the microphone is forwarded however quiet it is beside others, as an interpreter's.
    pub always_heard: bool,
}

impl Default for AudioPolicy {
    /// What clients do anyway.
    fn default() -> Self {
        Self {
            ptime: Ptime::Ms20,
            bitrate: None,
            stereo: true,
            dtx: true,
            fec: true,
            red: Redundancy::OnLoss,
        }
    }
}

impl Ptime {
    /// In milliseconds.
    #[must_use]
    pub fn millis(self) -> u32 {
        match self {
            Self::Ms20 => 20,
            Self::Ms40 => 40,
            Self::Ms60 => 60,
        }
    }
}

/// Whether so much of what a participant sends is lost that it should repeat itself. Reports come every five seconds.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct LossWatch {
    lossy: bool,
    /// How many reports in a row have said otherwise.
    doubts: u8,
}

impl LossWatch {
    /// Takes the fraction lost since the last report; tells whether it is a lossy path if that is news.
    pub(crate) fn handle(&mut self, loss: f32) -> Option<bool> {
        let (doubtful, enough) = match self.lossy {
            false => (loss >= LOSSY, SOON),
            true => (loss < CLEAN, LATE),
        };
        self.doubts = if doubtful { self.doubts + 1 } else { 0 };
        if self.doubts < enough {
            return None;
        }
        *self = Self { lossy: !self.lossy, doubts: 0 };
        Some(self.lossy)
    }
}

/// Where people begin to notice that words are filled in.
const LOSSY: f32 = 0.03;
const CLEAN: f32 = 0.01;
/// Ten seconds, so that a burst is none; half a minute, so that a pause in the trouble is no end of it.
const SOON: u8 = 2;
const LATE: u8 = 6;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_lossy_after_ten_seconds_of_loss_and_clean_after_half_a_minute_without() {
        let mut watch = LossWatch::default();

        assert_eq!([0.0, 0.2, 0.0, 0.03].map(|loss| watch.handle(loss)), [None; 4]);
        assert_eq!(watch.handle(0.04), Some(true));
        assert_eq!([0.2, 0.0, 0.0, 0.0, 0.0, 0.0].map(|loss| watch.handle(loss)), [None; 6]);
        assert_eq!(watch.handle(0.009), Some(false));
        assert_eq!(watch.handle(0.0), None);
    }

    #[test]
    fn a_little_loss_begins_nothing_and_ends_nothing() {
        let mut watch = LossWatch::default();
        assert_eq!([0.02; 20].map(|loss| watch.handle(loss)), [None; 20]);
        watch.handle(0.1);
        watch.handle(0.1);

        assert_eq!([0.02; 20].map(|loss| watch.handle(loss)), [None; 20]);
    }

    #[test]
    fn a_figure_that_is_none_is_no_loss() {
        assert_eq!([f32::NAN; 3].map(|loss| LossWatch::default().handle(loss)), [None; 3]);
    }
}
