//! The two messages that open a data channel in band (RFC 8832 §5).
//!
//! ```text
//!  0                   1                   2                   3
//! +---------------+---------------+-------------------------------+
//! |  Message Type |  Channel Type |            Priority           |
//! +---------------+---------------+-------------------------------+
//! |                    Reliability Parameter                      |
//! +-------------------------------+-------------------------------+
//! |         Label Length          |       Protocol Length         |
//! +-------------------------------+-------------------------------+
//! |                  Label, then Protocol …                       |
//! ```

/// `DATA_CHANNEL_ACK`, whole.
pub(crate) const ACK: [u8; 1] = [0x02];

/// `DATA_CHANNEL_OPEN`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Open<'a> {
    pub(crate) unordered: bool,
    pub(crate) reliability: Reliability,
    pub(crate) label: &'a str,
}

/// How long the sender tries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reliability {
    Full,
    Retransmits(u32),
    Milliseconds(u32),
}

impl<'a> Open<'a> {
    /// Reads the message; `None` if it is not one.
    pub(crate) fn parse(message: &'a [u8]) -> Option<Self> {
        let (header, rest) = message.split_first_chunk::<12>()?;
        let [kind, channel_type, _, _, p0, p1, p2, p3, l0, l1, _, _] = *header;
        if kind != OPEN {
            return None;
        }
        let parameter = u32::from_be_bytes([p0, p1, p2, p3]);
        let reliability = match channel_type & !UNORDERED {
            0 => Reliability::Full,
            1 => Reliability::Retransmits(parameter),
            2 => Reliability::Milliseconds(parameter),
            _ => return None,
        };
        let label = rest.get(..usize::from(u16::from_be_bytes([l0, l1])))?;
        Some(Self {
            unordered: channel_type & UNORDERED != 0,
            reliability,
            label: std::str::from_utf8(label).ok()?,
        })
    }

    /// The message as bytes, without a protocol.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let (channel_type, parameter) = match self.reliability {
            Reliability::Full => (0, 0),
            Reliability::Retransmits(count) => (1, count),
            Reliability::Milliseconds(time) => (2, time),
        };
        let channel_type = channel_type | if self.unordered { UNORDERED } else { 0 };
        let label_len = u16::try_from(self.label.len()).expect("labels of ours are short");

        let mut message = vec![OPEN, channel_type, 0, 0];
        message.extend(parameter.to_be_bytes());
        message.extend(label_len.to_be_bytes());
        message.extend([0, 0]);
        message.extend(self.label.as_bytes());
        message
    }
}

const OPEN: u8 = 0x03;
const UNORDERED: u8 = 0x80;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        for reliability in [Reliability::Full, Reliability::Retransmits(0), Reliability::Milliseconds(300)] {
            for unordered in [false, true] {
                let open = Open { unordered, reliability, label: "_lossy" };
                assert_eq!(Open::parse(&open.to_bytes()), Some(open));
            }
        }
    }

    #[test]
    fn a_message_cut_short_is_no_message() {
        let open = Open { unordered: false, reliability: Reliability::Full, label: "_reliable" };
        let message = open.to_bytes();
        for len in 0..message.len() {
            assert_eq!(Open::parse(&message[..len]), None);
        }
        assert_eq!(Open::parse(&[&ACK[..], &message[1..]].concat()), None);
    }
}
