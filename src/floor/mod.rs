//! The floor of a meeting: who may speak, who wants to, and how long each party has spoken; and its agenda: about what.
//!
//! [`Floor`] and [`Agenda`] decide and know no room; [`Floors`] keeps those of all meetings that people are in, and has the
//! rooms carry them out. They are written down as they change, so that a meeting goes on where it was when the program ends
//! and is started again. Everybody in a room reads them in its metadata ([`FloorView`], [`AgendaView`]). Who wants to speak says so by the
//! participant attributes [`HAND`] and [`GESTURE`], so that any client can, and a telephone by its keys.

mod agenda;
mod desk;
mod follow;
mod proceedings;
mod state;

pub use agenda::{Agenda, AgendaView};
pub use desk::{FloorError, Floors};
pub use proceedings::{AllProceedings, BREAK};
pub use state::{Floor, FloorView, Heard, Seat};

/// The participant attribute of a raised hand: since when, in RFC 3339.
pub const HAND: &str = "palabre.hand";
/// The participant attribute that says what a hand is raised for: `floor`, which is what an absent one means, `reply`,
/// `order`, or `yield` by which who has the floor gives it back.
pub const GESTURE: &str = "palabre.gesture";
