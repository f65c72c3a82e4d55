//! Where a dialled number leads: a pure function of the plan.
//!
//! What is dialled is tried in this order, and the first that fits decides:
//!
//! 1. an emergency number of the caller's post, with or without the post's outside prefix: always goes out, whatever
//!    rights and limits say;
//! 2. the number of an extension, a group or a meeting, exactly as it is: no prefix and no code hides it;
//! 3. a short code, [`ShortCode`];
//! 4. a public number behind the outside prefix, or one with a plus or an international prefix without it. If it is one
//!    of our own, the call stays in the house and costs nothing;
//! 5. a short national number behind the outside prefix, 118: it leaves by a trunk of the caller's post.
//!
//! Forwarding is not followed here. Whoever does so counts the steps.

use super::code::ShortCode;
use super::explain::{Explanation, Step, Where};
use super::number::{PublicNumber, international, international_part, public_number, without_separators};
use super::{Class, Extension, IdentityProfile, OutboundRoute, Plan, Post, Trunk, TrunkId};
use crate::message::StatusCode;

/// Who dials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Caller<'a> {
    /// An extension, by its number; also one whose calls are forwarded.
    Extension(&'a str),
    /// Somebody in the public network, who came in by this trunk.
    Trunk(TrunkId),
}

/// Where a number leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    /// To the extension of that number.
    Extension(String),
    /// To the group of that number.
    Group(String),
    /// To all meetings, of which the PIN chooses one.
    Conference(String),
    /// To one meeting.
    Meeting {
        /// The number.
        number: String,
        /// Which meeting, in the office's words.
        meeting: String,
    },
    /// To what a short code orders.
    Code(ShortCode),
    /// To the public network.
    Outside(Outside),
    /// To those who help, by a trunk of the caller's post. No right and no limit stands in the way.
    Emergency {
        /// As it is dialled where the post is.
        number: String,
        /// The ways to try, in order; none if the post has no trunk.
        ways: Vec<Way>,
    },
    /// Nowhere.
    Refused(Refusal),
}

/// A call to the public network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outside {
    /// The number in E.164; a short national number as it is.
    pub number: String,
    /// How far that is.
    pub class: Class,
    /// The ways to try, in order; at least one.
    pub ways: Vec<Way>,
}

/// A trunk, and what is told to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    /// Which trunk.
    pub trunk: TrunkId,
    /// The number as this trunk wants it.
    pub number: String,
    /// Which number of ours is shown, in E.164: the caller's own if it comes in by this trunk.
    pub caller_id: Option<String>,
    /// How it is told.
    pub identity: IdentityProfile,
}

/// Why a number leads nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// The plan does not know who calls.
    UnknownCaller,
    /// No extension, group, code or public number is written so.
    NoSuchNumber,
    /// It is a public number, but the outside prefix was not dialled.
    PrefixMissing,
    /// The caller may not call so far.
    Rights {
        /// What it takes.
        needs: Class,
    },
    /// No route has a prefix of the number.
    NoRoute,
    /// The route has no trunk that may carry the call.
    NoTrunk,
    /// The number to forward to leads nowhere for the extension, or back to it.
    BadForward,
    /// Nothing is to be reached by this number from outside.
    NotOurs,
}

