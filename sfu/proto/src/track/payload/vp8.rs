//! The VP8 payload descriptor (RFC 7741 §4.2), read and renumbered.

use crate::rtp::{Renumbering, Unwrapper};

/// A payload descriptor.
///
/// ```text
///      |X|R|N|S|R| PID |   S: a partition begins, PID: which one
/// X:   |I|L|T|K|  RSV  |
/// I:   |M| PictureID   |   M: one byte more
/// L:   |   TL0PICIDX   |
/// T/K: |TID|Y| KEYIDX  |
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Descriptor {
    /// Its length in bytes.
    pub len: u8,
    /// A keyframe begins with this packet.
    pub keyframe: bool,
    /// Counts pictures in 7 or 15 bits.
    pub picture: Option<PictureId>,
    /// Counts pictures of the lowest temporal layer.
    pub tl0: Option<u8>,
    /// The temporal layer, 0 if not told.
    pub temporal: u8,
    /// The picture depends on the lowest layer only, so a receiver may climb to its layer here.
    pub sync: bool,
    /// Counts keyframes in 5 bits.
    pub key_index: Option<u8>,
}

/// A picture id in the width that its sender chose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PictureId {
    /// The number.
    pub number: u16,
    /// Whether it has 15 bits rather than 7.
    pub long: bool,
}

/// The numbers that replace those of a descriptor.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Numbers {
    /// The picture id.
    pub picture: u16,
    /// The count of lowest-layer pictures.
    pub tl0: u8,
    /// The count of keyframes.
    pub key_index: u8,
}

impl Descriptor {
    /// Reads the descriptor of a payload, unless it is cut off or nothing follows it.
    #[must_use]
    pub fn parse(payload: &[u8]) -> Option<Self> {
        let mut rest = payload.iter().copied();
        let mut descriptor = Self::default();

        let first = rest.next()?;
        let extended = if first & 0x80 != 0 { rest.next()? } else { 0 };
        if extended & 0x80 != 0 {
            let high = rest.next()?;
            descriptor.picture = Some(if high & 0x80 != 0 {
                let number = u16::from_be_bytes([high & 0x7f, rest.next()?]);
                PictureId { number, long: true }
            } else {
                PictureId { number: u16::from(high), long: false }
            });
        }
        if extended & 0x40 != 0 {
            descriptor.tl0 = Some(rest.next()?);
        }
        if extended & 0x30 != 0 {
            let layer = rest.next()?;
            if extended & 0x20 != 0 {
                descriptor.temporal = layer >> 6;
                descriptor.sync = layer & 0x20 != 0;
            }
            descriptor.key_index = (extended & 0x10 != 0).then_some(layer & 0x1f);
        }

        descriptor.len = (payload.len() - rest.len()) as u8;
        // The first bit of the picture's own header is 0 in keyframes (RFC 6386 §9.1).
        let begins = first & 0x10 != 0 && first & 0x07 == 0;
        descriptor.keyframe = rest.next()? & 1 == 0 && begins;
        Some(descriptor)
    }

    /// Writes the descriptor of `payload` with other numbers and returns its length.
    pub fn renumber(&self, payload: &[u8], numbers: Numbers, out: &mut [u8]) -> usize {
        let len = usize::from(self.len);
        out[..len].copy_from_slice(&payload[..len]);

        let mut at = 2;
        if let Some(picture) = self.picture {
            let [high, low] = numbers.picture.to_be_bytes();
            if picture.long {
                out[at..at + 2].copy_from_slice(&[high | 0x80, low]);
                at += 2;
            } else {
                out[at] = low & 0x7f;
                at += 1;
            }
        }
        if self.tl0.is_some() {
            out[at] = numbers.tl0;
            at += 1;
        }
        if self.key_index.is_some() {
            out[at] = out[at] & 0xe0 | numbers.key_index & 0x1f;
        }
        len
    }
}

/// Keeps the numbers in the descriptors of one outgoing stream continuous while its source changes and layers are
/// left out.
#[derive(Debug)]
pub struct Renumberer {
    ids: Unwrapper<15>,
    pictures: Option<Renumbering>,
    tl0_shift: u8,
    key_shift: u8,
    /// The numbers of the furthest picture that was passed, and where that is on the source's time line.
    newest: Numbers,
    furthest: u64,
}

