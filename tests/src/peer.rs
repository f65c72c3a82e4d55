//! A participant on `str0m`, an independent WebRTC stack, over a real socket.
//!
//! There is no session description: both sides are told the outcome of a negotiation, as the rooms would tell the
//! media engine.

use std::collections::HashMap;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::os::fd::{AsRawFd, RawFd};
use std::time::{Duration, Instant};

use sfu_proto::id::{self, DownTrackId, PayloadType, PeerId, UpTrackId};
use sfu_proto::io::{
    Codec, DataChannels, DownTrackParams, EncodingParams, Extension, ExtensionMap, Fingerprint,
    IceCredentials, LayerWish, MediaKind, Mime, RemoteTransport, UpTrackParams,
};
use str0m::bwe::Bitrate;
use str0m::channel::{ChannelConfig, ChannelId, Reliability};
use str0m::config::{DtlsVersion, Fingerprint as StrFingerprint};
use str0m::crypto::dtls::SrtpProfile;
use str0m::ice::IceCreds;
use str0m::media::{KeyframeRequestKind, Mid, Pt};
use str0m::net::{Protocol, Receive, TcpType};
use str0m::rtp::RtpPacket;
use str0m::{Candidate, Event, Input, Output, Rtc, RtcConfig};

use crate::aes_cm;
use crate::link::Link;
use crate::source::{Audio, Encoding, Source, Video};

/// How a peer is set up.
#[derive(Debug, Clone)]
pub struct PeerOptions {
    /// Which DTLS it speaks.
    pub dtls: DtlsVersion,
    /// Whether it uses TCP.
    pub tcp: bool,
    /// Whether it paces and estimates what it sends.
    pub bandwidth_estimation: bool,
    /// Whether AES_CM_128_HMAC_SHA1_80 is all that it knows of SRTP. It speaks DTLS 1.2 then, by another stack.
    pub aes_cm_only: bool,
}

impl Default for PeerOptions {
    fn default() -> Self {
        Self { dtls: DtlsVersion::Dtls12, tcp: false, bandwidth_estimation: false, aes_cm_only: false }
    }
}

/// A participant.
pub struct Peer {
    /// Its name in the engine.
    pub id: PeerId,
    /// The stack underneath.
    pub rtc: Rtc,
    /// What it sends.
    pub sources: Vec<Source>,
    /// From it to the engine.
    pub outgoing: Link,
    /// From the engine to it.
    pub incoming: Link,
    /// Every RTP packet received, retransmitted ones under their original numbers.
    pub received: Vec<RtpPacket>,
    /// Every message received, under its channel's label.
    pub messages: Vec<(String, Vec<u8>)>,
    /// The channels that are open, by label.
    pub channels: HashMap<String, ChannelId>,
    /// Whether ICE and DTLS have succeeded.
    pub connected: bool,
    /// Datagrams that came in.
    pub datagrams: u64,
    /// Why the stack ended, if it has.
    pub end: Option<String>,
    wire: Wire,
    local: SocketAddr,
    remote: SocketAddr,
    timeout: Instant,
    next_mid: u32,
    srtp_profile: aes_cm::Negotiated,
}

enum Wire {
    Udp(UdpSocket),
    Tcp { stream: TcpStream, unread: Vec<u8> },
    Cut,
}

impl Peer {
    /// Opens the socket. Over TCP it connects to `remote` at once.
    pub(crate) fn new(id: PeerId, options: &PeerOptions, remote: SocketAddr) -> Self {
        let (wire, local, candidate) = if options.tcp {
            let stream = TcpStream::connect(remote).expect("the engine accepts TCP");
            stream.set_nodelay(true).expect("a TCP option");
            stream.set_nonblocking(true).expect("a socket option");
            let local = stream.local_addr().expect("a connected socket");
            let candidate = Candidate::builder().tcp().host(local).tcptype(TcpType::Active).build();
            (Wire::Tcp { stream, unread: Vec::new() }, local, candidate)
        } else {
            let socket = UdpSocket::bind("127.0.0.1:0").expect("a free port");
            socket.set_nonblocking(true).expect("a socket option");
            let local = socket.local_addr().expect("a bound socket");
            (Wire::Udp(socket), local, Candidate::host(local, "udp"))
        };
        let mut config = RtcConfig::new().set_rtp_mode(true).set_dtls_version(options.dtls);
        if options.bandwidth_estimation {
            config = config.enable_bwe(Some(Bitrate::mbps(2)));
        }
        let srtp_profile = aes_cm::Negotiated::default();
        if options.aes_cm_only {
            config = config.set_crypto_provider(aes_cm::crypto(&srtp_profile));
        }
        let mut rtc = config.build(Instant::now());
        rtc.add_local_candidate(candidate.expect("a valid candidate")).expect("a new candidate");
        Self {
            id,
            rtc,
            sources: Vec::new(),
            outgoing: Link::default(),
            incoming: Link::default(),
            received: Vec::new(),
            messages: Vec::new(),
            channels: HashMap::new(),
            connected: false,
            datagrams: 0,
            end: None,
            wire,
            local,
            remote,
            timeout: Instant::now(),
            next_mid: 0,
            srtp_profile,
        }
    }

