//! What the scenarios, the fuzz targets and the bench share: peers on an independent WebRTC stack, sources of media,
//! links with faults, and the stage on which they meet our media engine.

mod aes_cm;
pub mod browser;
pub mod fuzz;
pub mod link;
pub mod mail_server;
pub mod peer;
pub mod program;
pub mod source;
pub mod stage;
pub mod telephone;
pub mod tone;
pub mod vp8;
