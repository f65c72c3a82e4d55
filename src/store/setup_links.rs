//! Rows of `setup_links`: one-time administrator links.

use jiff::Timestamp;

use super::users::insert_user_in;
use super::{Store, StoreError, to_millis};
use crate::accounts::User;

impl Store {
    /// Remembers a fresh link; the ones made before are void.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn replace_setup_link(
        &self,
        secret_hash: &str,
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        sqlx::query("DELETE FROM setup_links").execute(&mut *transaction).await?;
        sqlx::query("INSERT INTO setup_links VALUES (?, ?)")
            .bind(secret_hash)
            .bind(to_millis(expires_at))
            .execute(&mut *transaction)
            .await?;
        Ok(transaction.commit().await?)
    }

    /// Whether a link is still good.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn setup_link_is_good(&self, secret_hash: &str, now: Timestamp) -> Result<bool, StoreError> {
        let row = sqlx::query("SELECT 1 FROM setup_links WHERE secret_hash = ? AND expires_at > ?")
            .bind(secret_hash)
            .bind(to_millis(now))
            .fetch_optional(&self.pool)
            .await?;
        Ok(row.is_some())
    }

    /// Uses a link up for an administrator's account: both happen or neither. Says whether the link was good.
    ///
    /// # Errors
    /// [`StoreError::Exists`] when the e-mail address is taken; the link then stays good.
    pub async fn use_setup_link(
        &self,
        secret_hash: &str,
        now: Timestamp,
        administrator: &User,
        password_hash: &str,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        let used = sqlx::query("DELETE FROM setup_links WHERE secret_hash = ? AND expires_at > ?")
            .bind(secret_hash)
            .bind(to_millis(now))
            .execute(&mut *transaction)
            .await?;
        if used.rows_affected() == 0 {
            return Ok(false);
        }
        insert_user_in(&mut transaction, administrator, password_hash, usize::MAX).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Forgets links that are no longer good.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn delete_expired_setup_links(&self, now: Timestamp) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM setup_links WHERE expires_at <= ?")
            .bind(to_millis(now))
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}