impl Refusal {
    /// What the caller's phone is told.
    #[must_use]
    pub fn status(self) -> StatusCode {
        match self {
            Self::NoSuchNumber | Self::NotOurs => StatusCode::NOT_FOUND,
            Self::PrefixMissing => StatusCode::ADDRESS_INCOMPLETE,
            Self::UnknownCaller | Self::Rights { .. } | Self::BadForward => StatusCode::FORBIDDEN,
            Self::NoRoute | Self::NoTrunk => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

impl Plan {
    /// Where a number leads for a caller. Limits on calls at once are not looked at: they depend on calls.
    #[must_use]
    pub fn route(&self, caller: Caller<'_>, dialled: &str) -> Route {
        self.explain(caller, dialled).route
    }

    /// The same, told step by step.
    #[must_use]
    pub fn explain(&self, caller: Caller<'_>, dialled: &str) -> Explanation {
        let mut steps = Vec::new();
        let route = match caller {
            Caller::Extension(number) => match self.extension(number) {
                Some(extension) => self.dialled_by(extension, dialled, &mut steps),
                None => Err(Refusal::UnknownCaller),
            },
            Caller::Trunk(trunk) => match self.trunk(trunk) {
                Some(trunk) => self.called_over(trunk, dialled, &mut steps),
                None => Err(Refusal::UnknownCaller),
            },
        };
        Explanation { steps, route: route.unwrap_or_else(Route::Refused) }
    }

    fn dialled_by(&self, caller: &Extension, dialled: &str, steps: &mut Vec<Step>) -> Result<Route, Refusal> {
        let post = self.post(caller.post);
        steps.push(Step::Caller {
            number: caller.number.clone(),
            name: caller.name.clone(),
            post: post.map(|post| post.name.clone()),
        });
        let plain = without_separators(dialled);
        if let (Some(post), Some(plain)) = (post, &plain)
            && let Some(number) = emergency(post, plain)
        {
            steps.push(Step::Emergency { number: number.to_owned(), post: post.name.clone() });
            let local = self.trunks.iter().filter(|trunk| trunk.post == post.id);
            let ways =
                local.map(|trunk| self.way(trunk, caller, number)).inspect(|way| self.tell_way(way, steps));
            return Ok(Route::Emergency { number: number.to_owned(), ways: ways.collect() });
        }
        if let Some(inside) = self.inside(dialled).or_else(|| self.inside(plain.as_deref()?)) {
            self.tell_inside(&inside, steps);
            return may(caller, Class::Internal, steps).map(|()| inside);
        }
        let plain = plain.ok_or(Refusal::NoSuchNumber)?;
        if ShortCode::is_meant(&plain) {
            let code = ShortCode::parse(&plain).ok_or(Refusal::NoSuchNumber)?;
            steps.push(Step::Code(code.clone()));
            return self.code(caller, code, steps);
        }
        steps.push(Step::NotInside { number: plain.clone() });
        let post = post.ok_or(Refusal::NoSuchNumber)?;
        match self.dialled_outside(post, &plain, steps) {
            Ok(number) => self.outside(caller, post, &number, steps),
            Err(Refusal::NoSuchNumber) => self.dialled_service(caller, post, &plain, steps),
            Err(refusal) => Err(refusal),
        }
    }

    fn code(&self, caller: &Extension, code: ShortCode, steps: &mut Vec<Step>) -> Result<Route, Refusal> {
        may(caller, Class::Internal, steps)?;
        if let ShortCode::DirectedPickup(number) = &code
            && self.extension(number).is_none()
        {
            return Err(Refusal::NoSuchNumber);
        }
        if let Some(target) = code.forwards_to() {
            // Not to itself, not to a code, not to the fire brigade, and not where it may not call.
            match self.route(Caller::Extension(&caller.number), target) {
                Route::Extension(number) if number == caller.number => return Err(Refusal::BadForward),
                Route::Extension(_) | Route::Group(_) | Route::Outside(_) => {}
                // Nobody is there to type a PIN for a call that was forwarded, or to say who comes.
                Route::Conference(_) | Route::Meeting { .. } => return Err(Refusal::BadForward),
                Route::Code(_) | Route::Emergency { .. } | Route::Refused(_) => {
                    return Err(Refusal::BadForward);
                }
            }
        }
        Ok(Route::Code(code))
    }

    /// The public number that is meant. What can be read in two ways is what the metadata are certain of.
    fn dialled_outside(
        &self,
        post: &Post,
        plain: &str,
        steps: &mut Vec<Step>,
    ) -> Result<PublicNumber, Refusal> {
        let prefix = post.outside_prefix.as_str();
        let behind_prefix = plain.strip_prefix(prefix).filter(|rest| !rest.is_empty());
        let prefixed = behind_prefix.and_then(|rest| public_number(rest, &post.country));
        // Address books have international numbers, and nobody wants to edit them.
        let international = international_part(plain, &post.country).and_then(international);

        let certain = |number: &Option<PublicNumber>| number.as_ref().is_some_and(PublicNumber::is_certain);
        let by_prefix = certain(&prefixed) || (prefixed.is_some() && !certain(&international));
        let (number, prefix) = match by_prefix {
            true => (prefixed, prefix),
            false => (international, ""),
        };
        let Some(number) = number else {
            let complete = public_number(plain, &post.country).is_some_and(|number| number.is_certain());
            return Err(if complete { Refusal::PrefixMissing } else { Refusal::NoSuchNumber });
        };
        if !prefix.is_empty() {
            steps.push(Step::OutsidePrefix { prefix: prefix.to_owned() });
        }
        if let Some(formerly) = &number.formerly {
            steps.push(Step::Completed { formerly: formerly.clone(), number: number.e164.clone() });
        }
        steps.push(Step::Public {
            number: number.e164.clone(),
            dialled_in: post.country.clone(),
            country: number.region.clone(),
        });
        Ok(number)
    }

    fn outside(
        &self,
        caller: &Extension,
        post: &Post,
        number: &PublicNumber,
        steps: &mut Vec<Step>,
    ) -> Result<Route, Refusal> {
        if let Some(inbound) = self.own_number(&number.e164)
            && let Some(inside) = self.inside(&inbound.target)
        {
            steps.push(Step::OwnNumber { number: number.e164.clone() });
            self.tell_inside(&inside, steps);
            return may(caller, Class::Internal, steps).map(|()| inside);
        }
        let home = number.region.as_deref().is_some_and(|region| region.eq_ignore_ascii_case(&post.country));
        let class = if home && !number.premium { Class::National } else { Class::International };
        steps.push(Step::Class { class, premium: number.premium });
        may(caller, class, steps)?;

        let digits = number.e164.trim_start_matches('+');
        let route = self.outbound_route(caller, digits).ok_or(Refusal::NoRoute)?;
        steps.push(Step::Route {
            prefix: route.prefix.clone(),
            post: route.post.and_then(|post| Some(self.post(post)?.name.clone())),
        });
        let mut ways = Vec::with_capacity(route.trunks.len());
        for trunk in route.trunks.iter().filter_map(|id| self.trunk(*id)) {
            if trunk.rights < class {
                steps.push(Step::TrunkMayNot { trunk: trunk.name.clone(), needs: class });
                continue;
            }
            let way = self.way(trunk, caller, &number.e164);
            self.tell_way(&way, steps);
            ways.push(way);
        }
        match ways.is_empty() {
            true => Err(Refusal::NoTrunk),
            false => Ok(Route::Outside(Outside { number: number.e164.clone(), class, ways })),
        }
    }

    /// The longest prefix counts; of two equal ones, that of the caller's post.
    fn outbound_route(&self, caller: &Extension, digits: &str) -> Option<&OutboundRoute> {
        let weight =
            |route: &OutboundRoute| (route.prefix.trim_start_matches('+').len(), route.post.is_some());
        self.routes
            .iter()
            .filter(|route| route.post.is_none_or(|post| post == caller.post))
            .filter(|route| digits.starts_with(route.prefix.trim_start_matches('+')))
            .reduce(|best, next| if weight(next) > weight(best) { next } else { best })
    }

    pub(super) fn way(&self, trunk: &Trunk, caller: &Extension, number: &str) -> Way {
        let shown = self.shown_number(trunk.id, &caller.number).or(trunk.caller_id.as_deref());
        let dialled = if trunk.strip_plus { number.trim_start_matches('+') } else { number };
        Way {
            trunk: trunk.id,
            number: dialled.to_owned(),
            caller_id: shown.map(str::to_owned),
            identity: trunk.identity,
        }
    }

    /// A public number of ours leads to an extension, group or meeting, and to nothing else: nobody calls through us.
    fn called_over(&self, trunk: &Trunk, dialled: &str, steps: &mut Vec<Step>) -> Result<Route, Refusal> {
        steps.push(Step::Trunk { name: trunk.name.clone() });
        let country = self.post(trunk.post).map_or("", |post| post.country.as_str());
        let plain = without_separators(dialled).unwrap_or_default();
        // Providers write our number with a plus, nationally, or in full without the plus.
        let readings = [public_number(&plain, country), international(plain.trim_start_matches('+'))];
        let known = readings.iter().flatten().find_map(|number| self.inbound(trunk.id, &number.e164));
        let Some(inbound) = known.or_else(|| self.inbound(trunk.id, "")) else {
            steps.push(Step::NotOurs { number: dialled.chars().take(MAX_TOLD).collect() });
            return Err(Refusal::NotOurs);
        };
        steps.push(match inbound.number.is_empty() {
            true => Step::AnyNumber,
            false => Step::OwnNumber { number: inbound.number.clone() },
        });
        let inside = self.inside(&inbound.target).ok_or(Refusal::NotOurs)?;
        self.tell_inside(&inside, steps);
        Ok(inside)
    }

    /// The extension, group or meeting of exactly that number.
    fn inside(&self, number: &str) -> Option<Route> {
        if self.extension(number).is_some() {
            return Some(Route::Extension(number.to_owned()));
        }
        if self.group(number).is_some() {
            return Some(Route::Group(number.to_owned()));
        }
        if self.is_conference(number) {
            return Some(Route::Conference(number.to_owned()));
        }
        let room = self.room(number)?;
        Some(Route::Meeting { number: room.number.clone(), meeting: room.meeting.clone() })
    }

    fn tell_inside(&self, inside: &Route, steps: &mut Vec<Step>) {
        let (kind, number, name, post) = match inside {
            Route::Extension(number) => match self.extension(number) {
                Some(extension) => (Where::Extension, number, extension.name.as_str(), Some(extension.post)),
                None => return,
            },
            Route::Group(number) => match self.group(number) {
                Some(group) => (Where::Group, number, group.name.as_str(), Some(group.post)),
                None => return,
            },
            Route::Conference(number) => (Where::Conference, number, "", None),
            Route::Meeting { number, .. } => match self.room(number) {
                Some(room) => (Where::Meeting, number, room.name.as_str(), None),
                None => return,
            },
            _ => return,
        };
        let post = post.and_then(|post| Some(self.post(post)?.name.clone()));
        steps.push(Step::Inside { kind, number: number.clone(), name: name.to_owned(), post });
    }

    pub(super) fn tell_way(&self, way: &Way, steps: &mut Vec<Step>) {
        let trunk = self.trunk(way.trunk).map(|trunk| trunk.name.clone()).unwrap_or_default();
        steps.push(Step::Way { trunk, number: way.number.clone(), caller_id: way.caller_id.clone() });
    }
}

/// The post's emergency number that was dialled, if it was one.
fn emergency<'a>(post: &'a Post, plain: &str) -> Option<&'a str> {
    let behind_prefix = plain.strip_prefix(&post.outside_prefix);
    let is_dialled = |number: &&String| plain == number.as_str() || behind_prefix == Some(number.as_str());
    post.emergency.iter().filter(|number| !number.is_empty()).find(is_dialled).map(String::as_str)
}

pub(super) fn may(caller: &Extension, needs: Class, steps: &mut Vec<Step>) -> Result<(), Refusal> {
    let granted = caller.rights >= needs;
    steps.push(Step::Rights { has: caller.rights, needs, granted });
    if granted { Ok(()) } else { Err(Refusal::Rights { needs }) }
}

/// How much of a number that is not ours is told.
const MAX_TOLD: usize = 64;

#[cfg(test)]
#[path = "tests/route.rs"]
mod tests;
