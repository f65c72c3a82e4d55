//! Full intra request (RFC 5104 §4.3.1): a keyframe is wanted, whatever the reason. We only read it.

use crate::id::Ssrc;

/// The entries of a request, still as bytes.
#[derive(Debug, Clone, Copy)]
pub struct Fir<'a>(&'a [u8]);

impl<'a> Fir<'a> {
    pub(super) fn parse(body: &'a [u8]) -> Option<Self> {
        body.get(8..).map(Self)
    }

    /// The streams of which a keyframe is wanted.
    pub fn media(self) -> impl Iterator<Item = Ssrc> + 'a {
        let entries = self.0.chunks_exact(8);
        entries.map(|entry| Ssrc(u32::from_be_bytes([entry[0], entry[1], entry[2], entry[3]])))
    }
}

pub(super) const FORMAT: u8 = 4;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rtcp::{Packet, parse};

    #[test]
    fn a_request_names_its_streams() {
        let bytes = [0x84, 206, 0, 4, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9, 1, 0, 0, 0];

        let Some(Packet::Fir(fir)) = parse(&bytes).next() else {
            panic!("a request");
        };

        assert_eq!(fir.media().collect::<Vec<_>>(), [Ssrc(9)]);
    }
}
