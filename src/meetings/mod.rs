//! Meetings: what a link leads to, who is its host, who waits at its door.

mod admission;
mod code;
mod doorkeeper;
mod lobby;
mod meeting;
mod pin;
mod rooms;
mod tokens;

pub use admission::{Admission, MeetingRole, phone_removal};
pub use code::MeetingCode;
pub use doorkeeper::Doorkeeper;
pub use lobby::{Attendance, Knock, KnockError, Lobby, LobbyLimits, Ticket, Waiting};
pub use meeting::{Meeting, MeetingChange, title};
pub use pin::Pin;
pub use rooms::{MeetingRooms, Presence, Tracks};
pub use tokens::{MEMORY, ROLE, Tokens};
