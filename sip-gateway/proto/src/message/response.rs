//! Responses (RFC 3261 §7.2, §8.2.6).

use super::header_name::HeaderName;
use super::headers::Headers;
use super::status::StatusCode;

/// What one side says to the other's request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// The code that programs read.
    pub status: StatusCode,
    /// The phrase that people read.
    pub reason: String,
    /// The header fields.
    pub headers: Headers,
    /// The body; empty if there is none.
    pub body: Vec<u8>,
}

impl Response {
    /// A response without fields, with the usual phrase.
    pub fn new(status: StatusCode) -> Self {
        Self { status, reason: status.phrase().to_owned(), headers: Headers::new(), body: Vec::new() }
    }

    /// The same with another phrase.
    #[must_use]
    pub fn with_reason(mut self, reason: &str) -> Self {
        self.reason = reason.to_owned();
        self
    }

    /// The same with one more field.
    #[must_use]
    pub fn with(mut self, name: HeaderName, value: impl std::fmt::Display) -> Self {
        self.headers.push(name, value);
        self
    }

    /// The same with a body of that type.
    #[must_use]
    pub fn with_body(mut self, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        self.headers.set(HeaderName::ContentType, content_type);
        self.body = body.into();
        self
    }

    /// A response to the request with these fields, as far as they could be read.
    pub(super) fn to_headers(request: &Headers, status: StatusCode, to_tag: Option<&str>) -> Self {
        let mut response = Self::new(status);
        let headers = &mut response.headers;
        headers.reserve(12, 512);
        headers.copy_from(request, &HeaderName::Via);
        headers.copy_from(request, &HeaderName::From);
        let tag = to_tag.filter(|_| status != StatusCode::TRYING);
        match (request.to(), tag) {
            (Ok(to), Some(tag)) if to.tag().is_none() => headers.push(HeaderName::To, to.with_tag(tag)),
            _ => headers.copy_from(request, &HeaderName::To),
        }
        headers.copy_from(request, &HeaderName::CallId);
        headers.copy_from(request, &HeaderName::CSeq);
        if status == StatusCode::TRYING {
            headers.copy_from(request, &HeaderName::Timestamp);
        }
        response
    }
}
