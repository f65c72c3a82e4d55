//! Many real peers in one conference, light enough to be driven by one core: each does its handshake with an
//! independent stack; afterwards most only count what they receive, and every twentieth decrypts and checks it.

use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use palabre_tests::link::is_rtp;
use palabre_tests::peer::{codecs, extensions};
use palabre_tests::vp8::Vp8Packet;
use sfu::handle::{Conference, Sfu, SfuConfig};
use sfu_proto::id::{Mid, PeerId, Ssrc, UpTrackId};
use sfu_proto::io::{
    Command, DataChannels, DownTrackParams, EncodingParams, Event, Fingerprint, IceCredentials, LayerWish,
    MediaKind, PeerParams, RemoteTransport, UpTrackParams,
};
use str0m::config::Fingerprint as StrFingerprint;
use str0m::ice::IceCreds;
use str0m::media::{MediaKind as StrKind, Pt};
use str0m::net::{Protocol, Receive};
use str0m::rtp::RtpWrite;
use str0m::{Candidate, Event as StrEvent, Input, Output, Rtc, RtcConfig};
use tokio::sync::mpsc::Receiver as Events;

use crate::allocations::counted;
use crate::machine::{self, Receiver, Thread};

/// Every so many subscribers one looks into its packets.
const SAMPLE: usize = 20;
/// So many peers connect at the same time.
const WAVE: usize = 25;
/// When the next burst is sent although the last one has not been forwarded to everybody.
const STALL: Duration = Duration::from_millis(200);
/// How long a wave may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// The payload of a video packet: with header, extensions and tag a datagram of about 1,200 bytes.
const PAYLOAD: usize = 1152;

/// An engine with a conference full of peers.
pub(crate) struct Crowd {
    pub(crate) sfu: Sfu,
    pub(crate) shard: Thread,
    conference: Conference,
    events: Events<Event>,
    peers: Vec<Light>,
    receiver: Receiver,
    camera: Option<Camera>,
    next_visit: usize,
}

struct Light {
    id: PeerId,
    socket: UdpSocket,
    address: SocketAddr,
    engine: SocketAddr,
    rtc: Rtc,
    connected: bool,
    curious: bool,
    timeout: Instant,
    received: u64,
    checked: u64,
    faults: Vec<String>,
    key_due: bool,
}

struct Camera {
    track: UpTrackId,
    ssrc: str0m::rtp::Ssrc,
    sent: u64,
    frame: u32,
    start: Instant,
}

/// What was forwarded during a measurement.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Forwarded {
    /// Packets that left the engine for a subscriber.
    pub(crate) packets: u64,
    /// CPU time of the media thread.
    pub(crate) cpu: Duration,
    /// Packets that the camera sent.
    pub(crate) published: u64,
    /// Part of the forwarded ones that arrived.
    pub(crate) received: f64,
}

impl Crowd {
    /// Starts an engine of one media thread on its core, and opens a conference. The caller is the load.
    pub(crate) fn new() -> Result<Self> {
        let (sfu, conference, events) = counted(|| {
            let sfu = Sfu::start(&SfuConfig::default())?;
            let (conference, events) = sfu.open_conference()?;
            anyhow::Ok((sfu, conference, events))
        })?;
        let shard = Thread::named(MEDIA_THREAD)?;
        shard.pin_to(machine::SERVER_CORE);
        Ok(Self {
            sfu,
            shard,
            conference,
            events,
            peers: Vec::new(),
            receiver: Receiver::new(),
            camera: None,
            next_visit: 0,
        })
    }

    /// Lets so many peers in and waits until all of them are connected.
    pub(crate) fn connect(&mut self, count: usize) -> Result<()> {
        let from = self.peers.len();
        while self.peers.len() < from + count {
            let wave = self.peers.len();
            for _ in 0..WAVE.min(from + count - wave) {
                self.invite()?;
            }
            let deadline = Instant::now() + PATIENCE;
            while self.peers[wave..].iter().any(|peer| !peer.connected) {
                ensure!(Instant::now() < deadline, "a wave of peers does not connect");
                if self.turn() == 0 {
                    std::thread::sleep(Duration::from_micros(200));
                }
            }
        }
        Ok(())
    }