    /// The SRTP profile in use, if it is a peer that knows one only and its handshake is over.
    #[must_use]
    pub fn srtp_profile(&self) -> Option<SrtpProfile> {
        self.srtp_profile.get().copied()
    }

    /// What the engine needs to know of it.
    pub(crate) fn transport(&mut self) -> RemoteTransport {
        let api = self.rtc.direct_api();
        let ice = api.local_ice_credentials();
        let digest = api.local_dtls_fingerprint().bytes.as_slice().try_into().expect("a SHA-256 digest");
        RemoteTransport {
            ice: IceCredentials { ufrag: ice.ufrag, pwd: ice.pass },
            fingerprint: Fingerprint(digest),
        }
    }

    /// Tells it where and who the engine is, and begins.
    pub(crate) fn connect(&mut self, ice: &IceCredentials, fingerprint: Fingerprint, data: DataChannels) {
        let candidate = match self.wire {
            Wire::Udp(_) | Wire::Cut => Candidate::host(self.remote, "udp"),
            Wire::Tcp { .. } => {
                Candidate::builder().tcp().host(self.remote).tcptype(TcpType::Passive).build()
            }
        };
        self.rtc.add_remote_candidate(candidate.expect("a valid candidate"));
        let mut api = self.rtc.direct_api();
        api.set_ice_controlling(true);
        api.set_remote_fingerprint(StrFingerprint {
            hash_func: "sha-256".into(),
            bytes: fingerprint.0.to_vec(),
        });
        api.set_remote_ice_credentials(IceCreds { ufrag: ice.ufrag.clone(), pass: ice.pwd.clone() });
        api.enable_twcc_feedback();
        api.start_dtls(true).expect("DTLS has not been started before");
        if data != DataChannels::None {
            api.start_sctp(true);
        }
    }

    /// Takes new credentials of its own and of the engine's on the running DTLS association.
    pub(crate) fn restart_ice(&mut self, own: &IceCredentials, engine: &IceCredentials) {
        let mut api = self.rtc.direct_api();
        api.set_local_ice_credentials(IceCreds { ufrag: own.ufrag.clone(), pass: own.pwd.clone() });
        api.set_remote_ice_credentials(IceCreds { ufrag: engine.ufrag.clone(), pass: engine.pwd.clone() });
    }

    /// Moves to another socket, as when a laptop changes networks. Only useful with an ICE restart.
    pub fn move_to_new_socket(&mut self) {
        let old = Candidate::host(self.local, "udp").expect("a valid candidate");
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a free port");
        socket.set_nonblocking(true).expect("a socket option");
        self.local = socket.local_addr().expect("a bound socket");
        self.wire = Wire::Udp(socket);
        self.rtc.direct_api().invalidate_candidate(&old);
        let candidate = Candidate::host(self.local, "udp").expect("a valid candidate");
        self.rtc.add_local_candidate(candidate).expect("a new candidate");
    }

    /// Opens a data channel in band.
    pub fn open_channel(&mut self, label: &str, lossy: bool) {
        self.create_channel(label, lossy, None);
    }

    /// Opens a data channel whose stream number both sides know.
    pub fn open_negotiated_channel(&mut self, label: &str, lossy: bool, stream: u16) {
        // It counts as open when the client says so: the far side may know earlier that the association stands.
        self.create_channel(label, lossy, Some(stream));
    }

