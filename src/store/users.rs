//! Rows of `users`.

use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::{Store, StoreError, from_millis, to_millis};
use crate::accounts::{Email, Role, User, UserId};

impl Store {
    /// Adds an account with the hash of its password, unless there are `limit` already.
    ///
    /// # Errors
    /// [`StoreError::Exists`] when the e-mail address is taken.
    pub async fn insert_user(
        &self,
        user: &User,
        password_hash: &str,
        limit: usize,
    ) -> Result<(), StoreError> {
        let done = sqlx::query(
            "INSERT INTO users (id, email, name, role, password, created_at)
             SELECT ?, ?, ?, ?, ?, ? WHERE (SELECT count(*) FROM users) < ?",
        )
        .bind(user.id.as_str())
        .bind(user.email.as_str())
        .bind(&user.name)
        .bind(user.role.as_str())
        .bind(password_hash)
        .bind(to_millis(user.created_at))
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .execute(&self.pool)
        .await?;
        if done.rows_affected() == 0 {
            return Err(StoreError::Full(limit));
        }
        Ok(())
    }

    /// The account of an e-mail address with the hash of its password.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn user_by_email(&self, email: &Email) -> Result<Option<(User, String)>, StoreError> {
        let row = sqlx::query("SELECT * FROM users WHERE email = ?")
            .bind(email.as_str())
            .fetch_optional(&self.pool)
            .await?;
        row.map(|row| Ok((user(&row)?, row.try_get("password")?))).transpose()
    }

    /// An account.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn user(&self, id: &UserId) -> Result<Option<User>, StoreError> {
        let row = sqlx::query("SELECT * FROM users WHERE id = ?")
            .bind(id.as_str())
            .fetch_optional(&self.pool)
            .await?;
        row.as_ref().map(user).transpose()
    }

    /// All accounts, by name.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn users(&self) -> Result<Vec<User>, StoreError> {
        let rows = sqlx::query("SELECT * FROM users ORDER BY name, email").fetch_all(&self.pool).await?;
        rows.iter().map(user).collect()
    }

    /// Whether nobody can administer this server yet.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn has_no_administrator(&self) -> Result<bool, StoreError> {
        let row = sqlx::query("SELECT count(*) FROM users WHERE role = 'administrator'")
            .fetch_one(&self.pool)
            .await?;
        Ok(row.try_get::<i64, _>(0)? == 0)
    }

    /// Removes an account with its sign-ins and meetings; says whether there was one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn delete_user(&self, id: &UserId) -> Result<bool, StoreError> {
        let done =
            sqlx::query("DELETE FROM users WHERE id = ?").bind(id.as_str()).execute(&self.pool).await?;
        Ok(done.rows_affected() > 0)
    }

    /// Whose extension this is.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn user_of_extension(&self, number: &str) -> Result<Option<User>, StoreError> {
        let row = sqlx::query("SELECT * FROM users WHERE extension = ?")
            .bind(number)
            .fetch_optional(&self.pool)
            .await?;
        row.as_ref().map(user).transpose()
    }

    /// Gives an account another password and ends its sign-ins but the one named.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn change_password(
        &self,
        id: &UserId,
        password_hash: &str,
        kept_session: &str,
    ) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        sqlx::query("UPDATE users SET password = ? WHERE id = ?")
            .bind(password_hash)
            .bind(id.as_str())
            .execute(&mut *transaction)
            .await?;
        sqlx::query("DELETE FROM sessions WHERE user_id = ? AND token_hash <> ?")
            .bind(id.as_str())
            .bind(kept_session)
            .execute(&mut *transaction)
            .await?;
        Ok(transaction.commit().await?)
    }
}

pub(super) fn user(row: &SqliteRow) -> Result<User, StoreError> {
    Ok(User {
        id: UserId::from_stored(row.try_get("id")?),
        email: Email::from_stored(row.try_get("email")?),
        name: row.try_get("name")?,
        role: match row.try_get("role")? {
            "administrator" => Role::Administrator,
            _ => Role::User,
        },
        extension: row.try_get("extension")?,
        created_at: from_millis(row.try_get("created_at")?),
    })
}