    fn invite(&mut self) -> Result<()> {
        let number = self.peers.len();
        let id = self.conference.new_peer_id();
        let engine = self.conference.candidates()[0].address;
        let socket = machine::socket()?;
        let address = socket.local_addr()?;
        let mut rtc = RtcConfig::new().set_rtp_mode(true).build(Instant::now());
        rtc.add_local_candidate(Candidate::host(address, "udp")?);
        rtc.add_remote_candidate(Candidate::host(engine, "udp")?);

        let (ufrag, pwd) = (format!("bench{number:06}"), format!("a+password+of+peer+{number:06}"));
        let mut api = rtc.direct_api();
        let remote = api.local_ice_credentials();
        let digest: [u8; 32] =
            api.local_dtls_fingerprint().bytes.as_slice().try_into().context("not SHA-256")?;
        api.set_ice_controlling(true);
        api.set_remote_fingerprint(StrFingerprint {
            hash_func: "sha-256".into(),
            bytes: self.sfu.fingerprint().0.to_vec(),
        });
        api.set_remote_ice_credentials(IceCreds { ufrag: ufrag.clone(), pass: pwd.clone() });
        api.enable_twcc_feedback();
        api.start_dtls(true)?;

        counted(|| {
            self.conference.command(Command::Join(Box::new(PeerParams {
                conference: self.conference.id(),
                peer: id,
                local_ice: IceCredentials { ufrag: ufrag.clone(), pwd: pwd.clone() },
                remote: Some(RemoteTransport {
                    ice: IceCredentials { ufrag: remote.ufrag.clone(), pwd: remote.pass.clone() },
                    fingerprint: Fingerprint(digest),
                }),
                data_channels: DataChannels::None,
            })))
        })?;
        self.peers.push(Light {
            id,
            socket,
            address,
            engine,
            rtc,
            connected: false,
            curious: number.is_multiple_of(SAMPLE),
            timeout: Instant::now(),
            received: 0,
            checked: 0,
            faults: Vec::new(),
            key_due: true,
        });
        Ok(())
    }

    /// Gives the first peer a camera.
    pub(crate) fn publish(&mut self) -> Result<()> {
        let track = self.conference.new_up_track_id();
        let publisher = &mut self.peers[0];
        publisher.rtc.direct_api().declare_media("0".into(), StrKind::Video);
        let mut api = publisher.rtc.direct_api();
        let (ssrc, rtx) = (api.new_ssrc(), api.new_ssrc());
        api.declare_stream_tx(ssrc, Some(rtx), "0".into(), None).set_unpaced(true);
        self.camera = Some(Camera { track, ssrc, sent: 0, frame: 0, start: Instant::now() });
        let peer = publisher.id;
        counted(|| {
            self.conference.command(Command::Publish {
                peer,
                track: Box::new(UpTrackParams {
                    id: track,
                    kind: MediaKind::Video,
                    mid: Mid::new("0").expect("a short name"),
                    codecs: codecs(MediaKind::Video),
                    extensions: extensions(MediaKind::Video),
                    encodings: vec![EncodingParams {
                        rid: None,
                        ssrc: Some(Ssrc(*ssrc)),
                        rtx_ssrc: Some(Ssrc(*rtx)),
                        width: 1280,
                        height: 720,
                    }],
                    screen: false,
                }),
            })
        })?;
        Ok(())
    }

    /// Lets everybody but the first peer see that camera.
    pub(crate) fn subscribe_all(&mut self) -> Result<()> {
        let source = self.camera.as_ref().context("nobody has published")?.track;
        for at in 1..self.peers.len() {
            let peer = &mut self.peers[at];
            peer.rtc.direct_api().declare_media("1".into(), StrKind::Video);
            let mut api = peer.rtc.direct_api();
            let (ssrc, rtx) = (api.new_ssrc(), api.new_ssrc());
            api.expect_stream_rx(ssrc, Some(rtx), "1".into(), None);
            let (id, peer) = (self.conference.new_down_track_id(), peer.id);
            counted(|| {
                self.conference.command(Command::Subscribe {
                    peer,
                    track: Box::new(DownTrackParams {
                        id,
                        source,
                        mid: Mid::new("1").expect("a short name"),
                        codecs: codecs(MediaKind::Video),
                        extensions: extensions(MediaKind::Video),
                        ssrc: Ssrc(*ssrc),
                        rtx_ssrc: Ssrc(*rtx),
                        wish: LayerWish::default(),
                    }),
                })
            })?;
            if at.is_multiple_of(50) {
                self.go_on_for(Duration::from_millis(5));
            }
        }
        Ok(())
    }

    /// Lets the crowd live without a camera.
    pub(crate) fn go_on_for(&mut self, time: Duration) {
        let end = Instant::now() + time;
        while Instant::now() < end {
            if self.turn() == 0 {
                std::thread::sleep(Duration::from_micros(300));
            }
        }
    }

    /// Films so many packets, at most so many a second, in bursts whose sizes are taken in turn. Nine packets make one
    /// picture whatever the bursts. A burst is sent when the one before has been forwarded, so that a machine that does
    /// much else takes longer for the same work instead of losing packets at the engine's door.
    pub(crate) fn film(
        &mut self,
        packets: u64,
        packets_per_second: f64,
        bursts: &[usize],
    ) -> Result<Forwarded> {
        let (cpu, stats, received) = (self.shard.cpu_time()?, self.sfu.stats().sfu, self.received());
        let published = self.published();
        let start = Instant::now();
        let (mut due, mut sent_at, mut awaited) = (start, start, 0);
        let mut turn = 0;
        while self.published() < published + packets {
            ensure!(start.elapsed() < 4 * PATIENCE, "the load does not keep up");
            let now = Instant::now();
            let packets_out = self.sfu.stats().sfu.packets_out;
            if now >= due && (packets_out >= awaited || now > sent_at + STALL) {
                sent_at = now;
                let burst = bursts[turn % bursts.len()];
                turn += 1;
                // Nearly everybody: one of those who look into their packets may have asked for less.
                awaited = packets_out + (burst * self.peers.len()) as u64 * 9 / 10;
                due = now + Duration::from_secs_f64(burst as f64 / packets_per_second);
                self.send(now, burst);
            }
            if self.turn() == 0 && Instant::now() < due {
                std::thread::sleep(Duration::from_micros(100));
            }
        }
        self.go_on_for(Duration::from_millis(60));

        let packets = self.sfu.stats().sfu.packets_out - stats.packets_out;
        let arrived = self.received() - received;
        let fault = self.peers.iter().flat_map(|peer| &peer.faults).next();
        ensure!(fault.is_none(), "a subscriber received what was not sent: {fault:?}");
        Ok(Forwarded {
            packets,
            published: self.published() - published,
            cpu: self.shard.cpu_time()? - cpu,
            received: arrived as f64 / packets.max(1) as f64,
        })
    }

