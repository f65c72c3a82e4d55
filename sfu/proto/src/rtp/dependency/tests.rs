use super::*;

#[test]
fn a_structure_is_read_bit_by_bit() {
    let bytes = packed(
        "1 0 000101 0000000100000010  1 0 0 0 0
         000011 00001
         00 01 11
         10 10  10 11  00 01
         0  1 0001 0  1 0000 0
         10  0000 0010 0001
         1 0000001001111111 0000000101100111",
    );

    let (read, attached) = Descriptor::parse(&bytes, None).expect("well-formed");

    let structure = attached.expect("attached");
    assert_eq!(structure.targets(), [layers(0, 0), layers(0, 1)]);
    assert_eq!((structure.chain(0), structure.chain(1), structure.chain(2)), (Some(0), Some(0), None));
    assert_eq!((structure.resolution(0), structure.resolution(1)), (Some((640, 360)), None));
    assert_eq!((read.begins, read.ends, read.frame), (true, false, 0x0102));
    assert_eq!(read.layers, layers(0, 1));
    assert_eq!(read.indications.of(0), Indication::NotPresent);
    assert_eq!(read.indications.of(1), Indication::Discardable);
    assert_eq!(read.references, References { near: 1, far: false });
    assert_eq!((read.chain_diffs.of(0), read.active), (1, None));

    let (next, attached) =
        Descriptor::parse(&[0x44, 0x01, 0x03], Some(&structure)).expect("by the structure of before");
    assert_eq!(attached, None);
    assert_eq!((next.begins, next.ends, next.frame), (false, true, 0x0103));
    assert_eq!(next.indications.of(1), Indication::Required);
    assert_eq!(next.references, References { near: 2, far: false });
}

#[test]
fn a_packet_may_differ_from_its_template() {
    let structure = structure(L2T2);
    let bytes = packed(
        "1 1 000001 1111111111111111  0 1 1 1 1
         0011
         00 01 10 11
         01 0010  10 01000000  11 000000000001  11 111111111111  00
         11111111 00000111",
    );

    let (read, _) = Descriptor::parse(&bytes, Some(&structure)).expect("well-formed");

    assert_eq!(read.active, Some(0b0011));
    let indications = [0, 1, 2, 3].map(|target| read.indications.of(target));
    use Indication::{Discardable, NotPresent, Required, Switch};
    assert_eq!(indications, [NotPresent, Discardable, Switch, Required]);
    assert_eq!(read.references, References { near: 1 << 2 | 1 << 1, far: true });
    assert_eq!((read.chain_diffs.of(0), read.chain_diffs.of(1)), (255, 7));
}

#[test]
fn what_is_written_for_other_tests_reads_as_it_should() {
    let structure = structure(L2T2);

    assert_eq!(structure.targets(), [layers(0, 0), layers(0, 1), layers(1, 0), layers(1, 1)]);
    assert_eq!([0, 1, 2, 3].map(|target| structure.chain(target)), [0, 0, 1, 1].map(Some));
    let head = Head { begins: true, ends: true, template: 5, frame: 9 };
    let (read, _) = Descriptor::parse(&write(head, None), Some(&structure)).expect("well-formed");
    assert_eq!((read.layers, read.references.near), (layers(1, 1), 0b11));
    assert_eq!(read.indications.of(3), Indication::Discardable);
}

#[test]
fn templates_wrap_around_the_highest_id() {
    let mut structure = structure(L2T2);
    structure.first_id = 62;
    let at = |template| Descriptor::parse(&[template, 0, 0], Some(&structure)).map(|(read, _)| read.layers);

    assert_eq!(at(62), Some(layers(0, 0)));
    assert_eq!(at(1), Some(layers(1, 0)));
    assert_eq!(at(3), Some(layers(1, 1)));
    assert_eq!(at(4), None, "there are six");
}

#[test]
fn a_descriptor_cut_anywhere_is_refused_and_noise_does_no_harm() {
    let head = Head { begins: true, ends: true, template: 0, frame: 1 };
    let whole = write(head, Some(L2T2));
    for len in 0..whole.len() - 1 {
        assert_eq!(Descriptor::parse(&whole[..len], None), None, "{len} bytes");
    }

    let structure = structure(L2T2);
    let mut noise = 1_u32;
    for _ in 0..20_000 {
        let bytes: [u8; 40] = std::array::from_fn(|_| {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (noise >> 24) as u8
        });
        let len = bytes[0] as usize % 41;
        let _ = Descriptor::parse(&bytes[..len], Some(&structure));
    }
}

