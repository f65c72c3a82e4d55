//! Session descriptions (RFC 8866, JSEP RFC 9429): reading them, and what we offer and answer.
//!
//! Reading is total: whatever a stranger writes is a description or an [`SdpError`], in linear time. The outcome of a
//! negotiation leaves here in plain types ([`UpMedia`], [`DownNegotiated`], [`RemoteTransport`]); `signaling::media`
//! translates them for the media engine.
//!
//! - [`AnsweringSession`]: the client offers, we answer (the one connection of protocol v1, the publisher's of v0).
//! - [`OfferingSession`]: we offer, the client answers (the subscriber's connection of v0).

mod answering;
mod codec;
mod error;
mod extension;
mod offering;
mod parse;
mod types;
mod write;

pub use answering::AnsweringSession;
pub use error::SdpError;
pub use offering::OfferingSession;
pub use parse::{Msid, Offer, RemoteAnswer, Section, SectionKind, sections};
pub use types::*;

#[cfg(test)]
mod tests;