    /// How many packets were looked into so far.
    pub(crate) fn checked(&self) -> u64 {
        self.peers.iter().map(|peer| peer.checked).sum()
    }

    fn published(&self) -> u64 {
        self.camera.as_ref().map_or(0, |camera| camera.sent)
    }

    fn received(&self) -> u64 {
        self.peers.iter().map(|peer| peer.received).sum()
    }

    fn send(&mut self, now: Instant, burst: usize) {
        let (Some(camera), Some(publisher)) = (&mut self.camera, self.peers.first_mut()) else { return };
        for _ in 0..burst {
            let packet = (camera.sent % 9) as u8;
            let contents = Vp8Packet {
                start: packet == 0,
                key: packet == 0 && std::mem::take(&mut publisher.key_due),
                picture_id: (camera.frame & 0x7FFF) as u16,
                tl0: camera.frame as u8,
                tid: 0,
                encoding: 0,
                frame: camera.frame,
                packet,
            };
            let ticks = ((now - camera.start).as_secs_f64() * 90_000.0) as u32;
            let write =
                RtpWrite::new(Pt::from(96), (1000 + camera.sent).into(), ticks, now, contents.write(PAYLOAD))
                    .marker(packet == 8)
                    .nackable(true);
            if let Some(stream) = publisher.rtc.direct_api().stream_tx(&camera.ssrc) {
                stream.write_rtp(write);
            }
            camera.sent += 1;
            camera.frame += u32::from(packet == 8);
        }
        let _ = publisher.rtc.handle_input(Input::Timeout(now));
        let mut run = Vec::new();
        publisher.drain(Some(&mut run));
        // A picture leaves a camera's machine at once; only so does it arrive at the engine as one burst.
        for packets in run.chunk_by(|a: &Vec<u8>, b| a.len() == b.len()) {
            machine::send_run(&publisher.socket, publisher.engine, packets);
        }
    }

    /// Takes what has arrived for everybody, gives the number of datagrams; a few stacks get to look at the clock.
    fn turn(&mut self) -> usize {
        let now = Instant::now();
        let Self { peers, receiver, .. } = self;
        let taken = peers.iter_mut().map(|peer| peer.receive(now, receiver)).sum();
        for _ in 0..peers.len().min(8) {
            self.next_visit = (self.next_visit + 1) % peers.len();
            let peer = &mut peers[self.next_visit];
            if peer.timeout <= now {
                peer.drive(now);
            }
        }
        counted(|| while self.events.try_recv().is_ok() {});
        taken
    }
}

/// What the engine calls its media threads.
const MEDIA_THREAD: &str = "media-0";

impl Light {
    fn receive(&mut self, now: Instant, receiver: &mut Receiver) -> usize {
        let (mut fed, mut count) = (false, 0);
        let Self { rtc, received, curious, address, engine, .. } = self;
        let taken = receiver.receive(&self.socket, |datagram| {
            if is_rtp(datagram) {
                count += 1;
                if !*curious {
                    return;
                }
            }
            if let Ok(receive) = Receive::new(Protocol::Udp, *engine, *address, datagram) {
                fed |= rtc.handle_input(Input::Receive(now, receive)).is_ok();
            }
        });
        *received += count;
        if fed {
            self.drain(None);
        }
        taken
    }

    fn drive(&mut self, now: Instant) {
        let _ = self.rtc.handle_input(Input::Timeout(now));
        self.drain(None);
    }

    /// Does what the stack wants. RTP is put into `run`, if given, instead of being sent.
    fn drain(&mut self, mut run: Option<&mut Vec<Vec<u8>>>) {
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
                Output::Event(StrEvent::RtpPacket(packet)) => self.check(&packet.payload, *packet.seq_no),
                Output::Event(StrEvent::KeyframeRequest(_)) => self.key_due = true,
                Output::Event(_) => {}
            }
        }
    }

    fn check(&mut self, payload: &[u8], seq: u64) {
        if payload.is_empty() {
            return;
        }
        self.checked += 1;
        match Vp8Packet::read(payload) {
            Some(contents) if contents.write(PAYLOAD)[16..] == payload[16..] => {}
            other => self.faults.push(format!("number {seq} is {other:?}, {} bytes", payload.len())),
        }
    }
}
