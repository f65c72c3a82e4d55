//! Our media engine, one conference in it, and peers around it, driven by one thread.
//!
//! A scenario never sleeps: it says what it waits for, and everybody goes on living until that has come true.

use std::net::SocketAddr;
use std::os::fd::RawFd;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use sfu::handle::{Conference, Sfu, SfuConfig};
use sfu_proto::id::{DownTrackId, PeerId, Ssrc, UpTrackId};
use sfu_proto::io::{
    Command, DataChannel, DataChannels, Event, IceCredentials, LayerWish, MediaKind, PeerParams,
    RemoteTransport,
};
use tokio::sync::mpsc::Receiver;

use crate::peer::{Peer, PeerOptions};

/// How long a scenario waits for something before it fails: long enough for a machine that does much else.
const PATIENCE: Duration = Duration::from_secs(30);

/// A peer on the stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Who(usize);

/// A published track and its publisher's section.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Up {
    /// Its name in the engine.
    pub id: UpTrackId,
    kind: MediaKind,
}

/// A subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Down {
    /// Its name in the engine.
    pub id: DownTrackId,
    /// Under which SSRC it arrives.
    pub ssrc: Ssrc,
}

/// The stage.
pub struct Stage {
    /// The engine under test.
    pub sfu: Sfu,
    /// The conference on it.
    pub conference: Conference,
    /// What the engine has reported so far.
    pub events: Vec<Event>,
    news: Receiver<Event>,
    peers: Vec<Peer>,
}

impl Stage {
    /// Starts an engine of one shard with UDP and TCP on free loopback ports, and opens a conference.
    #[must_use]
    pub fn open() -> Self {
        Self::with_voices(usize::MAX)
    }

    /// The same, in which only so many voices are forwarded at a time.
    #[must_use]
    pub fn with_voices(voices: usize) -> Self {
        let loopback = SocketAddr::from(([127, 0, 0, 1], 0));
        let config = SfuConfig {
            listen: loopback,
            tcp: Some(loopback),
            advertise: vec![loopback.ip()],
            voices,
            ..SfuConfig::default()
        };
        let sfu = Sfu::start(&config).expect("loopback has free ports");
        let (conference, news) = sfu.open_conference().expect("the engine is empty");
        Self { sfu, conference, events: Vec::new(), news, peers: Vec::new() }
    }

    /// Where the engine takes UDP, or TCP.
    #[must_use]
    pub fn address(&self, tcp: bool) -> SocketAddr {
        let candidate = self.conference.candidates().iter().find(|candidate| candidate.tcp == tcp);
        candidate.expect("the engine listens there").address
    }

    /// Lets a peer in without waiting for it.
    pub fn invite(&mut self, options: &PeerOptions, data_channels: DataChannels) -> Who {
        self.announce(options, data_channels, |_| ())
    }

    /// Lets a peer in that has another certificate than the engine is told.
    pub fn invite_impostor(&mut self, options: &PeerOptions, data_channels: DataChannels) -> Who {
        self.announce(options, data_channels, |remote| remote.fingerprint.0[0] ^= 1)
    }

    fn announce(
        &mut self,
        options: &PeerOptions,
        data_channels: DataChannels,
        alter: impl FnOnce(&mut RemoteTransport),
    ) -> Who {
        let id = self.conference.new_peer_id();
        let mut peer = Peer::new(id, options, self.address(options.tcp));
        let local_ice = credentials();
        let mut remote = peer.transport();
        alter(&mut remote);
        self.command(Command::Join(Box::new(PeerParams {
            conference: self.conference.id(),
            peer: id,
            local_ice: local_ice.clone(),
            remote: Some(remote),
            data_channels,
        })));
        peer.connect(&local_ice, self.sfu.fingerprint(), data_channels);
        self.peers.push(peer);
        Who(self.peers.len() - 1)
    }

    /// Lets a peer in over UDP and waits until media can flow.
    pub fn join(&mut self) -> Who {
        self.join_with(&PeerOptions::default())
    }

    /// Lets a peer in and waits until media can flow.
    pub fn join_with(&mut self, options: &PeerOptions) -> Who {
        let who = self.invite(options, DataChannels::None);
        self.until("the peer is connected", |stage| stage.is_connected(who));
        who
    }

    /// Whether both sides say that media can flow.
    #[must_use]
    pub fn is_connected(&self, who: Who) -> bool {
        let peer = self.peer(who);
        peer.connected && self.events.contains(&Event::PeerConnected { peer: peer.id })
    }

    /// Turns on the microphone of a peer.
    pub fn publish_audio(&mut self, who: Who) -> Up {
        let id = self.conference.new_up_track_id();
        let track = Box::new(self.peers[who.0].start_audio(id));
        self.command(Command::Publish { peer: self.peer(who).id, track });
        Up { id, kind: MediaKind::Audio }
    }

