//! What those who are invited are told: a letter in their language, and what their calendar takes in.

mod calendar;
mod composer;
mod letter;
mod phrases;

pub use calendar::{Event, feed};
pub use composer::Composer;
pub use letter::{About, Clock, DialIn, Kind, Links, Sheet};
