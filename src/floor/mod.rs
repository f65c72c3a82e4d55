//! The floor of a meeting: who may speak, who wants to, and how long each party has spoken.
//!
//! [`Floor`] decides and knows no room; [`Floors`] keeps one for each meeting whose chair wants one, and has the room
//! carry it out. Everybody in the room reads it in the room's metadata ([`FloorView`]). Who wants to speak says so by the
//! participant attributes [`HAND`] and [`GESTURE`], so that any client can, and a telephone by its keys.

mod desk;
mod state;

pub use desk::{FloorError, Floors};
pub use state::{Floor, FloorView, Heard, Seat};

/// The participant attribute of a raised hand: since when, in RFC 3339.
pub const HAND: &str = "palabre.hand";
/// The participant attribute that says what a hand is raised for: `floor`, which is what an absent one means, `reply`,
/// `order`, or `yield` by which who has the floor gives it back.
pub const GESTURE: &str = "palabre.gesture";
/// The participant attribute that names the party for which somebody sits at the table. Only tokens set it.
pub const PARTY: &str = "palabre.party";
