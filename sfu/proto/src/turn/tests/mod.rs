//! The server in virtual time, with clients that speak for themselves.

mod allocations;
mod door;
mod peers;
mod relaying;
mod rig;
mod streams;
