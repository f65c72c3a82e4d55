//! Rows of `bindings`: where the phones are, so that they can be called right after a restart.

use std::time::SystemTime;

use jiff::Timestamp;
use sip_gateway::Binding;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use super::{Store, StoreError, from_millis, to_millis};

impl Store {
    /// The bindings that are good at a time, by number.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn bindings(&self, now: Timestamp) -> Result<Vec<Binding>, StoreError> {
        let rows = sqlx::query("SELECT * FROM bindings WHERE expires_at > ? ORDER BY aor, binding")
            .bind(to_millis(now))
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(binding).collect()
    }

    /// Forgets one binding; says whether there was one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn delete_binding(&self, aor: &str, key: &str) -> Result<bool, StoreError> {
        let done = sqlx::query("DELETE FROM bindings WHERE aor = ? AND binding = ?")
            .bind(aor)
            .bind(key)
            .execute(&self.pool)
            .await?;
        Ok(done.rows_affected() > 0)
    }

    /// Forgets bindings that expired before a time.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn delete_expired_bindings(&self, before: Timestamp) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM bindings WHERE expires_at <= ?")
            .bind(to_millis(before))
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}

/// Writes a binding as it is now.
pub(super) async fn write(connection: &mut SqliteConnection, binding: &Binding) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO bindings
         (aor, binding, contact, flow, path, q, call_id, cseq, user_agent, device, expires_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (aor, binding) DO UPDATE SET contact = excluded.contact, flow = excluded.flow,
         path = excluded.path, q = excluded.q, call_id = excluded.call_id, cseq = excluded.cseq,
         user_agent = excluded.user_agent, device = excluded.device, expires_at = excluded.expires_at",
    )
    .bind(&binding.aor)
    .bind(&binding.key)
    .bind(&binding.contact)
    .bind(&binding.flow)
    .bind(binding.path.join("\n"))
    .bind(i64::from(binding.q))
    .bind(&binding.call_id)
    .bind(i64::from(binding.cseq))
    .bind(&binding.user_agent)
    .bind(&binding.device)
    .bind(to_millis(timestamp(binding.expires)))
    .execute(connection)
    .await?;
    Ok(())
}

/// Forgets a binding.
pub(super) async fn delete(
    connection: &mut SqliteConnection,
    aor: &str,
    key: &str,
) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM bindings WHERE aor = ? AND binding = ?")
        .bind(aor)
        .bind(key)
        .execute(connection)
        .await?;
    Ok(())
}

fn binding(row: &SqliteRow) -> Result<Binding, StoreError> {
    let path: &str = row.try_get("path")?;
    Ok(Binding {
        aor: row.try_get("aor")?,
        key: row.try_get("binding")?,
        contact: row.try_get("contact")?,
        flow: row.try_get("flow")?,
        path: path.lines().map(str::to_owned).collect(),
        q: u16::try_from(row.try_get::<i64, _>("q")?).unwrap_or(0),
        call_id: row.try_get("call_id")?,
        cseq: u32::try_from(row.try_get::<i64, _>("cseq")?).unwrap_or(0),
        user_agent: row.try_get("user_agent")?,
        device: row.try_get("device")?,
        expires: SystemTime::from(from_millis(row.try_get("expires_at")?)),
    })
}

/// A time of the phones' as the office counts; what lies beyond all calendars becomes their end.
pub(crate) fn timestamp(time: SystemTime) -> Timestamp {
    Timestamp::try_from(time).unwrap_or(Timestamp::MAX)
}
