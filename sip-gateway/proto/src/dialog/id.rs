//! What identifies a dialog (RFC 3261 §12).

use crate::message::{ParseErrorKind, Request};

/// Call-ID and both tags, as one side sees them. A side of RFC 2543 has an empty tag.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DialogId {
    call_id: String,
    local_tag: String,
    remote_tag: String,
}

impl DialogId {
    /// From its parts.
    #[must_use]
    pub fn new(call_id: &str, local_tag: &str, remote_tag: &str) -> Self {
        Self { call_id: call_id.into(), local_tag: local_tag.into(), remote_tag: remote_tag.into() }
    }

    /// The dialog that an incoming request says it is part of.
    pub fn of_request(request: &Request) -> Result<Self, ParseErrorKind> {
        let (from, to) = (request.headers.from()?, request.headers.to()?);
        let call_id = request.headers.call_id()?;
        Ok(Self::new(call_id, to.tag().unwrap_or_default(), from.tag().unwrap_or_default()))
    }

    /// The call's word.
    #[must_use]
    pub fn call_id(&self) -> &str {
        &self.call_id
    }

    /// Our tag.
    #[must_use]
    pub fn local_tag(&self) -> &str {
        &self.local_tag
    }

    /// The other side's tag.
    #[must_use]
    pub fn remote_tag(&self) -> &str {
        &self.remote_tag
    }
}
