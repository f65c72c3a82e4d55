//! What ratings add up to, as the savings page asks for it.

use std::collections::HashMap;

use jiff::Timestamp;
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, Sqlite};

use super::{Store, StoreError, from_millis, to_millis};
use crate::tariffs::Month;

/// What a set of ratings adds up to. Amounts are in the house's smallest coins.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Sums {
    pub records: i64,
    pub millis: i64,
    /// Records without a tariff, whose amounts are not in the sums.
    pub unrated: i64,
    pub actual: i64,
    pub old: i64,
    pub good_millis: i64,
    pub fair_millis: i64,
    pub poor_millis: i64,
}

/// A way that calls took: from a post to another, or to a country outside.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct RouteSums {
    pub post: i64,
    pub to_post: i64,
    pub to_country: String,
    pub sums: Sums,
}

/// One rated record.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct RatedRecord {
    pub kind: String,
    pub subject: i64,
    pub post: i64,
    pub to_post: i64,
    pub to_country: String,
    pub answered: Timestamp,
    pub millis: i64,
    pub actual: Option<i64>,
    pub old: Option<i64>,
    pub actual_because: String,
    pub old_because: String,
    pub quality: Option<String>,
}

/// What calls of a month add up to, by the call records themselves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct RecordSums {
    pub records: i64,
    pub millis: i64,
}

/// What a call cost, and would have cost; nothing where no tariff is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct CallCost {
    pub actual: Option<i64>,
    pub old: Option<i64>,
}

impl Store {
    /// The sums of each month from one to another.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn sums_by_month(
        &self,
        from: Month,
        to: Month,
        post: Option<i64>,
    ) -> Result<Vec<(Month, Sums)>, StoreError> {
        let mut query = sums("month", from, to, post);
        query.push(" GROUP BY month ORDER BY month");
        let rows = query.build().fetch_all(&self.pool).await?;
        let month = |row: &SqliteRow| -> Result<Option<(Month, Sums)>, StoreError> {
            let month = Month::from_number(row.try_get("month")?);
            Ok(month.zip(Some(read_sums(row)?)))
        };
        rows.iter().filter_map(|row| month(row).transpose()).collect()
    }

    /// The sums of each post in each month from one to another.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn sums_by_post(
        &self,
        from: Month,
        to: Month,
        post: Option<i64>,
    ) -> Result<Vec<(Month, i64, Sums)>, StoreError> {
        let mut query = sums("month, post_id", from, to, post);
        query.push(" GROUP BY month, post_id ORDER BY month, sum(old) - sum(actual) DESC, post_id");
        let rows = query.build().fetch_all(&self.pool).await?;
        let of_post = |row: &SqliteRow| -> Result<Option<(Month, i64, Sums)>, StoreError> {
            let month = Month::from_number(row.try_get("month")?);
            let (post, sums) = (row.try_get("post_id")?, read_sums(row)?);
            Ok(month.map(|month| (month, post, sums)))
        };
        rows.iter().filter_map(|row| of_post(row).transpose()).collect()
    }

    /// The routes of a month that saved most.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn sums_by_route(
        &self,
        month: Month,
        post: Option<i64>,
        limit: u32,
    ) -> Result<Vec<RouteSums>, StoreError> {
        let mut query = sums("post_id, to_post, to_country", month, month, post);
        query.push(" AND (to_post <> post_id) GROUP BY post_id, to_post, to_country");
        query.push(
            " ORDER BY sum(old) - sum(actual) DESC, sum(millis) DESC, post_id, to_post, to_country LIMIT ",
        );
        query.push_bind(limit);
        let rows = query.build().fetch_all(&self.pool).await?;
        rows.iter()
            .map(|row| {
                Ok(RouteSums {
                    post: row.try_get("post_id")?,
                    to_post: row.try_get("to_post")?,
                    to_country: row.try_get("to_country")?,
                    sums: read_sums(row)?,
                })
            })
            .collect()
    }

    /// The calls of a month that are rated, and what the call records say that they should add up to. What counts is
    /// reckoned from the records alone: the sides that were called and answered, but for those inside meetings.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn check_savings(
        &self,
        month: Month,
        (begin, end): (Timestamp, Timestamp),
    ) -> Result<(RecordSums, RecordSums), StoreError> {
        let rated = sqlx::query(
            "SELECT count(*) AS records, coalesce(sum(millis), 0) AS millis FROM ratings
             WHERE month = ? AND kind = 'leg'",
        )
        .bind(month.number())
        .fetch_one(&self.pool)
        .await?;
        let recorded = sqlx::query(
            "SELECT count(*) AS records, coalesce(sum(max(ended_at - answered_at, 0)), 0) AS millis FROM legs
             WHERE inbound = 0 AND ended_at IS NOT NULL AND answered_at >= ? AND answered_at < ? AND kind <> 'room'
             AND (kind = 'trunk' OR NOT EXISTS (SELECT 1 FROM legs AS caller WHERE caller.run = legs.run
               AND caller.call = legs.call AND caller.inbound = 1 AND caller.kind = 'room'))",
        )
        .bind(to_millis(begin))
        .bind(to_millis(end))
        .fetch_one(&self.pool)
        .await?;
        let read = |row: &SqliteRow| -> Result<RecordSums, StoreError> {
            Ok(RecordSums { records: row.try_get("records")?, millis: row.try_get("millis")? })
        };
        Ok((read(&rated)?, read(&recorded)?))
    }

    /// The rated records of a month, at most `limit`, in the order of time.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn rated_records(
        &self,
        month: Month,
        post: Option<i64>,
        limit: u32,
    ) -> Result<Vec<RatedRecord>, StoreError> {
        let mut query = QueryBuilder::new("SELECT * FROM ratings WHERE month = ");
        query.push_bind(month.number());
        if let Some(post) = post {
            query.push(" AND post_id = ").push_bind(post);
        }
        query.push(" ORDER BY answered_at, kind, subject, to_post LIMIT ").push_bind(limit);
        let rows = query.build().fetch_all(&self.pool).await?;
        rows.iter().map(rated).collect()
    }

    /// The first month of which there is anything.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn first_rated_month(&self) -> Result<Option<Month>, StoreError> {
        let row = sqlx::query("SELECT min(month) FROM savings_sums").fetch_one(&self.pool).await?;
        Ok(row.try_get::<Option<i32>, _>(0)?.and_then(Month::from_number))
    }

    /// The names of posts that were ever rated, as they were last.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn rated_posts(&self) -> Result<HashMap<i64, String>, StoreError> {
        let rows = sqlx::query("SELECT post_id, name FROM rated_posts").fetch_all(&self.pool).await?;
        rows.iter().map(|row| Ok((row.try_get("post_id")?, row.try_get("name")?))).collect()
    }

    /// What the calls cost to which some legs belong, by leg.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn costs_of(&self, legs: &[i64]) -> Result<HashMap<i64, CallCost>, StoreError> {
        if legs.is_empty() {
            return Ok(HashMap::new());
        }
        let mut query = QueryBuilder::new(
            "SELECT mine.id AS id, count(*) = count(actual) AS has_actual, count(*) = count(old) AS has_old,
             coalesce(sum(actual), 0) AS actual, coalesce(sum(old), 0) AS old FROM legs AS mine
             JOIN legs AS other ON other.run = mine.run AND other.call = mine.call
             JOIN ratings ON ratings.kind = 'leg' AND ratings.subject = other.id WHERE mine.id IN (",
        );
        let mut ids = query.separated(", ");
        for leg in legs {
            ids.push_bind(*leg);
        }
        query.push(") GROUP BY mine.id");
        let rows = query.build().fetch_all(&self.pool).await?;
        rows.iter()
            .map(|row| {
                let known = |has, amount| -> Result<Option<i64>, StoreError> {
                    Ok(if row.try_get::<bool, _>(has)? { Some(row.try_get(amount)?) } else { None })
                };
                let cost = CallCost { actual: known("has_actual", "actual")?, old: known("has_old", "old")? };
                Ok((row.try_get("id")?, cost))
            })
            .collect()
    }
}

