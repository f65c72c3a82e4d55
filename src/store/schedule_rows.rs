//! Rows of `schedules`, `occurrences`, `parties`, `seats` and `agenda_items`, as they are read.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::DateTime;
use sqlx::Row;
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use super::{Store, StoreError, Tongue, from_millis, to_millis};
use crate::accounts::{Email, User};
use crate::meetings::schedule::{
    AgendaItem, Answer, Change, End, Frequency, MailState, Party, Recurrence, Schedule, Seat, SeatRole,
    Timing,
};
use crate::meetings::{Meeting, MeetingCode};

impl Store {
    /// The schedule of a meeting, if it has one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn schedule(&self, code: &MeetingCode) -> Result<Option<Schedule>, StoreError> {
        read(&mut *self.pool.acquire().await?, code).await
    }

    /// The meetings that a user holds or has a seat in, of which something is between two moments; at most `limit` of
    /// them, by their beginning.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn agenda_of(
        &self,
        user: &User,
        from: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<(Meeting, Schedule)>, StoreError> {
        let rows = sqlx::query(
            "SELECT meetings.* FROM schedules JOIN meetings ON code = schedules.meeting_code
             WHERE over_at > ? AND first_at < ? AND (owner_id = ? OR (invited = 1 AND EXISTS
                (SELECT 1 FROM seats JOIN parties ON parties.id = party_id
                 WHERE seats.email = ? AND parties.meeting_code = code)))
             ORDER BY first_at LIMIT ?",
        )
        .bind(to_millis(from))
        .bind(to_millis(until))
        .bind(user.id.as_str())
        .bind(user.email.as_str())
        .bind(limit)
        .fetch_all(&self.pool)
        .await?;
        let mut connection = self.pool.acquire().await?;
        let mut agenda = Vec::with_capacity(rows.len());
        for row in &rows {
            let meeting = super::meetings::meeting(row)?;
            if let Some(schedule) = read(&mut connection, &meeting.code).await? {
                agenda.push((meeting, schedule));
            }
        }
        Ok(agenda)
    }

    /// A meeting of which it is time to remind.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn due_reminder(&self, now: Timestamp) -> Result<Option<(Meeting, Schedule)>, StoreError> {
        let row = sqlx::query(
            "SELECT meetings.* FROM schedules JOIN meetings ON code = meeting_code
             WHERE remind_at <= ? ORDER BY remind_at LIMIT 1",
        )
        .bind(to_millis(now))
        .fetch_optional(&self.pool)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let meeting = super::meetings::meeting(&row)?;
        Ok(self.schedule(&meeting.code).await?.map(|schedule| (meeting, schedule)))
    }

    /// When it is next time to remind of something.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn next_reminder(&self) -> Result<Option<Timestamp>, StoreError> {
        let row = sqlx::query("SELECT min(remind_at) FROM schedules").fetch_one(&self.pool).await?;
        Ok(row.try_get::<Option<i64>, _>(0)?.map(from_millis))
    }
}

/// The schedule of a meeting, over a connection that may be in a transaction.
pub(super) async fn read(
    connection: &mut SqliteConnection,
    code: &MeetingCode,
) -> Result<Option<Schedule>, StoreError> {
    let row = sqlx::query("SELECT * FROM schedules WHERE meeting_code = ?")
        .bind(code.as_str())
        .fetch_optional(&mut *connection)
        .await?;
    let Some(row) = row else { return Ok(None) };
    let mut schedule = head(&row)?;
    schedule.changes = changes(connection, code).await?;
    schedule.parties = parties(connection, code).await?;
    let items = sqlx::query("SELECT * FROM agenda_items WHERE meeting_code = ? ORDER BY position")
        .bind(code.as_str())
        .fetch_all(&mut *connection)
        .await?;
    for row in &items {
        schedule.agenda.push(AgendaItem { title: row.try_get("title")?, minutes: row.try_get("minutes")? });
    }
    Ok(Some(schedule))
}

fn head(row: &SqliteRow) -> Result<Schedule, StoreError> {
    let languages: String = row.try_get("languages")?;
    Ok(Schedule {
        uid: row.try_get("uid")?,
        origin: row.try_get("origin")?,
        sequence: row.try_get("sequence")?,
        invited: row.try_get("invited")?,
        timing: Timing {
            start: local(row.try_get("starts")?)?,
            time_zone: row.try_get("time_zone")?,
            minutes: row.try_get("minutes")?,
            recurrence: recurrence(row)?,
        },
        changes: BTreeMap::new(),
        mail_title: row.try_get("mail_title")?,
        languages: languages.split(',').filter(|code| !code.is_empty()).map(str::to_owned).collect(),
        reminder: row.try_get("reminder")?,
        parties: Vec::new(),
        agenda: Vec::new(),
    })
}

