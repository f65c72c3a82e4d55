//! The lines that a session description is made of (RFC 8866 §5).

use crate::sdp::{Limits, SdpError};

/// One line, with its number for error messages.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line<'a> {
    number: usize,
    pub(super) name: u8,
    pub(super) value: &'a str,
}

impl<'a> Line<'a> {
    pub(super) fn attribute(self) -> (&'a str, &'a str) {
        let (name, value) = self.value.split_once(':').unwrap_or((self.value, ""));
        (name, value.trim())
    }

    pub(super) fn malformed(self) -> SdpError {
        SdpError::Malformed(self.number)
    }
}

/// The lines of a description, each checked for length and control characters.
pub(super) struct Lines<'a> {
    lines: std::str::Split<'a, char>,
    number: usize,
}

impl<'a> Lines<'a> {
    pub(super) fn new(text: &'a str, limits: &Limits) -> Result<Self, SdpError> {
        if text.len() > limits.bytes {
            return Err(SdpError::TooLong { bytes: text.len(), limit: limits.bytes });
        }
        Ok(Self { lines: text.split('\n'), number: 0 })
    }

    pub(super) fn expect_version(&mut self) -> Result<(), SdpError> {
        match self.next()? {
            Some(Line { name: b'v', value: "0", .. }) => Ok(()),
            _ => Err(SdpError::NotSdp),
        }
    }

    pub(super) fn next(&mut self) -> Result<Option<Line<'a>>, SdpError> {
        loop {
            let Some(text) = self.lines.next() else { return Ok(None) };
            self.number += 1;
            let text = text.strip_suffix('\r').unwrap_or(text);
            if text.is_empty() {
                continue;
            }
            let malformed = SdpError::Malformed(self.number);
            if text.len() > MAX_LINE {
                return Err(SdpError::LineTooLong { line: self.number, limit: MAX_LINE });
            }
            if text.bytes().any(|byte| byte.is_ascii_control() && byte != b'\t') {
                return Err(malformed);
            }
            let (name, value) = text.split_once('=').ok_or(SdpError::Malformed(self.number))?;
            let &[name] = name.as_bytes() else { return Err(malformed) };
            return Ok(Some(Line { number: self.number, name, value }));
        }
    }
}

const MAX_LINE: usize = 4096;
