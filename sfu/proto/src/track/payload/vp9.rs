//! Finds keyframes in VP9 payloads (RFC 9628 §4.2).

/// Whether the lowest spatial layer of a keyframe begins here.
///
/// ```text
///      |I|P|L|F|B|E|V|Z|   P: predicted from another picture, B: a layer frame begins
/// I:   |M| PictureID   |   M: one byte more
/// L:   | TID |U| SID |D|
/// ```
#[must_use]
pub fn begins_keyframe(payload: &[u8]) -> bool {
    let Some((head, rest)) = payload.split_first() else {
        return false;
    };
    if head & PREDICTED != 0 || head & BEGINS == 0 {
        return false;
    }
    if head & LAYERS == 0 {
        return true;
    }

    let picture_len = match (head & PICTURE_ID != 0, rest.first()) {
        (true, Some(id)) if id & 0x80 != 0 => 2,
        (true, _) => 1,
        (false, _) => 0,
    };
    rest.get(picture_len).is_some_and(|layers| layers >> 1 & 7 == 0)
}

const PICTURE_ID: u8 = 0x80;
const PREDICTED: u8 = 0x40;
const LAYERS: u8 = 0x20;
const BEGINS: u8 = 0x08;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lowest_layer_of_a_keyframe_begins_it() {
        assert!(begins_keyframe(&[0x88, 0x01, 0]), "no layers");
        assert!(begins_keyframe(&[0xa8, 0x81, 0x01, 0x00]), "layer 0 after a long picture id");
        assert!(begins_keyframe(&[0x28, 0x00]), "layer 0 without picture id");
    }

    #[test]
    fn everything_else_is_ordinary() {
        assert!(!begins_keyframe(&[]));
        assert!(!begins_keyframe(&[0xc8, 0x01]), "predicted");
        assert!(!begins_keyframe(&[0x80, 0x01]), "continued");
        assert!(!begins_keyframe(&[0xa8, 0x01, 0x02]), "layer 1");
        assert!(!begins_keyframe(&[0xa8, 0x81]), "cut");
    }
}
