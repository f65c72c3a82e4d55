//! Transfers the other side asks for, and what it is told of their progress (RFC 3515, RFC 4488, RFC 3892).

use std::time::{Duration, Instant};

use super::{Leg, LegEvent, MAX_PENDING, Purpose, Referral, Replaces, State, numbered};
use crate::message::{HeaderName, Method, Request, StatusCode};
use crate::transaction::ServerKey;

/// A REFER and the subscription to its outcome.
pub(super) struct Subscription {
    stage: Stage,
    tag: String,
    /// The number of the REFER, by which its NOTIFYs name it.
    id: u32,
    until: Instant,
}

enum Stage {
    /// The call above has not decided yet.
    Asked { key: ServerKey, request: Box<Request> },
    /// The other side is told how it goes.
    Told,
}

impl Subscription {
    pub(super) fn due(&self) -> Instant {
        self.until
    }
}

impl Leg {
    pub(super) fn handle_refer(&mut self, now: Instant, key: ServerKey, tag: &str, request: Request) {
        if self.subscription.is_some() {
            return self.respond_status(key, &request, StatusCode::REQUEST_PENDING);
        }
        if self.state != State::Confirmed {
            return self.respond_status(key, &request, StatusCode::TEMPORARILY_UNAVAILABLE);
        }
        let referral = match referral(&request) {
            Ok(referral) => referral,
            Err(status) => return self.respond_status(key, &request, status),
        };
        let id = request.headers.cseq().map_or(0, |cseq| cseq.number);
        let stage = Stage::Asked { key, request: Box::new(request) };
        self.subscription = Some(Subscription { stage, tag: tag.to_owned(), id, until: now + LASTS });
        self.tell(LegEvent::Referred(referral));
    }

    /// Does what the other side asked for, and says so; `notify_refer` says how it goes.
    pub fn accept_refer(&mut self, now: Instant) {
        let Some(subscription) = &mut self.subscription else { return };
        let Stage::Asked { key, request } = std::mem::replace(&mut subscription.stage, Stage::Told) else {
            return;
        };
        subscription.until = now + LASTS;
        let mut response = request.reply(StatusCode::ACCEPTED, Some(&self.tag));
        let wants_none = request.headers.get(&HeaderName::ReferSub).is_some_and(|value| {
            value.split(';').next().is_some_and(|value| value.trim().eq_ignore_ascii_case("false"))
        });
        if wants_none {
            response.headers.push(HeaderName::ReferSub, "false");
            self.subscription = None;
        }
        self.respond(key, response);
        // One follows at once in any case (RFC 3515 §2.4.4).
        self.notify_refer(now, StatusCode::TRYING);
    }

    /// Does not do what the other side asked for.
    pub fn refuse_refer(&mut self, _now: Instant, status: StatusCode) {
        let Some(Subscription { stage: Stage::Asked { key, request }, .. }) =
            self.subscription.take_if(|subscription| matches!(subscription.stage, Stage::Asked { .. }))
        else {
            return;
        };
        let refuses = status.is_final() && !status.is_success();
        self.respond_status(key, &request, if refuses { status } else { StatusCode::DECLINE });
    }

    /// Tells how the call that the other side asked for is going; a final status is the last.
    pub fn notify_refer(&mut self, now: Instant, status: StatusCode) {
        let Some(subscription) = &self.subscription else { return };
        if !matches!(subscription.stage, Stage::Told) || self.pending.len() >= MAX_PENDING {
            return;
        }
        let remaining = subscription.until.saturating_duration_since(now).as_secs();
        let (id, tag) = (subscription.id, subscription.tag.clone());
        let state = match status.is_final() {
            true => "terminated;reason=noresource".to_owned(),
            false => format!("active;expires={remaining}"),
        };
        if status.is_final() {
            self.subscription = None;
        }
        let Some(usage) = self.usage.as_mut().filter(|usage| usage.tag() == tag) else { return };
        let request = numbered(&mut usage.dialog, &mut self.cseq, Method::Notify)
            .with(HeaderName::Event, format!("refer;id={id}"))
            .with(HeaderName::SubscriptionState, state)
            .with_body("message/sipfrag;version=2.0", format!("SIP/2.0 {status} {}\r\n", status.phrase()));
        let flow = usage.dialog.flow();
        self.send(flow, request, tag, Purpose::Notify);
    }

    pub(super) fn expire_subscription(&mut self, now: Instant) {
        let Some(subscription) = self.subscription.as_ref().filter(|known| known.until <= now) else {
            return;
        };
        match subscription.stage {
            Stage::Asked { .. } => self.refuse_refer(now, StatusCode::SERVER_TIMEOUT),
            Stage::Told => self.notify_refer(now, StatusCode::REQUEST_TIMEOUT),
        }
        self.subscription = None;
    }
}

fn referral(request: &Request) -> Result<Referral, StatusCode> {
    let refer_to = request.headers.address(&HeaderName::ReferTo).map_err(|_| StatusCode::BAD_REQUEST)?;
    if refer_to.uri.param("method").is_some_and(|method| method != Method::Invite.as_str()) {
        return Err(StatusCode::DECLINE);
    }
    let replaces = match refer_to.uri.headers().find(|(name, _)| name.eq_ignore_ascii_case("Replaces")) {
        Some((_, value)) => Some(Replaces::parse(&value).ok_or(StatusCode::BAD_REQUEST)?),
        None => None,
    };
    let text = refer_to.uri.as_str();
    let target = crate::message::Uri::parse(text.split('?').next().unwrap_or(text));
    let target = target.map_err(|_| StatusCode::BAD_REQUEST)?.without_param("method");
    Ok(Referral { target, replaces, referred_by: request.headers.address(&HeaderName::ReferredBy).ok() })
}

/// How long the other side is told at most.
const LASTS: Duration = Duration::from_secs(180);
