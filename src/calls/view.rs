//! A call as browsers are told it.

use jiff::Timestamp;
use serde::Serialize;
use sip_gateway_proto::call::LegId;

use super::board::{CallState, ScreenCall};
use crate::directory::PhoneDirectory;
use crate::meetings::MeetingCode;

/// A call with the other side's name and place, as far as the directory knows them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct ScreenCallView {
    pub id: String,
    pub direction: &'static str,
    pub state: CallState,
    pub number: String,
    pub name: String,
    pub post_name: String,
    pub time_zone: String,
    pub dialled: String,
    pub room: String,
    /// The code of the meeting that calls, if it is one.
    pub meeting: Option<String>,
    pub held: bool,
    pub held_by_other: bool,
    pub in_browser: bool,
    pub mailbox: bool,
    pub since: Timestamp,
    pub answered: Option<Timestamp>,
    pub cause: Option<&'static str>,
    pub transfer_failed: Option<u16>,
}

impl ScreenCallView {
    /// A call as it stands.
    #[must_use]
    pub fn of(call: &ScreenCall, directory: &PhoneDirectory) -> Self {
        let other = directory.read(None, |reader| reader.entry(&call.number));
        let (name, post_name, time_zone) = match other {
            Some(entry) => (entry.name, entry.post_name, entry.time_zone),
            None => (call.name.clone(), String::new(), String::new()),
        };
        Self {
            id: call_id(directory.run(), call.leg),
            direction: if call.outgoing { "out" } else { "in" },
            state: call.state,
            number: call.number.clone(),
            name,
            post_name,
            time_zone,
            dialled: call.dialled.clone(),
            room: call.room.clone(),
            meeting: MeetingCode::parse(&call.room)
                .filter(|code| code.as_str() == call.room)
                .map(|code| code.to_string()),
            held: call.held,
            held_by_other: call.held_by_other,
            in_browser: call.in_browser,
            mailbox: call.mailbox,
            since: call.since,
            answered: call.answered,
            cause: call.cause,
            transfer_failed: call.transfer_failed,
        }
    }
}

/// The name of a call for browsers: legs are numbered anew in each run of the program.
#[must_use]
pub fn call_id(run: u64, leg: LegId) -> String {
    format!("{run:x}-{}", leg.0)
}

/// Reads the name of a call of this run.
#[must_use]
pub fn leg_of(run: u64, id: &str) -> Option<LegId> {
    let (of, leg) = id.split_once('-')?;
    if u64::from_str_radix(of, 16).ok()? != run {
        return None;
    }
    leg.parse().ok().map(LegId)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_named_for_this_run_only() {
        let id = call_id(0x19a, LegId(7));

        assert_eq!(id, "19a-7");
        assert_eq!(leg_of(0x19a, &id), Some(LegId(7)));
        for other in ["19b-7", "19a-", "19a", "-7", "19a-x", ""] {
            assert_eq!(leg_of(0x19a, other), None, "{other}");
        }
    }
}
