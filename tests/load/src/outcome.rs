//! What a run has shown: of each track, of each subscriber, of all together.

mod table;

use std::time::Duration;

use serde::Serialize;

use crate::case::{Case, Part};
use crate::connection::{Published, Received, Tally};
use crate::media::continuity::Sums;
use crate::media::delays::Delays;
use crate::member::Report;

pub use table::{suite, table};

/// The figures of a run.
#[derive(Debug, Clone, Serialize)]
pub struct Outcome {
    /// The program's version.
    pub version: &'static str,
    /// Where the server was.
    pub url: String,
    /// What was asked for.
    pub case: Case,
    /// How long was measured, in seconds.
    pub measured: f64,
    /// Of each subscriber.
    pub subscribers: Vec<Subscriber>,
    /// Of each publisher.
    pub publishers: Vec<Publisher>,
    /// Of all subscribers together.
    pub total: Total,
    /// By how much this program was late with what it had to do. If it is much, it is this machine that was measured.
    pub own_lag: Times,
}

/// One subscriber.
#[derive(Debug, Clone, Serialize)]
pub struct Subscriber {
    /// Its name in the table.
    pub name: String,
    /// Tracks that brought something while it was measured.
    pub tracks: usize,
    /// Tracks that should have.
    pub expected: usize,
    /// What it received.
    #[serde(flatten)]
    pub figures: Figures,
    /// Until its media was connected, in seconds.
    pub connected_after: Option<f64>,
    /// What protected its media.
    pub srtp: Option<String>,
    /// Why it did not stay, if so.
    pub error: Option<String>,
    /// Its tracks one by one.
    pub track: Vec<Track>,
    /// Its other counters.
    pub tally: Tally,
}

/// One subscription.
#[derive(Debug, Clone, Serialize)]
pub struct Track {
    /// Its name on the server.
    pub sid: String,
    /// `audio` or `video`.
    pub kind: &'static str,
    /// What was received.
    #[serde(flatten)]
    pub figures: Figures,
}

/// One publisher.
#[derive(Debug, Clone, Serialize)]
pub struct Publisher {
    /// Its name in the table.
    pub name: String,
    /// What it has sent, from the beginning.
    #[serde(flatten)]
    pub published: Published,
    /// Its other counters.
    pub tally: Tally,
    /// Until its media was connected, in seconds.
    pub connected_after: Option<f64>,
    /// Why it did not stay, if so.
    pub error: Option<String>,
}

/// What was received of some tracks.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Figures {
    /// Packets.
    pub packets: u64,
    /// Their payloads, in bytes.
    pub octets: u64,
    /// Payload in bits a second.
    pub bitrate: f64,
    /// Packets that never came.
    pub lost: u64,
    /// The same in per cent of those that should have.
    pub loss: f64,
    /// Packets that came once more, though not as a repair.
    pub duplicated: u64,
    /// Packets that came as a repair.
    pub repaired: u64,
    /// Repairs of what was here already: servers probe a path with them.
    pub unneeded: u64,
    /// Packets that came by themselves after later ones.
    pub late: u64,
    /// Packets that the server left out between two that it passed on.
    pub left_out: u64,
    /// Packets that were decrypted and looked into.
    pub looked_into: u64,
    /// Those of them that were not authentic.
    pub unauthentic: u64,
    /// How long packets were under way from publisher to subscriber.
    pub delay: Times,
}

/// Some times, in milliseconds.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Times {
    /// How many there are.
    pub count: u64,
    /// Their mean.
    pub mean: Option<f64>,
    /// What half of them does not exceed.
    pub p50: Option<f64>,
    /// What 95 of 100 do not exceed.
    pub p95: Option<f64>,
    /// What 99 of 100 do not exceed.
    pub p99: Option<f64>,
    /// The longest.
    pub max: Option<f64>,
}

/// All subscribers together.
#[derive(Debug, Clone, Serialize)]
pub struct Total {
    /// Tracks that brought something while it was measured.
    pub tracks: usize,
    /// Tracks that should have.
    pub expected: usize,
    /// What they received.
    #[serde(flatten)]
    pub figures: Figures,
    /// Participants that did not come in or did not stay.
    pub errors: usize,
    /// From first word to media, over all participants, in milliseconds.
    pub connected_after: Times,
}

