//! Finds out of which layer each packet of a stream is, by VP9's payload descriptor or the dependency descriptor.

use super::layer_frame::LayerFrame;
use super::payload::vp9::{self, Group};
use crate::io::Mime;
use crate::rtp::Unwrapper;
use crate::rtp::dependency::{Descriptor, Indication, Layers, References, Structure};

/// What is known of the layers of one stream.
#[derive(Debug, Default)]
pub struct Scalability {
    structure: Option<Box<Structure>>,
    frames: Unwrapper<16>,
    vp9: Vp9,
    /// The newest picture.
    picture: Option<Picture>,
}

/// What the frames of one picture have in common.
#[derive(Debug, Clone, Copy)]
struct Picture {
    timestamp: u32,
    /// Its first frame.
    first: u32,
    key: bool,
}

#[derive(Debug, Default)]
struct Vp9 {
    long: Unwrapper<15>,
    short: Unwrapper<7>,
    /// Pictures without a number are counted.
    counted: u32,
    /// The group of pictures that repeats, and with which picture it began.
    group: Option<(Box<Group>, u32)>,
}

impl Scalability {
    /// The layer frame that a packet is part of; `None` if it cannot be told, or the codec has no such thing.
    pub fn read(
        &mut self,
        mime: Mime,
        timestamp: u32,
        payload: &[u8],
        descriptor: Option<&[u8]>,
    ) -> Option<LayerFrame> {
        let frame = match mime {
            Mime::Vp9 => self.read_vp9(timestamp, payload)?,
            Mime::Av1 => self.read_descriptor(descriptor?)?,
            Mime::Vp8 | Mime::H264 | Mime::H265 | Mime::Opus | Mime::Red => return None,
        };
        Some(self.place(timestamp, frame))
    }

    /// VP9 always tells its layers in its own descriptor, not only where the other extension was negotiated.
    fn read_vp9(&mut self, timestamp: u32, payload: &[u8]) -> Option<LayerFrame> {
        let read = vp9::Descriptor::parse(payload)?;
        if read.spatial >= SPATIAL_LAYERS as u8 {
            return None;
        }
        let picture = match read.picture {
            Some((number, 15)) => self.vp9.long.extend(number) as u32,
            Some((number, _)) => self.vp9.short.extend(number) as u32,
            None => self.vp9.count(self.picture.is_some_and(|picture| picture.timestamp == timestamp)),
        };
        if read.is_key()
            && let Some(group) = read.group
        {
            self.vp9.group = Some((Box::new(group), picture));
        }

        let grouped = || {
            let (group, first) = self.vp9.group.as_ref()?;
            let after = picture.wrapping_sub(*first);
            (after as i32 >= 0).then(|| group.differences(after))
        };
        let differences = read.differences.or_else(grouped);
        let mut needs = References::NONE;
        if read.predicted {
            let back = differences.iter().flatten().filter(|&&back| back > 0);
            back.for_each(|&back| needs.add(u32::from(back) * SPATIAL_LAYERS));
        }
        // What it builds on of its own layer is not told: no place to enter that layer.
        needs.far |= read.predicted && needs.is_empty() && read.spatial > 0;
        if read.inter_layer && read.spatial > 0 {
            needs.add(1);
        }
        let switches = match (read.predicted, differences) {
            (false, _) => u8::MAX,
            // Where it is known on what pictures build, that tells more than the flag, which libwebrtc sets without
            // regard to what follows.
            (true, Some(_)) => 1 << read.temporal,
            (true, None) => u8::from(read.up_switch) << read.temporal,
        };
        Some(LayerFrame {
            number: picture.wrapping_mul(SPATIAL_LAYERS).wrapping_add(read.spatial.into()),
            needs,
            layers: Layers { spatial: read.spatial, temporal: read.temporal },
            begins: read.begins,
            ends: read.ends,
            key: read.is_key(),
            enters: false,
            switches,
        })
    }

