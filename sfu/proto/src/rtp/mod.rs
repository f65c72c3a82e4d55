//! The Real-time Transport Protocol on the wire (RFC 3550 §5): packets, header extensions, sequence numbers.

mod bits;
pub mod dependency;
mod extension;
mod header;
mod packet;
mod sequence;

pub use extension::{ExtensionValues, Extensions};
pub use header::{ExtensionBlock, Header, MAX_HEADER_LEN, Stamp};
pub use packet::Packet;
pub use sequence::{Renumbering, Unwrapper};
