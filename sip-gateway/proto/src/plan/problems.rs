//! What is wrong with a plan: not enough to refuse it, for it runs with the rest, but somebody should be told.

use std::collections::HashSet;

use super::number::{international, is_country};
use super::route::{Caller, Route};
use super::{DigestAlgorithm, Extension, Plan, Post};

/// A mistake in a plan. `of` names the thing that has it, as an administrator would.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Problem {
    /// There is no realm, so no phone can authenticate.
    NoRealm,
    /// Several things have this number; the first has it, extensions before groups before meetings.
    DuplicateNumber {
        /// The number.
        number: String,
    },
    /// Several devices have this user name; the first counts.
    DuplicateUsername {
        /// The name.
        username: String,
    },
    /// A public number has several entries at one trunk; the first counts.
    DuplicatePublicNumber {
        /// The number, empty for that of all others.
        number: String,
    },
    /// Something belongs to a post that is not there.
    UnknownPost {
        /// What.
        of: String,
    },
    /// A post's country is none.
    UnknownCountry {
        /// The post's name.
        post: String,
        /// The country.
        country: String,
    },
    /// Something names a trunk that is not there.
    UnknownTrunk {
        /// What.
        of: String,
    },
    /// Something leads to a number that is none of ours.
    UnknownTarget {
        /// What.
        of: String,
        /// Where it leads.
        target: String,
    },
    /// A number of the house is an emergency number at a post, where it can never be called.
    EmergencyShadows {
        /// The post's name.
        post: String,
        /// The number.
        number: String,
    },
    /// A post has no emergency number.
    NoEmergencyNumber {
        /// The post's name.
        post: String,
    },
    /// A post has emergency numbers, but no trunk to call them by.
    NoTrunkForEmergency {
        /// The post's name.
        post: String,
    },
    /// A number that should be in E.164 is not.
    NotE164 {
        /// Whose.
        of: String,
        /// The number.
        number: String,
    },
    /// A number of the house is written like a short code, and comes before it.
    CodeHidden {
        /// The number.
        number: String,
    },
    /// An extension or group forwards to where it cannot call.
    BadForward {
        /// Whose calls.
        extension: String,
        /// To where.
        target: String,
    },
    /// Calls are forwarded round in circles.
    ForwardLoop {
        /// An extension in the circle.
        extension: String,
    },
    /// What is stored of a password does not fit the extension's algorithm.
    BadHa1 {
        /// The device's user name.
        username: String,
        /// The extension's algorithm.
        algorithm: DigestAlgorithm,
    },
    /// A trunk is to register, but does not know as whom.
    NoCredentials {
        /// Its name.
        trunk: String,
    },
}

