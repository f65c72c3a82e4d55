//! Who speaks: audio levels from header extensions (RFC 6464), smoothed into reports to the rooms.

use crate::id::UpTrackId;
use crate::io::SpeakerLevel;

/// The loudness of one audio track.
#[derive(Debug, Clone, Copy, Default)]
pub struct Loudness {
    loud_packets: u16,
    loud_sum: u32,
    smoothed: f32,
    /// Eighths last reported.
    reported: u8,
    active: bool,
}

impl Loudness {
    /// Counts the level of one packet: the lower seven bits are −dBov, so that 0 is the loudest.
    pub fn count(&mut self, level: u8) {
        let attenuation = level & 0x7f;
        if attenuation < QUIET {
            self.loud_packets = self.loud_packets.saturating_add(1);
            self.loud_sum += u32::from(QUIET - attenuation);
        }
    }

    /// Ends a window and tells what has changed. A track that falls silent is told once, at zero.
    pub fn end_window(&mut self, track: UpTrackId) -> Option<SpeakerLevel> {
        let speaks = self.loud_packets >= ACTIVE_PACKETS;
        let loudness = if speaks {
            self.loud_sum as f32 / f32::from(self.loud_packets) / f32::from(LOUDEST_ABOVE_QUIET)
        } else {
            0.0
        };
        self.loud_packets = 0;
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
/// Packets of 20 ms that make 40 % of a window of 400 ms.
const ACTIVE_PACKETS: u16 = 8;
const SMOOTHING: f32 = 0.5;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_voice_is_active_when_loud_for_forty_percent_of_the_window() {
        let mut loudness = Loudness::default();
        (0..7).for_each(|_| loudness.count(20));
        assert_eq!(loudness.end_window(TRACK), None);

        (0..8).for_each(|_| loudness.count(20));
        let level = loudness.end_window(TRACK).expect("a change");
        assert!(level.active && level.level > 0.0);
    }

    #[test]
    fn noise_below_the_threshold_is_silence() {
        let mut loudness = Loudness::default();
        (0..20).for_each(|_| loudness.count(35));

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
        (0..20).for_each(|_| loudness.count(level | 0x80));
        loudness.end_window(TRACK)
    }
}
