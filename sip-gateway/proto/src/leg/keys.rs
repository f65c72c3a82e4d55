//! Keys in INFO: `application/dtmf-relay` (Signal and Duration lines) and `application/dtmf` (the key alone).

use std::time::{Duration, Instant};

use super::{Leg, MAX_PENDING, Purpose, State, numbered};
use crate::message::{Headers, Method};

/// The key and how long it was held. A signal that is no key, such as a hook flash, is understood and means nothing;
/// `None` if it cannot be read.
pub(super) fn read(headers: &Headers, body: &[u8]) -> Option<(Option<char>, Duration)> {
    let text = std::str::from_utf8(body.get(..body.len().min(MAX_BODY))?).ok()?;
    match headers.content_type()?.as_str() {
        "application/dtmf" => Some((key(text)?, DURATION)),
        "application/dtmf-relay" => {
            let value = |wanted: &str| {
                text.lines().find_map(|line| {
                    let (name, value) = line.split_once('=').or_else(|| line.split_once(':'))?;
                    name.trim().eq_ignore_ascii_case(wanted).then(|| value.trim())
                })
            };
            let millis = value("Duration").and_then(|digits| digits.parse().ok());
            let duration = millis.map_or(DURATION, Duration::from_millis).clamp(SHORTEST, LONGEST);
            Some((key(value("Signal")?)?, duration))
        }
        _ => None,
    }
}

fn key(text: &str) -> Option<Option<char>> {
    match text.trim() {
        "10" => Some(Some('*')),
        "11" => Some(Some('#')),
        "16" | "flash" | "Flash" | "!" => Some(None),
        text => {
            let mut letters = text.chars();
            let letter = letters.next()?.to_ascii_uppercase();
            let is_key = matches!(letter, '0'..='9' | '*' | '#' | 'A'..='D') && letters.next().is_none();
            is_key.then_some(Some(letter))
        }
    }
}

impl Leg {
    /// Presses a key towards the other side by INFO, for those that do not take keys in RTP.
    pub fn press(&mut self, _now: Instant, digit: char, duration: Duration) {
        let Some(usage) = self.usage.as_mut().filter(|_| self.state == State::Confirmed) else { return };
        if self.pending.len() >= MAX_PENDING || !matches!(digit, '0'..='9' | '*' | '#' | 'A'..='D') {
            return;
        }
        let request = numbered(&mut usage.dialog, &mut self.cseq, Method::Info);
        let millis = duration.clamp(SHORTEST, LONGEST).as_millis();
        let request =
            request.with_body("application/dtmf-relay", format!("Signal={digit}\r\nDuration={millis}\r\n"));
        let (flow, tag) = (usage.dialog.flow(), usage.tag().to_owned());
        self.send(flow, request, tag, Purpose::Other);
    }
}

/// The longest body that is looked at.
const MAX_BODY: usize = 256;
/// What is taken for a key that does not say how long it was held.
const DURATION: Duration = Duration::from_millis(160);
/// No key is held for less.
const SHORTEST: Duration = Duration::from_millis(40);
/// No key is held for more.
const LONGEST: Duration = Duration::from_secs(5);
