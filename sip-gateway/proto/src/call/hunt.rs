//! Whom to try next for one call: devices of an extension, members of a group, trunks, and whoever was put in their place.

use std::collections::VecDeque;
use std::time::Duration;

use crate::message::StatusCode;
use crate::plan::{Caller, Extension, Plan, RingGroup, RingStrategy, Route, TrunkId, Way};

/// The search for somebody who answers.
#[derive(Debug)]
pub(super) struct Hunt {
    /// On whose account the call goes on: whoever called, or forwarded last.
    payer: Payer,
    steps: VecDeque<Step>,
    /// Where the call goes if the one who rings is busy, or does not answer.
    busy: Option<Detour>,
    no_answer: Option<Detour>,
    /// Whose mailbox takes a message if nobody answers.
    mailbox: Option<String>,
    /// The group whose members ring.
    group: Option<Ringing>,
    diversions: Vec<Diversion>,
    visited: Vec<String>,
    outcome: Outcome,
}

/// Who is entitled to the next number, and pays for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Payer {
    Extension(String),
    Trunk(TrunkId),
}

/// Some who ring together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) targets: Vec<Target>,
    pub(super) ring: Duration,
}

/// One who is rung.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    /// An extension, with all its devices.
    Extension(String),
    /// A public number over a trunk.
    Outside(Outside),
}

/// A public number over a trunk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Outside {
    pub(super) way: Way,
    /// In E.164; an emergency number as it is.
    pub(super) number: String,
    /// Whether no limit may refuse it.
    pub(super) emergency: bool,
    /// Whether it is tried though the trunk seems to be down.
    pub(super) in_need: bool,
}

/// Why the call came to be where it is (RFC 5806).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Diversion {
    pub(super) by: String,
    pub(super) reason: &'static str,
}

/// How it went with the last step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Every device is in a call, or was told to say so.
    Busy,
    /// It rang, and nobody came.
    NoAnswer,
    /// There is nothing that could ring.
    Unreachable,
    /// Refused for another reason.
    Refused(StatusCode),
}

#[derive(Debug)]
struct Detour {
    by: String,
    to: String,
}

/// A group whose members ring, and where its calls go if none takes them, for whatever reason.
#[derive(Debug)]
struct Ringing {
    otherwise: Option<Detour>,
}

impl Hunt {
    /// Begins where a dialled number leads. An error is what the caller is told at once.
    pub(super) fn toward(
        plan: &Plan,
        payer: Payer,
        dialled: &str,
        route: &Route,
    ) -> Result<Self, StatusCode> {
        let mut hunt = Self {
            payer,
            steps: VecDeque::new(),
            busy: None,
            no_answer: None,
            mailbox: None,
            group: None,
            diversions: Vec::new(),
            visited: vec![dialled.to_owned()],
            outcome: Outcome::Unreachable,
        };
        hunt.follow(plan, route)?;
        Ok(hunt)
    }

    /// Begins with an extension, whatever it has set: a transfer that failed comes home.
    pub(super) fn home(extension: &Extension) -> Self {
        let mut hunt = Self {
            payer: Payer::Extension(extension.number.clone()),
            steps: VecDeque::new(),
            busy: None,
            no_answer: None,
            mailbox: None,
            group: None,
            diversions: Vec::new(),
            visited: Vec::new(),
            outcome: Outcome::Unreachable,
        };
        hunt.steps.push_back(Step::of(extension, LONGEST_RING));
        hunt
    }

    /// The next who are to ring; `None` if nobody is left.
    pub(super) fn next_step(&mut self, plan: &Plan) -> Option<Step> {
        loop {
            if let Some(step) = self.steps.pop_front() {
                return Some(step);
            }
            let (own, reason) = match self.outcome {
                Outcome::Busy => (&mut self.busy, "user-busy"),
                Outcome::NoAnswer => (&mut self.no_answer, "no-answer"),
                Outcome::Unreachable => (&mut self.no_answer, "unavailable"),
                Outcome::Refused(_) => (&mut None, "unknown"),
            };
            let of_group = || self.group.as_mut().and_then(|group| group.otherwise.take());
            let detour = own.take().or_else(of_group)?;
            self.divert(plan, detour, reason);
        }
    }

