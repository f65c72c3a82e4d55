//! Phones: SIP edge, registrar, calls, phone media.

mod directory;
pub mod media;
pub mod transport;

pub use directory::{Binding, Directory, Fact, LegState, Setting};
