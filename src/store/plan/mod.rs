//! The numbering plan in its tables: read whole, changed in transactions that also write the audit log.

mod conference;
mod extensions;
mod groups;
mod people;
mod posts;
mod read;
mod trunks;

pub use read::Locked;
pub(crate) use read::ReadPlan;

use std::net::IpAddr;
use std::sync::Arc;

use jiff::Timestamp;
use sqlx::{Row, Sqlite, SqliteConnection, Transaction};

use super::vault::Vault;
use super::{Store, StoreError};
use crate::audit;
use crate::directory::PlanError;

/// Who changes the plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct By {
    /// A user's id, `console` for the command line, or an extension for a phone.
    pub actor: String,
    /// From where; `None` for the machine itself.
    pub address: Option<IpAddr>,
}

impl By {
    /// Whoever runs the machine.
    #[must_use]
    pub fn console() -> Self {
        Self { actor: "console".to_owned(), address: None }
    }
}

/// A change of the plan, of one or of many parts: all of it happens when it is committed, or nothing.
pub struct PlanChange {
    transaction: Transaction<'static, Sqlite>,
    vault: Arc<Vault>,
    by: By,
    at: Timestamp,
}

impl Store {
    /// Begins a change of the numbering plan. Others who want to write wait until it ends, so it must not dawdle.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn change_plan(&self, by: By, at: Timestamp) -> Result<PlanChange, StoreError> {
        Ok(PlanChange { transaction: self.begin().await?, vault: Arc::clone(&self.vault), by, at })
    }

    /// The number of the plan's last change.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn plan_version(&self) -> Result<i64, StoreError> {
        let row = sqlx::query("SELECT version FROM plan_version").fetch_one(&self.pool).await?;
        Ok(row.try_get(0)?)
    }
}

impl PlanChange {
    /// Makes everything true at once.
    ///
    /// # Errors
    /// When the database fails; then nothing has changed.
    pub async fn commit(mut self) -> Result<(), StoreError> {
        sqlx::query("UPDATE plan_version SET version = version + 1").execute(&mut *self.transaction).await?;
        Ok(self.transaction.commit().await?)
    }

    /// Writes into the audit log what has been done.
    async fn note(&mut self, action: &'static str, object: &str) -> Result<(), StoreError> {
        let entry = audit::Entry {
            actor: self.by.actor.clone(),
            action,
            object: object.to_owned(),
            address: self.by.address,
            result: "ok",
        };
        audit::append_in(&mut self.transaction, self.at, &entry).await
    }

    /// Refuses one more of what there are `limit` of.
    async fn room_for(
        &mut self,
        table: &'static str,
        what: &'static str,
        limit: usize,
    ) -> Result<(), PlanError> {
        let count = count(&mut self.transaction, &format!("SELECT count(*) FROM {table}")).await?;
        if count >= limit {
            return Err(PlanError::Full { what, limit });
        }
        Ok(())
    }

    /// Takes a number for something that can be dialled inside.
    async fn take_number(&mut self, number: &str, kind: &'static str) -> Result<(), PlanError> {
        let taken = sqlx::query("SELECT kind FROM numbers WHERE number = ?")
            .bind(number)
            .fetch_optional(&mut *self.transaction)
            .await?;
        if let Some(row) = taken {
            let a_kind = match row.try_get("kind")? {
                "group" => "a group",
                "extension" => "an extension",
                _ => "an entrance to meetings",
            };
            return Err(PlanError::Taken(format!("{a_kind} with the number {number}")));
        }
        sqlx::query("INSERT INTO numbers (number, kind) VALUES (?, ?)")
            .bind(number)
            .bind(kind)
            .execute(&mut *self.transaction)
            .await?;
        Ok(())
    }

    /// Gives a number back, unless a public number leads to it.
    async fn free_number(&mut self, number: &str, kind: &'static str) -> Result<(), PlanError> {
        let inbound = sqlx::query("SELECT number FROM inbound_numbers WHERE target = ? LIMIT 1")
            .bind(number)
            .fetch_optional(&mut *self.transaction)
            .await?;
        if let Some(row) = inbound {
            let needed_by = match row.try_get("number")? {
                "" => "the other public numbers of a trunk still lead to it".to_owned(),
                public => format!("the public number {public} still leads to it"),
            };
            return Err(PlanError::Needed { what: format!("{kind} {number}"), needed_by });
        }
        let done = sqlx::query("DELETE FROM numbers WHERE number = ? AND kind = ?")
            .bind(number)
            .bind(kind)
            .execute(&mut *self.transaction)
            .await?;
        if done.rows_affected() == 0 {
            return Err(PlanError::unknown(kind, number));
        }
        Ok(())
    }
}

impl std::fmt::Debug for PlanChange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PlanChange").field("by", &self.by).finish_non_exhaustive()
    }
}

async fn count(connection: &mut SqliteConnection, query: &str) -> Result<usize, StoreError> {
    let row = sqlx::query(sqlx::AssertSqlSafe(query.to_owned())).fetch_one(connection).await?;
    Ok(usize::try_from(row.try_get::<i64, _>(0)?).unwrap_or(0))
}

/// A list of texts that hold no comma, as it is stored.
fn join<T: ToString>(items: &[T]) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests;
