//! Header fields by their types. What only hints (Expires, Max-Forwards) is taken as absent or as its default when it
//! is malformed, as RFC 4475 §3.1.2.4 advises; what decides is an error.

use std::time::Duration;

use super::auth::{Challenge, Credentials};
use super::cseq::{CSeq, RAck};
use super::date::SipDate;
use super::error::{ParseErrorKind, SyntaxError};
use super::header_name::HeaderName;
use super::headers::Headers;
use super::limits::{MAX_VALUES, MAX_VIAS};
use super::name_addr::NameAddr;
use super::params::Params;
use super::scan::{number, trim};
use super::via::Via;

/// What a Contact field lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Contacts {
    /// `*`: all bindings, to be removed.
    All,
    /// These; none if there is no field.
    List(Vec<NameAddr>),
}

impl Headers {
    /// The value of a field that must be there exactly once.
    pub fn single(&self, name: &HeaderName) -> Result<&str, ParseErrorKind> {
        let mut lines = self.lines(name);
        let value = lines.next().ok_or_else(|| ParseErrorKind::Missing(name.clone()))?;
        match lines.next() {
            Some(_) => Err(ParseErrorKind::Repeated(name.clone())),
            None => Ok(value),
        }
    }

    /// The hop that the message has come from, or will go to as a response.
    pub fn via(&self) -> Result<Via, ParseErrorKind> {
        let value = self.values(&HeaderName::Via).next();
        Ok(Via::parse(value.ok_or(ParseErrorKind::Missing(HeaderName::Via))?)?)
    }

    /// All hops, the last one first.
    pub fn vias(&self) -> Result<Vec<Via>, ParseErrorKind> {
        let mut vias = Vec::new();
        for value in self.values(&HeaderName::Via) {
            if vias.len() == MAX_VIAS {
                return Err(ParseErrorKind::TooManyVias);
            }
            vias.push(Via::parse(value)?);
        }
        if vias.is_empty() { Err(ParseErrorKind::Missing(HeaderName::Via)) } else { Ok(vias) }
    }

    /// Who sent the request.
    pub fn from(&self) -> Result<NameAddr, ParseErrorKind> {
        Ok(NameAddr::parse(self.single(&HeaderName::From)?)?)
    }

    /// Whom the request is meant for.
    pub fn to(&self) -> Result<NameAddr, ParseErrorKind> {
        Ok(NameAddr::parse(self.single(&HeaderName::To)?)?)
    }

    /// What identifies the call.
    pub fn call_id(&self) -> Result<&str, ParseErrorKind> {
        let value = self.single(&HeaderName::CallId)?;
        if value.is_empty() || value.contains([' ', '\t']) {
            return Err(SyntaxError::new("Call-ID", "not one word").into());
        }
        Ok(value)
    }

    /// The place of the request in its dialog.
    pub fn cseq(&self) -> Result<CSeq, ParseErrorKind> {
        Ok(CSeq::parse(self.single(&HeaderName::CSeq)?)?)
    }

    /// Which provisional response a PRACK confirms.
    pub fn rack(&self) -> Result<RAck, ParseErrorKind> {
        Ok(RAck::parse(self.single(&HeaderName::RAck)?)?)
    }

    /// The number of a provisional response that is to be confirmed.
    pub fn rseq(&self) -> Option<u32> {
        number(self.get(&HeaderName::RSeq)?)
    }

    /// How many more hops a request may take.
    pub fn max_forwards(&self) -> Option<u8> {
        number(self.get(&HeaderName::MaxForwards)?)
    }

    /// Where to reach the sender.
    pub fn contacts(&self) -> Result<Contacts, ParseErrorKind> {
        let mut lines = self.lines(&HeaderName::Contact);
        match (lines.next(), lines.next()) {
            (Some("*"), None) => Ok(Contacts::All),
            _ => self.addresses(&HeaderName::Contact).map(Contacts::List),
        }
    }

