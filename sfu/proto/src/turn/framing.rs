//! Messages and channel data on a byte stream (RFC 8656 §3.1, §12.5): the first two bits tell them apart, both say how
//! long they are, and both end at a multiple of four.
//!
//! ```text
//! |       channel number          |            length             |
//! |                application data, padded on streams            |
//! ```

use super::stun;

/// Cuts a byte stream into messages and channel data.
#[derive(Debug, Default)]
pub struct StreamReader {
    buffer: Vec<u8>,
    taken: usize,
}

/// A stream carries something else than TURN.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("neither a STUN message nor channel data")]
pub struct NotTurn;

impl StreamReader {
    /// Takes bytes as they came from the connection.
    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.drain(..self.taken);
        self.taken = 0;
        self.buffer.extend_from_slice(bytes);
    }

    /// The next whole message, with its padding. Call until `None` after each push: then at most one incomplete message
    /// is held.
    pub fn next_message(&mut self) -> Result<Option<&[u8]>, NotTurn> {
        let rest = &self.buffer[self.taken..];
        let Some(&[first, second, high, low]) = rest.first_chunk() else {
            return if rest.first().is_none_or(|first| *first < 0x80) { Ok(None) } else { Err(NotTurn) };
        };
        let len = usize::from(u16::from_be_bytes([high, low]));
        let whole = match first >> 6 {
            0b00 if len.is_multiple_of(4) => stun::HEADER + len,
            0b01 if is_channel(u16::from_be_bytes([first, second])) => {
                CHANNEL_HEADER + len + stun::padding(len)
            }
            _ => return Err(NotTurn),
        };
        if whole > MAX_MESSAGE {
            return Err(NotTurn);
        }
        if rest.len() < whole {
            return Ok(None);
        }
        let start = self.taken;
        self.taken += whole;
        Ok(Some(&self.buffer[start..self.taken]))
    }

    /// How many bytes are held of an incomplete message.
    #[must_use]
    pub fn unfinished(&self) -> usize {
        self.buffer.len() - self.taken
    }
}

/// Whether a stream whose first byte is this one is TURN rather than HTTP, which begins with a letter: the first that a
/// TURN client says is a STUN message.
#[must_use]
pub fn begins_like_stun(first: u8) -> bool {
    first >> 6 == 0
}

/// Whether a number is one of a channel (RFC 8656 §12): 0x4000 to 0x4fff.
#[must_use]
pub fn is_channel(number: u16) -> bool {
    (0x4000..=0x4fff).contains(&number)
}

/// Channel and data of a datagram or frame; what pads it is cut off.
pub(super) fn split_channel_data(bytes: &[u8]) -> Option<(u16, &[u8])> {
    let (&[c0, c1, l0, l1], rest) = bytes.split_first_chunk::<4>()?;
    let channel = u16::from_be_bytes([c0, c1]);
    let data = rest.get(..usize::from(u16::from_be_bytes([l0, l1])))?;
    is_channel(channel).then_some((channel, data))
}

/// Writes channel data, padded if it goes onto a stream.
pub(super) fn write_channel_data(out: &mut Vec<u8>, channel: u16, data: &[u8], padded: bool) {
    out.clear();
    out.extend(channel.to_be_bytes());
    out.extend((data.len() as u16).to_be_bytes());
    out.extend(data);
    if padded {
        out.extend(&[0; 3][..stun::padding(data.len())]);
    }
}

/// The longest message on a stream: a datagram of an Ethernet path and what is around it, with room to spare.
pub const MAX_MESSAGE: usize = 4096;

const CHANNEL_HEADER: usize = 4;

#[cfg(test)]
mod tests {
    use super::super::stun::{Class, Method, TransactionId, Writer};
    use super::*;

    #[test]
    fn messages_come_out_whole_however_the_stream_is_cut() {
        let (request, mut data) = (binding(), Vec::new());
        write_channel_data(&mut data, 0x4000, b"hello", true);
        assert_eq!(data.len(), 12);
        let stream = [&request[..], &data, &request].concat();
        for cut in 0..=stream.len() {
            let mut reader = StreamReader::default();
            let mut messages = Vec::new();
            for part in [&stream[..cut], &stream[cut..]] {
                reader.push(part);
                while let Some(message) = reader.next_message().expect("TURN") {
                    messages.push(message.to_vec());
                }
            }
            assert_eq!(messages, [request.clone(), data.clone(), request.clone()]);
            assert_eq!(reader.unfinished(), 0);
        }
        assert_eq!(split_channel_data(&data), Some((0x4000, &b"hello"[..])));
    }

    #[test]
    fn what_is_not_turn_is_refused_at_once() {
        for bytes in [
            &b"GET / HTTP/1.1"[..],
            b"PRI * HTTP/2.0",
            &[0x16, 3, 1, 2],
            &[0x80],
            &[0x50, 0, 0, 4],
            &[0, 1, 0, 3],
        ] {
            let mut reader = StreamReader::default();
            reader.push(bytes);
            assert_eq!(reader.next_message(), Err(NotTurn), "{bytes:?}");
        }
    }

    #[test]
    fn a_message_longer_than_any_is_refused_before_it_is_held() {
        for header in [[0x00, 0x01, 0xff, 0xfc], [0x40, 0x00, 0xff, 0xff]] {
            let mut reader = StreamReader::default();
            reader.push(&header);
            assert_eq!(reader.next_message(), Err(NotTurn));
        }
    }

    #[test]
    fn channel_data_whose_length_lies_is_none() {
        assert_eq!(split_channel_data(&[0x40, 0, 0, 3, 1, 2]), None);
        assert_eq!(split_channel_data(&[0x40, 0]), None);
        assert_eq!(split_channel_data(&[0x50, 0, 0, 0]), None);
        assert_eq!(split_channel_data(&[0x4f, 0xff, 0, 0]), Some((0x4fff, &[][..])));
    }

    fn binding() -> Vec<u8> {
        let mut out = Vec::new();
        Writer::begin(&mut out, Class::Request, Method::Binding, TransactionId([5; 12])).finish(None);
        out
    }
}
