//! Calls that are set up and cleared at once: INVITE, challenge, INVITE, 180, 200, ACK, BYE, over UDP on both sides.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use super::account::{Account, REALM};
use super::child::Server;
use super::dialogue::{register, routes};
use super::kamailio::Kamailio;
use super::micros;
use super::palabre::{Palabre, users};
use super::request::{Line, Request};
use super::text::{bracketed, field, number, response, status};
use super::wire::Wire;
use crate::machine::{self, LOAD_CORE};
use crate::report::{Report, Target};

/// As many who call and as many who are called.
const PAIRS: usize = 500;
/// Calls that are being set up at a time.
const WINDOW: usize = 32;
const ROUNDS: usize = 5;
const ROUND: Duration = Duration::from_secs(2);

/// Ours beside Kamailio, which as a proxy has no sound to anchor, no call to record, and one dialog instead of two.
pub(crate) fn measure(report: &mut Report) -> Result<()> {
    machine::pin_to(LOAD_CORE);
    let ours = {
        let mut palabre = Palabre::start(2 * PAIRS)?;
        Load::new(palabre.udp)?.costs(&mut palabre.server)?
    };
    let per_core = 1.0 / ours.cpu.as_secs_f64();
    let name = "calls set up and cleared, B2BUA with anchored sound";
    report.row(name, per_core, "/s/core", Target::AtLeast(1_000.0));
    report.row("call set up and cleared, CPU each", micros(ours.cpu), "µs", Target::None);
    report.row(format!("calls done, {WINDOW} at a time"), ours.rate, "/s", Target::None);

    let Some(mut kamailio) = Kamailio::start()? else {
        println!("Kamailio is not installed: nothing to compare calls with");
        return Ok(());
    };
    let theirs = Load::new(kamailio.udp)?.costs(&mut kamailio.server)?;
    report.row(
        "call set up and cleared, CPU each, Kamailio as a proxy",
        micros(theirs.cpu),
        "µs",
        Target::None,
    );
    Ok(())
}

struct Costs {
    /// CPU time of a call.
    cpu: Duration,
    /// Calls in a second.
    rate: f64,
}

/// All phones.
struct Load {
    callers: Wire,
    callees: Wire,
    accounts: Vec<Account>,
    calls: Vec<Option<Call>>,
    /// Where sound would go to.
    sound: UdpSocket,
    begun: usize,
    lost: u32,
}

/// A call as the caller sees it. It has the number of the caller.
struct Call {
    id: String,
    cseq: u32,
    ends: bool,
    /// What is said again until there is an answer.
    waits: Option<String>,
    since: Instant,
}

impl Load {
    fn new(server: SocketAddr) -> Result<Self> {
        let (callers, mut callees) = (Wire::to(server)?, Wire::to(server)?);
        let accounts: Vec<_> = users(2 * PAIRS).map(Account::new).collect();
        for account in &accounts[PAIRS..] {
            register(&mut callees, &mut account.clone())?;
        }
        let calls = (0..PAIRS).map(|_| None).collect();
        let sound = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        Ok(Self { callers, callees, accounts, calls, sound, begun: 0, lost: 0 })
    }

