//! Why a message is refused, and with which status.

use super::header_name::HeaderName;
use super::headers::Headers;
use super::method::Method;
use super::response::Response;
use super::status::StatusCode;
use super::via::Via;

/// Why a text is not what its place in a message asks for; the answer to it is 400.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("malformed {part}: {reason}")]
pub struct SyntaxError {
    /// Which part of the message.
    pub part: &'static str,
    /// What is wrong with it.
    pub reason: &'static str,
}

impl SyntaxError {
    pub(super) const fn new(part: &'static str, reason: &'static str) -> Self {
        Self { part, reason }
    }
}

/// Why bytes are not a message that we take.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseErrorKind {
    /// Not a line of SIP at all.
    #[error("not a sip message")]
    NotSip,
    /// A version other than 2.0.
    #[error("a sip version other than 2.0")]
    Version,
    /// A part that cannot be read.
    #[error(transparent)]
    Syntax(#[from] SyntaxError),
    /// A field that must be there is not.
    #[error("no {0} field")]
    Missing(HeaderName),
    /// A field that must be there once is there again.
    #[error("more than one {0} field")]
    Repeated(HeaderName),
    /// The CSeq field names another method than the request line.
    #[error("the CSeq field names another method than the request line")]
    MethodMismatch,
    /// The body is shorter than Content-Length says.
    #[error("the body has {found} bytes of {expected}")]
    ShortBody {
        /// What Content-Length says.
        expected: usize,
        /// What is there.
        found: usize,
    },
    /// The body is longer than we take.
    #[error("a body of {0} bytes is too large")]
    BodyTooLarge(usize),
    /// The message is longer than we take.
    #[error("the message is too large")]
    MessageTooLarge,
    /// The request line is longer than we take.
    #[error("the request line is too long")]
    StartLineTooLong,
    /// There are more header fields than we take.
    #[error("too many header fields")]
    TooManyHeaders,
    /// There are more Via values than we take.
    #[error("too many hops")]
    TooManyVias,
}

impl ParseErrorKind {
    /// The status that answers a request with this fault.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::NotSip
            | Self::Syntax(_)
            | Self::Missing(_)
            | Self::Repeated(_)
            | Self::MethodMismatch
            | Self::ShortBody { .. } => StatusCode::BAD_REQUEST,
            Self::Version => StatusCode::VERSION_NOT_SUPPORTED,
            Self::BodyTooLarge(_) => StatusCode::REQUEST_ENTITY_TOO_LARGE,
            Self::StartLineTooLong => StatusCode::REQUEST_URI_TOO_LONG,
            Self::MessageTooLarge | Self::TooManyHeaders => StatusCode::MESSAGE_TOO_LARGE,
            Self::TooManyVias => StatusCode::TOO_MANY_HOPS,
        }
    }
}

/// Bytes that are not a message that we take, with what could be read of them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind}")]
pub struct ParseError {
    /// What is wrong.
    pub kind: ParseErrorKind,
    pub(super) salvage: Option<Box<Salvage>>,
}

/// What a refusal of a broken request is made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Salvage {
    pub(super) method: Option<Method>,
    pub(super) headers: Headers,
}

impl ParseError {
    /// The status that a refusal would carry; `None` if nobody is to be answered: the bytes are no request, or an
    /// ACK, or do not say where a response would go.
    pub fn status(&self) -> Option<StatusCode> {
        let salvage = self.salvage.as_deref()?;
        if salvage.method == Some(Method::Ack) {
            return None;
        }
        sender(&salvage.headers).map(|_| self.kind.status())
    }

    /// The response that refuses the request, as far as it could be read.
    pub fn response(&self, to_tag: &str) -> Option<Response> {
        let status = self.status()?;
        let salvage = self.salvage.as_deref()?;
        let mut response = Response::to_headers(&salvage.headers, status, Some(to_tag));
        if response.headers.vias().is_err() {
            response.headers.set(HeaderName::Via, sender(&salvage.headers)?);
        }
        if let ParseErrorKind::Syntax(error) = &self.kind {
            response.reason = format!("Bad Request ({}: {})", error.part, error.reason);
        }
        Some(response)
    }
}

/// The hop that a request came from; without its parameters, if these are what is broken.
fn sender(headers: &Headers) -> Option<Via> {
    headers.via().ok().or_else(|| {
        let text = headers.values(&HeaderName::Via).next()?;
        Via::parse(text.split(';').next()?).ok()
    })
}

impl From<ParseErrorKind> for ParseError {
    fn from(kind: ParseErrorKind) -> Self {
        Self { kind, salvage: None }
    }
}

impl From<SyntaxError> for ParseError {
    fn from(error: SyntaxError) -> Self {
        ParseErrorKind::Syntax(error).into()
    }
}
