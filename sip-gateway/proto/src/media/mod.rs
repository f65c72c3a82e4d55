//! Sound of phones: what is decided about packets, and what is computed on samples. Nothing here waits, and nothing
//! allocates per frame.

pub mod comfort_noise;
pub mod concealment;
pub mod dtmf;
pub mod g711;
pub mod g722;
pub mod jitter_buffer;
pub mod level;
pub mod leveller;
pub mod loudest;
pub mod mixer;
pub mod ogg;
pub mod redundancy;
pub mod relay;
pub mod resample;
pub mod rtp;
pub mod sounds;
#[cfg(test)]
mod testing;
pub mod wav;
