//! Messages out of a byte stream: TCP and TLS (RFC 3261 §18.3, RFC 5626 §3.5.1).

use super::Message;
use super::error::{ParseError, ParseErrorKind, SyntaxError};
use super::limits::MAX_MESSAGE;
use super::parse::{Head, head_end};

/// What a stream holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Framed {
    /// A message.
    Message(Box<Message>),
    /// Two line ends: the far side asks whether we are there; a line end answers.
    Ping,
    /// A line end: the far side is there.
    Pong,
}

/// Why a stream cannot be read any further. The connection closes: where the next message begins is unknown.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StreamError {
    /// More was handed over than one message and the next may fill.
    #[error("more than {MAX_BUFFERED} bytes wait to be read")]
    Overflow,
    /// The bytes are not a message that we take; it may be answered before the connection closes.
    #[error(transparent)]
    Message(#[from] ParseError),
}

/// How much a decoder holds at most.
const MAX_BUFFERED: usize = 2 * MAX_MESSAGE;

/// Cuts a stream into messages.
#[derive(Debug, Default)]
pub struct StreamDecoder {
    buffer: Vec<u8>,
    /// What of the buffer is done with.
    taken: usize,
    /// How many bytes behind `taken` are known not to end a head.
    searched: usize,
    /// Where the message whose body is awaited ends, counted from `taken`.
    awaited: Option<usize>,
    pong_expected: bool,
}

impl StreamDecoder {
    /// A decoder at the begin of a stream.
    pub fn new() -> Self {
        Self::default()
    }

    /// Says that we have sent a ping: the next lone line end answers it. Without that, it is taken for the first half
    /// of a ping, or for nothing.
    pub fn expect_pong(&mut self) {
        self.pong_expected = true;
    }

    /// Takes what was read. Everything is to be fetched with [`Self::poll`] before more is handed over.
    pub fn feed(&mut self, bytes: &[u8]) -> Result<(), StreamError> {
        self.buffer.drain(..self.taken);
        self.taken = 0;
        if self.buffer.len() + bytes.len() > MAX_BUFFERED {
            return Err(StreamError::Overflow);
        }
        self.buffer.extend_from_slice(bytes);
        Ok(())
    }

    /// How many bytes wait for more.
    pub fn buffered(&self) -> usize {
        self.buffer.len() - self.taken
    }

    /// Gives what is complete, one by one. After an error the stream is not read any further.
    pub fn poll(&mut self) -> Result<Option<Framed>, StreamError> {
        let framed = self.next()?;
        if framed.is_none() && self.buffered() == 0 {
            // A stream that says nothing holds no memory.
            self.buffer = Vec::new();
            self.taken = 0;
        }
        Ok(framed)
    }

    fn next(&mut self) -> Result<Option<Framed>, StreamError> {
        loop {
            let waiting = &self.buffer[self.taken..];
            match waiting {
                [b'\r', b'\n', b'\r', b'\n', ..] => {
                    self.taken += 4;
                    return Ok(Some(Framed::Ping));
                }
                [b'\r', b'\n', ..] if self.pong_expected => {
                    self.pong_expected = false;
                    self.taken += 2;
                    return Ok(Some(Framed::Pong));
                }
                [b'\r'] | [b'\r', b'\n'] | [b'\r', b'\n', b'\r'] => return Ok(None),
                // Line ends before a message are passed over (RFC 3261 §7.5).
                [b'\r', b'\n', ..] => self.taken += 2,
                [b'\n', ..] => self.taken += 1,
                _ => return self.message(),
            }
        }
    }

    fn message(&mut self) -> Result<Option<Framed>, StreamError> {
        let waiting = &self.buffer[self.taken..];
        if self.awaited.is_some_and(|end| waiting.len() < end) {
            return Ok(None);
        }
        let Some(head_end) = head_end(waiting, self.searched) else {
            self.searched = waiting.len();
            let too_large = waiting.len() > MAX_MESSAGE;
            return if too_large { Err(parse_error(ParseErrorKind::MessageTooLarge)) } else { Ok(None) };
        };
        self.searched = head_end.saturating_sub(4);
        let head = Head::read(&waiting[..head_end]);
        let Some(length) = head.content_length else {
            let missing = SyntaxError::new("Content-Length", "a stream cannot do without it");
            return Err(fault(head, missing.into()));
        };
        if length > MAX_MESSAGE {
            return Err(fault(head, ParseErrorKind::BodyTooLarge(length)));
        }
        let end = head_end + length;
        if end > MAX_MESSAGE {
            return Err(fault(head, ParseErrorKind::MessageTooLarge));
        }
        if waiting.len() < end {
            self.awaited = Some(end);
            return Ok(None);
        }
        let message = head.finish(Ok(&waiting[head_end..end]))?;
        self.taken += end;
        self.searched = 0;
        self.awaited = None;
        Ok(Some(Framed::Message(Box::new(message))))
    }
}

