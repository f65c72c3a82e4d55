//! Session descriptions as desk phones make them (RFC 8866), and offer/answer for one audio section (RFC 3264).
//!
//! Reading is tolerant and bounded, writing is strict, and every decision is a pure function of what both sides said:
//! `parse` → [`SessionDescription`] → [`Negotiator`] → [`Agreed`]. [`choose`] decides between two legs.

pub mod choose;
mod codec;
mod crypto;
mod describe;
mod negotiate;
mod parse;
#[cfg(test)]
mod tests;
mod write;

pub use codec::{Codec, Format};
pub use crypto::{Crypto, Key, Suite};
pub use describe::{Direction, Fingerprint, Ice, Kind, Media, Origin, Profile, SessionDescription, Setup};
pub use negotiate::{
    Agreed, LocalAudio, LocalDtls, NegotiationError, Negotiator, Offering, Protection, Telephony,
};
pub use parse::SdpError;
