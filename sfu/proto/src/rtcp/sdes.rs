//! Source descriptions (RFC 3550 §6.5). We only write them, and only the canonical name.

use super::{SOURCE_DESCRIPTION, append};
use crate::id::Ssrc;

/// Appends a description that gives all the sources the same canonical name; both are cut to what one packet holds.
pub fn write(out: &mut Vec<u8>, sources: &[Ssrc], cname: &str) {
    let sources = &sources[..sources.len().min(31)];
    let cname = &cname.as_bytes()[..cname.len().min(255)];

    append(out, SOURCE_DESCRIPTION, sources.len() as u8, |out| {
        for source in sources {
            out.extend(source.0.to_be_bytes());
            out.extend([CNAME, cname.len() as u8]);
            out.extend(cname);
            // One to four zeros end the items and fill the word.
            let zeros = 4 - (2 + cname.len()) % 4;
            out.extend(&[0; 4][..zeros]);
        }
    });
}

const CNAME: u8 = 1;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_source_gets_a_terminated_item_in_whole_words() {
        let mut out = Vec::new();

        write(&mut out, &[Ssrc(1), Ssrc(2)], "peer-7");

        let item = |ssrc| [0, 0, 0, ssrc, 1, 6, b'p', b'e', b'e', b'r', b'-', b'7', 0, 0, 0, 0];
        assert_eq!(out[..4], [0x82, 202, 0, 8]);
        assert_eq!(out[4..20], item(1));
        assert_eq!(out[20..], item(2));
    }
}
