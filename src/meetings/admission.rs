//! Who comes into a meeting as what.

use super::schedule::{Badge, SeatRole};
use super::{Meeting, MeetingCode, Rights};
use crate::accounts::{User, UserId, random_letters};

/// Leave to be in a meeting: what a token says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admission {
    /// Which meeting.
    pub meeting: MeetingCode,
    /// Unique in the meeting: `user-…` or `guest-…`.
    pub identity: String,
    /// As the others see it.
    pub name: String,
    /// As what.
    pub role: MeetingRole,
    /// The seat taken, if there is one for them.
    pub badge: Option<Badge>,
    /// What somebody who has no seat was told to be.
    pub assigned: Option<SeatRole>,
}

/// What somebody is in a meeting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MeetingRole {
    /// Directs it.
    Host,
    /// Has an account here.
    User,
    /// Has none.
    Guest,
}

impl MeetingRole {
    /// As the participant attribute `palabre.role` says it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::User => "user",
            Self::Guest => "guest",
        }
    }
}

impl Admission {
    /// The meeting's host.
    #[must_use]
    pub fn host(meeting: &Meeting, user: &User) -> Self {
        Self { role: MeetingRole::Host, ..Self::user(meeting, user) }
    }

    /// Somebody with an account.
    #[must_use]
    pub fn user(meeting: &Meeting, user: &User) -> Self {
        Self {
            meeting: meeting.code.clone(),
            identity: Self::identity_of(&user.id),
            name: user.name.clone(),
            role: MeetingRole::User,
            badge: None,
            assigned: None,
        }
    }

    /// The same person on a seat.
    #[must_use]
    pub fn seated(self, badge: Option<Badge>) -> Self {
        Self { badge, ..self }
    }

    /// The identity of a guest: one for each seat, so that whoever takes it is the same on every device, or a fresh one.
    #[must_use]
    pub fn guest_identity(badge: Option<&Badge>) -> String {
        match badge {
            Some(badge) => Self::seat_identity(badge.seat),
            None => format!("{GUEST}{}", random_letters(16)),
        }
    }

    /// The identity of whoever comes by the link of a seat.
    #[must_use]
    pub fn seat_identity(seat: i64) -> String {
        format!("{GUEST_SEAT}{seat}")
    }

    /// The seat behind an identity, if it is that of a guest with a link of their own.
    #[must_use]
    pub fn seat_of(identity: &str) -> Option<i64> {
        identity.strip_prefix(GUEST_SEAT)?.parse().ok()
    }

    /// A guest who need not wait.
    #[must_use]
    pub fn new_guest(meeting: &Meeting, name: String) -> Self {
        Self::admitted(meeting, Self::guest_identity(None), name)
    }

    /// Somebody whom a host has let in, or who was in before.
    #[must_use]
    pub fn admitted(meeting: &Meeting, identity: String, name: String) -> Self {
        let role = match Self::user_of(&identity) {
            Some(_) => MeetingRole::User,
            None => MeetingRole::Guest,
        };
        Self { meeting: meeting.code.clone(), identity, name, role, badge: None, assigned: None }
    }

    /// The identity of an account in any room.
    #[must_use]
    pub fn identity_of(user: &UserId) -> String {
        format!("{USER}{}", user.as_str())
    }

    /// Whether an identity is one that the office gives.
    #[must_use]
    pub fn is_ours(identity: &str) -> bool {
        identity.starts_with(GUEST) || identity.starts_with(USER)
    }

    /// The account behind an identity, if it is a user's.
    #[must_use]
    pub fn user_of(identity: &str) -> Option<UserId> {
        identity.strip_prefix(USER).map(UserId::shown)
    }

    /// What the seat does in the meeting, or whoever has none was told to do.
    #[must_use]
    pub fn seat_role(&self) -> Option<SeatRole> {
        self.badge.as_ref().map(|badge| badge.role).or(self.assigned)
    }

    /// What it allows.
    #[must_use]
    pub fn rights(&self) -> Rights {
        Rights::of(self.is_host(), self.seat_role())
    }

    /// Whether a waiting room is for them: those who have no account wait there, and whoever sits in a party gathers with
    /// it. Whoever could open the door need not wait at it, nor who lends others a voice from the first word on.
    #[must_use]
    pub fn waits(&self) -> bool {
        match self.role {
            _ if self.rights().directs => false,
            MeetingRole::Guest => true,
            MeetingRole::User => self.badge.as_ref().is_some_and(|badge| badge.role != SeatRole::Interpreter),
            MeetingRole::Host => false,
        }
    }

    /// Whether it is the host's.
    #[must_use]
    pub fn is_host(&self) -> bool {
        self.role == MeetingRole::Host
    }

    /// Whether it is somebody without an account.
    #[must_use]
    pub fn is_guest(&self) -> bool {
        self.identity.starts_with(GUEST)
    }
}

/// As what a telephone that a host has sent away is remembered: its identity is another one each time.
#[must_use]
pub fn phone_removal(number: &str) -> String {
    format!("phone:{number}")
}

const GUEST: &str = "guest-";
const GUEST_SEAT: &str = "guest-seat-";
const USER: &str = "user-";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::meetings::{Marking, Pin};

    #[test]
    fn whoever_sits_in_a_party_gathers_with_it_but_for_those_who_are_needed_inside() {
        let waits = |identity: &str, role: Option<SeatRole>| {
            let (identity, name) = (identity.to_owned(), "Awa".to_owned());
            Admission::admitted(&meeting(), identity, name).seated(role.map(badge)).waits()
        };
        for role in [SeatRole::Head, SeatRole::Delegate, SeatRole::Rapporteur, SeatRole::Observer] {
            assert!(waits("user-1", Some(role)) && waits("guest-seat-7", Some(role)), "{role:?}");
        }
        for role in [SeatRole::Chair, SeatRole::ProtocolOfficer] {
            assert!(!waits("user-1", Some(role)) && !waits("guest-seat-7", Some(role)), "{role:?}");
        }
        assert!(!waits("user-1", Some(SeatRole::Interpreter)));
        assert!(waits("guest-seat-7", Some(SeatRole::Interpreter)), "somebody has a look first");
        assert!(!waits("user-1", None), "the house is at home");
        assert!(waits("guest-1", None));
    }

    fn badge(role: SeatRole) -> Badge {
        Badge {
            seat: 7,
            party: "Bénin".to_owned(),
            country: None,
            place: (1, 1),
            title: String::new(),
            role,
            is_head: false,
        }
    }

    fn meeting() -> Meeting {
        Meeting {
            code: MeetingCode::random(),
            title: "Bilateral".to_owned(),
            owner: UserId::random(),
            waiting_room: true,
            locked: false,
            created_at: jiff::Timestamp::UNIX_EPOCH,
            pin: Pin::random(),
            marking: Marking::Public,
        }
    }
}
