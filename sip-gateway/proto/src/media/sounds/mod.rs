//! What a phone hears when nobody speaks to it: tones of the network, and music on hold.

mod music;
mod tone;

pub use music::{MusicPlayer, music};
pub use tone::{BUSY, CONFIRMATION, RINGBACK, Step, Tone, TonePlayer, UNOBTAINABLE};
