//! What a table hears of its room: of all microphones only the loudest few are decoded.

use std::collections::HashMap;
use std::time::Instant;

use sfu::direct::Direct;
use sip_gateway_proto::media::level::AudioLevel;
use sip_gateway_proto::media::leveller::Leveller;
use sip_gateway_proto::media::loudest::{self, Loudness};
use sip_gateway_proto::media::mixer::{FRAME, InputId, Mixer};
use sip_gateway_proto::media::redundancy;
use sip_gateway_proto::media::rtp::{self, Header};
use sip_gateway_proto::sdp::Codec;

use super::{EarTrack, Frame, RATE};
use crate::media::intake::Intake;

/// The ears of one table.
pub(super) struct Ears {
    direct: Option<Direct>,
    streams: Vec<Stream>,
    places: HashMap<u32, usize>,
    slots: [Slot; DECODED],
    frame: Box<Frame>,
}

/// One microphone.
struct Stream {
    track: EarTrack,
    /// From its first packet on: most microphones of a large room are never used.
    intake: Option<Box<Intake>>,
    loudness: Loudness,
    leveller: Leveller,
}

/// A place at the mixer, for whichever stream is loud.
#[derive(Debug, Clone, Copy)]
struct Slot {
    input: Option<InputId>,
    /// Whose it is, by SSRC.
    stream: Option<u32>,
    /// The sound of the last one is still dying away.
    rests: bool,
}

impl Ears {
    pub(super) fn new(mixer: &mut Mixer) -> Self {
        let slots = std::array::from_fn(|_| Slot { input: mixer.add(), stream: None, rests: false });
        Self { direct: None, streams: Vec::new(), places: HashMap::new(), slots, frame: Box::new([0; FRAME]) }
    }

    pub(super) fn listen(&mut self, direct: Direct) {
        self.direct = Some(direct);
    }

    /// Takes the streams there are from now on; those that were there before go on.
    pub(super) fn set_tracks(&mut self, tracks: &[EarTrack]) {
        self.streams.retain(|stream| tracks.contains(&stream.track));
        for track in tracks {
            let known = self.streams.iter().any(|stream| stream.track.ssrc == track.ssrc);
            if known || self.streams.len() >= MAX_STREAMS {
                continue;
            }
            let (loudness, leveller) = (Loudness::new(), Leveller::new());
            self.streams.push(Stream { track: *track, intake: None, loudness, leveller });
        }
        self.places = self.streams.iter().enumerate().map(|(at, stream)| (stream.track.ssrc, at)).collect();
    }

    /// Takes what has come.
    pub(super) fn take(&mut self, now: Instant) {
        let Some(direct) = &mut self.direct else { return };
        for _ in 0..MAX_PACKETS {
            let Some(packet) = direct.try_recv() else { return };
            let Some((header, payload)) = Header::parse(&packet) else { continue };
            let place = self.places.get(&header.ssrc);
            let Some(stream) = place.and_then(|&place| self.streams.get_mut(place)) else { continue };
            stream.take(now, header, &packet, &packet[payload.clone()]);
        }
    }

    /// Puts 20 ms of the loudest to the mix, and tells how many were decoded.
    pub(super) fn mix(&mut self, now: Instant, mixer: &mut Mixer) -> u64 {
        loudest::choose(&mut self.streams, DECODED, |stream| &mut stream.loudness);
        for slot in &mut self.slots {
            slot.rests = false;
            let place = slot.stream.and_then(|ssrc| self.places.get(&ssrc));
            let chosen = place.is_some_and(|&place| self.streams[place].loudness.is_chosen());
            if !chosen && slot.stream.take().is_some() {
                slot.rests = true;
            }
        }
        let mut decoded = 0;
        for stream in &mut self.streams {
            let Some(intake) = &mut stream.intake else { continue };
            let slot =
                if stream.loudness.is_chosen() { seat(&mut self.slots, stream.track.ssrc) } else { None };
            let Some(slot) = slot else {
                intake.skip(now, FRAME);
                continue;
            };
            if intake.fill(now, &mut self.frame[..]) {
                stream.leveller.even(&mut self.frame[..]);
                if let Some(input) = slot.input {
                    mixer.put(input, &self.frame);
                }
            }
            decoded += 1;
        }
        decoded
    }
}

/// The slot of a stream, or one that is free for it.
fn seat(slots: &mut [Slot; DECODED], ssrc: u32) -> Option<&mut Slot> {
    let own = slots.iter().position(|slot| slot.stream == Some(ssrc));
    let free = || slots.iter().position(|slot| slot.stream.is_none() && !slot.rests);
    let slot = &mut slots[own.or_else(free)?];
    slot.stream = Some(ssrc);
    Some(slot)
}

