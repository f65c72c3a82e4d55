//! What each spatial and temporal layer of one stream takes, measured.

use std::time::{Duration, Instant};

use super::WIRE_OVERHEAD;
use super::layer_frame::LayerFrame;
use super::rate_meter::RateMeter;
use crate::bandwidth::Bitrate;

/// Rates of the layers of one stream. Takes no memory until there are any.
#[derive(Debug, Default)]
pub struct LayerMeter {
    cells: Option<Box<Cells>>,
}

type Cells = [[Cell; TEMPORAL_LAYERS]; SPATIAL_LAYERS];

#[derive(Debug, Clone, Copy, Default)]
struct Cell {
    rate: RateMeter,
    last: Option<Instant>,
    /// When it last could be entered without a keyframe.
    entered: Option<Instant>,
}

impl LayerMeter {
    /// Counts a packet of so many bytes of payload.
    pub fn count(&mut self, now: Instant, frame: &LayerFrame, octets: usize) {
        let cells = self.cells.get_or_insert_default();
        let spatial = usize::from(frame.layers.spatial).min(SPATIAL_LAYERS - 1);
        let temporal = usize::from(frame.layers.temporal).min(TEMPORAL_LAYERS - 1);
        let cell = &mut cells[spatial][temporal];
        cell.rate.count(now, octets + WIRE_OVERHEAD);
        cell.last = Some(now);
        if frame.enters {
            cell.entered = Some(now);
        }
    }

    /// Whether packets tell their layers.
    #[must_use]
    pub fn knows(&self) -> bool {
        self.cells.is_some()
    }

    /// Whether a spatial layer was sent within a time.
    #[must_use]
    pub fn is_sent(&self, spatial: u8, now: Instant, within: Duration) -> bool {
        self.row(spatial).iter().any(|cell| is_recent(cell.last, now, within))
    }

    /// The highest temporal layer that was sent within a time.
    #[must_use]
    pub fn highest_temporal(&self, now: Instant, within: Duration) -> u8 {
        let highest = self.row(0).iter().rposition(|cell| is_recent(cell.last, now, within));
        highest.unwrap_or(0) as u8
    }

    /// What all layers take up to these; `None` until it is measured.
    #[must_use]
    pub fn rate(&self, spatial: u8, temporal: u8, now: Instant) -> Option<Bitrate> {
        let mut sum = Bitrate::default();
        for spatial in 0..=spatial {
            for cell in self.row(spatial).iter().take(usize::from(temporal) + 1) {
                if is_recent(cell.last, now, FORGOTTEN) {
                    sum = sum.plus(cell.rate.rate()?);
                }
            }
        }
        Some(sum)
    }

    /// Whether a spatial layer can be entered without a keyframe from time to time.
    #[must_use]
    pub fn is_entered(&self, spatial: u8, now: Instant) -> bool {
        self.row(spatial).iter().any(|cell| is_recent(cell.entered, now, PATIENCE))
    }

    fn row(&self, spatial: u8) -> &[Cell] {
        self.cells.as_ref().and_then(|cells| cells.get(usize::from(spatial))).map_or(&[], |row| &row[..])
    }
}

fn is_recent(at: Option<Instant>, now: Instant, within: Duration) -> bool {
    at.is_some_and(|at| now.saturating_duration_since(at) <= within)
}

/// More spatial layers than browsers send, and as many temporal ones.
pub const SPATIAL_LAYERS: usize = 4;
const TEMPORAL_LAYERS: usize = 4;
const FORGOTTEN: Duration = Duration::from_secs(4);
/// Whoever waits for a higher layer waits no longer for an entrance that need not come again.
const PATIENCE: Duration = Duration::from_secs(2);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rtp::dependency::{Layers, References};

    #[test]
    fn layers_add_up() {
        let start = Instant::now();
        let mut meter = LayerMeter::default();
        assert!(!meter.knows());
        for tick in 0..100 {
            let now = start + Duration::from_millis(50) * tick;
            meter.count(now, &frame(0, (tick % 2) as u8), 625 - WIRE_OVERHEAD);
            meter.count(now, &frame(1, (tick % 2) as u8), 1_250 - WIRE_OVERHEAD);
        }
        let now = start + Duration::from_secs(5);

        assert_eq!(meter.rate(0, 0, now), Some(Bitrate::kbps(50)));
        assert_eq!(meter.rate(0, 1, now), Some(Bitrate::kbps(100)));
        assert_eq!(meter.rate(1, 1, now), Some(Bitrate::kbps(300)));
        assert_eq!(meter.rate(3, 3, now), Some(Bitrate::kbps(300)));
        assert_eq!(meter.highest_temporal(now, Duration::from_secs(1)), 1);
        assert!(
            meter.is_sent(1, now, Duration::from_secs(1)) && !meter.is_sent(2, now, Duration::from_secs(1))
        );
    }

    #[test]
    fn a_layer_that_is_not_sent_any_more_costs_nothing() {
        let start = Instant::now();
        let mut meter = LayerMeter::default();
        for tick in 0..200 {
            let now = start + Duration::from_millis(50) * tick;
            meter.count(now, &frame(0, 0), 625 - WIRE_OVERHEAD);
            if tick < 60 {
                meter.count(now, &frame(1, 0), 625 - WIRE_OVERHEAD);
            }
        }

        assert_eq!(meter.rate(1, 3, start + Duration::from_secs(10)), Some(Bitrate::kbps(100)));
    }

    #[test]
    fn entrances_are_remembered_for_a_while() {
        let start = Instant::now();
        let mut meter = LayerMeter::default();
        meter.count(start, &LayerFrame { enters: true, ..frame(1, 0) }, 100);

        assert!(meter.is_entered(1, start + Duration::from_secs(1)));
        assert!(!meter.is_entered(1, start + Duration::from_secs(3)) && !meter.is_entered(0, start));
    }

    fn frame(spatial: u8, temporal: u8) -> LayerFrame {
        LayerFrame {
            number: 0,
            needs: References::NONE,
            layers: Layers { spatial, temporal },
            begins: true,
            ends: true,
            key: false,
            enters: false,
            switches: 0,
        }
    }
}
