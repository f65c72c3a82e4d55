//! The SIP stack without sockets, clocks or tasks.

pub mod message;
