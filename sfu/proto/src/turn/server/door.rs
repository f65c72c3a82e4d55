//! Who is there? Requests are answered for those who hold credentials; strangers get one question, short and not often
//! (RFC 8489 §9.2; RFC 8656 §5).

use std::time::Instant;

use super::super::credentials::Claim;
use super::super::nonce::Worth;
use super::super::stun::{Class, Message, Method, Writer, attribute};
use super::{Client, Output, Turn};

/// A request of somebody who is known.
pub(super) struct Request<'a> {
    pub(super) client: Client,
    pub(super) message: &'a Message<'a>,
    pub(super) claim: Claim,
}

/// Codes of errors, named as in the RFCs.
pub(super) mod code {
    pub(in super::super) const BAD_REQUEST: u16 = 400;
    pub(in super::super) const UNAUTHENTICATED: u16 = 401;
    pub(in super::super) const FORBIDDEN: u16 = 403;
    pub(in super::super) const UNKNOWN_ATTRIBUTE: u16 = 420;
    pub(in super::super) const ALLOCATION_MISMATCH: u16 = 437;
    pub(in super::super) const STALE_NONCE: u16 = 438;
    pub(in super::super) const ADDRESS_FAMILY_NOT_SUPPORTED: u16 = 440;
    pub(in super::super) const WRONG_CREDENTIALS: u16 = 441;
    pub(in super::super) const UNSUPPORTED_TRANSPORT: u16 = 442;
    pub(in super::super) const PEER_FAMILY_MISMATCH: u16 = 443;
    pub(in super::super) const QUOTA_REACHED: u16 = 486;
    pub(in super::super) const INSUFFICIENT_CAPACITY: u16 = 508;
}

impl Turn {
    pub(super) fn handle_request(&mut self, now: Instant, client: Client, message: &Message<'_>, len: usize) {
        if message.method == Method::Binding {
            return self.answer_binding(now, client, message, len);
        }
        let claim = match self.authenticate(now, client, message) {
            Ok(claim) => claim,
            Err(code) => return self.challenge(now, client, message, len, code),
        };
        let request = Request { client, message, claim };
        let unknown: Vec<u8> = message.unknown(KNOWN).take(MOST_UNKNOWN).flat_map(u16::to_be_bytes).collect();
        if !unknown.is_empty() {
            return self.answer(&request, Class::Error, |writer| {
                writer.error_code(code::UNKNOWN_ATTRIBUTE);
                writer.attribute(attribute::UNKNOWN_ATTRIBUTES, &unknown);
            });
        }
        let outcome = match message.method {
            Method::Allocate => self.allocate(now, &request),
            Method::Refresh => self.refresh(now, &request),
            Method::CreatePermission => self.create_permission(now, &request),
            Method::ChannelBind => self.bind_channel(now, &request),
            Method::Binding | Method::Send | Method::Data => Err(code::BAD_REQUEST),
        };
        if let Err(code) = outcome {
            if code == code::FORBIDDEN {
                self.counters.forbidden += 1;
            }
            self.answer(&request, Class::Error, |writer| writer.error_code(code));
        }
    }

    /// Tells whoever asks from where it is seen: plain STUN.
    fn answer_binding(&mut self, now: Instant, client: Client, message: &Message<'_>, len: usize) {
        let (mut out, refused) = (Vec::new(), message.unknown(KNOWN).next().is_some());
        let class = if refused { Class::Error } else { Class::Success };
        let mut writer = Writer::begin(&mut out, class, message.method, message.transaction);
        match refused {
            true => writer.error_code(code::UNKNOWN_ATTRIBUTE),
            false => writer.address(attribute::XOR_MAPPED_ADDRESS, client.remote()),
        }
        writer.finish(None);
        self.answer_stranger(now, client, len, out);
    }

    /// Whether a request is somebody's who was given credentials; else the code of what is missing.
    fn authenticate(&self, now: Instant, client: Client, message: &Message<'_>) -> Result<Claim, u16> {
        if !message.is_signed() {
            return Err(code::UNAUTHENTICATED);
        }
        let parts = (
            message.text(attribute::USERNAME),
            message.attribute(attribute::REALM),
            message.attribute(attribute::NONCE),
        );
        let (Some(username), Some(_), Some(nonce)) = parts else {
            return Err(code::BAD_REQUEST);
        };
        // First what costs least and proves the address: nobody who does not hear us has us compute more.
        if self.nonces.judge(nonce, self.elapsed(now), client.remote()) == Worth::Stale {
            return Err(code::STALE_NONCE);
        }
        self.authority
            .claim(username)
            .filter(|claim| message.is_signed_with(&claim.key))
            .ok_or(code::UNAUTHENTICATED)
    }

    /// Asks a stranger for credentials, or for better ones.
    fn challenge(&mut self, now: Instant, client: Client, message: &Message<'_>, len: usize, code: u16) {
        let mut out = Vec::new();
        let mut writer = Writer::begin(&mut out, Class::Error, message.method, message.transaction);
        writer.error_code(code);
        if code != code::BAD_REQUEST {
            writer.attribute(attribute::REALM, self.authority.realm().as_bytes());
            let nonce = self.nonces.make(self.elapsed(now), client.remote());
            writer.attribute(attribute::NONCE, nonce.as_bytes());
        }
        writer.finish(None);
        self.counters.challenged += 1;
        self.answer_stranger(now, client, len, out);
    }

    /// Answers somebody who may have written another's address on the envelope.
    fn answer_stranger(&mut self, now: Instant, client: Client, question: usize, message: Vec<u8>) {
        let amplifies = !client.is_stream() && message.len() > MOST_AMPLIFICATION * question;
        let strangers = &mut self.strangers[usize::from(client.is_stream())];
        if amplifies || !strangers.may_answer(now, client.source()) {
            self.counters.ignored += 1;
            return;
        }
        self.outputs.push_back(Output::Answer { client, message });
    }

    /// Answers somebody who is known, signed.
    pub(super) fn answer(
        &mut self,
        request: &Request<'_>,
        class: Class,
        write: impl FnOnce(&mut Writer<'_>),
    ) {
        let question = request.message;
        let mut message = Vec::new();
        let mut writer = Writer::begin(&mut message, class, question.method, question.transaction);
        write(&mut writer);
        writer.finish(Some(&request.claim.key));
        self.outputs.push_back(Output::Answer { client: request.client, message });
    }
}

/// The attributes that must be understood, and are.
const KNOWN: &[u16] = &[
    attribute::USERNAME,
    attribute::REALM,
    attribute::NONCE,
    attribute::CHANNEL_NUMBER,
    attribute::LIFETIME,
    attribute::XOR_PEER_ADDRESS,
    attribute::DATA,
    attribute::REQUESTED_ADDRESS_FAMILY,
    attribute::EVEN_PORT,
    attribute::REQUESTED_TRANSPORT,
    attribute::RESERVATION_TOKEN,
];

/// How many attributes we name as not understood.
const MOST_UNKNOWN: usize = 8;

/// An answer to an address that is not proved is at most so many times its question.
const MOST_AMPLIFICATION: usize = 3;
