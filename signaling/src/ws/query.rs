//! Query parameters of the signalling addresses.

use std::borrow::Cow;

/// The parameters of one request; the first of a name counts, unknown ones are ignored.
#[derive(Debug, Default)]
pub(super) struct Query<'a> {
    pairs: Vec<(Cow<'a, str>, Cow<'a, str>)>,
}

impl<'a> Query<'a> {
    pub(super) fn parse(query: &'a str) -> Self {
        let pairs = query
            .split('&')
            .take(MAX_PARAMETERS)
            .filter(|pair| !pair.is_empty())
            .map(|pair| {
                let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                (decode(name), decode(value))
            })
            .collect();
        Self { pairs }
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.pairs
            .iter()
            .find(|(found, _)| found == name)
            .map(|(_, value)| value.as_ref())
            .filter(|value| !value.is_empty())
    }

    pub(super) fn owned(&self, name: &str) -> String {
        self.text(name).unwrap_or_default().to_owned()
    }

    /// `1`, `true`, `0` or `false`.
    pub(super) fn flag(&self, name: &str) -> Option<bool> {
        match self.text(name)? {
            "1" | "true" => Some(true),
            "0" | "false" => Some(false),
            _ => None,
        }
    }

    pub(super) fn number(&self, name: &str) -> Option<i32> {
        self.text(name)?.parse().ok()
    }
}

/// Percent decoding (RFC 3986 §2.1) with `+` for a space; what is no UTF-8 afterwards is replaced.
fn decode(text: &str) -> Cow<'_, str> {
    if !text.contains(['%', '+']) {
        return Cow::Borrowed(text);
    }

    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = |index: usize| {
            let digit = char::from(*bytes.get(index)?).to_digit(16)?;
            u8::try_from(digit).ok()
        };
        match (bytes[at], hex(at + 1), hex(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                decoded.push(high << 4 | low);
                at += 3;
            }
            (b'+', _, _) => {
                decoded.push(b' ');
                at += 1;
            }
            (byte, _, _) => {
                decoded.push(byte);
                at += 1;
            }
        }
    }
    Cow::Owned(String::from_utf8_lossy(&decoded).into_owned())
}

const MAX_PARAMETERS: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_percent_decoded_and_flags_have_two_spellings() {
        let query = Query::parse("sdk=js&os=Mac%20OS&auto_subscribe=true&reconnect=0&x=%zz&y=%C3%A9");

        assert_eq!(query.text("os"), Some("Mac OS"));
        assert_eq!(query.flag("auto_subscribe"), Some(true));
        assert_eq!(query.flag("reconnect"), Some(false));
        assert_eq!(query.text("x"), Some("%zz"));
        assert_eq!(query.text("y"), Some("é"));
        assert_eq!(query.text("missing"), None);
    }

    #[test]
    fn a_query_that_ends_in_a_broken_escape_is_taken_literally() {
        assert_eq!(Query::parse("a=%4").text("a"), Some("%4"));
        assert_eq!(Query::parse("a=%").text("a"), Some("%"));
    }
}
