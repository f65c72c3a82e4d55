//! Whether the log is as it was written: nothing changed, taken out or cut off.

use std::fmt;

use sqlx::Row;

use super::chained;
use crate::store::{Store, StoreError};

/// The newest entry of a log: whoever keeps it elsewhere can tell later whether the log was shortened or written anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The number of the entry.
    pub seq: i64,
    /// Its hash, which covers all before it.
    pub hash: String,
    /// How many entries there are.
    pub entries: u64,
}

impl Head {
    /// Reads what [`Head`] is written as.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (seq, hash) = text.trim().split_once(':')?;
        let seq: i64 = seq.parse().ok().filter(|seq| *seq > 0)?;
        let is_hash = hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_hash.then(|| Self { seq, hash: hash.to_ascii_lowercase(), entries: 0 })
    }
}

impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.seq, self.hash)
    }
}

/// What was done to a log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// An entry is not as it was written, or one before it is missing.
    #[error(
        "entry {0} of the log does not follow from the one before: it was changed, or one before it is missing"
    )]
    Changed(i64),
    /// The newest entries are gone.
    #[error("the log ends with entry {there}, but entry {expected} has been written: its end was cut off")]
    CutOff {
        /// The newest that is there.
        there: i64,
        /// The newest that was written.
        expected: i64,
    },
    /// It is another log than the one that was checked before.
    #[error("entry {0} of the log has another hash than at the earlier check: the log was written anew")]
    WrittenAnew(i64),
}

/// Recomputes the chain, a few thousand entries at a time, and compares it with what an earlier check said.
///
/// # Errors
/// When the database fails.
pub async fn inspect(
    store: &Store,
    expected: Option<&Head>,
) -> Result<Result<Option<Head>, Broken>, StoreError> {
    let mut head: Option<Head> = None;
    loop {
        let after = head.as_ref().map_or(0, |head| head.seq);
        let rows = sqlx::query("SELECT * FROM audit WHERE seq > ? ORDER BY seq LIMIT ?")
            .bind(after)
            .bind(AT_ONCE)
            .fetch_all(&store.pool)
            .await?;
        if rows.is_empty() {
            break;
        }
        for row in &rows {
            let fields = ["actor", "action", "object", "address", "result"];
            let mut texts = [""; 5];
            for (text, field) in texts.iter_mut().zip(fields) {
                *text = row.try_get(field)?;
            }
            let before = head.as_ref().map_or("", |head| head.hash.as_str());
            let (seq, stored): (i64, String) = (row.try_get("seq")?, row.try_get("hash")?);
            if stored != chained(before, row.try_get("at")?, texts) {
                return Ok(Err(Broken::Changed(seq)));
            }
            if expected.is_some_and(|expected| expected.seq == seq && expected.hash != stored) {
                return Ok(Err(Broken::WrittenAnew(seq)));
            }
            let entries = head.as_ref().map_or(0, |head| head.entries) + 1;
            head = Some(Head { seq, hash: stored, entries });
        }
    }

    // SQLite remembers the highest number that it ever gave.
    let given = sqlx::query("SELECT seq FROM sqlite_sequence WHERE name = 'audit'")
        .fetch_optional(&store.pool)
        .await?;
    let given: i64 = given.map(|row| row.try_get("seq")).transpose()?.unwrap_or(0);
    let written = given.max(expected.map_or(0, |expected| expected.seq));
    let there = head.as_ref().map_or(0, |head| head.seq);
    if there < written {
        return Ok(Err(Broken::CutOff { there, expected: written }));
    }
    Ok(Ok(head))
}

const AT_ONCE: u32 = 5_000;

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::super::{Entry, append};
    use super::*;

    #[tokio::test]
    async fn the_head_kept_elsewhere_tells_a_log_that_was_shortened_or_written_anew() {
        let (_dir, store) = log(&["one", "two", "three"]).await;
        let head = inspect(&store, None).await.unwrap().unwrap().unwrap();
        assert_eq!((head.seq, head.entries), (3, 3));
        assert_eq!(
            Head::parse(&head.to_string()).map(|read| (read.seq, read.hash)),
            Some((3, head.hash.clone()))
        );

        append(&store, Timestamp::UNIX_EPOCH, &Entry::console("user.add", "four")).await.unwrap();
        assert!(inspect(&store, Some(&head)).await.unwrap().is_ok(), "it was continued");

        let (_dir, shorter) = log(&["one", "two"]).await;
        let cut = inspect(&shorter, Some(&head)).await.unwrap();
        assert_eq!(cut, Err(Broken::CutOff { there: 2, expected: 3 }));
        let (_dir, other) = log(&["one", "two", "another"]).await;
        assert_eq!(inspect(&other, Some(&head)).await.unwrap(), Err(Broken::WrittenAnew(3)));
    }

    #[tokio::test]
    async fn an_end_that_was_cut_off_is_noticed_without_anything_kept() {
        let (_dir, store) = log(&["one", "two", "three"]).await;
        for statement in ["DROP TRIGGER audit_is_never_shortened", "DELETE FROM audit WHERE seq = 3"] {
            sqlx::query(statement).execute(&store.pool).await.unwrap();
        }
        assert_eq!(inspect(&store, None).await.unwrap(), Err(Broken::CutOff { there: 2, expected: 3 }));

        sqlx::query("DELETE FROM audit WHERE seq = 1").execute(&store.pool).await.unwrap();
        assert_eq!(inspect(&store, None).await.unwrap(), Err(Broken::Changed(2)));
    }

    #[test]
    fn only_what_a_check_has_said_is_a_head() {
        for bad in
            ["", "3", "3:abc", "x:00", "-1:0000000000000000000000000000000000000000000000000000000000000000"]
        {
            assert_eq!(Head::parse(bad), None, "{bad}");
        }
    }

    async fn log(objects: &[&str]) -> (tempfile::TempDir, Store) {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).await.unwrap();
        for object in objects {
            append(&store, Timestamp::UNIX_EPOCH, &Entry::console("user.add", object)).await.unwrap();
        }
        (dir, store)
    }
}
