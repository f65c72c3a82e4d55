//! What peers of the crowd publish: packets at the right times that tell which they are.

use std::time::{Duration, Instant};

use sfu_proto::id::UpTrackId;
use sfu_proto::io::MediaKind;
use str0m::media::Pt;
use str0m::rtp::{ExtensionValues, RtpWrite, Ssrc};

use palabre_tests::vp8::Vp8Packet;

/// A voice, or one encoding of a camera.
pub(super) struct Source {
    pub(super) peer: usize,
    pub(super) kind: MediaKind,
    pub(super) track: UpTrackId,
    pub(super) ssrc: Ssrc,
    /// Which of the crowd's sources, so that what they say is told apart.
    pub(super) number: u64,
    /// Packets of a picture, all of which leave at once if it is one of several encodings.
    pub(super) picture: u64,
    /// Packets that leave at once in a meeting.
    pub(super) burst: usize,
    pub(super) sent: u64,
    pub(super) frame: u32,
    pub(super) key_due: bool,
    pub(super) start: Instant,
    /// When which packet left, by its number.
    pub(super) departures: Vec<Duration>,
}

impl Source {
    /// How long after a burst the next one follows in a meeting.
    pub(super) fn interval(&self) -> Duration {
        Duration::from_millis(if self.kind == MediaKind::Audio { 20 } else { 40 })
    }

    /// The next packet.
    pub(super) fn next(&mut self, now: Instant) -> RtpWrite {
        let write = match self.kind {
            MediaKind::Video => self.picture(now),
            MediaKind::Audio => self.sound(now),
        };
        self.sent += 1;
        write
    }

    fn picture(&mut self, now: Instant) -> RtpWrite {
        let packet = (self.sent % self.picture) as u8;
        let contents = Vp8Packet {
            start: packet == 0,
            key: packet == 0 && std::mem::take(&mut self.key_due),
            picture_id: (self.frame & 0x7FFF) as u16,
            tl0: self.frame as u8,
            tid: 0,
            encoding: 0,
            frame: self.frame,
            packet,
        };
        let last = u64::from(packet) + 1 == self.picture;
        self.frame += u32::from(last);
        let ticks = ((now - self.start).as_secs_f64() * 90_000.0) as u32;
        let write =
            RtpWrite::new(Pt::from(96), (1000 + self.sent).into(), ticks, now, contents.write(PAYLOAD));
        write.marker(last).nackable(true)
    }

    fn sound(&mut self, now: Instant) -> RtpWrite {
        let ticks = self.sent as u32 * 960;
        let levels =
            ExtensionValues { audio_level: Some(-20), voice_activity: Some(true), ..Default::default() };
        let stamp = self.number << STAMP_BITS | self.sent;
        let payload = [&stamp.to_be_bytes()[..], &[0xFC; SOUND]].concat();
        let write = RtpWrite::new(Pt::from(111), (1000 + self.sent).into(), ticks, now, payload);
        write.ext_vals(levels)
    }
}

/// The packet's number and, above it, its source's.
const STAMP_BITS: u32 = 40;
/// The payload of a video packet: with header, extensions and tag a datagram of about 1,200 bytes.
pub(super) const PAYLOAD: usize = 1152;
/// Packets of a picture of a camera's only encoding.
pub(super) const PICTURE: u64 = 9;
/// Bytes of 20 ms of speech, beside their number.
pub(super) const SOUND: usize = 72;
