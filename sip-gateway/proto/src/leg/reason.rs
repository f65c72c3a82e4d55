//! Why a request was sent or a call ended (RFC 3326).

use std::fmt;

use crate::message::{HeaderName, Headers, Params, StatusCode, Token};

/// One value of a Reason field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// Whose numbers: `SIP`, `Q.850`.
    pub protocol: String,
    /// The number.
    pub cause: Option<u16>,
    /// For people.
    pub text: Option<String>,
}

impl Reason {
    /// A SIP status.
    #[must_use]
    pub fn sip(status: StatusCode, text: &str) -> Self {
        Self { protocol: "SIP".into(), cause: Some(status.code()), text: Some(text.into()) }
    }

    /// A cause of the telephone network.
    #[must_use]
    pub fn q850(cause: u16, text: &str) -> Self {
        Self { protocol: "Q.850".into(), cause: Some(cause), text: Some(text.into()) }
    }

    /// Another device has answered: phones then list no missed call.
    #[must_use]
    pub fn completed_elsewhere() -> Self {
        Self::sip(StatusCode::OK, "Call completed elsewhere")
    }

    /// The first one that can be read.
    #[must_use]
    pub fn of(headers: &Headers) -> Option<Self> {
        headers.values(&HeaderName::Reason).take(MAX_REASONS).find_map(Self::parse)
    }

    /// Whether the call was answered by another device.
    #[must_use]
    pub fn is_completed_elsewhere(&self) -> bool {
        self.protocol.eq_ignore_ascii_case("SIP") && self.cause == Some(200)
    }

    /// The status of a refusal for this reason, if it is one.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        let cause = self.cause.filter(|cause| (400..700).contains(cause))?;
        if self.protocol.eq_ignore_ascii_case("SIP") { StatusCode::new(cause) } else { None }
    }

    fn parse(value: &str) -> Option<Self> {
        let end = value.find(';').unwrap_or(value.len());
        let protocol = Token::new(value[..end].trim())?;
        let params = Params::parse(&value[end..]).ok()?;
        Some(Self {
            protocol: protocol.as_str().into(),
            cause: params.get("cause").and_then(|cause| cause.parse().ok()),
            text: params.unquoted("text").map(|text| text.chars().take(MAX_TEXT).collect()),
        })
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.protocol)?;
        if let Some(cause) = self.cause {
            write!(f, ";cause={cause}")?;
        }
        if let Some(text) = &self.text {
            let escaped = text.replace('\\', "\\\\").replace('"', "\\\"");
            write!(f, ";text=\"{escaped}\"")?;
        }
        Ok(())
    }
}

/// The most values that are looked at.
const MAX_REASONS: usize = 8;
/// The longest text that is kept, in characters.
const MAX_TEXT: usize = 128;

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(value: &str) -> Option<Reason> {
        let mut headers = Headers::new();
        headers.push(HeaderName::Reason, value);
        Reason::of(&headers)
    }

    #[test]
    fn a_reason_reads_back() {
        for reason in [
            Reason::completed_elsewhere(),
            Reason::q850(16, "Normal \"call\" \\ clearing"),
            Reason { protocol: "SIP".into(), cause: None, text: None },
        ] {
            assert_eq!(reading(&reason.to_string()), Some(reason));
        }
    }

    #[test]
    fn what_phones_write_is_read() {
        let elsewhere = reading("SIP ; cause=200 ; text=\"Call completed elsewhere\", Q.850;cause=26");
        assert!(elsewhere.expect("a reason").is_completed_elsewhere());
        assert_eq!(reading("?;cause=1,Q.850;cause=17").and_then(|reason| reason.cause), Some(17));
        assert_eq!(reading("SIP;cause=99999").expect("a reason").cause, None);
        assert_eq!(reading(""), None);
    }

    #[test]
    fn only_a_refusal_gives_a_status() {
        assert_eq!(Reason::sip(StatusCode::BUSY_HERE, "busy").status(), Some(StatusCode::BUSY_HERE));
        assert_eq!(Reason::completed_elsewhere().status(), None);
        assert_eq!(Reason::q850(486, "no").status(), None);
    }
}