impl Renumberer {
    /// A stream that begins at the given picture id.
    #[must_use]
    pub fn new(picture: u16) -> Self {
        Self {
            ids: Unwrapper::default(),
            pictures: None,
            tl0_shift: 0,
            key_shift: 0,
            newest: Numbers { picture: picture & 0x7fff, ..Numbers::default() },
            furthest: 0,
        }
    }

    /// Continues with another source, of which this is the first packet.
    pub fn switch_source(&mut self, first: &Descriptor) {
        self.ids = Unwrapper::default();
        let last = self.pictures.as_ref().map_or(u64::from(self.newest.picture), Renumbering::last);
        self.pictures = first.picture.map(|picture| {
            let position = self.ids.extend(picture.number);
            Renumbering::starting(position, last + 1)
        });
        let next = |newest: u8, first: Option<u8>| newest.wrapping_add(1).wrapping_sub(first.unwrap_or(0));
        self.tl0_shift = next(self.newest.tl0, first.tl0);
        self.key_shift = next(self.newest.key_index, first.key_index);
        self.furthest = 0;
    }

    /// The numbers under which a picture is sent, or `None` if it has no place any more.
    pub fn pass(&mut self, descriptor: &Descriptor) -> Option<Numbers> {
        let position = self.position(descriptor);
        let picture = match (position, &mut self.pictures) {
            (Some(position), Some(pictures)) => pictures.pass(position)? as u16 & 0x7fff,
            _ => 0,
        };
        let shifted = |number: Option<u8>, shift: u8| number.unwrap_or(0).wrapping_add(shift);
        let numbers = Numbers {
            picture,
            tl0: shifted(descriptor.tl0, self.tl0_shift),
            key_index: shifted(descriptor.key_index, self.key_shift) & 0x1f,
        };

        // What comes late is not where the next source goes on.
        if position.is_none_or(|position| position >= self.furthest) {
            self.furthest = position.unwrap_or(0);
            self.newest = numbers;
        }
        Some(numbers)
    }

    /// Leaves a picture out. Decoders wait for a picture id that is missing, so those after it close up.
    pub fn omit(&mut self, descriptor: &Descriptor) {
        if let (Some(position), Some(pictures)) = (self.position(descriptor), &mut self.pictures) {
            pictures.omit(position);
        }
    }

