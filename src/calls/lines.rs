//! Which browsers listen: the open event streams of each extension, by which it rings in them.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::broadcast;

use crate::accounts::UserId;

/// What one extension's browsers are told: the event's name and its data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The name of the event.
    pub event: &'static str,
    /// JSON.
    pub data: Arc<str>,
}

/// The open streams. It holds no clock: whoever owns it says what time it is.
#[derive(Debug, Default)]
pub(super) struct Lines {
    lines: HashMap<String, Line>,
    streams: HashMap<UserId, usize>,
    /// The extensions of which the phones were told that they have browsers.
    announced: HashSet<String>,
}

#[derive(Debug)]
struct Line {
    streams: usize,
    news: broadcast::Sender<Told>,
    /// Since when nobody listens: a page that loads again is not gone.
    empty_since: Option<Instant>,
}

impl Default for Line {
    fn default() -> Self {
        Self { streams: 0, news: broadcast::Sender::new(MOST_BEHIND), empty_since: None }
    }
}

impl Lines {
    /// A browser of a user opens a stream; false when the user has too many already.
    pub(super) fn open(&mut self, user: &UserId) -> bool {
        let streams = self.streams.entry(user.clone()).or_default();
        if *streams >= MOST_STREAMS {
            return false;
        }
        *streams += 1;
        true
    }

    /// A stream of a user has ended.
    pub(super) fn close(&mut self, user: &UserId) {
        if let Some(streams) = self.streams.get_mut(user) {
            *streams -= 1;
            if *streams == 0 {
                self.streams.remove(user);
            }
        }
    }

    /// A stream listens for an extension.
    pub(super) fn listen(&mut self, extension: &str) -> broadcast::Receiver<Told> {
        let line = self.lines.entry(extension.to_owned()).or_default();
        line.streams += 1;
        line.empty_since = None;
        line.news.subscribe()
    }

    /// A stream listens for an extension no more.
    pub(super) fn leave(&mut self, now: Instant, extension: &str) {
        if let Some(line) = self.lines.get_mut(extension) {
            line.streams -= 1;
            if line.streams == 0 {
                line.empty_since = Some(now);
            }
        }
    }

    /// Tells the browsers of an extension, if there are any.
    pub(super) fn tell(&self, extension: &str, told: Told) {
        if let Some(line) = self.lines.get(extension) {
            // Nobody may be listening just now.
            let _ = line.news.send(told);
        }
    }

    /// The extensions that have browsers now and had none when this was asked last, or the other way round.
    pub(super) fn changes(&mut self, now: Instant) -> Vec<(String, bool)> {
        self.lines.retain(|_, line| line.deadline().is_none_or(|deadline| now < deadline));
        let there: HashSet<String> = self.lines.keys().cloned().collect();
        let gone = self.announced.difference(&there).map(|extension| (extension.clone(), false));
        let come = there.difference(&self.announced).map(|extension| (extension.clone(), true));
        let changes = gone.chain(come).collect();
        self.announced = there;
        changes
    }

    /// When [`Lines::changes`] may have something that nothing else announces.
    #[must_use]
    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        self.lines.values().filter_map(Line::deadline).min()
    }
}

impl Line {
    fn deadline(&self) -> Option<Instant> {
        self.empty_since.map(|since| since + ABSENCE)
    }
}

/// How long a page may take to load again.
const ABSENCE: Duration = Duration::from_secs(5);
/// Open streams of one user: tabs and devices.
const MOST_STREAMS: usize = 20;
/// Events a slow browser may be behind before it is told everything anew.
const MOST_BEHIND: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_loads_again_is_not_gone() {
        let (now, mut lines) = (Instant::now(), Lines::default());
        let _first = lines.listen("201");
        assert_eq!(lines.changes(now), [("201".to_owned(), true)]);

        lines.leave(now, "201");
        assert_eq!(lines.changes(now + ABSENCE / 2), []);
        let _again = lines.listen("201");
        assert_eq!(lines.poll_timeout(), None);
        assert_eq!(lines.changes(now + ABSENCE * 2), []);

        lines.leave(now, "201");
        assert_eq!(lines.poll_timeout(), Some(now + ABSENCE));
        assert_eq!(lines.changes(now + ABSENCE), [("201".to_owned(), false)]);
    }

    #[test]
    fn all_tabs_of_an_extension_hear_the_same_and_others_nothing() {
        let mut lines = Lines::default();
        let mut tabs = [lines.listen("201"), lines.listen("201")];
        let mut other = lines.listen("202");

        let told = Told { event: "call", data: "{}".into() };
        lines.tell("201", told.clone());

        for tab in &mut tabs {
            assert_eq!(tab.try_recv(), Ok(told.clone()));
        }
        assert!(other.try_recv().is_err());
    }

    #[test]
    fn a_user_has_only_so_many_streams() {
        let (mut lines, user) = (Lines::default(), UserId::random());
        for _ in 0..MOST_STREAMS {
            assert!(lines.open(&user));
        }
        assert!(!lines.open(&user) && lines.open(&UserId::random()));
        lines.close(&user);
        assert!(lines.open(&user));
    }
}
