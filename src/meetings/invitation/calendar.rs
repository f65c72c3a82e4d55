//! A meeting as calendars take it in (RFC 5545, RFC 5546).

use calcard::common::PartialDateTime;
use calcard::icalendar::{
    ICalendar, ICalendarClassification, ICalendarComponent, ICalendarComponentType, ICalendarEntry,
    ICalendarFrequency, ICalendarMethod, ICalendarParameter, ICalendarParticipationRole,
    ICalendarParticipationStatus, ICalendarProperty, ICalendarRecurrenceRule, ICalendarStatus,
    ICalendarValue, Uri,
};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::mail::{CalendarPart, Method};
use crate::meetings::Marking;
use crate::meetings::schedule::{Answer, End, Frequency, Occurrence, Schedule, Seat, SeatRole};

/// A meeting as one person's calendar shows it.
#[derive(Debug, Clone)]
pub struct Event<'a> {
    /// When.
    pub schedule: &'a Schedule,
    /// What the calendar calls it.
    pub title: &'a str,
    /// What stands below.
    pub description: &'a str,
    /// The link.
    pub link: &'a str,
    /// For whom it is.
    pub marking: Marking,
    /// Who calls it: name and address.
    pub organizer: (&'a str, &'a str),
    /// The address from which the mails come.
    pub sent_by: Option<&'a str>,
    /// Whose calendar it is, if that person is invited.
    pub attendee: Option<&'a Seat>,
    /// When this was written.
    pub now: Timestamp,
}

