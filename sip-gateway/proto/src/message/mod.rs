//! SIP messages: read leniently, written strictly (RFC 3261 §7, §19, §20, §25).
//!
//! A message owns one text that holds all its header fields; the index says where each field's value lies in it.
//! Typed fields (`Via`, `NameAddr`, …) are read from there when somebody asks.

mod auth;
mod check;
mod cseq;
mod date;
mod error;
mod fields;
mod header_name;
mod headers;
mod host;
mod limits;
mod method;
mod name_addr;
mod params;
mod parse;
mod request;
mod response;
mod scan;
mod start_line;
mod status;
mod stream;
mod token;
mod uri;
mod via;
mod write;

pub use auth::{Challenge, Credentials};
pub use check::{Refusal, Understood, refuse};
pub use cseq::{CSeq, RAck};
pub use date::SipDate;
pub use error::{ParseError, ParseErrorKind, SyntaxError};
pub use fields::Contacts;
pub use header_name::HeaderName;
pub use headers::Headers;
pub use host::ip_of;
pub use limits::*;
pub use method::Method;
pub use name_addr::NameAddr;
pub use params::Params;
pub use request::Request;
pub use response::Response;
pub use status::StatusCode;
pub use stream::{Framed, StreamDecoder, StreamError};
pub use token::Token;
pub use uri::{Scheme, Uri};
pub use via::{Transport, Via};

/// A SIP message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// What one side wants.
    Request(Request),
    /// What the other side says to it.
    Response(Response),
}

impl Message {
    /// Reads one datagram. Bytes beyond Content-Length are ignored, a body shorter than it is refused; what is read
    /// has one From, To, Call-ID and CSeq and at least one Via, all well-formed.
    pub fn parse(datagram: &[u8]) -> Result<Self, ParseError> {
        parse::datagram(datagram)
    }

    /// The header fields.
    pub fn headers(&self) -> &Headers {
        match self {
            Self::Request(request) => &request.headers,
            Self::Response(response) => &response.headers,
        }
    }

    /// The header fields, to change them.
    pub fn headers_mut(&mut self) -> &mut Headers {
        match self {
            Self::Request(request) => &mut request.headers,
            Self::Response(response) => &mut response.headers,
        }
    }

    /// The body; empty if there is none.
    pub fn body(&self) -> &[u8] {
        match self {
            Self::Request(request) => &request.body,
            Self::Response(response) => &response.body,
        }
    }
}