fn parse_error(kind: ParseErrorKind) -> StreamError {
    StreamError::Message(kind.into())
}

/// The first fault of a head, which may be another than the one that was noticed.
fn fault(head: Head, kind: ParseErrorKind) -> StreamError {
    let error = head.finish(Err(kind)).expect_err("a message without a body is not finished");
    StreamError::Message(error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::StatusCode;

    fn message(body: &str) -> String {
        format!(
            "MESSAGE sip:a@b SIP/2.0\r\nVia: SIP/2.0/TCP c;branch=z9hG4bK1\r\nFrom: <sip:d@e>;tag=1\r\nTo: <sip:a@b>\r\n\
             Call-ID: 1\r\nCSeq: 1 MESSAGE\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
    }

    fn drain(decoder: &mut StreamDecoder) -> Vec<String> {
        let mut found = Vec::new();
        while let Some(framed) = decoder.poll().expect("a readable stream") {
            found.push(match framed {
                Framed::Message(message) => String::from_utf8_lossy(message.body()).into_owned(),
                Framed::Ping => "ping".into(),
                Framed::Pong => "pong".into(),
            });
        }
        found
    }

    #[test]
    fn messages_and_keepalives_are_found_however_the_stream_is_cut() {
        let stream = format!("\r\n\r\n{}\r\n{}\r\n\r\n{}", message("one"), message(""), message("\r\n\r\n"));
        for size in 1..stream.len() {
            let mut decoder = StreamDecoder::new();
            let mut found = Vec::new();
            for chunk in stream.as_bytes().chunks(size) {
                decoder.feed(chunk).expect("room");
                found.extend(drain(&mut decoder));
            }
            assert_eq!(found, ["ping", "one", "", "ping", "\r\n\r\n"], "in pieces of {size}");
            assert_eq!((decoder.buffered(), decoder.buffer.capacity()), (0, 0));
        }
    }

    #[test]
    fn a_lone_line_end_is_a_pong_only_if_we_have_asked() {
        let mut decoder = StreamDecoder::new();
        decoder.expect_pong();
        decoder.feed(b"\r\n").expect("room");
        assert_eq!(drain(&mut decoder), ["pong"]);
        decoder.feed(b"\r\n").expect("room");
        assert_eq!(drain(&mut decoder), [""; 0]);
    }

    #[test]
    fn what_cannot_be_framed_ends_the_stream_and_is_answered() {
        for (stream, status) in [
            (message("").replace("Content-Length: 0\r\n", ""), StatusCode::BAD_REQUEST),
            (
                message("").replace("Content-Length: 0", "Content-Length: 70000"),
                StatusCode::REQUEST_ENTITY_TOO_LARGE,
            ),
            (
                message("").replace("Content-Length: 0", "Content-Length: 65500"),
                StatusCode::MESSAGE_TOO_LARGE,
            ),
            (message("").replace("SIP/2.0\r\n", "SIP/3.0\r\n"), StatusCode::VERSION_NOT_SUPPORTED),
        ] {
            let mut decoder = StreamDecoder::new();
            decoder.feed(stream.as_bytes()).expect("room");
            let Err(StreamError::Message(error)) = decoder.poll() else { panic!("{stream}") };
            assert_eq!(error.status(), Some(status), "{stream}");
        }
    }

    #[test]
    fn the_buffer_is_bounded() {
        let mut decoder = StreamDecoder::new();
        decoder.feed(&vec![b'x'; MAX_MESSAGE + 1]).expect("room");
        assert_eq!(decoder.poll(), Err(parse_error(ParseErrorKind::MessageTooLarge)));
        assert_eq!(decoder.feed(&vec![b'x'; MAX_MESSAGE]), Err(StreamError::Overflow));
    }
}
