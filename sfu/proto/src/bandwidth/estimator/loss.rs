//! Tells loss that comes of sending too much from loss that is there anyway.
//!
//! A path is thought of as losing a part `p` of everything, and besides all that exceeds a rate `B`. Which pair explains
//! best what was lost at which rate is what we believe. Where two explain it equally well (all was sent at one rate),
//! what was believed before decides; a path that is new is believed to lose nothing by itself. That makes us send
//! less, which shows whether it helps.

use std::collections::VecDeque;

use crate::bandwidth::Bitrate;

/// What was lost at which rate.
#[derive(Debug, Default)]
pub(super) struct LossModel {
    windows: VecDeque<Window>,
    open: Window,
    /// When the open window began, by departure.
    since: Option<i64>,
    inherent: f64,
    limit: Option<Bitrate>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Window {
    packets: u32,
    lost: u32,
    bytes: u64,
    micros: i64,
}

impl LossModel {
    /// Counts a packet that left at a time. Tells whether a window is full and beliefs were looked at anew.
    pub(super) fn count(&mut self, departure: i64, size: usize, lost: bool) -> bool {
        let since = *self.since.get_or_insert(departure);
        let micros = departure - since;
        let full = (micros >= WINDOW && self.open.packets >= LEAST_PACKETS) || micros >= LONGEST;
        if full || micros < 0 {
            if full {
                self.close(micros);
            }
            self.open = Window::default();
            self.since = Some(departure);
        }
        self.open.packets += 1;
        self.open.lost += u32::from(lost);
        self.open.bytes += size as u64;
        full
    }

    /// What the path lets through without losing more than it always does, if a limit has shown.
    pub(super) fn limit(&self) -> Option<Bitrate> {
        self.limit
    }

    /// The part of everything that it loses.
    #[cfg(test)]
    pub(super) fn inherent(&self) -> f64 {
        self.inherent
    }

    /// Forgets what is in the open window: it was not the path that lost it.
    pub(super) fn forgive(&mut self) {
        self.open = Window::default();
        self.since = None;
    }

    fn close(&mut self, micros: i64) {
        if self.windows.len() == WINDOWS {
            self.windows.pop_front();
        }
        // A window of which little was sent tells little, however long it was.
        if self.open.packets >= FEWEST_PACKETS {
            self.windows.push_back(Window { micros, ..self.open });
        }
        self.believe();
    }

    fn believe(&mut self) {
        if self.windows.iter().all(|window| window.lost == 0) {
            self.limit = None;
            self.inherent *= 0.8;
            return;
        }
        let free = PARTS.map(|part| (self.fit(part, f64::INFINITY), part)).into_iter();
        let Some((without, part)) = free.max_by(|a, b| a.0.total_cmp(&b.0)) else { return };
        let mut best = (without, part, None);
        for window in &self.windows {
            let limit = window.delivered();
            for part in PARTS {
                let fit = self.fit(part, limit) - LIMIT_PENALTY;
                if fit > best.0 {
                    best = (fit, part, Some(limit));
                }
            }
        }
        self.inherent += LEARNING * (best.1 - self.inherent);
        self.limit = best.2.map(|limit| Bitrate(limit as u64));
    }

    /// How well a part lost of everything and a limit explain the windows: the logarithm of the probability of them.
    fn fit(&self, part: f64, limit: f64) -> f64 {
        let newest = self.windows.len().saturating_sub(1);
        let fits = self.windows.iter().enumerate().map(|(index, window)| {
            let excess = (1.0 - limit / window.rate()).max(0.0);
            let expected = (part + (1.0 - part) * excess).clamp(0.002, 0.98);
            let (packets, lost) = (f64::from(window.packets), f64::from(window.lost));
            let fit = lost * expected.ln() + (packets - lost) * (1.0 - expected).ln();
            fit * FADING.powi((newest - index) as i32)
        });
        fits.sum::<f64>() - INERTIA * (part - self.inherent).abs()
    }
}

impl Window {
    /// Bits per second sent.
    fn rate(&self) -> f64 {
        self.bytes as f64 * 8_000_000.0 / self.micros.max(1) as f64
    }

    /// Bits per second that came through.
    fn delivered(&self) -> f64 {
        self.rate() * f64::from(self.packets - self.lost) / f64::from(self.packets)
    }
}

const PARTS: [f64; 10] = [0.0, 0.005, 0.01, 0.02, 0.035, 0.05, 0.08, 0.12, 0.2, 0.35];
const WINDOWS: usize = 12;
/// In microseconds.
const WINDOW: i64 = 400_000;
const LONGEST: i64 = 2_000_000;
const LEAST_PACKETS: u32 = 30;
const FEWEST_PACKETS: u32 = 10;
const FADING: f64 = 0.9;
const LEARNING: f64 = 0.4;
/// In units of the logarithm, per part.
const INERTIA: f64 = 30.0;
const LIMIT_PENALTY: f64 = 2.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_exceeds_a_policer_shows_as_its_limit() {
        let mut path = Path::default();

        path.send(Bitrate::kbps(400), 3.0, |_| false);
        path.send(Bitrate::kbps(800), 3.0, |packet| packet % 2 == 0);

        let limit = path.model.limit().expect("a limit");
        assert!((350..450).contains(&(limit.0 / 1_000)), "{limit}");
        assert!(path.model.inherent() < 0.01);
    }

    #[test]
    fn loss_that_does_not_shrink_with_the_rate_is_no_limit() {
        let mut path = Path::default();
        let mut rate = Bitrate::kbps(1_000);
        for _ in 0..20 {
            path.send(rate, 0.5, |packet| packet % 20 == 0);
            rate = path.model.limit().unwrap_or(rate.scaled(1.05));
        }

        assert_eq!(path.model.limit(), None);
        assert!((0.035..0.07).contains(&path.model.inherent()), "{}", path.model.inherent());
        assert!(rate > Bitrate::kbps(1_000), "{rate}");
    }

    #[test]
    fn a_limit_shows_on_a_path_that_loses_anyway() {
        let mut path = Path::default();
        for rate in [1_000, 950, 1_000, 900, 1_000, 950] {
            path.send(Bitrate::kbps(rate), 1.0, |packet| packet % 20 == 0);
        }
        path.send(Bitrate::kbps(1_600), 2.0, |packet| packet % 20 == 0 || packet % 3 == 0);

        let limit = path.model.limit().expect("a limit");
        assert!((900..1_200).contains(&(limit.0 / 1_000)), "{limit}");
    }

    #[test]
    fn a_limit_is_forgotten_when_nothing_is_lost_any_more() {
        let mut path = Path::default();
        path.send(Bitrate::kbps(800), 2.0, |packet| packet % 2 == 0);
        assert!(path.model.limit().is_some());

        path.send(Bitrate::kbps(380), 8.0, |_| false);

        assert_eq!(path.model.limit(), None);
    }

    #[derive(Default)]
    struct Path {
        model: LossModel,
        micros: i64,
        packet: u32,
    }

    impl Path {
        fn send(&mut self, rate: Bitrate, seconds: f64, lost: impl Fn(u32) -> bool) {
            let interval = 1_000 * 8_000_000 / rate.0 as i64;
            let end = self.micros + (seconds * 1e6) as i64;
            while self.micros < end {
                self.model.count(self.micros, 1_000, lost(self.packet));
                self.micros += interval;
                self.packet += 1;
            }
        }
    }
}
