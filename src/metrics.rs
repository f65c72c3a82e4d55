//! The figures under `/metrics`, in Prometheus' text format.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use axum::http::StatusCode;
use sfu::metrics::Stats;

use crate::app::App;

/// What the office counts itself.
#[derive(Debug)]
pub struct Counters {
    started: Instant,
    /// By the first digit of the status, 1 to 5.
    requests: [AtomicU64; 5],
    /// In the order of [`SignInResult`].
    sign_ins: [AtomicU64; 3],
}

/// What became of an attempt to sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignInResult {
    /// The password was right.
    Good,
    /// It was not.
    Failed,
    /// It was not even looked at: too many attempts.
    Stopped,
}

impl Default for Counters {
    fn default() -> Self {
        Self { started: Instant::now(), requests: Default::default(), sign_ins: Default::default() }
    }
}

impl Counters {
    /// A request was answered.
    pub fn request(&self, status: StatusCode) {
        let class = usize::from(status.as_u16() / 100).clamp(1, 5) - 1;
        self.requests[class].fetch_add(1, Ordering::Relaxed);
    }

    /// Somebody tried to sign in.
    pub fn sign_in(&self, result: SignInResult) {
        self.sign_ins[result as usize].fetch_add(1, Ordering::Relaxed);
    }
}

/// All figures as text.
pub async fn exposition(app: &App) -> String {
    let mut text = Exposition::default();
    text.family("palabre_info", "gauge", "The running version.");
    text.sample("palabre_info", &[("version", env!("CARGO_PKG_VERSION"))], 1);
    text.single(
        "palabre_uptime_seconds",
        "gauge",
        "Seconds since the start.",
        app.counters.started.elapsed().as_secs(),
    );
    text.single(
        "palabre_draining",
        "gauge",
        "1 while the server is about to stop.",
        u64::from(app.is_draining()),
    );

    let name = "palabre_http_requests_total";
    text.family(name, "counter", "Answered requests by class of status.");
    for (class, count) in ["1xx", "2xx", "3xx", "4xx", "5xx"].iter().zip(&app.counters.requests) {
        text.sample(name, &[("status", class)], count.load(Ordering::Relaxed));
    }

    let name = "palabre_sign_ins_total";
    text.family(name, "counter", "Attempts to sign in by what became of them.");
    for (result, count) in ["good", "failed", "stopped"].iter().zip(&app.counters.sign_ins) {
        text.sample(name, &[("result", result)], count.load(Ordering::Relaxed));
    }

    text.single("palabre_guests_waiting", "gauge", "Guests in waiting rooms.", app.lobby.waiting() as u64);
    let (rooms, participants) = app.rooms.totals().await;
    text.single("palabre_rooms", "gauge", "Rooms there are.", rooms);
    text.single("palabre_participants", "gauge", "Participants in all rooms.", participants);
    if let Ok(waiting) = app.store.webhooks_waiting().await {
        text.single("palabre_webhooks_waiting", "gauge", "Webhooks not delivered yet.", waiting);
    }
    media(&mut text, &app.sfu.stats());
    if let Some(relay) = &app.relay {
        relayed(&mut text, &relay.counters());
    }
    if let Some(bytes) = resident_memory() {
        text.single("process_resident_memory_bytes", "gauge", "Memory in use.", bytes);
    }
    text.0
}

/// What the media engine counts.
fn media(text: &mut Exposition, stats: &Stats) {
    let sfu = &stats.sfu;
    text.single("palabre_media_shards", "gauge", "Media threads.", stats.shards);
    text.single("palabre_media_conferences", "gauge", "Conferences there are.", sfu.conferences);
    text.single("palabre_media_peers", "gauge", "Transports of participants there are.", sfu.peers);
    text.single(
        "palabre_media_tcp_connections",
        "gauge",
        "Media connections over TCP.",
        stats.tcp_connections,
    );
    text.single(
        "palabre_media_relief",
        "gauge",
        "What the busiest media thread leaves out: 0 nothing, 1 large pictures, 2 all but the smallest, 3 cameras.",
        stats.relief as u64,
    );
    let total = "counter";
    text.single("palabre_media_packets_in_total", total, "Datagrams received.", sfu.packets_in);
    text.single("palabre_media_bytes_in_total", total, "Bytes received.", sfu.bytes_in);
    text.single("palabre_media_packets_out_total", total, "RTP and RTCP packets sent.", sfu.packets_out);
    text.single("palabre_media_bytes_out_total", total, "Bytes sent.", sfu.bytes_out);
    text.single("palabre_media_faults_total", total, "Faults contained to a peer or conference.", sfu.panics);

    let name = "palabre_media_dropped_total";
    text.family(name, total, "What was not forwarded, by reason.");
    for (reason, count) in [
        ("unknown", sfu.dropped_unknown),
        ("stun", sfu.dropped_stun),
        ("no_path", sfu.dropped_no_path),
        ("early", sfu.dropped_early),
        ("replayed", sfu.dropped_replayed),
        ("unauthentic", sfu.dropped_unauthentic),
        ("protect", sfu.dropped_protect),
        ("data", sfu.dropped_data),
        ("send", stats.dropped_send),
        ("bridged", stats.dropped_bridged),
        ("oversized", stats.dropped_oversized),
        ("direct", stats.dropped_direct),
        ("events", stats.dropped_events),
    ] {
        text.sample(name, &[("reason", reason)], count);
    }
}

/// What the relay counts.
fn relayed(text: &mut Exposition, relay: &sfu::turn::Counters) {
    text.single("palabre_relay_allocations", "gauge", "Relayed transports there are.", relay.allocations);
    text.single("palabre_relay_connections", "gauge", "Connections to the relay.", relay.streams);
    let name = "palabre_relay_bytes_total";
    text.family(name, "counter", "Bytes relayed, by direction.");
    for (direction, bytes) in [("in", relay.bytes_up), ("out", relay.bytes_down)] {
        text.sample(name, &[("direction", direction)], bytes);
    }
    let name = "palabre_relay_refused_total";
    text.family(name, "counter", "What the relay did not do, by reason.");
    for (reason, count) in [
        ("credentials", relay.challenged),
        ("stranger", relay.ignored),
        ("peer", relay.forbidden),
        ("rate", relay.throttled),
    ] {
        text.sample(name, &[("reason", reason)], count);
    }
}

/// Text in the exposition format.
#[derive(Debug, Default)]
struct Exposition(String);

impl Exposition {
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}").expect("a string takes everything");
    }

    fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: u64) {
        let labels: Vec<String> = labels.iter().map(|(label, value)| format!("{label}={value:?}")).collect();
        let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        writeln!(self.0, "{name}{labels} {value}").expect("a string takes everything");
    }

    fn single(&mut self, name: &str, kind: &str, help: &str, value: u64) {
        self.family(name, kind, help);
        self.sample(name, &[], value);
    }
}

/// What the kernel says of us, in bytes.
fn resident_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_carry_their_labels_in_quotes() {
        let mut text = Exposition::default();
        text.single("a", "gauge", "An a.", 1);
        text.sample("b", &[("x", "1"), ("y", "\"")], 2);

        assert_eq!(text.0, "# HELP a An a.\n# TYPE a gauge\na 1\nb{x=\"1\",y=\"\\\"\"} 2\n");
    }

    #[test]
    fn the_kernel_tells_our_memory() {
        assert!(resident_memory().is_some_and(|bytes| bytes > 1 << 20));
    }
}
