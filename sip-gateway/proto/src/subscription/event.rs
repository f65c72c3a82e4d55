//! What is subscribed to (RFC 6665 §8.2.1).

use std::fmt;

use crate::message::{HeaderName, Request, Token};

/// An event package, and the subscriber's own name for the subscription.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Event {
    /// The package: `dialog`, `message-summary`.
    pub package: String,
    /// Tells several subscriptions in one dialog apart.
    pub id: Option<String>,
}

impl Event {
    /// What a SUBSCRIBE asks for; `None` if it does not say so readably.
    #[must_use]
    pub fn of(request: &Request) -> Option<Self> {
        let (package, params) = request.headers.value_and_params(&HeaderName::Event).ok()??;
        let package = Token::new(package)?.as_str().to_ascii_lowercase();
        Some(Self { package, id: params.get("id").map(str::to_owned) })
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.package)?;
        match &self.id {
            Some(id) => write!(f, ";id={id}"),
            None => Ok(()),
        }
    }
}
