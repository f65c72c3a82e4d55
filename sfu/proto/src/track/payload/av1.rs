//! Finds keyframes in AV1 payloads (RTP Payload Format For AV1, §4.4).

/// Whether a coded video sequence begins here. The aggregation header tells it, so that it works on encrypted
/// pictures too.
///
/// ```text
/// |Z|Y| W |N|-|-|-|   Z: continues a unit of the packet before, N: a new coded video sequence
/// ```
#[must_use]
pub fn begins_keyframe(payload: &[u8]) -> bool {
    matches!(payload, [head, _, ..] if head & 0x88 == 0x08)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_sequence_begins_a_keyframe() {
        assert!(begins_keyframe(&[0x18, 0x0a]));
    }

    #[test]
    fn everything_else_is_ordinary() {
        assert!(!begins_keyframe(&[]));
        assert!(!begins_keyframe(&[0x18]), "nothing follows");
        assert!(!begins_keyframe(&[0x10, 0x32]), "same sequence");
        assert!(!begins_keyframe(&[0x98, 0x32]), "continued unit");
    }
}
