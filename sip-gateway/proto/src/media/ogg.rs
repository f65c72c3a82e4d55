//! Recorded speech as a file: Opus in Ogg (RFC 3533, RFC 7845), which browsers play and which needs 3 kB a second.
//!
//! ```text
//! page = "OggS" | flags | position | serial | number | checksum | lengths of segments | segments
//! file = page(OpusHead) page(OpusTags) page(a second of packets)… page(the last packets, end of stream)
//! ```

/// Writes the pages of one file.
#[derive(Debug)]
pub struct Writer {
    serial: u32,
    number: u32,
    /// Samples of 48 kHz until here, with those that a decoder leaves out at the beginning.
    position: u64,
    segments: Vec<u8>,
    body: Vec<u8>,
}

impl Writer {
    /// Begins a file: appends its header pages. A decoder leaves out the first `skip` samples of 48 kHz.
    pub fn begin(serial: u32, skip: u16, out: &mut Vec<u8>) -> Self {
        let mut writer = Self { serial, number: 0, position: 0, segments: Vec::new(), body: Vec::new() };
        let mut head = b"OpusHead\x01\x01".to_vec();
        head.extend(skip.to_le_bytes());
        head.extend(INPUT_RATE.to_le_bytes());
        head.extend([0; 3]);
        writer.push(&head);
        writer.flush(FIRST, out);

        let mut tags = b"OpusTags".to_vec();
        tags.extend((VENDOR.len() as u32).to_le_bytes());
        tags.extend(VENDOR.as_bytes());
        tags.extend([0; 4]);
        writer.push(&tags);
        writer.flush(0, out);
        writer
    }

    /// Takes a packet of so many samples of 48 kHz, and appends a page when there is enough for one.
    pub fn add(&mut self, packet: &[u8], samples: u32, out: &mut Vec<u8>) {
        if self.segments.len() + packet.len() / 255 + 1 > MAX_SEGMENTS {
            self.flush(0, out);
        }
        self.push(packet);
        self.position += u64::from(samples);
        if self.segments.len() >= PAGE_SEGMENTS {
            self.flush(0, out);
        }
    }

    /// Ends the file: appends its last page.
    pub fn end(&mut self, out: &mut Vec<u8>) {
        self.flush(LAST, out);
    }

    fn push(&mut self, packet: &[u8]) {
        self.segments.extend(std::iter::repeat_n(255, packet.len() / 255));
        self.segments.push((packet.len() % 255) as u8);
        self.body.extend_from_slice(packet);
    }

    fn flush(&mut self, flags: u8, out: &mut Vec<u8>) {
        let start = out.len();
        out.extend(b"OggS\0");
        out.push(flags);
        out.extend(self.position.to_le_bytes());
        out.extend(self.serial.to_le_bytes());
        out.extend(self.number.to_le_bytes());
        out.extend([0; 4]);
        out.push(self.segments.len() as u8);
        out.append(&mut self.segments);
        out.append(&mut self.body);
        let sum = checksum(&out[start..]).to_le_bytes();
        out[start + CHECKSUM..start + CHECKSUM + 4].copy_from_slice(&sum);
        self.number += 1;
    }
}

/// What is in a file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Recorded {
    /// Samples of 48 kHz that a decoder leaves out at the beginning.
    pub skip: usize,
    /// The packets of Opus.
    pub packets: Vec<Vec<u8>>,
}

/// Reads a file of one stream; `None` if it is no Opus. A file that is broken off gives what there is.
#[must_use]
pub fn read(file: &[u8]) -> Option<Recorded> {
    let mut packets = Vec::new();
    let mut packet = Vec::new();
    let mut rest = file;
    while let Some((segments, body, next)) = page(rest) {
        let mut at = 0;
        for &segment in segments {
            let end = at + usize::from(segment);
            packet.extend_from_slice(&body[at..end]);
            at = end;
            if segment < 255 {
                packets.push(std::mem::take(&mut packet));
            }
        }
        rest = next;
    }
    if packets.len() < 2 {
        return None;
    }
    let speech = packets.split_off(2);
    let head = packets[0].strip_prefix(b"OpusHead")?;
    let skip = head.get(2..4)?;
    Some(Recorded { skip: usize::from(u16::from_le_bytes([skip[0], skip[1]])), packets: speech })
}

