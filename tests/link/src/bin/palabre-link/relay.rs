//! Carries packets from one end to the other through the model of the link.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::process::Child;
use std::time::{Duration, Instant};

use anyhow::Result;
use palabre_link::{Conditions, Counts, Path, Schedule};

use crate::control::Control;
use crate::ends::Far;
use crate::sys;

/// The link between both ends.
pub(crate) struct Relay {
    near: File,
    far: File,
    command: Child,
    control: Option<Control>,
    down: Direction,
    up: Direction,
    start: Instant,
}

/// One direction, and how it changes.
struct Direction {
    path: Path<Vec<u8>>,
    schedule: Schedule,
    /// Somebody has said what it is to be like.
    commanded: bool,
}

impl Relay {
    pub(crate) fn new(
        near: File,
        far: Far,
        control: Option<Control>,
        (down, up): (Schedule, Schedule),
        seed: u64,
    ) -> Self {
        Self {
            near,
            far: far.device,
            command: far.command,
            control,
            down: Direction::new(down, seed),
            up: Direction::new(up, seed.wrapping_add(1)),
            start: Instant::now(),
        }
    }

    /// Runs until the command ends; gives its exit code.
    pub(crate) fn run(mut self) -> Result<u8> {
        sys::hurry();
        loop {
            let now = Instant::now();
            let elapsed = now - self.start;
            self.down.follow(now, elapsed);
            self.up.follow(now, elapsed);
            carry(now, &mut self.near, &mut self.far, &mut self.down.path);
            carry(now, &mut self.far, &mut self.near, &mut self.up.path);
            let (down, up) = (&mut self.down, &mut self.up);
            if let Some(control) = &mut self.control {
                control.serve(|line| obey(now, line, down, up));
            }
            if let Some(status) = self.command.try_wait()? {
                return Ok(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1));
            }

            let next = [self.down.next(self.start), self.up.next(self.start)].into_iter().flatten().min();
            let wait = next.map_or(LONGEST, |at| at.saturating_duration_since(now).min(LONGEST));
            let ends = [self.near.as_fd(), self.far.as_fd()].into_iter();
            let descriptors: Vec<_> =
                ends.chain(self.control.iter().flat_map(Control::descriptors)).collect();
            sys::wait(&descriptors, wait);
        }
    }
}

impl Direction {
    fn new(schedule: Schedule, seed: u64) -> Self {
        let conditions = schedule.at(Duration::ZERO).clone();
        Self { path: Path::new(conditions, seed), schedule, commanded: false }
    }

    /// Follows the schedule, unless somebody has said otherwise.
    fn follow(&mut self, now: Instant, elapsed: Duration) {
        let conditions = self.schedule.at(elapsed);
        if !self.commanded && self.path.conditions() != conditions {
            self.path.change(now, conditions.clone());
        }
    }

    fn next(&self, start: Instant) -> Option<Instant> {
        let change = self.schedule.next_change(start.elapsed()).map(|at| start + at);
        self.path.next().into_iter().chain(change).min()
    }

    fn change(&mut self, now: Instant, conditions: Conditions) {
        self.commanded = true;
        self.path.change(now, conditions);
    }
}

/// Does what a line says, and answers it.
fn obey(now: Instant, line: &str, down: &mut Direction, up: &mut Direction) -> String {
    let (which, words) = line.split_once(' ').unwrap_or((line, ""));
    let directions: &mut [&mut Direction] = match which {
        "down" => &mut [down],
        "up" => &mut [up],
        "both" => &mut [down, up],
        "counts" => return format!("down {} up {}", told(down.path.counts()), told(up.path.counts())),
        _ => return format!("{which:?} is none of down, up, both and counts"),
    };
    let mut changed = Vec::new();
    for direction in directions.iter() {
        let mut conditions = direction.path.conditions().clone();
        if let Err(error) = conditions.amend(words) {
            return error.to_string();
        }
        changed.push(conditions);
    }
    for (direction, conditions) in directions.iter_mut().zip(changed) {
        direction.change(now, conditions);
    }
    "ok".to_owned()
}

fn told(counts: Counts) -> String {
    let Counts { packets, lost, dropped, delivered } = counts;
    format!("packets={packets} lost={lost} dropped={dropped} bytes={delivered}")
}

/// Takes what one end has sent, and gives the other what has arrived.
fn carry(now: Instant, from: &mut File, to: &mut File, path: &mut Path<Vec<u8>>) {
    let mut packet = [0; LARGEST];
    // What fails is as good as lost: an end that is not up yet refuses packets.
    while let Ok(size @ 1..) = from.read(&mut packet) {
        path.push(now, size, packet[..size].to_vec());
    }
    while let Some(delivery) = path.pop(now) {
        let _lost = to.write(&delivery.packet);
    }
}

/// How long the end of the command may go unnoticed.
const LONGEST: Duration = Duration::from_millis(100);
const LARGEST: usize = 65_535;
