//! The table of a room: its sound, mixed for all phones that sit there.

pub use signaling::voice::{EarTrack, SeatMedia};

/// Identifies the sound of one room, never used twice while the program runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TableId(pub u64);
