//! Addresses: SIP, SIPS, TEL, and any other scheme as text (RFC 3261 §19.1, RFC 3966).

use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;

use super::error::SyntaxError;
use super::host::{ip_of, split_host_port};
use super::scan::Bytes;

/// What a URI begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// `sip:`
    Sip,
    /// `sips:`
    Sips,
    /// `tel:`
    Tel,
    /// Any other; [`Uri::scheme_str`] says which.
    Other,
}

/// An address. It keeps the text it was read from; `==` compares texts, [`Uri::is_same`] what they mean.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Uri {
    text: Box<str>,
    scheme: Scheme,
    parts: Parts,
}

/// Where the parts lie in the text; of an unknown scheme only `scheme_end` means something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
struct Parts {
    scheme_end: u32,
    user: Option<(u32, u32)>,
    password: Option<(u32, u32)>,
    host: (u32, u32),
    port: Option<u16>,
    params: (u32, u32),
    headers: (u32, u32),
}

impl Uri {
    /// Reads a URI that fills the whole text.
    pub fn parse(text: &str) -> Result<Self, SyntaxError> {
        let (scheme, rest) = text.split_once(':').ok_or(SyntaxError::new("uri", "it has no scheme"))?;
        let valid = scheme.as_bytes().first().is_some_and(u8::is_ascii_alphabetic)
            && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'));
        if !valid {
            return Err(SyntaxError::new("uri", "its scheme is not one"));
        }
        let mut parts = Parts { scheme_end: narrow(scheme.len()), ..Parts::default() };
        let at = scheme.len() + 1;
        let scheme = match scheme {
            _ if scheme.eq_ignore_ascii_case("sip") => Scheme::Sip,
            _ if scheme.eq_ignore_ascii_case("sips") => Scheme::Sips,
            _ if scheme.eq_ignore_ascii_case("tel") => Scheme::Tel,
            _ => Scheme::Other,
        };
        match scheme {
            Scheme::Sip | Scheme::Sips => read_sip(rest, at, &mut parts)?,
            Scheme::Tel => read_tel(rest, at, &mut parts)?,
            Scheme::Other => check_other(rest)?,
        }
        Ok(Self { text: text.into(), scheme, parts })
    }

    /// A SIP URI. The user is escaped as needed.
    pub fn sip(user: Option<&str>, host: &str, port: Option<u16>) -> Result<Self, SyntaxError> {
        Self::build("sip", user, host, port)
    }

    /// A SIPS URI. The user is escaped as needed.
    pub fn sips(user: Option<&str>, host: &str, port: Option<u16>) -> Result<Self, SyntaxError> {
        Self::build("sips", user, host, port)
    }

    fn build(scheme: &str, user: Option<&str>, host: &str, port: Option<u16>) -> Result<Self, SyntaxError> {
        let mut text = format!("{scheme}:");
        if let Some(user) = user.filter(|user| !user.is_empty()) {
            escape_user(user, &mut text);
            text.push('@');
        }
        text.push_str(host);
        if let Some(port) = port {
            text.push_str(&format!(":{port}"));
        }
        Self::parse(&text)
    }

    /// The whole text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The scheme.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The scheme as it is written.
    pub fn scheme_str(&self) -> &str {
        &self.text[..self.parts.scheme_end as usize]
    }

    /// Whether it is a SIP or SIPS URI.
    pub fn is_sip(&self) -> bool {
        matches!(self.scheme, Scheme::Sip | Scheme::Sips)
    }

    /// The user, or a TEL URI's number, with its escapes.
    pub fn raw_user(&self) -> Option<&str> {
        self.parts.user.map(|span| self.part(span))
    }

