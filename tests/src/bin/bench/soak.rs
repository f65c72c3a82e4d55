//! Half an hour of coming and going: what the engine holds must not grow.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use sfu_proto::io::MediaKind;

use crate::allocations;
use crate::crowd::Crowd;
use crate::media::as_load;
use crate::report::{Report, Target};

/// Who is there at a time, and see a camera.
const VIEWERS: usize = 60;
/// One leaves and another comes.
const EVERY: Duration = Duration::from_millis(100);
/// Until tables and queues have the size that they keep.
const SETTLED: Duration = Duration::from_secs(180);
const SOAK: Duration = Duration::from_secs(30 * 60);
const SAMPLE: Duration = Duration::from_secs(5);
/// Of the engine's heap in an hour: less than a hundredth of what one peer that is forgotten at each change would leave.
const MOST_GROWTH: f64 = 1_024.0;

/// Ten join and ten leave a second for half an hour, while a camera films.
pub(crate) fn measure(report: &mut Report) -> Result<()> {
    as_load(|| {
        let mut crowd = Crowd::new()?;
        crowd.connect(1 + VIEWERS)?;
        crowd.publish(0, MediaKind::Video)?;
        crowd.subscribe_all(1..1 + VIEWERS, 0)?;

        let start = Instant::now();
        let (mut due, mut sample) = (start, start + SETTLED);
        let (mut heap, mut descriptors, mut changes) = (Line::default(), Line::default(), 0_u64);
        while start.elapsed() < SETTLED + SOAK {
            crowd.film(VIEWERS, 9, 180.0, &[9])?;
            while Instant::now() >= due {
                due += EVERY;
                crowd.leave(1)?;
                crowd.connect(1)?;
                crowd.subscribe(VIEWERS, 0)?;
                changes += 1;
            }
            if Instant::now() >= sample {
                sample += SAMPLE;
                let hours = start.elapsed().as_secs_f64() / 3_600.0;
                heap.add(hours, allocations::live() / 1_024.0);
                descriptors.add(hours, std::fs::read_dir("/proc/self/fd")?.count() as f64);
            }
        }
        ensure!(changes > 1_000, "only {changes} came and went");
        let minutes = start.elapsed().as_secs_f64() / 60.0;
        report.row("soak: joined and left", changes as f64 / minutes / 60.0, "/s", Target::None);
        report.row("soak: heap in the mean", heap.mean(), "KiB", Target::None);
        report.row("soak: heap grows by", heap.slope(), "KiB/h", Target::AtMost(MOST_GROWTH));
        report.row("soak: descriptors in the mean", descriptors.mean(), "", Target::None);
        report.row("soak: descriptors grow by", descriptors.slope(), "/h", Target::AtMost(1.0));
        Ok(())
    })
}

/// The straight line that fits samples best.
#[derive(Default)]
struct Line {
    samples: Vec<(f64, f64)>,
}

impl Line {
    fn add(&mut self, x: f64, y: f64) {
        self.samples.push((x, y));
    }

    fn mean(&self) -> f64 {
        self.samples.iter().map(|(_, y)| y).sum::<f64>() / self.samples.len().max(1) as f64
    }

    fn slope(&self) -> f64 {
        let middle = self.samples.iter().map(|(x, _)| x).sum::<f64>() / self.samples.len().max(1) as f64;
        let mean = self.mean();
        let (mut together, mut alone) = (0.0, 0.0);
        for (x, y) in &self.samples {
            together += (x - middle) * (y - mean);
            alone += (x - middle) * (x - middle);
        }
        together / alone.max(f64::MIN_POSITIVE)
    }
}
