//! Challenges and their answers (RFC 3261 §20.7, §20.44; RFC 7616, RFC 8760): the fields, not the arithmetic.

use std::borrow::Cow;
use std::fmt;

use super::error::SyntaxError;
use super::limits::MAX_PARAMS;
use super::scan::{Quoted, Span, is_token, quoted_end, split, trim, unquote};

/// A scheme and its parameters, as both challenge and answer have them.
#[derive(Debug, Clone, PartialEq, Eq)]
struct AuthValue {
    scheme: String,
    /// `name=value, name="value"`, as it was read.
    text: String,
    /// Where the names and values of a Digest lie in the text, quotation marks included.
    index: Vec<(Span, Span)>,
}

/// What a server asks for: WWW-Authenticate, Proxy-Authenticate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge(AuthValue);

/// What a client answers: Authorization, Proxy-Authorization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials(AuthValue);

macro_rules! fields {
    ($($method:ident $name:literal $doc:literal,)*) => {
        $(#[doc = $doc] pub fn $method(&self) -> Option<Cow<'_, str>> { self.0.find($name) })*
    };
}

macro_rules! auth_value {
    ($type:ident) => {
        impl $type {
            /// Reads a value that fills the whole text.
            pub fn parse(text: &str) -> Result<Self, SyntaxError> {
                AuthValue::parse(text).map(Self)
            }

            /// A Digest value without parameters yet.
            pub fn digest() -> Self {
                Self(AuthValue { scheme: "Digest".to_owned(), text: String::new(), index: Vec::new() })
            }

            /// Adds a parameter in quotation marks.
            #[must_use]
            pub fn with_quoted(mut self, name: &str, value: &str) -> Self {
                self.0.push(name, format_args!("{}", Quoted(&value.replace(['\r', '\n'], " "))));
                self
            }

            /// Adds a parameter that is a token.
            ///
            /// # Panics
            /// If the value is not a token.
            #[must_use]
            pub fn with_token(mut self, name: &str, value: &str) -> Self {
                assert!(is_token(value), "a value without quotation marks is a token");
                self.0.push(name, format_args!("{value}"));
                self
            }

            /// Whether the scheme is Digest.
            pub fn is_digest(&self) -> bool {
                self.0.scheme.eq_ignore_ascii_case("Digest")
            }

            /// The scheme as it is written.
            pub fn scheme(&self) -> &str {
                &self.0.scheme
            }

            /// A parameter without quotation marks; `None` for schemes other than Digest.
            pub fn param(&self, name: &str) -> Option<Cow<'_, str>> {
                self.0.find(name)
            }

            fields! {
                realm "realm" "Whose password is asked for.",
                nonce "nonce" "What the answer is computed over.",
                opaque "opaque" "What the client gives back unchanged.",
                algorithm "algorithm" "The hash; MD5 if it is absent.",
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{} {}", self.0.scheme, self.0.text)
            }
        }
    };
}

auth_value!(Challenge);
auth_value!(Credentials);

impl Challenge {
    /// The kinds of protection that the server takes.
    pub fn qop(&self) -> Vec<String> {
        let list = self.0.find("qop").unwrap_or_default();
        list.split(',')
            .map(|option| trim(option).to_ascii_lowercase())
            .filter(|option| !option.is_empty())
            .collect()
    }

    /// Whether only the nonce was too old.
    pub fn is_stale(&self) -> bool {
        self.0.find("stale").is_some_and(|stale| stale.eq_ignore_ascii_case("true"))
    }
}

impl Credentials {
    fields! {
        username "username" "Who answers.",
        uri "uri" "The Request-URI that the answer was computed for.",
        response "response" "The answer.",
        cnonce "cnonce" "The client's own share of what the answer is computed over.",
        qop "qop" "The kind of protection that the client chose.",
        raw_nc "nc" "How often the nonce was used, as it is written: eight hexadecimal digits.",
    }

    /// How often the client has used the nonce, this answer included.
    pub fn nonce_count(&self) -> Option<u32> {
        let text = self.raw_nc()?;
        let hex = text.len() <= 8 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        hex.then(|| u32::from_str_radix(&text, 16).ok())?
    }
}

