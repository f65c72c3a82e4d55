//! When a meeting takes place, who sits at its table, and what is on it.

mod check;
mod recurrence;
mod seat;

use std::collections::BTreeMap;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use serde::{Deserialize, Serialize};

pub use check::{Limits, PartyWish, ScheduleWish, SeatWish, Unfit, check};
pub use recurrence::{End, Frequency, Recurrence};
pub use seat::{Answer, Badge, MailState, Party, Seat, SeatRole};

use crate::accounts::random_letters;
use crate::mail::words;

/// A meeting's appointment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// Its name in calendars, the same for ever.
    pub uid: String,
    /// The address under which its links lead here: `https://meet.example.org`.
    pub origin: String,
    /// Rises with every change that is told (RFC 5545 §3.8.7.4).
    pub sequence: u32,
    /// Whether the invitations have been sent; before that it is a draft.
    pub invited: bool,
    /// When.
    pub timing: Timing,
    /// Occurrences that are not as the series has them, by the time at which they would begin.
    pub changes: BTreeMap<DateTime, Change>,
    /// What mails call it, if not by its title.
    pub mail_title: Option<String>,
    /// What is spoken, as ISO 639 codes.
    pub languages: Vec<String>,
    /// How many minutes before a mail reminds of it.
    pub reminder: Option<u32>,
    /// In the order of precedence.
    pub parties: Vec<Party>,
    /// In order.
    pub agenda: Vec<AgendaItem>,
}

/// When a meeting is, in the time of the place that calls it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timing {
    /// The first beginning.
    pub start: DateTime,
    /// The IANA name of the time it is in.
    pub time_zone: String,
    /// How long it is to take.
    pub minutes: u32,
    /// How it comes again.
    pub recurrence: Option<Recurrence>,
}

/// How one occurrence differs from its series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    /// It does not take place.
    pub cancelled: bool,
    /// When it begins.
    pub start: DateTime,
    /// How long it takes.
    pub minutes: u32,
    /// The sequence with which that was told.
    pub sequence: u32,
}

/// One time that a meeting takes place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Occurrence {
    /// When the series has it; its name (RFC 5545 §3.8.4.4).
    pub original: DateTime,
    /// When it begins.
    pub start: DateTime,
    /// How long it takes.
    pub minutes: u32,
    /// Whether it does not take place.
    pub cancelled: bool,
}

/// A point that is to be spoken about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgendaItem {
    /// What.
    pub title: String,
    /// For how long.
    pub minutes: u32,
}

impl Timing {
    /// The rules of its time zone.
    #[must_use]
    pub fn zone(&self) -> TimeZone {
        words::zone(&self.time_zone)
    }

    /// A local time of it as a moment. In an hour that does not exist it is as much later, as calendars have it.
    #[must_use]
    pub fn moment(&self, local: DateTime) -> Timestamp {
        self.zone().to_ambiguous_timestamp(local).compatible().unwrap_or(Timestamp::MAX)
    }

    /// All beginnings as the series has them; never without end.
    #[must_use]
    pub fn originals(&self) -> Vec<DateTime> {
        self.recurrence.as_ref().map_or_else(|| vec![self.start], |again| again.from(self.start))
    }
}

impl Schedule {
    /// A name in calendars that nobody else has.
    #[must_use]
    pub fn fresh_uid(domain: &str) -> String {
        format!("{}@{domain}", random_letters(26))
    }

    /// All occurrences, as they are to take place, by their beginning; those that were cancelled too.
    #[must_use]
    pub fn occurrences(&self) -> Vec<Occurrence> {
        let mut all: Vec<_> =
            self.timing.originals().into_iter().map(|original| self.occurrence(original)).collect();
        all.sort_by_key(|occurrence| occurrence.start);
        all
    }

    fn occurrence(&self, original: DateTime) -> Occurrence {
        match self.changes.get(&original) {
            Some(&Change { cancelled, start, minutes, .. }) => {
                Occurrence { original, start, minutes, cancelled }
            }
            None => Occurrence { original, start: original, minutes: self.timing.minutes, cancelled: false },
        }
    }

    /// When an occurrence begins and ends.
    #[must_use]
    pub fn span(&self, occurrence: &Occurrence) -> (Timestamp, Timestamp) {
        let begins = self.timing.moment(occurrence.start);
        let lasts = Span::new().minutes(i64::from(occurrence.minutes));
        (begins, begins.checked_add(lasts).unwrap_or(begins))
    }

    /// From the beginning of the first occurrence to the end of the last one.
    #[must_use]
    pub fn extent(&self) -> (Timestamp, Timestamp) {
        let spans: Vec<_> = self.occurrences().iter().map(|occurrence| self.span(occurrence)).collect();
        let begins = spans.iter().map(|span| span.0).min().unwrap_or(Timestamp::UNIX_EPOCH);
        let ends = spans.iter().map(|span| span.1).max().unwrap_or(begins);
        (begins, ends)
    }

