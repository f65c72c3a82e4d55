//! Calls whose sound a server relays: G.711 in packets of 20 ms, 50 a second each way.

mod phone;
mod rtpengine;

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use self::phone::Phone;
use self::rtpengine::Rtpengine;
use super::account::Account;
use super::child::Server;
use super::dialogue::{self, Channel, register};
use super::micros;
use super::palabre::{Palabre, users};
use super::tls::{Tls, trusting};
use super::wire::Wire;
use crate::machine::{self, LOAD_CORE};
use crate::report::{Report, Target};

/// Calls at a time: a third of a core, so that the server is never behind.
const CALLS: usize = 200;
const PTIME: Duration = Duration::from_millis(20);
/// In as many portions a packet time's packets are sent: calls begin at any moment.
const PORTIONS: usize = 100;
const ROUNDS: usize = 5;
/// Packet times of a round.
const TURNS: u32 = 75;
/// Packets that a second of a call takes, there and back.
const PACKETS_PER_CALL: f64 = 100.0;

/// Ours beside rtpengine in userspace.
pub(crate) fn measure(report: &mut Report) -> Result<()> {
    machine::pin_to(LOAD_CORE);
    for (encrypts, what) in [(false, "RTP to RTP"), (true, "SRTP to RTP")] {
        let ours = through_palabre(encrypts)?;
        let target = if encrypts { Target::AtLeast(600.0) } else { Target::None };
        let calls = 1.0 / (ours.as_secs_f64() * PACKETS_PER_CALL);
        report.row(format!("relayed G.711 calls, {what}"), calls, "calls/core", target);
        report.row(format!("{what} relayed, CPU of a packet"), micros(ours), "µs", Target::None);

        let Some(theirs) = through_rtpengine(encrypts)? else {
            println!("rtpengine is not installed: nothing to compare relaying with");
            continue;
        };
        report.row(format!("{what} relayed, CPU of a packet, rtpengine"), micros(theirs), "µs", Target::None);
        let ratio = ours.as_secs_f64() / theirs.as_secs_f64();
        report.row(format!("{what} relayed, CPU, part of rtpengine's"), ratio, "", Target::AtMost(1.0));
    }
    Ok(())
}

/// Calls set up by SIP: the callers over TLS if they encrypt, the callees over UDP.
fn through_palabre(encrypts: bool) -> Result<Duration> {
    let palabre = Palabre::start(2 * CALLS)?;
    let trust = trusting(&palabre.certificate)?;
    let users: Vec<String> = users(2 * CALLS).collect();
    let (callers, callees) = users.split_at(CALLS);
    let mut callee_wire = Wire::to(palabre.udp)?;
    let mut lines: Vec<Box<dyn Channel>> = Vec::new();
    let mut phones = Vec::new();
    for (caller, callee) in callers.iter().zip(callees) {
        let mut line: Box<dyn Channel> = match encrypts {
            true => Box::new(Tls::connect(palabre.tls, &Arc::clone(&trust))?),
            false => Box::new(Wire::to(palabre.udp)?),
        };
        register(&mut callee_wire, &mut Account::new(callee.clone()))?;
        let mut account = Account::new(caller.clone());
        register(line.as_mut(), &mut account)?;

        let mut near = Phone::new(phones.len(), encrypts)?;
        let mut far = Phone::new(phones.len() + 1, false)?;
        let descriptions = [near.describes()?, far.describes()?];
        let descriptions = descriptions.each_ref().map(String::as_str);
        let sides = dialogue::call(line.as_mut(), &mut account, &mut callee_wire, callee, descriptions)?;
        near.agrees(&sides.to_caller)?;
        far.agrees(&sides.to_callee)?;
        lines.push(line);
        phones.extend([near, far]);
    }
    talk(&palabre.server, &mut phones)
}

/// The same calls set up by the protocol that SIP servers control rtpengine with; nothing if it is not installed.
fn through_rtpengine(encrypts: bool) -> Result<Option<Duration>> {
    let Some(mut rtpengine) = Rtpengine::start()? else { return Ok(None) };
    let mut phones = Vec::new();
    for call in 0..CALLS {
        let mut near = Phone::new(2 * call, encrypts)?;
        let mut far = Phone::new(2 * call + 1, false)?;
        far.agrees(&rtpengine.offer(call, &near.describes()?)?)?;
        near.agrees(&rtpengine.answer(call, &far.describes()?)?)?;
        phones.extend([near, far]);
    }
    talk(&rtpengine.server, &mut phones).map(Some)
}

/// Lets the phones talk; the median of what a packet that was heard costs the server.
fn talk(server: &Server, phones: &mut [Phone]) -> Result<Duration> {
    let mut conversation = Conversation { phones, next: Instant::now(), said: 0, heard: 0 };
    // Addresses are learnt, buffers and tables grow.
    conversation.go_on(TURNS / 2)?;
    let mut costs = Vec::new();
    for _ in 0..ROUNDS {
        let (cpu, heard) = (server.cpu_time()?, conversation.heard);
        conversation.go_on(TURNS)?;
        let heard = conversation.heard - heard;
        ensure!(heard > 0, "nothing is heard");
        costs.push((server.cpu_time()? - cpu).div_f64(heard as f64));
    }
    conversation.fade()?;
    let Conversation { said, heard, .. } = conversation;
    ensure!(heard * 100 >= said * 99, "of {said} packets {heard} were heard");
    costs.sort();
    Ok(costs[ROUNDS / 2])
}

/// How long the last packets may take on a machine that has other things to do.
const PATIENCE: Duration = Duration::from_secs(2);

struct Conversation<'a> {
    phones: &'a mut [Phone],
    /// When the next portion is due.
    next: Instant,
    said: u64,
    heard: u64,
}

impl Conversation<'_> {
    fn go_on(&mut self, turns: u32) -> Result<()> {
        let portion = self.phones.len().div_ceil(PORTIONS);
        for _ in 0..turns {
            for phones in self.phones.chunks_mut(portion) {
                for phone in phones {
                    self.heard += phone.listen()?;
                    phone.say();
                    self.said += 1;
                }
                self.next += PTIME / PORTIONS as u32;
                std::thread::sleep(self.next.saturating_duration_since(Instant::now()));
            }
        }
        Ok(())
    }

    /// Hears what is still under way.
    fn fade(&mut self) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        while self.heard < self.said && Instant::now() < deadline {
            for phone in self.phones.iter_mut() {
                self.heard += phone.listen()?;
            }
            std::thread::yield_now();
        }
        Ok(())
    }
}