    fn read_descriptor(&mut self, bytes: &[u8]) -> Option<LayerFrame> {
        let (read, attached) = Descriptor::parse(bytes, self.structure.as_deref())?;
        if let Some(structure) = attached {
            self.structure = Some(Box::new(structure));
        }
        let structure = self.structure.as_deref()?;

        let target = |temporal| target(structure, read.layers.spatial, temporal);
        let mut needs = read.references;
        // The frame before it in the chain must be there as well, even if it is not told as needed.
        if let Some(chain) = target(u8::MAX).and_then(|target| structure.chain(target))
            && !needs.is_empty()
            && let back @ 1..=64 = read.chain_diffs.of(chain)
        {
            needs.add(back.into());
        }
        let mut switches = 0;
        for temporal in 0..8 {
            let indication = target(temporal).map(|target| read.indications.of(target));
            switches |= u8::from(indication == Some(Indication::Switch)) << temporal;
        }
        Some(LayerFrame {
            number: self.frames.extend(read.frame) as u32,
            needs,
            layers: read.layers,
            begins: read.begins,
            ends: read.ends,
            key: read.layers.spatial == 0 && read.references.is_empty(),
            enters: false,
            switches,
        })
    }

    /// Adds what follows from the other frames of its picture.
    fn place(&mut self, timestamp: u32, mut frame: LayerFrame) -> LayerFrame {
        let newer = self.picture.is_none_or(|picture| timestamp.wrapping_sub(picture.timestamp) as i32 > 0);
        if newer {
            self.picture = Some(Picture { timestamp, first: frame.number, key: frame.key });
        }
        if let Some(picture) = self.picture.filter(|picture| picture.timestamp == timestamp) {
            let before = frame.number.wrapping_sub(picture.first);
            let within = !frame.needs.far && frame.needs.near.checked_shr(before) == Some(0);
            frame.enters = frame.layers.spatial > 0 && !picture.key && within;
        }
        frame
    }
}

impl Vp9 {
    fn count(&mut self, same: bool) -> u32 {
        self.counted = self.counted.wrapping_add(u32::from(!same));
        self.counted
    }
}

/// The decode target of a spatial layer that has the highest temporal layer up to a limit.
fn target(structure: &Structure, spatial: u8, temporal: u8) -> Option<usize> {
    let targets = structure.targets().iter().enumerate();
    let fitting = targets.filter(|(_, layers)| layers.spatial == spatial && layers.temporal <= temporal);
    fitting.max_by_key(|(_, layers)| layers.temporal).map(|(index, _)| index)
}

