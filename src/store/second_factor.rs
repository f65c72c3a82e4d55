//! The second factor in `users`, and the rows of `recovery_codes`.

use jiff::Timestamp;
use sqlx::Row;

use super::{Store, StoreError};
use crate::accounts::{TotpSecret, UserId};
use crate::audit;

impl Store {
    /// Remembers a secret that somebody is about to put into an authenticator; it is asked for once it is confirmed.
    ///
    /// # Errors
    /// When the database fails, or the secret cannot be sealed.
    pub async fn begin_second_factor(&self, id: &UserId, secret: &TotpSecret) -> Result<(), StoreError> {
        let sealed = self.vault.seal(&place(id), &secret.base32())?;
        sqlx::query("UPDATE users SET totp_pending = ? WHERE id = ?")
            .bind(sealed)
            .bind(id.as_str())
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// The secret that waits to be confirmed.
    ///
    /// # Errors
    /// When the database fails, or the secret cannot be opened.
    pub async fn pending_second_factor(&self, id: &UserId) -> Result<Option<TotpSecret>, StoreError> {
        let row = sqlx::query("SELECT totp_pending FROM users WHERE id = ?")
            .bind(id.as_str())
            .fetch_optional(&self.pool)
            .await?;
        let sealed: Option<String> = row.map(|row| row.try_get("totp_pending")).transpose()?.flatten();
        sealed.map(|sealed| self.open_second_factor(id, &sealed)).transpose()
    }

    /// Asks for the waiting secret's codes from now on; the step whose code has confirmed it is used up. Says whether one
    /// was waiting.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn confirm_second_factor(
        &self,
        id: &UserId,
        step: i64,
        recovery_hashes: &[String],
        now: Timestamp,
        entry: &audit::Entry,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        let done = sqlx::query(
            "UPDATE users SET totp_sealed = totp_pending, totp_pending = NULL, totp_step = ?
             WHERE id = ? AND totp_pending IS NOT NULL",
        )
        .bind(step)
        .bind(id.as_str())
        .execute(&mut *transaction)
        .await?;
        if done.rows_affected() == 0 {
            return Ok(false);
        }
        sqlx::query("DELETE FROM recovery_codes WHERE user_id = ?")
            .bind(id.as_str())
            .execute(&mut *transaction)
            .await?;
        for hash in recovery_hashes {
            sqlx::query("INSERT INTO recovery_codes VALUES (?, ?)")
                .bind(id.as_str())
                .bind(hash)
                .execute(&mut *transaction)
                .await?;
        }
        audit::append_in(&mut transaction, now, entry).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// The secret whose codes are asked for, with the step used last.
    ///
    /// # Errors
    /// When the database fails, or the secret cannot be opened.
    pub async fn second_factor(&self, id: &UserId) -> Result<Option<(TotpSecret, i64)>, StoreError> {
        let row = sqlx::query("SELECT totp_sealed, totp_step FROM users WHERE id = ?")
            .bind(id.as_str())
            .fetch_optional(&self.pool)
            .await?;
        let Some(row) = row else { return Ok(None) };
        let sealed: Option<String> = row.try_get("totp_sealed")?;
        let step = row.try_get("totp_step")?;
        sealed.map(|sealed| Ok((self.open_second_factor(id, &sealed)?, step))).transpose()
    }

    /// Uses a step up; says whether nobody else has used it, or a later one, in between.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn use_second_factor(&self, id: &UserId, step: i64) -> Result<bool, StoreError> {
        let done = sqlx::query("UPDATE users SET totp_step = ? WHERE id = ? AND totp_step < ?")
            .bind(step)
            .bind(id.as_str())
            .bind(step)
            .execute(&self.pool)
            .await?;
        Ok(done.rows_affected() > 0)
    }

    /// Uses a recovery code up; says whether there was one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn use_recovery_code(&self, id: &UserId, hash: &str) -> Result<bool, StoreError> {
        let done = sqlx::query("DELETE FROM recovery_codes WHERE user_id = ? AND code_hash = ?")
            .bind(id.as_str())
            .bind(hash)
            .execute(&self.pool)
            .await?;
        Ok(done.rows_affected() > 0)
    }

    /// How many recovery codes somebody has left.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn recovery_codes_left(&self, id: &UserId) -> Result<u32, StoreError> {
        let row = sqlx::query("SELECT count(*) FROM recovery_codes WHERE user_id = ?")
            .bind(id.as_str())
            .fetch_one(&self.pool)
            .await?;
        Ok(u32::try_from(row.try_get::<i64, _>(0)?).unwrap_or(u32::MAX))
    }

    fn open_second_factor(&self, id: &UserId, sealed: &str) -> Result<TotpSecret, StoreError> {
        let what = place(id);
        let text = self.vault.open(&what, sealed)?;
        TotpSecret::from_base32(&text).ok_or_else(|| StoreError::Vault(self.vault.damaged(&what)))
    }
}

/// For what a secret is sealed, so that it opens nowhere else.
fn place(id: &UserId) -> String {
    format!("the second factor of {}", id.as_str())
}
