//! One contact of an address of record, and how it outlives the program (RFC 3261 §10.2.1, RFC 5626 §6).

use std::time::{Duration, Instant};

use crate::flow::{Connection, Flow, FlowError};
use crate::message::{NameAddr, SyntaxError, Uri};

/// A phone that can be reached, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// The extension's number.
    pub aor: String,
    /// What tells this binding from others of the AOR; stays the same when it is refreshed.
    pub key: String,
    /// The device that authenticated.
    pub device: String,
    /// What the phone wrote into Contact, without `expires`. A request to it has this URI.
    pub contact: NameAddr,
    /// What a request to it is sent over.
    pub flow: Flow,
    /// Whether the flow is there. After a restart, that of a connection is not until the phone comes back.
    pub reachable: bool,
    /// The route set to it (RFC 3327), in order.
    pub path: Vec<NameAddr>,
    /// The preference among the AOR's bindings, in thousandths.
    pub q: u16,
    /// The Call-ID of the last REGISTER.
    pub call_id: String,
    /// The CSeq of the last REGISTER, which rises while the Call-ID stays.
    pub cseq: u32,
    /// What the phone says it is.
    pub user_agent: String,
    /// When it was last refreshed.
    pub refreshed: Instant,
    /// When it ends unless it is refreshed.
    pub expires: Instant,
}

/// A binding as texts, to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedBinding {
    /// See [`Binding::aor`].
    pub aor: String,
    /// See [`Binding::key`].
    pub key: String,
    /// See [`Binding::device`].
    pub device: String,
    /// The contact in angle brackets, with its parameters.
    pub contact: String,
    /// The flow; see its `Display`.
    pub flow: String,
    /// The route set to it.
    pub path: Vec<String>,
    /// See [`Binding::q`].
    pub q: u16,
    /// See [`Binding::call_id`].
    pub call_id: String,
    /// See [`Binding::cseq`].
    pub cseq: u32,
    /// See [`Binding::user_agent`].
    pub user_agent: String,
    /// How much longer it lasts.
    pub remaining: Duration,
}

/// Why a stored binding is of no use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum RestoreError {
    /// Its flow cannot be read.
    #[error(transparent)]
    Flow(#[from] FlowError),
    /// Its contact or path cannot be read.
    #[error(transparent)]
    Address(#[from] SyntaxError),
}

impl Binding {
    /// The instance of the phone behind it, if it says so (RFC 5626 §4.1).
    #[must_use]
    pub fn instance(&self) -> Option<String> {
        self.contact.instance().map(std::borrow::Cow::into_owned)
    }

    /// The binding as texts.
    #[must_use]
    pub fn save(&self, now: Instant) -> SavedBinding {
        SavedBinding {
            aor: self.aor.clone(),
            key: self.key.clone(),
            device: self.device.clone(),
            contact: self.contact.to_string(),
            flow: self.flow.to_string(),
            path: self.path.iter().map(NameAddr::to_string).collect(),
            q: self.q,
            call_id: self.call_id.clone(),
            cseq: self.cseq,
            user_agent: self.user_agent.clone(),
            remaining: self.expires.saturating_duration_since(now),
        }
    }

    /// Whether a device that registers `contact` means this binding. Bindings belong to devices: two phones behind two
    /// routers may well have the same address, and one phone is not to unregister the other.
    pub(super) fn is_of(&self, device: &str, contact: &NameAddr) -> bool {
        if self.device != device {
            return false;
        }
        match (self.contact.instance(), contact.instance()) {
            // A phone that says which it is but counts no flows has one binding, also when its address changes.
            (Some(ours), Some(theirs)) => ours == theirs && self.contact.reg_id() == contact.reg_id(),
            (None, None) => self.contact.uri.is_same(&contact.uri),
            _ => false,
        }
    }

    /// The contact as a response lists it.
    pub(super) fn listed(&self, now: Instant) -> NameAddr {
        let left = self.expires.saturating_duration_since(now);
        // Rounded up, so that what was just granted is listed as it was granted.
        let seconds = left.as_millis().div_ceil(1000);
        self.contact.clone().with_param("expires", Some(&seconds.to_string()))
    }
}

impl SavedBinding {
    /// The binding that was stored.
    pub(super) fn restore(self, now: Instant) -> Result<Binding, RestoreError> {
        let flow: Flow = self.flow.parse()?;
        let address = |text: &String| match text.contains('<') {
            true => NameAddr::parse(text),
            false => Uri::parse(text).map(NameAddr::new),
        };
        Ok(Binding {
            contact: address(&self.contact)?,
            path: self.path.iter().map(address).collect::<Result<_, _>>()?,
            flow,
            // Connections do not outlive the program.
            reachable: !flow.carrier.is_reliable(),
            aor: self.aor,
            key: self.key,
            device: self.device,
            q: self.q,
            call_id: self.call_id,
            cseq: self.cseq,
            user_agent: self.user_agent,
            refreshed: now,
            expires: now + self.remaining,
        })
    }
}

/// The key of a new binding.
pub(super) fn key(device: &str, contact: &NameAddr) -> String {
    match (contact.instance(), contact.reg_id()) {
        (Some(instance), Some(reg_id)) => format!("{device} {instance} {reg_id}"),
        (Some(instance), None) => format!("{device} {instance}"),
        (None, _) => format!("{device} {}", contact.uri),
    }
}

/// Whether a flow ends with a connection.
pub(super) fn is_connection(flow: &Flow) -> bool {
    flow.carrier.is_reliable() && flow.connection != Connection::NONE
}
