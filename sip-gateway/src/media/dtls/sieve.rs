//! What of a stranger's datagram the DTLS stack gets to see (RFC 6347 §4): what a handshake needs, in the form that it
//! has, and no more of it than we are willing to keep.
//!
//! The stack keeps what it cannot use yet, and puts fragments together by recursion. So nothing passes whose lengths
//! contradict each other, and of the rest a bounded number. Alerts do not pass either: anybody could have written them.

/// What a datagram brings.
#[derive(Debug, Default)]
pub(super) struct Sifted {
    /// The headers of its messages, or parts of messages, in the clear.
    pub(super) parts: Vec<[u8; MESSAGE_HEADER]>,
    /// Whether it has an encrypted record as well.
    pub(super) sealed: bool,
}

/// Lets a datagram pass that holds nothing but records of a handshake.
pub(super) fn sift(mut datagram: &[u8]) -> Option<Sifted> {
    let mut sifted = Sifted::default();
    let mut records = 0;
    while !datagram.is_empty() {
        let (header, rest) = datagram.split_first_chunk::<RECORD_HEADER>()?;
        let [kind, major, _, epoch @ .., len_high, len_low] = *header;
        let epoch = u16::from_be_bytes([epoch[0], epoch[1]]);
        let len = usize::from(u16::from_be_bytes([len_high, len_low]));
        let (content, after) = rest.split_at_checked(len)?;
        let sound = match (kind, epoch) {
            (CHANGE_CIPHER_SPEC, 0) => content == [1],
            (HANDSHAKE, 0) => sift_messages(content, &mut sifted.parts).is_some(),
            // There is one encrypted message in a handshake, and it is short.
            (HANDSHAKE, 1) => {
                sifted.sealed = true;
                content.len() <= MAX_FINISHED
            }
            _ => false,
        };
        records += 1;
        if major != VERSION || !sound || records > MAX_RECORDS {
            return None;
        }
        datagram = after;
    }
    (records > 0).then_some(sifted)
}

/// Whole messages one after the other, or a part of one.
fn sift_messages(mut content: &[u8], parts: &mut Vec<[u8; MESSAGE_HEADER]>) -> Option<()> {
    loop {
        let (header, rest) = content.split_first_chunk::<MESSAGE_HEADER>()?;
        let number = |at: usize| u32::from_be_bytes([0, header[at], header[at + 1], header[at + 2]]) as usize;
        let (len, offset, part) = (number(1), number(6), number(9));
        let whole = part == len;
        let fits = len <= MAX_MESSAGE && offset + part <= len && (part > 0 || whole);
        // Behind a part the stack does not look for more.
        if !fits || (!whole && rest.len() != part) {
            return None;
        }
        parts.push(*header);
        content = rest.get(part..)?;
        if content.is_empty() {
            return Some(());
        }
    }
}

/// The number of a message, by its header.
pub(super) fn number(part: &[u8; MESSAGE_HEADER]) -> u16 {
    u16::from_be_bytes([part[4], part[5]])
}

/// Datagrams that an association may take until it is complete: a few flights, each repeated a few times.
pub(super) const MAX_DATAGRAMS: usize = 64;

/// The header of a message (RFC 6347 §4.2.2).
pub(super) const MESSAGE_HEADER: usize = 12;

const RECORD_HEADER: usize = 13;

const CHANGE_CIPHER_SPEC: u8 = 20;
const HANDSHAKE: u8 = 22;
/// The first byte of every version of DTLS.
const VERSION: u8 = 254;
/// A flight has six.
const MAX_RECORDS: usize = 16;
/// A chain of certificates is the longest there is.
const MAX_MESSAGE: usize = 16_384;
/// Header, twelve bytes, and what any cipher adds to them.
const MAX_FINISHED: usize = 128;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_of_a_handshake_pass() {
        let hello = record(HANDSHAKE, 0, &message(1, 40, 0, 40));
        assert!(passes(&hello));
        let parts = [
            record(HANDSHAKE, 0, &message(11, 900, 0, 500)),
            record(HANDSHAKE, 0, &message(11, 900, 500, 400)),
        ];
        assert!(parts.iter().all(|part| passes(part)));
        let last = [record(CHANGE_CIPHER_SPEC, 0, &[1]), record(HANDSHAKE, 1, &[7; 48])].concat();
        assert!(passes(&last));
        assert!(passes(&record(HANDSHAKE, 0, &[message(14, 0, 0, 0), message(1, 3, 0, 3)].concat())));
    }

    #[test]
    fn its_messages_are_told() {
        let parts = [message(16, 3, 0, 3), message(15, 4, 0, 4)].concat();
        let sifted = sift(&record(HANDSHAKE, 0, &parts)).expect("a handshake");
        assert_eq!(sifted.parts.iter().map(|part| part[0]).collect::<Vec<_>>(), [16, 15]);
        assert!(!sifted.sealed && sift(&record(HANDSHAKE, 1, &[7; 48])).is_some_and(|sifted| sifted.sealed));
    }

    #[test]
    fn alerts_and_data_do_not_pass() {
        assert!(!passes(&record(21, 0, &[2, 40])));
        assert!(!passes(&record(21, 1, &[7; 26])));
        assert!(!passes(&record(23, 1, &[7; 60])));
        assert!(!passes(&[]));
    }

    #[test]
    fn lengths_that_contradict_each_other_do_not_pass() {
        let short = &record(HANDSHAKE, 0, &message(1, 40, 0, 40))[..50];
        assert!(!passes(short));
        // A chain of parts that say they are empty or follow each other without end.
        for (len, offset, part) in [(0, 5, 1), (40, 0, 0), (40, 30, 11), (20_000, 0, 100)] {
            assert!(!passes(&record(HANDSHAKE, 0, &message(11, len, offset, part))), "{len} {offset} {part}");
        }
        let behind_a_part = [message(11, 900, 0, 500), message(11, 900, 500, 400)].concat();
        assert!(!passes(&record(HANDSHAKE, 0, &behind_a_part)));
        assert!(!passes(&record(HANDSHAKE, 1, &[7; 200])));
        assert!(!passes(&record(CHANGE_CIPHER_SPEC, 0, &[1]).repeat(MAX_RECORDS + 1)));
    }

    fn passes(datagram: &[u8]) -> bool {
        sift(datagram).is_some()
    }

    fn record(kind: u8, epoch: u16, content: &[u8]) -> Vec<u8> {
        let mut record = vec![kind, VERSION, 253];
        record.extend(epoch.to_be_bytes());
        record.extend([0; 6]);
        record.extend((content.len() as u16).to_be_bytes());
        record.extend(content);
        record
    }

    fn message(kind: u8, len: u32, offset: u32, part: u32) -> Vec<u8> {
        let number = |number: u32| number.to_be_bytes()[1..].to_vec();
        let header = [&[kind][..], &number(len), &[0, 0], &number(offset), &number(part)].concat();
        [header, vec![9; part as usize]].concat()
    }
}
