//! More than a media thread can do: a meeting that grows until nobody should come any more, and shrinks again.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use sfu_proto::io::MediaKind;
use sfu_proto::relief::Relief;

use crate::crowd::Crowd;
use crate::media::{as_load, used};
use crate::report::{Report, Target};

/// Who speak at once: as many as the program forwards.
const VOICES: usize = 3;
/// Packets of a picture of the camera that everybody sees, in its three sizes, 25 times a second. Those who only count say
/// nothing of their path, so that they are sent the smallest, which is what gives way last.
const SIZES: [u64; 3] = [1, 2, 6];
/// So many more come at a time.
const MORE: usize = 100;
/// More than two cores can be expected to carry.
const MOST: usize = 5_000;
/// How long those who have come are looked at.
const LOOK: Duration = Duration::from_secs(3);
/// How long each state is measured.
const MEASURE: Duration = Duration::from_secs(6);
/// Who stay in the end.
const STAY: usize = 100;
/// Three degrees, each after ten seconds of calm, and as much again.
const PATIENCE: Duration = Duration::from_secs(60);

/// Lets viewers come until nobody should come any more; then lets most of them go.
pub(crate) fn measure(report: &mut Report) -> Result<()> {
    as_load(|| {
        let mut crowd = Crowd::with_relief()?;
        crowd.connect(1 + VOICES)?;
        for speaker in 0..VOICES {
            crowd.publish(speaker, MediaKind::Audio)?;
        }
        let camera = crowd.publish_sizes(VOICES, &SIZES)?;

        grow_until_full(&mut crowd, camera)?;
        state(report, &mut crowd)?;

        while crowd.len() > 1 + VOICES + STAY {
            crowd.leave(crowd.len() - 1)?;
            if crowd.len().is_multiple_of(50) {
                crowd.meet_for(Duration::from_millis(20))?;
            }
        }
        let start = Instant::now();
        while relief(&crowd) != Relief::None {
            ensure!(start.elapsed() < PATIENCE, "what was left out does not come back");
            crowd.meet_for(Duration::from_secs(1))?;
        }
        report.row(
            format!("overload: all pictures are back when {STAY} stay, after"),
            start.elapsed().as_secs_f64(),
            "s",
            Target::AtMost(PATIENCE.as_secs_f64()),
        );
        Ok(())
    })
}

fn grow_until_full(crowd: &mut Crowd, camera: usize) -> Result<()> {
    while !crowd.sfu.is_full() {
        let from = crowd.len();
        ensure!(from < MOST, "{from} are not too many");
        crowd.connect(MORE)?;
        for voice in 0..VOICES {
            crowd.subscribe_all(from..from + MORE, voice)?;
        }
        crowd.subscribe_all(from..from + MORE, camera)?;
        let start = Instant::now();
        while start.elapsed() < LOOK && !crowd.sfu.is_full() {
            crowd.meet_for(LOOK / 6)?;
        }
    }
    Ok(())
}

/// How it is now, and above all what is heard.
fn state(report: &mut Report, crowd: &mut Crowd) -> Result<()> {
    // What is late is not lost, and belongs to what was before.
    crowd.go_on_for(Duration::from_millis(500));
    crowd.take_delays();
    let looking = (0..crowd.len()).filter(|&peer| peer > VOICES && crowd.is_curious(peer)).count();
    let departed = crowd.departed();
    let met = crowd.meet_for(MEASURE)?;
    crowd.go_on_for(Duration::from_millis(500));
    let (delays, departed) = (crowd.take_delays(), crowd.departed() - departed);
    ensure!(!delays.is_empty(), "nothing is heard");

    let mut row = |what: &str, value, unit, target| {
        report.row(format!("overload: {what}"), value, unit, target);
    };
    row("participants when nobody should come any more", crowd.len() as f64, "", Target::None);
    row("degree of relief", f64::from(relief(crowd) as u8), "of 3", Target::None);
    row("the media thread works", used(&met), "of a core", Target::None);
    row("forwarded", met.packets as f64 / met.elapsed.as_secs_f64(), "packets/s", Target::None);
    for (which, part) in [("p50", 0.5), ("p99", 0.99)] {
        let at = ((delays.len() - 1) as f64 * part) as usize;
        row(&format!("delay of a voice, {which}"), delays[at].as_secs_f64() * 1e3, "ms", Target::None);
    }
    let heard = delays.len() as f64 / (departed * looking as u64) as f64;
    row("of a voice is lost", (1.0 - heard) * 100.0, "%", Target::AtMost(1.0));
    Ok(())
}

fn relief(crowd: &Crowd) -> Relief {
    crowd.sfu.stats().relief
}
