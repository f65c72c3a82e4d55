//! Where the sound or the pictures of a track come from.

use std::time::{Duration, Instant};

/// Where the sound or the pictures come from.
#[derive(Debug, Clone, Copy)]
pub enum Source {
    /// Silence as large as speech.
    Microphone {
        /// Which of so many publishers it is; they are loud in turn. Without it nobody is.
        turn: Option<(usize, usize)>,
        /// When the first turn began.
        since: Instant,
    },
    /// Pictures.
    Camera,
}

impl Source {
    /// Whether it is its turn to be loud.
    #[must_use]
    pub fn is_loud(self, now: Instant) -> bool {
        match self {
            Self::Microphone { turn, since } => is_turn(turn, now.saturating_duration_since(since)),
            Self::Camera => false,
        }
    }
}

/// Whether a publisher's turn has come to be loud.
fn is_turn(turn: Option<(usize, usize)>, elapsed: Duration) -> bool {
    let Some((number, all)) = turn else { return false };
    (elapsed.as_secs() / TURN.as_secs()) as usize % all.max(1) == number
}

/// How long one publisher is loud before the next.
const TURN: Duration = Duration::from_secs(3);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn publishers_are_loud_in_turn() {
        let at = |seconds| (0..3).map(move |number| is_turn(Some((number, 3)), Duration::from_secs(seconds)));

        assert_eq!(at(1).collect::<Vec<_>>(), [true, false, false]);
        assert_eq!(at(4).collect::<Vec<_>>(), [false, true, false]);
        assert_eq!(at(10).collect::<Vec<_>>(), [true, false, false]);
        assert!(!is_turn(None, Duration::ZERO));
    }
}
