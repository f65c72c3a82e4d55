//! A meeting's schedule as it is told.

use jiff::Timestamp;
use jiff::civil::DateTime;
use serde::Serialize;

use super::client::Client;
use super::marking::MarkingView;
use crate::accounts::User;
use crate::app::App;
use crate::directory::DialInView;
use crate::mail::words::city;
use crate::meetings::invitation::Composer;
use crate::meetings::schedule::{End, Frequency, MailState, Occurrence, Party, Schedule, Seat, SeatRole};
use crate::store::{Saved, Tongue};

/// A meeting with its schedule.
#[derive(Debug, Serialize)]
pub(super) struct ScheduleView {
    code: String,
    title: String,
    link: String,
    waiting_room: bool,
    locked: bool,
    marking: MarkingView,
    is_host: bool,
    dial_in: Option<DialInView>,
    start: DateTime,
    minutes: u32,
    time_zone: String,
    place: String,
    mail_title: Option<String>,
    /// What mails call it.
    title_in_mails: String,
    languages: Vec<String>,
    reminder: Option<u32>,
    recurrence: Option<RecurrenceView>,
    invited: bool,
    sequence: u32,
    parties: Vec<PartyView>,
    agenda: Vec<ItemView>,
    occurrences: Vec<OccurrenceView>,
    /// How many mails this call has put into the outbox.
    mails: usize,
}

#[derive(Debug, Serialize)]
struct RecurrenceView {
    frequency: Frequency,
    every: u32,
    count: Option<u32>,
    until: Option<jiff::civil::Date>,
}

#[derive(Debug, Serialize)]
struct PartyView {
    id: i64,
    name: String,
    country: Option<String>,
    time_zone: Option<String>,
    /// The time where it is: its own, or that of its capital.
    zone: Option<String>,
    seats: Vec<SeatView>,
}

#[derive(Debug, Serialize)]
struct SeatView {
    id: i64,
    name: String,
    title: String,
    /// For the host only.
    email: Option<String>,
    role: SeatRole,
    is_head: bool,
    language: Tongue,
    has_link: bool,
    invited: Option<Timestamp>,
    mail: MailState,
    answer: Option<&'static str>,
    answered: Option<Timestamp>,
}

#[derive(Debug, Serialize)]
struct ItemView {
    title: String,
    minutes: u32,
}

/// One time that a meeting takes place.
#[derive(Debug, Serialize)]
pub(super) struct OccurrenceView {
    original: DateTime,
    start: DateTime,
    minutes: u32,
    cancelled: bool,
    begins: Timestamp,
    ends: Timestamp,
}

impl OccurrenceView {
    pub(super) fn of(schedule: &Schedule, occurrence: &Occurrence) -> Self {
        let (begins, ends) = schedule.span(occurrence);
        let Occurrence { original, start, minutes, cancelled } = *occurrence;
        Self { original, start, minutes, cancelled, begins, ends }
    }

    pub(super) fn begins(&self) -> Timestamp {
        self.begins
    }
}

/// A schedule as a user may see it.
pub(super) fn view(app: &App, client: &Client, user: &User, saved: Saved) -> ScheduleView {
    let Saved { meeting, schedule, mails, .. } = saved;
    let is_host = meeting.is_host(Some(user));
    let title_in_mails = Composer::new(app, user).sheet(&meeting, &schedule).title();
    let recurrence = schedule.timing.recurrence.map(|again| RecurrenceView {
        frequency: again.frequency,
        every: again.every,
        count: if let End::Count(count) = again.end { Some(count) } else { None },
        until: if let End::Until(date) = again.end { Some(date) } else { None },
    });
    let occurrences = schedule.occurrences();
    ScheduleView {
        link: app.meeting_link(&client.origin, &meeting.code),
        marking: MarkingView::of(app, meeting.marking),
        dial_in: app.dial_in(&meeting),
        code: meeting.code.to_string(),
        title: meeting.title,
        waiting_room: meeting.waiting_room,
        locked: meeting.locked,
        is_host,
        title_in_mails,
        start: schedule.timing.start,
        minutes: schedule.timing.minutes,
        place: city(&schedule.timing.time_zone),
        occurrences: occurrences.iter().map(|one| OccurrenceView::of(&schedule, one)).collect(),
        time_zone: schedule.timing.time_zone,
        mail_title: schedule.mail_title,
        languages: schedule.languages,
        reminder: schedule.reminder,
        recurrence,
        invited: schedule.invited,
        sequence: schedule.sequence,
        parties: schedule.parties.into_iter().map(|party| party_view(party, is_host)).collect(),
        agenda: schedule
            .agenda
            .into_iter()
            .map(|item| ItemView { title: item.title, minutes: item.minutes })
            .collect(),
        mails,
    }
}

fn party_view(party: Party, is_host: bool) -> PartyView {
    let zone = party.zone().map(str::to_owned);
    let Party { id, name, country, time_zone, seats } = party;
    PartyView {
        id,
        name,
        country,
        time_zone,
        zone,
        seats: seats.into_iter().map(|seat| seat_view(seat, is_host)).collect(),
    }
}

fn seat_view(seat: Seat, is_host: bool) -> SeatView {
    SeatView {
        id: seat.id,
        name: seat.name,
        title: seat.title,
        email: seat.email.filter(|_| is_host).map(|email| email.as_str().to_owned()),
        role: seat.role,
        is_head: seat.is_head,
        language: seat.language,
        has_link: seat.has_link,
        invited: seat.invited,
        mail: seat.mail,
        answer: seat.answer.map(|(answer, _)| answer.as_str()),
        answered: seat.answer.map(|(_, at)| at),
    }
}
