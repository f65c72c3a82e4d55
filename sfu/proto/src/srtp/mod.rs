//! SRTP and SRTCP (RFC 3711, RFC 7714): encrypts and authenticates RTP and RTCP between us and one peer.
//!
//! [`KeyingMaterial`] comes out of the DTLS handshake; from each direction's half of it, or from a [`MasterKey`] that a
//! session description carried, a [`SrtpSender`] or a [`SrtpReceiver`] is made. Neither allocates per packet, only per new source.

mod cipher;
mod keying;
mod receiver;
mod replay;
mod sender;
mod sources;
mod transform;
#[cfg(test)]
mod vectors;

pub use keying::{KeyingError, KeyingMaterial, MasterKey, MasterKeyError, SrtpProfile};
pub use receiver::{SrtpReceiver, UnprotectError};
pub use sender::{ProtectError, SrtpSender};
