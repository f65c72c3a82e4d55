//! The small grammar under all fields: tokens, quoted strings, lists (RFC 3261 §25.1).

use std::borrow::Cow;
use std::fmt;

/// A set of bytes, looked up in one step: every byte of every message is asked for its set.
#[derive(Debug)]
pub(super) struct Bytes([bool; 256]);

impl Bytes {
    /// Letters, digits and these marks.
    pub(super) const fn alphanumeric_and(marks: &[u8]) -> Self {
        let mut set = Self::of(marks);
        let mut byte = 0;
        while byte < 128 {
            if (byte as u8).is_ascii_alphanumeric() {
                set.0[byte] = true;
            }
            byte += 1;
        }
        set
    }

    /// These bytes.
    pub(super) const fn of(bytes: &[u8]) -> Self {
        let mut set = [false; 256];
        let mut at = 0;
        while at < bytes.len() {
            set[bytes[at] as usize] = true;
            at += 1;
        }
        Self(set)
    }

    pub(super) fn contains(&self, byte: u8) -> bool {
        self.0[usize::from(byte)]
    }
}

static TOKEN: Bytes = Bytes::alphanumeric_and(b"-.!%*_+`'~");
/// What means something to [`split`], whatever separates.
static SPLITTING: Bytes = Bytes::of(b"\"<>,;");

/// Whether a byte may stand in a token.
pub(super) fn is_token_byte(byte: u8) -> bool {
    TOKEN.contains(byte)
}

/// Whether a text is a token.
pub(super) fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(is_token_byte)
}

/// Takes off blanks at both ends.
pub(super) fn trim(text: &str) -> &str {
    let blank = |byte: &u8| matches!(byte, b' ' | b'\t');
    let bytes = text.as_bytes();
    if !bytes.first().is_some_and(blank) && !bytes.last().is_some_and(blank) {
        return text;
    }
    text.trim_matches([' ', '\t'])
}

/// Where the quoted string that begins a text ends: the index behind its closing quote.
pub(super) fn quoted_end(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = 1;
    while at < bytes.len() {
        match bytes[at] {
            b'"' => return Some(at + 1),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    None
}

/// The content of a quoted string; a text that is not one comes back as it is.
pub(super) fn unquote(text: &str) -> Cow<'_, str> {
    let Some(inner) = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else {
        return Cow::Borrowed(text);
    };
    if !inner.contains('\\') {
        return Cow::Borrowed(inner);
    }
    let mut plain = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(char) = chars.next() {
        plain.push(if char == '\\' { chars.next().unwrap_or('\\') } else { char });
    }
    Cow::Owned(plain)
}

/// Writes a text as a quoted string.
pub(super) struct Quoted<'a>(pub(super) &'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"")?;
        let mut rest = self.0;
        while let Some(at) = rest.find(['"', '\\']) {
            write!(f, "{}\\{}", &rest[..at], &rest[at..=at])?;
            rest = &rest[at + 1..];
        }
        write!(f, "{rest}\"")
    }
}

/// The pieces of a text between separators that stand outside quoted strings and angle brackets, trimmed. An
/// unclosed quote or bracket reaches to the end; whoever reads the piece refuses it.
pub(super) fn split(text: &str, separator: u8) -> Split<'_> {
    debug_assert!(SPLITTING.contains(separator), "a separator is a comma or a semicolon");
    Split { rest: Some(text), separator }
}

/// See [`split`].
#[derive(Debug, Clone)]
pub(super) struct Split<'a> {
    rest: Option<&'a str>,
    separator: u8,
}

impl<'a> Iterator for Split<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let text = self.rest?;
        let bytes = text.as_bytes();
        let (mut at, mut in_brackets) = (0, false);
        while at < bytes.len() {
            if !SPLITTING.contains(bytes[at]) {
                at += 1;
                continue;
            }
            match bytes[at] {
                // A quotation mark inside brackets is part of a sloppy URI, not the begin of a string.
                b'"' if !in_brackets => match quoted_end(&text[at..]) {
                    Some(length) => {
                        at += length;
                        continue;
                    }
                    None => break,
                },
                b'<' => in_brackets = true,
                b'>' => in_brackets = false,
                byte if byte == self.separator && !in_brackets => {
                    self.rest = Some(&text[at + 1..]);
                    return Some(trim(&text[..at]));
                }
                _ => {}
            }
            at += 1;
        }
        self.rest = None;
        Some(trim(text))
    }
}

/// A decimal number that fills the whole text.
pub(super) fn number<N: std::str::FromStr>(text: &str) -> Option<N> {
    // `parse` alone would take a sign.
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

/// A part of a text by its place in it; four bytes each, because no message is longer than [`super::MAX_MESSAGE`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Span {
    start: u32,
    end: u32,
}

impl Span {
    pub(super) fn new(start: usize, end: usize) -> Self {
        let narrow = |at| u32::try_from(at).expect("texts are bounded far below 4 GiB");
        Self { start: narrow(start), end: narrow(end) }
    }

    pub(super) fn of(self, text: &str) -> &str {
        &text[self.start as usize..self.end as usize]
    }

    pub(super) fn start(self) -> usize {
        self.start as usize
    }

    pub(super) fn end(self) -> usize {
        self.end as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commas_in_quotes_and_brackets_do_not_separate() {
        let pieces: Vec<&str> = split(r#""a, \", b" <sip:a,b@c> , <sip:d>;x="1,2""#, b',').collect();

        assert_eq!(pieces, [r#""a, \", b" <sip:a,b@c>"#, r#"<sip:d>;x="1,2""#]);
    }

    #[test]
    fn quoting_and_unquoting_undo_each_other() {
        for plain in ["", "a", r#"quote " and \ slash"#, "é\\"] {
            assert_eq!(unquote(&Quoted(plain).to_string()), plain);
        }
    }

    #[test]
    fn a_number_has_no_sign_and_no_blank() {
        assert_eq!(number::<u32>("010"), Some(10));
        assert_eq!(number::<u32>("+1"), None);
        assert_eq!(number::<u32>(""), None);
        assert_eq!(number::<u8>("256"), None);
    }
}
