//! The media engine with real peers: what forwarding costs, what a peer weighs, how fast peers connect.

use std::time::Duration;

use anyhow::{Result, ensure};
use sfu_proto::io::MediaKind;

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
/// And in a second.
const SECOND: u64 = 180;
/// And before the first round, until every viewer has its key frame.
const WARM_UP: u64 = 540;
/// Viewers of a camera of many, and how many such groups there are at most.
const GROUP: usize = 30;
const MOST_GROUPS: usize = 120;
/// Who see and hear each other.
const MEETING: usize = 20;
const SPEAKERS: usize = 10;
const LISTENERS: usize = 500;

/// Peers connected per second of a core, and what they weigh while nothing happens.
pub(crate) fn connections(report: &mut Report) -> Result<()> {
    as_load(|| {
        let mut crowd = Crowd::new()?;
        // The first peers pay for what all share.
        crowd.connect(25)?;
        crowd.go_on_for(Duration::from_secs(1));
        let (heap, cpu) = (allocations::live(), crowd.cpu_time()?);

        crowd.connect(NEWCOMERS)?;
        let cpu = (crowd.cpu_time()? - cpu) / NEWCOMERS as u32;
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
        crowd.publish(0, MediaKind::Video)?;
        crowd.film(0, 90, PACKETS_PER_SECOND, &[1])?;
        let heap = allocations::live();
        crowd.subscribe_all(1..1 + VIEWERS, 0)?;
        // One by one, so that the engine's buffer for a whole burst to everybody, which it needs once, stays small.
        // And no faster than a camera sends: what is remembered of packets on their way depends on it.
        for _ in 0..WARM_UP / SECOND {
            crowd.film(VIEWERS, SECOND, PACKETS_PER_SECOND, &[1])?;
            crowd.go_on_for(Duration::from_secs(1));
        }
        let heap = (allocations::live() - heap) / VIEWERS as f64 / 1024.0;
        report.row("heap more for a subscribed video", heap, "KiB", Target::AtMost(24.0));

        let whole = rounds(&mut crowd, VIEWERS, &[9])?;
        let paced = rounds(&mut crowd, VIEWERS, &[1, 2, 3])?;
        let rate = Some(PACKETS_PER_SECOND);
        ensure!(crowd.checked() > 1000, "only {} packets were looked into", crowd.checked());
        Ok((
            [raw_limit::median_packet_cost(9, rate)?, raw_limit::median_packet_cost(2, rate)?],
            [whole, paced],
        ))
    })?;
    for (name, raw, forwarded, target, share) in [
        ("bursts of 9", raw[0], forwarded[0], 450_000.0, Target::AtLeast(0.8)),
        ("bursts of 1 to 3", raw[1], forwarded[1], 270_000.0, Target::None),
    ] {
        let per_core = 1.0 / forwarded.cost();
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
        own_share(report, name, &forwarded);
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

fn own_share(report: &mut Report, name: &str, forwarded: &Forwarded) {
    report.row(
        format!("  the program's own part of a packet, {name}"),
        forwarded.cost() * forwarded.own * 1e9,
        "ns",
        Target::None,
    );
    report.row(format!("  which is of all, {name}"), forwarded.own, "of CPU time", Target::None);
}

/// One camera to one, ten, a hundred and a thousand viewers.
pub(crate) fn fan_out(report: &mut Report) -> Result<()> {
    as_load(|| {
        let mut crowd = Crowd::new()?;
        crowd.connect(1 + VIEWERS)?;
        crowd.publish(0, MediaKind::Video)?;
        let mut viewers = 0;
        for more in [1, 10, 100, VIEWERS] {
            crowd.subscribe_all(1 + viewers..1 + more, 0)?;
            viewers = more;
            crowd.film(viewers, WARM_UP, PACKETS_PER_SECOND, &[1])?;
            let forwarded = rounds(&mut crowd, viewers, &[9])?;
            report.row(
                format!("fan-out to {viewers}, bursts of 9"),
                forwarded.cost() * 1e6,
                "µs a packet",
                Target::None,
            );
        }
        Ok(())
    })
}

/// The same conference on two media threads: what a packet costs more for crossing to the other.
pub(crate) fn scaling(report: &mut Report) -> Result<()> {
    as_load(|| {
        let costs = [1, 2].map(|shards| -> Result<f64> {
            let mut crowd = Crowd::with_shards(shards)?;
            crowd.connect(1 + VIEWERS)?;
            crowd.publish(0, MediaKind::Video)?;
            crowd.subscribe_all(1..1 + VIEWERS, 0)?;
            crowd.film(VIEWERS, WARM_UP, PACKETS_PER_SECOND, &[1])?;
            Ok(rounds(&mut crowd, VIEWERS, &[9])?.cost())
        });
        let [one, two] = costs;
        // Both threads run on one core here, so that what each takes is seen beside the load; on two cores they would
        // work at the same time.
        let speed = 2.0 * one? / two?;
        report.row(
            format!("one meeting of {VIEWERS} on two shards, capacity"),
            speed,
            "of one shard",
            Target::None,
        );
        Ok(())
    })
}

/// How long a voice takes through the engine while cameras give that little, some and much to do.
pub(crate) fn delay(report: &mut Report) -> Result<()> {
    as_load(|| {
        let mut crowd = Crowd::new()?;
        let (mut groups, mut per_group) = (0, 0.03);
        for load in [0.25, 0.5, 0.8] {
            // The more there are, the less each takes: so the number is come closer to.
            for _ in 0..3 {
                let wanted = (load / per_group) as usize;
                while groups < wanted.min(MOST_GROUPS) {
                    add_group(&mut crowd)?;
                    groups += 1;
                }
                per_group = used(&crowd.meet_for(Duration::from_secs(2))?) / groups as f64;
            }
            crowd.take_delays();
            let met = crowd.meet_for(Duration::from_secs(5))?;
            let delays = crowd.take_delays();
            ensure!(delays.len() > 100, "only {} packets were looked at", delays.len());
            for (name, part) in [("p50", 0.5), ("p99", 0.99)] {
                let at = ((delays.len() - 1) as f64 * part) as usize;
                report.row(
                    format!("delay of a voice with {:.0} % of a core in use, {name}", used(&met) * 100.0),
                    delays[at].as_secs_f64() * 1e3,
                    "ms",
                    Target::None,
                );
            }
        }
        Ok(())
    })
}

/// One with a camera and those who see it; the very first has a microphone that all hear who look at the clock.
fn add_group(crowd: &mut Crowd) -> Result<()> {
    let first = crowd.len();
    crowd.connect(1 + GROUP)?;
    if first == 0 {
        crowd.publish(0, MediaKind::Audio)?;
    }
    let camera = crowd.publish(first, MediaKind::Video)?;
    crowd.subscribe_all(first + 1..first + 1 + GROUP, camera)?;
    for peer in (first.max(1)..crowd.len()).filter(|&peer| crowd.is_curious(peer)).collect::<Vec<_>>() {
        crowd.subscribe(peer, 0)?;
    }
    Ok(())
}

/// The part of a core.
pub(crate) fn used(forwarded: &Forwarded) -> f64 {
    forwarded.cpu.as_secs_f64() / forwarded.elapsed.as_secs_f64()
}

/// A meeting in which everybody sees and hears everybody.
pub(crate) fn meeting(report: &mut Report) -> Result<()> {
    as_load(|| {
        let mut crowd = Crowd::new()?;
        crowd.connect(MEETING)?;
        for peer in 0..MEETING {
            for kind in [MediaKind::Video, MediaKind::Audio] {
                let source = crowd.publish(peer, kind)?;
                crowd.subscribe_all(0..peer, source)?;
                crowd.subscribe_all(peer + 1..MEETING, source)?;
            }
        }
        crowd.meet_for(Duration::from_secs(3))?;
        let met = crowd.meet_for(Duration::from_secs(5))?;
        let name = format!("meeting of {MEETING} who all see and hear each other");
        report.row(name, 1.0 / met.cost(), "packets/s/core", Target::None);
        report.row("  which takes", used(&met), "cores", Target::None);
        own_share(report, "meeting", &met);
        Ok(())
    })
}

/// Ten who speak, and five hundred who hear them.
pub(crate) fn audio(report: &mut Report) -> Result<()> {
    as_load(|| {
        let mut crowd = Crowd::new()?;
        crowd.connect(SPEAKERS + LISTENERS)?;
        let heap = allocations::live();
        for speaker in 0..SPEAKERS {
            let source = crowd.publish(speaker, MediaKind::Audio)?;
            crowd.subscribe_all(SPEAKERS..SPEAKERS + LISTENERS, source)?;
        }
        crowd.meet_for(Duration::from_secs(3))?;
        let heap = (allocations::live() - heap) / (SPEAKERS * LISTENERS) as f64 / 1024.0;
        let heard = crowd.meet_for(Duration::from_secs(5))?;
        let name = format!("audio of {SPEAKERS} to {LISTENERS}");
        report.row(name, 1.0 / heard.cost(), "packets/s/core", Target::None);
        report.row("  which takes", used(&heard), "cores", Target::None);
        report.row("heap more for a subscribed voice", heap, "KiB", Target::None);
        Ok(())
    })
}

/// The round of median cost.
fn rounds(crowd: &mut Crowd, viewers: usize, bursts: &[usize]) -> Result<Forwarded> {
    let mut rounds = (0..ROUNDS)
        .map(|_| crowd.film(viewers, ROUND, PACKETS_PER_SECOND, bursts))
        .collect::<Result<Vec<Forwarded>>>()?;
    rounds.sort_by(|a, b| a.cost().total_cmp(&b.cost()));
    Ok(rounds[rounds.len() / 2])
}

/// Runs the load on a thread of its own, on its own core, with its own heap left out of account.
pub(crate) fn as_load<T: Send>(work: impl FnOnce() -> Result<T> + Send) -> Result<T> {
    std::thread::scope(|scope| {
        let load = scope.spawn(|| {
            machine::pin_to(machine::LOAD_CORE);
            allocations::this_thread_is_load();
            work()
        });
        load.join().expect("the load does not panic")
    })
}