    fn costs(&mut self, server: &mut Server) -> Result<Costs> {
        self.call_for(ROUND / 2)?;
        let (mut cpu, mut rates) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            let (start, before) = (Instant::now(), server.cpu_time()?);
            let done = self.call_for(ROUND)?;
            cpu.push((server.cpu_time()? - before) / done);
            rates.push(f64::from(done) / start.elapsed().as_secs_f64());
        }
        server.check()?;
        cpu.sort();
        rates.sort_by(f64::total_cmp);
        Ok(Costs { cpu: cpu[ROUNDS / 2], rate: rates[ROUNDS / 2] })
    }

    /// Calls for a time; how many calls were set up and cleared.
    fn call_for(&mut self, time: Duration) -> Result<u32> {
        let start = Instant::now();
        let (mut open, mut done, mut looked) = (0, 0, start);
        loop {
            while open < WINDOW && start.elapsed() < time {
                self.begin()?;
                open += 1;
            }
            if open == 0 {
                return Ok(done);
            }
            let (heard, ended) = (self.answer_callees(), self.hear()?);
            open -= ended.1;
            done += ended.1 as u32;
            if heard + ended.0 == 0 {
                machine::wait_readable(&[&self.callers.socket, &self.callees.socket], LOOK);
            }
            if looked.elapsed() > LOOK {
                looked = Instant::now();
                self.say_again()?;
            }
        }
    }

    fn begin(&mut self) -> Result<()> {
        let number = self.begun % PAIRS;
        ensure!(self.calls[number].is_none(), "a caller has one call at a time");
        let id = format!("{number}-{}", self.begun);
        self.begun += 1;
        self.accounts[number].forget();
        self.calls[number] = Some(Call { id, cseq: 0, ends: false, waits: None, since: Instant::now() });
        self.invite(number)
    }

    fn invite(&mut self, number: usize) -> Result<()> {
        let port = self.sound.local_addr()?.port();
        let call = self.calls[number].as_mut().context("no such call")?;
        call.cseq += 1;
        let uri = format!("sip:{}@{REALM}", self.accounts[PAIRS + number].user);
        let answer = self.accounts[number].answer("INVITE", &uri);
        let text = write(
            &self.callers,
            &self.accounts[number].user,
            &call.id,
            &Request {
                method: "INVITE",
                uri: &uri,
                cseq: call.cseq,
                to: &format!("<{uri}>"),
                fields: &format!("{answer}Content-Type: application/sdp\r\n"),
                body: &description(port),
            },
        );
        self.callers.send(&text);
        call.waits = Some(text);
        call.since = Instant::now();
        Ok(())
    }

    /// The callees ring, answer, and hang up when told. They remember nothing.
    fn answer_callees(&mut self) -> usize {
        let Self { callees, sound, .. } = self;
        let description = description(sound.local_addr().map_or(0, |address| address.port()));
        let mut answers = Vec::new();
        let count = callees.receive(|message| match message.split(' ').next() {
            Some("INVITE") => {
                let to = message.split(' ').nth(1).unwrap_or_default();
                let contact = format!("Contact: <{to}>\r\n");
                answers.push(response(message, "180 Ringing", "callee", &contact, ""));
                let fields = format!("{contact}Content-Type: application/sdp\r\n");
                answers.push(response(message, "200 OK", "callee", &fields, &description));
            }
            Some("ACK" | "SIP/2.0") => {}
            _ => answers.push(response(message, "200 OK", "callee", "", "")),
        });
        for answer in answers {
            callees.send(&answer);
        }
        count
    }

    /// What callers hear: how many messages, and how many calls have ended with them.
    fn hear(&mut self) -> Result<(usize, usize)> {
        let mut messages = Vec::new();
        let count = self.callers.receive(|message| messages.push(message.to_owned()));
        let mut ended = 0;
        for message in messages {
            ended += usize::from(self.handle(&message)?);
        }
        Ok((count, ended))
    }

    fn handle(&mut self, message: &str) -> Result<bool> {
        let (Some(status), Some(number)) = (status(message), number(message)) else {
            bail!("a caller is asked: {message}");
        };
        let account = &mut self.accounts[number];
        let Some(call) = &mut self.calls[number] else { return Ok(false) };
        if field(message, "Call-ID") != Some(&call.id) {
            return Ok(false);
        }
        let (cseq, method) =
            field(message, "CSeq").and_then(|cseq| cseq.split_once(' ')).context("no CSeq")?;
        let cseq: u32 = cseq.parse()?;
        let to = field(message, "To").unwrap_or_default();
        let request = |method, uri, cseq, fields| {
            write(
                &self.callers,
                &account.user,
                &call.id,
                &Request { method, uri, cseq, to, fields, body: "" },
            )
        };
        match (status, method) {
            (100..200, _) if cseq == call.cseq => call.waits = None,
            (200, "INVITE") => {
                let target = field(message, "Contact").and_then(bracketed).context("no Contact")?;
                let routes = routes(message);
                self.callers.send(&request("ACK", target, cseq, &routes));
                if !call.ends {
                    let bye = request("BYE", target, cseq + 1, &routes);
                    self.callers.send(&bye);
                    (call.ends, call.waits, call.since) = (true, Some(bye), Instant::now());
                }
            }
            (200, "BYE") => {
                self.calls[number] = None;
                return Ok(true);
            }
            (401 | 407, "INVITE") => {
                let uri = format!("sip:{}@{REALM}", self.accounts[PAIRS + number].user);
                let account = &mut self.accounts[number];
                let ack = Request { method: "ACK", uri: &uri, cseq, to, fields: "", body: "" };
                self.callers.send(&write(&self.callers, &account.user, &call.id, &ack));
                if cseq == call.cseq {
                    ensure!(cseq == 1, "a caller is challenged again");
                    account.challenged(message)?;
                    self.invite(number)?;
                }
            }
            _ if cseq == call.cseq => bail!("a call is answered {message}"),
            _ => {}
        }
        Ok(false)
    }

    /// Timers A and E of those whose request or answer was lost (RFC 3261 §17.1).
    fn say_again(&mut self) -> Result<()> {
        for call in self.calls.iter_mut().flatten() {
            ensure!(call.since.elapsed() < PATIENCE, "call {} does not end", call.id);
            let Some(request) = call.waits.as_ref().filter(|_| call.since.elapsed() > T1) else { continue };
            self.callers.send(request);
            self.lost += 1;
        }
        ensure!(self.lost < 1_000, "the server does not keep up with {WINDOW} calls");
        Ok(())
    }
}

fn write(wire: &Wire, user: &str, call_id: &str, request: &Request<'_>) -> String {
    Line { transport: "UDP", local: &wire.local.to_string(), user, call_id }.request(request)
}

fn description(port: u16) -> String {
    format!(
        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio {port} RTP/AVP 8 0 101\r\n\
         a=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\n"
    )
}

const T1: Duration = Duration::from_millis(500);
const PATIENCE: Duration = Duration::from_secs(20);
const LOOK: Duration = Duration::from_millis(100);
