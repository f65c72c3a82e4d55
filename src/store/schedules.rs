//! Rows of `schedules` and what belongs to them, as they are written: each change with the mails that tell of it.

use jiff::civil::DateTime;
use jiff::{Span, Timestamp};
use sqlx::sqlite::SqliteConnection;

use super::meetings::{TRIES, insert_meeting_in};
use super::table::{carry_over, forget_numbers};
use super::{Store, StoreError, schedule_rows, to_millis};
use crate::mail::Mail;
use crate::meetings::schedule::{Change, End, MailState, Schedule, Seat};
use crate::meetings::{Meeting, MeetingCode, Pin};

/// A schedule as it is written, for whoever composes the mails about it.
#[derive(Debug, Clone)]
pub struct Saved {
    /// The meeting.
    pub meeting: Meeting,
    /// Its schedule, with the numbers of its seats.
    pub schedule: Schedule,
    /// The one occurrence that was changed, if it was only that.
    pub occurrence: Option<DateTime>,
    /// Seats that are no more but have been invited.
    pub removed: Vec<Seat>,
    /// How many mails were put into the outbox.
    pub mails: usize,
}

impl Store {
    /// Adds a meeting with its schedule and the mails about it, everything or nothing.
    ///
    /// # Errors
    /// [`StoreError::Full`] when its owner has as many as may be, or as many mails wait.
    pub async fn add_schedule(
        &self,
        mut meeting: Meeting,
        mut schedule: Schedule,
        limit: usize,
        now: Timestamp,
        compose: impl Fn(&Saved) -> Result<Vec<Mail>, StoreError>,
    ) -> Result<Saved, StoreError> {
        for _ in 0..TRIES {
            let mut transaction = self.begin().await?;
            match insert_meeting_in(&mut transaction, &meeting, limit).await {
                Err(StoreError::Exists) => {
                    meeting.pin = Pin::random();
                    continue;
                }
                other => other?,
            }
            forget_numbers(&mut schedule);
            let saved = self.write(&mut transaction, meeting, schedule, Vec::new(), now, compose).await?;
            transaction.commit().await?;
            return Ok(saved);
        }
        Err(StoreError::Exists)
    }

    /// Gives a meeting another schedule; what calendars know it by stays. `None` when there is no such meeting.
    ///
    /// # Errors
    /// When the database fails, or as many mails wait as may.
    pub async fn change_schedule(
        &self,
        meeting: Meeting,
        mut schedule: Schedule,
        now: Timestamp,
        compose: impl Fn(&Saved) -> Result<Vec<Mail>, StoreError>,
    ) -> Result<Option<Saved>, StoreError> {
        let mut transaction = self.begin().await?;
        let updated =
            sqlx::query("UPDATE meetings SET title = ?, waiting_room = ?, marking = ? WHERE code = ?")
                .bind(&meeting.title)
                .bind(meeting.waiting_room)
                .bind(meeting.marking.as_str())
                .bind(meeting.code.as_str())
                .execute(&mut *transaction)
                .await?;
        if updated.rows_affected() == 0 {
            return Ok(None);
        }
        let mut removed = Vec::new();
        if let Some(before) = schedule_rows::read(&mut transaction, &meeting.code).await? {
            schedule.uid = before.uid.clone();
            schedule.sequence = before.sequence + u32::from(before.invited);
            schedule.invited |= before.invited;
            if schedule.timing == before.timing {
                schedule.changes.clone_from(&before.changes);
            } else {
                schedule.changes = before.changes.clone();
                schedule.forget_stray_changes();
            }
            removed = carry_over(&mut schedule, &before);
        } else {
            forget_numbers(&mut schedule);
        }
        let saved = self.write(&mut transaction, meeting, schedule, removed, now, compose).await?;
        transaction.commit().await?;
        Ok(Some(saved))
    }

