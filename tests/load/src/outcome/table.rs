//! The figures of a run for people: the tracks of each subscriber, then a row for each, then all together.

use std::fmt::Write as _;

use super::{Figures, Outcome, Times};

/// The tables of a run; tracks only if there are not too many of them.
#[must_use]
pub fn table(outcome: &Outcome) -> String {
    let mut text = String::new();
    let tracks: usize = outcome.subscribers.iter().map(|subscriber| subscriber.track.len()).sum();
    if tracks > 0 && tracks <= MAX_TRACKS {
        text.push_str("\nTrack loading:\n");
        text.push_str(&track_rows(outcome).to_string());
    }
    if !outcome.subscribers.is_empty() {
        text.push_str("\nSubscriber summaries:\n");
        text.push_str(&subscriber_rows(outcome).to_string());
    }
    text.push_str(&remarks(outcome));
    text
}

/// A row for each of several runs.
#[must_use]
pub fn suite(outcomes: &[Outcome]) -> String {
    let mut rows =
        Rows::new(&["Pubs", "Subs", "Tracks", "Video", "Bitrate", "Pkt. Loss", "Latency", "Errors"]);
    for outcome in outcomes {
        let (case, total) = (&outcome.case, &outcome.total);
        rows.push([
            case.publishers().to_string(),
            case.subscribers.to_string(),
            format!("{}/{}", total.tracks, total.expected),
            if case.video_publishers > 0 { "Yes" } else { "No" }.to_owned(),
            rate(total.figures.bitrate),
            loss(&total.figures),
            latency(&total.figures.delay),
            total.errors.to_string(),
        ]);
    }
    format!("\nSuite results:\n{rows}")
}

fn track_rows(outcome: &Outcome) -> Rows {
    let mut rows = Rows::new(&["Tester", "Track", "Kind", "Pkts.", "Bitrate", "Pkt. Loss", "Latency"]);
    for subscriber in &outcome.subscribers {
        for (at, track) in subscriber.track.iter().enumerate() {
            let name = if at == 0 { subscriber.name.as_str() } else { "" };
            let Figures { packets, bitrate, .. } = track.figures;
            rows.push([
                name.to_owned(),
                track.sid.clone(),
                track.kind.to_owned(),
                packets.to_string(),
                rate(bitrate),
                loss(&track.figures),
                latency(&track.figures.delay),
            ]);
        }
    }
    rows
}

fn subscriber_rows(outcome: &Outcome) -> Rows {
    let mut rows = Rows::new(&["Tester", "Tracks", "Bitrate", "Total Pkt. Loss", "Latency p50/p99", "Error"]);
    for subscriber in &outcome.subscribers {
        rows.push([
            subscriber.name.clone(),
            format!("{}/{}", subscriber.tracks, subscriber.expected),
            rate(subscriber.figures.bitrate),
            loss(&subscriber.figures),
            latency(&subscriber.figures.delay),
            subscriber.error.clone().unwrap_or_else(|| "-".to_owned()),
        ]);
    }
    let total = &outcome.total;
    let average = total.figures.bitrate / outcome.subscribers.len().max(1) as f64;
    rows.push([
        "Total".to_owned(),
        format!("{}/{}", total.tracks, total.expected),
        format!("{} ({} avg)", rate(total.figures.bitrate), rate(average)),
        loss(&total.figures),
        latency(&total.figures.delay),
        total.errors.to_string(),
    ]);
    rows
}

/// What fits in no row.
fn remarks(outcome: &Outcome) -> String {
    let mut text = String::new();
    let total = &outcome.total.figures;
    let seconds = outcome.measured.max(1e-3);
    let _ = writeln!(
        text,
        "\n{} packets ({:.0} a second) in {:.1} s; {} looked into, {} not authentic; {} repaired ({} needlessly), \
         {} late, {} twice, {} left out by the server",
        total.packets,
        total.packets as f64 / seconds,
        outcome.measured,
        total.looked_into,
        total.unauthentic,
        total.repaired + total.unneeded,
        total.unneeded,
        total.late,
        total.duplicated,
        total.left_out
    );
    let connected = outcome.total.connected_after;
    if let (Some(half), Some(longest)) = (connected.p50, connected.max) {
        let _ =
            writeln!(text, "Connected after {half:.0} ms (half of the participants), {longest:.0} ms (all)");
    }
    for publisher in outcome.publishers.iter().filter(|publisher| publisher.error.is_some()) {
        let _ = writeln!(text, "{}: {}", publisher.name, publisher.error.as_deref().unwrap_or_default());
    }
    if let Some(lag) = outcome.own_lag.p99.filter(|&lag| lag > MUCH_LAG) {
        let _ = writeln!(
            text,
            "This program itself was up to {lag:.0} ms late (99 of 100 times): the machine it runs on is too busy for \
             these figures to tell of the server alone"
        );
    }
    text
}

fn rate(bits: f64) -> String {
    match bits {
        ..1e3 => format!("{bits:.0} bps"),
        ..1e6 => format!("{:.1} kbps", bits / 1e3),
        _ => format!("{:.1} mbps", bits / 1e6),
    }
}

fn loss(figures: &Figures) -> String {
    if figures.lost == 0 { "0 (0%)".to_owned() } else { format!("{} ({:.3}%)", figures.lost, figures.loss) }
}

fn latency(times: &Times) -> String {
    match (times.p50, times.p99) {
        (Some(half), Some(most)) => format!("{half:.1} / {most:.1} ms"),
        _ => "-".to_owned(),
    }
}

/// Rows of cells under a head, each column as wide as its widest cell.
struct Rows {
    rows: Vec<Vec<String>>,
}

impl Rows {
    fn new(head: &[&str]) -> Self {
        Self { rows: vec![head.iter().map(|cell| (*cell).to_owned()).collect()] }
    }

    fn push<const N: usize>(&mut self, row: [String; N]) {
        self.rows.push(row.to_vec());
    }
}

impl std::fmt::Display for Rows {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let columns = self.rows.first().map_or(0, Vec::len);
        let width =
            |column: usize| self.rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..columns).map(width).collect();
        for (at, row) in self.rows.iter().enumerate() {
            let cells: Vec<String> =
                row.iter().zip(&widths).map(|(cell, &width)| format!(" {cell:width$} ")).collect();
            writeln!(f, "│{}│", cells.join("│"))?;
            if at == 0 {
                let lines: Vec<String> = widths.iter().map(|width| "─".repeat(width + 2)).collect();
                writeln!(f, "├{}┤", lines.join("┼"))?;
            }
        }
        Ok(())
    }
}

/// More rows than that nobody reads.
const MAX_TRACKS: usize = 60;
/// Beyond so many milliseconds delays are this machine's.
const MUCH_LAG: f64 = 5.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let mut rows = Rows::new(&["Tester", "N"]);
        rows.push(["Sub 10".to_owned(), "1/2".to_owned()]);

        assert_eq!(rows.to_string(), "│ Tester │ N   │\n├────────┼─────┤\n│ Sub 10 │ 1/2 │\n");
    }

    #[test]
    fn rates_have_a_unit_in_which_they_are_short() {
        assert_eq!([950.0, 20_500.0, 2_150_000.0].map(rate), ["950 bps", "20.5 kbps", "2.1 mbps"]);
    }
}
