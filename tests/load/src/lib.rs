//! Publishers and subscribers for any server that speaks the LiveKit client protocol, by its address and an API key:
//! real signalling (over one or two peer connections), ICE, DTLS and SRTP, and figures of what became of the media.
//!
//! [`run::run`] carries a [`case::Case`] out and gives its [`outcome::Outcome`].

pub mod case;
pub mod connection;
pub mod media;
pub mod member;
pub mod net;
pub mod outcome;
pub mod run;
pub mod sdp;
pub mod signal;
pub mod tls;
pub mod transport;
