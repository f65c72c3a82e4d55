//! Carries a case out: everybody comes in one after the other, then it is measured, then they leave. One thread for all.

mod driver;

use std::cell::RefCell;
use std::net::{IpAddr, Ipv4Addr};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use tokio::sync::watch;
use tokio::task::LocalSet;

use crate::case::{Case, Part};
use crate::media::delays::Delays;
use crate::member::{Clips, Report, Shared};
use crate::net;
use crate::outcome::Outcome;
use crate::signal::{ConnectError, Server};
use crate::transport::Identity;
use driver::Driver;

/// Why a case could not be carried out.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// The first participant was not let in.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The first participant came in, and then it went wrong.
    #[error("{0}")]
    Lost(String),
    /// Everybody is there and nobody hears or sees anything.
    #[error("no media within {} s", .0.as_secs())]
    NoMedia(Duration),
    /// It is this machine's fault.
    #[error("{0:#}")]
    Here(anyhow::Error),
}

/// How far a run has come.
#[derive(Debug, Clone, Copy, Default)]
pub struct Progress {
    /// Participants whose media is connected.
    pub connected: usize,
    /// Participants in all.
    pub participants: usize,
    /// Those that were not let in or went away.
    pub failed: usize,
    /// Tracks that bring media, over all subscribers.
    pub tracks: usize,
    /// Tracks that should.
    pub expected: usize,
    /// How long has been measured.
    pub measured: Option<Duration>,
    /// What all subscribers have received so far, in bytes.
    pub octets: u64,
}

/// What participants are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Coming,
    Measuring,
    /// Publishers send no more; what is under way may still arrive.
    Draining(Instant),
    Over(Instant),
}

/// What is known of a participant while it is there.
#[derive(Debug, Clone, Default)]
struct State {
    connected: bool,
    joined: bool,
    tracks: usize,
    octets: u64,
    end: Option<Result<(), RunFailure>>,
}

/// Why a participant is gone.
#[derive(Debug, Clone)]
enum RunFailure {
    Connect(ConnectError),
    Lost(String),
}

type States = Rc<RefCell<Vec<State>>>;

/// Carries a case out. `watch` hears how far it has come some times a second.
pub async fn run(server: Server, case: Case, watch: impl FnMut(Progress)) -> Result<Outcome, RunError> {
    LocalSet::new().run_until(Run::new(server, case, watch)?.go()).await
}

struct Run<W> {
    server: Rc<Server>,
    shared: Arc<Shared>,
    states: States,
    phase: watch::Sender<Phase>,
    lag: Rc<RefCell<Delays>>,
    local: IpAddr,
    watch: W,
}

impl<W: FnMut(Progress)> Run<W> {
    fn new(server: Server, case: Case, watch: W) -> Result<Self, RunError> {
        let identity = Identity::generate().map_err(RunError::Here)?;
        let clips = Clips::new(&case);
        Ok(Self {
            server: Rc::new(server),
            shared: Arc::new(Shared {
                case,
                identity,
                clips,
                begun: Instant::now(),
                also: net::far_address(),
            }),
            states: States::default(),
            phase: watch::Sender::new(Phase::Coming),
            lag: Rc::default(),
            local: Ipv4Addr::LOCALHOST.into(),
            watch,
        })
    }

