//! Many real peers in one conference, light enough to be driven by one core: each does its handshake with an
//! independent stack; afterwards most only count what they receive, and every twentieth decrypts and checks it.

mod light;
mod source;

use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use palabre_tests::peer::{codecs, extensions};
use sfu::handle::{Conference, Sfu, SfuConfig};
use sfu_proto::id::{Mid, Ssrc};
use sfu_proto::io::{
    Command, DataChannels, DownTrackParams, EncodingParams, Event, Fingerprint, IceCredentials, LayerWish,
    MediaKind, PeerParams, RemoteTransport, UpTrackParams,
};
use str0m::config::Fingerprint as StrFingerprint;
use str0m::ice::IceCreds;
use str0m::media::MediaKind as StrKind;
use str0m::{Candidate, Input, RtcConfig};
use tokio::sync::mpsc::Receiver as Events;

use crate::allocations::counted;
use crate::machine::{self, Receiver, Thread};

use light::Light;
use source::{PICTURE, Source};

/// Every so many subscribers one looks into its packets.
const SAMPLE: usize = 20;
/// So many peers connect at the same time.
const WAVE: usize = 25;
/// When the next burst is sent although the last one has not been forwarded to everybody.
const STALL: Duration = Duration::from_millis(200);
/// How long a wave may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// An engine with a conference full of peers.
pub(crate) struct Crowd {
    pub(crate) sfu: Sfu,
    shards: Vec<Thread>,
    conference: Conference,
    events: Events<Event>,
    peers: Vec<Light>,
    receiver: Receiver,
    sources: Vec<Source>,
    next_visit: usize,
    invited: usize,
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
    /// Part of the CPU time that was the program's own, and not the kernel's.
    pub(crate) own: f64,
    /// How long it took by the clock.
    pub(crate) elapsed: Duration,
}

impl Forwarded {
    /// CPU time of one packet.
    pub(crate) fn cost(&self) -> f64 {
        self.cpu.as_secs_f64() / self.packets.max(1) as f64
    }
}

impl Crowd {
    /// Starts an engine of one media thread on its core, and opens a conference. The caller is the load.
    pub(crate) fn new() -> Result<Self> {
        Self::with_shards(1)
    }

    /// The same with several media threads, which share that core: their costs add up.
    pub(crate) fn with_shards(shards: usize) -> Result<Self> {
        Self::with(&SfuConfig { shards, slack: 0, ..SfuConfig::default() })
    }

    /// The same with one media thread that leaves out pictures when it has too much to do, as it does in the program.
    pub(crate) fn with_relief() -> Result<Self> {
        Self::with(&SfuConfig { relief: true, ..SfuConfig::default() })
    }

    fn with(config: &SfuConfig) -> Result<Self> {
        let shards = config.shards;
        let (sfu, conference, events) = counted(|| {
            let sfu = Sfu::start(config)?;
            let (conference, events) = sfu.open_conference()?;
            anyhow::Ok((sfu, conference, events))
        })?;
        let threads = (0..shards).map(|shard| Thread::named(&format!("{MEDIA_THREADS}{shard}")));
        let shards = threads.collect::<Result<Vec<Thread>>>()?;
        shards.iter().for_each(|shard| shard.pin_to(machine::SERVER_CORE));
        Ok(Self {
            sfu,
            shards,
            conference,
            events,
            peers: Vec::new(),
            receiver: Receiver::new(),
            sources: Vec::new(),
            next_visit: 0,
            invited: 0,
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
        let number = self.invited;
        self.invited += 1;
        let id = self.conference.new_peer_id();
        let engine = self.conference.placement().place(id)[0].address;
        let curious = number.is_multiple_of(SAMPLE);
        let socket = machine::socket()?;
        if curious {
            machine::stamp_arrivals(&socket)?;
        }
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
            socket: Arc::new(socket),
            address,
            engine,
            rtc,
            connected: false,
            curious,
            timeout: Instant::now(),
            received: 0,
            checked: 0,
            faults: Vec::new(),
            key_due: true,
            stamps: Vec::new(),
            arrival: None,
        });
        Ok(())
    }

    /// CPU time of all media threads.
    pub(crate) fn cpu_time(&self) -> Result<Duration> {
        self.shards.iter().map(|shard| shard.cpu_time()).sum()
    }

    fn own_time(&self) -> Result<Duration> {
        self.shards.iter().map(|shard| shard.own_time()).sum()
    }

    /// Gives a peer a camera or a microphone; the source's number.
    pub(crate) fn publish(&mut self, peer: usize, kind: MediaKind) -> Result<usize> {
        self.publish_encodings(peer, kind, &[PICTURE])
    }

    /// Gives a peer a camera with several encodings, of so many packets a picture, smallest first; the first one's number,
    /// by which the camera is subscribed to.
    pub(crate) fn publish_sizes(&mut self, peer: usize, sizes: &[u64]) -> Result<usize> {
        self.publish_encodings(peer, MediaKind::Video, sizes)
    }