    fn create_channel(&mut self, label: &str, lossy: bool, negotiated: Option<u16>) -> ChannelId {
        let reliability =
            if lossy { Reliability::MaxRetransmits { retransmits: 0 } } else { Reliability::Reliable };
        let config = ChannelConfig {
            label: label.into(),
            ordered: !lossy,
            reliability,
            negotiated,
            ..ChannelConfig::default()
        };
        self.rtc.direct_api().create_data_channel(config)
    }

    /// Sends a message over an open channel; gives whether it was taken.
    pub fn send_message(&mut self, label: &str, message: &[u8]) -> bool {
        let Some(&id) = self.channels.get(label) else { return false };
        let Some(mut channel) = self.rtc.channel(id) else { return false };
        channel.write(true, message).is_ok_and(|taken| taken)
    }

    /// Begins to speak; gives what the engine is to be told.
    pub fn start_audio(&mut self, id: UpTrackId) -> UpTrackParams {
        let mid = self.new_section(str0m::media::MediaKind::Audio);
        let mut api = self.rtc.direct_api();
        let ssrc = api.new_ssrc();
        api.declare_stream_tx(ssrc, None, mid, None);
        let codecs = codecs(MediaKind::Audio);
        let pt = Pt::from(codecs[0].payload_type.0);
        self.sources.push(Source::Audio(Audio {
            mid,
            ssrc,
            pt,
            level: -20,
            muted: false,
            sent: 0,
            next: Instant::now(),
        }));
        UpTrackParams {
            id,
            kind: MediaKind::Audio,
            mid: engine_mid(mid),
            codecs,
            extensions: extensions(MediaKind::Audio),
            encodings: vec![EncodingParams {
                rid: None,
                ssrc: Some(id::Ssrc(*ssrc)),
                rtx_ssrc: None,
                width: 0,
                height: 0,
            }],
            screen: false,
            always_heard: false,
        }
    }

    /// Turns on a camera of the given encodings, smallest first, each with its packets per picture; gives what the
    /// engine is to be told. Several encodings are told apart by RID `q`, `h`, `f`, a single one by its SSRC.
    pub fn start_video(&mut self, id: UpTrackId, pictures_per_second: u32, packets: &[u8]) -> UpTrackParams {
        let mid = self.new_section(str0m::media::MediaKind::Video);
        let simulcast = packets.len() > 1;
        let mut encodings = Vec::new();
        let mut params = Vec::new();
        for (at, &packets) in packets.iter().enumerate() {
            let rid = ["q", "h", "f"][at];
            let mut api = self.rtc.direct_api();
            let (ssrc, rtx) = (api.new_ssrc(), api.new_ssrc());
            let rid_tx = simulcast.then(|| rid.into());
            api.declare_stream_tx(ssrc, Some(rtx), mid, rid_tx);
            encodings.push(Encoding {
                rid: rid_tx,
                ssrc,
                packets,
                size: 1100,
                paused: false,
                key_requests: 0,
                key_due: true,
                seq: 100 + at as u64 * 1000,
                picture_id: 32_000 + at as u16 * 100,
                tl0: 100 * at as u8,
                timestamp_offset: 1_000_000 * at as u32,
                frames: 0,
            });
            params.push(EncodingParams {
                rid: simulcast.then(|| id::Rid::new(rid).expect("a short name")),
                ssrc: (!simulcast).then_some(id::Ssrc(*ssrc)),
                rtx_ssrc: (!simulcast).then_some(id::Ssrc(*rtx)),
                width: 320 << at,
                height: 180 << at,
            });
        }
        let codecs = codecs(MediaKind::Video);
        let now = Instant::now();
        self.sources.push(Source::Video(Video {
            mid,
            pt: Pt::from(codecs[0].payload_type.0),
            encodings,
            interval: Duration::from_secs(1) / pictures_per_second,
            next: now,
            frame: 0,
        }));
        UpTrackParams {
            id,
            kind: MediaKind::Video,
            mid: engine_mid(mid),
            codecs,
            extensions: extensions(MediaKind::Video),
            encodings: params,
            screen: false,
            always_heard: false,
        }
    }

