//! Rows of `agenda_timings` and `speeches`: what was spoken about in meetings, and by whom.

use jiff::Timestamp;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::{Store, StoreError, from_millis, to_millis};
use crate::meetings::MeetingCode;
use crate::meetings::schedule::AgendaItem;

/// A point of the agenda, once that it was under discussion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PointRow {
    /// Its number, from 1.
    pub point: u32,
    /// What it was called then.
    pub title: String,
    /// How long it was to take, in minutes.
    pub planned: u32,
    /// Since when.
    pub began: Timestamp,
    /// Until when; not yet, while it is under discussion.
    pub ended: Option<Timestamp>,
}

/// A speech.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpeechRow {
    /// The speaker's party.
    pub party: Option<String>,
    /// The speaker.
    pub name: String,
    /// Since when.
    pub began: Timestamp,
    /// Until when; not yet, while it lasts.
    pub ended: Option<Timestamp>,
}

impl Store {
    /// Ends what is under discussion in a meeting, and begins another point if one is named. The oldest of more than
    /// some thousand are forgotten.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn go_to_point(
        &self,
        code: &MeetingCode,
        point: Option<(usize, &AgendaItem)>,
        now: Timestamp,
        run: u64,
    ) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        sqlx::query(
            "UPDATE agenda_timings SET ended_at = max(began_at, ?) WHERE meeting_code = ? AND ended_at IS NULL",
        )
        .bind(to_millis(now))
        .bind(code.as_str())
        .execute(&mut *transaction)
        .await?;
        if let Some((number, item)) = point {
            sqlx::query(
                "INSERT INTO agenda_timings (meeting_code, run, point, title, planned, began_at)
                 SELECT code, ?, ?, ?, ?, ? FROM meetings WHERE code = ?",
            )
            .bind(run.cast_signed())
            .bind(i64::try_from(number).unwrap_or(i64::MAX))
            .bind(&item.title)
            .bind(item.minutes)
            .bind(to_millis(now))
            .bind(code.as_str())
            .execute(&mut *transaction)
            .await?;
            sqlx::query(
                "DELETE FROM agenda_timings WHERE meeting_code = ?1 AND id <=
                 (SELECT id FROM agenda_timings WHERE meeting_code = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)",
            )
            .bind(code.as_str())
            .bind(MOST_PER_MEETING)
            .execute(&mut *transaction)
            .await?;
        }
        Ok(transaction.commit().await?)
    }

    /// Ends the speech under way in a meeting, and begins another if a speaker is named, by party and name.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn go_to_speech(
        &self,
        code: &MeetingCode,
        speaker: Option<(Option<&str>, &str)>,
        now: Timestamp,
        run: u64,
    ) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        sqlx::query(
            "UPDATE speeches SET ended_at = max(began_at, ?) WHERE meeting_code = ? AND ended_at IS NULL",
        )
        .bind(to_millis(now))
        .bind(code.as_str())
        .execute(&mut *transaction)
        .await?;
        if let Some((party, name)) = speaker {
            sqlx::query(
                "INSERT INTO speeches (meeting_code, run, party, name, began_at)
                 SELECT code, ?, ?, ?, ? FROM meetings WHERE code = ?",
            )
            .bind(run.cast_signed())
            .bind(party)
            .bind(name)
            .bind(to_millis(now))
            .bind(code.as_str())
            .execute(&mut *transaction)
            .await?;
            sqlx::query(
                "DELETE FROM speeches WHERE meeting_code = ?1 AND id <=
                 (SELECT id FROM speeches WHERE meeting_code = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)",
            )
            .bind(code.as_str())
            .bind(MOST_PER_MEETING)
            .execute(&mut *transaction)
            .await?;
        }
        Ok(transaction.commit().await?)
    }

    /// Closes what earlier runs left open: nobody saw it end, but at the last heartbeat it was still so.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn close_interrupted_proceedings(&self, run: u64) -> Result<(), StoreError> {
        for query in [
            "UPDATE agenda_timings SET ended_at = max(began_at, coalesce(
               (SELECT heartbeat_at FROM runs WHERE runs.run = agenda_timings.run), began_at))
             WHERE ended_at IS NULL AND run <> ?",
            "UPDATE speeches SET ended_at = max(began_at, coalesce(
               (SELECT heartbeat_at FROM runs WHERE runs.run = speeches.run), began_at))
             WHERE ended_at IS NULL AND run <> ?",
        ] {
            sqlx::query(query).bind(run.cast_signed()).execute(&self.pool).await?;
        }
        Ok(())
    }

    /// What was under discussion in a meeting since a moment, the first before others.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn points_since(
        &self,
        code: &MeetingCode,
        since: Timestamp,
    ) -> Result<Vec<PointRow>, StoreError> {
        let rows = sqlx::query(
            "SELECT * FROM agenda_timings WHERE meeting_code = ? AND began_at >= ? ORDER BY began_at, id",
        )
        .bind(code.as_str())
        .bind(to_millis(since))
        .fetch_all(&self.pool)
        .await?;
        let point = |row: &SqliteRow| {
            Ok(PointRow {
                point: row.try_get("point")?,
                title: row.try_get("title")?,
                planned: row.try_get("planned")?,
                began: from_millis(row.try_get("began_at")?),
                ended: row.try_get::<Option<i64>, _>("ended_at")?.map(from_millis),
            })
        };
        rows.iter().map(point).collect()
    }

    /// Who had the floor in a meeting since a moment, the first before others.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn speeches_since(
        &self,
        code: &MeetingCode,
        since: Timestamp,
    ) -> Result<Vec<SpeechRow>, StoreError> {
        let rows = sqlx::query(
            "SELECT * FROM speeches WHERE meeting_code = ? AND began_at >= ? ORDER BY began_at, id",
        )
        .bind(code.as_str())
        .bind(to_millis(since))
        .fetch_all(&self.pool)
        .await?;
        let speech = |row: &SqliteRow| {
            Ok(SpeechRow {
                party: row.try_get("party")?,
                name: row.try_get("name")?,
                began: from_millis(row.try_get("began_at")?),
                ended: row.try_get::<Option<i64>, _>("ended_at")?.map(from_millis),
            })
        };
        rows.iter().map(speech).collect()
    }

    /// Forgets what was spoken about before a moment, and by whom.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn delete_old_proceedings(&self, before: Timestamp) -> Result<(), StoreError> {
        for query in [
            "DELETE FROM agenda_timings WHERE began_at < ? AND ended_at IS NOT NULL",
            "DELETE FROM speeches WHERE began_at < ? AND ended_at IS NOT NULL",
        ] {
            sqlx::query(query).bind(to_millis(before)).execute(&self.pool).await?;
        }
        Ok(())
    }
}

/// Points, and speeches, of all sessions of one meeting.
const MOST_PER_MEETING: u32 = 5_000;
