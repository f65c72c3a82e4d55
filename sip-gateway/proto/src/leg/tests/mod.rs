//! Legs that talk to each other, and to phones as they are.

mod calls;
mod early;
mod offers;
mod phones;
mod sessions;
mod storm;
mod transfers;
mod wire;
