//! Legs that talk to each other, and to phones as they are.

mod calls;
mod offers;
mod wire;