impl Outcome {
    /// Adds up what participants report.
    #[must_use]
    pub fn new(case: &Case, url: &str, measured: Duration, reports: Vec<Report>, lag: Delays) -> Self {
        let mut connected = Delays::default();
        reports.iter().filter_map(|report| report.connected_after).for_each(|time| connected.note(time));
        let errors = reports.iter().filter(|report| report.error.is_some()).count();
        let mut all = Sum::default();
        let (mut subscribers, mut publishers) = (Vec::new(), Vec::new());
        for report in reports {
            match report.part {
                Part::Publisher { number, .. } => publishers.push(Publisher {
                    name: format!("Pub {number}"),
                    published: report.published,
                    tally: report.tally,
                    connected_after: report.connected_after.map(|time| time.as_secs_f64()),
                    error: report.error,
                }),
                Part::Subscriber { number } => {
                    report.received.iter().for_each(|received| all.add(received));
                    subscribers.push(subscriber(number, case.tracks_per_subscriber(), measured, report));
                }
            }
        }
        let total = Total {
            tracks: subscribers.iter().map(|subscriber| subscriber.tracks).sum(),
            expected: subscribers.iter().map(|subscriber| subscriber.expected).sum(),
            figures: all.figures(measured),
            errors,
            connected_after: Times::of(&connected),
        };
        Self {
            version: env!("CARGO_PKG_VERSION"),
            url: url.to_owned(),
            case: case.clone(),
            measured: measured.as_secs_f64(),
            subscribers,
            publishers,
            total,
            own_lag: Times::of(&lag),
        }
    }
}

impl Outcome {
    /// Whether everything that was sent to anybody came, whole and authentic.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        let Total { tracks, expected, figures, errors, .. } = &self.total;
        tracks >= expected && figures.lost == 0 && figures.unauthentic == 0 && *errors == 0
    }
}

fn subscriber(number: usize, expected: usize, measured: Duration, report: Report) -> Subscriber {
    let mut sum = Sum::default();
    report.received.iter().for_each(|received| sum.add(received));
    let track = report.received.iter().map(|received| {
        let mut one = Sum::default();
        one.add(received);
        Track {
            sid: received.sid.clone(),
            kind: if received.video { "video" } else { "audio" },
            figures: one.figures(received.time),
        }
    });
    Subscriber {
        name: format!("Sub {number}"),
        tracks: report.received.iter().filter(|received| received.packets > 0).count(),
        expected,
        figures: sum.figures(measured),
        connected_after: report.connected_after.map(|time| time.as_secs_f64()),
        srtp: report.srtp,
        error: report.error,
        track: track.collect(),
        tally: report.tally,
    }
}

/// Tracks being added up.
#[derive(Default)]
struct Sum {
    packets: u64,
    octets: u64,
    sums: Sums,
    left_out: u64,
    looked_into: u64,
    unauthentic: u64,
    delays: Delays,
}

impl Sum {
    fn add(&mut self, received: &Received) {
        self.packets += received.packets;
        self.octets += received.octets;
        self.sums.add(received.sums);
        self.left_out += received.look.left_out;
        self.looked_into += received.look.packets;
        self.unauthentic += received.look.unauthentic;
        self.delays.add(&received.look.delays);
    }

    fn figures(&self, time: Duration) -> Figures {
        Figures {
            packets: self.packets,
            octets: self.octets,
            bitrate: self.octets as f64 * 8.0 / time.as_secs_f64().max(1e-3),
            lost: self.sums.lost(),
            loss: self.sums.loss(),
            duplicated: self.sums.duplicated,
            repaired: self.sums.repaired,
            unneeded: self.sums.unneeded,
            late: self.sums.late,
            left_out: self.left_out,
            looked_into: self.looked_into,
            unauthentic: self.unauthentic,
            delay: Times::of(&self.delays),
        }
    }
}

impl Times {
    fn of(delays: &Delays) -> Self {
        let millis = |time: Option<Duration>| time.map(|time| (time.as_secs_f64() * 1e6).round() / 1e3);
        Self {
            count: delays.count(),
            mean: millis(delays.mean()),
            p50: millis(delays.quantile(0.5)),
            p95: millis(delays.quantile(0.95)),
            p99: millis(delays.quantile(0.99)),
            max: millis(delays.longest()),
        }
    }
}
