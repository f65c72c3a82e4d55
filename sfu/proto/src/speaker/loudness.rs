//! Who speaks: audio levels smoothed into reports to the rooms.

use crate::id::UpTrackId;
use crate::io::SpeakerLevel;

/// The loudness of one audio track.
#[derive(Debug, Clone, Copy, Default)]
pub struct Loudness {
    /// The timestamp of the last packet.
    timestamp: Option<u32>,
    /// For how long it was loud in this window, and the loudness above the threshold times that.
    loud_millis: u32,
    loud_sum: u32,
    smoothed: f32,
    /// Eighths last reported.
    reported: u8,
    active: bool,
}

impl Loudness {
    /// How much sound a packet holds, in milliseconds: that follows from the timestamps.
    pub fn millis(&mut self, timestamp: u32, clock_rate: u32) -> u32 {
        let ticks = self.timestamp.replace(timestamp).map(|before| timestamp.wrapping_sub(before));
        let millis = ticks.map_or(0, |ticks| u64::from(ticks) * 1_000 / u64::from(clock_rate.max(1)));
        // A gap in speech is not a long packet.
        if (5..=120).contains(&millis) { millis as u32 } else { USUAL_MILLIS }
    }

    /// Counts the level of a packet: the lower seven bits are −dBov, so that 0 is the loudest.
    pub fn count(&mut self, level: u8, millis: u32) {
        let attenuation = level & 0x7f;
        if attenuation < QUIET {
            self.loud_millis += millis;
            self.loud_sum += millis * u32::from(QUIET - attenuation);
        }
    }

    /// Ends a window and tells what has changed. A track that falls silent is told once, at zero.
    pub fn end_window(&mut self, track: UpTrackId) -> Option<SpeakerLevel> {
        let speaks = self.loud_millis >= ACTIVE_MILLIS;
        let loudness = if speaks {
            self.loud_sum as f32 / self.loud_millis as f32 / f32::from(LOUDEST_ABOVE_QUIET)
        } else {
            0.0
        };
        self.loud_millis = 0;
        self.loud_sum = 0;

        self.smoothed += (loudness.min(1.0) - self.smoothed) * SMOOTHING;
        let eighths = if speaks { ((self.smoothed * 8.0).ceil() as u8).clamp(1, 8) } else { 0 };
        if !speaks {
            self.smoothed = 0.0;
        }
        if eighths == self.reported && speaks == self.active {
            return None;
        }
        self.reported = eighths;
        self.active = speaks;
        Some(SpeakerLevel { track, level: f32::from(eighths) / 8.0, active: speaks })
    }
}

/// Packets quieter than −35 dBov do not count as speech.
const QUIET: u8 = 35;
/// At −5 dBov a voice is as loud as it gets.
const LOUDEST_ABOVE_QUIET: u8 = 30;
/// 40 % of a window of 400 ms.
const ACTIVE_MILLIS: u32 = 160;
const USUAL_MILLIS: u32 = 20;
const SMOOTHING: f32 = 0.5;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_voice_is_active_when_loud_for_forty_percent_of_the_window() {
        let mut loudness = Loudness::default();
        speak(&mut loudness, 7, 20, 20);
        assert_eq!(loudness.end_window(TRACK), None);

        speak(&mut loudness, 8, 20, 20);
        let level = loudness.end_window(TRACK).expect("a change");
        assert!(level.active && level.level > 0.0);
    }

    #[test]
    fn long_packets_count_for_their_length() {
        let mut loudness = Loudness::default();
        speak(&mut loudness, 4, 60, 20);

        assert!(loudness.end_window(TRACK).is_some_and(|level| level.active));
    }

    #[test]
    fn noise_below_the_threshold_is_silence() {
        let mut loudness = Loudness::default();
        speak(&mut loudness, 20, 20, 35);

        assert_eq!(loudness.end_window(TRACK), None);
    }

    #[test]
    fn a_louder_voice_reports_more_eighths_and_a_steady_one_nothing() {
        let mut loudness = Loudness::default();
        let quiet = window(&mut loudness, 33).expect("a change").level;
        for _ in 0..10 {
            window(&mut loudness, 10);
        }
        let steady = window(&mut loudness, 10);
        let loud = f32::from(loudness.reported) / 8.0;

        assert_eq!(steady, None);
        assert!(quiet <= 0.25 && loud > 0.75, "{quiet} {loud}");
        assert_eq!((loud * 8.0).fract(), 0.0);
    }

    #[test]
    fn silence_is_told_once() {
        let mut loudness = Loudness::default();
        window(&mut loudness, 10);

        let end = loudness.end_window(TRACK).expect("a change");

        assert_eq!((end.level, end.active), (0.0, false));
        assert_eq!(loudness.end_window(TRACK), None);
    }

    const TRACK: UpTrackId = UpTrackId(1);

    fn window(loudness: &mut Loudness, level: u8) -> Option<SpeakerLevel> {
        speak(loudness, 20, 20, level | 0x80);
        loudness.end_window(TRACK)
    }

    fn speak(loudness: &mut Loudness, packets: u32, millis: u32, level: u8) {
        let start = loudness.timestamp.unwrap_or(0);
        for packet in 1..=packets {
            let millis = loudness.millis(start + 48 * millis * packet, 48_000);
            loudness.count(level, millis);
        }
    }
}
