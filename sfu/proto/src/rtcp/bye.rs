//! Goodbye: sources that end (RFC 3550 §6.6).

use super::{BYE, append};
use crate::id::Ssrc;

/// The sources that end, still as bytes.
#[derive(Debug, Clone, Copy)]
pub struct Bye<'a>(&'a [u8]);

impl<'a> Bye<'a> {
    pub(super) fn parse(count: u8, body: &'a [u8]) -> Option<Self> {
        body.get(..4 * usize::from(count)).map(Self)
    }

    /// Reads them one by one.
    pub fn sources(self) -> impl Iterator<Item = Ssrc> + 'a {
        let words = self.0.chunks_exact(4);
        words.map(|word| Ssrc(u32::from_be_bytes([word[0], word[1], word[2], word[3]])))
    }
}

/// Appends a goodbye for one source.
pub fn write(out: &mut Vec<u8>, source: Ssrc) {
    append(out, BYE, 1, |out| out.extend(source.0.to_be_bytes()));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rtcp::{Packet, parse};

    #[test]
    fn a_goodbye_reads_back() {
        let mut out = Vec::new();

        write(&mut out, Ssrc(8));

        let Some(Packet::Bye(bye)) = parse(&out).next() else {
            panic!("a goodbye");
        };
        assert_eq!(bye.sources().collect::<Vec<_>>(), [Ssrc(8)]);
    }
}
