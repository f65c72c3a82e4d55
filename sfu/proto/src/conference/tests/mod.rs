//! Whole conferences in virtual time, over a sink that keeps what it is given.

mod audio;
mod rig;
mod video;