impl Event<'_> {
    /// Invites to the whole series, with all that is different about single occurrences.
    #[must_use]
    pub fn request(&self) -> CalendarPart {
        let mut events = vec![self.series()];
        for occurrence in self.schedule.occurrences() {
            if self.schedule.changes.contains_key(&occurrence.original) && !occurrence.cancelled {
                events.push(self.one(&occurrence, ICalendarStatus::Confirmed));
            }
        }
        part(Method::Request, events)
    }

    /// Tells of one occurrence only: that it was moved, or does not take place.
    #[must_use]
    pub fn occurrence(&self, original: DateTime) -> CalendarPart {
        let all = self.schedule.occurrences();
        let occurrence = all.into_iter().find(|one| one.original == original).unwrap_or(Occurrence {
            original,
            start: original,
            minutes: self.schedule.timing.minutes,
            cancelled: true,
        });
        if occurrence.cancelled {
            part(Method::Cancel, vec![self.one(&occurrence, ICalendarStatus::Cancelled)])
        } else {
            part(Method::Request, vec![self.one(&occurrence, ICalendarStatus::Confirmed)])
        }
    }

    /// Takes everything back.
    #[must_use]
    pub fn cancel(&self) -> CalendarPart {
        let timing = &self.schedule.timing;
        let mut event = self.bare(timing.start, timing.minutes, ICalendarStatus::Cancelled);
        self.add_recurrence(&mut event);
        part(Method::Cancel, vec![event])
    }

    fn series(&self) -> ICalendarComponent {
        let timing = &self.schedule.timing;
        let mut event = self.full(timing.start, timing.minutes, ICalendarStatus::Confirmed);
        self.add_recurrence(&mut event);
        for (original, _) in self.schedule.changes.iter().filter(|(_, change)| change.cancelled) {
            event.entries.push(self.at(ICalendarProperty::Exdate, *original));
        }
        event
    }

    fn one(&self, occurrence: &Occurrence, status: ICalendarStatus) -> ICalendarComponent {
        let mut event = self.full(occurrence.start, occurrence.minutes, status);
        if self.schedule.timing.recurrence.is_some() {
            event.entries.push(self.at(ICalendarProperty::RecurrenceId, occurrence.original));
        }
        event
    }

    fn full(&self, start: DateTime, minutes: u32, status: ICalendarStatus) -> ICalendarComponent {
        let mut event = self.bare(start, minutes, status);
        event.add_property(ICalendarProperty::Description, self.description);
        event.add_property(ICalendarProperty::Location, self.link);
        event.add_property(ICalendarProperty::Url, Uri::Location(self.link.to_owned()));
        event
    }

    fn bare(&self, start: DateTime, minutes: u32, status: ICalendarStatus) -> ICalendarComponent {
        let mut event = ICalendarComponent::new(ICalendarComponentType::VEvent);
        event.add_uid(&self.schedule.uid);
        event.add_dtstamp(universal(self.now));
        event.add_sequence(i64::from(self.schedule.sequence));
        event.entries.push(self.at(ICalendarProperty::Dtstart, start));
        event.entries.push(self.at(ICalendarProperty::Dtend, self.end(start, minutes)));
        event.add_property(ICalendarProperty::Summary, self.title);
        event.add_property(ICalendarProperty::Status, ICalendarValue::Status(status));
        event.add_property(
            ICalendarProperty::Class,
            match self.marking {
                Marking::Public => ICalendarClassification::Public,
                Marking::Internal => ICalendarClassification::Private,
                Marking::Restricted => ICalendarClassification::Confidential,
            },
        );
        let (name, address) = self.organizer;
        let mut who = vec![ICalendarParameter::cn(quotable(name))];
        if let Some(sender) = self.sent_by.filter(|sender| *sender != address) {
            who.push(ICalendarParameter::sent_by(mailto(sender)));
        }
        event.add_property_with_params(ICalendarProperty::Organizer, who, mailto(address));
        if let Some((seat, email)) = self.attendee.and_then(|seat| Some((seat, seat.email.as_ref()?))) {
            let who = [
                ICalendarParameter::cn(quotable(&seat.name)),
                ICalendarParameter::role(part_of(seat.role)),
                ICalendarParameter::partstat(standing(seat)),
                ICalendarParameter::rsvp(true),
            ];
            event.add_property_with_params(ICalendarProperty::Attendee, who, mailto(email.as_str()));
        }
        event
    }

    fn add_recurrence(&self, event: &mut ICalendarComponent) {
        let Some(again) = &self.schedule.timing.recurrence else { return };
        let mut rule = ICalendarRecurrenceRule {
            freq: match again.frequency {
                Frequency::Daily => ICalendarFrequency::Daily,
                Frequency::Weekly => ICalendarFrequency::Weekly,
                Frequency::Monthly => ICalendarFrequency::Monthly,
            },
            ..ICalendarRecurrenceRule::default()
        };
        rule.interval = (again.every > 1).then(|| u16::try_from(again.every).unwrap_or(u16::MAX));
        (rule.count, rule.until) = match again.end {
            End::Count(count) => (Some(count), None),
            // The end of that day where the meeting is, in universal time as it must be (RFC 5545 §3.3.10).
            End::Until(day) => (None, Some(universal(self.schedule.timing.moment(day.at(23, 59, 59, 0))))),
        };
        event.add_property(ICalendarProperty::Rrule, rule);
    }

    /// The end may be on the other side of a change of the clocks.
    fn end(&self, start: DateTime, minutes: u32) -> DateTime {
        let occurrence = Occurrence { original: start, start, minutes, cancelled: false };
        let (_, end) = self.schedule.span(&occurrence);
        end.to_zoned(self.schedule.timing.zone()).datetime()
    }

    /// A property with a local time of the meeting's zone.
    fn at(&self, name: ICalendarProperty, local: DateTime) -> ICalendarEntry {
        let zone = ICalendarParameter::tzid(self.schedule.timing.time_zone.clone());
        ICalendarEntry::new(name).with_param(zone).with_value(civil(local))
    }
}

