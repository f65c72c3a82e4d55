//! A post abroad at a thin link that becomes thinner, in a meeting of three cameras of which one speaks.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use palabre_link::{Conditions, Path, Queue};

use super::rig::{Media, Received, Rig, VP8, decode, down, microphone, opus, simulcast_camera, vp8};
use super::screen::{Part, Screen};
use crate::id::Ssrc;
use crate::io::UpTrackParams;
use crate::rtcp::report::{self, ReportBlock};
use crate::rtcp::{self, nack, twcc};
use crate::rtp::ExtensionValues;
use crate::track::payload::vp8::tests::descriptor;

#[test]
fn a_minute_at_an_eighth_costs_little_of_speech() {
    let mut post = Post::new(line(1_000));
    post.run(seconds(10));
    let before = post.ear.concealed;

    post.narrow(128);
    post.run(seconds(60));
    let lost = post.ear.concealed - before;
    assert!(lost < millis(800), "{lost:?} of speech lost");

    post.narrow(1_000);
    post.pictures.clear();
    post.run(seconds(15));
    assert_eq!(post.pictures.len(), 3, "pictures are back");
}

#[test]
fn after_a_cut_pictures_begin_with_what_is_soon_there() {
    let mut post = Post::new(line(1_000));
    post.run(seconds(15));

    post.path.change(post.rig.now, Conditions { cut: true, ..line(1_000) });
    post.run(seconds(20));
    post.path.change(post.rig.now, line(1_000));
    post.rig.back(4);
    post.keyframes.clear();
    post.run(millis(500));

    assert_eq!(post.keyframes, [(1_001, 0), (1_002, 0), (1_003, 0)].into());
}

#[test]
fn on_a_steady_link_no_picture_gets_worse_twice_in_ten_seconds() {
    for kbps in [300, 500, 800, 1_000, 1_500, 2_500, 4_000] {
        for delay in [20, 300] {
            let mut post = Post::new(Conditions { delay: millis(delay), ..line(kbps) });
            post.run(seconds(20));
            post.falls.clear();

            post.run(seconds(120));

            let falls = &post.falls;
            let soon = falls.windows(2).any(|pair| pair[1] - pair[0] < seconds(10));
            assert!(!soon && falls.len() <= 4, "{kbps} kbit/s, {delay} ms: {falls:?}");
        }
    }
}

#[test]
fn the_first_pictures_fill_no_queue() {
    for delay in [20, 300] {
        let mut post = Post::new(Conditions { delay: millis(delay), ..line(1_000) });

        post.run(millis(500 + delay));

        assert_eq!(post.path.counts().dropped, 0, "{delay} ms");
        assert_eq!(post.pictures.len(), 3, "{delay} ms");
        assert!(post.ear.concealed < millis(40), "{delay} ms: {:?}", post.ear.concealed);
    }
}

#[test]
fn on_a_steady_link_every_word_is_heard_and_no_picture_stands_still() {
    for delay in [20, 50, 150, 300] {
        let mut post = Post::new(Conditions { delay: millis(delay), ..line(1_000) });
        post.run(seconds(10));
        post.look_again();

        post.run(seconds(60));

        let (concealed, freezes) = (post.ear.concealed, post.freezes());
        assert!(concealed < millis(600), "{delay} ms: {concealed:?}");
        assert!(freezes.iter().all(|&freeze| freeze < millis(500)), "{delay} ms: {freezes:?}");
        assert_eq!(freezes.len(), 3);
    }
}

fn line(kbps: u64) -> Conditions {
    Conditions {
        rate: Some(1_000 * kbps),
        delay: millis(50),
        queue: Queue::Time(millis(300)),
        ..Conditions::default()
    }
}