    async fn go(mut self) -> Result<Outcome, RunError> {
        let case = &self.shared.case;
        let (duration, parts): (_, Vec<Part>) = (case.duration, case.parts().collect());
        let interval = Duration::from_secs_f64(1.0 / case.num_per_second);
        let participants = parts.len();
        let mut tasks = Vec::new();
        // If it is not reached at all, the first participant will hear why.
        self.local = net::local_for(&self.server.url).await.unwrap_or(self.local);
        for part in parts {
            tasks.push(tokio::task::spawn_local(self.driver(part).go()));
            if tasks.len() == 1 {
                self.first_is_in(participants).await?;
            }
            if tasks.len() < participants {
                self.wait(participants, interval, |_| false).await;
            }
        }
        let all_there = |progress: &Progress| {
            progress.connected + progress.failed >= progress.participants
                && (progress.tracks >= progress.expected || progress.failed > 0)
        };
        self.wait(participants, SETTLING, all_there).await;
        let progress = self.progress(participants, None);
        if progress.expected > 0 && progress.tracks == 0 {
            return Err(self.first_failure().unwrap_or(RunError::NoMedia(SETTLING)));
        }

        let begin = Instant::now();
        self.lag.replace(Delays::default());
        self.phase.send_replace(Phase::Measuring);
        self.measure(participants, begin, duration).await;
        let end = Instant::now();
        self.phase.send_replace(Phase::Draining(end));
        tokio::time::sleep(DRAINING).await;
        self.phase.send_replace(Phase::Over(end));
        let mut reports: Vec<Report> = Vec::new();
        for task in tasks {
            let report = task.await.context("a participant's task broke").map_err(RunError::Here)?;
            reports.push(report);
        }
        let lag = self.lag.borrow().clone();
        Ok(Outcome::new(&self.shared.case, &self.server.url, end - begin, reports, lag))
    }

    fn driver(&self, part: Part) -> Driver {
        let mut states = self.states.borrow_mut();
        states.push(State::default());
        Driver {
            server: Rc::clone(&self.server),
            shared: Arc::clone(&self.shared),
            part,
            local: self.local,
            phase: self.phase.subscribe(),
            states: Rc::clone(&self.states),
            number: states.len() - 1,
            lag: Rc::clone(&self.lag),
        }
    }

    /// The first one tells whether there is any sense in sending others.
    async fn first_is_in(&mut self, participants: usize) -> Result<(), RunError> {
        let states = Rc::clone(&self.states);
        let known = move |_: &Progress| {
            let states = states.borrow();
            states[0].joined || states[0].end.is_some()
        };
        self.wait(participants, SETTLING, known).await;
        if self.states.borrow()[0].joined {
            return Ok(());
        }
        let silent = || RunError::Lost("the server takes the connection and does not answer".to_owned());
        Err(self.first_failure().unwrap_or_else(silent))
    }

    fn first_failure(&self) -> Option<RunError> {
        let states = self.states.borrow();
        let failure = states.iter().find_map(|state| match &state.end {
            Some(Err(failure)) => Some(failure.clone()),
            _ => None,
        })?;
        Some(match failure {
            RunFailure::Connect(error) => RunError::Connect(error),
            RunFailure::Lost(why) => RunError::Lost(why),
        })
    }

    /// Lets time pass until something holds, but not for longer than said.
    async fn wait(&mut self, participants: usize, patience: Duration, done: impl Fn(&Progress) -> bool) {
        let deadline = Instant::now() + patience;
        loop {
            let progress = self.progress(participants, None);
            (self.watch)(progress);
            let now = Instant::now();
            if done(&progress) || now >= deadline {
                return;
            }
            tokio::time::sleep((deadline - now).min(GLANCE)).await;
        }
    }

    async fn measure(&mut self, participants: usize, begin: Instant, duration: Duration) {
        while begin.elapsed() < duration {
            let progress = self.progress(participants, Some(begin.elapsed()));
            (self.watch)(progress);
            tokio::time::sleep((duration - begin.elapsed().min(duration)).min(GLANCE)).await;
        }
    }

    fn progress(&self, participants: usize, measured: Option<Duration>) -> Progress {
        let case = &self.shared.case;
        let expected = case.subscribers * case.tracks_per_subscriber();
        let mut progress = Progress { participants, expected, measured, ..Progress::default() };
        for state in self.states.borrow().iter() {
            progress.connected += usize::from(state.connected && state.end.is_none());
            progress.failed += usize::from(state.end.is_some());
            progress.tracks += state.tracks;
            progress.octets += state.octets;
        }
        progress
    }
}

/// Until media must have come to everybody after the last one came in.
const SETTLING: Duration = Duration::from_secs(15);
/// Until what was under way has arrived.
const DRAINING: Duration = Duration::from_millis(400);
/// How often somebody looks.
const GLANCE: Duration = Duration::from_millis(200);
