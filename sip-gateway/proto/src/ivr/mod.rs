//! Calls that are led by voice: what is said to them. The sounds themselves are made elsewhere; here are their names.

mod phrase;
mod prompt;

pub use phrase::{Phrase, Word};
pub use prompt::Prompt;