/// Peer 4 at a thin link; peers 1 to 3 have simulcast cameras of 150, 450 and 1,800 kbit/s, and 1 speaks.
struct Post {
    rig: Rig,
    began: Instant,
    path: Path<(Instant, Received)>,
    /// What the post reports, and when it arrives here.
    reports: Vec<(Instant, Vec<u8>)>,
    cameras: [Camera; 3],
    sounds: u16,
    receiver: Receiver,
    ear: Ear,
    screens: BTreeMap<u32, Screen>,
    /// Pictures that arrived, by stream.
    pictures: BTreeMap<u32, u32>,
    /// The layer of the last picture, by stream.
    layers: BTreeMap<u32, u8>,
    /// The layer of the first keyframe that arrived, by stream.
    keyframes: BTreeMap<u32, u8>,
    /// When pictures of a lower layer came than before.
    falls: Vec<Instant>,
    millis: u64,
}

#[derive(Default)]
struct Camera {
    pictures: u16,
    sequences: [u16; 3],
}

/// Of what the post tells.
#[derive(Default)]
struct Receiver {
    arrivals: BTreeMap<u64, u64>,
    reported: Option<u64>,
    feedbacks: u8,
    streams: BTreeMap<u32, Stream>,
}

#[derive(Default)]
struct Stream {
    highest: Option<u64>,
    /// What is missing, how often it was asked for, and when last.
    missing: BTreeMap<u64, (u8, Option<Instant>)>,
}

/// How much of speech is made up: what did not come, and what came after its turn.
#[derive(Debug, Clone, Copy, Default)]
struct Ear {
    last: Option<u16>,
    shortest: Option<Duration>,
    buffer: Duration,
    concealed: Duration,
}

impl Ear {
    fn hear(&mut self, sequence: u16, transit: Duration) {
        let missing = self.last.map_or(0, |last| sequence.wrapping_sub(last).wrapping_sub(1));
        self.last = Some(sequence);
        self.concealed += SOUND * u32::from(missing);

        let shortest = self.shortest.map_or(transit, |shortest| shortest.min(transit));
        self.shortest = Some(shortest);
        let excess = transit - shortest;
        let kept = self.buffer.saturating_sub(SHRINKS * (u32::from(missing) + 1)).max(millis(60));
        self.concealed += excess.saturating_sub(kept);
        self.buffer = kept.max(excess);
    }
}

impl Post {
    fn new(conditions: Conditions) -> Self {
        let mut rig = Rig::with_peers(4);
        rig.assume_nothing();
        rig.publish(1, microphone(9, vec![opus()]));
        rig.subscribe(4, down(9, 9, vec![opus()]));
        for peer in 1..=3 {
            rig.publish(peer, film_camera(peer));
            rig.subscribe(4, down(peer, peer, vec![vp8()]));
        }
        Self {
            began: rig.now,
            rig,
            path: Path::new(conditions, 1),
            reports: Vec::new(),
            cameras: Default::default(),
            sounds: 0,
            receiver: Receiver::default(),
            ear: Ear::default(),
            screens: BTreeMap::new(),
            pictures: BTreeMap::new(),
            layers: BTreeMap::new(),
            keyframes: BTreeMap::new(),
            falls: Vec::new(),
            millis: 0,
        }
    }

    /// Forgets how well everything came until now.
    fn look_again(&mut self) {
        self.ear.concealed = Duration::ZERO;
        self.screens.values_mut().for_each(|screen| screen.look_again(self.rig.now));
    }

    /// The longest time that each picture stood still.
    fn freezes(&self) -> Vec<Duration> {
        self.screens.values().map(|screen| screen.longest(self.rig.now)).collect()
    }

    fn narrow(&mut self, kbps: u64) {
        self.path.change(self.rig.now, line(kbps));
    }

    fn run(&mut self, time: Duration) {
        for _ in 0..time.as_millis() {
            if self.millis.is_multiple_of(20) {
                self.speak();
            }
            for camera in 0..3 {
                if (self.millis + 11 * camera).is_multiple_of(33) {
                    self.film(camera as usize);
                }
            }
            self.rig.forward_batch();
            self.rig.advance(millis(1));
            self.millis += 1;
            self.travel();
            if self.millis.is_multiple_of(50) {
                self.report();
            }
        }
    }

