//! What the call layer tells a media thread, and what media threads hand each other.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};

use sfu::direct::Direct;
use sip_gateway_proto::call::{LegId, Sound};
use sip_gateway_proto::media::dtmf::Key;
use sip_gateway_proto::sdp::Agreed;

use super::leg::Leg;
use super::recording::Recorder;
use super::speaker::Spoken;
use super::sys::Wake;
use super::table::{EarTrack, TableId, TableTally, Uplink};

/// One thing that a media thread is to do.
#[derive(Debug)]
pub(super) enum Command {
    Open(Box<Leg>),
    Connect(LegId, Box<Agreed>),
    Bridge(LegId, LegId),
    Play(LegId, Sound),
    Press {
        leg: LegId,
        key: Key,
        millis: u32,
    },
    Say(LegId, Box<Spoken>),
    Hush(LegId),
    Record(LegId, Box<Recorder>),
    StopRecording(LegId),
    Close(LegId),
    /// Sets up a table.
    SetTable(TableId, Arc<TableTally>),
    /// What a table hears of its room.
    Listen(TableId, Box<Direct>),
    Tracks(TableId, Vec<EarTrack>),
    ClearTable(TableId),
    /// Sets up a chair for a seat.
    AddChair(TableId, LegId, Box<Uplink>),
    RemoveChair(LegId),
    /// Whoever sits there gets up.
    StandUp(LegId),
    /// A phone sits down at a seat.
    Sit {
        phone: LegId,
        seat: LegId,
    },
    Mute(LegId, bool),
    /// Hands a leg to another thread, which is told to [`Adopt`](Self::Adopt) it.
    Release(LegId, Arc<Queue>),
    /// Waits until another thread has handed this leg over, and does nothing else the call layer wants before.
    ///
    /// There is no deadlock: the call layer enqueues a release and its adoption together, so of all threads that wait
    /// the one that was told first waits for a thread that does not.
    Adopt(LegId),
    /// Answers once everything before is done.
    Answer(mpsc::Sender<()>),
    Stop,
}

/// The queue of one media thread.
#[derive(Debug)]
pub(super) struct Queue {
    commands: Mutex<VecDeque<Command>>,
    /// Legs that come from other threads; `None` if there was no such leg.
    handed: Mutex<Vec<(LegId, Option<Box<Leg>>)>>,
    wake: Wake,
    /// Legs that live there or soon will.
    pub(super) legs: AtomicUsize,
}

/// A media thread does not keep up with what it is told.
#[derive(Debug)]
pub(super) struct Full;

impl Queue {
    pub(super) fn new() -> std::io::Result<Self> {
        Ok(Self {
            commands: Mutex::default(),
            handed: Mutex::default(),
            wake: Wake::new()?,
            legs: AtomicUsize::new(0),
        })
    }

    /// Enqueues a command if there is room.
    pub(super) fn push(&self, command: Command) -> Result<(), Full> {
        let mut commands = lock(&self.commands);
        if commands.len() >= MAX_COMMANDS {
            return Err(Full);
        }
        // Whoever put the first one there has rung, or is about to: the thread takes all of them.
        let is_first = commands.is_empty();
        commands.push_back(command);
        drop(commands);
        if is_first {
            self.wake.ring();
        }
        Ok(())
    }

    /// Enqueues a command that may not be lost, of which there are only so many as there are legs.
    pub(super) fn push_always(&self, command: Command) {
        lock(&self.commands).push_back(command);
        self.wake.ring();
    }

    /// Takes all commands.
    pub(super) fn take(&self, into: &mut VecDeque<Command>) {
        self.wake.reset();
        into.append(&mut lock(&self.commands));
    }

    /// Hands a leg over.
    pub(super) fn hand(&self, id: LegId, leg: Option<Box<Leg>>) {
        lock(&self.handed).push((id, leg));
        self.wake.ring();
    }

    /// A leg that was handed over, once it was.
    pub(super) fn handed(&self, id: LegId) -> Option<Option<Box<Leg>>> {
        let mut handed = lock(&self.handed);
        let at = handed.iter().position(|(other, _)| *other == id)?;
        Some(handed.swap_remove(at).1)
    }

    pub(super) fn wake(&self) -> &Wake {
        &self.wake
    }

    pub(super) fn load(&self) -> usize {
        self.legs.load(Relaxed)
    }
}

/// A list stays whole when who held it panics.
fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Commands that wait at most: some for each of a few thousand legs.
const MAX_COMMANDS: usize = 16_384;
