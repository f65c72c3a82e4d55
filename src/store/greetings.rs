//! Rows of `greetings`.

use std::time::Duration;

use sip_gateway_proto::call::RecordingId;
use sqlx::Row;

use super::{Store, StoreError, from_millis, to_millis};
use crate::mailboxes::Greeting;

impl Store {
    /// All greetings with their extensions.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn greetings(&self) -> Result<Vec<(String, Greeting)>, StoreError> {
        let rows = sqlx::query("SELECT * FROM greetings").fetch_all(&self.pool).await?;
        rows.iter()
            .map(|row| {
                let greeting = Greeting {
                    recording: RecordingId(row.try_get::<i64, _>("recording")?.cast_unsigned()),
                    length: Duration::from_millis(row.try_get::<i64, _>("length_millis")?.cast_unsigned()),
                    made: from_millis(row.try_get("made_at")?),
                };
                Ok((row.try_get("extension")?, greeting))
            })
            .collect()
    }

    /// Writes the greeting of an extension as it is now. That of an extension that is gone is not kept.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn write_greeting(
        &self,
        extension: &str,
        greeting: Option<&Greeting>,
    ) -> Result<(), StoreError> {
        let query = match greeting {
            Some(greeting) => sqlx::query(
                "INSERT INTO greetings SELECT number, ?, ?, ? FROM extensions WHERE number = ?
                 ON CONFLICT (extension) DO UPDATE SET recording = excluded.recording,
                 length_millis = excluded.length_millis, made_at = excluded.made_at",
            )
            .bind(greeting.recording.0.cast_signed())
            .bind(i64::try_from(greeting.length.as_millis()).unwrap_or(i64::MAX))
            .bind(to_millis(greeting.made)),
            None => sqlx::query("DELETE FROM greetings WHERE extension = ?"),
        };
        query.bind(extension).execute(&self.pool).await?;
        Ok(())
    }
}
