//! From bytes to a message: lines, folding, the index of fields, the body (RFC 3261 §7.3.1, §18.3).

use super::error::{ParseError, ParseErrorKind, Salvage, SyntaxError};
use super::header_name::HeaderName;
use super::headers::Headers;
use super::limits::{MAX_HEADER_VALUE, MAX_HEADERS, MAX_MESSAGE, MAX_START_LINE};
use super::method::Method;
use super::request::Request;
use super::response::Response;
use super::scan::{Span, number, trim};
use super::start_line::{self, BadStartLine, StartLine};
use super::{Message, check};

/// Reads the message in one datagram.
pub(super) fn datagram(bytes: &[u8]) -> Result<Message, ParseError> {
    let skipped = bytes.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
    let bytes = &bytes[skipped..];
    if bytes.len() > MAX_MESSAGE {
        return Err(ParseErrorKind::MessageTooLarge.into());
    }
    let head_end = head_end(bytes, 0);
    let (head, rest) = bytes.split_at(head_end.unwrap_or(bytes.len()));
    let head = Head::read(head);
    let body = match (head_end, head.content_length) {
        (None, _) => Err(SyntaxError::new("message", "no empty line ends the header fields").into()),
        (_, Some(length)) if length > MAX_MESSAGE => Err(ParseErrorKind::BodyTooLarge(length)),
        (_, Some(length)) => {
            rest.get(..length).ok_or(ParseErrorKind::ShortBody { expected: length, found: rest.len() })
        }
        (_, None) => Ok(rest),
    };
    head.finish(body)
}

/// Where the empty line that ends the header fields ends. `from` is how many bytes are known to hold none.
pub(super) fn head_end(bytes: &[u8], from: usize) -> Option<usize> {
    // A line end that was the last byte known may be followed by the empty line.
    let mut at = from.saturating_sub(2);
    while let Some(found) = bytes.get(at..)?.iter().position(|byte| *byte == b'\n') {
        at += found + 1;
        match &bytes[at..] {
            [b'\n', ..] => return Some(at + 1),
            [b'\r', b'\n', ..] => return Some(at + 2),
            _ => {}
        }
    }
    None
}

/// The start line and the header fields, with the first fault in them: reading goes on behind it, so that a refusal
/// can be addressed.
#[derive(Debug)]
pub(super) struct Head {
    start_line: Result<StartLine, BadStartLine>,
    headers: Headers,
    pub(super) content_length: Option<usize>,
    fault: Option<ParseErrorKind>,
}

impl Head {
    pub(super) fn read(head: &[u8]) -> Self {
        let mut text = String::with_capacity(head.len() + ROOM_FOR_STAMP);
        match std::str::from_utf8(head) {
            Ok(head) => text.push_str(head),
            Err(_) => text.push_str(&String::from_utf8_lossy(head)),
        }
        let first_end = text.find('\n').map_or(text.len(), |end| end + 1);
        let line = without_line_end(&text[..first_end]);
        let start_line = match line.len() > MAX_START_LINE {
            true => Err(BadStartLine {
                kind: ParseErrorKind::StartLineTooLong,
                is_request: line.as_bytes().first().is_some_and(u8::is_ascii_alphabetic),
                method: line.split(' ').next().and_then(Method::parse),
            }),
            false => start_line::parse(line),
        };
        let mut index = Index::default();
        index.read(&text, first_end);
        let content_length = index.content_length;
        let fault = index.fault.take();
        let headers = index.into_headers(text);
        Self { start_line, headers, content_length, fault }
    }

    /// Makes the message, or says first what is wrong with it.
    pub(super) fn finish(self, body: Result<&[u8], ParseErrorKind>) -> Result<Message, ParseError> {
        let Self { start_line, headers, fault, .. } = self;
        match start_line {
            Err(BadStartLine { kind, is_request, method }) => {
                let salvage = is_request.then(|| Box::new(Salvage { method, headers }));
                Err(ParseError { kind, salvage })
            }
            Ok(StartLine::Request { method, uri }) => {
                let checked =
                    fault.map_or(Ok(()), Err).and_then(|()| check::mandatory(Some(&method), &headers));
                match checked.and(body) {
                    Ok(body) => Ok(Message::Request(Request { method, uri, headers, body: body.to_vec() })),
                    Err(kind) => {
                        let salvage = Some(Box::new(Salvage { method: Some(method), headers }));
                        Err(ParseError { kind, salvage })
                    }
                }
            }
            Ok(StartLine::Response { status, reason }) => {
                let checked = fault.map_or(Ok(()), Err).and_then(|()| check::mandatory(None, &headers));
                let body = checked.and(body)?.to_vec();
                Ok(Message::Response(Response { status, reason, headers, body }))
            }
        }
    }
}

/// What the Via of a request will be written with anew, when it was noted where it came from.
const ROOM_FOR_STAMP: usize = 192;

#[derive(Debug, Default)]
struct Index {
    fields: Vec<(HeaderName, Value)>,
    /// The values that were folded, unfolded.
    unfolded: String,
    content_length: Option<usize>,
    fault: Option<ParseErrorKind>,
}

