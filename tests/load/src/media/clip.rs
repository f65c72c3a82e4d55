//! A clip without end: pictures as large as those of a camera, cut into the payloads of packets (RFC 7741, RFC 6184).

use super::stamp::Stamp;
use super::{h264, vp8};
use crate::case::VideoCodec;

/// One encoding of a clip. Its pictures are made once, and taken in turn.
#[derive(Debug)]
pub struct Clip {
    codec: VideoCodec,
    width: u16,
    height: u16,
    key: Vec<Payload>,
    deltas: Vec<Vec<Payload>>,
    sizes: Vec<usize>,
}

/// What one packet carries, but for the descriptor in front.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payload {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// Whether a stamp may be written over their end.
    pub stamped: bool,
}

impl Clip {
    /// Makes the pictures of an encoding of so many bits a second.
    #[must_use]
    pub fn new(codec: VideoCodec, width: u16, height: u16, bitrate: u32) -> Self {
        let mean = bitrate as usize / 8 / PICTURES_PER_SECOND as usize;
        // A key frame takes the room of some others, so that the sum is right.
        let key_len = KEY_WEIGHT * mean;
        let others = KEY_INTERVAL as usize;
        let delta = mean * (others - KEY_WEIGHT) / (others - 1);
        let sizes: Vec<usize> = VARIATION.iter().map(|percent| delta * percent / 100).collect();
        let (key, deltas) = match codec {
            VideoCodec::Vp8 => (
                cut(&vp8::key_frame(width, height, key_len)),
                sizes.iter().map(|&len| cut(&vp8::delta_frame(width, height, len))).collect(),
            ),
            VideoCodec::H264 => (packetize(&h264::key_units(width, height, key_len)), Vec::new()),
        };
        Self { codec, width, height, key, deltas, sizes }
    }

    /// What its pictures are coded with.
    #[must_use]
    pub fn codec(&self) -> VideoCodec {
        self.codec
    }

    /// Hands out the payloads of a picture; `since_key` counts pictures since the last key frame, which is 0.
    pub fn picture(&self, since_key: u32, mut take: impl FnMut(&Payload)) {
        if since_key == 0 {
            self.key.iter().for_each(take);
            return;
        }
        let turn = since_key as usize % VARIATION.len();
        match self.codec {
            VideoCodec::Vp8 => self.deltas[turn].iter().for_each(take),
            // Its slice says which picture it is, so each is another.
            VideoCodec::H264 => {
                let units = h264::delta_units(self.width, self.height, since_key, self.sizes[turn]);
                packetize(&units).iter().for_each(&mut take);
            }
        }
    }
}

/// Cuts a VP8 frame into equal parts. What is not filling must stay as it is.
fn cut(picture: &vp8::Picture) -> Vec<Payload> {
    let len = picture.bytes.len();
    let part = len.div_ceil(len.div_ceil(MAX_PAYLOAD).max(1));
    let mut end = 0;
    let parts = picture.bytes.chunks(part).map(|bytes| {
        end += bytes.len();
        let stamped = bytes.len() >= Stamp::LEN && end - Stamp::LEN >= picture.free_from;
        Payload { bytes: bytes.to_vec(), stamped }
    });
    parts.collect()
}

/// Units of H.264 as single packets or, if they are too long, in fragments (RFC 6184 §5.6, §5.8).
fn packetize(units: &[Vec<u8>]) -> Vec<Payload> {
    let mut payloads = Vec::new();
    for unit in units {
        let filling = h264::is_filling(unit);
        if unit.len() <= MAX_PAYLOAD {
            payloads.push(Payload { bytes: unit.clone(), stamped: filling });
            continue;
        }
        let (header, body) = (unit[0], &unit[1..]);
        let part = body.len().div_ceil(body.len().div_ceil(MAX_PAYLOAD - 2));
        let parts = body.len().div_ceil(part);
        for (at, bytes) in body.chunks(part).enumerate() {
            let start = if at == 0 { 0x80 } else { 0 };
            let end = if at + 1 == parts { 0x40 } else { 0 };
            let mut fragment = vec![header & 0xe0 | 28, start | end | header & 0x1f];
            fragment.extend(bytes);
            payloads.push(Payload { stamped: filling && bytes.len() > Stamp::LEN + 32, bytes: fragment });
        }
    }
    payloads
}

/// Pictures a second of every encoding.
pub const PICTURES_PER_SECOND: u32 = 30;
/// A key frame comes at least every so many pictures.
pub const KEY_INTERVAL: u32 = 90;
/// With descriptor, header, extensions and tag a datagram of less than 1,200 bytes.
const MAX_PAYLOAD: usize = 1_100;
/// A key frame is as large as so many pictures.
const KEY_WEIGHT: usize = 4;
/// The sizes of successive pictures, in per cent of their mean.
const VARIATION: [usize; 8] = [100, 85, 110, 95, 120, 80, 115, 95];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clip_has_the_bitrate_that_it_was_made_for() {
        for codec in [VideoCodec::Vp8, VideoCodec::H264] {
            for (width, height, bitrate) in [(320, 180, 150_000), (640, 360, 400_000), (1280, 720, 2_000_000)]
            {
                let clip = Clip::new(codec, width, height, bitrate);
                let mut bytes = 0;
                for since_key in 0..KEY_INTERVAL {
                    clip.picture(since_key, |payload| bytes += payload.bytes.len());
                }

                let found = bytes as f64 * 8.0 * f64::from(PICTURES_PER_SECOND) / f64::from(KEY_INTERVAL);
                let error = found / f64::from(bitrate) - 1.0;
                assert!(error.abs() < 0.05, "{codec:?} {width}: {found} bit/s");
            }
        }
    }

    #[test]
    fn nearly_every_packet_has_room_for_a_stamp_and_none_is_too_large() {
        for codec in [VideoCodec::Vp8, VideoCodec::H264] {
            let clip = Clip::new(codec, 1280, 720, 2_000_000);
            let (mut stamped, mut all) = (0, 0);
            for since_key in 0..KEY_INTERVAL {
                clip.picture(since_key, |payload| {
                    assert!(payload.bytes.len() <= MAX_PAYLOAD);
                    stamped += u32::from(payload.stamped);
                    all += 1;
                });
            }

            assert!(f64::from(stamped) > 0.8 * f64::from(all), "{codec:?}: {stamped} of {all}");
        }
    }

    #[test]
    fn a_stamp_never_touches_what_a_decoder_reads() {
        let picture = vp8::key_frame(1280, 720, 33_332);
        let mut end = 0;
        for payload in cut(&picture) {
            end += payload.bytes.len();
            assert!(!payload.stamped || end - Stamp::LEN >= picture.free_from);
        }
        assert_eq!(end, picture.bytes.len());
    }
}
