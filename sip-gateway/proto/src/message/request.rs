//! Requests (RFC 3261 §7.1, §8.1.1).

use super::header_name::HeaderName;
use super::headers::Headers;
use super::method::Method;
use super::response::Response;
use super::status::StatusCode;
use super::uri::Uri;

/// What one side wants of the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// What is wanted.
    pub method: Method,
    /// Of whom.
    pub uri: Uri,
    /// The header fields.
    pub headers: Headers,
    /// The body; empty if there is none.
    pub body: Vec<u8>,
}

impl Request {
    /// A request without fields.
    pub fn new(method: Method, uri: Uri) -> Self {
        Self { method, uri, headers: Headers::new(), body: Vec::new() }
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

    /// A response to this request, with the fields that every response copies (RFC 3261 §8.2.6.2). The tag goes into
    /// To unless there is one, or the status is 100.
    pub fn reply(&self, status: StatusCode, to_tag: Option<&str>) -> Response {
        Response::to_headers(&self.headers, status, to_tag)
    }
}
