//! A relay for clients whose network lets only few things out: TURN (RFC 8656) over datagrams and byte streams.
//!
//! ```text
//! browser ── UDP, TCP or TLS ──▶ handle_client ──▶ a socket of the allocation ──▶ our own media address
//!         ◀── Data, ChannelData ── handle_peer ◀──────────────────────────────────
//! ```
//!
//! [`server::Turn`] decides everything; whoever drives it has the sockets, the clock and one secret. The whole world is
//! closed to it but for the addresses in its [`peers::PeerPolicy`]: those of the media engine beside it. TCP
//! allocations (RFC 6062), reservations and mobility are not spoken.

pub mod address;
mod allocation;
mod bucket;
pub mod credentials;
pub mod framing;
mod integrity;
pub mod limits;
mod nonce;
pub mod peers;
mod quota;
mod revoked;
pub mod server;
mod sources;
pub mod stun;

pub use integrity::Key;

#[cfg(test)]
mod tests;