/// The lengths of a page's segments, the segments, and what follows.
fn page(file: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let header = file.first_chunk::<HEADER_LEN>()?;
    if !header.starts_with(b"OggS\0") {
        return None;
    }
    let (segments, rest) = file[HEADER_LEN..].split_at_checked(usize::from(header[HEADER_LEN - 1]))?;
    let len = segments.iter().map(|&segment| usize::from(segment)).sum();
    let (body, next) = rest.split_at_checked(len)?;
    let mut page = file[..HEADER_LEN + segments.len() + len].to_vec();
    page[CHECKSUM..CHECKSUM + 4].fill(0);
    let told = file.get(CHECKSUM..CHECKSUM + 4)?;
    (checksum(&page).to_le_bytes() == *told).then_some((segments, body, next))
}

/// CRC-32 with the polynomial of Ethernet, without reflection or inversion.
fn checksum(page: &[u8]) -> u32 {
    page.iter().fold(0, |sum, &octet| sum << 8 ^ TABLE[(sum >> 24) as usize ^ usize::from(octet)])
}

const TABLE: [u32; 256] = {
    let mut table = [0; 256];
    let mut at = 0;
    while at < 256 {
        let mut sum = (at as u32) << 24;
        let mut bit = 0;
        while bit < 8 {
            sum = if sum & 0x8000_0000 == 0 { sum << 1 } else { sum << 1 ^ 0x04C1_1DB7 };
            bit += 1;
        }
        table[at] = sum;
        at += 1;
    }
    table
};

const VENDOR: &str = "palabre";
/// What was encoded; of interest to people only.
const INPUT_RATE: u32 = 16_000;
const FIRST: u8 = 2;
const LAST: u8 = 4;
const HEADER_LEN: usize = 27;
/// Where the checksum is in a page.
const CHECKSUM: usize = 22;
const MAX_SEGMENTS: usize = 255;
/// A second of packets of 20 ms: as much as is lost if the program dies.
const PAGE_SEGMENTS: usize = 50;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::testing::Random;

    #[test]
    fn what_is_written_is_read() {
        let mut random = Random(4);
        let packets: Vec<Vec<u8>> = [0, 1, 60, 254, 255, 256, 510, 1_275]
            .into_iter()
            .chain((0..300).map(|_| random.next() as usize % 120))
            .map(|len| (0..len).map(|at| at as u8).collect())
            .collect();
        let file = written(&packets);

        assert_eq!(read(&file), Some(Recorded { skip: 312, packets }));
    }

    #[test]
    fn a_page_comes_each_second_and_a_file_that_is_broken_off_gives_what_there_is() {
        let packets = vec![vec![7; 60]; 120];
        let file = written(&packets);
        for len in 0..file.len() {
            let heard = read(&file[..len]).map_or(0, |recorded| recorded.packets.len());
            assert!([0, 50, 100].contains(&heard), "{heard} packets of {len} octets");
        }
    }

    #[test]
    fn other_files_and_spoilt_ones_are_no_recordings() {
        assert_eq!(read(b"RIFF"), None);
        let mut file = written(&[vec![1, 2, 3]]);
        file[40] ^= 1;
        assert_eq!(read(&file), None);
    }

    #[test]
    fn the_checksum_is_that_of_ogg() {
        assert_eq!(checksum(b"123456789"), 0x89A1_897F);
    }

    fn written(packets: &[Vec<u8>]) -> Vec<u8> {
        let mut file = Vec::new();
        let mut writer = Writer::begin(7, 312, &mut file);
        for packet in packets {
            writer.add(packet, 960, &mut file);
        }
        writer.end(&mut file);
        file
    }
}
