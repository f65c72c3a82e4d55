//! One side of a call that is a room: the browser that calls, the browsers that ring, or a meeting.

use std::time::{Duration, Instant};

use super::media_plane::LegId;
use super::seat::SeatOrder;
use crate::ivr::StarCodes;
use crate::plan::Language;

/// A room as one end of a call.
#[derive(Debug)]
pub(super) struct RoomEnd {
    pub(super) room: String,
    /// Whose browsers are told of it; nobody's, if a phone has dialled into a meeting.
    pub(super) watcher: Option<String>,
    /// What is done for phones in a meeting, and not in a call of two.
    pub(super) meeting: Option<InMeeting>,
    state: State,
    /// Whether it keeps the other side waiting.
    pub(super) holds: bool,
    /// Whether nobody is at it any more: it keeps who is at the other end of its call in the room, beside others.
    pub(super) alone: bool,
    /// The identity of whoever will sit there, if it was chosen.
    pub(super) identity: Option<String>,
    /// The phone that sits there, or a voice of ours.
    pub(super) seat: Option<SeatOrder>,
    /// Whether somebody in the room is given what is said at that seat.
    pub(super) listened: bool,
    /// When our voice begins to speak.
    pub(super) begins: Option<Instant>,
    /// With whom the browsers were told that they talk.
    pub(super) told: Option<LegId>,
    /// What they were told of who keeps whom waiting: they the other side, and it them.
    pub(super) told_holds: (bool, bool),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Ringing,
    Confirmed,
    Over,
}

/// What is known of a phone in a meeting.
#[derive(Debug, Default)]
pub(super) struct InMeeting {
    /// As the office wants it to be seen, if it has said so.
    pub(super) name: Option<String>,
    /// Its part, in the office's words.
    pub(super) role: Option<String>,
    pub(super) language: Language,
    /// Whose leg keeps the door open.
    pub(super) door: Option<LegId>,
    pub(super) muted: bool,
    pub(super) hand: bool,
    /// When the floor was taken back: whoever hears that need not hear of the microphone too.
    pub(super) floor_closed: Option<Instant>,
    pub(super) stars: StarCodes,
    pub(super) display: Display,
}

/// Whom the phone's display shows as speaking.
#[derive(Debug, Default)]
pub(super) struct Display {
    wanted: Option<String>,
    shown: Option<String>,
    /// When it may be changed again.
    next: Option<Instant>,
}

impl RoomEnd {
    /// A room in which somebody calls, who is there already.
    pub(super) fn calling(room: String, watcher: Option<String>) -> Self {
        Self {
            room,
            watcher,
            meeting: None,
            state: State::Confirmed,
            holds: false,
            alone: false,
            identity: None,
            seat: None,
            listened: false,
            begins: None,
            told: None,
            told_holds: (false, false),
        }
    }

    /// A room in which much is done for phones, and of which no browser is told.
    pub(super) fn meeting(room: String, meeting: InMeeting) -> Self {
        Self { meeting: Some(meeting), ..Self::calling(room, None) }
    }

    /// A room into which somebody is called.
    pub(super) fn ringing(room: String, watcher: String) -> Self {
        Self { state: State::Ringing, ..Self::calling(room, Some(watcher)) }
    }

    pub(super) fn is_confirmed(&self) -> bool {
        self.state == State::Confirmed
    }

    pub(super) fn is_ringing(&self) -> bool {
        self.state == State::Ringing
    }

    pub(super) fn is_over(&self) -> bool {
        self.state == State::Over
    }

    /// Somebody has pressed "answer".
    pub(super) fn confirm(&mut self) {
        if self.state == State::Ringing {
            self.state = State::Confirmed;
        }
    }

    pub(super) fn end(&mut self) {
        self.state = State::Over;
    }

    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        if self.is_over() {
            return None;
        }
        let display = self.meeting.as_ref().and_then(|meeting| meeting.display.poll_timeout());
        display.into_iter().chain(self.begins).min()
    }
}

impl Display {
    /// Somebody speaks.
    pub(super) fn want(&mut self, now: Instant, name: &str) {
        self.wanted =
            Some(name.to_owned()).filter(|name| !name.is_empty() && self.shown.as_ref() != Some(name));
        if self.next.is_some_and(|next| next <= now) {
            self.next = None;
        }
        self.next.get_or_insert(now);
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.next.filter(|_| self.wanted.is_some())
    }

    /// What is to be shown now.
    pub(super) fn take(&mut self, now: Instant) -> Option<String> {
        if self.next.is_some_and(|next| next > now) {
            return None;
        }
        let wanted = self.wanted.take()?;
        self.next = Some(now + SHOWN_FOR);
        self.shown = Some(wanted.clone());
        Some(wanted)
    }
}

/// How long a name is shown at least: faster than that nobody reads, and a slow link has better things to carry.
const SHOWN_FOR: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_speaks_is_shown_once_a_second_at_most_and_never_twice() {
        let (mut display, now) = (Display::default(), Instant::now());
        let soon = now + Duration::from_millis(300);
        display.want(now, "Awa");
        assert_eq!(display.take(now).as_deref(), Some("Awa"));
        display.want(soon, "Ben");
        display.want(soon, "Chloé");
        assert_eq!(display.take(soon), None);
        assert_eq!(display.poll_timeout(), Some(now + SHOWN_FOR));
        assert_eq!(display.take(now + SHOWN_FOR).as_deref(), Some("Chloé"), "only the last one counts");
        display.want(now + SHOWN_FOR * 3, "Chloé");
        assert_eq!(display.poll_timeout(), None);
    }
}