    /// The user, or a TEL URI's number, without escapes. Bytes that are no UTF-8 are replaced.
    pub fn user(&self) -> Option<Cow<'_, str>> {
        self.raw_user().map(unescape)
    }

    /// The password, with its escapes. Nobody should send one.
    pub fn raw_password(&self) -> Option<&str> {
        self.parts.password.map(|span| self.part(span))
    }

    /// The host, an IPv6 address in brackets; empty unless it is a SIP or SIPS URI.
    pub fn host(&self) -> &str {
        self.part(self.parts.host)
    }

    /// The host, if it is an address and not a name.
    pub fn host_ip(&self) -> Option<IpAddr> {
        ip_of(self.host())
    }

    /// The port, if it is written.
    pub fn port(&self) -> Option<u16> {
        self.parts.port
    }

    /// The parameters, with their escapes.
    pub fn params(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        pairs(self.part(self.parts.params), ';')
    }

    /// Whether there is a parameter of that name, with or without a value.
    pub fn has_param(&self, name: &str) -> bool {
        self.params().any(|(known, _)| unescape(known).eq_ignore_ascii_case(name))
    }

    /// A parameter's value without escapes.
    pub fn param(&self, name: &str) -> Option<Cow<'_, str>> {
        let (_, value) = self.params().find(|(known, _)| unescape(known).eq_ignore_ascii_case(name))?;
        value.map(unescape)
    }

    /// The header fields that a request made from this URI should carry, without escapes.
    pub fn headers(&self) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
        pairs(self.part(self.parts.headers), '&')
            .map(|(name, value)| (unescape(name), unescape(value.unwrap_or_default())))
    }

    /// The same with a parameter set; name and value are escaped as needed.
    #[must_use]
    pub fn with_param(&self, name: &str, value: Option<&str>) -> Self {
        let mut params = String::new();
        let mut append = |name: &str, value: Option<&str>| {
            params.push(';');
            escape(name, &PLAIN_PARAM, &mut params);
            if let Some(value) = value {
                params.push('=');
                escape(value, &PLAIN_PARAM, &mut params);
            }
        };
        for (known, value) in self.params().filter(|(known, _)| !unescape(known).eq_ignore_ascii_case(name)) {
            append(&unescape(known), value.map(unescape).as_deref());
        }
        append(name, value);
        self.with_tail(&params, true)
    }

    /// The same without a parameter.
    #[must_use]
    pub fn without_param(&self, name: &str) -> Self {
        if !self.has_param(name) {
            return self.clone();
        }
        let kept: String = self
            .params()
            .filter(|(known, _)| !unescape(known).eq_ignore_ascii_case(name))
            .map(|(known, value)| match value {
                Some(value) => format!(";{known}={value}"),
                None => format!(";{known}"),
            })
            .collect();
        self.with_tail(&kept, true)
    }

    /// The same without parameters and header fields.
    #[must_use]
    pub fn bare(&self) -> Self {
        if self.scheme == Scheme::Other { self.clone() } else { self.with_tail("", false) }
    }

    /// The address of record: scheme, user and host in lower case, without port, password, parameters and header
    /// fields (RFC 3261 §10.3 step 5).
    pub fn address_of_record(&self) -> String {
        match self.scheme {
            Scheme::Sip | Scheme::Sips => {
                let mut text = format!("{}:", self.scheme_str().to_ascii_lowercase());
                if let Some(user) = self.user() {
                    escape_user(&user, &mut text);
                    text.push('@');
                }
                text + &self.host().to_ascii_lowercase()
            }
            Scheme::Tel => format!("tel:{}", self.user().map(|user| visual_free(&user)).unwrap_or_default()),
            Scheme::Other => self.text.to_string(),
        }
    }

    /// Whether two URIs mean the same (RFC 3261 §19.1.4; RFC 3966 §4 for numbers).
    pub fn is_same(&self, other: &Self) -> bool {
        if self.scheme != other.scheme {
            return false;
        }
        if self.text == other.text {
            return true;
        }
        match self.scheme {
            Scheme::Other => self.text == other.text,
            Scheme::Tel => {
                let number = |uri: &Self| uri.user().map(|user| visual_free(&user));
                number(self) == number(other) && self.has_params_of(other) && other.has_params_of(self)
            }
            Scheme::Sip | Scheme::Sips => {
                self.user() == other.user()
                    && self.raw_password().map(unescape) == other.raw_password().map(unescape)
                    && self.host().eq_ignore_ascii_case(other.host())
                    && self.port() == other.port()
                    && self.agrees_on_params(other)
                    && other.agrees_on_params(self)
                    && sorted_headers(self) == sorted_headers(other)
            }
        }
    }

    /// A parameter in both must be equal; of those in one only, some make a difference.
    fn agrees_on_params(&self, other: &Self) -> bool {
        const TELLING: [&str; 5] = ["user", "ttl", "method", "maddr", "transport"];
        self.params().all(|(name, value)| {
            let name = unescape(name);
            if other.has_param(&name) {
                let (ours, theirs) = (value.map(unescape), other.param(&name));
                ours.unwrap_or_default().eq_ignore_ascii_case(&theirs.unwrap_or_default())
            } else {
                !TELLING.iter().any(|telling| telling.eq_ignore_ascii_case(&name))
            }
        })
    }

    fn has_params_of(&self, other: &Self) -> bool {
        other.params().all(|(name, value)| {
            self.params().any(|(ours, our_value)| {
                ours.eq_ignore_ascii_case(name)
                    && our_value.unwrap_or_default().eq_ignore_ascii_case(value.unwrap_or_default())
            })
        })
    }

    fn part(&self, (start, end): (u32, u32)) -> &str {
        &self.text[start as usize..end as usize]
    }

    /// Puts other parameters, each with its semicolon, behind what precedes them.
    fn with_tail(&self, params: &str, keep_headers: bool) -> Self {
        if self.scheme == Scheme::Other {
            return self.clone();
        }
        // The span of the parameters begins behind their semicolon.
        let params_at = match self.parts.params {
            (start, end) if start == end => start,
            (start, _) => start - 1,
        };
        let mut text = format!("{}{params}", &self.text[..params_at as usize]);
        let headers = self.part(self.parts.headers);
        if keep_headers && !headers.is_empty() {
            text.push('?');
            text.push_str(headers);
        }
        Self::parse(&text).expect("a uri with other parameters that are escaped is a uri")
    }
}

