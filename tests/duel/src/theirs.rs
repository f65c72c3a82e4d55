//! The estimator and pacer of `str0m`, between two whole instances of it.

use std::collections::VecDeque;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use str0m::bwe::{Bitrate, BweKind};
use str0m::media::{MediaKind, Pt};
use str0m::net::{Protocol, Receive};
use str0m::rtp::{RtpWrite, Ssrc};
use str0m::{Candidate, Event, Input, Output, Rtc};

use crate::contender::{Contender, UDP_OVERHEAD};

pub(crate) struct Theirs {
    sender: End,
    receiver: End,
    payload_type: Pt,
    number: u64,
    timestamp: u32,
    estimate: u64,
}

struct End {
    rtc: Rtc,
    address: SocketAddr,
    timeout: Instant,
    transmits: VecDeque<Vec<u8>>,
    connected: bool,
    arrived: usize,
    estimate: Option<u64>,
}

impl Theirs {
    /// Two instances that have met over a perfect link, of which one would like to send at `desired`.
    pub(crate) fn new(now: Instant, start: u64, desired: u64) -> Self {
        let sending = Rtc::builder().set_rtp_mode(true).enable_bwe(Some(Bitrate::bps(start)));
        let mut sender = End::new(now, sending.build(now), 1);
        let mut receiver = End::new(now, Rtc::builder().set_rtp_mode(true).build(now), 2);
        introduce(&mut sender, &mut receiver);
        while !(sender.connected && receiver.connected) {
            let now = sender.timeout.min(receiver.timeout);
            sender.handle_timeout(now);
            receiver.handle_timeout(now);
            exchange(now, &mut sender, &mut receiver);
        }

        let mid = "vid".into();
        let mut api = sender.rtc.direct_api();
        api.declare_media(mid, MediaKind::Video);
        api.declare_stream_tx(MEDIA.into(), Some(REPAIR.into()), mid, None);
        let mut api = receiver.rtc.direct_api();
        api.declare_media(mid, MediaKind::Video);
        // The link is to be judged, not the repair: nothing is asked for again on either side.
        api.expect_stream_rx(MEDIA.into(), Some(REPAIR.into()), mid, None).suppress_nack(true);
        api.enable_twcc_feedback();
        sender.rtc.bwe().set_bitrate(Bitrate::ZERO, Bitrate::bps(desired));
        let video = sender.rtc.codec_config().find(|params| params.spec().codec.is_video());
        let payload_type = video.expect("a video codec").pt();
        Self { sender, receiver, payload_type, number: 1, timestamp: 0, estimate: start }
    }

    /// When the instances have met, by their clock.
    pub(crate) fn met_at(&self) -> Instant {
        self.sender.timeout.min(self.receiver.timeout)
    }

    fn settle(&mut self) {
        self.sender.drain();
        self.receiver.drain();
        if let Some(estimate) = self.sender.estimate {
            self.estimate = estimate;
        }
    }
}

impl Contender for Theirs {
    type Packet = Vec<u8>;

    fn write(&mut self, now: Instant, packets: &[usize]) {
        self.timestamp = self.timestamp.wrapping_add(3_000);
        for (index, &size) in packets.iter().enumerate() {
            let packet =
                RtpWrite::new(self.payload_type, self.number.into(), self.timestamp, now, vec![0; size])
                    .marker(index + 1 == packets.len())
                    .nackable(true);
            self.number += 1;
            let mut api = self.sender.rtc.direct_api();
            if let Some(stream) = api.stream_tx(&Ssrc::from(MEDIA)) {
                stream.write_rtp(packet);
            }
            self.sender.drain();
        }
        self.sender.handle_timeout(now);
        self.settle();
    }

    fn poll_media(&mut self) -> Option<(usize, Vec<u8>)> {
        let datagram = self.sender.transmits.pop_front()?;
        Some((datagram.len() + UDP_OVERHEAD, datagram))
    }

    fn handle_media(&mut self, now: Instant, packet: Vec<u8>) -> usize {
        let before = self.receiver.arrived;
        self.receiver.handle_datagram(now, self.sender.address, &packet);
        self.settle();
        self.receiver.arrived - before
    }