#[derive(Debug, Clone, Copy)]
enum Value {
    InText(Span),
    InUnfolded(Span),
}

impl Index {
    fn read(&mut self, text: &str, start: usize) {
        self.fields.reserve(16);
        let bytes = text.as_bytes();
        let mut at = start;
        while at < bytes.len() {
            let begin = at;
            // A line goes on where the next begins with a blank.
            loop {
                at = bytes[at..]
                    .iter()
                    .position(|byte| *byte == b'\n')
                    .map_or(bytes.len(), |end| at + end + 1);
                if !matches!(bytes.get(at), Some(b' ' | b'\t')) {
                    break;
                }
            }
            let line = without_line_end(&text[begin..at]);
            if line.is_empty() {
                break;
            }
            if self.fields.len() >= MAX_HEADERS {
                self.note(ParseErrorKind::TooManyHeaders);
                // Only what a refusal needs is still read.
                if !self.is_missing_for_refusal(line) {
                    continue;
                }
            }
            if let Err(kind) = self.read_line(line, begin) {
                self.note(kind);
            }
        }
    }

    /// Whether a line is a field that a response copies and that has not come yet.
    fn is_missing_for_refusal(&self, line: &str) -> bool {
        let name =
            line.split_once(':').and_then(|(name, _)| HeaderName::parse(name.trim_end_matches([' ', '\t'])));
        let copied = [HeaderName::From, HeaderName::To, HeaderName::CallId, HeaderName::CSeq];
        name.is_some_and(|name| {
            copied.contains(&name) && !self.fields.iter().any(|(known, _)| *known == name)
        })
    }

    fn read_line(&mut self, line: &str, begin: usize) -> Result<(), ParseErrorKind> {
        let wrong = |reason| SyntaxError::new("header field", reason);
        let (name, value) = line.split_once(':').ok_or(wrong("a line has no colon"))?;
        let value_at = begin + name.len() + 1;
        let name =
            HeaderName::parse(name.trim_end_matches([' ', '\t'])).ok_or(wrong("a name is not a token"))?;
        let trimmed = trim(value);
        let folded = trimmed.contains('\n');
        if trimmed.len() > MAX_HEADER_VALUE {
            return Err(wrong("a value is too long").into());
        }
        let place = if folded {
            let from = self.unfolded.len();
            for (number, piece) in trimmed.split('\n').enumerate() {
                let piece = trim(piece.strip_suffix('\r').unwrap_or(piece));
                if number > 0 && self.unfolded.len() > from && !piece.is_empty() {
                    self.unfolded.push(' ');
                }
                self.unfolded.push_str(piece);
            }
            Value::InUnfolded(Span::new(from, self.unfolded.len()))
        } else {
            let from = value_at + (value.len() - value.trim_start_matches([' ', '\t']).len());
            Value::InText(Span::new(from.min(value_at + value.len()), (from + trimmed.len()).max(from)))
        };
        let value = match place {
            Value::InText(_) => trimmed,
            Value::InUnfolded(span) => span.of(&self.unfolded),
        };
        if value.contains('\r') {
            return Err(wrong("a line ends with a carriage return alone").into());
        }
        if name == HeaderName::ContentLength {
            return self.read_content_length(number(value));
        }
        self.fields.push((name, place));
        Ok(())
    }

    fn read_content_length(&mut self, length: Option<u64>) -> Result<(), ParseErrorKind> {
        let wrong = |reason| SyntaxError::new("Content-Length", reason);
        let length = length.and_then(|length| usize::try_from(length).ok()).ok_or(wrong("not a number"))?;
        match self.content_length.replace(length) {
            Some(before) if before != length => Err(wrong("it is there twice, with different values").into()),
            _ => Ok(()),
        }
    }

    fn into_headers(self, mut text: String) -> Headers {
        let shift = text.len();
        text.push_str(&self.unfolded);
        let fields = self.fields.into_iter().map(|(name, value)| match value {
            Value::InText(span) => (name, span),
            Value::InUnfolded(span) => (name, Span::new(span.start() + shift, span.end() + shift)),
        });
        Headers::from_index(text, fields.collect())
    }

    fn note(&mut self, kind: ParseErrorKind) {
        self.fault.get_or_insert(kind);
    }
}