impl fmt::Display for Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::str::FromStr for Uri {
    type Err = SyntaxError;

    fn from_str(text: &str) -> Result<Self, SyntaxError> {
        Self::parse(text)
    }
}

/// `user:password@host:port;params?headers`, of which only the host must be there.
fn read_sip(rest: &str, at: usize, parts: &mut Parts) -> Result<(), SyntaxError> {
    // A user may hold semicolons and question marks, so it is cut off first.
    let host_at = match rest.find('@') {
        Some(end) => {
            let (user, password) = match rest[..end].split_once(':') {
                Some((user, password)) => (user, Some(password)),
                None => (&rest[..end], None),
            };
            if user.is_empty() || !is_escaped(user, &USER) {
                return Err(SyntaxError::new("uri", "its user is empty or not escaped"));
            }
            parts.user = Some(span(at, user.len()));
            if let Some(password) = password {
                if !is_escaped(password, &PASSWORD) {
                    return Err(SyntaxError::new("uri", "its password is not escaped"));
                }
                parts.password = Some(span(at + user.len() + 1, password.len()));
            }
            end + 1
        }
        None => 0,
    };
    let tail = &rest[host_at..];
    let host_end = tail.find([';', '?']).unwrap_or(tail.len());
    let (host, port) = split_host_port(&tail[..host_end])?;
    if tail[..host_end].contains([' ', '\t']) {
        return Err(SyntaxError::new("uri", "there is a blank in it"));
    }
    parts.host = span(at + host_at, host.len());
    parts.port = port;
    let params_at = host_at + host_end;
    read_params_and_headers(&rest[params_at..], at + params_at, parts)
}

fn read_tel(rest: &str, at: usize, parts: &mut Parts) -> Result<(), SyntaxError> {
    let end = rest.find([';', '?']).unwrap_or(rest.len());
    let digits = rest[..end].strip_prefix('+').unwrap_or(&rest[..end]);
    let valid =
        |byte: u8| byte.is_ascii_hexdigit() || matches!(byte, b'*' | b'#' | b'-' | b'.' | b'(' | b')');
    if !digits.bytes().all(valid)
        || !digits.bytes().any(|byte| byte.is_ascii_hexdigit() || b"*#".contains(&byte))
    {
        return Err(SyntaxError::new("uri", "its number is not one"));
    }
    parts.user = Some(span(at, end));
    read_params_and_headers(&rest[end..], at + end, parts)
}