    /// The first occurrence that takes place and has not ended, or else the last one of all.
    #[must_use]
    pub fn next(&self, now: Timestamp) -> Option<Occurrence> {
        let all = self.occurrences();
        let to_come = all.iter().find(|one| !one.cancelled && self.span(one).1 > now);
        to_come.or_else(|| all.iter().rev().find(|one| !one.cancelled)).copied()
    }

    /// When to remind of which occurrence, the next time after a moment.
    #[must_use]
    pub fn next_reminder(&self, after: Timestamp) -> Option<(Timestamp, Occurrence)> {
        let before = Span::new().minutes(i64::from(self.reminder.filter(|_| self.invited)?));
        self.occurrences().into_iter().filter(|one| !one.cancelled).find_map(|one| {
            let (begins, _) = self.span(&one);
            let due = begins.checked_sub(before).ok()?;
            (due > after && begins > after).then_some((due, one))
        })
    }

    /// Everybody who has a seat, in the order of precedence.
    pub fn seats(&self) -> impl Iterator<Item = (&Party, &Seat)> {
        self.parties.iter().flat_map(|party| party.seats.iter().map(move |seat| (party, seat)))
    }

    /// The parties in a line: `Bénin – Inde`.
    #[must_use]
    pub fn parties_line(&self) -> String {
        self.parties.iter().map(|party| party.name.as_str()).collect::<Vec<_>>().join(" – ")
    }

    /// Forgets changes of occurrences that the series does not have any more.
    pub fn forget_stray_changes(&mut self) {
        let originals = self.timing.originals();
        self.changes.retain(|original, _| originals.contains(original));
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::time::Duration;

    use jiff::civil::datetime;

    use super::*;

    #[test]
    fn a_weekly_meeting_stays_at_its_hour_when_the_clocks_change() {
        let schedule = weekly();

        let begins: Vec<_> =
            schedule.occurrences().iter().map(|one| schedule.span(one).0.to_string()).collect();

        assert_eq!(begins, ["2027-03-15T09:00:00Z", "2027-03-22T09:00:00Z", "2027-03-29T08:00:00Z"]);
    }

    #[test]
    fn one_occurrence_is_moved_and_another_cancelled_and_the_rest_stays() {
        let mut schedule = weekly();
        let [first, second, third] = schedule.timing.originals()[..] else { panic!("three") };
        let moved = datetime(2027, 4, 2, 15, 0, 0, 0);
        schedule.changes.insert(first, Change { cancelled: true, start: first, minutes: 60, sequence: 1 });
        schedule.changes.insert(second, Change { cancelled: false, start: moved, minutes: 30, sequence: 2 });

        let all = schedule.occurrences();
        let told: Vec<_> = all.iter().map(|one| (one.original, one.cancelled)).collect();
        assert_eq!(told, [(first, true), (third, false), (second, false)], "by when they are");
        let before = "2027-03-01T00:00:00Z".parse().unwrap();
        assert_eq!(schedule.next(before).unwrap().original, third);
        assert_eq!(schedule.extent().1.to_string(), "2027-04-02T13:30:00Z");

        schedule.timing.start = third;
        schedule.forget_stray_changes();
        assert!(schedule.changes.is_empty());
    }

    #[test]
    fn it_is_reminded_of_each_occurrence_once() {
        let schedule = Schedule { reminder: Some(15), invited: true, ..weekly() };
        let before = "2027-03-01T00:00:00Z".parse().unwrap();

        let (due, first) = schedule.next_reminder(before).unwrap();
        assert_eq!((due.to_string().as_str(), first.start.day()), ("2027-03-15T08:45:00Z", 15));
        let (due, _) = schedule.next_reminder(due).unwrap();
        assert_eq!(due.to_string(), "2027-03-22T08:45:00Z");
        let over = "2027-03-29T07:45:00Z".parse::<Timestamp>().unwrap() + Duration::from_secs(1);
        assert_eq!(schedule.next_reminder(over), None);
        assert_eq!(
            Schedule { invited: false, ..schedule }.next_reminder(before),
            None,
            "a draft reminds nobody"
        );
    }

    pub(crate) fn weekly() -> Schedule {
        Schedule {
            uid: "x@example.org".to_owned(),
            origin: String::new(),
            sequence: 0,
            invited: false,
            timing: Timing {
                start: datetime(2027, 3, 15, 10, 0, 0, 0),
                time_zone: "Europe/Paris".to_owned(),
                minutes: 60,
                recurrence: Some(Recurrence { frequency: Frequency::Weekly, every: 1, end: End::Count(3) }),
            },
            changes: BTreeMap::new(),
            mail_title: None,
            languages: Vec::new(),
            reminder: None,
            parties: Vec::new(),
            agenda: Vec::new(),
        }
    }
}