    fn speak(&mut self) {
        self.sounds += 1;
        let (sequence, timestamp) = (self.sounds, 960 * u32::from(self.sounds));
        self.rig.send(1, Media { sequence, timestamp, payload: &[7; 100], ..Media::default() });
    }

    /// A picture in three layers, large where a keyframe was asked for.
    fn film(&mut self, camera: usize) {
        let peer = camera as u32 + 1;
        let asked = self.rig.keyframes_asked(peer);
        let turn = self.cameras[camera].pictures;
        self.cameras[camera].pictures += 1;
        for layer in 0..3_u8 {
            let ssrc = 21 + u32::from(layer);
            let key = asked.contains(&ssrc) || turn == 0;
            let size = [600, 1_800, 7_200][usize::from(layer)] * if key { 5 } else { 1 };
            let packets = size / 1_100 + 1;
            for part in 0..packets {
                let mut payload = descriptor(turn, 0, key && part == 0).to_vec();
                payload.resize(size / packets, layer);
                let sequence = &mut self.cameras[camera].sequences[usize::from(layer)];
                *sequence = sequence.wrapping_add(1);
                let values = ExtensionValues {
                    mid: Some(b"v"),
                    rid: Some([b"q", b"h", b"f"][usize::from(layer)]),
                    ..ExtensionValues::default()
                };
                let media = Media {
                    ssrc,
                    payload_type: VP8.0,
                    sequence: *sequence,
                    timestamp: 2_970 * u32::from(turn),
                    marker: part + 1 == packets,
                    values,
                    payload: &payload,
                };
                self.rig.send(peer, media);
            }
        }
    }

    fn travel(&mut self) {
        let now = self.rig.now;
        for (_, bytes) in std::mem::take(&mut self.rig.out.rtp) {
            let packet = decode(&bytes);
            self.path.push(now, bytes.len() + OVERHEAD, (now, packet));
        }
        while let Some(delivery) = self.path.pop(now) {
            let (sent, packet) = delivery.packet;
            self.arrive(delivery.at, delivery.at - sent, &packet);
        }
        let answers = self.rig.received_rtcp(4, |packet| match packet {
            rtcp::Packet::SenderReport(report) => Some((report.ssrc, report.info)),
            _ => None,
        });
        for (ssrc, info) in answers {
            let last_report = (info.ntp >> 16) as u32;
            let block = ReportBlock { ssrc, last_report, ..ReportBlock::default() };
            let mut compound = Vec::new();
            report::write_receiver_report(&mut compound, Ssrc(5), &[block]);
            self.reports.push((now + millis(100), compound));
        }
        let (due, later) = std::mem::take(&mut self.reports).into_iter().partition(|&(at, _)| at <= now);
        self.reports = later;
        let due: Vec<(Instant, Vec<u8>)> = due;
        due.into_iter().for_each(|(_, compound)| self.rig.send_rtcp(4, |out| out.extend(compound)));
    }