    /// Notes how a step went.
    pub(super) fn note(&mut self, outcome: Outcome) {
        self.outcome = outcome;
    }

    /// The next trunk is not tried: the number itself is the matter.
    pub(super) fn drop_other_trunks(&mut self) {
        self.steps.clear();
    }

    /// A phone sends its call elsewhere by itself (302). Says how it is there, if nobody can be rung. One member does not
    /// send away a group's call: what members have set for their own calls does not count there.
    pub(super) fn redirect(&mut self, plan: &Plan, by: String, to: String) -> Outcome {
        if self.group.is_some() {
            return Outcome::Unreachable;
        }
        self.steps.clear();
        self.outcome = Outcome::Unreachable;
        self.divert(plan, Detour { by, to }, "deflection");
        self.outcome
    }

    /// What the caller is told when nobody is left.
    pub(super) fn verdict(&self) -> StatusCode {
        match self.outcome {
            Outcome::Busy => StatusCode::BUSY_HERE,
            Outcome::NoAnswer | Outcome::Unreachable => StatusCode::TEMPORARILY_UNAVAILABLE,
            Outcome::Refused(status) => status,
        }
    }

    /// Whose mailbox takes a message, when nobody is left who could take the call.
    pub(super) fn mailbox(&self) -> Option<&str> {
        let declined = Outcome::Refused(StatusCode::DECLINE);
        let misses = matches!(self.outcome, Outcome::Busy | Outcome::NoAnswer | Outcome::Unreachable)
            || self.outcome == declined;
        self.mailbox.as_deref().filter(|_| misses)
    }

    /// Who had the call before, the last one first.
    pub(super) fn diversions(&self) -> impl Iterator<Item = &Diversion> {
        self.diversions.iter().rev()
    }

    /// On whose account the call goes on.
    pub(super) fn payer(&self) -> &Payer {
        &self.payer
    }

    fn divert(&mut self, plan: &Plan, detour: Detour, reason: &'static str) {
        if self.diversions.len() == MAX_DIVERSIONS || self.visited.contains(&detour.to) {
            self.outcome = Outcome::Refused(StatusCode::LOOP_DETECTED);
            return;
        }
        self.visited.push(detour.to.clone());
        // A group forwards on the account of whoever called it, an extension on its own.
        if plan.extension(&detour.by).is_some() {
            self.payer = Payer::Extension(detour.by.clone());
        }
        let payer = self.payer.clone();
        // Who came in over a trunk may call nobody, but a group's calls go inside wherever the group says.
        let inside = match &payer {
            Payer::Trunk(_) if plan.extension(&detour.to).is_some() => {
                Some(Route::Extension(detour.to.clone()))
            }
            Payer::Trunk(_) if plan.group(&detour.to).is_some() => Some(Route::Group(detour.to.clone())),
            Payer::Trunk(_) | Payer::Extension(_) => None,
        };
        let route = inside.unwrap_or_else(|| plan.route(payer.caller(), &detour.to));
        self.diversions.push(Diversion { by: detour.by, reason });
        if let Err(status) = self.follow(plan, &route) {
            self.outcome = Outcome::Refused(status);
        }
    }

    fn follow(&mut self, plan: &Plan, route: &Route) -> Result<(), StatusCode> {
        (self.busy, self.no_answer, self.group, self.mailbox) = (None, None, None, None);
        match route {
            Route::Extension(number) => {
                let extension = plan.extension(number).ok_or(StatusCode::NOT_FOUND)?;
                self.follow_extension(plan, extension);
            }
            Route::Group(number) => self.follow_group(plan, plan.group(number).ok_or(StatusCode::NOT_FOUND)?),
            Route::Outside(outside) => self.follow_ways(&outside.ways, &outside.number, false)?,
            Route::Emergency { number, ways } => self.follow_ways(ways, number, true)?,
            // Nobody is forwarded to the door of a meeting: there is nobody who could say who comes.
            Route::Code(_) | Route::Conference(_) | Route::Meeting { .. } => {
                return Err(StatusCode::NOT_FOUND);
            }
            Route::Refused(refusal) => return Err(refusal.status()),
        }
        Ok(())
    }