/// Several meetings as a calendar program reads them by itself.
#[must_use]
pub fn feed(name: &str, events: &[Event<'_>]) -> String {
    let mut all = Vec::new();
    for event in events {
        all.push(event.series());
        for occurrence in event.schedule.occurrences() {
            if event.schedule.changes.contains_key(&occurrence.original) && !occurrence.cancelled {
                all.push(event.one(&occurrence, ICalendarStatus::Confirmed));
            }
        }
    }
    let mut calendar = calendar(ICalendarMethod::Publish, all);
    let names = [("X-WR-CALNAME", name), ("X-PUBLISHED-TTL", "PT30M")];
    for (property, text) in names {
        calendar.components[0].add_property(ICalendarProperty::Other(property.to_owned()), text);
    }
    calendar.to_string()
}

fn part(method: Method, events: Vec<ICalendarComponent>) -> CalendarPart {
    let word = match method {
        Method::Request => ICalendarMethod::Request,
        Method::Cancel => ICalendarMethod::Cancel,
    };
    CalendarPart { method, text: calendar(word, events).to_string() }
}

fn calendar(method: ICalendarMethod, events: Vec<ICalendarComponent>) -> ICalendar {
    let mut root = ICalendarComponent::new(ICalendarComponentType::VCalendar);
    root.add_property(ICalendarProperty::Version, "2.0");
    root.add_property(
        ICalendarProperty::Prodid,
        concat!("-//Palabre//Palabre ", env!("CARGO_PKG_VERSION"), "//EN"),
    );
    root.add_property(ICalendarProperty::Calscale, "GREGORIAN");
    root.add_property(ICalendarProperty::Method, method);
    root.component_ids = (1..=u32::try_from(events.len()).unwrap_or(u32::MAX)).collect();
    let mut calendar = ICalendar { components: vec![root] };
    calendar.components.extend(events);
    calendar.add_missing_timezones();
    calendar
}

fn civil(local: DateTime) -> PartialDateTime {
    PartialDateTime {
        year: u16::try_from(local.year()).ok(),
        month: u8::try_from(local.month()).ok(),
        day: u8::try_from(local.day()).ok(),
        hour: u8::try_from(local.hour()).ok(),
        minute: u8::try_from(local.minute()).ok(),
        second: u8::try_from(local.second()).ok(),
        tz_hour: None,
        tz_minute: None,
        tz_minus: false,
    }
}

fn universal(at: Timestamp) -> PartialDateTime {
    let there = at.to_zoned(TimeZone::UTC).datetime();
    PartialDateTime { tz_hour: Some(0), tz_minute: Some(0), ..civil(there) }
}

fn mailto(address: &str) -> Uri {
    Uri::Location(format!("mailto:{address}"))
}

/// A name as it may stand in a parameter: quotation marks cannot (RFC 5545 §3.2), and programs read their escapes
/// differently.
fn quotable(name: &str) -> String {
    name.chars()
        .map(|c| if matches!(c, '"' | '\\' | '^') { '’' } else { c })
        .filter(|c| !c.is_control())
        .collect()
}

fn part_of(role: SeatRole) -> ICalendarParticipationRole {
    match role {
        SeatRole::Chair => ICalendarParticipationRole::Chair,
        SeatRole::Observer | SeatRole::Guest => ICalendarParticipationRole::OptParticipant,
        SeatRole::ProtocolOfficer
        | SeatRole::Head
        | SeatRole::Delegate
        | SeatRole::Interpreter
        | SeatRole::Rapporteur => ICalendarParticipationRole::ReqParticipant,
    }
}

fn standing(seat: &Seat) -> ICalendarParticipationStatus {
    match seat.answer {
        None => ICalendarParticipationStatus::NeedsAction,
        Some((Answer::Accepted, _)) => ICalendarParticipationStatus::Accepted,
        Some((Answer::Declined, _)) => ICalendarParticipationStatus::Declined,
        Some((Answer::Tentative, _)) => ICalendarParticipationStatus::Tentative,
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::datetime;

    use super::*;
    use crate::meetings::schedule::{Change, Recurrence};

    #[test]
    fn a_series_has_its_rule_its_zone_and_what_is_different() {
        let mut schedule = weekly();
        let [first, second, _] = schedule.timing.originals()[..] else { panic!("three") };
        let moved = datetime(2027, 3, 24, 15, 0, 0, 0);
        schedule.changes.insert(first, Change { cancelled: true, start: first, minutes: 60, sequence: 1 });
        schedule.changes.insert(second, Change { cancelled: false, start: moved, minutes: 30, sequence: 2 });

        let text = unfolded(&event(&schedule).request().text);

        for line in [
            "METHOD:REQUEST",
            "TZID:Europe/Paris",
            "DTSTART;TZID=Europe/Paris:20270315T100000",
            "DTEND;TZID=Europe/Paris:20270315T110000",
            "RRULE:FREQ=WEEKLY;COUNT=3",
            "EXDATE;TZID=Europe/Paris:20270315T100000",
            "RECURRENCE-ID;TZID=Europe/Paris:20270322T100000",
            "DTSTART;TZID=Europe/Paris:20270324T150000",
            "DTEND;TZID=Europe/Paris:20270324T153000",
            "SEQUENCE:4",
            "UID:x@example.org",
        ] {
            assert!(text.lines().any(|have| have == line), "{line} in\n{text}");
        }
        assert_eq!(text.matches("BEGIN:VEVENT").count(), 2);
        assert!(text.find("BEGIN:VTIMEZONE") < text.find("BEGIN:VEVENT"), "{text}");
    }

    #[test]
    fn one_occurrence_is_told_by_itself() {
        let mut schedule = weekly();
        let original = schedule.timing.originals()[1];
        schedule
            .changes
            .insert(original, Change { cancelled: true, start: original, minutes: 60, sequence: 4 });

        let part = event(&schedule).occurrence(original);

        let text = unfolded(&part.text);
        assert_eq!(part.method, Method::Cancel);
        assert!(
            text.contains("STATUS:CANCELLED")
                && text.contains("RECURRENCE-ID;TZID=Europe/Paris:20270322T100000")
        );
        assert!(!text.contains("COUNT=3"), "{text}");
    }

    #[test]
    fn nothing_breaks_out_of_its_line() {
        let schedule = weekly();
        let evil = "x\r\nATTENDEE:mailto:all@example.org\r\n;\"\\";
        let event = Event {
            title: evil,
            description: evil,
            organizer: (evil, "awa@example.org"),
            ..event(&schedule)
        };

        for text in [event.request().text, event.cancel().text, feed(evil, std::slice::from_ref(&event))] {
            let text = unfolded(&text);
            assert!(!text.lines().any(|line| line.starts_with("ATTENDEE:mailto:all")), "{text}");
            assert!(!text.replace("\r\n", "").contains('\r'), "{text}");
        }
    }

    #[test]
    fn a_series_until_a_day_ends_with_that_day_in_its_place() {
        let mut schedule = weekly();
        let until = End::Until(jiff::civil::date(2027, 3, 29));
        schedule.timing.recurrence = Some(Recurrence { frequency: Frequency::Weekly, every: 2, end: until });

        let text = unfolded(&event(&schedule).request().text);

        assert!(text.contains("RRULE:FREQ=WEEKLY;UNTIL=20270329T215959Z;INTERVAL=2"), "{text}");
    }

    fn event(schedule: &Schedule) -> Event<'_> {
        Event {
            schedule,
            title: "Bénin – France",
            description: "Lien",
            link: "https://meet.example.org/i/x",
            marking: Marking::Internal,
            organizer: ("Awa", "awa@example.org"),
            sent_by: Some("palabre@example.org"),
            attendee: None,
            now: Timestamp::UNIX_EPOCH,
        }
    }

    fn weekly() -> Schedule {
        Schedule { sequence: 4, invited: true, ..crate::meetings::schedule::tests::weekly() }
    }

    fn unfolded(text: &str) -> String {
        text.replace("\r\n ", "").replace("\r\n\t", "")
    }
}
