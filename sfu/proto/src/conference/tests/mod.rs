//! Whole conferences in virtual time, over a sink that keeps what it is given.

mod audio;
mod bandwidth;
mod reports;
mod rig;
mod speakers;
mod video;