    fn follow_extension(&mut self, plan: &Plan, extension: &Extension) {
        let by = &extension.number;
        let detour = |to: &Option<String>| to.clone().map(|to| Detour { by: by.clone(), to });
        let forward = &extension.forward;
        if let Some(always) = detour(&forward.always) {
            return self.divert(plan, always, "unconditional");
        }
        self.busy = detour(&forward.busy);
        self.no_answer = detour(&forward.no_answer);
        self.mailbox = extension.voicemail.map(|_| by.clone());
        if extension.do_not_disturb {
            self.outcome = Outcome::Busy;
            return;
        }
        let ring = match self.no_answer {
            Some(_) => forward.no_answer_after.unwrap_or(RING_BEFORE_FORWARDING),
            None => extension.voicemail.unwrap_or(LONGEST_RING),
        };
        self.steps.push_back(Step::of(extension, ring));
    }

    fn follow_group(&mut self, plan: &Plan, group: &RingGroup) {
        let members = group.members.iter().filter_map(|number| plan.extension(number));
        let at_home: Vec<&Extension> = members.filter(|member| !member.do_not_disturb).collect();
        match group.strategy {
            RingStrategy::All => {
                let targets = at_home.iter().map(|member| Target::Extension(member.number.clone())).collect();
                self.steps.push_back(Step { targets, ring: group.ring });
            }
            RingStrategy::InOrder => {
                self.steps.extend(at_home.iter().map(|member| Step::of(member, group.ring)));
            }
        }
        let otherwise = group.otherwise.clone().map(|to| Detour { by: group.number.clone(), to });
        self.group = Some(Ringing { otherwise });
    }

    fn follow_ways(&mut self, ways: &[Way], number: &str, emergency: bool) -> Result<(), StatusCode> {
        if ways.is_empty() {
            return Err(StatusCode::SERVICE_UNAVAILABLE);
        }
        // Who needs help is not told that a trunk did not answer our last question: it is tried all the same.
        for in_need in if emergency { &[false, true][..] } else { &[false] } {
            self.steps.extend(ways.iter().map(|way| {
                let (way, number) = (way.clone(), number.to_owned());
                let outside = Outside { way, number, emergency, in_need: *in_need };
                Step { targets: vec![Target::Outside(outside)], ring: LONGEST_RING }
            }));
        }
        Ok(())
    }
}

impl Payer {
    /// As the plan knows it.
    pub(super) fn caller(&self) -> Caller<'_> {
        match self {
            Self::Extension(number) => Caller::Extension(number),
            Self::Trunk(trunk) => Caller::Trunk(*trunk),
        }
    }
}

impl Step {
    fn of(extension: &Extension, ring: Duration) -> Self {
        Self { targets: vec![Target::Extension(extension.number.clone())], ring }
    }
}

impl Outcome {
    /// What a refusal of a branch means for the call.
    pub(super) fn of_refusal(status: StatusCode) -> Self {
        match status.code() {
            486 | 600 => Self::Busy,
            // Not registered any more, do not disturb at the phone, or the flow broke.
            408 | 480 | 503 | 430 => Self::Unreachable,
            // A phone that wants to know who we are is none of ours; a caller could do nothing with the challenge.
            401 | 407 => Self::Refused(StatusCode::FORBIDDEN),
            _ => Self::Refused(status),
        }
    }

    /// Of two devices' answers the one that says more about the person.
    pub(super) fn or(self, other: Self) -> Self {
        let rank = |outcome: Self| match outcome {
            Self::Busy => 3,
            Self::NoAnswer => 2,
            Self::Refused(_) => 1,
            Self::Unreachable => 0,
        };
        if rank(other) > rank(self) { other } else { self }
    }
}

/// Whether another trunk may do better than one that refused so.
pub(super) fn is_trunks_fault(status: StatusCode) -> bool {
    matches!(status.code(), 401 | 403 | 407 | 408 | 430 | 500..=599)
}

/// How long a phone rings before its calls go elsewhere, if nobody said how long.
const RING_BEFORE_FORWARDING: Duration = Duration::from_secs(20);
/// How long anything rings at most.
pub(super) const LONGEST_RING: Duration = Duration::from_secs(120);
/// How often one call may be sent on.
const MAX_DIVERSIONS: usize = 5;