fn read_params_and_headers(tail: &str, at: usize, parts: &mut Parts) -> Result<(), SyntaxError> {
    let params_end = tail.find('?').unwrap_or(tail.len());
    parts.params = span(at, 0);
    if let Some(params) = tail[..params_end].strip_prefix(';') {
        let named = |(name, _): (&str, _)| !name.is_empty();
        if !is_escaped(params, &PARAMS) || params.is_empty() || !pairs(params, ';').all(named) {
            return Err(SyntaxError::new("uri", "its parameters are malformed"));
        }
        parts.params = span(at + 1, params.len());
    }
    parts.headers = span(at + tail.len(), 0);
    if let Some(headers) = tail[params_end..].strip_prefix('?') {
        if !is_escaped(headers, &HEADERS) {
            return Err(SyntaxError::new("uri", "its header fields are malformed"));
        }
        parts.headers = span(at + params_end + 1, headers.len());
    }
    Ok(())
}

/// Of a scheme that we do not know we ask only that it does not end the line or the brackets around it.
fn check_other(rest: &str) -> Result<(), SyntaxError> {
    let fits = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'<' | b'>' | b'"');
    if rest.is_empty() || !rest.bytes().all(fits) {
        return Err(SyntaxError::new("uri", "a character does not belong in one"));
    }
    Ok(())
}

/// RFC 3261 §25.1 `user-unreserved`, and `#`, which phones send in feature codes.
static USER: Bytes = Bytes::alphanumeric_and(b"-_.!~*'()&=+$,;?/#");
static PASSWORD: Bytes = Bytes::alphanumeric_and(b"-_.!~*'()&=+$,:");
/// `param-unreserved`, and what divides parameters.
static PARAMS: Bytes = Bytes::alphanumeric_and(b"-_.!~*'()[]/:&+$;=,@\"");
/// `hnv-unreserved`, and what divides header fields.
static HEADERS: Bytes = Bytes::alphanumeric_and(b"-_.!~*'()[]/?:+$&=;,@");
/// What we write as it is in a name or value of a parameter.
static PLAIN_PARAM: Bytes = Bytes::alphanumeric_and(b"-_.!~*'()[]/:&+$");
/// What we write as it is in a user: strictly, so `#` is escaped.
static PLAIN_USER: Bytes = Bytes::alphanumeric_and(b"-_.!~*'()&=+$,;?/");

fn is_escaped(text: &str, plain: &Bytes) -> bool {
    let bytes = text.as_bytes();
    bytes.iter().enumerate().all(|(at, byte)| match byte {
        b'%' => bytes.get(at + 1..at + 3).is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit)),
        byte => plain.contains(*byte),
    })
}

/// Escapes what may not stand as it is.
fn escape(text: &str, plain: &Bytes, out: &mut String) {
    for byte in text.bytes() {
        if plain.contains(byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
}

fn escape_user(user: &str, out: &mut String) {
    escape(user, &PLAIN_USER, out);
}

/// Replaces escapes by what they stand for.
fn unescape(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    let bytes = text.as_bytes();
    let mut plain = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = |at: usize| bytes.get(at).and_then(|byte| char::from(*byte).to_digit(16));
        match (bytes[at], hex(at + 1), hex(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                plain.push(u8::try_from(high * 16 + low).expect("two hexadecimal digits are a byte"));
                at += 3;
            }
            (byte, ..) => {
                plain.push(byte);
                at += 1;
            }
        }
    }
    Cow::Owned(
        String::from_utf8(plain)
            .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()),
    )
}

fn pairs(text: &str, separator: char) -> impl Iterator<Item = (&str, Option<&str>)> {
    text.split(separator).filter(|_| !text.is_empty()).map(|piece| match piece.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (piece, None),
    })
}

fn sorted_headers(uri: &Uri) -> Vec<(String, String)> {
    let mut headers: Vec<_> =
        uri.headers().map(|(name, value)| (name.to_ascii_lowercase(), value.into_owned())).collect();
    headers.sort();
    headers
}

/// A number without the separators that are only for the eye.
fn visual_free(number: &str) -> String {
    number
        .chars()
        .filter(|char| !matches!(char, '-' | '.' | '(' | ')'))
        .collect::<String>()
        .to_ascii_lowercase()
}

fn narrow(at: usize) -> u32 {
    u32::try_from(at).expect("texts are bounded far below 4 GiB")
}

