//! What is under discussion. Pure: time comes in.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::state::shifted;
use crate::meetings::schedule::AgendaItem;

/// The agenda of a meeting that people are in. It is written down as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agenda {
    points: Vec<AgendaItem>,
    current: Option<Current>,
}

/// The point that is under discussion, by its place from 0, and since when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Current {
    at: usize,
    since: Timestamp,
    /// From when on no time is counted: nobody is there.
    away: Option<Timestamp>,
}

/// The agenda as everybody in the room sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AgendaView {
    points: Vec<PointView>,
    /// The number of the point that is under discussion, from 1.
    current: Option<usize>,
    /// Since when.
    since: Option<Timestamp>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct PointView {
    title: String,
    /// How long it is to take.
    minutes: u32,
}

impl Agenda {
    /// Nothing is under discussion yet.
    #[must_use]
    pub fn new(points: Vec<AgendaItem>) -> Self {
        Self { points, current: None }
    }

    /// Goes to a point by its number from 1, or to none; whether there is such a point. Who is at it already stays.
    pub fn go_to(&mut self, now: Timestamp, number: Option<usize>) -> bool {
        let Some(number) = number else {
            self.current = None;
            return true;
        };
        let Some(at) = number.checked_sub(1).filter(|at| *at < self.points.len()) else { return false };
        if self.current.is_none_or(|current| current.at != at) {
            self.current = Some(Current { at, since: now, away: None });
        }
        true
    }

    /// Nobody is there any more.
    pub fn pause(&mut self, at: Timestamp) {
        if let Some(current) = &mut self.current {
            current.away.get_or_insert(at.max(current.since));
        }
    }

    /// The point goes on after a break, of which no time is counted.
    pub fn resume(&mut self, now: Timestamp) {
        if let Some(current) = &mut self.current
            && let Some(away) = current.away.take()
        {
            current.since = shifted(current.since, away, now);
        }
    }

    /// The plan has other points now. What is under discussion stays if there still is one of its title; whether it did.
    pub fn replan(&mut self, points: Vec<AgendaItem>) -> bool {
        let title = self.under_discussion().map(|(_, point)| point.title.clone());
        self.points = points;
        let Some(current) = &mut self.current else { return true };
        match self.points.iter().position(|point| Some(&point.title) == title.as_ref()) {
            Some(at) => current.at = at,
            None => self.current = None,
        }
        self.current.is_some()
    }

    /// What is under discussion, and its number from 1.
    #[must_use]
    pub fn under_discussion(&self) -> Option<(usize, &AgendaItem)> {
        let at = self.current?.at;
        self.points.get(at).map(|point| (at + 1, point))
    }

    /// As everybody sees it.
    #[must_use]
    pub fn view(&self) -> AgendaView {
        let point = |item: &AgendaItem| PointView {
            title: item.title.chars().take(LONGEST_TITLE).collect(),
            minutes: item.minutes,
        };
        AgendaView {
            points: self.points.iter().map(point).collect(),
            current: self.under_discussion().map(|(number, _)| number),
            since: self.current.map(|current| current.since),
        }
    }
}

/// All titles together go to everybody with each change.
const LONGEST_TITLE: usize = 120;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_is_under_discussion_since_it_was_gone_to() {
        let mut agenda = agenda(["Ouverture", "Visas"]);
        assert_eq!(agenda.under_discussion(), None);

        assert!(agenda.go_to(at(0), Some(2)));
        assert!(agenda.go_to(at(9), Some(2)), "it is there already");
        assert_eq!((agenda.view().current, agenda.view().since), (Some(2), Some(at(0))));
        for nowhere in [0, 3] {
            assert!(!agenda.go_to(at(10), Some(nowhere)));
        }
        assert_eq!(agenda.under_discussion().unwrap().1.title, "Visas");

        assert!(agenda.go_to(at(20), None));
        assert_eq!((agenda.view().current, agenda.view().since), (None, None));
    }

    #[test]
    fn a_point_keeps_its_time_when_the_plan_moves_it_and_ends_when_it_is_struck_off() {
        let mut agenda = agenda(["Ouverture", "Visas"]);
        agenda.go_to(at(0), Some(2));

        assert!(agenda.replan(items(["Visas", "Divers"])));
        assert_eq!((agenda.view().current, agenda.view().since), (Some(1), Some(at(0))));
        assert!(!agenda.replan(items(["Divers"])));
        assert_eq!(agenda.under_discussion(), None);
    }

    #[test]
    fn a_break_counts_for_nothing() {
        let mut agenda = agenda(["Ouverture"]);
        agenda.go_to(at(0), Some(1));
        agenda.pause(at(60));
        agenda.pause(at(70));
        agenda.resume(at(100));
        agenda.resume(at(200));
        assert_eq!(agenda.view().since, Some(at(40)), "a minute of it was over");

        let written = serde_json::to_string(&agenda).unwrap();
        assert_eq!(serde_json::from_str::<Agenda>(&written).unwrap(), agenda);
    }

    #[test]
    fn what_everybody_has_to_learn_has_a_bound() {
        let mut agenda = agenda(["x"]);
        agenda.replan(items([&"é".repeat(200)]));
        assert_eq!(agenda.view().points[0].title.chars().count(), LONGEST_TITLE);
    }

    fn agenda<const N: usize>(titles: [&str; N]) -> Agenda {
        Agenda::new(items(titles))
    }

    fn items<const N: usize>(titles: [&str; N]) -> Vec<AgendaItem> {
        titles.map(|title| AgendaItem { title: title.to_owned(), minutes: 15 }).to_vec()
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }
}
