//! Reads VP9 payload descriptors (RFC 9628 §4.2): which layer of which picture, and on which pictures it builds.

/// What stands before the pictures' bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Descriptor {
    /// The picture's number, and of how many bits it is.
    pub picture: Option<(u16, u32)>,
    /// Builds on earlier pictures.
    pub predicted: bool,
    /// A frame of one layer begins here.
    pub begins: bool,
    /// A frame of one layer ends here.
    pub ends: bool,
    /// 0 the smallest picture.
    pub spatial: u8,
    /// 0 the lowest frame rate.
    pub temporal: u8,
    /// Later pictures of higher temporal layers build on none from before this one that is above it.
    pub up_switch: bool,
    /// Builds on the spatial layer below, of the same picture.
    pub inter_layer: bool,
    /// How many pictures back those lie on which it builds, if the descriptor tells itself.
    pub differences: Option<Differences>,
    /// The scalability structure, if it is told here.
    pub group: Option<Group>,
}

/// How many pictures back others lie; unused ones are 0.
pub type Differences = [u8; 3];

/// Pictures that repeat: for each its temporal layer, and how far back those lie on which it builds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Group {
    len: u8,
    differences: [Differences; MAX_GROUP],
}

impl Descriptor {
    /// Reads a descriptor; one that is cut is none.
    ///
    /// ```text
    ///      |I|P|L|F|B|E|V|Z|
    /// I:   |M| PictureID   |   M: one byte more
    /// L:   | TID |U| SID |D|
    ///      |  TL0PICIDX    |   unless F
    /// P,F: | P_DIFF      |N|   up to three, N: another follows
    /// V:   scalability structure
    /// ```
    #[must_use]
    pub fn parse(payload: &[u8]) -> Option<Self> {
        let mut bytes = payload.iter().copied();
        let head = bytes.next()?;
        let flexible = head & FLEXIBLE != 0;
        let predicted = head & PREDICTED != 0;

        let mut picture = None;
        if head & PICTURE_ID != 0 {
            let first = bytes.next()?;
            picture = Some(match first & 0x80 {
                0 => (first.into(), 7),
                _ => (u16::from_be_bytes([first & 0x7f, bytes.next()?]), 15),
            });
        }
        let mut layers = 0;
        if head & LAYERS != 0 {
            layers = bytes.next()?;
            if !flexible {
                bytes.next()?;
            }
        }
        let mut differences = flexible.then_some([0; 3]);
        if let Some(differences) = differences.as_mut().filter(|_| predicted) {
            for difference in differences {
                let byte = bytes.next()?;
                *difference = byte >> 1;
                if byte & 1 == 0 {
                    break;
                }
            }
        }
        let group = if head & STRUCTURE != 0 { read_structure(&mut bytes)? } else { None };

        Some(Self {
            picture,
            predicted,
            begins: head & BEGINS != 0,
            ends: head & ENDS != 0,
            spatial: layers >> 1 & 7,
            temporal: layers >> 5,
            up_switch: layers & 0x10 != 0,
            inter_layer: layers & 1 != 0,
            differences,
            group,
        })
    }

    /// Whether the whole picture builds on none before.
    #[must_use]
    pub fn is_key(&self) -> bool {
        !self.predicted && self.spatial == 0
    }
}

impl Group {
    /// How far back those pictures lie on which the one builds that comes so many after the group's first.
    #[must_use]
    pub fn differences(&self, after: u32) -> Differences {
        self.differences[(after % u32::from(self.len)) as usize]
    }
}

