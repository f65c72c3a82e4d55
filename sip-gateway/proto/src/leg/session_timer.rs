//! Session timers: a call whose other side fell silent ends (RFC 4028).

use std::time::{Duration, Instant};

use super::capabilities::supports;
use crate::message::{HeaderName, Headers};

/// How long a session may go without a sign of life, as we wish it and as others let us.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wish {
    interval: Duration,
    min: Duration,
}

impl Wish {
    pub(super) fn new() -> Self {
        Self { interval: INTERVAL, min: MIN_SE }
    }

    /// Adds the fields to a request. Who refreshes is left open at first, and stays as it is later.
    pub(super) fn write(&self, headers: &mut Headers, timer: Option<&SessionTimer>) {
        let interval = self.interval.as_secs();
        match timer {
            None => headers.set(HeaderName::SessionExpires, interval),
            Some(timer) => {
                let refresher = if timer.ours { "uac" } else { "uas" };
                let interval = timer.interval.max(self.min).as_secs();
                headers.set(HeaderName::SessionExpires, format!("{interval};refresher={refresher}"));
            }
        }
        headers.set(HeaderName::MinSe, self.min.as_secs());
    }

    /// Whether a 422 asks for a longer interval than ours, which it then becomes.
    pub(super) fn raise(&mut self, headers: &Headers) -> bool {
        let Some(min) = headers.seconds(&HeaderName::MinSe).filter(|min| *min <= MAX_SE) else {
            return false;
        };
        let raised = min > self.min;
        self.min = self.min.max(min);
        self.interval = self.interval.max(min);
        raised
    }
}

/// A session that ends unless it is refreshed.
#[derive(Debug, Clone)]
pub(super) struct SessionTimer {
    interval: Duration,
    ours: bool,
    refresh_at: Option<Instant>,
    ends_at: Instant,
}

impl SessionTimer {
    fn start(now: Instant, interval: Duration, ours: bool) -> Self {
        // Half of the time is a refresher's; the other side gives up shortly before the end (§10).
        let ends_at = now + interval - (interval / 3).min(Duration::from_secs(32));
        Self { interval, ours, refresh_at: ours.then_some(now + interval / 2), ends_at }
    }

    /// What a 2xx to a request of ours says (§7.2).
    pub(super) fn of_response(now: Instant, headers: &Headers) -> Option<Self> {
        let (interval, refresher) = expires(headers)?;
        Some(Self::start(now, interval.max(MIN_SE), refresher.as_deref() != Some("uas")))
    }

    /// What we say in a 2xx to a request of the other side (§9), and the fields that say it.
    pub(super) fn of_request(now: Instant, request: &Headers, response: &mut Headers) -> Option<Self> {
        let asked = expires(request);
        let knows = supports(request, "timer");
        if !knows && asked.is_none() {
            return None;
        }
        let floor = request.seconds(&HeaderName::MinSe).unwrap_or(MIN_SE).clamp(MIN_SE, MAX_SE);
        let (interval, refresher) = asked.unwrap_or((INTERVAL, None));
        let interval = interval.min(INTERVAL).max(floor);
        let ours = !knows || refresher.as_deref() == Some("uas");
        let refresher = if ours { "uas" } else { "uac" };
        response.set(HeaderName::SessionExpires, format!("{};refresher={refresher}", interval.as_secs()));
        if !ours {
            response.push(HeaderName::Require, "timer");
        }
        Some(Self::start(now, interval, ours))
    }

    pub(super) fn due(&self) -> Instant {
        self.refresh_at.map_or(self.ends_at, |at| at.min(self.ends_at))
    }

    pub(super) fn is_expired(&self, now: Instant) -> bool {
        self.ends_at <= now
    }

    /// Whether it is time for a refresh. If that comes to nothing, half of the remaining time later it is again.
    pub(super) fn take_refresh(&mut self, now: Instant) -> bool {
        let due = self.refresh_at.is_some_and(|at| at <= now);
        if due {
            let rest = self.ends_at.saturating_duration_since(now) / 2;
            self.refresh_at = (rest > Duration::from_secs(1)).then_some(now + rest);
        }
        due
    }
}

/// Whether the caller asks for shorter intervals than we bear, and can be told so: 422 (§9).
pub(super) fn is_too_brief(request: &Headers) -> bool {
    supports(request, "timer") && expires(request).is_some_and(|(interval, _)| interval < MIN_SE)
}

fn expires(headers: &Headers) -> Option<(Duration, Option<String>)> {
    let interval = headers.seconds(&HeaderName::SessionExpires)?.min(MAX_SE);
    let params =
        headers.value_and_params(&HeaderName::SessionExpires).ok().flatten().map(|(_, params)| params);
    Some((interval, params.and_then(|params| params.get("refresher").map(str::to_ascii_lowercase))))
}

/// The interval we like.
const INTERVAL: Duration = Duration::from_secs(1800);
/// The least interval allowed (§5).
pub(super) const MIN_SE: Duration = Duration::from_secs(90);
/// The longest we keep count of.
const MAX_SE: Duration = Duration::from_secs(86_400);
