//! Whole conferences in virtual time, over a sink that keeps what it is given.

mod audio;
mod bandwidth;
mod codecs;
mod declarations;
mod hearing;
mod hostile;
mod layers;
mod reports;
pub(super) mod rig;
mod screen;
mod speakers;
mod taps;
mod thin_link;
mod video;