impl Plan {
    /// What is wrong with the plan.
    #[must_use]
    pub fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        if self.realm.is_empty() {
            problems.push(Problem::NoRealm);
        }
        self.posts.iter().for_each(|post| self.post_problems(post, &mut problems));
        self.number_problems(&mut problems);
        self.extensions.iter().for_each(|extension| self.extension_problems(extension, &mut problems));
        self.group_problems(&mut problems);
        self.trunk_problems(&mut problems);
        self.inbound_problems(&mut problems);
        problems
    }

    fn post_problems(&self, post: &Post, problems: &mut Vec<Problem>) {
        let name = || post.name.clone();
        if !is_country(&post.country) {
            problems.push(Problem::UnknownCountry { post: name(), country: post.country.clone() });
        }
        if post.emergency.is_empty() {
            problems.push(Problem::NoEmergencyNumber { post: name() });
        } else if !self.trunks.iter().any(|trunk| trunk.post == post.id) {
            problems.push(Problem::NoTrunkForEmergency { post: name() });
        }
        for emergency in &post.emergency {
            let prefixed = format!("{}{emergency}", post.outside_prefix);
            let mut forms = vec![emergency.clone()];
            if prefixed != *emergency {
                forms.push(prefixed);
            }
            for number in forms {
                if self.is_inside(&number) {
                    problems.push(Problem::EmergencyShadows { post: name(), number });
                }
            }
        }
    }

    /// Whether something in the house has that number.
    fn is_inside(&self, number: &str) -> bool {
        self.extension(number).is_some()
            || self.group(number).is_some()
            || self.is_conference(number)
            || self.room(number).is_some()
    }

    fn number_problems(&self, problems: &mut Vec<Problem>) {
        let extensions = self.extensions.iter().map(|extension| &extension.number);
        let groups = self.groups.iter().map(|group| &group.number);
        let rooms = self.rooms.iter().map(|room| &room.number);
        let mut seen = HashSet::new();
        for number in extensions.chain(groups).chain(&self.conference).chain(rooms) {
            if !seen.insert(number) {
                problems.push(Problem::DuplicateNumber { number: number.clone() });
            }
            if number.starts_with(['*', '#']) {
                problems.push(Problem::CodeHidden { number: number.clone() });
            }
        }
        let mut seen = HashSet::new();
        for device in self.extensions.iter().flat_map(|extension| &extension.devices) {
            if !seen.insert(&device.username) {
                problems.push(Problem::DuplicateUsername { username: device.username.clone() });
            }
        }
    }

    fn extension_problems(&self, extension: &Extension, problems: &mut Vec<Problem>) {
        if self.post(extension.post).is_none() {
            problems.push(Problem::UnknownPost { of: extension.number.clone() });
        }
        let digits = match extension.digest {
            DigestAlgorithm::Md5 => 32,
            DigestAlgorithm::Sha256 => 64,
        };
        let fits = |text: &str| {
            text.len() == digits && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        };
        for device in extension.devices.iter().filter(|device| !fits(&device.ha1.0)) {
            let (username, algorithm) = (device.username.clone(), extension.digest);
            problems.push(Problem::BadHa1 { username, algorithm });
        }
        let forward = &extension.forward;
        for target in [&forward.always, &forward.busy, &forward.no_answer].into_iter().flatten() {
            let leads = self.route(Caller::Extension(&extension.number), target);
            if !matches!(leads, Route::Extension(_) | Route::Group(_) | Route::Outside(_)) {
                let extension = extension.number.clone();
                problems.push(Problem::BadForward { extension, target: target.clone() });
            }
        }
        if self.goes_round(extension) {
            problems.push(Problem::ForwardLoop { extension: extension.number.clone() });
        }
    }

    /// Whether calls that are forwarded at once come back to where they were.
    fn goes_round(&self, start: &Extension) -> bool {
        let mut at = start;
        // A circle that does not come back to `start` is told of one that it comes back to.
        for _ in 0..self.extensions.len() {
            let Some(target) = &at.forward.always else { return false };
            let Route::Extension(number) = self.route(Caller::Extension(&at.number), target) else {
                return false;
            };
            if number == start.number {
                return true;
            }
            match self.extension(&number) {
                Some(next) => at = next,
                None => return false,
            }
        }
        false
    }

    fn group_problems(&self, problems: &mut Vec<Problem>) {
        for group in &self.groups {
            let of = || group.number.clone();
            if self.post(group.post).is_none() {
                problems.push(Problem::UnknownPost { of: of() });
            }
            for member in group.members.iter().filter(|member| self.extension(member).is_none()) {
                problems.push(Problem::UnknownTarget { of: of(), target: member.clone() });
            }
            if let Some(target) = &group.otherwise
                && self.extension(target).is_none()
                && self.group(target).is_none()
            {
                problems.push(Problem::UnknownTarget { of: of(), target: target.clone() });
            }
        }
    }

    fn trunk_problems(&self, problems: &mut Vec<Problem>) {
        for trunk in &self.trunks {
            if self.post(trunk.post).is_none() {
                problems.push(Problem::UnknownPost { of: trunk.name.clone() });
            }
            if trunk.register && trunk.credentials.is_none() {
                problems.push(Problem::NoCredentials { trunk: trunk.name.clone() });
            }
            check_e164(&trunk.name, trunk.caller_id.as_deref(), problems);
        }
        for route in &self.routes {
            let of = || if route.prefix.is_empty() { "*".to_owned() } else { route.prefix.clone() };
            if route.post.is_some_and(|post| self.post(post).is_none()) {
                problems.push(Problem::UnknownPost { of: of() });
            }
            if route.trunks.iter().any(|trunk| self.trunk(*trunk).is_none()) {
                problems.push(Problem::UnknownTrunk { of: of() });
            }
            let digits = route.prefix.strip_prefix('+').unwrap_or(&route.prefix);
            if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
                problems.push(Problem::NotE164 { of: of(), number: route.prefix.clone() });
            }
        }
    }

    fn inbound_problems(&self, problems: &mut Vec<Problem>) {
        let mut seen = HashSet::new();
        for inbound in &self.inbound {
            let of = || if inbound.number.is_empty() { "*".to_owned() } else { inbound.number.clone() };
            if self.trunk(inbound.trunk).is_none() {
                problems.push(Problem::UnknownTrunk { of: of() });
            }
            if !self.is_inside(&inbound.target) {
                problems.push(Problem::UnknownTarget { of: of(), target: inbound.target.clone() });
            }
            if !seen.insert((inbound.trunk, &inbound.number)) {
                problems.push(Problem::DuplicatePublicNumber { number: inbound.number.clone() });
            }
            check_e164(&of(), Some(&inbound.number).filter(|number| !number.is_empty()), problems);
        }
    }
}

fn check_e164(of: &str, number: Option<&(impl AsRef<str> + ?Sized)>, problems: &mut Vec<Problem>) {
    let Some(number) = number.map(AsRef::as_ref) else { return };
    if number.strip_prefix('+').and_then(international).is_none_or(|read| read.e164 != number) {
        problems.push(Problem::NotE164 { of: of.to_owned(), number: number.to_owned() });
    }
}

#[cfg(test)]
#[path = "tests/problems.rs"]
mod tests;
