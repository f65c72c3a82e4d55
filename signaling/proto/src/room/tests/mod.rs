//! Rooms in virtual time.

mod backup;
mod coming_and_going;
mod data;
mod floor;
mod house;
mod lingering;
mod moving;
mod resuming;
mod rpc;
mod speech;
mod tracks;
mod voice;