    fn position(&mut self, descriptor: &Descriptor) -> Option<u64> {
        let picture = descriptor.picture?;
        if picture.long {
            return Some(self.ids.extend(picture.number));
        }
        // Seven bits: find the number nearest to the newest, by the low bits.
        let newest = self.ids.newest()?;
        let ahead = (u64::from(picture.number).wrapping_sub(newest) & 0x7f) as i64;
        let ahead = if ahead < 64 { ahead } else { ahead - 128 };
        let position = newest.checked_add_signed(ahead)?;
        Some(self.ids.extend((position & 0x7fff) as u16))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    #[test]
    fn a_full_descriptor_reads_field_by_field() {
        let payload = [0x90, 0xf0, 0x92, 0x34, 7, 0x6b, 0x00];

        let descriptor = Descriptor::parse(&payload).expect("well-formed");

        assert_eq!(
            descriptor,
            Descriptor {
                len: 6,
                keyframe: true,
                picture: Some(PictureId { number: 0x1234, long: true }),
                tl0: Some(7),
                temporal: 1,
                sync: true,
                key_index: Some(11),
            }
        );
    }

    #[test]
    fn only_the_first_packet_of_a_keyframe_begins_it() {
        let begins =
            |first: u8, picture: u8| Descriptor::parse(&[first, picture]).expect("well-formed").keyframe;

        assert!(begins(0x10, 0x00));
        assert!(!begins(0x00, 0x00), "continued partition");
        assert!(!begins(0x11, 0x00), "second partition");
        assert!(!begins(0x10, 0x01), "dependent picture");
    }

    #[test]
    fn cut_descriptors_and_empty_pictures_are_refused() {
        let payload = [0x90, 0xf0, 0x92, 0x34, 7, 0x6b, 0x00];

        for len in 0..payload.len() {
            assert_eq!(Descriptor::parse(&payload[..len]), None);
        }
    }

    #[test]
    fn renumbering_keeps_the_widths_and_the_layer_bits() {
        let numbers = Numbers { picture: 0x1fff, tl0: 9, key_index: 3 };
        let mut out = [0; 8];

        let long = descriptor(0x1234, 1, true);
        let len = Descriptor::parse(&long).expect("well-formed").renumber(&long, numbers, &mut out);
        assert_eq!(out[..len], [0x90, 0xf0, 0x9f, 0xff, 9, 0x63]);

        let short = [0x90, 0x80, 0x11, 0];
        let len = Descriptor::parse(&short).expect("well-formed").renumber(&short, numbers, &mut out);
        assert_eq!(out[..len], [0x90, 0x80, 0x7f]);
    }

    #[test]
    fn a_switch_of_sources_continues_every_number() {
        let mut renumberer = Renumberer::new(100);
        let low = Descriptor::parse(&descriptor(0x7ffe, 0, true)).expect("well-formed");
        renumberer.switch_source(&low);
        let before = renumberer.pass(&low).expect("passes");

        let high = Descriptor::parse(&descriptor(5, 0, true)).expect("well-formed");
        renumberer.switch_source(&high);
        let after = renumberer.pass(&high).expect("passes");

        assert_eq!(after.picture, before.picture + 1);
        assert_eq!(after.tl0, before.tl0.wrapping_add(1));
        assert_eq!(after.key_index, before.key_index + 1);
    }

    #[test]
    fn a_switch_goes_on_after_the_furthest_picture_though_an_earlier_one_came_last() {
        let mut renumberer = Renumberer::new(100);
        let picture = |number, key| Descriptor::parse(&descriptor(number, 0, key)).expect("well-formed");
        renumberer.switch_source(&picture(20, true));
        let passed = [20, 21, 22, 21].map(|number| renumberer.pass(&picture(number, number == 20)));
        let furthest = passed[2].expect("passes");

        let high = picture(5, true);
        renumberer.switch_source(&high);
        let after = renumberer.pass(&high).expect("passes");

        assert_eq!(after.picture, furthest.picture + 1);
        assert_eq!(after.tl0, furthest.tl0.wrapping_add(1));
    }

    #[test]
    fn omitted_pictures_leave_no_gap() {
        let mut renumberer = Renumberer::new(100);
        let picture =
            |number, layer| Descriptor::parse(&descriptor(number, layer, false)).expect("well-formed");
        renumberer.switch_source(&picture(0x7fff, 0));
        let first = renumberer.pass(&picture(0x7fff, 0)).expect("passes").picture;

        renumberer.omit(&picture(0, 2));
        renumberer.omit(&picture(0, 2));

        assert_eq!(renumberer.pass(&picture(1, 1)).map(|numbers| numbers.picture), Some(first + 1));
        assert_eq!(renumberer.pass(&picture(0, 2)), None);
    }

    #[test]
    fn seven_bit_picture_ids_wrap() {
        let mut renumberer = Renumberer::new(100);
        let picture = |number| Descriptor::parse(&[0x90, 0x80, number, 1]).expect("well-formed");
        renumberer.switch_source(&picture(127));
        let first = renumberer.pass(&picture(127)).expect("passes").picture;

        assert_eq!(renumberer.pass(&picture(0)).map(|numbers| numbers.picture), Some(first + 1));
        assert_eq!(renumberer.pass(&picture(127)).map(|numbers| numbers.picture), Some(first));
    }

    /// A payload with all fields; the layer's pictures of layer 0 count as its own TL0 index.
    pub(crate) fn descriptor(picture: u16, layer: u8, key: bool) -> [u8; 7] {
        let [high, low] = picture.to_be_bytes();
        [0x90, 0xf0, high | 0x80, low, picture as u8, layer << 6 | 0x20, u8::from(!key)]
    }
}
