//! Calls that are led by voice: what is said to them. The sounds themselves are made elsewhere; here are their names.

mod door;
mod phrase;
mod prompt;
mod star;

pub use door::{Door, DoorOutput};
pub use phrase::{Phrase, Word};
pub use prompt::Prompt;
pub use star::{StarCode, StarCodes};
