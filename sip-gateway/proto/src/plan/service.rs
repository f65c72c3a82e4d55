//! Short national numbers: directory enquiries, the time, hotlines. They mean something in one country only and have no form
//! in E.164, so that they leave by a trunk of the caller's post, as emergency numbers do; but rights and limits hold.

use super::explain::Step;
use super::route::{Outside, Refusal, Route, may};
use super::{Class, Extension, Plan, Post};

impl Plan {
    /// Where a short national number leads, if what was dialled at a post is one.
    pub(super) fn dialled_service(
        &self,
        caller: &Extension,
        post: &Post,
        plain: &str,
        steps: &mut Vec<Step>,
    ) -> Result<Route, Refusal> {
        let prefix = post.outside_prefix.as_str();
        let number = plain.strip_prefix(prefix).unwrap_or_default();
        let Some(Service { class, premium }) = Service::of(number) else {
            return Err(Refusal::NoSuchNumber);
        };
        if prefix.is_empty() && self.has_neighbours(number) {
            return Err(Refusal::NoSuchNumber);
        }
        if !prefix.is_empty() {
            steps.push(Step::OutsidePrefix { prefix: prefix.to_owned() });
        }
        steps.push(Step::Service { number: number.to_owned(), country: post.country.clone() });
        steps.push(Step::Class { class, premium });
        may(caller, class, steps)?;

        let mut ways = Vec::new();
        for trunk in self.trunks.iter().filter(|trunk| trunk.post == post.id) {
            if trunk.rights < class {
                steps.push(Step::TrunkMayNot { trunk: trunk.name.clone(), needs: class });
                continue;
            }
            let way = self.way(trunk, caller, number);
            self.tell_way(&way, steps);
            ways.push(way);
        }
        match ways.is_empty() {
            true => Err(Refusal::NoTrunk),
            false => Ok(Route::Outside(Outside { number: number.to_owned(), class, ways })),
        }
    }

    /// Whether the house has numbers of the same length and first digit: then it is rather one of those, which nobody has.
    fn has_neighbours(&self, dialled: &str) -> bool {
        let extensions = self.extensions.iter().map(|extension| &extension.number);
        let groups = self.groups.iter().map(|group| &group.number);
        let rooms = self.rooms.iter().map(|room| &room.number);
        let mut numbers = extensions.chain(groups).chain(rooms).chain(&self.conference);
        numbers.any(|number| number.len() == dialled.len() && number.get(..1) == dialled.get(..1))
    }
}

/// What a short number is.
struct Service {
    class: Class,
    premium: bool,
}

impl Service {
    /// The metadata do not have them, so that their form has to do. Directory enquiries with more digits are known for their
    /// prices; the others with more are the ones of social value, which are free (Decision 2007/116/EC).
    fn of(number: &str) -> Option<Self> {
        if !number.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        match (number.len(), number.get(..3).unwrap_or_default()) {
            (3 | 4, _) if !number.starts_with('0') => Some(Self { class: Class::National, premium: false }),
            (6, "116") => Some(Self { class: Class::National, premium: false }),
            (5 | 6, "118") => Some(Self { class: Class::International, premium: true }),
            _ => None,
        }
    }
}
