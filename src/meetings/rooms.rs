//! What meetings ask of the rooms.

use super::{Admission, Meeting, MeetingCode};

/// Who is in a meeting at the moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Presence {
    /// Whether anybody is.
    pub in_session: bool,
    /// How many.
    pub participants: u32,
}

/// The rooms as meetings see them.
#[derive(Clone, Default)]
pub struct MeetingRooms {}

impl MeetingRooms {
    /// Who is in each of some meetings.
    pub async fn presence(&self, meetings: &[Meeting]) -> Vec<Presence> {
        vec![Presence::default(); meetings.len()]
    }

    /// Who is in one meeting.
    pub async fn presence_of(&self, _meeting: &Meeting) -> Presence {
        Presence::default()
    }

    /// Whether there is no place left.
    pub async fn is_full(&self, _admission: &Admission) -> bool {
        false
    }

    /// Ends the room of a meeting: everybody leaves.
    pub async fn end(&self, _code: &MeetingCode) {}

    /// Waits until nobody is in any room.
    pub async fn emptied(&self) {}
}
