//! Which call an INVITE is to take over (RFC 3891).

use std::fmt;

use crate::dialog::DialogId;
use crate::message::{HeaderName, Headers, Params, StatusCode};

/// A dialog, as the side that holds it sees it: of ours, if the field came to us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replaces {
    /// The call's word.
    pub call_id: String,
    /// The tag of the side that is asked.
    pub to_tag: String,
    /// The tag of its other side.
    pub from_tag: String,
    /// Whether only a call that is not answered yet may be taken.
    pub early_only: bool,
}

impl Replaces {
    /// The dialog's side that is asked, named for another.
    #[must_use]
    pub fn of_dialog(id: &DialogId) -> Self {
        Self {
            call_id: id.call_id().into(),
            to_tag: id.local_tag().into(),
            from_tag: id.remote_tag().into(),
            early_only: false,
        }
    }

    /// The dialog that is to be taken over.
    #[must_use]
    pub fn dialog(&self) -> DialogId {
        DialogId::new(&self.call_id, &self.to_tag, &self.from_tag)
    }

    /// The field of an INVITE; 400 if there is one that cannot be read, or a second (RFC 3891 §3).
    pub fn of(headers: &Headers) -> Result<Option<Self>, StatusCode> {
        let mut lines = headers.lines(&HeaderName::Replaces);
        match (lines.next(), lines.next()) {
            (None, _) => Ok(None),
            (Some(line), None) => Self::parse(line).map(Some).ok_or(StatusCode::BAD_REQUEST),
            (Some(_), Some(_)) => Err(StatusCode::BAD_REQUEST),
        }
    }

    /// Reads a value that fills the whole text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let end = text.find(';')?;
        let call_id = text[..end].trim();
        let params = Params::parse(&text[end..]).ok()?;
        // A tag of zero stands for the absent one of RFC 2543 (§6.1).
        let tag = |name| params.get(name).map(|tag| if tag == "0" { "" } else { tag }.to_owned());
        (!call_id.is_empty() && !call_id.contains([' ', '\t'])).then_some(())?;
        Some(Self {
            call_id: call_id.into(),
            to_tag: tag("to-tag")?,
            from_tag: tag("from-tag")?,
            early_only: params.contains("early-only"),
        })
    }
}

impl fmt::Display for Replaces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tag = |tag: &str| if tag.is_empty() { "0".to_owned() } else { tag.to_owned() };
        let (to_tag, from_tag) = (tag(&self.to_tag), tag(&self.from_tag));
        write!(f, "{};to-tag={to_tag};from-tag={from_tag}", self.call_id)?;
        if self.early_only { f.write_str(";early-only") } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dialog_is_named_and_found_again() {
        let id = DialogId::new("98732@sip.example.com", "r33th4x0r", "ff87ff");
        let replaces = Replaces::of_dialog(&id);

        assert_eq!(replaces.to_string(), "98732@sip.example.com;to-tag=r33th4x0r;from-tag=ff87ff");
        assert_eq!(Replaces::parse(&replaces.to_string()).map(|read| read.dialog()), Some(id));
    }

    #[test]
    fn what_names_no_dialog_is_refused() {
        for text in ["", "a", "a;to-tag=1", ";to-tag=1;from-tag=2", "a b;to-tag=1;from-tag=2"] {
            assert_eq!(Replaces::parse(text), None, "{text}");
        }
        let mut headers = Headers::new();
        assert_eq!(Replaces::of(&headers), Ok(None));
        headers.push(HeaderName::Replaces, "a;to-tag=1;from-tag=2;early-only");
        assert!(Replaces::of(&headers).unwrap().unwrap().early_only);
        headers.push(HeaderName::Replaces, "a;to-tag=1;from-tag=2");
        assert_eq!(Replaces::of(&headers), Err(StatusCode::BAD_REQUEST));
    }
}
