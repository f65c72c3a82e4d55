//! Phones in rooms: their seats and ears on one side, browsers on the other, packets and signalling over loopback.

#![allow(clippy::unwrap_used)]

mod calls;
mod exchange;
mod house;
mod seats;
mod tables;