/// Sizes of layers, which we do not need, and the group of pictures.
///
/// ```text
/// | N_S |Y|G|-|-|-|   Y: N_S + 1 times width and height, G: |N_G|, then N_G times
/// | TID |U| R |-|-|   and R times |P_DIFF|
/// ```
fn read_structure(bytes: &mut impl Iterator<Item = u8>) -> Option<Option<Group>> {
    let head = bytes.next()?;
    if head & 0x10 != 0 {
        let sizes = 4 * (usize::from(head >> 5) + 1);
        bytes.nth(sizes - 1)?;
    }
    if head & 0x08 == 0 {
        return Some(None);
    }
    let len = bytes.next()?;
    let mut group = Group { len, differences: [[0; 3]; MAX_GROUP] };
    for index in 0..usize::from(len) {
        let picture = bytes.next()?;
        for reference in 0..usize::from(picture >> 2 & 3) {
            let difference = bytes.next()?;
            if let Some(picture) = group.differences.get_mut(index) {
                picture[reference] = difference;
            }
        }
    }
    // Longer ones than anybody sends are not understood.
    Some(Some(group).filter(|_| (1..=MAX_GROUP).contains(&len.into())))
}

const PICTURE_ID: u8 = 0x80;
const PREDICTED: u8 = 0x40;
const LAYERS: u8 = 0x20;
const FLEXIBLE: u8 = 0x10;
const BEGINS: u8 = 0x08;
const ENDS: u8 = 0x04;
const STRUCTURE: u8 = 0x02;
/// Browsers send groups of one, two and four pictures.
const MAX_GROUP: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_picture_brings_its_scalability_structure() {
        let structure = [0x38, 1, 64, 0, 180, 2, 128, 1, 104, 2, 0x04, 2, 0x34, 1];
        let payload = [&[0xaa, 0x81, 0x05, 0x00, 7][..], &structure, &[9, 9]].concat();

        let read = Descriptor::parse(&payload).expect("well-formed");

        assert_eq!(read.picture, Some((0x105, 15)));
        assert!(read.is_key() && read.begins && !read.ends && !read.inter_layer);
        assert_eq!(read.differences, None);
        let group = read.group.expect("told");
        assert_eq!([0, 1, 2, 5].map(|after| group.differences(after)[0]), [2, 1, 2, 1]);
    }

    #[test]
    fn the_layers_of_a_picture_are_told_apart() {
        let read = Descriptor::parse(&[0xe4, 0x05, 0x53, 7]).expect("well-formed");

        assert_eq!((read.spatial, read.temporal), (1, 2));
        assert_eq!((read.picture, read.predicted, read.begins, read.ends), (Some((5, 7)), true, false, true));
        assert!(read.up_switch && read.inter_layer && !read.is_key());
    }

    #[test]
    fn a_flexible_stream_tells_itself_on_what_a_picture_builds() {
        let read = Descriptor::parse(&[0xf8, 0x05, 0x20, 3, 8]).expect("well-formed");
        assert_eq!(read.differences, Some([1, 4, 0]));

        let key = Descriptor::parse(&[0xb8, 0x05, 0x00]).expect("well-formed");
        assert_eq!(key.differences, Some([0; 3]));
    }

    #[test]
    fn a_stream_without_layers_has_one_frame_a_picture() {
        let read = Descriptor::parse(&[0x8c, 0x01, 0]).expect("well-formed");

        assert!(read.is_key() && read.begins && read.ends);
        assert_eq!((read.spatial, read.temporal), (0, 0));
    }

    #[test]
    fn what_is_cut_or_too_long_is_not_understood() {
        let whole = [0xaa, 0x81, 0x05, 0x00, 7, 0x38, 1, 64, 0, 180, 2, 128, 1, 104, 2, 0x04, 2, 0x34, 1];
        for len in 0..whole.len() {
            assert_eq!(Descriptor::parse(&whole[..len]), None, "{len} bytes");
        }
        assert_eq!(Descriptor::parse(&[0xf8, 0x05, 0x20, 3]), None, "a difference is missing");

        let long = [&[0x8a, 0x01, 0x08, 17][..], &[0; 17]].concat();
        assert_eq!(Descriptor::parse(&long).map(|read| read.group), Some(None));
        let empty = Descriptor::parse(&[0x8a, 0x01, 0x08, 0]);
        assert_eq!(empty.map(|read| read.group), Some(None));
    }
}
