//! VP8 packets (RFC 7741) whose contents say where they come from, so that a receiver can tell what it got.

/// One packet of a made-up picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Vp8Packet {
    /// Whether it begins a picture.
    pub start: bool,
    /// Whether that picture is a key frame; known in its first packet only.
    pub key: bool,
    /// The picture id, 15 bits.
    pub picture_id: u16,
    /// The index of the last picture of the base temporal layer.
    pub tl0: u8,
    /// The temporal layer.
    pub tid: u8,
    /// Which encoding of the source it belongs to.
    pub encoding: u8,
    /// Which picture of the encoding it belongs to.
    pub frame: u32,
    /// Which packet of the picture it is.
    pub packet: u8,
}

const DESCRIPTOR: usize = 6;
const KEY_HEADER: usize = 10;
const STAMP: usize = 6;

impl Vp8Packet {
    /// The smallest packet there can be.
    pub const MIN: usize = DESCRIPTOR + KEY_HEADER + STAMP;

    /// Writes it as an RTP payload of `len` bytes.
    #[must_use]
    pub fn write(&self, len: usize) -> Vec<u8> {
        let mut payload = vec![0x80 | u8::from(self.start) << 4, 0xE0];
        payload.extend((0x8000 | self.picture_id).to_be_bytes());
        payload.extend([self.tl0, self.tid << 6]);
        if self.start && self.key {
            // Frame tag with the key bit cleared, start code, 640 by 360.
            payload.extend([0x10, 0, 0, 0x9D, 0x01, 0x2A, 0x80, 0x02, 0x68, 0x01]);
        } else {
            payload.extend([0x11; KEY_HEADER]);
        }
        payload.push(self.encoding);
        payload.extend(self.frame.to_be_bytes());
        payload.push(self.packet);
        payload.resize(len.max(Self::MIN), 0x5A);
        payload
    }

    /// Reads what [`Self::write`] has written, with a descriptor that may have been rewritten since.
    #[must_use]
    pub fn read(payload: &[u8]) -> Option<Self> {
        let picture_id = u16::from_be_bytes([*payload.get(2)?, *payload.get(3)?]);
        if payload[0] & 0x80 == 0
            || payload[1] != 0xE0
            || picture_id & 0x8000 == 0
            || payload.len() < Self::MIN
        {
            return None;
        }
        let stamp = &payload[DESCRIPTOR + KEY_HEADER..];
        let start = payload[0] & 0x10 != 0;
        Some(Self {
            start,
            key: start && payload[DESCRIPTOR] & 1 == 0,
            picture_id: picture_id & 0x7FFF,
            tl0: payload[4],
            tid: payload[5] >> 6,
            encoding: stamp[0],
            frame: u32::from_be_bytes([stamp[1], stamp[2], stamp[3], stamp[4]]),
            packet: stamp[5],
        })
    }
}
