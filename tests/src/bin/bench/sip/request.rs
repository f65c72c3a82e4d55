//! The requests of a phone, as text.

use super::account::REALM;

/// What a phone puts into every request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Line<'a> {
    /// `UDP` or `TLS`.
    pub(crate) transport: &'a str,
    /// Where it sends from, as Via and Contact say it.
    pub(crate) local: &'a str,
    pub(crate) user: &'a str,
    pub(crate) call_id: &'a str,
}

/// One request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Request<'a> {
    pub(crate) method: &'a str,
    pub(crate) uri: &'a str,
    pub(crate) cseq: u32,
    /// The value of To.
    pub(crate) to: &'a str,
    /// Further fields, each with its line end.
    pub(crate) fields: &'a str,
    pub(crate) body: &'a str,
}

impl Line<'_> {
    /// The address by which the phone is called.
    pub(crate) fn contact(&self) -> String {
        let Self { user, local, transport, .. } = self;
        format!("<sip:{user}@{local};transport={}>", transport.to_ascii_lowercase())
    }

    /// Writes a request. A CSeq has one transaction, an ACK to a refusal has that of its INVITE.
    pub(crate) fn request(&self, request: &Request<'_>) -> String {
        let Self { transport, local, user, call_id } = self;
        let Request { method, uri, cseq, to, fields, body } = request;
        format!(
            "{method} {uri} SIP/2.0\r\nVia: SIP/2.0/{transport} {local};branch=z9hG4bK-{call_id}-{cseq};rport\r\n\
             Max-Forwards: 70\r\nFrom: \"Phone {user}\" <sip:{user}@{REALM}>;tag=phone\r\nTo: {to}\r\n\
             Call-ID: {call_id}\r\nCSeq: {cseq} {method}\r\nContact: {contact}\r\n{fields}\
             User-Agent: Yealink SIP-T54W 96.86.0.70\r\nContent-Length: {length}\r\n\r\n{body}",
            contact = self.contact(),
            length = body.len()
        )
    }

    /// Writes a REGISTER with an answer to a challenge, or without.
    pub(crate) fn register(&self, cseq: u32, answer: &str) -> String {
        let (user, contact) = (self.user, self.contact());
        let text = self.request(&Request {
            method: "REGISTER",
            uri: &registrar(),
            cseq,
            to: &format!("<sip:{user}@{REALM}>"),
            fields: &format!("{answer}Expires: 600\r\nAllow: {METHODS}\r\n"),
            body: "",
        });
        let instance = format!("{contact};+sip.instance=\"<urn:uuid:5b3a7f40-0000-4000-8000-{user:0>12}>\"");
        text.replacen(&contact, &instance, 1)
    }
}

/// Where phones register.
pub(crate) fn registrar() -> String {
    format!("sip:{REALM}")
}

const METHODS: &str = "INVITE, ACK, BYE, CANCEL, OPTIONS, INFO, REFER, NOTIFY, UPDATE";
