//! Phones that register with digest over UDP: first all of them once, then refreshing on and on.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};

use super::account::Account;
use super::child::Server;
use super::kamailio::Kamailio;
use super::micros;
use super::palabre::{Palabre, users};
use super::request::{Line, registrar};
use super::text::{number, status};
use super::wire::Wire;
use crate::machine::{self, LOAD_CORE};
use crate::report::{Report, Target};

/// Phones, each with its account, its instance and its own Call-ID.
const PHONES: usize = 2_000;
/// Ports that they register from.
const WIRES: usize = 20;
/// How many phones wait for an answer at a time.
const WINDOW: usize = 64;
const ROUNDS: usize = 5;
/// Together shorter than it takes to use up what the server remembers of half a minute.
const ROUND: Duration = Duration::from_millis(1_500);
/// How many requests a phone answers one challenge with.
const USES: u32 = 10;

/// Ours beside Kamailio.
pub(crate) fn measure(report: &mut Report) -> Result<()> {
    machine::pin_to(LOAD_CORE);
    let ours = {
        let mut palabre = Palabre::start(PHONES)?;
        let mut load = Load::new(palabre.udp)?;
        let (start, before) = (Instant::now(), palabre.server.cpu_time()?);
        load.refresh(None)?;
        while palabre.stored_registrations()? < PHONES {
            ensure!(start.elapsed() < PATIENCE, "the registrations are not stored");
        }
        let first = (palabre.server.cpu_time()? - before) / PHONES as u32;
        Costs { first, ..load.costs(&mut palabre.server)? }
    };
    let per_core = 1.0 / ours.refresh.as_secs_f64();
    report.row("digest REGISTER, UDP", per_core, "/s/core", Target::AtLeast(10_000.0));
    report.row("digest REGISTER, CPU each", micros(ours.refresh), "µs", Target::AtMost(100.0));
    let answered = format!("digest REGISTER, answered to {WINDOW} phones at a time");
    report.row(answered, ours.rate, "/s", Target::None);
    let first = "first REGISTER of a phone, challenge and SQLite included, CPU each";
    report.row(first, micros(ours.first), "µs", Target::None);

    let Some(mut kamailio) = Kamailio::start()? else {
        println!("Kamailio is not installed: nothing to compare registrations with");
        return Ok(());
    };
    let theirs = {
        let mut load = Load::new(kamailio.udp)?;
        let before = kamailio.server.cpu_time()?;
        load.refresh(None)?;
        let first = (kamailio.server.cpu_time()? - before) / PHONES as u32;
        Costs { first, ..load.costs(&mut kamailio.server)? }
    };
    report.row("digest REGISTER, CPU each, Kamailio", micros(theirs.refresh), "µs", Target::None);
    let first = "first REGISTER of a phone, CPU each, Kamailio without a database";
    report.row(first, micros(theirs.first), "µs", Target::None);
    let ratio = ours.refresh.as_secs_f64() / theirs.refresh.as_secs_f64();
    report.row("digest REGISTER, CPU, part of Kamailio's", ratio, "", Target::AtMost(1.0));
    Ok(())
}

/// What registrations cost a server.
struct Costs {
    /// CPU time of the first registration of a phone.
    first: Duration,
    /// CPU time of a request that is answered 200, one in ten of which was challenged before.
    refresh: Duration,
    /// Of those, how many were answered in a second.
    rate: f64,
}

struct Load {
    /// A phone's is the one of its number: behind a NAT each has a port of its own, and here some share one.
    wires: Vec<Wire>,
    registrar: String,
    phones: Vec<Phone>,
    idle: VecDeque<usize>,
    lost: u32,
}

struct Phone {
    account: Account,
    cseq: u32,
    waits: Option<(Instant, String)>,
}

impl Load {
    fn new(server: SocketAddr) -> Result<Self> {
        let phone = |user| Phone { account: Account::new(user), cseq: 0, waits: None };
        Ok(Self {
            wires: (0..WIRES).map(|_| Wire::to(server)).collect::<Result<_>>()?,
            registrar: registrar(),
            phones: users(PHONES).map(phone).collect(),
            idle: (0..PHONES).collect(),
            lost: 0,
        })
    }

