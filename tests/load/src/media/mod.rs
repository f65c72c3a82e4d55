//! What publishers send and what subscribers make of it.

pub mod clip;
pub mod continuity;
pub mod delays;
pub mod h264;
pub mod opus;
pub mod rtp;
pub mod stamp;
pub mod vp8;