    fn publish_encodings(&mut self, peer: usize, kind: MediaKind, pictures: &[u64]) -> Result<usize> {
        let track = self.conference.new_up_track_id();
        let (name, there) = match kind {
            MediaKind::Audio => ("a", StrKind::Audio),
            MediaKind::Video => ("v", StrKind::Video),
        };
        let publisher = &mut self.peers[peer];
        publisher.rtc.direct_api().declare_media(name.into(), there);
        let first = self.sources.len();
        let mut encodings = Vec::new();
        for (at, &picture) in pictures.iter().enumerate() {
            let mut api = publisher.rtc.direct_api();
            let (ssrc, rtx) = (api.new_ssrc(), api.new_ssrc());
            let repaired = (kind == MediaKind::Video).then_some(rtx);
            api.declare_stream_tx(ssrc, repaired, name.into(), None).set_unpaced(true);
            let smaller = 1 << (pictures.len() - 1 - at);
            encodings.push(EncodingParams {
                rid: None,
                ssrc: Some(Ssrc(*ssrc)),
                rtx_ssrc: repaired.map(|rtx| Ssrc(*rtx)),
                width: 1280 / smaller,
                height: 720 / smaller,
            });
            self.sources.push(Source {
                peer,
                kind,
                track,
                ssrc,
                number: self.sources.len() as u64,
                picture,
                burst: match (kind, pictures.len()) {
                    (MediaKind::Audio, _) => 1,
                    (MediaKind::Video, 1) => BURST,
                    (MediaKind::Video, _) => picture as usize,
                },
                sent: 0,
                frame: 0,
                key_due: false,
                start: Instant::now(),
                departures: Vec::new(),
            });
        }
        let peer = publisher.id;
        counted(|| {
            self.conference.command(Command::Publish {
                peer,
                track: Box::new(UpTrackParams {
                    id: track,
                    kind,
                    mid: Mid::new(name).expect("a short name"),
                    codecs: codecs(kind),
                    extensions: extensions(kind),
                    encodings,
                    screen: false,
                    always_heard: false,
                }),
            })
        })?;
        Ok(first)
    }

    /// Lets a peer have a source.
    pub(crate) fn subscribe(&mut self, peer: usize, source: usize) -> Result<()> {
        let Source { track, kind, .. } = self.sources[source];
        let there = match kind {
            MediaKind::Audio => StrKind::Audio,
            MediaKind::Video => StrKind::Video,
        };
        let name = format!("s{source}");
        let peer = &mut self.peers[peer];
        peer.rtc.direct_api().declare_media(name.as_str().into(), there);
        let mut api = peer.rtc.direct_api();
        let (ssrc, rtx) = (api.new_ssrc(), api.new_ssrc());
        let repaired = (kind == MediaKind::Video).then_some(rtx);
        api.expect_stream_rx(ssrc, repaired, name.as_str().into(), None);
        let (id, peer) = (self.conference.new_down_track_id(), peer.id);
        counted(|| {
            self.conference.command(Command::Subscribe {
                peer,
                track: Box::new(DownTrackParams {
                    id,
                    source: track,
                    mid: Mid::new(&name).expect("a short name"),
                    codecs: codecs(kind),
                    extensions: extensions(kind),
                    ssrc: Ssrc(*ssrc),
                    rtx_ssrc: Ssrc(*rtx),
                    wish: LayerWish::default(),
                }),
            })
        })?;
        Ok(())
    }

    /// Lets these peers have a source.
    pub(crate) fn subscribe_all(&mut self, peers: Range<usize>, source: usize) -> Result<()> {
        for peer in peers {
            self.subscribe(peer, source)?;
            if peer.is_multiple_of(50) {
                self.go_on_for(Duration::from_millis(5));
            }
        }
        Ok(())
    }