    fn poll_feedback(&mut self) -> Option<(usize, Vec<u8>)> {
        let datagram = self.receiver.transmits.pop_front()?;
        Some((datagram.len() + UDP_OVERHEAD, datagram))
    }

    fn handle_feedback(&mut self, now: Instant, packet: Vec<u8>) {
        self.sender.handle_datagram(now, self.receiver.address, &packet);
        self.settle();
    }

    fn poll_timeout(&self) -> Option<Instant> {
        Some(self.sender.timeout.min(self.receiver.timeout))
    }

    fn handle_timeout(&mut self, now: Instant) {
        for end in [&mut self.sender, &mut self.receiver] {
            if end.timeout <= now {
                end.handle_timeout(now);
            }
        }
        self.settle();
    }

    fn estimate(&self) -> u64 {
        self.estimate
    }
}

impl End {
    fn new(now: Instant, rtc: Rtc, host: u8) -> Self {
        let address = SocketAddr::from((Ipv4Addr::new(192, 0, 2, host), 1000));
        Self {
            rtc,
            address,
            timeout: now,
            transmits: VecDeque::new(),
            connected: false,
            arrived: 0,
            estimate: None,
        }
    }

    fn handle_timeout(&mut self, now: Instant) {
        self.rtc.handle_input(Input::Timeout(now)).expect("time passes");
        self.drain();
    }

    fn handle_datagram(&mut self, now: Instant, source: SocketAddr, datagram: &[u8]) {
        let receive = Receive::new(Protocol::Udp, source, self.address, datagram).expect("of a known kind");
        self.rtc.handle_input(Input::Receive(now, receive)).expect("a datagram of the other end");
        self.drain();
    }

    fn drain(&mut self) {
        loop {
            match self.rtc.poll_output().expect("alive") {
                Output::Timeout(at) => {
                    self.timeout = at;
                    return;
                }
                Output::Transmit(transmit) => self.transmits.push_back(transmit.contents.to_vec()),
                Output::Event(Event::Connected) => self.connected = true,
                Output::Event(Event::RtpPacket(packet)) => self.arrived += packet.payload.len(),
                Output::Event(Event::EgressBitrateEstimate(BweKind::Twcc { estimate, .. })) => {
                    self.estimate = Some(estimate.as_u64());
                }
                Output::Event(_) => {}
            }
        }
    }
}

fn introduce(sender: &mut End, receiver: &mut End) {
    let candidates =
        [&*sender, &*receiver].map(|end| Candidate::host(end.address, "udp").expect("an address"));
    let [of_sender, of_receiver] = candidates;
    sender.rtc.add_local_candidate(of_sender.clone()).expect("new");
    sender.rtc.add_remote_candidate(of_receiver.clone());
    receiver.rtc.add_local_candidate(of_receiver).expect("new");
    receiver.rtc.add_remote_candidate(of_sender);

    let prints =
        [&mut *sender, &mut *receiver].map(|end| end.rtc.direct_api().local_dtls_fingerprint().clone());
    let credentials = [&mut *sender, &mut *receiver].map(|end| end.rtc.direct_api().local_ice_credentials());
    let [sender_print, receiver_print] = prints;
    let [sender_credentials, receiver_credentials] = credentials;
    let mut api = sender.rtc.direct_api();
    api.set_remote_fingerprint(receiver_print);
    api.set_remote_ice_credentials(receiver_credentials);
    api.set_ice_controlling(true);
    api.start_dtls(true).expect("begun once");
    let mut api = receiver.rtc.direct_api();
    api.set_remote_fingerprint(sender_print);
    api.set_remote_ice_credentials(sender_credentials);
    api.set_ice_controlling(false);
    api.start_dtls(false).expect("begun once");
    sender.drain();
    receiver.drain();
}

fn exchange(now: Instant, sender: &mut End, receiver: &mut End) {
    let now = now + Duration::from_millis(1);
    while let Some(datagram) = sender.transmits.pop_front() {
        receiver.handle_datagram(now, sender.address, &datagram);
    }
    while let Some(datagram) = receiver.transmits.pop_front() {
        sender.handle_datagram(now, receiver.address, &datagram);
    }
}

const MEDIA: u32 = 1;
const REPAIR: u32 = 2;