/// VP9 counts pictures, not the frames of their layers; so many numbers are kept for each.
const SPATIAL_LAYERS: u32 = 4;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rtp::dependency::tests::{Head, L2T2, L2T2_KEY, write};

    #[test]
    fn a_vp9_picture_builds_on_what_its_group_says() {
        let mut stream = Scalability::default();
        // Two temporal layers: the second picture builds on the first, the third on that two back.
        let key = [0xaa, 0x81, 0x00, 0x00, 0, 0x08, 2, 0x04, 2, 0x34, 1];
        let first = vp9(&mut stream, 0, &key);
        let second = vp9(&mut stream, 3_000, &[0xe8, 0x81, 0x01, 0x30, 0]);
        let upper = vp9(&mut stream, 3_000, &[0xec, 0x81, 0x01, 0x33, 0]);
        let third = vp9(&mut stream, 6_000, &[0xe8, 0x81, 0x02, 0x00, 1]);

        assert!(first.key && first.needs.is_empty() && first.switches == u8::MAX);
        assert_eq!(second.number - first.number, 4);
        assert_eq!((second.needs, second.switches), (back(&[4]), 0b10));
        assert_eq!((upper.number - second.number, upper.needs), (1, back(&[4, 1])));
        assert_eq!(third.needs, back(&[8]));
    }

    #[test]
    fn an_upper_vp9_layer_that_needs_only_its_picture_can_be_entered() {
        let mut stream = Scalability::default();
        vp9(&mut stream, 0, &[0xa8, 0x01, 0x00, 0]);
        let in_key_picture = vp9(&mut stream, 0, &[0xac, 0x01, 0x03, 0]);
        vp9(&mut stream, 3_000, &[0xe8, 0x02, 0x00, 0]);
        let later = vp9(&mut stream, 3_000, &[0xac, 0x02, 0x03, 0]);

        assert!(!in_key_picture.enters && later.enters);
        assert_eq!(later.needs, back(&[1]));
    }

    #[test]
    fn vp9_pictures_without_numbers_are_counted_and_their_needs_unknown() {
        let mut stream = Scalability::default();
        let first = vp9(&mut stream, 0, &[0x28, 0x00, 0]);
        let upper = vp9(&mut stream, 0, &[0x2c, 0x03, 0]);
        let second = vp9(&mut stream, 3_000, &[0x68, 0x30, 0]);
        let upper_second = vp9(&mut stream, 3_000, &[0x6c, 0x33, 0]);

        assert_eq!((upper.number - first.number, second.number - first.number), (1, 4));
        assert_eq!((second.needs, second.switches), (References::NONE, 0b10));
        assert!(upper_second.needs.far, "nobody may enter there");
    }

    #[test]
    fn a_dependency_descriptor_is_read_by_the_structure_of_its_stream() {
        let mut stream = Scalability::default();
        assert_eq!(av1(&mut stream, 0, 4, 5, false), None, "no structure yet");

        let key = av1(&mut stream, 0, 0, 7, true).expect("known");
        let upper = av1(&mut stream, 0, 3, 8, false).expect("known");
        let low = av1(&mut stream, 3_000, 1, 11, false).expect("known");

        assert!(key.key && !upper.key && !low.key);
        assert_eq!((key.switches, upper.switches, low.switches), (0xff, 0xff, 0xff));
        assert_eq!((upper.number - key.number, upper.needs, low.needs), (1, back(&[1]), back(&[4])));
        assert!(!upper.enters, "a key picture is no special entrance");
    }

    #[test]
    fn the_frame_before_it_in_its_chain_counts_as_needed() {
        let mut stream = Scalability::default();
        av1(&mut stream, 0, 0, 7, true);

        let upper = av1(&mut stream, 3_000, 5, 10, false).expect("known");

        assert_eq!(upper.needs, back(&[2, 1]), "two back lies its chain, too");
        assert_eq!((upper.layers.temporal, upper.switches), (1, 0));
    }

    #[test]
    fn another_structure_takes_over() {
        let mut stream = Scalability::default();
        av1(&mut stream, 0, 0, 7, true);
        let head = Head { begins: true, ends: true, template: 0, frame: 8 };
        let descriptor = write(head, Some(L2T2_KEY));
        stream.read(Mime::Av1, 3_000, &[], Some(&descriptor));

        let upper = av1(&mut stream, 6_000, 4, 13, false).expect("known");

        assert_eq!(upper.needs, back(&[4]));
    }

    fn vp9(stream: &mut Scalability, timestamp: u32, payload: &[u8]) -> LayerFrame {
        stream.read(Mime::Vp9, timestamp, payload, None).expect("well-formed")
    }

    fn av1(
        stream: &mut Scalability,
        timestamp: u32,
        template: u8,
        frame: u16,
        key: bool,
    ) -> Option<LayerFrame> {
        let head = Head { begins: true, ends: true, template, frame };
        let descriptor = write(head, key.then_some(L2T2));
        stream.read(Mime::Av1, timestamp, &[], Some(&descriptor))
    }

    fn back(frames: &[u32]) -> References {
        let mut references = References::NONE;
        frames.iter().for_each(|&back| references.add(back));
        references
    }
}