    /// Lets a peer leave that publishes nothing; those behind it move up.
    pub(crate) fn leave(&mut self, peer: usize) -> Result<()> {
        let peer = self.peers.remove(peer).id;
        counted(|| self.conference.command(Command::Leave { peer }))?;
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

    /// Films with the first source so many packets, at most so many a second, in bursts whose sizes are taken in turn. Nine
    /// packets make one picture whatever the bursts. A burst is sent when the one before has been forwarded to `viewers`,
    /// so that a machine that does much else takes longer for the same work instead of losing packets at the engine's
    /// door.
    pub(crate) fn film(
        &mut self,
        viewers: usize,
        packets: u64,
        packets_per_second: f64,
        bursts: &[usize],
    ) -> Result<Forwarded> {
        let (mut due, mut sent_at, mut awaited) = (Instant::now(), Instant::now(), 0);
        let (start, mut turn) = (Instant::now(), 0);
        let published = self.published();
        self.measured(|crowd| {
            while crowd.published() < published + packets {
                ensure!(start.elapsed() < 4 * PATIENCE, "the load does not keep up");
                let now = Instant::now();
                let packets_out = crowd.sfu.stats().sfu.packets_out;
                if now >= due && (packets_out >= awaited || now > sent_at + STALL) {
                    sent_at = now;
                    let burst = bursts[turn % bursts.len()];
                    turn += 1;
                    // Nearly everybody: one of those who look into their packets may have asked for less.
                    awaited = packets_out + (burst * viewers) as u64 * 9 / 10;
                    due = now + Duration::from_secs_f64(burst as f64 / packets_per_second);
                    crowd.send(0, burst);
                }
                if crowd.turn() == 0 && Instant::now() < due {
                    std::thread::sleep(Duration::from_micros(100));
                }
            }
            Ok(())
        })
    }

    /// Lets all sources send for a while, as they do in a meeting: sound every 20 ms, a burst of a camera every 40 ms, the
    /// sources one after the other in that time.
    pub(crate) fn meet_for(&mut self, time: Duration) -> Result<Forwarded> {
        let start = Instant::now();
        let count = self.sources.len().max(1) as u32;
        let mut due: Vec<Instant> =
            (0..count).map(|index| start + self.sources[index as usize].interval() * index / count).collect();
        self.measured(|crowd| {
            while start.elapsed() < time {
                let now = Instant::now();
                for (index, due) in due.iter_mut().enumerate() {
                    if now >= *due {
                        let source = &crowd.sources[index];
                        // Who is late does not catch up: that would be another load.
                        *due = (*due + source.interval()).max(now);
                        crowd.send(index, source.burst);
                    }
                }
                if crowd.turn() == 0 {
                    std::thread::sleep(Duration::from_micros(100));
                }
            }
            Ok(())
        })
    }

    /// What the engine does and takes meanwhile.
    fn measured(&mut self, work: impl FnOnce(&mut Self) -> Result<()>) -> Result<Forwarded> {
        let (cpu, own, received) = (self.cpu_time()?, self.own_time()?, self.received());
        let (stats, published) = (self.sfu.stats().sfu, self.published());
        let start = Instant::now();
        work(self)?;
        self.go_on_for(Duration::from_millis(60));

        let packets = self.sfu.stats().sfu.packets_out - stats.packets_out;
        let arrived = self.received() - received;
        let fault = self.peers.iter().flat_map(|peer| &peer.faults).next();
        ensure!(fault.is_none(), "a subscriber received what was not sent: {fault:?}");
        let cpu = self.cpu_time()? - cpu;
        Ok(Forwarded {
            packets,
            published: self.published() - published,
            cpu,
            received: arrived as f64 / packets.max(1) as f64,
            own: (self.own_time()? - own).as_secs_f64() / cpu.as_secs_f64().max(1e-9),
            elapsed: start.elapsed(),
        })
    }

    /// How long packets of the first source took from the camera's socket to those of its viewers who look, since this
    /// was last asked; sorted.
    pub(crate) fn take_delays(&mut self) -> Vec<Duration> {
        let departures = &self.sources[0].departures;
        let stamps = self.peers.iter_mut().flat_map(|peer| peer.stamps.drain(..));
        let mut delays: Vec<Duration> = stamps
            .filter_map(|(number, arrival)| arrival.checked_sub(*departures.get(number as usize)?))
            .collect();
        delays.sort_unstable();
        delays
    }

    /// Packets of the first source sent so far.
    pub(crate) fn departed(&self) -> u64 {
        self.sources[0].sent
    }

    /// How many peers there are.
    pub(crate) fn len(&self) -> usize {
        self.peers.len()
    }

    /// Whether a peer looks into its packets and at the clock.
    pub(crate) fn is_curious(&self, peer: usize) -> bool {
        self.peers[peer].curious
    }

    /// How many packets were looked into so far.
    pub(crate) fn checked(&self) -> u64 {
        self.peers.iter().map(|peer| peer.checked).sum()
    }

    fn published(&self) -> u64 {
        self.sources.iter().map(|source| source.sent).sum()
    }

    fn received(&self) -> u64 {
        self.peers.iter().map(|peer| peer.received).sum()
    }

    fn send(&mut self, index: usize, burst: usize) {
        let Self { sources, peers, .. } = self;
        let (peer, now) = (sources[index].peer, Instant::now());
        let publisher = &mut peers[peer];
        if std::mem::take(&mut publisher.key_due) {
            sources.iter_mut().filter(|source| source.peer == peer).for_each(|source| source.key_due = true);
        }
        let source = &mut sources[index];
        for _ in 0..burst {
            let write = source.next(now);
            if let Some(stream) = publisher.rtc.direct_api().stream_tx(&source.ssrc) {
                stream.write_rtp(write);
            }
        }
        let _ = publisher.rtc.handle_input(Input::Timeout(now));
        let mut run = Vec::new();
        publisher.drain(Some(&mut run));
        source.departures.resize(source.sent as usize, machine::wall_clock());
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

/// What the engine calls its media threads, before their numbers.
const MEDIA_THREADS: &str = "media-";
/// Packets that a camera with one encoding sends at once in a meeting.
const BURST: usize = 3;