    /// Turns on the camera of a peer: 25 pictures a second, so many packets in a picture of each encoding.
    pub fn publish_video(&mut self, who: Who, packets: &[u8]) -> Up {
        let id = self.conference.new_up_track_id();
        let track = Box::new(self.peers[who.0].start_video(id, 25, packets));
        self.command(Command::Publish { peer: self.peer(who).id, track });
        Up { id, kind: MediaKind::Video }
    }

    /// Lets a peer receive a track.
    pub fn subscribe(&mut self, who: Who, up: Up) -> Down {
        self.subscribe_with(who, up, LayerWish::default())
    }

    /// Lets a peer receive a track as wished.
    pub fn subscribe_with(&mut self, who: Who, up: Up, wish: LayerWish) -> Down {
        let id = self.conference.new_down_track_id();
        let mut track = self.peers[who.0].expect_track(id, up.id, up.kind);
        track.wish = wish;
        let ssrc = track.ssrc;
        self.command(Command::Subscribe { peer: self.peer(who).id, track: Box::new(track) });
        Down { id, ssrc }
    }

    /// Changes what is wished of a subscription.
    pub fn wish(&self, down: Down, wish: LayerWish) {
        self.command(Command::Wish { track: down.id, wish });
    }

    /// Sends a data message from the rooms to a peer.
    pub fn send_data(&self, who: Who, channel: DataChannel, payload: &[u8]) {
        self.command(Command::SendData { peer: self.peer(who).id, channel, payload: payload.into() });
    }

    /// New ICE credentials for both sides of a running transport.
    pub fn restart_ice(&mut self, who: Who) {
        let (local, remote) = (credentials(), credentials());
        self.command(Command::RestartIce {
            peer: self.peer(who).id,
            local: local.clone(),
            remote: Some(remote.clone()),
        });
        self.peers[who.0].restart_ice(&remote, &local);
    }

    /// Hands a command to the engine.
    pub fn command(&self, command: Command) {
        self.conference.command(command).expect("the shard keeps up");
    }

    /// A peer.
    #[must_use]
    pub fn peer(&self, who: Who) -> &Peer {
        &self.peers[who.0]
    }

    /// A peer, to do something to it.
    pub fn peer_mut(&mut self, who: Who) -> &mut Peer {
        &mut self.peers[who.0]
    }

    /// Takes a peer off the stage without a word to the engine.
    pub fn vanish(&mut self, who: Who) {
        self.peers[who.0].vanish();
    }

    /// Whether the engine has reported the end of a peer.
    #[must_use]
    pub fn is_closed(&self, peer: PeerId) -> bool {
        self.events
            .iter()
            .any(|event| matches!(event, Event::PeerClosed { peer: closed, .. } if *closed == peer))
    }

    /// Lets everybody live until the condition holds.
    ///
    /// # Panics
    /// When it does not come true in time.
    pub fn until(&mut self, what: &str, mut condition: impl FnMut(&mut Self) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !condition(self) {
            let ends: Vec<_> = self.peers.iter().filter_map(|peer| peer.end.as_ref()).collect();
            assert!(Instant::now() < deadline, "waited in vain until {what}; ended: {ends:?}");
            self.turn();
        }
    }

    /// Lets everybody live for a while, to see that something does not happen or what happens meanwhile.
    pub fn go_on_for(&mut self, time: Duration) {
        let end = Instant::now() + time;
        while Instant::now() < end {
            self.turn();
        }
    }

    fn turn(&mut self) {
        let now = Instant::now();
        for peer in &mut self.peers {
            peer.advance(now);
        }
        while let Ok(event) = self.news.try_recv() {
            self.events.push(event);
        }
        let next = self.peers.iter().map(Peer::next).min().unwrap_or(now);
        // The engine's reports have no descriptor to wait on, so look for them every few milliseconds.
        let wait = next.saturating_duration_since(now).min(Duration::from_millis(4));
        let sockets: Vec<RawFd> = self.peers.iter().filter_map(Peer::fd).collect();
        wait_readable(&sockets, wait);
    }
}

/// Credentials that no other peer of this process has.
fn credentials() -> IceCredentials {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    IceCredentials {
        ufrag: format!("peer{number:08}"),
        pwd: format!("a password with number {number:08}").replace(' ', "+"),
    }
}

fn wait_readable(sockets: &[RawFd], wait: Duration) {
    let mut polled: Vec<libc::pollfd> =
        sockets.iter().map(|&fd| libc::pollfd { fd, events: libc::POLLIN, revents: 0 }).collect();
    let timeout = libc::timespec { tv_sec: wait.as_secs() as i64, tv_nsec: i64::from(wait.subsec_nanos()) };
    // SAFETY: the descriptors are open, the array has that many entries, no signal mask is given.
    unsafe { libc::ppoll(polled.as_mut_ptr(), polled.len() as u64, &raw const timeout, std::ptr::null()) };
}
