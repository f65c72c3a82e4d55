//! Who speaks, and whom all others are given to hear, by the levels in packets (RFC 6464).

mod loudest;
mod loudness;

pub use loudest::{Loudest, Ruling, Spoken};
pub use loudness::Loudness;
