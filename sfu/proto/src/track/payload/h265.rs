//! Finds keyframes in H.265 payloads (RFC 7798 §4.4).

/// Whether a random access point or its parameter sets begin here.
#[must_use]
pub fn begins_keyframe(payload: &[u8]) -> bool {
    let [head, _, body @ ..] = payload else {
        return false;
    };
    match unit_type(*head) {
        AGGREGATE => aggregated(body).any(is_key),
        FRAGMENT => body.first().is_some_and(|fragment| fragment & 0x80 != 0 && is_key(fragment & 0x3f)),
        unit => is_key(unit),
    }
}

/// The types of the units in one packet, each behind two bytes of its length; the first may be a mere delimiter.
fn aggregated(mut body: &[u8]) -> impl Iterator<Item = u8> {
    std::iter::from_fn(move || {
        let ([high, low], units) = body.split_first_chunk()?;
        body = units.get(usize::from(u16::from_be_bytes([*high, *low]))..).unwrap_or_default();
        Some(unit_type(*units.first()?))
    })
}

fn unit_type(head: u8) -> u8 {
    head >> 1 & 0x3f
}

/// Random access pictures are 16 to 21, parameter sets 32 to 34.
fn is_key(unit_type: u8) -> bool {
    matches!(unit_type, 16..=21 | 32..=34)
}

const AGGREGATE: u8 = 48;
const FRAGMENT: u8 = 49;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_access_points_are_found_in_every_packetization() {
        assert!(begins_keyframe(&[19 << 1, 1, 0]));
        assert!(begins_keyframe(&[48 << 1, 1, 0, 9, 32 << 1, 1]));
        assert!(
            begins_keyframe(&[48 << 1, 1, 0, 3, 35 << 1, 1, 0x50, 0, 2, 32 << 1, 1]),
            "behind a delimiter"
        );
        assert!(begins_keyframe(&[49 << 1, 1, 0x80 | 19]));
    }

    #[test]
    fn everything_else_is_ordinary() {
        assert!(!begins_keyframe(&[19 << 1]));
        assert!(!begins_keyframe(&[1 << 1, 1, 0]));
        assert!(!begins_keyframe(&[49 << 1, 1, 19]));
        assert!(!begins_keyframe(&[48 << 1, 1, 0, 9]));
        assert!(!begins_keyframe(&[48 << 1, 1, 0, 2, 1 << 1, 1, 0, 0]));
    }
}
