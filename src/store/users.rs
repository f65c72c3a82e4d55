//! Rows of `users`.

use sip_gateway_proto::plan::PostId;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use super::{Store, StoreError, from_millis, to_millis};
use crate::accounts::{Email, Origin, Role, User, UserId};

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
        let mut transaction = self.begin().await?;
        insert_user_in(&mut transaction, user, password_hash, limit).await?;
        Ok(transaction.commit().await?)
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
        sqlx::query("UPDATE users SET password = ?, must_change = 0 WHERE id = ?")
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

/// Adds an account as part of a change.
pub(super) async fn insert_user_in(
    connection: &mut SqliteConnection,
    user: &User,
    password_hash: &str,
    limit: usize,
) -> Result<(), StoreError> {
    let done = sqlx::query(
        "INSERT INTO users (id, email, name, role, password, created_at, function, rank, post_id, languages, origin,
             disabled, must_change)
         SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ? WHERE (SELECT count(*) FROM users) < ?",
    )
    .bind(user.id.as_str())
    .bind(user.email.as_str())
    .bind(&user.name)
    .bind(user.role.as_str())
    .bind(password_hash)
    .bind(to_millis(user.created_at))
    .bind(&user.function)
    .bind(user.rank)
    .bind(user.post.map(|post| post.0))
    .bind(user.languages.join(","))
    .bind(user.origin.as_str())
    .bind(user.disabled)
    .bind(user.must_change)
    .bind(i64::try_from(limit).unwrap_or(i64::MAX))
    .execute(connection)
    .await?;
    if done.rows_affected() == 0 {
        return Err(StoreError::Full(limit));
    }
    Ok(())
}

pub(super) fn user(row: &SqliteRow) -> Result<User, StoreError> {
    let languages: String = row.try_get("languages")?;
    Ok(User {
        id: UserId::from_stored(row.try_get("id")?),
        email: Email::from_stored(row.try_get("email")?),
        name: row.try_get("name")?,
        // Words that we do not know come from a newer version: nobody has more rights by them.
        role: Role::from_word(row.try_get("role")?).unwrap_or(Role::User),
        function: row.try_get("function")?,
        rank: row.try_get("rank")?,
        post: row.try_get::<Option<i64>, _>("post_id")?.map(PostId),
        languages: languages.split(',').filter(|code| !code.is_empty()).map(str::to_owned).collect(),
        extension: row.try_get("extension")?,
        origin: Origin::from_word(row.try_get("origin")?).unwrap_or(Origin::Local),
        disabled: row.try_get("disabled")?,
        must_change: row.try_get("must_change")?,
        second_factor: row.try_get::<Option<&str>, _>("totp_sealed")?.is_some(),
        created_at: from_millis(row.try_get("created_at")?),
    })
}
