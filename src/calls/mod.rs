//! Calls as the office looks at them: those under way, those that were, and what they add up to.

mod absence;
mod board;
mod lines;
mod switchboard;
mod view;

use jiff::Timestamp;

pub use board::{Board, CallState, ScreenCall};
pub use lines::Told;
pub use switchboard::{Listening, Stream, Switchboard};
pub use view::{ScreenCallView, call_id, leg_of};

use crate::csv;
use crate::store::CallRecord;

/// Call records as a table for spreadsheets, with its heads.
#[must_use]
pub fn csv(records: &[CallRecord], now: Timestamp) -> String {
    let mut text = csv::line(&HEADS);
    for record in records {
        text += &line(record, now);
    }
    text
}

/// One record as a line of that table.
#[must_use]
pub fn line(record: &CallRecord, now: Timestamp) -> String {
    let time = |time: Option<Timestamp>| time.map(|time| time.to_string()).unwrap_or_default();
    let seconds = |millis: i64| format!("{}.{:03}", millis / 1000, millis % 1000);
    csv::line(&[
        record.began.to_string(),
        time(record.answered),
        time(record.ended),
        seconds(record.talked_millis(now)),
        if record.inbound { "in" } else { "out" }.to_owned(),
        record.caller.clone(),
        record.caller_name.clone(),
        record.dialled.clone(),
        record.reached.clone(),
        record.post.clone(),
        record.trunk.clone().unwrap_or_default(),
        record.cause.clone().unwrap_or_default(),
        record.codec.clone().unwrap_or_default(),
        if record.encrypted { "yes" } else { "no" }.to_owned(),
        record.packets.0.to_string(),
        record.packets.1.to_string(),
        record.lost.to_string(),
        format!("{:x}-{}", record.run, record.call),
    ])
}

/// The heads of the table.
pub const HEADS: [&str; 18] = [
    "began",
    "answered",
    "ended",
    "talked_seconds",
    "direction",
    "from",
    "from_name",
    "dialled",
    "to",
    "post",
    "trunk",
    "cause",
    "codec",
    "encrypted",
    "packets_received",
    "packets_sent",
    "packets_lost",
    "call",
];

/// Legs under way that are shown at once.
pub const MOST_LIVE: u32 = 2_000;
