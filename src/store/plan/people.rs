//! Rows of `users`, as far as they belong to the house: who somebody is, where, and with which extension.

use sip_gateway_proto::plan::PostId;
use sqlx::Row;

use super::PlanChange;
use crate::accounts::{Email, Origin, User, UserId};
use crate::directory::PlanError;
use crate::store::StoreError;
use crate::store::users::{insert_user_in, user};

impl PlanChange {
    /// Adds an account with the hash of its password, unless there are `limit` already.
    ///
    /// # Errors
    /// [`PlanError::Taken`] when its e-mail address or its extension is another's.
    pub async fn add_user(
        &mut self,
        user: &User,
        password_hash: &str,
        limit: usize,
    ) -> Result<(), PlanError> {
        self.there_is_post(user.post).await?;
        insert_user_in(&mut self.transaction, user, password_hash, limit).await.map_err(|e| match e {
            StoreError::Exists => email_taken(),
            StoreError::Full(limit) => PlanError::Full { what: "accounts", limit },
            other => other.into(),
        })?;
        if let Some(number) = &user.extension {
            self.set_user_extension(&user.id, Some(number)).await?;
        }
        Ok(self.note("user.add", user.id.as_str()).await?)
    }

    /// Gives an account all its values anew but the extension, and what it signs in with. One that is disabled is signed
    /// out everywhere.
    ///
    /// # Errors
    /// [`PlanError::Unknown`] when there is no such account.
    pub async fn change_user(&mut self, user: &User) -> Result<(), PlanError> {
        self.there_is_post(user.post).await?;
        let done = sqlx::query(
            "UPDATE users SET email = ?, name = ?, role = ?, function = ?, rank = ?, post_id = ?, languages = ?,
                 disabled = CASE WHEN ? THEN max(disabled, 1) ELSE 0 END WHERE id = ?",
        )
        .bind(user.email.as_str())
        .bind(&user.name)
        .bind(user.role.as_str())
        .bind(&user.function)
        .bind(user.rank)
        .bind(user.post.map(|post| post.0))
        .bind(user.languages.join(","))
        .bind(user.disabled)
        .bind(user.id.as_str())
        .execute(&mut *self.transaction)
        .await
        .map_err(|error| match StoreError::from(error) {
            StoreError::Exists => email_taken(),
            other => other.into(),
        })?;
        if done.rows_affected() == 0 {
            return Err(PlanError::unknown("user", user.id.as_str()));
        }
        if user.disabled {
            self.sign_out(&user.id).await?;
        }
        Ok(self.note("user.change", user.id.as_str()).await?)
    }

    /// Gives an account a password that its holder must change first of all, and signs it out everywhere.
    ///
    /// # Errors
    /// [`PlanError::Unknown`] when there is no such account.
    pub async fn set_initial_password(&mut self, id: &UserId, password_hash: &str) -> Result<(), PlanError> {
        let done = sqlx::query("UPDATE users SET password = ?, must_change = 1 WHERE id = ?")
            .bind(password_hash)
            .bind(id.as_str())
            .execute(&mut *self.transaction)
            .await?;
        if done.rows_affected() == 0 {
            return Err(PlanError::unknown("user", id.as_str()));
        }
        self.sign_out(id).await?;
        Ok(self.note("user.password", id.as_str()).await?)
    }

    /// Takes the second factor from an account whose holder has lost it, and signs it out everywhere.
    ///
    /// # Errors
    /// [`PlanError::Unknown`] when there is no such account.
    pub async fn reset_second_factor(&mut self, id: &UserId) -> Result<(), PlanError> {
        let done = sqlx::query("UPDATE users SET totp_sealed = NULL, totp_pending = NULL WHERE id = ?")
            .bind(id.as_str())
            .execute(&mut *self.transaction)
            .await?;
        if done.rows_affected() == 0 {
            return Err(PlanError::unknown("user", id.as_str()));
        }
        sqlx::query("DELETE FROM recovery_codes WHERE user_id = ?")
            .bind(id.as_str())
            .execute(&mut *self.transaction)
            .await?;
        self.sign_out(id).await?;
        Ok(self.note("user.second-factor", id.as_str()).await?)
    }