    /// Makes ready to receive a track; gives what the engine is to be told.
    pub fn expect_track(&mut self, id: DownTrackId, source: UpTrackId, kind: MediaKind) -> DownTrackParams {
        let mid = self.new_section(match kind {
            MediaKind::Audio => str0m::media::MediaKind::Audio,
            MediaKind::Video => str0m::media::MediaKind::Video,
        });
        let mut api = self.rtc.direct_api();
        let (ssrc, rtx) = (api.new_ssrc(), api.new_ssrc());
        api.expect_stream_rx(ssrc, (kind == MediaKind::Video).then_some(rtx), mid, None);
        DownTrackParams {
            id,
            source,
            mid: engine_mid(mid),
            codecs: codecs(kind),
            extensions: extensions(kind),
            ssrc: id::Ssrc(*ssrc),
            rtx_ssrc: id::Ssrc(*rtx),
            wish: LayerWish::default(),
        }
    }

    /// Asks for a key frame of what it receives under this SSRC.
    pub fn request_key_frame(&mut self, ssrc: id::Ssrc) {
        if let Some(stream) = self.rtc.direct_api().stream_rx(&ssrc.0.into()) {
            stream.request_keyframe(KeyframeRequestKind::Pli);
        }
    }

    /// The packets received under this SSRC.
    pub fn received_from(&self, ssrc: id::Ssrc) -> impl Iterator<Item = &RtpPacket> {
        self.received.iter().filter(move |packet| *packet.header.ssrc == ssrc.0)
    }

    /// Sends a datagram past the stack, as a broken or hostile client would.
    pub fn inject(&mut self, datagram: &[u8]) {
        self.wire.send(self.remote, datagram);
    }

    /// Its first camera.
    pub fn camera(&mut self) -> &mut Video {
        let camera = self.sources.iter_mut().find_map(|source| match source {
            Source::Video(video) => Some(video),
            Source::Audio(_) => None,
        });
        camera.expect("a camera is on")
    }

    /// Its first microphone.
    pub fn microphone(&mut self) -> &mut Audio {
        let microphone = self.sources.iter_mut().find_map(|source| match source {
            Source::Audio(audio) => Some(audio),
            Source::Video(_) => None,
        });
        microphone.expect("a microphone is on")
    }

    fn new_section(&mut self, kind: str0m::media::MediaKind) -> Mid {
        let mid = Mid::from(self.next_mid.to_string().as_str());
        self.next_mid += 1;
        self.rtc.direct_api().declare_media(mid, kind);
        mid
    }

    /// Does what is due and what has arrived.
    pub(crate) fn advance(&mut self, now: Instant) {
        self.read(now);
        while let Some(datagram) = self.incoming.pop(now) {
            self.feed(now, &datagram);
        }
        if self.connected {
            for source in &mut self.sources {
                source.advance(now, &mut self.rtc);
            }
        }
        if self.rtc.is_alive() {
            self.rtc.handle_input(Input::Timeout(now)).expect("time only goes on");
        }
        self.drain(now);
        while let Some(datagram) = self.outgoing.pop(now) {
            self.wire.send(self.remote, &datagram);
        }
    }

    /// When it next has something to do of its own accord.
    pub(crate) fn next(&self) -> Instant {
        let sources = self.sources.iter().filter(|_| self.connected).map(Source::next);
        let links = [self.incoming.next(), self.outgoing.next()].into_iter().flatten();
        sources.chain(links).fold(self.timeout, Instant::min)
    }

    pub(crate) fn fd(&self) -> Option<RawFd> {
        match &self.wire {
            Wire::Udp(socket) => Some(socket.as_raw_fd()),
            Wire::Tcp { stream, .. } => Some(stream.as_raw_fd()),
            Wire::Cut => None,
        }
    }

    /// Stops existing, without a goodbye.
    pub(crate) fn vanish(&mut self) {
        self.wire = Wire::Cut;
        self.sources.clear();
    }

    fn read(&mut self, now: Instant) {
        let Self { wire, incoming, datagrams, .. } = self;
        wire.receive(|datagram| {
            *datagrams += 1;
            incoming.push(now, datagram.to_vec());
        });
    }

    fn feed(&mut self, now: Instant, datagram: &[u8]) {
        if !self.rtc.is_alive() {
            return;
        }
        let protocol = match &self.wire {
            Wire::Udp(_) | Wire::Cut => Protocol::Udp,
            Wire::Tcp { .. } => Protocol::Tcp,
        };
        let Ok(receive) = Receive::new(protocol, self.remote, self.local, datagram) else { return };
        match self.rtc.handle_input(Input::Receive(now, receive)) {
            Ok(()) => self.drain(now),
            Err(error) => {
                self.end = Some(error.to_string());
                self.rtc.disconnect();
            }
        }
    }