fn recurrence(row: &SqliteRow) -> Result<Option<Recurrence>, StoreError> {
    let Some(frequency) = row.try_get::<Option<&str>, _>("frequency")? else { return Ok(None) };
    let end = match row.try_get::<Option<u32>, _>("times")? {
        Some(count) => End::Count(count),
        None => {
            let until: &str = row.try_get("until")?;
            End::Until(until.parse().map_err(unreadable)?)
        }
    };
    let frequency = Frequency::from_stored(frequency);
    Ok(Some(Recurrence { frequency, every: row.try_get("every")?, end }))
}

async fn changes(
    connection: &mut SqliteConnection,
    code: &MeetingCode,
) -> Result<BTreeMap<DateTime, Change>, StoreError> {
    let rows = sqlx::query("SELECT * FROM occurrences WHERE meeting_code = ?")
        .bind(code.as_str())
        .fetch_all(connection)
        .await?;
    let change = |row: &SqliteRow| {
        let change = Change {
            cancelled: row.try_get("cancelled")?,
            start: local(row.try_get("starts")?)?,
            minutes: row.try_get("minutes")?,
            sequence: row.try_get("sequence")?,
        };
        Ok((local(row.try_get("original")?)?, change))
    };
    rows.iter().map(change).collect()
}

async fn parties(connection: &mut SqliteConnection, code: &MeetingCode) -> Result<Vec<Party>, StoreError> {
    let rows = sqlx::query("SELECT * FROM parties WHERE meeting_code = ? ORDER BY position")
        .bind(code.as_str())
        .fetch_all(&mut *connection)
        .await?;
    let mut parties = Vec::with_capacity(rows.len());
    for row in &rows {
        let id: i64 = row.try_get("id")?;
        let seats = sqlx::query(
            "SELECT *, (SELECT CASE WHEN failed_at IS NULL THEN 'waiting' ELSE 'failed' END FROM mails
                        WHERE seat_id = seats.id ORDER BY mails.id DESC LIMIT 1) AS mail
             FROM seats WHERE party_id = ? ORDER BY position",
        )
        .bind(id)
        .fetch_all(&mut *connection)
        .await?;
        parties.push(Party {
            id,
            name: row.try_get("name")?,
            country: row.try_get("country")?,
            time_zone: row.try_get("time_zone")?,
            seats: seats.iter().map(seat).collect::<Result<_, _>>()?,
        });
    }
    Ok(parties)
}

fn seat(row: &SqliteRow) -> Result<Seat, StoreError> {
    let answered: Option<i64> = row.try_get("answered_at")?;
    let answer = row.try_get::<Option<&str>, _>("answer")?.and_then(Answer::from_stored);
    let mailed: Option<i64> = row.try_get("mailed_at")?;
    Ok(Seat {
        id: row.try_get("id")?,
        name: row.try_get("name")?,
        title: row.try_get("title")?,
        email: row.try_get::<Option<String>, _>("email")?.map(Email::from_stored),
        role: SeatRole::from_stored(row.try_get("role")?),
        is_head: row.try_get("is_head")?,
        language: Tongue::from_stored(row.try_get("language")?),
        issue: row.try_get("issue")?,
        has_link: row.try_get::<Option<&str>, _>("link_hash")?.is_some(),
        invited: row.try_get::<Option<i64>, _>("invited_at")?.map(from_millis),
        mail: match (row.try_get::<Option<&str>, _>("mail")?, mailed) {
            (Some("failed"), _) => MailState::Failed,
            (Some(_), _) => MailState::Waiting,
            (None, Some(_)) => MailState::Sent,
            (None, None) => MailState::None,
        },
        answer: answer.zip(answered.map(from_millis)),
    })
}

pub(super) fn local(text: &str) -> Result<DateTime, StoreError> {
    text.parse().map_err(unreadable)
}

fn unreadable(error: jiff::Error) -> StoreError {
    StoreError::Database(sqlx::Error::Decode(Box::new(error)))
}
