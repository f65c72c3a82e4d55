//! The media engine: sockets and threads behind [`MediaPlane`].
//!
//! Ports are bound at once, everything else is done by media threads, each with its own legs. What is decided about
//! packets and computed on samples is in `sip-gateway-proto`, encryption and RTCP in `sfu-proto`.

mod codec;
mod dtls;
mod guard;
mod ice;
mod intake;
mod leg;
mod ports;
mod prompts;
mod queue;
mod recording;
mod seating;
mod speaker;
mod sys;
mod table;
mod tally;
mod wire;
mod worker;

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use sip_gateway_proto::call::{
    LegId, LegMedia, MediaEvent, MediaPlane, MediaReport, NoPort, RecordingId, Sound, Wish,
};
use sip_gateway_proto::ivr::{Phrase, Word};
use sip_gateway_proto::media::dtmf::Key;
use sip_gateway_proto::media::sounds::music;
use sip_gateway_proto::plan::Language;
use sip_gateway_proto::sdp::{Agreed, Crypto, Protection, Suite};
use tokio::sync::mpsc;

use dtls::Identity;
use leg::{Leg, Seeds};
use ports::Ports;
use prompts::{Pcm, Prompts};
pub use prompts::{PromptError, SoundError};
use queue::{Command, Queue};
use recording::{Archive, Files, Recorder};
pub use recording::{KeepError, keep_recording, recording_file, recording_wav};
use seating::Seating;
use speaker::{Saying, Spoken};
pub use table::{EarTrack, SeatMedia, TableCounts, TableId};
use tally::Tally;
use wire::Wire;
use worker::Worker;

/// Where and how phones' sound is carried.
#[derive(Debug, Clone)]
pub struct MediaConfig {
    /// The ports for RTP (even) and RTCP (odd): two for each leg.
    pub ports: RangeInclusive<u16>,
    /// Our IPv4 address, if there is one.
    pub v4: Option<MediaAddress>,
    /// Our IPv6 address, if there is one.
    pub v6: Option<MediaAddress>,
    /// Media threads.
    pub workers: usize,
    /// After how long without RTP and RTCP a leg is reported as silent.
    pub silence: Duration,
    /// Where an administrator's recordings of prompts are, in `fr/` and `en/`, if there are some.
    pub prompts: Option<PathBuf>,
    /// Where recordings are kept; without it nothing is recorded.
    pub recordings: Option<PathBuf>,
}

/// One address of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MediaAddress {
    /// What sockets are bound to.
    pub bind: IpAddr,
    /// What session descriptions say, if we are behind a NAT; else that by which packets leave towards the peer.
    pub advertised: Option<IpAddr>,
}

impl MediaConfig {
    /// Legs are silent after half a minute.
    pub const SILENCE: Duration = Duration::from_secs(30);
}