fn sums(columns: &str, from: Month, to: Month, post: Option<i64>) -> QueryBuilder<Sqlite> {
    let mut query = QueryBuilder::new(format!(
        "SELECT {columns}, sum(records) AS records, sum(millis) AS millis, sum(unrated) AS unrated,
         sum(actual) AS actual, sum(old) AS old, sum(good_millis) AS good, sum(fair_millis) AS fair,
         sum(poor_millis) AS poor FROM savings_sums WHERE month >= "
    ));
    query.push_bind(from.number()).push(" AND month <= ").push_bind(to.number());
    if let Some(post) = post {
        query.push(" AND post_id = ").push_bind(post);
    }
    query
}

fn read_sums(row: &SqliteRow) -> Result<Sums, StoreError> {
    Ok(Sums {
        records: row.try_get("records")?,
        millis: row.try_get("millis")?,
        unrated: row.try_get("unrated")?,
        actual: row.try_get("actual")?,
        old: row.try_get("old")?,
        good_millis: row.try_get("good")?,
        fair_millis: row.try_get("fair")?,
        poor_millis: row.try_get("poor")?,
    })
}

fn rated(row: &SqliteRow) -> Result<RatedRecord, StoreError> {
    Ok(RatedRecord {
        kind: row.try_get("kind")?,
        subject: row.try_get("subject")?,
        post: row.try_get("post_id")?,
        to_post: row.try_get("to_post")?,
        to_country: row.try_get("to_country")?,
        answered: from_millis(row.try_get("answered_at")?),
        millis: row.try_get("millis")?,
        actual: row.try_get("actual")?,
        old: row.try_get("old")?,
        actual_because: row.try_get("actual_because")?,
        old_because: row.try_get("old_because")?,
        quality: row.try_get("quality")?,
    })
}