    /// What refreshing costs a server; the median of several rounds.
    fn costs(&mut self, server: &mut Server) -> Result<Costs> {
        let (mut costs, mut rates) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            let (start, before) = (Instant::now(), server.cpu_time()?);
            let done = self.refresh(Some(ROUND))?;
            costs.push((server.cpu_time()? - before) / done);
            rates.push(f64::from(done) / start.elapsed().as_secs_f64());
        }
        server.check()?;
        costs.sort();
        rates.sort_by(f64::total_cmp);
        Ok(Costs { first: Duration::ZERO, refresh: costs[ROUNDS / 2], rate: rates[ROUNDS / 2] })
    }

    /// Lets the phones register in turn, each once or for a time; how often it was answered 200.
    fn refresh(&mut self, time: Option<Duration>) -> Result<u32> {
        let start = Instant::now();
        let (mut begun, mut done, mut looked) = (0, 0, start);
        let goes_on = |begun| match time {
            Some(time) => start.elapsed() < time,
            None => begun < PHONES,
        };
        loop {
            while self.waiting() < WINDOW && goes_on(begun) {
                let Some(phone) = self.idle.pop_front() else { break };
                if self.phones[phone].account.answered() >= USES {
                    self.phones[phone].account.forget();
                }
                self.register(phone);
                begun += 1;
            }
            if self.waiting() == 0 {
                return Ok(done);
            }
            done += self.listen()?;
            if looked.elapsed() > LOOK {
                looked = Instant::now();
                self.send_again()?;
            }
        }
    }

    fn waiting(&self) -> usize {
        PHONES - self.idle.len()
    }

    fn listen(&mut self) -> Result<u32> {
        let mut answers = Vec::new();
        for wire in &mut self.wires {
            wire.receive(|message| {
                if let Some((status, phone)) = status(message).zip(number(message)) {
                    let challenge = if status == 401 { message.to_owned() } else { String::new() };
                    answers.push((status, phone, challenge));
                }
            });
        }
        if answers.is_empty() {
            let sockets: Vec<_> = self.wires.iter().map(|wire| &wire.socket).collect();
            machine::wait_readable(&sockets, LOOK);
        }
        let mut done = 0;
        for (status, phone, challenge) in answers {
            // The answer to a request that was sent twice.
            if self.phones[phone].waits.is_none() {
                continue;
            }
            match status {
                100 => {}
                200 => {
                    self.phones[phone].waits = None;
                    self.idle.push_back(phone);
                    done += 1;
                }
                401 => {
                    self.phones[phone].account.challenged(&challenge)?;
                    self.register(phone);
                }
                status => bail!("a REGISTER is answered {status}"),
            }
        }
        Ok(done)
    }

    fn register(&mut self, number: usize) {
        let phone = &mut self.phones[number];
        phone.cseq += 1;
        let answer = phone.account.answer("REGISTER", &self.registrar);
        let (wire, call_id) = (&self.wires[number % WIRES], &format!("{number}-registers"));
        let local = &wire.local.to_string();
        let line = Line { transport: "UDP", local, user: &phone.account.user, call_id };
        let request = line.register(phone.cseq, &answer);
        wire.send(&request);
        phone.waits = Some((Instant::now(), request));
    }

    /// Timer E of phones whose request or answer was lost (RFC 3261 §17.1.2.1).
    fn send_again(&mut self) -> Result<()> {
        for (number, phone) in self.phones.iter_mut().enumerate() {
            let Some((since, request)) = &mut phone.waits else { continue };
            if since.elapsed() > T1 {
                self.wires[number % WIRES].send(request);
                *since = Instant::now();
                self.lost += 1;
            }
        }
        ensure!(self.lost < 1_000, "the server does not keep up with {WINDOW} phones");
        Ok(())
    }
}

const T1: Duration = Duration::from_millis(500);
/// How long the database may take.
const PATIENCE: Duration = Duration::from_secs(20);
const LOOK: Duration = Duration::from_millis(100);
