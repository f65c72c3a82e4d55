//! Rows of `dues` and `ratings`: what is to be rated, and what came of it. Sums are kept by the database itself.

use jiff::Timestamp;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use super::{Store, StoreError, from_millis, to_millis};
use crate::tariffs::{Quality, Rating, Span};

/// A leg that has ended, with what there is to know of the side that called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DueLeg {
    pub(crate) id: i64,
    pub(crate) kind: String,
    pub(crate) post: i64,
    pub(crate) trunk: Option<i64>,
    pub(crate) reached: String,
    pub(crate) answered: Timestamp,
    pub(crate) millis: i64,
    pub(crate) caller: Option<(String, i64)>,
    pub(crate) quality: Option<Quality>,
}

/// A meeting that has ended: who hosted it, and from when to when people of which posts were there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DueSitting {
    pub(crate) id: i64,
    pub(crate) host_post: Option<i64>,
    pub(crate) stays: Vec<(i64, Span)>,
}

/// What is to be rated next.
#[derive(Debug, Default)]
pub(crate) struct Dues {
    pub(crate) legs: Vec<DueLeg>,
    pub(crate) sittings: Vec<DueSitting>,
}

/// A rating to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NewRating {
    pub(crate) kind: &'static str,
    pub(crate) subject: i64,
    pub(crate) post: i64,
    /// The post called, and the country outside.
    pub(crate) to: (i64, String),
    pub(crate) answered: Timestamp,
    pub(crate) millis: i64,
    pub(crate) rating: Rating,
    pub(crate) quality: Option<Quality>,
}

impl Store {
    /// How much is to be rated, counted up to `limit`.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn count_dues(&self, limit: u32) -> Result<u64, StoreError> {
        let row = sqlx::query("SELECT count(*) FROM (SELECT 1 FROM dues LIMIT ?)")
            .bind(limit)
            .fetch_one(&self.pool)
            .await?;
        Ok(row.try_get::<i64, _>(0)?.cast_unsigned())
    }

    /// Rates what is due, at most `limit` of it, by a function; says how much it was. What it gives takes the place of
    /// earlier ratings.
    ///
    /// # Errors
    /// When the database fails; then nothing has changed.
    pub(crate) async fn settle(
        &self,
        limit: u32,
        names: &[(i64, String)],
        rate: impl FnOnce(&Dues) -> Vec<NewRating>,
    ) -> Result<usize, StoreError> {
        let mut transaction = self.begin().await?;
        let taken = take_dues(&mut transaction, limit).await?;
        if taken.is_empty() {
            return Ok(0);
        }
        let mut dues = Dues::default();
        for (kind, subject) in &taken {
            if kind == "leg" {
                dues.legs.extend(due_leg(&mut transaction, *subject).await?);
            } else {
                dues.sittings.extend(due_sitting(&mut transaction, *subject).await?);
            }
        }
        let gone = gone(&taken, &dues);
        for (kind, subject) in taken.iter().filter(|due| !gone.contains(due)) {
            sqlx::query("DELETE FROM ratings WHERE kind = ? AND subject = ?")
                .bind(kind)
                .bind(subject)
                .execute(&mut *transaction)
                .await?;
        }
        for rating in &rate(&dues) {
            insert(&mut transaction, rating).await?;
        }
        for (post, name) in names {
            sqlx::query(
                "INSERT INTO rated_posts VALUES (?, ?) ON CONFLICT (post_id) DO UPDATE SET name = excluded.name
                 WHERE name <> excluded.name",
            )
            .bind(post)
            .bind(name)
            .execute(&mut *transaction)
            .await?;
        }
        transaction.commit().await?;
        Ok(taken.len())
    }

    /// Forgets ratings from before a moment.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn delete_old_ratings(&self, before: Timestamp) -> Result<u64, StoreError> {
        let done = sqlx::query("DELETE FROM ratings WHERE answered_at < ?")
            .bind(to_millis(before))
            .execute(&self.pool)
            .await?;
        Ok(done.rows_affected())
    }
}

async fn take_dues(connection: &mut SqliteConnection, limit: u32) -> Result<Vec<(String, i64)>, StoreError> {
    let rows = sqlx::query(
        "DELETE FROM dues WHERE (kind, subject) IN (SELECT kind, subject FROM dues LIMIT ?) RETURNING kind, subject",
    )
    .bind(limit)
    .fetch_all(connection)
    .await?;
    rows.iter().map(|row| Ok((row.try_get("kind")?, row.try_get("subject")?))).collect()
}

