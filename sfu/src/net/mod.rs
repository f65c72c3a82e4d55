//! Sockets, and the system calls that the standard library does not know.

pub(crate) mod accept;
pub(crate) mod sys;
pub(crate) mod tcp;
pub(crate) mod udp;
