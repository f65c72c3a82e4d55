//! Meetings: what a link leads to, who is its host, who waits at its door.

mod admission;
mod approach;
mod code;
mod doorkeeper;
pub mod invitation;
mod link_test;
mod lobby;
mod marking;
mod meeting;
mod nameplate;
mod pin;
mod roles;
mod rooms;
pub mod schedule;
mod seating;
mod tokens;

pub use admission::{Admission, MeetingRole, phone_removal};
pub use approach::{Approach, Approaches, TooManyApproaches, keep_approaches};
pub use code::MeetingCode;
pub use doorkeeper::Doorkeeper;
pub use link_test::{LONGEST_TEST, LinkTests};
pub use lobby::{
    Attendance, Caller, Expected, Gathering, Knock, KnockError, Lobby, LobbyLimits, News, Table, TableView,
    Ticket, Waiting, keep_gatherings,
};
pub(crate) use lobby::{expected, knock};
pub use marking::{Comer, Marking, MarkingRules, Markings};
pub use meeting::{Meeting, MeetingChange, title};
pub(crate) use nameplate::badge_on;
pub use nameplate::{ATTRIBUTES, PARTY, RIGHTS, SEAT, SEAT_ROLE};
pub use pin::Pin;
pub use roles::Rights;
pub use rooms::{MeetingRooms, Presence, Tracks};
pub use seating::SeatingError;
pub use tokens::{MEMORY, Tokens};
