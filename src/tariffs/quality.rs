//! How good the sound of a call was, from what its records counted.

/// How good it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Quality {
    /// Nobody notices anything.
    Good,
    /// Words are lost now and then, or answers come late, as over a satellite.
    Fair,
    /// It is hard to talk.
    Poor,
}

impl Quality {
    /// By the share of packets lost, the jitter and the round trip. Nothing, when no packet was counted: two browsers
    /// hear each other without us.
    #[must_use]
    pub fn of(received: u64, lost: u64, jitter_micros: u64, round_trip_micros: Option<u64>) -> Option<Self> {
        if received == 0 {
            return None;
        }
        let expected = u128::from(received) + u128::from(lost);
        let lost_per_mille = u64::try_from(u128::from(lost) * 1_000 / expected).unwrap_or(u64::MAX);
        let grade = |value: u64, (good, fair): (u64, u64)| match value {
            _ if value <= good => Self::Good,
            _ if value <= fair => Self::Fair,
            _ => Self::Poor,
        };
        let round_trip = round_trip_micros.map_or(Self::Good, |micros| grade(micros, ROUND_TRIP));
        Some(grade(lost_per_mille, LOST_PER_MILLE).max(grade(jitter_micros, JITTER)).max(round_trip))
    }

    /// As it is stored.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Fair => "fair",
            Self::Poor => "poor",
        }
    }
}

/// Up to one in a hundred concealment hides well; above three it is heard all the time.
const LOST_PER_MILLE: (u64, u64) = (10, 30);
/// The highest jitter of a call, in microseconds: what a jitter buffer of usual depth takes, and twice that.
const JITTER: (u64, u64) = (30_000, 60_000);
/// Twice the one-way delays of ITU-T G.114: 150 ms that nobody notices, 400 ms that planning should not exceed.
const ROUND_TRIP: (u64, u64) = (300_000, 800_000);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_of_loss_jitter_and_round_trip_counts() {
        assert_eq!(Quality::of(990, 10, 0, None), Some(Quality::Good));
        assert_eq!(Quality::of(980, 20, 0, None), Some(Quality::Fair));
        assert_eq!(Quality::of(950, 50, 0, None), Some(Quality::Poor));
        assert_eq!(Quality::of(1000, 0, 30_001, None), Some(Quality::Fair));
        assert_eq!(Quality::of(1000, 0, 60_001, Some(1)), Some(Quality::Poor));
        assert_eq!(Quality::of(1000, 0, 0, Some(600_000)), Some(Quality::Fair), "a satellite");
        assert_eq!(Quality::of(0, 0, 0, None), None);
        assert_eq!(Quality::of(u64::MAX, u64::MAX, 0, None), Some(Quality::Poor));
    }
}
