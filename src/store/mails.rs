//! Rows of `mails`: what the mails wait in.

use jiff::Timestamp;
use sqlx::Row;
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use super::{Store, StoreError, from_millis, to_millis};
use crate::accounts::Email;
use crate::mail::{Mail, Purpose};

/// A row in the hand of whoever delivers it.
#[derive(Debug, Clone)]
pub struct MailRow {
    /// Its number.
    pub id: i64,
    /// How often it was tried, this time included.
    pub attempts: u32,
    /// Since when it waits.
    pub enqueued: Timestamp,
    /// What is to be sent.
    pub mail: Mail,
}

/// A mail that was given up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedMail {
    /// Its number.
    pub id: i64,
    /// To whom it was.
    pub recipient: String,
    /// What for.
    pub purpose: String,
    /// Since when it waited.
    pub enqueued: Timestamp,
    /// When it was given up.
    pub failed: Timestamp,
    /// Why.
    pub reason: String,
}

impl Store {
    /// Puts a mail into the outbox; answers with its number.
    ///
    /// # Errors
    /// [`StoreError::Full`] when as many wait as may.
    pub async fn enqueue_mail(&self, mail: &Mail, now: Timestamp) -> Result<i64, StoreError> {
        let mut transaction = self.begin().await?;
        let id = self.enqueue_mail_in(&mut transaction, mail, now).await?;
        transaction.commit().await?;
        Ok(id)
    }

    /// The same as part of a change, so that one is never without the other.
    pub(crate) async fn enqueue_mail_in(
        &self,
        connection: &mut SqliteConnection,
        mail: &Mail,
        now: Timestamp,
    ) -> Result<i64, StoreError> {
        let row = sqlx::query(
            "INSERT INTO mails (recipient, purpose, seat_id, message_id, message, attempts, enqueued_at, due_at)
             SELECT ?, ?, ?, ?, ?, 0, ?, ? WHERE (SELECT count(*) FROM mails) < ? RETURNING id",
        )
        .bind(mail.recipient.as_str())
        .bind(mail.purpose.as_str())
        .bind(mail.seat)
        .bind(&mail.message_id)
        .bind(self.vault.seal(&sealed_for(&mail.message_id), &mail.message)?)
        .bind(to_millis(now))
        .bind(to_millis(now))
        .bind(MOST_MAILS as i64)
        .fetch_optional(connection)
        .await?;
        Ok(row.ok_or(StoreError::Full(MOST_MAILS))?.try_get("id")?)
    }

    /// Takes a row in hand until `lease`: the one named or, without a name, the one that has been due for longest. Whoever
    /// else asks meanwhile does not get it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn claim_mail(
        &self,
        id: Option<i64>,
        now: Timestamp,
        lease: Timestamp,
    ) -> Result<Option<MailRow>, StoreError> {
        let row = sqlx::query(
            "UPDATE mails SET attempts = attempts + 1, due_at = ? WHERE id =
             (SELECT id FROM mails WHERE failed_at IS NULL AND due_at <= ? AND (? IS NULL OR id = ?)
              ORDER BY due_at, id LIMIT 1) RETURNING *",
        )
        .bind(to_millis(lease))
        .bind(to_millis(now))
        .bind(id)
        .bind(id)
        .fetch_optional(&self.pool)
        .await?;
        let Some(row) = row else { return Ok(None) };
        match self.mail(&row) {
            Ok(mail) => Ok(Some(mail)),
            // With another key than the one it was sealed with it can never be sent.
            Err(StoreError::Vault(error)) => {
                self.mail_failed(row.try_get("id")?, now, &error.to_string()).await?;
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// The mail server has taken a mail: its row leaves.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn mail_taken(&self, id: i64, seat: Option<i64>, now: Timestamp) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        sqlx::query("DELETE FROM mails WHERE id = ?").bind(id).execute(&mut *transaction).await?;
        sqlx::query("UPDATE seats SET mailed_at = ? WHERE id = ?")
            .bind(to_millis(now))
            .bind(seat)
            .execute(&mut *transaction)
            .await?;
        Ok(transaction.commit().await?)
    }

    /// A mail was not taken this time.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn mail_postponed(&self, id: i64, until: Timestamp, reason: &str) -> Result<(), StoreError> {
        sqlx::query("UPDATE mails SET due_at = ?, reason = ? WHERE id = ?")
            .bind(to_millis(until))
            .bind(reason)
            .bind(id)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// A mail is given up.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn mail_failed(&self, id: i64, now: Timestamp, reason: &str) -> Result<(), StoreError> {
        sqlx::query("UPDATE mails SET failed_at = ?, reason = ? WHERE id = ?")
            .bind(to_millis(now))
            .bind(reason)
            .bind(id)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// When the next mail is due.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn next_mail_due(&self) -> Result<Option<Timestamp>, StoreError> {
        let row = sqlx::query("SELECT min(due_at) FROM mails WHERE failed_at IS NULL")
            .fetch_one(&self.pool)
            .await?;
        Ok(row.try_get::<Option<i64>, _>(0)?.map(from_millis))
    }

    /// How many mails wait, and what the server said of the one that was tried last.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn mails_waiting(&self) -> Result<(u64, Option<String>), StoreError> {
        let row = sqlx::query(
            "SELECT count(*), (SELECT reason FROM mails WHERE failed_at IS NULL AND reason IS NOT NULL
             ORDER BY due_at DESC LIMIT 1) FROM mails WHERE failed_at IS NULL",
        )
        .fetch_one(&self.pool)
        .await?;
        Ok((row.try_get::<i64, _>(0)?.cast_unsigned(), row.try_get(1)?))
    }

    /// The mails that were given up, the newest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn failed_mails(&self, limit: u32) -> Result<Vec<FailedMail>, StoreError> {
        let rows =
            sqlx::query("SELECT * FROM mails WHERE failed_at IS NOT NULL ORDER BY failed_at DESC LIMIT ?")
                .bind(limit)
                .fetch_all(&self.pool)
                .await?;
        let failed = |row: &SqliteRow| {
            Ok(FailedMail {
                id: row.try_get("id")?,
                recipient: row.try_get("recipient")?,
                purpose: row.try_get("purpose")?,
                enqueued: from_millis(row.try_get("enqueued_at")?),
                failed: from_millis(row.try_get("failed_at")?),
                reason: row.try_get::<Option<String>, _>("reason")?.unwrap_or_default(),
            })
        };
        rows.iter().map(failed).collect()
    }

    /// Tries a mail again that was given up; false if there is none.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn retry_mail(&self, id: i64, now: Timestamp) -> Result<bool, StoreError> {
        let done = sqlx::query(
            "UPDATE mails SET failed_at = NULL, attempts = 0, enqueued_at = ?, due_at = ?
             WHERE id = ? AND failed_at IS NOT NULL",
        )
        .bind(to_millis(now))
        .bind(to_millis(now))
        .bind(id)
        .execute(&self.pool)
        .await?;
        Ok(done.rows_affected() > 0)
    }

    /// Forgets a mail that was given up; false if there is none.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn forget_mail(&self, id: i64) -> Result<bool, StoreError> {
        let done = sqlx::query("DELETE FROM mails WHERE id = ? AND failed_at IS NOT NULL")
            .bind(id)
            .execute(&self.pool)
            .await?;
        Ok(done.rows_affected() > 0)
    }

    /// Forgets mails that were given up long ago.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn delete_old_mails(&self, before: Timestamp) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM mails WHERE failed_at < ?")
            .bind(to_millis(before))
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    fn mail(&self, row: &SqliteRow) -> Result<MailRow, StoreError> {
        let message_id: String = row.try_get("message_id")?;
        Ok(MailRow {
            id: row.try_get("id")?,
            attempts: row.try_get("attempts")?,
            enqueued: from_millis(row.try_get("enqueued_at")?),
            mail: Mail {
                recipient: Email::from_stored(row.try_get("recipient")?),
                purpose: purpose(row.try_get("purpose")?),
                seat: row.try_get("seat_id")?,
                message: self.vault.open(&sealed_for(&message_id), row.try_get("message")?)?,
                message_id,
            },
        })
    }
}

