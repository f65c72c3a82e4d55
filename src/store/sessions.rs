//! Rows of `sessions`: who is signed in.

use std::time::Duration;

use jiff::Timestamp;
use sqlx::Row;

use super::users::user;
use super::{Store, StoreError, from_millis, to_millis};
use crate::accounts::{User, UserId};

/// From what somebody signs in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SignedInFrom {
    /// What the browser calls itself.
    pub agent: String,
    /// Where it was when the sign-in began.
    pub address: String,
}

/// A device on which somebody is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// The sign-in's name in the store.
    pub session: String,
    /// What it is, and where it was.
    pub from: SignedInFrom,
    /// Since when.
    pub since: Timestamp,
    /// When it was used last, to the minute.
    pub last_used: Timestamp,
}

impl Store {
    /// Remembers a sign-in. The oldest ones of the user make room when there are more than `limit`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn insert_session(
        &self,
        token_hash: &str,
        id: &UserId,
        from: &SignedInFrom,
        now: Timestamp,
        limit: u32,
    ) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        sqlx::query(
            "INSERT INTO sessions (token_hash, user_id, created_at, last_used_at, agent, address)
             VALUES (?, ?, ?, ?, ?, ?)",
        )
        .bind(token_hash)
        .bind(id.as_str())
        .bind(to_millis(now))
        .bind(to_millis(now))
        .bind(&from.agent)
        .bind(&from.address)
        .execute(&mut *transaction)
        .await?;
        sqlx::query(
            "DELETE FROM sessions WHERE user_id = ? AND token_hash NOT IN
             (SELECT token_hash FROM sessions WHERE user_id = ? ORDER BY last_used_at DESC, created_at DESC LIMIT ?)",
        )
        .bind(id.as_str())
        .bind(id.as_str())
        .bind(limit)
        .execute(&mut *transaction)
        .await?;
        Ok(transaction.commit().await?)
    }

    /// Whose sign-in this is, if it is still good; using it keeps it from going idle.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn session_user(
        &self,
        token_hash: &str,
        now: Timestamp,
        idle: Duration,
        absolute: Duration,
    ) -> Result<Option<User>, StoreError> {
        let row = sqlx::query(
            "SELECT users.*, sessions.last_used_at FROM sessions JOIN users ON users.id = sessions.user_id
             WHERE token_hash = ? AND sessions.created_at > ? AND last_used_at > ? AND NOT users.disabled",
        )
        .bind(token_hash)
        .bind(before(now, absolute))
        .bind(before(now, idle))
        .fetch_optional(&self.pool)
        .await?;
        let Some(row) = row else { return Ok(None) };

        // Once a minute is exact enough, and spares a write per request.
        let last_used: i64 = row.try_get("last_used_at")?;
        if to_millis(now) - last_used > USE_RECORDED_EVERY {
            sqlx::query("UPDATE sessions SET last_used_at = ? WHERE token_hash = ?")
                .bind(to_millis(now))
                .bind(token_hash)
                .execute(&self.pool)
                .await?;
        }
        user(&row).map(Some)
    }

    /// Whether a sign-in has not been ended; looking at it does not use it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn session_is_there(&self, token_hash: &str) -> Result<bool, StoreError> {
        let row = sqlx::query("SELECT 1 FROM sessions WHERE token_hash = ?")
            .bind(token_hash)
            .fetch_optional(&self.pool)
            .await?;
        Ok(row.is_some())
    }

    /// Ends a sign-in.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn delete_session(&self, token_hash: &str) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM sessions WHERE token_hash = ?").bind(token_hash).execute(&self.pool).await?;
        Ok(())
    }

    /// The devices on which somebody is signed in, the one used last first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn devices(
        &self,
        id: &UserId,
        now: Timestamp,
        idle: Duration,
        absolute: Duration,
    ) -> Result<Vec<Device>, StoreError> {
        let rows = sqlx::query(
            "SELECT * FROM sessions WHERE user_id = ? AND created_at > ? AND last_used_at > ?
             ORDER BY last_used_at DESC, created_at DESC",
        )
        .bind(id.as_str())
        .bind(before(now, absolute))
        .bind(before(now, idle))
        .fetch_all(&self.pool)
        .await?;
        rows.iter()
            .map(|row| {
                Ok(Device {
                    session: row.try_get("token_hash")?,
                    from: SignedInFrom { agent: row.try_get("agent")?, address: row.try_get("address")? },
                    since: from_millis(row.try_get("created_at")?),
                    last_used: from_millis(row.try_get("last_used_at")?),
                })
            })
            .collect()
    }

    /// Ends all sign-ins of somebody but the one named; says how many.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn delete_other_sessions(&self, id: &UserId, kept: &str) -> Result<u64, StoreError> {
        let done = sqlx::query("DELETE FROM sessions WHERE user_id = ? AND token_hash <> ?")
            .bind(id.as_str())
            .bind(kept)
            .execute(&self.pool)
            .await?;
        Ok(done.rows_affected())
    }

    /// Forgets sign-ins that can no longer be used; says how many.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn delete_expired_sessions(
        &self,
        now: Timestamp,
        idle: Duration,
        absolute: Duration,
    ) -> Result<u64, StoreError> {
        let done = sqlx::query("DELETE FROM sessions WHERE created_at <= ? OR last_used_at <= ?")
            .bind(before(now, absolute))
            .bind(before(now, idle))
            .execute(&self.pool)
            .await?;
        Ok(done.rows_affected())
    }
}

fn before(now: Timestamp, span: Duration) -> i64 {
    to_millis(now).saturating_sub(i64::try_from(span.as_millis()).unwrap_or(i64::MAX))
}

const USE_RECORDED_EVERY: i64 = 60_000;
