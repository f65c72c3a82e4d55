//! Meetings that phones sit in: what mixing costs the media thread, and by how much it delays a voice.
//!
//! Everything is of this process; what is counted is the processor time of the media thread alone, as the kernel
//! accounts it. Of each meeting three phones and a browser speak, the others send the noise of their rooms.

mod phone;
mod room;

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use sip_gateway::media::{MediaAddress, MediaConfig, MediaEngine};
use sip_gateway_proto::sdp::Codec;

use self::phone::{LOOPBACK, Phone};
use self::room::Room;
use crate::machine::{self, LOAD_CORE};
use crate::report::{Report, Target};

const PTIME: Duration = Duration::from_millis(20);
/// Phones of one meeting.
const PHONES: usize = 50;
const SPEAKERS: usize = 3;
/// In as many portions a packet time's packets are sent.
const PORTIONS: usize = 10;
const ROUNDS: usize = 5;
/// Packet times of a round.
const TURNS: usize = 100;
/// The delay at which the jitter buffer plays on an even path.
const JITTER_BUFFER: f64 = 30.0;

/// One meeting of each codec, and the way of a voice through it.
pub(crate) fn measure(report: &mut Report) -> Result<()> {
    machine::pin_to(LOAD_CORE);
    for (codec, name) in [(Codec::Pcma, "G.711"), (Codec::G722, "G.722"), (Codec::Opus, "Opus")] {
        let share = meet(&codec)?;
        let target = if codec == Codec::G722 { Target::AtMost(1.0) } else { Target::None };
        report.row(format!("{PHONES} {name} phones in one meeting"), share, "cores", target);
        report.row(format!("mixed {name} legs"), PHONES as f64 / share, "legs/core", Target::None);
    }
    let delay = delay()?;
    report.row(
        "mixing, mouth to ear, beyond the jitter buffer",
        delay - JITTER_BUFFER,
        "ms",
        Target::AtMost(60.0),
    );
    Ok(())
}

/// The part of a core that a meeting takes; the median of some rounds.
fn meet(codec: &Codec) -> Result<f64> {
    let mut engine = engine()?;
    let mut room = Room::new(&mut engine)?;
    let mut phones = Vec::new();
    for leg in 0..PHONES {
        let level = if leg < SPEAKERS { 6_000.0 } else { 60.0 };
        let phone = Phone::new(&mut engine, leg as u64, codec, level)?;
        room.seat(&mut engine, phone.leg)?;
        phones.push(phone);
    }
    let mut next = Instant::now();
    let mut heard = 0;
    let mut go_on = |turns: usize, next: &mut Instant| -> Result<u64> {
        heard = 0;
        for _ in 0..turns {
            room.say()?;
            for portion in phones.chunks_mut(PHONES.div_ceil(PORTIONS)) {
                for phone in portion {
                    heard += phone.listen()?.len() as u64;
                    phone.say()?;
                }
                *next += PTIME / PORTIONS as u32;
                std::thread::sleep(next.saturating_duration_since(Instant::now()));
            }
        }
        Ok(heard)
    };
    // Addresses are learnt, buffers fill, levels are evened.
    go_on(TURNS, &mut next)?;
    let mut shares = Vec::new();
    for _ in 0..ROUNDS {
        let cpu = engine.cpu_time();
        let heard = go_on(TURNS, &mut next)?;
        // On a machine that has other things to do some beats are left out, which cost nothing.
        let talked = PTIME.mul_f64(heard as f64 / PHONES as f64);
        shares.push((engine.cpu_time() - cpu).div_duration_f64(talked));
        let wanted = (PHONES * TURNS) as u64;
        ensure!(heard * 2 >= wanted, "of {wanted} packets {heard} were heard");
    }
    shares.sort_by(f64::total_cmp);
    Ok(shares[ROUNDS / 2])
}

/// How many milliseconds after a phone began to speak another hears it; the median of some beginnings.
fn delay() -> Result<f64> {
    let mut engine = engine()?;
    let mut room = Room::new(&mut engine)?;
    let mut speaker = Phone::new(&mut engine, 0, &Codec::Pcma, 8_000.0)?;
    let mut listener = Phone::new(&mut engine, 1, &Codec::Pcma, 0.0)?;
    room.seat(&mut engine, speaker.leg)?;
    room.seat(&mut engine, listener.leg)?;
    let mut next = Instant::now();
    let mut delays = Vec::new();
    for beginning in 0..2 * ROUNDS {
        // Silence, then speech: what came before has died away by then. At another moment of the beat each time.
        next += Duration::from_millis(2 * beginning as u64);
        let mut began = None;
        let mut heard = None;
        for turn in 0..80 {
            let speaks = turn >= 50;
            if turn == 50 {
                began = Some(Instant::now());
            }
            speaker.say_if(speaks)?;
            speaker.listen()?;
            next += PTIME;
            while Instant::now() < next {
                for (at, packet) in listener.listen()? {
                    if speaks && heard.is_none() && Phone::is_loud(&packet) {
                        heard = Some(at);
                    }
                }
                std::thread::sleep(Duration::from_micros(500));
            }
        }
        let (began, heard) = (began.context("it spoke")?, heard.context("nobody heard it")?);
        delays.push((heard - began).as_secs_f64() * 1e3);
    }
    delays.sort_by(f64::total_cmp);
    Ok(delays[delays.len() / 2])
}

fn engine() -> Result<MediaEngine> {
    let config = MediaConfig {
        ports: 40_000..=40_999,
        v4: Some(MediaAddress { bind: LOOPBACK, advertised: None }),
        v6: None,
        workers: 1,
        silence: MediaConfig::SILENCE,
        prompts: None,
        recordings: None,
    };
    Ok(MediaEngine::start(config)?.0)
}