    /// Moves or cancels one occurrence, or puts it back with `None`; `None` when there is none.
    ///
    /// # Errors
    /// When the database fails, or as many mails wait as may.
    pub async fn change_occurrence(
        &self,
        meeting: Meeting,
        original: DateTime,
        change: Option<Change>,
        now: Timestamp,
        compose: impl Fn(&Saved) -> Result<Vec<Mail>, StoreError>,
    ) -> Result<Option<Saved>, StoreError> {
        let mut transaction = self.begin().await?;
        let Some(mut schedule) = schedule_rows::read(&mut transaction, &meeting.code).await? else {
            return Ok(None);
        };
        if !schedule.timing.originals().contains(&original) {
            return Ok(None);
        }
        schedule.sequence += u32::from(schedule.invited);
        match change {
            Some(change) => {
                let change = Change { sequence: schedule.sequence, ..change };
                schedule.changes.insert(original, change);
            }
            None => drop(schedule.changes.remove(&original)),
        }
        self.write_rows(&mut transaction, &meeting.code, &mut schedule, now).await?;
        let mut saved =
            Saved { meeting, schedule, occurrence: Some(original), removed: Vec::new(), mails: 0 };
        self.tell(&mut transaction, &mut saved, now, compose).await?;
        transaction.commit().await?;
        Ok(Some(saved))
    }

    /// Deletes a meeting, with the mails that take its invitations back; says how many.
    ///
    /// # Errors
    /// When the database fails, or as many mails wait as may.
    pub async fn cancel_meeting(
        &self,
        meeting: Meeting,
        now: Timestamp,
        compose: impl Fn(&Saved) -> Result<Vec<Mail>, StoreError>,
    ) -> Result<usize, StoreError> {
        let mut transaction = self.begin().await?;
        let mut mails = 0;
        if let Some(mut schedule) = schedule_rows::read(&mut transaction, &meeting.code).await? {
            schedule.sequence += 1;
            let invited = schedule.seats().filter(|(_, seat)| seat.invited.is_some());
            let removed = invited.map(|(_, seat)| seat.clone()).collect();
            let mut saved = Saved { meeting: meeting.clone(), schedule, occurrence: None, removed, mails: 0 };
            self.tell(&mut transaction, &mut saved, now, compose).await?;
            mails = saved.mails;
        }
        sqlx::query("DELETE FROM meetings WHERE code = ?")
            .bind(meeting.code.as_str())
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(mails)
    }

    /// Notes that it was reminded of an occurrence, with the mails that do it.
    ///
    /// # Errors
    /// When the database fails, or as many mails wait as may.
    pub async fn remind(
        &self,
        code: &MeetingCode,
        next: Option<Timestamp>,
        mails: &[Mail],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        for mail in mails {
            self.enqueue_mail_in(&mut transaction, mail, now).await?;
        }
        sqlx::query("UPDATE schedules SET remind_at = ? WHERE meeting_code = ?")
            .bind(next.map(to_millis))
            .bind(code.as_str())
            .execute(&mut *transaction)
            .await?;
        Ok(transaction.commit().await?)
    }

    async fn write(
        &self,
        transaction: &mut SqliteConnection,
        meeting: Meeting,
        mut schedule: Schedule,
        removed: Vec<Seat>,
        now: Timestamp,
        compose: impl Fn(&Saved) -> Result<Vec<Mail>, StoreError>,
    ) -> Result<Saved, StoreError> {
        self.write_rows(transaction, &meeting.code, &mut schedule, now).await?;
        self.write_table(transaction, &meeting.code, &mut schedule).await?;
        let mut saved = Saved { meeting, schedule, occurrence: None, removed, mails: 0 };
        self.tell(transaction, &mut saved, now, compose).await?;
        Ok(saved)
    }

