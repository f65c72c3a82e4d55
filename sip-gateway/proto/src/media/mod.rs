//! Sound of phones: what is decided about packets, and what is computed on samples. Nothing here waits, and nothing
//! allocates per frame.

pub mod g711;
pub mod relay;
pub mod rtp;
#[cfg(test)]
#[allow(dead_code)]
mod testing;
