//! One of the crowd: a handshake with an independent stack, then mostly counting.

use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::{Duration, Instant};

use palabre_tests::link::is_rtp;
use palabre_tests::vp8::Vp8Packet;
use sfu_proto::id::PeerId;
use sfu_proto::io::MediaKind;
use str0m::net::{Protocol, Receive};
use str0m::{Event as StrEvent, Input, Output, Rtc};

use super::source::{PAYLOAD, SOUND};
use crate::machine::Receiver;

/// A real peer that costs its driver little.
pub(super) struct Light {
    pub(super) id: PeerId,
    pub(super) socket: Arc<UdpSocket>,
    pub(super) address: SocketAddr,
    pub(super) engine: SocketAddr,
    pub(super) rtc: Rtc,
    pub(super) connected: bool,
    pub(super) curious: bool,
    pub(super) timeout: Instant,
    pub(super) received: u64,
    pub(super) checked: u64,
    pub(super) faults: Vec<String>,
    pub(super) key_due: bool,
    /// When packets came of which this one looks at the time: their numbers, and the kernel's clock.
    pub(super) stamps: Vec<(u64, Duration)>,
    pub(super) arrival: Option<Duration>,
}

impl Light {
    /// Takes what has arrived, gives the number of datagrams.
    pub(super) fn receive(&mut self, now: Instant, receiver: &mut Receiver) -> usize {
        let socket = Arc::clone(&self.socket);
        receiver.receive(&socket, |datagram, stamp| {
            if is_rtp(datagram) {
                self.received += 1;
                if !self.curious {
                    return;
                }
            }
            self.arrival = stamp;
            if let Ok(receive) = Receive::new(Protocol::Udp, self.engine, self.address, datagram)
                && self.rtc.handle_input(Input::Receive(now, receive)).is_ok()
            {
                self.drain(None);
            }
        })
    }

    /// Tells the stack the time.
    pub(super) fn drive(&mut self, now: Instant) {
        let _ = self.rtc.handle_input(Input::Timeout(now));
        self.drain(None);
    }

    /// Does what the stack wants. RTP is put into `run`, if given, instead of being sent.
    pub(super) fn drain(&mut self, mut run: Option<&mut Vec<Vec<u8>>>) {
        while let Ok(output) = self.rtc.poll_output() {
            match output {
                Output::Timeout(at) => {
                    self.timeout = at;
                    return;
                }
                Output::Transmit(transmit) => match &mut run {
                    Some(run) if is_rtp(&transmit.contents) => run.push(transmit.contents.to_vec()),
                    _ => {
                        let _ = self.socket.send_to(&transmit.contents, transmit.destination);
                    }
                },
                Output::Event(StrEvent::Connected) => self.connected = true,
                Output::Event(StrEvent::RtpPacket(packet)) => {
                    let kind = match *packet.header.payload_type {
                        111 => MediaKind::Audio,
                        _ => MediaKind::Video,
                    };
                    self.check(kind, &packet.payload, *packet.seq_no);
                }
                Output::Event(StrEvent::KeyframeRequest(_)) => self.key_due = true,
                Output::Event(_) => {}
            }
        }
    }

    fn check(&mut self, kind: MediaKind, payload: &[u8], seq: u64) {
        if payload.is_empty() {
            return;
        }
        self.checked += 1;
        match Vp8Packet::read(payload) {
            _ if kind == MediaKind::Audio => match payload.split_first_chunk() {
                Some((number, rest)) if *rest == [0xFC; SOUND] => {
                    let number = u64::from_be_bytes(*number);
                    self.stamps.extend(self.arrival.map(|arrival| (number, arrival)));
                }
                _ => self.faults.push(format!("sound {seq} has {} bytes", payload.len())),
            },
            Some(contents) if contents.write(PAYLOAD)[16..] == payload[16..] => {}
            other => self.faults.push(format!("number {seq} is {other:?}, {} bytes", payload.len())),
        }
    }
}