fn span(start: usize, length: usize) -> (u32, u32) {
    (narrow(start), narrow(start + length))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uri(text: &str) -> Uri {
        Uri::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn all_parts_of_a_sip_uri_are_found() {
        let uri = uri("sips:alice%20b:secret@[2001:db8::9]:5061;transport=TCP;lr?subject=a%20b&to=x");

        assert_eq!(uri.scheme(), Scheme::Sips);
        assert_eq!(uri.user().as_deref(), Some("alice b"));
        assert_eq!(uri.raw_password(), Some("secret"));
        assert_eq!(uri.host(), "[2001:db8::9]");
        assert!(uri.host_ip().is_some());
        assert_eq!(uri.port(), Some(5061));
        assert_eq!(uri.param("Transport").as_deref(), Some("TCP"));
        assert!(uri.has_param("lr"));
        assert_eq!(uri.headers().next(), Some(("subject".into(), "a b".into())));
    }

    #[test]
    fn a_user_may_hold_semicolons_and_question_marks() {
        let uri = uri("sip:user;par=u%40example.net/?x@example.com;lr");

        assert_eq!(uri.user().as_deref(), Some("user;par=u@example.net/?x"));
        assert_eq!(uri.host(), "example.com");
        assert!(uri.has_param("lr"));
    }

    #[test]
    fn numbers_and_foreign_schemes_are_kept() {
        let tel = uri("tel:+33-1-43.17;phone-context=example.com");
        assert_eq!(tel.raw_user(), Some("+33-1-43.17"));
        assert!(tel.is_same(&uri("TEL:+33143 17;phone-context=example.com".replace(' ', "").as_str())));
        let foreign = uri("nobodyKnowsThisScheme:totallyopaquecontent");
        assert_eq!(foreign.scheme(), Scheme::Other);
        assert_eq!(foreign.scheme_str(), "nobodyKnowsThisScheme");
    }

    #[test]
    fn what_is_no_uri_is_refused() {
        for text in [
            "",
            "sip:",
            "alice",
            "sip:@host",
            "sip:a b@host",
            "sip:a@b@c",
            "sip:host;",
            "sip:host;;lr",
            "sip:host;lr x",
            "sip:a@host:port",
            "sip:a%4@host",
            "<sip:a@b>",
            "sip:a<@b",
            "tel:",
            "tel:abcxyz",
            "x:a b",
            "http:",
            "sip:a@ho st",
            "sip:é@host",
            " sip:host",
        ] {
            assert!(Uri::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn equality_follows_the_rfc() {
        for (left, right) in [
            ("sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp"),
            ("sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5"),
            ("sip:carol@chicago.com;newparam=5", "sip:carol@chicago.com;security=on"),
            (
                "sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
                "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com",
            ),
            (
                "sip:alice@atlanta.com?subject=project%20x&priority=urgent",
                "sip:alice@atlanta.com?priority=urgent&subject=project%20x",
            ),
        ] {
            assert!(uri(left).is_same(&uri(right)) && uri(right).is_same(&uri(left)), "{left} {right}");
        }
        for (left, right) in [
            ("SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP"),
            ("sip:bob@biloxi.com", "sip:bob@biloxi.com:5060"),
            ("sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp"),
            ("sip:carol@chicago.com;newparam=5", "sip:carol@chicago.com;newparam=6"),
            ("sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting"),
            ("sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4"),
            ("sip:a@b", "sips:a@b"),
        ] {
            assert!(!uri(left).is_same(&uri(right)) && !uri(right).is_same(&uri(left)), "{left} {right}");
        }
    }

    #[test]
    fn uris_are_built_and_changed_with_escapes() {
        let built = Uri::sip(Some("*72#é@x"), "example.com", Some(5070)).expect("escaped");
        assert_eq!(built.as_str(), "sip:*72%23%C3%A9%40x@example.com:5070");
        assert_eq!(built.user().as_deref(), Some("*72#é@x"));

        let changed = built
            .with_param("transport", Some("tls"))
            .with_param("lr", None)
            .with_param("transport", Some("a;b"));
        assert_eq!(changed.as_str(), "sip:*72%23%C3%A9%40x@example.com:5070;lr;transport=a%3Bb");
        assert_eq!(changed.without_param("LR").without_param("transport"), built);
        assert_eq!(changed.bare(), built);
        assert_eq!(uri("sip:A@Example.COM:5080;x?y=z").address_of_record(), "sip:A@example.com");
        assert!(Uri::sip(None, "bad host", None).is_err());
    }
}