impl Stream {
    fn take(&mut self, now: Instant, header: Header, packet: &[u8], payload: &[u8]) {
        let track = self.track;
        if header.payload_type == track.payload_type {
            self.hear(packet, payload.len());
            self.insert(now, header.sequence, header.timestamp, payload);
            return;
        }
        if Some(header.payload_type) != track.redundant {
            return;
        }
        // The oldest first, so that what was lost is there before the next is asked for.
        for block in redundancy::blocks(payload).filter(|block| block.payload_type == track.payload_type) {
            if block.packets_before == 0 {
                self.hear(packet, block.place.len());
            }
            let sequence = header.sequence.wrapping_sub(block.packets_before);
            let timestamp = header.timestamp.wrapping_sub(block.earlier);
            self.insert(now, sequence, timestamp, &payload[block.place]);
        }
    }

    fn insert(&mut self, now: Instant, sequence: u16, timestamp: u32, payload: &[u8]) {
        if self.intake.is_none() {
            self.intake = Intake::new(&Codec::Opus, RATE).map(Box::new);
        }
        if let Some(intake) = &mut self.intake {
            intake.insert_speech(now, sequence, timestamp, payload);
        }
    }

    /// Notes how loud a packet is: as it says itself, or, if it does not, by whether there is anything in it.
    fn hear(&mut self, packet: &[u8], len: usize) {
        let extension = self.track.audio_level_extension.and_then(|id| rtp::extension(packet, id));
        let level = match extension.and_then(|value| value.first()) {
            Some(value) => AudioLevel::new(value & 0x7F),
            None if len > COMFORT_NOISE => AudioLevel::new(UNTOLD),
            None => AudioLevel::SILENCE,
        };
        self.loudness.handle(level);
    }
}

/// How many voices of a room are decoded at once. The mix has room for three.
const DECODED: usize = 4;
/// Microphones of a room at most; beyond that nobody understands a word.
const MAX_STREAMS: usize = 1_000;
/// Packets taken at once.
const MAX_PACKETS: usize = 512;
/// Frames of Opus that are no longer hold nothing but the noise of a room.
const COMFORT_NOISE: usize = 8;
/// The level of a packet that does not tell it.
const UNTOLD: u8 = 40;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn what_is_lost_is_taken_from_the_packets_behind_it_as_if_it_had_come() {
        let whole = heard(|_| false);
        assert!(whole[9_600..].iter().any(|sample| sample.abs() > 3_000));
        assert_eq!(heard(|packet| packet % 5 == 4), whole);
        assert_ne!(heard(|packet| packet % 5 >= 3), whole, "two in a row are not in one packet");
    }

    /// What a stream sounds like of which some packets are lost, each carrying the frame before once more.
    fn heard(lost: impl Fn(usize) -> bool) -> Vec<i16> {
        let mut encoder =
            opus::Encoder::new(RATE, opus::Channels::Mono, opus::Application::Voip).expect("Opus");
        let track = EarTrack { ssrc: 1, payload_type: 111, redundant: Some(63), audio_level_extension: None };
        let (loudness, leveller) = (Loudness::new(), Leveller::new());
        let mut stream = Stream { track, intake: None, loudness, leveller };
        let start = Instant::now();
        let (mut before, mut sound) = (vec![0], Vec::new());
        for packet in 0..100 {
            let now = start + Duration::from_millis(20 * packet as u64);
            let sample = |at: usize| (6_000.0 * ((packet * FRAME + at) as f64 * 0.05).sin()) as i16;
            let frame: Vec<i16> = (0..FRAME).map(sample).collect();
            let newest = encoder.encode_vec(&frame, 400).expect("encodes");
            let offset = (960u32 << 10 | before.len() as u32).to_be_bytes();
            let payload = [&[0x80 | 111][..], &offset[1..], &[111], &before, &newest].concat();
            let header = Header {
                payload_type: 63,
                sequence: packet as u16,
                timestamp: 960 * packet as u32,
                ..Header::default()
            };
            if !lost(packet) {
                stream.take(now, header, &[], &payload);
            }
            before = newest;
            let mut played = [0; FRAME];
            if let Some(intake) = &mut stream.intake {
                intake.fill(now + Duration::from_millis(5), &mut played);
            }
            sound.extend(played);
        }
        sound
    }
}
