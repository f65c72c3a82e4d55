//! What a phone says, as the Opus track that its seat publishes.

use std::time::{Duration, Instant};

use sfu::direct::Direct;
use sfu_proto::id::Ssrc;
use sfu_proto::rtcp::report::{self, SenderInfo};
use sfu_proto::rtcp::sdes;
use sip_gateway_proto::media::level::AudioLevel;
use sip_gateway_proto::media::rtp::{EXTENDED_HEADER_LEN, HEADER_LEN, Header, header_with_extension};
use sip_gateway_proto::sdp::Codec;

use super::{FRAME, Frame, RATE, SeatMedia};

/// The way of one seat into its room.
pub(in crate::media) struct Uplink {
    direct: Direct,
    header: Header,
    extension: Option<u8>,
    encoder: opus::Encoder,
    /// Beats since there was something to say.
    quiet: u32,
    /// The last sample of that, which must not break off.
    tail: i16,
    /// Nothing went out in the last beat.
    paused: bool,
    packet: [u8; MAX_PACKET],
    compound: Vec<u8>,
    cname: String,
    sent: (u32, u32),
    reported: Option<Instant>,
}

impl Uplink {
    /// A way that begins somewhere at random; `None` if there is no Opus.
    pub(in crate::media) fn new(seat: SeatMedia, random: u64) -> Option<Self> {
        let mut encoder = opus::Encoder::new(RATE, opus::Channels::Mono, opus::Application::Voip).ok()?;
        encoder.set_bitrate(opus::Bitrate::Bits(BITRATE)).ok()?;
        encoder.set_complexity(COMPLEXITY).ok()?;
        encoder.set_inband_fec(true).ok()?;
        encoder.set_packet_loss_perc(EXPECTED_LOSS_PERCENT).ok()?;
        encoder.set_signal(opus::Signal::Voice).ok()?;
        let header = Header {
            marker: false,
            payload_type: seat.payload_type,
            sequence: random as u16,
            timestamp: (random >> 16) as u32,
            ssrc: seat.ssrc,
        };
        Some(Self {
            direct: seat.direct,
            header,
            extension: seat.audio_level_extension.filter(|id| (1..=14).contains(id)),
            encoder,
            // Only a track of which something has come is offered to the room: it begins with a moment of silence.
            quiet: 0,
            tail: 0,
            paused: true,
            packet: [0; MAX_PACKET],
            compound: Vec::with_capacity(128),
            cname: format!("{:016x}", random.rotate_left(17)),
            sent: (0, 0),
            reported: None,
        })
    }

    /// Encodes no more than a phone's codec carries.
    pub(super) fn suit(&mut self, codec: &Codec) {
        let bandwidth = match codec {
            Codec::Pcma | Codec::Pcmu => opus::Bandwidth::Narrowband,
            Codec::G722 => opus::Bandwidth::Wideband,
            _ => opus::Bandwidth::Fullband,
        };
        // It knows all of them.
        let _ = self.encoder.set_max_bandwidth(bandwidth);
    }

    /// Says 20 ms, or nothing; time goes on either way.
    pub(super) fn say(&mut self, now: Instant, ntp: u64, frame: Option<&Frame>) {
        // What the conference tells a publisher of sound asks for nothing.
        while self.direct.try_recv().is_some() {}
        self.quiet = if frame.is_some() { 0 } else { self.quiet.saturating_add(1) };
        let said = match frame {
            Some(frame) => {
                self.tail = frame[FRAME - 1];
                self.send(frame)
            }
            None => {
                let tail = std::mem::take(&mut self.tail);
                self.quiet < TRAIL && self.send(&die_away(tail))
            }
        };
        self.paused = !said;
        self.header.timestamp = self.header.timestamp.wrapping_add(TICKS);
        self.report(now, ntp);
    }

    /// Sends a frame; false if the encoder found nothing in it that need be said.
    fn send(&mut self, frame: &Frame) -> bool {
        let start = if self.extension.is_some() { EXTENDED_HEADER_LEN } else { HEADER_LEN };
        let level = AudioLevel::of(frame);
        // The encoder takes any steady sound for noise, and a tone is one. What is loud is said, whatever it is.
        let _ = self.encoder.set_dtx(level.below_overload() > LOUD);
        let len = self.encoder.encode(frame, &mut self.packet[start..]).unwrap_or(0);
        if len <= NOTHING {
            return false;
        }
        let header = Header { marker: self.paused, ..self.header };
        match self.extension {
            Some(id) => {
                let voice = level.below_overload() < VOICE;
                let header = header_with_extension(header, id, level.to_extension(voice));
                self.packet[..start].copy_from_slice(&header);
            }
            None => self.packet[..start].copy_from_slice(&header.to_bytes()),
        }
        // A shard that does not keep up loses packets, as on any other path.
        let _ = self.direct.send(&self.packet[..start + len]);
        self.header.sequence = self.header.sequence.wrapping_add(1);
        self.sent = (self.sent.0.wrapping_add(1), self.sent.1.wrapping_add(len as u32));
        true
    }

    /// Tells now and again which moment of the wall clock is which of the track (RFC 3550 §6.4.1).
    fn report(&mut self, now: Instant, ntp: u64) {
        let due = self.reported.is_none_or(|last| now.saturating_duration_since(last) >= REPORT);
        if !due || self.sent.0 == 0 {
            return;
        }
        self.reported = Some(now);
        let (packets, octets) = self.sent;
        let info = SenderInfo { ntp, rtp: self.header.timestamp, packets, octets };
        self.compound.clear();
        report::write_sender_report(&mut self.compound, Ssrc(self.header.ssrc), info);
        sdes::write(&mut self.compound, &[Ssrc(self.header.ssrc)], &self.cname);
        let _ = self.direct.send(&self.compound);
    }
}

impl std::fmt::Debug for Uplink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Uplink").field("direct", &self.direct).finish_non_exhaustive()
    }
}

/// Leads a sound that broke off to silence.
fn die_away(from: i16) -> Frame {
    let mut frame = [0; FRAME];
    for (at, sample) in frame[..FADE].iter_mut().enumerate() {
        *sample = (i32::from(from) * (FADE - at) as i32 / FADE as i32) as i16;
    }
    frame
}

/// 5 ms.
const FADE: usize = 240;
const TICKS: u32 = RATE / 50;
const MAX_PACKET: usize = 512;
/// Speech in wideband, with some redundancy.
const BITRATE: i32 = 28_000;
/// Half of what is possible: more costs more than it is heard.
const COMPLEXITY: i32 = 5;
/// What the redundancy of each packet is made for.
const EXPECTED_LOSS_PERCENT: i32 = 5;
/// Octets of a packet that need not be sent (opus_encode).
const NOTHING: usize = 2;
/// Silent beats that are still encoded: the sound dies away, and the encoder finds out that it has.
const TRAIL: u32 = 25;
/// Louder than 45 dB below overload is no noise of a room.
const LOUD: u8 = 45;
/// Louder than 50 dB below overload is taken for a voice.
const VOICE: u8 = 50;
const REPORT: Duration = Duration::from_secs(5);