    fn arrive(&mut self, at: Instant, transit: Duration, packet: &Received) {
        let number = packet.transport_cc.expect("negotiated");
        let newest = self.receiver.arrivals.keys().next_back().copied();
        let number = unwrap(newest.or(self.receiver.reported), number);
        let ticks = (at - self.began).as_micros() as u64 / 250 + 4_000;
        self.receiver.arrivals.insert(number, ticks);
        if packet.ssrc == 1_009 {
            return self.ear.hear(packet.sequence, transit);
        }
        if packet.ssrc > 2_000 {
            let stream = self.receiver.streams.get_mut(&(packet.ssrc - 1_000));
            if let (Some(stream), Some(original)) = (stream, packet.payload.first_chunk()) {
                let original = unwrap(stream.highest, u16::from_be_bytes(*original));
                stream.missing.remove(&original);
                let part =
                    Part { begins_keyframe: begins_keyframe(&packet.payload[2..]), ends: packet.marker };
                let screen = self.screens.entry(packet.ssrc - 1_000).or_default();
                screen.show(at, original, part);
            }
            return;
        }
        if packet.marker {
            *self.pictures.entry(packet.ssrc).or_default() += 1;
            let layer = packet.payload.last().copied().unwrap_or_default();
            if self.layers.insert(packet.ssrc, layer).is_some_and(|before| before > layer) {
                self.falls.push(at);
            }
        }
        let stream = self.receiver.streams.entry(packet.ssrc).or_default();
        let number = unwrap(stream.highest, packet.sequence);
        let from = stream.highest.map_or(number, |highest| highest + 1);
        stream.missing.extend((from..number).map(|missing| (missing, (0, None))));
        stream.missing.remove(&number);
        stream.highest = stream.highest.max(Some(number));
        // Whoever got a keyframe asks for nothing before it.
        let begins_keyframe = begins_keyframe(&packet.payload);
        let part = Part { begins_keyframe, ends: packet.marker };
        self.screens.entry(packet.ssrc).or_default().show(at, number, part);
        if begins_keyframe {
            stream.missing.clear();
            let layer = packet.payload.last().copied().unwrap_or_default();
            self.keyframes.entry(packet.ssrc).or_insert(layer);
        }
    }

    /// Transport feedback, and what is missing, as browsers do.
    fn report(&mut self) {
        let now = self.rig.now;
        let mut compound = Vec::new();
        let receiver = &mut self.receiver;
        let arrivals = std::mem::take(&mut receiver.arrivals);
        if let Some((&last, &first)) = arrivals.keys().next_back().zip(arrivals.keys().next()) {
            let base = receiver.reported.map_or(first, |reported| reported + 1).min(first);
            let times: Vec<_> = (base..=last).map(|number| arrivals.get(&number).copied()).collect();
            let header = twcc::FeedbackHeader {
                sender: Ssrc(5),
                media: Ssrc(1_001),
                feedback_count: receiver.feedbacks,
            };
            receiver.feedbacks = receiver.feedbacks.wrapping_add(1);
            twcc::write(&mut compound, header, base as u16, &times);
            receiver.reported = receiver.reported.max(Some(last));
        }
        for (&ssrc, stream) in &mut receiver.streams {
            stream.missing.retain(|_, (asked, _)| *asked < 10);
            let mut due = Vec::new();
            for (&number, (asked, last)) in &mut stream.missing {
                if last.is_none_or(|last| now - last > millis(120)) {
                    *asked += 1;
                    *last = Some(now);
                    due.push(number as u16);
                }
            }
            if !due.is_empty() {
                nack::write(&mut compound, Ssrc(5), Ssrc(ssrc), &due);
            }
        }
        self.reports.push((now + millis(50), compound));
    }
}

fn film_camera(peer: u64) -> UpTrackParams {
    let mut camera = simulcast_camera(peer);
    for (encoding, width) in camera.encodings.iter_mut().zip([320, 640, 1_280]) {
        (encoding.width, encoding.height) = (width, width * 9 / 16);
    }
    camera
}

fn begins_keyframe(payload: &[u8]) -> bool {
    matches!(payload, [head, _, _, _, _, _, frame, ..] if head & 0x10 != 0 && frame & 1 == 0)
}

/// The extended number nearest to the last one.
fn unwrap(last: Option<u64>, number: u16) -> u64 {
    let Some(last) = last else { return u64::from(number) + 0x1_0000 };
    last.wrapping_add_signed(i64::from(number.wrapping_sub(last as u16) as i16))
}

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

fn millis(count: u64) -> Duration {
    Duration::from_millis(count)
}

const SOUND: Duration = Duration::from_millis(20);
/// By how much less is kept waiting, for each packet.
const SHRINKS: Duration = Duration::from_micros(400);
/// Headers of IP and UDP, and the authentication.
const OVERHEAD: usize = 28 + 16;