fn without_line_end(line: &str) -> &str {
    let line = line.strip_suffix('\n').unwrap_or(line);
    line.strip_suffix('\r').unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{HeaderName, Message, StatusCode};

    const HEAD: &str = "OPTIONS sip:a@b SIP/2.0\r\nv: SIP/2.0/UDP c;branch=z9hG4bK1\r\nf: <sip:d@e>;tag=1\r\n\
                        t: sip:a@b\r\ni: 1@c\r\nCSeq: 1 OPTIONS\r\n";

    fn read(rest: &str) -> Result<Message, ParseError> {
        datagram(format!("{HEAD}{rest}").as_bytes())
    }

    fn kind(rest: &str) -> ParseErrorKind {
        read(rest).expect_err(rest).kind
    }

    #[test]
    fn folded_lines_are_one_value_with_single_blanks() {
        let message =
            read("Subject: one\r\n  two\r\n\t \r\n\tthree  \r\nX-Empty:\r\n\r\n").expect("well-formed");

        assert_eq!(message.headers().get(&HeaderName::Subject), Some("one two three"));
        assert_eq!(message.headers().iter().last().map(|(_, value)| value), Some(""));
    }

    #[test]
    fn the_body_is_what_content_length_says() {
        assert_eq!(read("l: 3\r\n\r\nabcdef").expect("more").body(), b"abc");
        assert_eq!(read("\r\nabcdef").expect("all").body(), b"abcdef");
        assert_eq!(kind("l: 7\r\n\r\nabcdef"), ParseErrorKind::ShortBody { expected: 7, found: 6 });
        assert_eq!(kind("l: 65537\r\n\r\n").status(), StatusCode::REQUEST_ENTITY_TOO_LARGE);
        assert_eq!(read("l: 3\r\nl: 3\r\n\r\nabc").expect("agree").body(), b"abc");
        for wrong in ["l: -1", "l: 1, 1", "l: +1", "l:", "l: 3\r\nl: 2", "l: 99999999999999999999"] {
            assert!(matches!(kind(&format!("{wrong}\r\n\r\nabc")), ParseErrorKind::Syntax(_)), "{wrong}");
        }
    }

    #[test]
    fn a_broken_line_is_refused_and_the_refusal_addressed() {
        let error = read("no colon here\r\n\r\n").expect_err("broken");
        let response = error.response("ours").expect("a request is answered");

        assert_eq!(response.status, StatusCode::BAD_REQUEST);
        assert_eq!(response.headers.via().unwrap().branch(), Some("z9hG4bK1"));
        assert_eq!(response.headers.to().unwrap().tag(), Some("ours"));
        for wrong in ["a b: c\r\n\r\n", ": c\r\n\r\n", "Subject: a\rb\r\n\r\n", "Subject: x\r\n"] {
            assert!(matches!(kind(wrong), ParseErrorKind::Syntax(_)), "{wrong:?}");
        }
    }

    #[test]
    fn an_ack_and_what_has_no_via_are_not_answered() {
        let ack = HEAD.replace("OPTIONS", "ACK");
        assert_eq!(datagram(format!("{ack}broken\r\n\r\n").as_bytes()).expect_err("broken").status(), None);
        assert_eq!(datagram(b"OPTIONS sip:a SIP/2.0\r\n\r\n").expect_err("no Via").status(), None);
        assert_eq!(datagram(b"\r\n\r\n").expect_err("nothing").status(), None);
        assert_eq!(datagram(b"\x00\x01\xff").expect_err("noise").status(), None);
    }

    #[test]
    fn everything_has_a_limit() {
        assert_eq!(kind(&("x: y\r\n".repeat(300) + "\r\n")), ParseErrorKind::TooManyHeaders);
        let vias = "Via: SIP/2.0/UDP c;branch=z9hG4bK1\r\n".repeat(400);
        let (line, rest) = HEAD.split_once("\r\n").expect("lines");
        let error = datagram(format!("{line}\r\n{vias}{rest}\r\n").as_bytes()).expect_err("long");
        let refusal = error.response("ours").expect("it says from whom it is");
        assert_eq!(refusal.status, StatusCode::MESSAGE_TOO_LARGE);
        for name in [HeaderName::From, HeaderName::To, HeaderName::CallId, HeaderName::CSeq] {
            assert!(refusal.headers.get(&name).is_some(), "{name} comes after all those hops");
        }
        assert_eq!(kind(&("v: SIP/2.0/UDP c\r\n".repeat(71) + "\r\n")), ParseErrorKind::TooManyVias);
        assert!(matches!(kind(&format!("x: {}\r\n\r\n", "y".repeat(9000))), ParseErrorKind::Syntax(_)));
        let long = HEAD.replace("sip:a@b S", &format!("sip:{}@b S", "a".repeat(9000)));
        let error = datagram(format!("{long}\r\n").as_bytes()).expect_err("long");
        assert_eq!(error.status(), Some(StatusCode::REQUEST_URI_TOO_LONG));
        let error = datagram(&vec![b'x'; MAX_MESSAGE + 1]).expect_err("large");
        assert_eq!(error.kind, ParseErrorKind::MessageTooLarge);
    }

    #[test]
    fn lines_may_end_with_a_line_feed_alone_and_text_be_no_utf_8() {
        let mut bytes = HEAD.replace("\r\n", "\n").into_bytes();
        bytes.extend(b"Subject: caf\xe9\n\nbody");

        let message = datagram(&bytes).expect("lenient");

        assert_eq!(message.headers().get(&HeaderName::Subject), Some("caf\u{fffd}"));
        assert_eq!(message.body(), b"body");
    }
}