/// Of call records that were deleted meanwhile, the ratings stay as they are.
fn gone<'a>(taken: &'a [(String, i64)], dues: &Dues) -> std::collections::HashSet<&'a (String, i64)> {
    let legs: std::collections::HashSet<i64> = dues.legs.iter().map(|leg| leg.id).collect();
    let sittings: std::collections::HashSet<i64> = dues.sittings.iter().map(|sitting| sitting.id).collect();
    let there = |(kind, subject): &(String, i64)| match kind.as_str() {
        "leg" => legs.contains(subject),
        _ => sittings.contains(subject),
    };
    taken.iter().filter(|due| !there(due)).collect()
}

async fn due_leg(connection: &mut SqliteConnection, id: i64) -> Result<Option<DueLeg>, StoreError> {
    let row = sqlx::query(
        "SELECT legs.*, caller.kind AS caller_kind, caller.post_id AS caller_post, caller.packets_in AS caller_packets,
         caller.lost AS caller_lost, caller.jitter_micros AS caller_jitter, caller.rtt_micros AS caller_rtt
         FROM legs LEFT JOIN legs AS caller ON caller.id = (SELECT min(first.id) FROM legs AS first
           WHERE first.run = legs.run AND first.call = legs.call AND first.inbound = 1)
         WHERE legs.id = ?",
    )
    .bind(id)
    .fetch_optional(connection)
    .await?;
    row.as_ref().map(leg).transpose()
}

fn leg(row: &SqliteRow) -> Result<DueLeg, StoreError> {
    let quality = |received, lost, jitter, rtt| -> Result<Option<Quality>, StoreError> {
        let count = |column| row.try_get::<Option<i64>, _>(column).map(|count| count.map(i64::cast_unsigned));
        let received = count(received)?.unwrap_or(0);
        Ok(Quality::of(received, count(lost)?.unwrap_or(0), count(jitter)?.unwrap_or(0), count(rtt)?))
    };
    let own = quality("packets_in", "lost", "jitter_micros", "rtt_micros")?;
    let caller = quality("caller_packets", "caller_lost", "caller_jitter", "caller_rtt")?;
    let (answered, ended): (i64, i64) = (row.try_get("answered_at")?, row.try_get("ended_at")?);
    let caller_kind: Option<String> = row.try_get("caller_kind")?;
    Ok(DueLeg {
        id: row.try_get("id")?,
        kind: row.try_get("kind")?,
        post: row.try_get("post_id")?,
        trunk: row.try_get("trunk_id")?,
        reached: row.try_get("reached")?,
        answered: from_millis(answered),
        millis: (ended - answered).max(0),
        caller: caller_kind.zip(row.try_get("caller_post")?),
        // Who hears worse decides.
        quality: own.max(caller),
    })
}

async fn due_sitting(connection: &mut SqliteConnection, id: i64) -> Result<Option<DueSitting>, StoreError> {
    let row = sqlx::query("SELECT host_post_id FROM sittings WHERE id = ?")
        .bind(id)
        .fetch_optional(&mut *connection)
        .await?;
    let Some(row) = row else { return Ok(None) };
    let stays = sqlx::query(
        "SELECT post_id, joined_at, left_at FROM attendances WHERE sitting_id = ? AND post_id IS NOT NULL
         AND left_at IS NOT NULL",
    )
    .bind(id)
    .fetch_all(&mut *connection)
    .await?;
    let stay = |row: &SqliteRow| -> Result<(i64, Span), StoreError> {
        Ok((row.try_get("post_id")?, (row.try_get("joined_at")?, row.try_get("left_at")?)))
    };
    let stays = stays.iter().map(stay).collect::<Result<_, _>>()?;
    Ok(Some(DueSitting { id, host_post: row.try_get("host_post_id")?, stays }))
}

async fn insert(connection: &mut SqliteConnection, new: &NewRating) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO ratings (kind, subject, to_post, to_country, post_id, month, answered_at, millis, actual, old,
         actual_because, old_because, quality) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(new.kind)
    .bind(new.subject)
    .bind(new.to.0)
    .bind(&new.to.1)
    .bind(new.post)
    .bind(new.rating.month.number())
    .bind(to_millis(new.answered))
    .bind(new.millis)
    .bind(new.rating.actual.amount)
    .bind(new.rating.old.amount)
    .bind(&new.rating.actual.because)
    .bind(&new.rating.old.because)
    .bind(new.quality.map(Quality::as_str))
    .execute(connection)
    .await?;
    Ok(())
}
