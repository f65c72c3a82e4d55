//! Rows of `messages`, and the PINs of mailboxes.

use std::time::Duration;

use jiff::Timestamp;
use sip_gateway_proto::call::RecordingId;
use sqlx::Row;

use super::{Store, StoreError, from_millis, to_millis};
use crate::mail::Mail;
use crate::mailboxes::{Change, Message};

impl Store {
    /// All messages with their extensions, the oldest first.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn messages(&self) -> Result<Vec<(String, Message)>, StoreError> {
        let rows = sqlx::query("SELECT * FROM messages ORDER BY left_at").fetch_all(&self.pool).await?;
        rows.iter()
            .map(|row| {
                let message = Message {
                    recording: RecordingId(row.try_get::<i64, _>("recording")?.cast_unsigned()),
                    from: row.try_get("caller")?,
                    from_name: row.try_get("caller_name")?,
                    left: from_millis(row.try_get("left_at")?),
                    length: Duration::from_millis(row.try_get::<i64, _>("length_millis")?.cast_unsigned()),
                    heard: row.try_get("heard")?,
                };
                Ok((row.try_get("extension")?, message))
            })
            .collect()
    }

    /// Writes what has become of messages, and the mails that tell of it, everything or nothing. A message for an extension that is gone goes with it.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn write_messages(
        &self,
        changes: &[Change],
        mails: &[Mail],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        for mail in mails {
            match self.enqueue_mail_in(&mut transaction, mail, now).await {
                // The message itself is worth more than the news of it.
                Err(StoreError::Full(_)) => tracing::warn!("the outbox of mails is full"),
                other => drop(other?),
            }
        }
        for change in changes {
            let query = match change {
                Change::Left { extension, message } => sqlx::query(
                    "INSERT INTO messages SELECT ?, number, ?, ?, ?, ?, ? FROM extensions WHERE number = ?
                     ON CONFLICT (recording) DO NOTHING",
                )
                .bind(message.recording.0.cast_signed())
                .bind(&message.from)
                .bind(&message.from_name)
                .bind(to_millis(message.left))
                .bind(i64::try_from(message.length.as_millis()).unwrap_or(i64::MAX))
                .bind(message.heard)
                .bind(extension),
                Change::Heard(recording) => sqlx::query("UPDATE messages SET heard = 1 WHERE recording = ?")
                    .bind(recording.0.cast_signed()),
                Change::Deleted(recording) => {
                    sqlx::query("DELETE FROM messages WHERE recording = ?").bind(recording.0.cast_signed())
                }
            };
            query.execute(&mut *transaction).await?;
        }
        Ok(transaction.commit().await?)
    }

    /// The hash of a mailbox's PIN; nothing if nobody has chosen one, or there is no such mailbox.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn mailbox_pin(&self, extension: &str) -> Result<Option<String>, StoreError> {
        let row = sqlx::query("SELECT mailbox_pin_hash FROM extensions WHERE number = ?")
            .bind(extension)
            .fetch_optional(&self.pool)
            .await?;
        Ok(row.map(|row| row.try_get(0)).transpose()?.flatten())
    }

    /// Chooses the PIN of a mailbox; false if there is no such extension.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_mailbox_pin(&self, extension: &str, hash: &str) -> Result<bool, StoreError> {
        let done = sqlx::query("UPDATE extensions SET mailbox_pin_hash = ? WHERE number = ?")
            .bind(hash)
            .bind(extension)
            .execute(&self.pool)
            .await?;
        Ok(done.rows_affected() > 0)
    }
}
