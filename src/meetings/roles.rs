//! What somebody may do in a meeting, by what the seat does there. Pure: this is the one table of it.

use livekit_protocol::ParticipantPermission;

use super::schedule::SeatRole;

/// What somebody may do in a meeting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rights {
    /// Runs it: the floor, the agenda, who is admitted, muted or sent away, the lock, the end.
    pub directs: bool,
    /// Is heard though somebody else has the floor.
    pub always_heard: bool,
    /// Is heard and seen at all, writes, and asks for the floor.
    pub speaks: bool,
    /// Whether a right of reply or a point of order goes before others.
    pub has_priority: bool,
}

impl Rights {
    /// Of the holder of a seat, or of somebody who has none; whoever hosts the meeting runs it whatever the seat is.
    #[must_use]
    pub fn of(hosts: bool, role: Option<SeatRole>) -> Self {
        let seat = Self::of_seat(role.unwrap_or_default());
        if hosts { Self { directs: true, speaks: true, ..seat } } else { seat }
    }

    fn of_seat(role: SeatRole) -> Self {
        let delegate = Self { directs: false, always_heard: false, speaks: true, has_priority: true };
        match role {
            SeatRole::Chair => Self { directs: true, always_heard: true, ..delegate },
            SeatRole::ProtocolOfficer => Self { directs: true, ..delegate },
            SeatRole::Head | SeatRole::Delegate | SeatRole::Guest => delegate,
            // What they say is what another has said.
            SeatRole::Interpreter => Self { always_heard: true, has_priority: false, ..delegate },
            SeatRole::Rapporteur => Self { has_priority: false, ..delegate },
            // Whoever only listens does not write to the table either, nor ask for the floor.
            SeatRole::Observer => Self { speaks: false, has_priority: false, ..delegate },
        }
    }

    /// What the room allows.
    #[must_use]
    pub fn permission(self) -> ParticipantPermission {
        ParticipantPermission {
            can_subscribe: true,
            can_publish: self.speaks,
            can_publish_data: self.speaks,
            can_update_metadata: self.speaks,
            ..Default::default()
        }
    }

    /// As the participant attribute [`RIGHTS`](super::RIGHTS) says it: with spaces between. Of a
    /// mere delegate it is `priority`.
    #[must_use]
    pub fn as_words(self) -> String {
        let Self { directs, always_heard, speaks, has_priority } = self;
        let words =
            [(directs, "directs"), (always_heard, HEARD), (has_priority, "priority"), (!speaks, "listens")];
        words.into_iter().filter_map(|(has, word)| has.then_some(word)).collect::<Vec<_>>().join(" ")
    }

    /// Whether such words say that somebody is always heard.
    #[must_use]
    pub fn words_say_heard(words: &str) -> bool {
        words.split(' ').any(|word| word == HEARD)
    }
}

const HEARD: &str = "heard";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chair_and_protocol_officer_run_the_meeting_and_nobody_else_but_its_host() {
        let directs = |role| Rights::of(false, Some(role)).directs;

        let those: Vec<_> = ALL.into_iter().filter(|role| directs(*role)).collect();
        assert_eq!(those, [SeatRole::Chair, SeatRole::ProtocolOfficer]);
        assert!(!Rights::of(false, None).directs);
        assert!(Rights::of(true, None).directs);
    }

    #[test]
    fn chair_and_interpreter_are_heard_whoever_has_the_floor() {
        let those: Vec<_> =
            ALL.into_iter().filter(|role| Rights::of(false, Some(*role)).always_heard).collect();
        assert_eq!(those, [SeatRole::Chair, SeatRole::Interpreter]);
    }

    #[test]
    fn an_observer_listens_and_does_nothing_else() {
        let permission = Rights::of(false, Some(SeatRole::Observer)).permission();

        assert!(permission.can_subscribe && !permission.hidden, "and is seen to be there");
        assert!(!permission.can_publish && !permission.can_publish_data && !permission.can_update_metadata);
        let silent: Vec<_> = ALL.into_iter().filter(|role| !Rights::of(false, Some(*role)).speaks).collect();
        assert_eq!(silent, [SeatRole::Observer]);
    }

    #[test]
    fn a_rapporteur_speaks_as_a_delegate_and_goes_before_nobody() {
        let (delegate, rapporteur) = (Rights::of(false, None), Rights::of(false, Some(SeatRole::Rapporteur)));

        assert_eq!(Rights { has_priority: true, ..rapporteur }, delegate);
        assert!(!rapporteur.has_priority);
    }

    #[test]
    fn a_host_on_an_observer_s_seat_still_runs_the_meeting() {
        let host = Rights::of(true, Some(SeatRole::Observer));

        assert!(host.directs && host.permission().can_publish);
        assert_eq!(host.as_words(), "directs");
    }

    #[test]
    fn the_words_say_who_is_always_heard() {
        for role in ALL {
            let rights = Rights::of(false, Some(role));
            assert_eq!(Rights::words_say_heard(&rights.as_words()), rights.always_heard, "{role:?}");
        }
        assert_eq!(Rights::of(false, Some(SeatRole::Observer)).as_words(), "listens");
    }

    const ALL: [SeatRole; 8] = [
        SeatRole::Chair,
        SeatRole::ProtocolOfficer,
        SeatRole::Head,
        SeatRole::Delegate,
        SeatRole::Interpreter,
        SeatRole::Rapporteur,
        SeatRole::Observer,
        SeatRole::Guest,
    ];
}