    fn drain(&mut self, now: Instant) {
        while self.rtc.is_alive() {
            let output = match self.rtc.poll_output() {
                Ok(output) => output,
                Err(error) => {
                    self.end = Some(error.to_string());
                    self.rtc.disconnect();
                    break;
                }
            };
            match output {
                Output::Timeout(at) => {
                    self.timeout = at;
                    return;
                }
                Output::Transmit(transmit) => {
                    self.outgoing.push(now, transmit.contents.to_vec());
                }
                Output::Event(event) => self.handle_event(event),
            }
        }
        self.timeout = now + Duration::from_secs(1);
    }

    fn handle_event(&mut self, event: Event) {
        match event {
            Event::Connected => self.connected = true,
            Event::RtpPacket(packet) => self.received.push(packet),
            Event::ChannelOpen(id, label) => {
                self.channels.insert(label, id);
            }
            Event::ChannelData(data) => {
                let label =
                    self.channels.iter().find(|&(_, id)| *id == data.id).map(|(label, _)| label.clone());
                self.messages.push((label.unwrap_or_default(), data.data));
            }
            Event::KeyframeRequest(request) => {
                for source in self.sources.iter_mut().filter(|source| source.mid() == request.mid) {
                    source.request_key_frame(request.rid);
                }
            }
            _ => {}
        }
    }
}

impl Wire {
    /// Sends unless the system has no room; networks lose datagrams anyway.
    fn send(&mut self, remote: SocketAddr, datagram: &[u8]) {
        match self {
            Self::Cut => {}
            Self::Udp(socket) => {
                let _ = socket.send_to(datagram, remote);
            }
            Self::Tcp { stream, .. } => {
                let length = (datagram.len() as u16).to_be_bytes();
                let frame = [&length, datagram].concat();
                let mut rest = &frame[..];
                while !rest.is_empty() {
                    match stream.write(rest) {
                        Ok(written) => rest = &rest[written..],
                        Err(error) if error.kind() == ErrorKind::WouldBlock => std::thread::yield_now(),
                        Err(_) => return,
                    }
                }
            }
        }
    }

    fn receive(&mut self, mut take: impl FnMut(&[u8])) {
        let mut buffer = [0; 4096];
        match self {
            Self::Cut => {}
            Self::Udp(socket) => {
                while let Ok((len, _)) = socket.recv_from(&mut buffer) {
                    take(&buffer[..len]);
                }
            }
            Self::Tcp { stream, unread } => {
                while let Ok(len @ 1..) = stream.read(&mut buffer) {
                    unread.extend(&buffer[..len]);
                }
                // RFC 4571: a length of two bytes before each datagram.
                while unread.len() >= 2 {
                    let end = 2 + usize::from(u16::from_be_bytes([unread[0], unread[1]]));
                    if unread.len() < end {
                        return;
                    }
                    take(&unread[2..end]);
                    unread.drain(..end);
                }
            }
        }
    }
}

/// `str0m`'s default payload types.
#[must_use]
pub fn codecs(kind: MediaKind) -> Vec<Codec> {
    match kind {
        MediaKind::Audio => vec![Codec {
            payload_type: PayloadType(111),
            rtx: None,
            mime: Mime::Opus,
            clock_rate: 48_000,
            nack: false,
        }],
        MediaKind::Video => vec![Codec {
            payload_type: PayloadType(96),
            rtx: Some(PayloadType(97)),
            mime: Mime::Vp8,
            clock_rate: 90_000,
            nack: true,
        }],
    }
}

/// `str0m`'s default extension ids.
#[must_use]
pub fn extensions(kind: MediaKind) -> ExtensionMap {
    let mut map = ExtensionMap::default();
    map.insert(Extension::AbsSendTime, 2);
    map.insert(Extension::TransportCc, 3);
    map.insert(Extension::Mid, 4);
    match kind {
        MediaKind::Audio => map.insert(Extension::AudioLevel, 1),
        MediaKind::Video => {
            map.insert(Extension::Rid, 10);
            map.insert(Extension::RepairedRid, 11);
            map.insert(Extension::VideoOrientation, 13);
        }
    }
    map
}

fn engine_mid(mid: Mid) -> id::Mid {
    id::Mid::new(&mid).expect("a short name")
}
