//! Microphones and cameras that only count: packets at the right times with recognisable contents.

use std::time::{Duration, Instant};

use str0m::Rtc;
use str0m::media::{Mid, Pt, Rid};
use str0m::rtp::{ExtensionValues, RtpWrite, Ssrc};

use crate::vp8::Vp8Packet;

/// Something that writes RTP into a peer as time passes.
#[derive(Debug)]
pub enum Source {
    /// 50 packets a second.
    Audio(Audio),
    /// Pictures in one or several encodings.
    Video(Video),
}

/// A voice.
#[derive(Debug)]
pub struct Audio {
    /// Its media section.
    pub mid: Mid,
    pub(crate) ssrc: Ssrc,
    pub(crate) pt: Pt,
    /// Loudness in dBov, 0 the loudest, -127 silence.
    pub level: i8,
    /// Nothing is sent while muted.
    pub muted: bool,
    pub(crate) sent: u64,
    pub(crate) next: Instant,
}

/// A camera.
#[derive(Debug)]
pub struct Video {
    /// Its media section.
    pub mid: Mid,
    pub(crate) pt: Pt,
    /// From the smallest to the largest.
    pub encodings: Vec<Encoding>,
    pub(crate) interval: Duration,
    pub(crate) next: Instant,
    pub(crate) frame: u32,
}

/// One encoding of a camera.
#[derive(Debug)]
pub struct Encoding {
    pub(crate) rid: Option<Rid>,
    pub(crate) ssrc: Ssrc,
    /// Packets of a picture.
    pub packets: u8,
    /// Bytes of a packet's payload.
    pub size: usize,
    /// Nothing is sent while paused, as a browser does when nobody watches.
    pub paused: bool,
    /// How often a key frame was asked for.
    pub key_requests: u32,
    pub(crate) key_due: bool,
    pub(crate) seq: u64,
    pub(crate) picture_id: u16,
    pub(crate) tl0: u8,
    pub(crate) timestamp_offset: u32,
    /// Pictures sent so far.
    pub frames: u32,
}

impl Source {
    pub(crate) fn next(&self) -> Instant {
        match self {
            Self::Audio(audio) => audio.next,
            Self::Video(video) => video.next,
        }
    }

    pub(crate) fn mid(&self) -> Mid {
        match self {
            Self::Audio(audio) => audio.mid,
            Self::Video(video) => video.mid,
        }
    }

    /// Sends what is due.
    pub(crate) fn advance(&mut self, now: Instant, rtc: &mut Rtc) {
        match self {
            Self::Audio(audio) => audio.advance(now, rtc),
            Self::Video(video) => video.advance(now, rtc),
        }
    }

    /// Takes a request for a key frame.
    pub(crate) fn request_key_frame(&mut self, rid: Option<Rid>) {
        let Self::Video(video) = self else { return };
        for encoding in &mut video.encodings {
            if rid.is_none() || encoding.rid == rid {
                encoding.key_due = true;
                encoding.key_requests += 1;
            }
        }
    }
}

impl Audio {
    fn advance(&mut self, now: Instant, rtc: &mut Rtc) {
        while self.next <= now {
            self.next += Duration::from_millis(20);
            let number = self.sent;
            self.sent += 1;
            if self.muted {
                continue;
            }
            // An Opus table-of-contents byte (20 ms, SILK wideband, mono), then the packet's number.
            let mut payload = vec![0x48];
            payload.extend(number.to_be_bytes());
            payload.resize(60, 0x5A);
            let levels = ExtensionValues {
                audio_level: Some(self.level),
                voice_activity: Some(self.level > -60),
                ..ExtensionValues::default()
            };
            let write = RtpWrite::new(self.pt, (1000 + number).into(), (number * 960) as u32, now, payload);
            if let Some(stream) = rtc.direct_api().stream_tx(&self.ssrc) {
                stream.write_rtp(write.ext_vals(levels));
            }
        }
    }
}

impl Video {
    fn advance(&mut self, now: Instant, rtc: &mut Rtc) {
        while self.next <= now {
            self.next += self.interval;
            self.frame += 1;
            // By its number, not by the clock: pictures that were held up still have times of their own.
            let ticks = (self.interval.as_secs_f64() * 90_000.0 * f64::from(self.frame)) as u32;
            for (at, encoding) in
                self.encodings.iter_mut().enumerate().filter(|(_, encoding)| !encoding.paused)
            {
                encoding.send(now, self.pt, at as u8, self.frame, ticks, rtc);
            }
        }
    }
}

impl Encoding {
    fn send(&mut self, now: Instant, pt: Pt, at: u8, frame: u32, ticks: u32, rtc: &mut Rtc) {
        self.picture_id = self.picture_id.wrapping_add(1) & 0x7FFF;
        self.tl0 = self.tl0.wrapping_add(1);
        self.frames += 1;
        let key = std::mem::take(&mut self.key_due);
        for packet in 0..self.packets {
            let start = packet == 0;
            let contents = Vp8Packet {
                start,
                key: start && key,
                picture_id: self.picture_id,
                tl0: self.tl0,
                tid: 0,
                encoding: at,
                frame,
                packet,
            };
            let payload = contents.write(self.size);
            let timestamp = ticks.wrapping_add(self.timestamp_offset);
            let write = RtpWrite::new(pt, self.seq.into(), timestamp, now, payload)
                .marker(packet + 1 == self.packets)
                .nackable(true);
            self.seq += 1;
            if let Some(stream) = rtc.direct_api().stream_tx(&self.ssrc) {
                stream.write_rtp(write);
            }
        }
    }
}
