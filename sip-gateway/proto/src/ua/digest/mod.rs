//! Digest authentication: the server's side towards phones, the client's side towards trunks (RFC 7616, RFC 8760).
//!
//! Each account has one algorithm. A challenge that offers two breaks phones in use, so none ever does.

mod arithmetic;
mod client;
mod nonce;
mod replay;
mod server;

pub use arithmetic::ha1;
pub use client::{DigestClient, Unanswerable};
pub use server::{Account, DigestServer, MAX_NONCES, NONCE_LIFETIME, Protected, Verdict};
