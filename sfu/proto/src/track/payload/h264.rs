//! Finds keyframes in H.264 payloads (RFC 6184 §5).

/// Whether a keyframe begins here: parameter sets or an instantaneous refresh, alone, aggregated or as the first
/// fragment.
#[must_use]
pub fn begins_keyframe(payload: &[u8]) -> bool {
    let Some((head, body)) = payload.split_first() else {
        return false;
    };
    match head & TYPE {
        STAP_A => units(body).any(|unit| unit.first().is_some_and(|head| is_key(head & TYPE))),
        FU_A => body.first().is_some_and(|fragment| fragment & START != 0 && is_key(fragment & TYPE)),
        unit => is_key(unit),
    }
}

/// The units of an aggregate, each after its length.
fn units(mut rest: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let (len, tail) = rest.split_first_chunk::<2>()?;
        let len = usize::from(u16::from_be_bytes(*len));
        let unit = tail.get(..len)?;
        rest = &tail[len..];
        Some(unit)
    })
}

fn is_key(unit_type: u8) -> bool {
    matches!(unit_type, IDR | SEQUENCE_PARAMETERS)
}

const TYPE: u8 = 0x1f;
const START: u8 = 0x80;
const IDR: u8 = 5;
const SEQUENCE_PARAMETERS: u8 = 7;
const STAP_A: u8 = 24;
const FU_A: u8 = 28;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keyframes_are_found_in_every_packetization() {
        assert!(begins_keyframe(&[0x65, 1, 2]), "single refresh");
        assert!(begins_keyframe(&[0x67, 1]), "parameter set");
        assert!(begins_keyframe(&[0x78, 0, 1, 0x68, 0, 2, 0x67, 9]), "aggregate");
        assert!(begins_keyframe(&[0x7c, 0x85, 1]), "first fragment");
    }

    #[test]
    fn everything_else_is_ordinary() {
        assert!(!begins_keyframe(&[]));
        assert!(!begins_keyframe(&[0x61, 5]), "dependent slice");
        assert!(!begins_keyframe(&[0x7c]), "cut fragment");
        assert!(!begins_keyframe(&[0x7c, 0x05, 1]), "later fragment");
        assert!(!begins_keyframe(&[0x78, 0, 9, 0x67]), "aggregate that lies about its length");
        assert!(!begins_keyframe(&[0x78, 0, 0, 0, 1, 0x61]), "aggregate with an empty unit");
    }
}