    /// The mails about what was written, into the outbox.
    async fn tell(
        &self,
        transaction: &mut SqliteConnection,
        saved: &mut Saved,
        now: Timestamp,
        compose: impl Fn(&Saved) -> Result<Vec<Mail>, StoreError>,
    ) -> Result<(), StoreError> {
        let mails = compose(saved)?;
        saved.mails = mails.len();
        for mail in &mails {
            self.enqueue_mail_in(transaction, mail, now).await?;
        }
        let told: Vec<i64> = mails.iter().filter_map(|mail| mail.seat).collect();
        for party in &mut saved.schedule.parties {
            for seat in party.seats.iter_mut().filter(|seat| told.contains(&seat.id)) {
                sqlx::query("UPDATE seats SET invited_at = coalesce(invited_at, ?) WHERE id = ?")
                    .bind(to_millis(now))
                    .bind(seat.id)
                    .execute(&mut *transaction)
                    .await?;
                (seat.invited, seat.mail) = (seat.invited.or(Some(now)), MailState::Waiting);
            }
        }
        Ok(())
    }

    /// The rows of the schedule itself and of its occurrences.
    async fn write_rows(
        &self,
        transaction: &mut SqliteConnection,
        code: &MeetingCode,
        schedule: &mut Schedule,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let (first, over) = schedule.extent();
        let timing = &schedule.timing;
        let (times, until) = match timing.recurrence.map(|again| again.end) {
            Some(End::Count(count)) => (Some(count), None),
            Some(End::Until(date)) => (None, Some(date.to_string())),
            None => (None, None),
        };
        sqlx::query(
            "INSERT INTO schedules (meeting_code, uid, origin, sequence, invited, starts, time_zone, minutes, mail_title, languages,
                reminder, frequency, every, times, until, first_at, over_at, remind_at, changed_at)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
             ON CONFLICT (meeting_code) DO UPDATE SET origin = excluded.origin, sequence = excluded.sequence, invited = excluded.invited,
                starts = excluded.starts, time_zone = excluded.time_zone, minutes = excluded.minutes,
                mail_title = excluded.mail_title, languages = excluded.languages, reminder = excluded.reminder,
                frequency = excluded.frequency, every = excluded.every, times = excluded.times, until = excluded.until,
                first_at = excluded.first_at, over_at = excluded.over_at, remind_at = excluded.remind_at,
                changed_at = excluded.changed_at",
        )
        .bind(code.as_str())
        .bind(&schedule.uid)
        .bind(&schedule.origin)
        .bind(schedule.sequence)
        .bind(schedule.invited)
        .bind(timing.start.to_string())
        .bind(&timing.time_zone)
        .bind(timing.minutes)
        .bind(schedule.mail_title.as_deref())
        .bind(schedule.languages.join(","))
        .bind(schedule.reminder)
        .bind(timing.recurrence.map(|again| again.frequency.as_str()))
        .bind(timing.recurrence.map(|again| again.every))
        .bind(times)
        .bind(until)
        .bind(to_millis(first))
        .bind(to_millis(over))
        .bind(schedule.next_reminder(now).map(|(due, _)| to_millis(due)))
        .bind(to_millis(now))
        .execute(&mut *transaction)
        .await?;
        sqlx::query("DELETE FROM occurrences WHERE meeting_code = ?")
            .bind(code.as_str())
            .execute(&mut *transaction)
            .await?;
        for (original, change) in &schedule.changes {
            sqlx::query("INSERT INTO occurrences VALUES (?, ?, ?, ?, ?, ?)")
                .bind(code.as_str())
                .bind(original.to_string())
                .bind(change.cancelled)
                .bind(change.start.to_string())
                .bind(change.minutes)
                .bind(change.sequence)
                .execute(&mut *transaction)
                .await?;
        }
        // Links die with the meeting: half a day after its end.
        let until = over.checked_add(Span::new().hours(LINK_HOURS)).unwrap_or(over);
        sqlx::query(
            "UPDATE seats SET link_until = ? WHERE party_id IN (SELECT id FROM parties WHERE meeting_code = ?)",
        )
        .bind(to_millis(until))
        .bind(code.as_str())
        .execute(transaction)
        .await?;
        Ok(())
    }
}

/// How long after the last end links still lead in: meetings take longer than planned.
pub(super) const LINK_HOURS: i64 = 12;
