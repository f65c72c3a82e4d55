//! The code that names a meeting in its link: `abc-defg-hij`.

use std::fmt;

/// Three groups of letters. Whoever knows it may ask to come in, so it is not guessable: 24¹⁰ of them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct MeetingCode(String);

impl MeetingCode {
    /// A fresh one.
    #[must_use]
    pub fn random() -> Self {
        let mut code = String::with_capacity(12);
        for (place, &length) in GROUPS.iter().enumerate() {
            if place > 0 {
                code.push('-');
            }
            for _ in 0..length {
                code.push(char::from(LETTERS[rand::random_range(0..LETTERS.len())]));
            }
        }
        Self(code)
    }

    /// Reads a code as somebody wrote it, in capitals or without hyphens too.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let letters: String = text.chars().filter(|&c| c != '-').map(|c| c.to_ascii_lowercase()).collect();
        let whole = letters.len() == 10 && letters.bytes().all(|b| b.is_ascii_lowercase());
        whole.then(|| Self(format!("{}-{}-{}", &letters[..3], &letters[3..7], &letters[7..])))
    }

    pub(crate) fn from_stored(code: String) -> Self {
        Self(code)
    }

    /// The code as text; it is the room's name too.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for MeetingCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

const GROUPS: [usize; 3] = [3, 4, 3];
/// Without `l` and `o`, which are read as digits over the telephone.
const LETTERS: &[u8; 24] = b"abcdefghijkmnpqrstuvwxyz";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fresh_code_reads_as_itself() {
        let code = MeetingCode::random();

        assert_eq!(MeetingCode::parse(code.as_str()), Some(code));
    }

    #[test]
    fn capitals_and_missing_hyphens_are_forgiven() {
        let code = MeetingCode::parse("ABCdefgHIJ").unwrap();

        assert_eq!(code.as_str(), "abc-defg-hij");
    }

    #[test]
    fn anything_else_is_no_code() {
        for text in ["", "abc-defg-hi", "abc-defg-hi1", "abcédefghij", "../../etcpas"] {
            assert_eq!(MeetingCode::parse(text), None, "{text}");
        }
    }
}
