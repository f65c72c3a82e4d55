//! Tells a publisher which qualities of its video anybody wants, so that it need not send the others.

use std::time::{Duration, Instant};

use livekit_protocol::VideoQuality;

/// The wanted quality of one track. More is announced at once, less only when it has lasted: tiles come and go.
#[derive(Debug, Default)]
pub(crate) struct Dynacast {
    /// What the publisher was told; at first it sends everything unasked.
    announced: Option<Option<VideoQuality>>,
    wanted: Option<VideoQuality>,
    lower_at: Option<Instant>,
}

impl Dynacast {
    /// For something that is sent only when asked for.
    pub(crate) fn silent() -> Self {
        Self { announced: Some(None), ..Self::default() }
    }

    /// Takes the highest quality that any subscriber wants; returns what to announce now, if anything.
    pub(crate) fn set_wanted(
        &mut self,
        now: Instant,
        wanted: Option<VideoQuality>,
    ) -> Option<Option<VideoQuality>> {
        self.wanted = wanted;
        let announced = self.announced.unwrap_or(Some(VideoQuality::High));

        if rank(wanted) > rank(announced) {
            return Some(self.announce());
        }
        if rank(wanted) == rank(announced) {
            self.lower_at = None;
            return None;
        }
        let patience = match self.announced {
            None => FIRST_PATIENCE,
            Some(_) => PATIENCE,
        };
        self.lower_at.get_or_insert(now + patience);
        None
    }

    /// When [`Self::handle_timeout`] wants to be called.
    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        self.lower_at
    }

    /// Returns what to announce now, if anything.
    pub(crate) fn handle_timeout(&mut self, now: Instant) -> Option<Option<VideoQuality>> {
        self.lower_at.is_some_and(|at| at <= now).then(|| self.announce())
    }

    /// What the publisher should be sending, for one that has forgotten.
    pub(crate) fn announced(&self) -> Option<Option<VideoQuality>> {
        self.announced
    }

    fn announce(&mut self) -> Option<VideoQuality> {
        self.lower_at = None;
        self.announced = Some(self.wanted);
        self.wanted
    }
}

/// Whether a quality is among the wanted ones.
pub(crate) fn includes(wanted: Option<VideoQuality>, quality: VideoQuality) -> bool {
    rank(Some(quality)) <= rank(wanted)
}

fn rank(quality: Option<VideoQuality>) -> u8 {
    match quality {
        None | Some(VideoQuality::Off) => 0,
        Some(VideoQuality::Low) => 1,
        Some(VideoQuality::Medium) => 2,
        Some(VideoQuality::High) => 3,
    }
}

/// At the start subscribers need a while to arrive and lay out their tiles.
const FIRST_PATIENCE: Duration = Duration::from_secs(10);
const PATIENCE: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn less_is_announced_only_when_it_has_lasted() {
        let start = Instant::now();
        let mut dynacast = Dynacast::default();

        assert_eq!(dynacast.set_wanted(start, Some(VideoQuality::Low)), None);
        assert_eq!(dynacast.handle_timeout(start + FIRST_PATIENCE - Duration::from_millis(1)), None);
        assert_eq!(dynacast.handle_timeout(start + FIRST_PATIENCE), Some(Some(VideoQuality::Low)));
        assert_eq!(dynacast.poll_timeout(), None);
    }

    #[test]
    fn more_is_announced_at_once() {
        let start = Instant::now();
        let mut dynacast = Dynacast::default();
        dynacast.set_wanted(start, None);
        dynacast.handle_timeout(start + FIRST_PATIENCE);

        assert_eq!(
            dynacast.set_wanted(start + FIRST_PATIENCE, Some(VideoQuality::Medium)),
            Some(Some(VideoQuality::Medium))
        );
    }

    #[test]
    fn a_tile_that_shrinks_and_grows_again_costs_no_announcement() {
        let start = Instant::now();
        let mut dynacast = Dynacast::default();

        dynacast.set_wanted(start, Some(VideoQuality::Low));
        assert_eq!(dynacast.set_wanted(start, Some(VideoQuality::High)), None);
        assert_eq!(dynacast.poll_timeout(), None);
    }
}
