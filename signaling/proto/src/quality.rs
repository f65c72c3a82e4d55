//! How well a participant is connected, in the few words that clients show.

use std::time::Duration;

use livekit_protocol::ConnectionQuality;

/// The quality of a participant's transports.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Quality {
    pub(crate) level: ConnectionQuality,
    pub(crate) score: f32,
}

impl Default for Quality {
    fn default() -> Self {
        Self { level: ConnectionQuality::Excellent, score: 5.0 }
    }
}

impl Quality {
    /// Nothing arrives any more.
    pub(crate) const LOST: Self = Self { level: ConnectionQuality::Lost, score: 0.0 };

    /// Judges a transport. Loss is what people hear; a long way, as over a satellite, is bearable for itself.
    pub(crate) fn measured(loss: f32, rtt: Option<Duration>, limited: bool) -> Self {
        let loss = if loss.is_finite() { loss.clamp(0.0, 1.0) } else { 1.0 };
        let delay = rtt.unwrap_or_default().as_secs_f32();
        let penalty = loss * 15.0 + (delay - 0.3).clamp(0.0, 2.0) * 0.8 + if limited { 0.7 } else { 0.0 };
        let score = (5.0 - penalty).clamp(1.0, 5.0);

        Self {
            level: match score {
                score if score >= 4.4 => ConnectionQuality::Excellent,
                score if score >= 3.2 => ConnectionQuality::Good,
                _ => ConnectionQuality::Poor,
            },
            score,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clean_satellite_path_is_not_poor() {
        let satellite = Quality::measured(0.0, Some(Duration::from_millis(650)), false);

        assert_eq!(satellite.level, ConnectionQuality::Excellent);
    }

    #[test]
    fn loss_lowers_the_quality_step_by_step() {
        let level = |loss| Quality::measured(loss, None, false).level;

        assert_eq!(level(0.01), ConnectionQuality::Excellent);
        assert_eq!(level(0.07), ConnectionQuality::Good);
        assert_eq!(level(0.2), ConnectionQuality::Poor);
        assert_eq!(level(f32::NAN), ConnectionQuality::Poor);
    }
}
