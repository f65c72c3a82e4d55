//! Composes the mails about a change of a meeting: who is told what.

use jiff::Timestamp;

use super::{About, DialIn, Kind, Links, Sheet};
use crate::accounts::User;
use crate::app::App;
use crate::mail::{Mail, Purpose};
use crate::meetings::Meeting;
use crate::meetings::schedule::{Occurrence, Party, Schedule, Seat};
use crate::store::{Saved, StoreError};

/// Composes mails in the name of whoever calls a meeting.
#[derive(Clone, Copy)]
pub struct Composer<'a> {
    app: &'a App,
    organizer: &'a User,
    now: Timestamp,
}

impl<'a> Composer<'a> {
    /// In the name of an organiser.
    #[must_use]
    pub fn new(app: &'a App, organizer: &'a User) -> Self {
        Self { app, organizer, now: app.clock.now() }
    }

    /// What letters about a meeting are made of.
    #[must_use]
    pub fn sheet<'s>(&'s self, meeting: &'s Meeting, schedule: &'s Schedule) -> Sheet<'s> {
        let dial_in = self.app.dial_in(meeting).and_then(|view| {
            // What only phones of the house can dial is of no use to guests.
            let numbers = view.numbers.into_iter().filter(|number| !number.inside);
            let numbers: Vec<_> = numbers.map(|number| number.number).collect();
            (!numbers.is_empty()).then_some(DialIn { numbers, pin: view.pin })
        });
        Sheet {
            meeting,
            schedule,
            rules: self.app.config.markings.of(meeting.marking),
            organizer: (&self.organizer.name, &self.organizer.email),
            sent_by: self.app.config.mail.from.as_ref().map(crate::accounts::Email::as_str),
            dial_in,
            now: self.now,
        }
    }

    /// The links of a seat, as long as it has them.
    ///
    /// # Errors
    /// When the key cannot be read.
    pub fn links(&self, schedule: &Schedule, seat: &Seat) -> Result<Option<Links>, StoreError> {
        if !seat.has_link {
            return Ok(None);
        }
        let (enter, answer) = (self.app.store.invitation_secret(seat)?, self.app.store.answer_secret(seat)?);
        let origin = &schedule.origin;
        Ok(Some(Links {
            enter: format!("{origin}/i/{}", enter.expose()),
            answer: format!("{origin}/r/{}", answer.expose()),
        }))
    }

    /// The mails about a schedule, or one occurrence of it, as it was written.
    ///
    /// # Errors
    /// When a letter cannot be written.
    pub fn invitations(&self, saved: &Saved) -> Result<Vec<Mail>, StoreError> {
        let Saved { meeting, schedule, occurrence, .. } = saved;
        if !schedule.invited {
            return Ok(Vec::new());
        }
        let mut mails = self.withdrawals(saved)?;
        let cancelled = occurrence
            .is_some_and(|original| schedule.changes.get(&original).is_some_and(|change| change.cancelled));
        for (party, seat) in schedule.seats() {
            let kind = match (seat.invited, occurrence) {
                (_, Some(_)) if cancelled => Kind::Cancellation,
                (Some(_), _) => Kind::Update,
                (None, None) => Kind::Invitation,
                // Who was not invited to the series is not told of one of its meetings.
                (None, Some(_)) => continue,
            };
            mails.extend(self.mail(meeting, schedule, kind, Some(party), seat, *occurrence)?);
        }
        Ok(mails)
    }

    /// The mails that take invitations back.
    ///
    /// # Errors
    /// When a letter cannot be written.
    pub fn withdrawals(&self, saved: &Saved) -> Result<Vec<Mail>, StoreError> {
        let mut mails = Vec::new();
        for seat in &saved.removed {
            let mail = self.mail(&saved.meeting, &saved.schedule, Kind::Cancellation, None, seat, None)?;
            // The seat is gone, or somebody else's.
            mails.extend(mail.map(|mail| Mail { seat: None, ..mail }));
        }
        Ok(mails)
    }

    /// The mails that remind of an occurrence.
    ///
    /// # Errors
    /// When a letter cannot be written.
    pub fn reminders(
        &self,
        meeting: &Meeting,
        schedule: &Schedule,
        occurrence: &Occurrence,
    ) -> Result<Vec<Mail>, StoreError> {
        use crate::meetings::schedule::Answer;
        let mut mails = Vec::new();
        for (party, seat) in schedule.seats() {
            let declined = seat.answer.is_some_and(|(answer, _)| answer == Answer::Declined);
            if seat.invited.is_some() && !declined {
                let original = Some(occurrence.original);
                mails.extend(self.mail(meeting, schedule, Kind::Reminder, Some(party), seat, original)?);
            }
        }
        Ok(mails)
    }

    fn mail(
        &self,
        meeting: &Meeting,
        schedule: &Schedule,
        kind: Kind,
        party: Option<&Party>,
        seat: &Seat,
        occurrence: Option<jiff::civil::DateTime>,
    ) -> Result<Option<Mail>, StoreError> {
        let Some(relay) = self.app.mail.relay() else { return Ok(None) };
        let gone = kind == Kind::Cancellation && occurrence.is_none();
        let links = if gone { None } else { self.links(schedule, seat)? };
        let about = About { kind, party, seat, links: links.as_ref(), occurrence };
        let Some(letter) = self.sheet(meeting, schedule).letter(about) else { return Ok(None) };
        let purpose = match kind {
            Kind::Invitation | Kind::Update => Purpose::Invitation,
            Kind::Cancellation => Purpose::Cancellation,
            Kind::Reminder => Purpose::Reminder,
        };
        let mail = letter.write(relay, purpose, self.now)?;
        Ok(Some(Mail { seat: Some(seat.id), ..mail }))
    }
}