    /// The account of an e-mail address.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn user_by_email(&mut self, email: &Email) -> Result<Option<User>, PlanError> {
        let row = sqlx::query("SELECT * FROM users WHERE email = ?")
            .bind(email.as_str())
            .fetch_optional(&mut *self.transaction)
            .await?;
        Ok(row.as_ref().map(user).transpose()?)
    }

    /// The account that somebody else has a name for.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn user_by_subject(&mut self, subject: &str) -> Result<Option<User>, PlanError> {
        let row = sqlx::query("SELECT * FROM users WHERE subject = ?")
            .bind(subject)
            .fetch_optional(&mut *self.transaction)
            .await?;
        Ok(row.as_ref().map(user).transpose()?)
    }

    /// The accounts for which somebody else vouches, with their names there.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn users_of(&mut self, origin: Origin) -> Result<Vec<(User, String)>, StoreError> {
        let rows = sqlx::query("SELECT * FROM users WHERE origin = ? AND subject IS NOT NULL ORDER BY email")
            .bind(origin.as_str())
            .fetch_all(&mut *self.transaction)
            .await?;
        rows.iter().map(|row| Ok((user(row)?, row.try_get("subject")?))).collect()
    }

    /// Closes an account that the directory does not name any more, so that it can open it again, and signs it out.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn close_by_directory(&mut self, id: &UserId) -> Result<(), StoreError> {
        sqlx::query("UPDATE users SET disabled = ? WHERE id = ? AND disabled = 0")
            .bind(CLOSED_BY_DIRECTORY)
            .bind(id.as_str())
            .execute(&mut *self.transaction)
            .await?;
        self.sign_out(id).await?;
        self.note("user.close", id.as_str()).await
    }

    /// Opens an account that the directory names again; says whether it was the directory that had closed it, and not an
    /// administrator.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn open_by_directory(&mut self, id: &UserId) -> Result<bool, StoreError> {
        let done = sqlx::query("UPDATE users SET disabled = 0 WHERE id = ? AND disabled = ?")
            .bind(id.as_str())
            .bind(CLOSED_BY_DIRECTORY)
            .execute(&mut *self.transaction)
            .await?;
        if done.rows_affected() > 0 {
            self.note("user.open", id.as_str()).await?;
        }
        Ok(done.rows_affected() > 0)
    }

    /// Remembers somebody else's name for an account that has none yet; says whether it had none.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn link_subject(&mut self, id: &UserId, subject: &str) -> Result<bool, PlanError> {
        let done = sqlx::query("UPDATE users SET subject = ? WHERE id = ? AND subject IS NULL")
            .bind(subject)
            .bind(id.as_str())
            .execute(&mut *self.transaction)
            .await?;
        if done.rows_affected() > 0 {
            self.note("user.link", id.as_str()).await?;
        }
        Ok(done.rows_affected() > 0)
    }

    /// An account.
    ///
    /// # Errors
    /// [`PlanError::Unknown`] when there is none.
    pub async fn user(&mut self, id: &UserId) -> Result<User, PlanError> {
        let row = sqlx::query("SELECT * FROM users WHERE id = ?")
            .bind(id.as_str())
            .fetch_optional(&mut *self.transaction)
            .await?
            .ok_or_else(|| PlanError::unknown("user", id.as_str()))?;
        Ok(user(&row)?)
    }

    /// All accounts.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn users(&mut self) -> Result<Vec<User>, StoreError> {
        let rows = sqlx::query("SELECT * FROM users").fetch_all(&mut *self.transaction).await?;
        rows.iter().map(user).collect()
    }

    /// All posts with their names.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn posts_by_name(&mut self) -> Result<Vec<(String, PostId)>, StoreError> {
        let rows = sqlx::query("SELECT name, id FROM posts").fetch_all(&mut *self.transaction).await?;
        rows.iter().map(|row| Ok((row.try_get("name")?, PostId(row.try_get("id")?)))).collect()
    }

    /// To which post an extension belongs.
    ///
    /// # Errors
    /// [`PlanError::Unknown`] when there is no such extension.
    pub async fn post_of_extension(&mut self, number: &str) -> Result<PostId, PlanError> {
        let row = sqlx::query("SELECT post_id FROM extensions WHERE number = ?")
            .bind(number)
            .fetch_optional(&mut *self.transaction)
            .await?
            .ok_or_else(|| PlanError::unknown("extension", number))?;
        Ok(PostId(row.try_get("post_id")?))
    }

    async fn sign_out(&mut self, id: &UserId) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM sessions WHERE user_id = ?")
            .bind(id.as_str())
            .execute(&mut *self.transaction)
            .await?;
        Ok(())
    }

    async fn there_is_post(&mut self, post: Option<PostId>) -> Result<(), PlanError> {
        let Some(post) = post else { return Ok(()) };
        match self.post_name(post).await {
            Ok(_) => Ok(()),
            Err(PlanError::Unknown { .. }) => Err(PlanError::invalid("post", "there is no such post")),
            Err(other) => Err(other),
        }
    }
}

/// In `disabled`, where an administrator's word is 1.
const CLOSED_BY_DIRECTORY: i64 = 2;

fn email_taken() -> PlanError {
    PlanError::Taken("an account with this e-mail address".to_owned())
}
