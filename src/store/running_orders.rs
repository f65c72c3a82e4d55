//! Rows of `running_orders`: what meetings are at, for a program that starts again.

use jiff::Timestamp;
use sqlx::Row;

use super::{Store, StoreError, from_millis, to_millis};
use crate::meetings::MeetingCode;

/// What a meeting was at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RunningOrder {
    /// The meeting.
    pub(crate) code: MeetingCode,
    /// As it was written.
    pub(crate) state: String,
    /// The last moment at which somebody was there, as far as anybody knows.
    pub(crate) left: Timestamp,
}

impl Store {
    /// Notes what a meeting is at, and since when nobody is there, if so.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn write_running_order(
        &self,
        code: &MeetingCode,
        state: &str,
        left: Option<Timestamp>,
        now: Timestamp,
        run: u64,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT OR REPLACE INTO running_orders (meeting_code, run, state, written_at, left_at)
             SELECT code, ?, ?, ?, ? FROM meetings WHERE code = ?",
        )
        .bind(run.cast_signed())
        .bind(state)
        .bind(to_millis(now))
        .bind(left.map(to_millis))
        .bind(code.as_str())
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// A meeting is at nothing any more.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn delete_running_order(&self, code: &MeetingCode) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM running_orders WHERE meeting_code = ?")
            .bind(code.as_str())
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// What meetings were at when the program ended. From now on it is known that everybody left then.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn interrupted_running_orders(&self, run: u64) -> Result<Vec<RunningOrder>, StoreError> {
        let mut transaction = self.begin().await?;
        sqlx::query(
            "UPDATE running_orders SET left_at = max(written_at, coalesce(
               (SELECT heartbeat_at FROM runs WHERE runs.run = running_orders.run), written_at))
             WHERE left_at IS NULL AND run <> ?",
        )
        .bind(run.cast_signed())
        .execute(&mut *transaction)
        .await?;
        let rows = sqlx::query("SELECT meeting_code, state, left_at FROM running_orders WHERE run <> ?")
            .bind(run.cast_signed())
            .fetch_all(&mut *transaction)
            .await?;
        transaction.commit().await?;
        rows.iter()
            .map(|row| {
                Ok(RunningOrder {
                    code: MeetingCode::from_stored(row.try_get("meeting_code")?),
                    state: row.try_get("state")?,
                    left: from_millis(row.try_get("left_at")?),
                })
            })
            .collect()
    }

    /// Forgets what meetings were at that everybody has left before a moment.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn delete_left_running_orders(&self, before: Timestamp) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM running_orders WHERE left_at < ?")
            .bind(to_millis(before))
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}