fn purpose(text: &str) -> Purpose {
    let all = [Purpose::Cancellation, Purpose::Reminder, Purpose::Voicemail, Purpose::Test];
    all.into_iter().find(|purpose| purpose.as_str() == text).unwrap_or(Purpose::Invitation)
}

fn sealed_for(message_id: &str) -> String {
    format!("the mail {message_id}")
}

/// Invitations to some hundreds of large meetings, while the mail server is away.
const MOST_MAILS: usize = 20_000;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    #[tokio::test]
    async fn a_mail_is_in_one_hand_at_a_time_and_leaves_when_it_is_taken() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).await.unwrap();
        let id = store.enqueue_mail(&mail("1"), NOW).await.unwrap();
        let lease = NOW + Duration::from_secs(600);

        let row = store.claim_mail(None, NOW, lease).await.unwrap().unwrap();
        assert_eq!((row.id, row.attempts, row.mail.message.as_str()), (id, 1, "Subject: 1\r\n\r\n"));
        assert!(store.claim_mail(None, NOW, lease).await.unwrap().is_none(), "it is in hand");
        assert!(store.claim_mail(Some(id), NOW, lease).await.unwrap().is_none());

        // Whoever had it has died.
        let row = store.claim_mail(None, lease, lease + Duration::from_secs(600)).await.unwrap().unwrap();
        assert_eq!(row.attempts, 2);
        store.mail_taken(row.id, None, lease).await.unwrap();
        assert_eq!(store.mails_waiting().await.unwrap(), (0, None));
    }

    #[tokio::test]
    async fn a_mail_that_is_given_up_stays_to_be_seen_and_can_be_tried_again() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).await.unwrap();
        let id = store.enqueue_mail(&mail("1"), NOW).await.unwrap();
        store.mail_failed(id, NOW, "550 no such mailbox").await.unwrap();

        let failed = store.failed_mails(10).await.unwrap();
        assert_eq!((failed[0].id, failed[0].reason.as_str()), (id, "550 no such mailbox"));
        assert!(store.claim_mail(None, NOW, NOW).await.unwrap().is_none());

        assert!(store.retry_mail(id, NOW).await.unwrap());
        assert!(!store.forget_mail(id).await.unwrap(), "it is on its way");
        assert_eq!(store.claim_mail(None, NOW, NOW).await.unwrap().unwrap().attempts, 1);
        store.mail_failed(id, NOW, "x").await.unwrap();
        store.delete_old_mails(NOW + Duration::from_secs(1)).await.unwrap();
        assert!(store.failed_mails(10).await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn the_database_alone_does_not_tell_what_is_in_a_mail() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).await.unwrap();
        store.enqueue_mail(&mail("secret link"), NOW).await.unwrap();

        let row = sqlx::query("SELECT message FROM mails").fetch_one(&store.pool).await.unwrap();
        assert!(!row.get::<String, _>(0).contains("secret"));
    }

    fn mail(subject: &str) -> Mail {
        Mail {
            recipient: Email::new("awa@example.org").unwrap(),
            purpose: Purpose::Test,
            seat: None,
            message_id: format!("<{subject}@example.org>"),
            message: format!("Subject: {subject}\r\n\r\n"),
        }
    }
}