/// Why the engine could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The system gave no thread or no descriptor.
    #[error("no media thread: {0}")]
    Thread(#[from] std::io::Error),
    /// The directory of recordings cannot be used.
    #[error("recordings in {}: {source}", directory.display())]
    Recordings {
        /// Which directory.
        directory: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A recording in the place of a prompt cannot be played.
    #[error(transparent)]
    Prompt(#[from] PromptError),
    /// Nor randomness.
    #[error("no random numbers")]
    Random,
}

/// The sound of all phones. Dropping it ends all legs.
#[derive(Debug)]
pub struct MediaEngine {
    config: MediaConfig,
    ports: Ports,
    identity: Arc<Identity>,
    workers: Vec<(Arc<Queue>, JoinHandle<()>)>,
    legs: HashMap<LegId, Known>,
    seating: Seating,
    prompts: Prompts,
    events: mpsc::Sender<MediaEvent>,
    archive: Option<Archive>,
    files: Option<JoinHandle<()>>,
}

/// What is known of a leg without asking its thread.
#[derive(Debug)]
struct Known {
    worker: usize,
    port: u16,
    tally: Arc<Tally>,
    codec: Option<String>,
    encrypted: bool,
    /// The seat it has in a room.
    seat: Option<LegId>,
}

impl MediaEngine {
    /// Starts the media threads.
    pub fn start(config: MediaConfig) -> Result<(Self, mpsc::Receiver<MediaEvent>), StartError> {
        let (events, receiver) = mpsc::channel(MAX_EVENTS);
        let prompts = Prompts::load(config.prompts.as_deref())?;
        // Composed now, so that nobody's packets wait for it later.
        for rate in [8_000, 16_000, 48_000] {
            let _ = music(rate);
        }
        let mut workers = Vec::new();
        for at in 0..config.workers.clamp(1, MAX_WORKERS) {
            let queue = Arc::new(Queue::new()?);
            let seed = u64::from_ne_bytes(random().ok_or(StartError::Random)?) | 1;
            let worker = Worker::new(Arc::clone(&queue), events.clone(), config.silence, seed)?;
            let thread = thread::Builder::new().name(format!("media-{at}")).spawn(move || {
                sys::raise_priority();
                worker.run();
            })?;
            workers.push((queue, thread));
        }
        let ports = Ports::new(&config.ports);
        let identity = Arc::new(Identity::new().ok_or(StartError::Random)?);
        let (archive, files) = Files::start(config.recordings.clone(), events.clone()).map_err(|source| {
            let directory = config.recordings.clone().unwrap_or_default();
            StartError::Recordings { directory, source }
        })?;
        let (archive, files) = (Some(archive), Some(files));
        let (legs, seating) = (HashMap::new(), Seating::default());
        Ok((
            Self { config, ports, identity, workers, legs, seating, prompts, events, archive, files },
            receiver,
        ))
    }

    /// Legs that are open.
    #[must_use]
    pub fn legs(&self) -> usize {
        self.legs.len()
    }

    /// Waits until the media threads have done all they were told: for an orderly end, and for tests.
    pub fn settle(&self) {
        let (answers, answered) = std::sync::mpsc::channel();
        for (queue, _) in &self.workers {
            queue.push_always(Command::Answer(answers.clone()));
        }
        drop(answers);
        while answered.recv().is_ok() {}
    }

    /// For how long the media threads have had a core.
    #[must_use]
    pub fn cpu_time(&self) -> Duration {
        self.workers.iter().map(|(_, thread)| sys::cpu_time(thread)).sum()
    }

    fn tell(&self, leg: LegId, command: Command) {
        if let Some(worker) = self.worker_of(leg) {
            self.tell_worker(worker, command);
        }
    }

    /// The thread of a leg, or of the table where a seat is.
    fn worker_of(&self, leg: LegId) -> Option<usize> {
        self.legs.get(&leg).map(|known| known.worker).or_else(|| self.worker_of_seat(leg))
    }

    fn tell_worker(&self, worker: usize, command: Command) {
        if self.workers[worker].0.push(command).is_err() {
            tracing::error!(worker, "a media thread does not keep up: a command is lost");
        }
    }

    /// Takes a leg to a thread.
    fn move_leg(&mut self, leg: LegId, home: usize) {
        let Some(known) = self.legs.get_mut(&leg) else { return };
        let away = std::mem::replace(&mut known.worker, home);
        if home == away {
            return;
        }
        let (to, from) = (&self.workers[home].0, &self.workers[away].0);
        to.legs.fetch_add(1, Relaxed);
        // Neither may be lost: a leg would be nowhere, or a thread wait for ever. Each moves a leg that exists.
        from.push_always(Command::Release(leg, Arc::clone(to)));
        to.push_always(Command::Adopt(leg));
    }

    fn try_open(&mut self, leg: LegId, wish: Wish) -> Option<LegMedia> {
        if self.legs.contains_key(&leg) || self.is_seat(leg) {
            return None;
        }
        let peer = wish.peer.to_canonical();
        let ours = if peer.is_ipv4() { self.config.v4 } else { self.config.v6 }?;
        let seeds = Seeds {
            arrivals: u32::from_ne_bytes(random()?),
            outgoing: u32::from_ne_bytes(random()?),
            cname: u64::from_ne_bytes(random()?),
        };
        let sdes = if wish.sdes { fresh_keys()? } else { Vec::new() };
        let credentials = if wish.ice { Some(random::<{ ice::RANDOM }>()?) } else { None };
        let advertised = ours.advertised.or_else(|| address_towards(ours.bind, peer))?;
        let worker = (0..self.workers.len()).min_by_key(|at| self.workers[*at].0.load())?;

        let (port, sockets) = self.ports.bind(ours.bind, u32::from_ne_bytes(random()?), wish.emergency)?;
        let tally = Arc::new(Tally::default());
        let address = SocketAddr::new(advertised, port);
        let ice = credentials.map(|random| ice::describe(address, &random));
        let wire = Wire::new(sockets, peer, Arc::clone(&self.identity), ice.as_ref());
        let opened = Leg::new(Instant::now(), leg, wire, seeds, Arc::clone(&tally));
        let queue = &self.workers[worker].0;
        queue.legs.fetch_add(1, Relaxed);
        if queue.push(Command::Open(Box::new(opened))).is_err() {
            queue.legs.fetch_sub(1, Relaxed);
            self.ports.release(port);
            return None;
        }
        self.legs.insert(leg, Known { worker, port, tally, codec: None, encrypted: false, seat: None });
        let dtls = wish.dtls.then(|| self.identity.local());
        Some(LegMedia { address, sdes, dtls, ice })
    }
}

impl MediaPlane for MediaEngine {
    fn open(&mut self, leg: LegId, wish: Wish) -> Result<LegMedia, NoPort> {
        self.try_open(leg, wish).ok_or(NoPort)
    }

    fn connect(&mut self, leg: LegId, agreed: &Agreed) {
        let Some(known) = self.legs.get_mut(&leg) else { return };
        let encoding = agreed.send.codec.encoding();
        known.codec = encoding.split('/').next().map(str::to_owned);
        known.encrypted = agreed.protection != Protection::Plain;
        self.tell(leg, Command::Connect(leg, Box::new(agreed.clone())));
    }

    fn bridge(&mut self, one: LegId, other: LegId) {
        match (self.is_seat(one), self.is_seat(other)) {
            (false, true) => return self.seat_phone(one, other),
            (true, false) => return self.seat_phone(other, one),
            (true, true) => return,
            (false, false) => {}
        }
        let Some(home) = self.legs.get(&one).map(|known| known.worker) else { return };
        if !self.legs.contains_key(&other) {
            return;
        }
        self.leave_seat(one);
        self.leave_seat(other);
        self.move_leg(other, home);
        self.tell_worker(home, Command::Bridge(one, other));
    }

    fn play(&mut self, leg: LegId, sound: Sound) {
        if self.is_seat(leg) {
            return self.empty_seat(leg);
        }
        self.leave_seat(leg);
        self.tell(leg, Command::Play(leg, sound));
    }

    fn press(&mut self, leg: LegId, key: char, duration: Duration) {
        let Some(key) = Key::of(key) else { return };
        let millis = duration.as_millis().min(u128::from(u32::MAX)) as u32;
        self.tell(leg, Command::Press { leg, key, millis });
    }

    fn seat(&mut self, leg: LegId) {
        self.add_seat(leg);
    }

    fn mute(&mut self, seat: LegId, muted: bool) {
        self.mute_seat(seat, muted);
    }

    fn say(&mut self, leg: LegId, phrase: Phrase, language: Language) {
        if self.worker_of(leg).is_none() {
            if self.events.try_send(MediaEvent::Said { leg }).is_err() {
                tracing::warn!("the call layer does not keep up with media events");
            }
            return;
        }
        let word = |word: &Word| match word {
            Word::Prompt(prompt) => Saying::Sound(self.prompts.sound(language, *prompt)),
            Word::Recording(recording) => match &self.archive {
                Some(archive) => Saying::Awaited(archive.read(*recording)),
                None => Saying::Sound(Pcm::NOTHING),
            },
        };
        let spoken = Spoken { words: phrase.words().iter().map(word).collect() };
        self.tell(leg, Command::Say(leg, Box::new(spoken)));
    }

    fn hush(&mut self, leg: LegId) {
        self.tell(leg, Command::Hush(leg));
    }

    fn record(&mut self, leg: LegId, recording: RecordingId, longest: Duration) {
        let Some(archive) = self.archive.as_ref().filter(|_| self.worker_of(leg).is_some()) else { return };
        let millis = longest.as_millis().min(u128::from(u64::MAX)) as u64;
        let recorder = Recorder::new(leg, recording, millis, archive.clone());
        self.tell(leg, Command::Record(leg, Box::new(recorder)));
    }

    fn stop_recording(&mut self, leg: LegId) {
        self.tell(leg, Command::StopRecording(leg));
    }

    fn close(&mut self, leg: LegId) -> MediaReport {
        if self.is_seat(leg) {
            self.remove_seat(leg);
            return MediaReport::default();
        }
        self.leave_seat(leg);
        let Some(known) = self.legs.remove(&leg) else { return MediaReport::default() };
        self.workers[known.worker].0.push_always(Command::Close(leg));
        self.ports.release(known.port);
        known.tally.report(known.codec, known.encrypted)
    }
}

impl Drop for MediaEngine {
    fn drop(&mut self) {
        for (queue, _) in &self.workers {
            queue.push_always(Command::Stop);
        }
        for (_, thread) in self.workers.drain(..) {
            // One that panicked has ended as well.
            let _ = thread.join();
        }
        // With the last way to it gone, this thread writes what it has and ends.
        self.archive = None;
        if let Some(files) = self.files.take() {
            let _ = files.join();
        }
    }
}

/// A key for each suite, the strongest first.
fn fresh_keys() -> Option<Vec<Crypto>> {
    let key = |(tag, suite): (u32, &Suite)| Crypto::new(tag, *suite, &random::<MAX_KEY>()?);
    (1..).zip(&Suite::ALL).map(key).collect()
}

/// The address of ours by which packets leave towards a peer.
fn address_towards(bind: IpAddr, peer: IpAddr) -> Option<IpAddr> {
    if !bind.is_unspecified() {
        return Some(bind);
    }
    // Connecting a datagram socket sends nothing; it only asks the routing table.
    let socket = UdpSocket::bind(SocketAddr::new(bind, 0)).ok()?;
    socket.connect(SocketAddr::new(peer, DISCARD)).ok()?;
    Some(socket.local_addr().ok()?.ip())
}

fn random<const N: usize>() -> Option<[u8; N]> {
    let mut bytes = [0; N];
    aws_lc_rs::rand::fill(&mut bytes).ok()?;
    Some(bytes)
}

/// Events that wait for the call layer at most.
const MAX_EVENTS: usize = 4_096;
const MAX_WORKERS: usize = 64;
/// Of the longest suite: 32 bytes of key, 14 of salt.
const MAX_KEY: usize = 46;
const DISCARD: u16 = 9;