    /// The only contact, as requests and responses that make dialogs have it.
    pub fn contact(&self) -> Result<NameAddr, ParseErrorKind> {
        let mut contacts = self.addresses(&HeaderName::Contact)?;
        match contacts.len() {
            0 => Err(ParseErrorKind::Missing(HeaderName::Contact)),
            1 => Ok(contacts.remove(0)),
            _ => Err(ParseErrorKind::Repeated(HeaderName::Contact)),
        }
    }

    /// The addresses in a field that is a list of them: Route, Record-Route, Path, P-Asserted-Identity, …
    pub fn addresses(&self, name: &HeaderName) -> Result<Vec<NameAddr>, ParseErrorKind> {
        let mut addresses = Vec::new();
        for value in self.values(name) {
            if addresses.len() == MAX_VALUES {
                return Err(SyntaxError::new("addresses", "there are too many").into());
            }
            addresses.push(NameAddr::parse(value)?);
        }
        Ok(addresses)
    }

    /// The address in a field that has one: Refer-To, Referred-By, Reply-To, …
    pub fn address(&self, name: &HeaderName) -> Result<NameAddr, ParseErrorKind> {
        Ok(NameAddr::parse(self.single(name)?)?)
    }

    /// The words in a field that is a list of them: Require, Supported, Allow, …
    pub fn tokens<'a, 'n>(&'a self, name: &'n HeaderName) -> impl Iterator<Item = &'a str> + use<'a, 'n> {
        self.values(name).filter(|value| !value.is_empty())
    }

    /// Whether a word is in such a list, in any case.
    pub fn has_token(&self, name: &HeaderName, token: &str) -> bool {
        self.tokens(name).any(|known| known.eq_ignore_ascii_case(token))
    }

    /// A value and its parameters: Content-Type, Event, Session-Expires, Subscription-State, Replaces, Reason, …
    pub fn value_and_params(&self, name: &HeaderName) -> Result<Option<(&str, Params)>, ParseErrorKind> {
        let Some(text) = self.get(name) else { return Ok(None) };
        let end = text.find(';').unwrap_or(text.len());
        Ok(Some((trim(&text[..end]), Params::parse(&text[end..])?)))
    }

    /// The type of the body in lower case, without parameters.
    pub fn content_type(&self) -> Option<String> {
        let text = self.get(&HeaderName::ContentType)?;
        let kind = text.split(';').next().unwrap_or_default();
        Some(kind.split('/').map(|part| trim(part).to_ascii_lowercase()).collect::<Vec<_>>().join("/"))
    }

    /// How long a binding or subscription is to last. A value that is no number counts as one hour.
    pub fn expires(&self) -> Option<Duration> {
        self.get(&HeaderName::Expires)?;
        Some(self.seconds(&HeaderName::Expires).unwrap_or(Duration::from_secs(3600)))
    }

    /// The seconds in Min-Expires, Min-SE, Session-Expires, Retry-After; parameters and comments are passed over.
    pub fn seconds(&self, name: &HeaderName) -> Option<Duration> {
        let digits = self.get(name)?.split([';', ' ', '\t', '(']).next()?;
        Some(Duration::from_secs(number::<u32>(digits)?.into()))
    }

    /// The sender's clock; `None` if the field is absent or not in GMT.
    pub fn date(&self) -> Option<SipDate> {
        SipDate::parse(self.get(&HeaderName::Date)?).ok()
    }

    /// The answers to challenges, one a line, in Authorization or Proxy-Authorization.
    pub fn credentials(&self, name: &HeaderName) -> Result<Vec<Credentials>, ParseErrorKind> {
        self.lines(name).take(MAX_VALUES).map(|line| Ok(Credentials::parse(line)?)).collect()
    }

    /// The challenges, one a line, in WWW-Authenticate or Proxy-Authenticate.
    pub fn challenges(&self, name: &HeaderName) -> Result<Vec<Challenge>, ParseErrorKind> {
        self.lines(name).take(MAX_VALUES).map(|line| Ok(Challenge::parse(line)?)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(name: HeaderName, values: &[&str]) -> Headers {
        let mut headers = Headers::new();
        for value in values {
            headers.push(name.clone(), value);
        }
        headers
    }

    #[test]
    fn a_field_that_must_be_there_once_is_neither_absent_nor_repeated() {
        assert_eq!(with(HeaderName::To, &[]).to(), Err(ParseErrorKind::Missing(HeaderName::To)));
        let twice = with(HeaderName::To, &["<sip:a@b>", "<sip:a@b>"]);
        assert_eq!(twice.to(), Err(ParseErrorKind::Repeated(HeaderName::To)));
    }

    #[test]
    fn a_star_stands_alone() {
        assert_eq!(with(HeaderName::Contact, &["*"]).contacts(), Ok(Contacts::All));
        assert_eq!(with(HeaderName::Contact, &[]).contacts(), Ok(Contacts::List(Vec::new())));
        assert!(with(HeaderName::Contact, &["*", "<sip:a@b>"]).contacts().is_err());
        assert!(with(HeaderName::Contact, &["<sip:a@b>, *"]).contacts().is_err());
    }

    #[test]
    fn lists_are_read_up_to_a_limit() {
        let list = |count: usize| with(HeaderName::Route, &[&vec!["<sip:a@b;lr>"; count].join(",")]);
        assert_eq!(list(MAX_VALUES).addresses(&HeaderName::Route).map(|routes| routes.len()), Ok(MAX_VALUES));
        assert!(list(MAX_VALUES + 1).addresses(&HeaderName::Route).is_err());

        let answers = with(HeaderName::Authorization, &vec!["Digest a=1"; MAX_VALUES + 1]);
        let read = answers.credentials(&HeaderName::Authorization).map(|read| read.len());
        assert_eq!(read, Ok(MAX_VALUES), "as many passwords are looked at");
        let long = format!("Digest {}", vec!["a=1"; 65].join(","));
        assert!(with(HeaderName::Authorization, &[&long]).credentials(&HeaderName::Authorization).is_err());
    }

    #[test]
    fn hints_that_are_malformed_do_not_refuse_the_message() {
        assert_eq!(with(HeaderName::MaxForwards, &["300"]).max_forwards(), None);
        assert_eq!(with(HeaderName::MaxForwards, &["0070"]).max_forwards(), Some(70));
        assert_eq!(with(HeaderName::Expires, &["99999999999"]).expires(), Some(Duration::from_secs(3600)));
        assert_eq!(with(HeaderName::Expires, &["0"]).expires(), Some(Duration::ZERO));
        let retry = with(HeaderName::RetryAfter, &["18 (in a meeting);duration=3600"]);
        assert_eq!(retry.seconds(&HeaderName::RetryAfter), Some(Duration::from_secs(18)));
    }

    #[test]
    fn lists_of_words_and_parameters_are_read() {
        let headers = with(HeaderName::Supported, &["path, , 100rel", "", "Timer"]);
        assert_eq!(headers.tokens(&HeaderName::Supported).collect::<Vec<_>>(), ["path", "100rel", "Timer"]);
        assert!(headers.has_token(&HeaderName::Supported, "timer"));

        let headers = with(HeaderName::SessionExpires, &["1800 ; refresher=uas"]);
        let (value, params) = headers.value_and_params(&HeaderName::SessionExpires).unwrap().unwrap();
        assert_eq!((value, params.get("refresher")), ("1800", Some("uas")));
        assert_eq!(headers.seconds(&HeaderName::SessionExpires), Some(Duration::from_secs(1800)));
        let kind = with(HeaderName::ContentType, &["Application / SDP;charset=utf-8"]).content_type();
        assert_eq!(kind.as_deref(), Some("application/sdp"));
    }
}
