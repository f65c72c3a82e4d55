//! The media engine with real peers: what forwarding costs, what a peer weighs, how fast peers connect.

use std::time::Duration;

use anyhow::{Result, ensure};

use crate::allocations;
use crate::crowd::{Crowd, Forwarded};
use crate::machine;
use crate::raw_limit;
use crate::report::{Report, Target};

/// Peers of the connection measurement.
const NEWCOMERS: usize = 300;
/// Viewers of one camera.
const VIEWERS: usize = raw_limit::DESTINATIONS;
/// A camera of 1.8 Mbit/s: what is given to a viewer of whose path nothing is known. Most viewers here only count, so
/// nothing becomes known of theirs.
const PACKETS_PER_SECOND: f64 = 180.0;
const ROUNDS: usize = 5;
/// Packets that the camera sends in a round.
const ROUND: u64 = 270;
/// And before the first round, until every viewer has its key frame.
const WARM_UP: u64 = 540;

/// Peers connected per second of a core, and what they weigh while nothing happens.
pub(crate) fn connections(report: &mut Report) -> Result<()> {
    as_load(|| {
        let mut crowd = Crowd::new()?;
        // The first peers pay for what all share.
        crowd.connect(25)?;
        crowd.go_on_for(Duration::from_secs(1));
        let (heap, cpu) = (allocations::live(), crowd.shard.cpu_time()?);

        crowd.connect(NEWCOMERS)?;
        let cpu = (crowd.shard.cpu_time()? - cpu) / NEWCOMERS as u32;
        crowd.go_on_for(Duration::from_secs(2));
        let heap = (allocations::live() - heap) / NEWCOMERS as f64 / 1024.0;

        report.row(
            "peers connected, ICE and DTLS to SRTP",
            1.0 / cpu.as_secs_f64(),
            "peers/s/core",
            Target::AtLeast(500.0),
        );
        report.row("heap of an idle peer", heap, "KiB", Target::AtMost(64.0));
        Ok(())
    })
}

/// One camera to a thousand viewers.
pub(crate) fn forwarding(report: &mut Report) -> Result<()> {
    let (raw, forwarded) = as_load(|| {
        let mut crowd = Crowd::new()?;
        crowd.connect(1 + VIEWERS)?;
        crowd.go_on_for(Duration::from_secs(1));
        crowd.publish()?;
        crowd.film(90, PACKETS_PER_SECOND, &[1])?;
        let heap = allocations::live();
        crowd.subscribe_all()?;
        // One by one, so that the engine's buffer for a whole burst to everybody, which it needs once, stays small.
        crowd.film(WARM_UP, PACKETS_PER_SECOND, &[1])?;
        let heap = (allocations::live() - heap) / VIEWERS as f64 / 1024.0;
        report.row("heap more for a subscribed video", heap, "KiB", Target::AtMost(24.0));

        let whole = rounds(&mut crowd, &[9])?;
        let paced = rounds(&mut crowd, &[1, 2, 3])?;
        ensure!(crowd.checked() > 1000, "only {} packets were looked into", crowd.checked());
        Ok(([raw_limit::median_packet_cost(9)?, raw_limit::median_packet_cost(2)?], [whole, paced]))
    })?;
    for (name, raw, forwarded, target, share) in [
        ("bursts of 9", raw[0], forwarded[0], 450_000.0, Target::AtLeast(0.8)),
        ("bursts of 1 to 3", raw[1], forwarded[1], 270_000.0, Target::None),
    ] {
        let per_core = forwarded.packets as f64 / forwarded.cpu.as_secs_f64();
        report.row(
            format!("forwarding to {VIEWERS} viewers, {name}"),
            per_core,
            "packets/s/core",
            Target::AtLeast(target),
        );
        report.row(
            format!("  the raw limit of the same minute, {name}"),
            raw.per_core(),
            "packets/s/core",
            Target::None,
        );
        report.row(
            format!("  forwarding as part of that, {name}"),
            per_core / raw.per_core(),
            "of raw",
            share,
        );
        let offered = (forwarded.published * VIEWERS as u64) as f64;
        report.row(
            format!("  packets forwarded, {name}"),
            forwarded.packets as f64 / offered,
            "of offered",
            Target::None,
        );
        report.row(
            format!("  packets that arrived, {name}"),
            forwarded.received,
            "of forwarded",
            Target::None,
        );
    }
    Ok(())
}

/// The round of median cost.
fn rounds(crowd: &mut Crowd, bursts: &[usize]) -> Result<Forwarded> {
    let mut rounds = (0..ROUNDS)
        .map(|_| crowd.film(ROUND, PACKETS_PER_SECOND, bursts))
        .collect::<Result<Vec<Forwarded>>>()?;
    rounds.sort_by(|a, b| {
        let cost = |round: &Forwarded| round.cpu.as_secs_f64() / round.packets.max(1) as f64;
        cost(a).total_cmp(&cost(b))
    });
    Ok(rounds[rounds.len() / 2])
}

/// Runs the load on a thread of its own, on its own core, with its own heap left out of account.
fn as_load<T: Send>(work: impl FnOnce() -> Result<T> + Send) -> Result<T> {
    std::thread::scope(|scope| {
        let load = scope.spawn(|| {
            machine::pin_to(machine::LOAD_CORE);
            allocations::this_thread_is_load();
            work()
        });
        load.join().expect("the load does not panic")
    })
}
