//! What seats do in meetings, and rows of `assigned_roles`: what those do who have none.

use jiff::Timestamp;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::{Store, StoreError, to_millis};
use crate::meetings::MeetingCode;
use crate::meetings::schedule::SeatRole;

impl Store {
    /// What a seat of a meeting does there; nothing, if there is no such seat.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn seat_role(&self, code: &MeetingCode, seat: i64) -> Result<Option<SeatRole>, StoreError> {
        let row = sqlx::query(
            "SELECT role FROM seats JOIN parties ON parties.id = party_id
             WHERE seats.id = ? AND meeting_code = ?",
        )
        .bind(seat)
        .bind(code.as_str())
        .fetch_optional(&self.pool)
        .await?;
        row.as_ref().map(role).transpose()
    }

    /// Gives a seat of a meeting another role; says whether there is such a seat. A party has one head.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_seat_role(
        &self,
        code: &MeetingCode,
        seat: i64,
        role: SeatRole,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        let done = sqlx::query(
            "UPDATE seats SET role = ? WHERE id = ?
             AND party_id IN (SELECT id FROM parties WHERE meeting_code = ?)",
        )
        .bind(role.as_str())
        .bind(seat)
        .bind(code.as_str())
        .execute(&mut *transaction)
        .await?;
        if done.rows_affected() > 0 && role == SeatRole::Head {
            sqlx::query(
                "UPDATE seats SET is_head = (id = ?1)
                 WHERE party_id = (SELECT party_id FROM seats WHERE id = ?1)",
            )
            .bind(seat)
            .execute(&mut *transaction)
            .await?;
        }
        transaction.commit().await?;
        Ok(done.rows_affected() > 0)
    }

    /// What somebody without a seat was told to be in a meeting.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn assigned_role(
        &self,
        code: &MeetingCode,
        identity: &str,
    ) -> Result<Option<SeatRole>, StoreError> {
        let row = sqlx::query("SELECT role FROM assigned_roles WHERE meeting_code = ? AND identity = ?")
            .bind(code.as_str())
            .bind(identity)
            .fetch_optional(&self.pool)
            .await?;
        row.as_ref().map(role).transpose()
    }

    /// Notes what somebody without a seat is to be in a meeting; the oldest of more than `limit` are forgotten.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn assign_role(
        &self,
        code: &MeetingCode,
        identity: &str,
        role: SeatRole,
        now: Timestamp,
        limit: u32,
    ) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        sqlx::query("INSERT OR REPLACE INTO assigned_roles VALUES (?, ?, ?, ?)")
            .bind(code.as_str())
            .bind(identity)
            .bind(role.as_str())
            .bind(to_millis(now))
            .execute(&mut *transaction)
            .await?;
        sqlx::query(
            "DELETE FROM assigned_roles WHERE meeting_code = ?1 AND identity NOT IN
             (SELECT identity FROM assigned_roles WHERE meeting_code = ?1 ORDER BY assigned_at DESC LIMIT ?2)",
        )
        .bind(code.as_str())
        .bind(limit)
        .execute(&mut *transaction)
        .await?;
        Ok(transaction.commit().await?)
    }

    /// Forgets what those without a seat were told to be in a meeting.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn forget_assigned_roles(&self, code: &MeetingCode) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM assigned_roles WHERE meeting_code = ?")
            .bind(code.as_str())
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Forgets what was assigned before a moment.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn delete_assigned_roles(&self, before: Timestamp) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM assigned_roles WHERE assigned_at <= ?")
            .bind(to_millis(before))
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}

fn role(row: &SqliteRow) -> Result<SeatRole, StoreError> {
    Ok(SeatRole::from_stored(row.try_get("role")?))
}
