//! Phones: SIP edge, registrar, calls, phone media.

mod address;
mod directory;
pub mod media;
mod phones;
pub mod tables;
pub mod transport;

pub use directory::{Binding, Directory, Fact, LegState, MessageState, Setting};
pub use phones::{Phones, PhonesConfig, PhonesHandle, StartError, udp_and_tcp};
