//! One line on a terminal that says how far a run has come.

use std::io::{IsTerminal as _, Write as _};

use palabre_load::run::Progress;

/// The line. Where there is no terminal it says nothing.
#[derive(Debug)]
pub(crate) struct Line {
    terminal: bool,
    shown: bool,
}

impl Default for Line {
    fn default() -> Self {
        Self { terminal: std::io::stderr().is_terminal(), shown: false }
    }
}

impl Line {
    /// Says how far it has come.
    pub(crate) fn show(&mut self, progress: &Progress) {
        if self.terminal {
            self.shown = true;
            // A terminal that is gone does not miss it.
            let _ = write!(std::io::stderr(), "\r\x1b[K{}", text(progress));
        }
    }

    /// Makes room for what follows.
    pub(crate) fn clear(&mut self) {
        if std::mem::take(&mut self.shown) {
            let _ = write!(std::io::stderr(), "\r\x1b[K");
        }
    }
}

fn text(progress: &Progress) -> String {
    let Progress { connected, participants, failed, tracks, expected, measured, octets } = *progress;
    let mut text = format!("{} {connected}/{participants} in", bar(connected, participants));
    if failed > 0 {
        text += &format!(", {failed} failed");
    }
    text += &format!(" · {tracks}/{expected} tracks · {:.1} MB", octets as f64 / 1e6);
    if let Some(measured) = measured {
        text += &format!(" · measuring for {} s", measured.as_secs());
    }
    text
}

fn bar(done: usize, all: usize) -> String {
    let full = (done * WIDTH).checked_div(all).unwrap_or(0).min(WIDTH);
    format!("[{}{}]", "#".repeat(full), ".".repeat(WIDTH - full))
}

const WIDTH: usize = 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_says_who_is_in_and_what_comes() {
        let progress = Progress {
            connected: 5,
            participants: 10,
            failed: 1,
            tracks: 3,
            expected: 20,
            ..Progress::default()
        };

        assert_eq!(text(&progress), "[##########..........] 5/10 in, 1 failed · 3/20 tracks · 0.0 MB");
    }
}