impl AuthValue {
    fn parse(text: &str) -> Result<Self, SyntaxError> {
        let wrong = |reason| SyntaxError::new("authentication", reason);
        let text = trim(text);
        let (scheme, rest) = text.split_once([' ', '\t']).ok_or(wrong("it has no parameters"))?;
        if !is_token(scheme) {
            return Err(wrong("its scheme is not a token"));
        }
        let mut value = Self { scheme: scheme.to_owned(), text: trim(rest).to_owned(), index: Vec::new() };
        if !scheme.eq_ignore_ascii_case("Digest") {
            return Ok(value);
        }
        let text = value.text.as_str();
        // Both are pieces of the text, so their addresses tell their places.
        let place = |piece: &str| {
            let at = piece.as_ptr().addr() - text.as_ptr().addr();
            Span::new(at, at + piece.len())
        };
        let mut index = Vec::with_capacity(12);
        for piece in split(text, b',').filter(|piece| !piece.is_empty()) {
            let (name, content) = piece.split_once('=').ok_or(wrong("a parameter has no value"))?;
            let (name, content) = (trim(name), trim(content));
            if index.len() == MAX_PARAMS {
                return Err(wrong("there are too many parameters"));
            }
            if !is_token(name) {
                return Err(wrong("a parameter's name is not a token"));
            }
            if content.starts_with('"') && quoted_end(content) != Some(content.len()) {
                return Err(wrong("a quotation mark is not closed"));
            }
            index.push((place(name), place(content)));
        }
        value.index = index;
        Ok(value)
    }

    fn find(&self, name: &str) -> Option<Cow<'_, str>> {
        let (_, value) =
            self.index.iter().find(|(known, _)| known.of(&self.text).eq_ignore_ascii_case(name))?;
        Some(unquote(value.of(&self.text)))
    }

    fn push(&mut self, name: &str, value: fmt::Arguments<'_>) {
        assert!(is_token(name), "a parameter's name is a token");
        if !self.text.is_empty() {
            self.text.push_str(", ");
        }
        let name_at = self.text.len();
        let name_end = name_at + name.len();
        self.text.push_str(&format!("{name}={value}"));
        self.index.push((Span::new(name_at, name_end), Span::new(name_end + 1, self.text.len())));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_read_with_and_without_quotation_marks() {
        let credentials = Credentials::parse(
            r#"digest username="al\"ice",realm = "a, b" ,nonce="n", uri="sip:x", response="r",qop=auth,nc=000000fF,algorithm="MD5""#,
        )
        .expect("well-formed");

        assert!(credentials.is_digest());
        assert_eq!(credentials.username().as_deref(), Some("al\"ice"));
        assert_eq!(credentials.realm().as_deref(), Some("a, b"));
        assert_eq!(credentials.nonce_count(), Some(255));
        assert_eq!(credentials.algorithm().as_deref(), Some("MD5"));
        assert_eq!(credentials.cnonce(), None);
    }

    #[test]
    fn a_challenge_reads_back() {
        let challenge = Challenge::digest()
            .with_quoted("realm", "min\"istère")
            .with_quoted("nonce", "abc==")
            .with_quoted("qop", "auth, auth-int")
            .with_token("stale", "TRUE");

        let read = Challenge::parse(&challenge.to_string()).expect("what we write");

        assert_eq!(read, challenge);
        assert_eq!(read.realm().as_deref(), Some("min\"istère"));
        assert_eq!(read.qop(), ["auth", "auth-int"]);
        assert!(read.is_stale());
    }

    #[test]
    fn other_schemes_are_kept_unread() {
        let other = Credentials::parse("NoOneKnowsThisScheme opaque-data=here").expect("any scheme");

        assert_eq!(other.scheme(), "NoOneKnowsThisScheme");
        assert_eq!(other.param("opaque-data"), None);
    }

    #[test]
    fn nonce_counts_are_eight_hexadecimal_digits() {
        for text in ["000000001", "+1", "xyz", ""] {
            let value = Credentials::digest().with_quoted("nc", text);
            assert_eq!(value.nonce_count(), None, "{text}");
        }
    }
}
