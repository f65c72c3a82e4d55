//! An address with a name and parameters: From, To, Contact, Route and their like (RFC 3261 §20.10).

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use super::error::SyntaxError;
use super::params::Params;
use super::scan::{Quoted, number, quoted_end, trim, unquote};
use super::uri::Uri;

/// One address, perhaps with a display name, and with the parameters of the field, which are not the URI's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameAddr {
    /// The display name without quotation marks and escapes.
    pub display_name: Option<String>,
    /// The address.
    pub uri: Uri,
    /// What stands behind the address.
    pub params: Params,
}

impl NameAddr {
    /// An address alone.
    pub fn new(uri: Uri) -> Self {
        Self { display_name: None, uri, params: Params::default() }
    }

    /// Reads one address that fills the whole text.
    pub fn parse(text: &str) -> Result<Self, SyntaxError> {
        let text = trim(text);
        let (display_name, rest) = display_name(text)?;
        if let Some(bracketed) = rest.strip_prefix('<') {
            let end = bracketed.find('>').ok_or(SyntaxError::new("address", "a bracket is not closed"))?;
            let uri = Uri::parse(&bracketed[..end])?;
            return Ok(Self { display_name, uri, params: Params::parse(&bracketed[end + 1..])? });
        }
        // Without brackets, what follows a semicolon belongs to the field, and commas and question marks are not
        // allowed (RFC 3261 §20.10).
        let end = rest.find(';').unwrap_or(rest.len());
        let address = trim(&rest[..end]);
        if address.contains(['?', ',']) {
            return Err(SyntaxError::new("address", "an address with ? or , stands without brackets"));
        }
        Ok(Self { display_name: None, uri: Uri::parse(address)?, params: Params::parse(&rest[end..])? })
    }

    /// The same with a display name.
    #[must_use]
    pub fn with_display_name(mut self, name: &str) -> Self {
        self.display_name = (!name.is_empty()).then(|| name.replace(['\r', '\n'], " "));
        self
    }

    /// The same with a parameter.
    #[must_use]
    pub fn with_param(mut self, name: &str, value: Option<&str>) -> Self {
        self.params.set(name, value);
        self
    }

    /// The same with a tag.
    #[must_use]
    pub fn with_tag(self, tag: &str) -> Self {
        self.with_param("tag", Some(tag))
    }

    /// The tag, of From and To.
    pub fn tag(&self) -> Option<&str> {
        self.params.get("tag")
    }

    /// How long a contact is to be kept. A value that is no number counts as one hour (RFC 3261 §10.2.1.1).
    pub fn expires(&self) -> Option<Duration> {
        let seconds = self.params.get("expires")?;
        Some(Duration::from_secs(number::<u32>(seconds).unwrap_or(3600).into()))
    }

    /// The preference among contacts in thousandths, 0 to 1000; `None` if it is absent or malformed.
    pub fn q(&self) -> Option<u16> {
        let text = self.params.get("q")?;
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        if fraction.len() > 3 {
            return None;
        }
        let fraction: u16 = if fraction.is_empty() { 0 } else { number(&format!("{fraction:0<3}"))? };
        match number::<u16>(whole)? {
            0 => Some(fraction),
            1 if fraction == 0 => Some(1000),
            _ => None,
        }
    }

    /// The instance of the device behind a contact, without quotation marks and brackets (RFC 5626 §4.1).
    pub fn instance(&self) -> Option<Cow<'_, str>> {
        self.params.unquoted("+sip.instance")
    }

    /// Whether the device behind a contact says that it does ICE (RFC 5768 §3).
    #[must_use]
    pub fn does_ice(&self) -> bool {
        self.params.contains("+sip.ice")
    }

    /// The number of the flow that a contact is reached over (RFC 5626 §4.2).
    pub fn reg_id(&self) -> Option<u32> {
        number(self.params.get("reg-id")?).filter(|id| *id > 0)
    }
}

impl fmt::Display for NameAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(name) = &self.display_name {
            write!(f, "{} ", Quoted(name))?;
        }
        write!(f, "<{}>{}", self.uri, self.params)
    }
}

/// Splits the display name from what follows it.
fn display_name(text: &str) -> Result<(Option<String>, &str), SyntaxError> {
    if text.starts_with('"') {
        let end = quoted_end(text).ok_or(SyntaxError::new("address", "a quotation mark is not closed"))?;
        let rest = trim(&text[end..]);
        if !rest.starts_with('<') {
            return Err(SyntaxError::new("address", "no address in brackets follows the name"));
        }
        let name = unquote(&text[..end]).into_owned();
        return Ok(((!name.is_empty()).then_some(name), rest));
    }
    let Some(end) = text.find('<') else { return Ok((None, text)) };
    let name = trim(&text[..end]);
    // Phones send more than tokens here; what would make the field ambiguous is refused.
    if name.contains(['"', ',', ';', '>', ':']) {
        return Err(SyntaxError::new(
            "address",
            "a name with such characters stands without quotation marks",
        ));
    }
    Ok(((!name.is_empty()).then(|| name.to_owned()), &text[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> NameAddr {
        NameAddr::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn names_addresses_and_parameters_are_told_apart() {
        let quoted = read(r#" "A \"B\" <c>, d" <sip:a@b;lr>;tag=1 "#);
        assert_eq!(quoted.display_name.as_deref(), Some("A \"B\" <c>, d"));
        assert!(quoted.uri.has_param("lr"));
        assert_eq!(quoted.tag(), Some("1"));

        let plain = read("sip:a@b;tag=2");
        assert_eq!(plain.uri.as_str(), "sip:a@b");
        assert_eq!(plain.tag(), Some("2"));

        assert_eq!(read("Élysée Palace<sip:a@b>").display_name.as_deref(), Some("Élysée Palace"));
        assert_eq!(read("\"\" <sip:a@b>").display_name, None);
    }

    #[test]
    fn contacts_of_desk_phones_are_read() {
        let contact = read(
            r#"<sip:100@192.0.2.7:5061;transport=tls>;+sip.instance="<urn:uuid:0-1>";reg-id=1;q=0.5;expires=120"#,
        );

        assert_eq!(contact.instance().as_deref(), Some("<urn:uuid:0-1>"));
        assert_eq!(contact.reg_id(), Some(1));
        assert_eq!(contact.q(), Some(500));
        assert_eq!(contact.expires(), Some(Duration::from_secs(120)));
        assert_eq!(read("<sip:a@b>;q=1.0").q(), Some(1000));
        assert_eq!(read("<sip:a@b>;q=1.1").q(), None);
        assert_eq!(read("<sip:a@b>;expires=never").expires(), Some(Duration::from_secs(3600)));
    }

    #[test]
    fn ambiguous_addresses_are_refused() {
        for text in [
            "",
            "<sip:a@b",
            "\"a <sip:b@c>",
            "\"a\" sip:b@c",
            "Bell, Alexander <sip:a@b>",
            "sip:a@b?x=y",
            "< sip:a@b >",
            "<sip:a@b> tag=1",
            "<sip:a@b>;;tag",
            "a@b",
        ] {
            assert!(NameAddr::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_written_reads_back() {
        for text in ["sip:a@b;tag=2", r#""A \" B" <sip:a@b;x=y>;q=0.1"#, "<tel:+331>", "Name <x:y>"] {
            let address = read(text);
            assert_eq!(read(&address.to_string()), address);
        }
    }
}
