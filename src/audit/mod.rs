//! What was done by whom: an append-only log in which each row's hash covers the row before it.

mod chain;
mod search;

use std::net::IpAddr;

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use sqlx::Row;

pub use chain::{Broken, Head, inspect};
pub use search::{Found, Search, actions, csv, search};

use crate::accounts::hex;
use crate::store::{Store, StoreError, from_millis, to_millis};

/// One thing that was done or tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Who: a user's id, `console` for the command line, or `-` for nobody known.
    pub actor: String,
    /// What, such as `sign-in` or `user.add`.
    pub action: &'static str,
    /// On what, if anything.
    pub object: String,
    /// From where; `None` for the machine itself.
    pub address: Option<IpAddr>,
    /// How it ended, `ok` or the code of an error.
    pub result: &'static str,
}

impl Entry {
    /// Something done on the command line, which only whoever runs the machine can use.
    #[must_use]
    pub fn console(action: &'static str, object: &str) -> Self {
        Self { actor: "console".to_owned(), action, object: object.to_owned(), address: None, result: "ok" }
    }
}

/// Appends an entry.
///
/// # Errors
/// When the database fails.
pub async fn append(store: &Store, now: Timestamp, entry: &Entry) -> Result<(), StoreError> {
    let mut transaction = store.begin().await?;
    append_in(&mut transaction, now, entry).await?;
    Ok(transaction.commit().await?)
}

/// Appends several entries, all of them or none.
///
/// # Errors
/// When the database fails.
pub async fn append_all(store: &Store, now: Timestamp, entries: &[Entry]) -> Result<(), StoreError> {
    let mut transaction = store.begin().await?;
    for entry in entries {
        append_in(&mut transaction, now, entry).await?;
    }
    Ok(transaction.commit().await?)
}

/// Appends an entry as part of a change, so that one is never without the other. The transaction must be one that
/// holds the right to write.
pub(crate) async fn append_in(
    transaction: &mut sqlx::SqliteConnection,
    now: Timestamp,
    entry: &Entry,
) -> Result<(), StoreError> {
    let last = sqlx::query("SELECT hash FROM audit ORDER BY seq DESC LIMIT 1")
        .fetch_optional(&mut *transaction)
        .await?;
    let before: String = last.map(|row| row.try_get("hash")).transpose()?.unwrap_or_default();
    let at = to_millis(now);
    let address = entry.address.map(|a| a.to_string()).unwrap_or_default();
    let hash = chained(&before, at, [&entry.actor, entry.action, &entry.object, &address, entry.result]);

    sqlx::query(
        "INSERT INTO audit (at, actor, action, object, address, result, hash) VALUES (?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(at)
    .bind(&entry.actor)
    .bind(entry.action)
    .bind(&entry.object)
    .bind(&address)
    .bind(entry.result)
    .bind(hash)
    .execute(transaction)
    .await?;
    Ok(())
}

/// An entry as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: String,
    /// What.
    pub action: String,
    /// On what.
    pub object: String,
    /// How it ended.
    pub result: String,
}

/// The newest entries, newest first.
///
/// # Errors
/// When the database fails.
pub async fn newest(store: &Store, limit: u32) -> Result<Vec<Written>, StoreError> {
    let rows = sqlx::query("SELECT * FROM audit ORDER BY seq DESC LIMIT ?")
        .bind(limit)
        .fetch_all(&store.pool)
        .await?;
    rows.iter()
        .map(|row| {
            Ok(Written {
                at: from_millis(row.try_get("at")?),
                actor: row.try_get("actor")?,
                action: row.try_get("action")?,
                object: row.try_get("object")?,
                result: row.try_get("result")?,
            })
        })
        .collect()
}

/// The hash of a row: each part is preceded by its length, so that no two rows read alike.
fn chained(before: &str, at: i64, parts: [&str; 5]) -> String {
    let mut hash = Sha256::new();
    hash.update(before);
    hash.update(at.to_be_bytes());
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hex(&hash.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_log_can_only_be_continued() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).await.unwrap();
        append(&store, Timestamp::UNIX_EPOCH, &Entry::console("user.add", "one")).await.unwrap();
        append(&store, Timestamp::UNIX_EPOCH, &Entry::console("user.add", "two")).await.unwrap();

        assert_eq!(
            inspect(&store, None).await.unwrap().map(|head| head.map(|head| head.entries)),
            Ok(Some(2))
        );
        for forbidden in ["UPDATE audit SET object = 'x'", "DELETE FROM audit"] {
            assert!(sqlx::query(forbidden).execute(&store.pool).await.is_err());
        }
    }

    #[tokio::test]
    async fn a_row_changed_behind_our_back_breaks_the_chain() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).await.unwrap();
        for object in ["one", "two", "three"] {
            append(&store, Timestamp::UNIX_EPOCH, &Entry::console("user.add", object)).await.unwrap();
        }

        for statement in
            ["DROP TRIGGER audit_is_never_changed", "UPDATE audit SET object = 'x' WHERE seq = 2"]
        {
            sqlx::query(statement).execute(&store.pool).await.unwrap();
        }

        assert_eq!(inspect(&store, None).await.unwrap(), Err(Broken::Changed(2)));
    }
}
