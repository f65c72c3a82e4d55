//! Parameters behind a semicolon (RFC 3261 §25.1 `generic-param`).

use std::borrow::Cow;
use std::fmt;

use super::error::SyntaxError;
use super::limits::MAX_PARAMS;
use super::scan::{Quoted, is_token, is_token_byte, quoted_end, split, trim, unquote};

/// Parameters in their order; names are compared without regard to case.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Params {
    /// `;name=value;flag`, without blanks.
    text: String,
}

impl Params {
    /// Reads parameters; a text that is not empty begins with a semicolon.
    pub fn parse(text: &str) -> Result<Self, SyntaxError> {
        let text = trim(text);
        if text.is_empty() {
            return Ok(Self::default());
        }
        let Some(inner) = text.strip_prefix(';') else {
            return Err(SyntaxError::new(
                "parameters",
                "something stands between a value and its parameters",
            ));
        };
        let mut params = Self { text: String::with_capacity(text.len()) };
        let has_blanks = text.contains([' ', '\t']);
        for (index, piece) in split(inner, b';').enumerate() {
            if index == MAX_PARAMS {
                return Err(SyntaxError::new("parameters", "there are too many"));
            }
            let (name, value) = match piece.split_once('=') {
                Some((name, value)) => (trim(name), Some(trim(value))),
                None => (piece, None),
            };
            if !is_token(name) {
                return Err(SyntaxError::new("parameters", "a name is not a token"));
            }
            if let Some(value) = value {
                check_value(value)?;
            }
            if has_blanks {
                params.append(name, value);
            }
        }
        if !has_blanks {
            params.text.push_str(text);
        }
        Ok(params)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Names and values as they are written, quotation marks included.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        let inner = self.text.strip_prefix(';');
        inner.into_iter().flat_map(|inner| split(inner, b';')).map(|piece| match piece.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (piece, None),
        })
    }

    /// Whether there is a parameter of that name, with or without a value.
    pub fn contains(&self, name: &str) -> bool {
        self.iter().any(|(known, _)| known.eq_ignore_ascii_case(name))
    }

    /// The value of a parameter as it is written.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(known, _)| known.eq_ignore_ascii_case(name))?.1
    }

    /// The value of a parameter without quotation marks and escapes.
    pub fn unquoted(&self, name: &str) -> Option<Cow<'_, str>> {
        self.get(name).map(unquote)
    }

    /// Sets a parameter, at its old place if it is there; the value is quoted if it is not a token or host.
    ///
    /// # Panics
    /// If the name is not a token.
    pub fn set(&mut self, name: &str, value: Option<&str>) {
        assert!(is_token(name), "a parameter's name is a token");
        let quoted = value.map(|value| match check_value(value) {
            Ok(()) => Cow::Borrowed(value),
            Err(_) => Cow::Owned(Quoted(&without_line_ends(value)).to_string()),
        });
        let room = self.text.len() + name.len() + quoted.as_ref().map_or(0, |value| value.len()) + 2;
        let old = std::mem::replace(self, Self { text: String::with_capacity(room) });
        let mut found = false;
        for (known, known_value) in old.iter() {
            if !known.eq_ignore_ascii_case(name) {
                self.append(known, known_value);
            } else if !std::mem::replace(&mut found, true) {
                self.append(name, quoted.as_deref());
            }
        }
        if !found {
            self.append(name, quoted.as_deref());
        }
    }

    /// The same with a parameter set.
    #[must_use]
    pub fn with(mut self, name: &str, value: Option<&str>) -> Self {
        self.set(name, value);
        self
    }

    /// Takes a parameter out; says whether it was there.
    pub fn remove(&mut self, name: &str) -> bool {
        if !self.contains(name) {
            return false;
        }
        let old = std::mem::take(self);
        for (known, value) in old.iter().filter(|(known, _)| !known.eq_ignore_ascii_case(name)) {
            self.append(known, value);
        }
        true
    }

    fn append(&mut self, name: &str, value: Option<&str>) {
        self.text.push(';');
        self.text.push_str(name);
        if let Some(value) = value {
            self.text.push('=');
            self.text.push_str(value);
        }
    }
}

impl fmt::Display for Params {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// A value is a token, a host (with the brackets and colons of IPv6) or a quoted string. What else phones write
/// without quotation marks is taken if it cannot be mistaken for the next part of the field.
fn check_value(value: &str) -> Result<(), SyntaxError> {
    if value.starts_with('"') {
        return match quoted_end(value) {
            Some(end) if end == value.len() => Ok(()),
            Some(_) => Err(SyntaxError::new("parameters", "something follows a quoted value")),
            None => Err(SyntaxError::new("parameters", "a quotation mark is not closed")),
        };
    }
    let plain = |byte: u8| {
        is_token_byte(byte) || matches!(byte, b'[' | b']' | b':' | b'/' | b'@' | b'&' | b'$' | b'?' | b'=')
    };
    if value.is_empty() || !value.bytes().all(plain) {
        return Err(SyntaxError::new("parameters", "a value is not a token"));
    }
    Ok(())
}

/// Nothing that is set may end a line.
fn without_line_ends(value: &str) -> Cow<'_, str> {
    if value.contains(['\r', '\n']) {
        Cow::Owned(value.replace(['\r', '\n'], " "))
    } else {
        Cow::Borrowed(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_found_in_any_case_and_with_blanks_around() {
        let params = Params::parse(" ; Tag = abc ;lr; q=\"a;\\\"b\" ").expect("well-formed");

        assert_eq!(params.get("tag"), Some("abc"));
        assert!(params.contains("LR"));
        assert_eq!(params.get("lr"), None);
        assert_eq!(params.unquoted("q").as_deref(), Some("a;\"b"));
        assert_eq!(params.to_string(), ";Tag=abc;lr;q=\"a;\\\"b\"");
    }

    #[test]
    fn setting_replaces_in_place_and_quotes_when_needed() {
        let mut params = Params::parse(";a=1;b;A=3").expect("well-formed");
        params.set("a", Some("two words"));
        params.set("c", None);

        assert_eq!(params.to_string(), ";a=\"two words\";b;c");
        assert!(params.remove("B"));
        assert!(!params.remove("b"));
        assert_eq!(params.to_string(), ";a=\"two words\";c");
    }

    #[test]
    fn there_are_so_many_parameters_and_no_more() {
        assert!(Params::parse(&";a".repeat(MAX_PARAMS)).is_ok());
        assert!(Params::parse(&";a".repeat(MAX_PARAMS + 1)).is_err());
    }

    #[test]
    fn empty_and_broken_parameters_are_refused() {
        for text in [";;a", ";", "a", ";=b", ";a=", ";a=\"b", ";a=\"b\"c", ";a b", ";a=b c"] {
            assert!(Params::parse(text).is_err(), "{text}");
        }
    }
}
