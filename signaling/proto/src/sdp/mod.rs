//! Session descriptions (RFC 8866, JSEP RFC 9429): reading them, and what we offer and answer.
//!
//! Reading is total: whatever a stranger writes is a description or an [`SdpError`], in linear time. The outcome of a
//! negotiation leaves here in plain types ([`UpMedia`], [`DownNegotiated`], [`RemoteTransport`]); `signaling::media`
//! translates them for the media engine.
//!
//! - `Offer::parse(&str, &Limits)`, `RemoteAnswer::parse(&str, &Limits)`.
//! - `AnsweringSession`: the client offers, we answer (the one connection of protocol v1, the publisher's of v0).
//!   - `new(session_id: u64)`
//!   - `handle_offer(&mut self, offer: Offer) -> Result<OfferChanges, SdpError>`: on an error nothing has changed.
//!   - `set_up_options(&mut self, cid: &str, UpOptions)`: what `add_track` said, before or after the offer.
//!   - `up(&self, mid: &str) -> Option<UpMedia>`, `ups(&self) -> impl Iterator<Item = UpMedia>`: sections in which the
//!     client sends. A section whose cid nobody announced yet is answered like any other; match its cid when the
//!     `add_track` comes.
//!   - `free_slots(&self, MediaKind) -> usize`: sections in which the client would receive and nothing is sent.
//!   - `fill(&mut self, DownMedia) -> Result<String, FillError>` chooses a slot and returns its mid;
//!     `empty(&mut self, mid: &str) -> Option<DownMedia>`. Both show in the next answer.
//!   - `down(&self, mid: &str) -> Option<DownNegotiated>`.
//!   - `needs_offer(&self) -> bool`: something was filled or emptied that the last answer did not say.
//!   - `answer(&mut self, &LocalTransport) -> Answer { sdp, mid_to_track_id }`.
//! - `OfferingSession`: we offer, the client answers (the subscriber's connection of v0).
//!   - `new(session_id: u64, &Limits)`
//!   - `add(&mut self, DownMedia) -> Result<String, FillError>` returns the mid; `remove(&mut self, mid: &str)`.
//!   - `needs_offer(&self) -> bool`, `force_offer(&mut self)` (ICE restart: put new credentials into `LocalTransport`),
//!     `abandon_offer(&mut self)` (signalling was lost, no answer will come).
//!   - `offer(&mut self, &LocalTransport) -> Option<SentOffer { id, sdp, mid_to_track_id }>`; `None` while one is
//!     unanswered.
//!   - `handle_answer(&mut self, id: u32, RemoteAnswer) -> Result<AnswerChanges, SdpError>`.

mod types;

pub use types::*;