#[test]
fn layers_and_templates_have_an_end() {
    let five_spatial = packed("1 1 000000 0000000000000000 1 0 0 0 0 000000 00000 10 10 10 10 11");
    assert_eq!(Descriptor::parse(&five_spatial, None), None);

    let endless =
        [packed("1 1 000000 0000000000000000 1 0 0 0 0 000000 00000").as_slice(), &[0; 80]].concat();
    assert_eq!(Descriptor::parse(&endless, None), None);
}

/// The first bytes of a descriptor.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Head {
    pub(crate) begins: bool,
    pub(crate) ends: bool,
    pub(crate) template: u8,
    pub(crate) frame: u16,
}

/// A template: its layers, one letter for each decode target, differences of chains and of frames.
pub(crate) type Shape = ((u8, u8), &'static str, &'static [u8], &'static [u8]);

/// Two spatial layers of two temporal ones; the upper picture always builds on the lower.
pub(crate) const L2T2: &[Shape] = &[
    ((0, 0), "SSSS", &[0, 0], &[]),
    ((0, 0), "SSRR", &[4, 3], &[4]),
    ((0, 1), "-D-R", &[2, 1], &[2]),
    ((1, 0), "--SS", &[1, 1], &[1]),
    ((1, 0), "--SS", &[1, 1], &[4, 1]),
    ((1, 1), "---D", &[3, 2], &[2, 1]),
];

/// The same, but the upper picture builds on the lower in key pictures only.
pub(crate) const L2T2_KEY: &[Shape] = &[
    ((0, 0), "SSSS", &[0, 0], &[]),
    ((0, 0), "SS--", &[4, 3], &[4]),
    ((0, 1), "-D--", &[2, 1], &[2]),
    ((1, 0), "--SS", &[1, 1], &[1]),
    ((1, 0), "--SS", &[4, 4], &[4]),
    ((1, 1), "---D", &[3, 2], &[2]),
];

pub(crate) fn structure(shapes: &[Shape]) -> Structure {
    let head = Head { begins: true, ends: true, template: 0, frame: 0 };
    let (_, attached) = Descriptor::parse(&write(head, Some(shapes)), None).expect("well-formed");
    attached.expect("attached")
}

/// Writes a descriptor, with a structure if one is given; two decode targets share a chain.
pub(crate) fn write(head: Head, attached: Option<&[Shape]>) -> Vec<u8> {
    let mut text =
        format!("{}{}{:06b}{:016b}", u8::from(head.begins), u8::from(head.ends), head.template, head.frame);
    let Some(shapes) = attached else { return packed(&text) };

    let targets = shapes[0].1.len();
    text += "10000 000000";
    text += &format!("{:05b}", targets - 1);
    for (index, &(layers, ..)) in shapes.iter().enumerate() {
        text += match shapes.get(index + 1) {
            None => "11",
            Some(&(next, ..)) if next == layers => "00",
            Some(&(next, ..)) if next.0 == layers.0 => "01",
            Some(_) => "10",
        };
    }
    for letter in shapes.iter().flat_map(|(_, letters, ..)| letters.chars()) {
        text += match letter {
            'D' => "01",
            'S' => "10",
            'R' => "11",
            _ => "00",
        };
    }
    for back in shapes.iter().map(|(.., back)| back) {
        back.iter().for_each(|back| text += &format!("1{:04b}", back - 1));
        text += "0";
    }
    let chains = shapes[0].2.len();
    text += &non_symmetric(targets + 1, chains);
    for target in 0..targets {
        text += &non_symmetric(chains, target * chains / targets);
    }
    for diff in shapes.iter().flat_map(|(_, _, diffs, _)| diffs.iter()) {
        text += &format!("{diff:04b}");
    }
    text += "0";
    packed(&text)
}

fn non_symmetric(count: usize, value: usize) -> String {
    let width = (usize::BITS - count.leading_zeros()) as usize;
    let short = (1 << width) - count;
    match (value < short, width - 1) {
        (true, 0) => String::new(),
        (true, width) => format!("{value:0width$b}"),
        (false, _) => format!("{:0width$b}", value + short),
    }
}

/// Bits as text, blanks aside, filled up with zeros.
pub(crate) fn packed(text: &str) -> Vec<u8> {
    let bits: Vec<u8> = text.bytes().filter(u8::is_ascii_digit).map(|digit| digit - b'0').collect();
    let byte = |bits: &[u8]| bits.iter().enumerate().fold(0, |byte, (at, bit)| byte | bit << (7 - at));
    bits.chunks(8).map(byte).collect()
}

fn layers(spatial: u8, temporal: u8) -> Layers {
    Layers { spatial, temporal }
}
