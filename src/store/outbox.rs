//! Rows of `webhooks`: what the rooms' webhooks wait in.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use signaling::webhook::{Delivery, Outbox, OutboxError};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::{Store, StoreError, to_millis};

impl Outbox for Store {
    async fn enqueue(&self, url: &str, body: &str) -> Result<(), OutboxError> {
        let now = millis(SystemTime::now());
        let done = sqlx::query(
            "INSERT INTO webhooks (url, body, attempts, enqueued_at, due_at)
             SELECT ?, ?, 0, ?, ? WHERE (SELECT count(*) FROM webhooks WHERE url = ?) < ?",
        )
        .bind(url)
        .bind(body)
        .bind(now)
        .bind(now)
        .bind(url)
        .bind(MOST_ROWS as i64)
        .execute(&self.pool)
        .await
        .map_err(store)?;
        if done.rows_affected() == 0 {
            return Err(OutboxError::Full(MOST_ROWS));
        }
        Ok(())
    }

    async fn head(&self, url: &str) -> Result<Option<Delivery>, OutboxError> {
        let row = sqlx::query("SELECT * FROM webhooks WHERE url = ? ORDER BY id LIMIT 1")
            .bind(url)
            .fetch_optional(&self.pool)
            .await
            .map_err(store)?;
        row.as_ref().map(delivery).transpose().map_err(store)
    }

    async fn delivered(&self, id: i64) -> Result<(), OutboxError> {
        self.delete_webhook(id).await
    }

    async fn postponed(&self, id: i64, until: SystemTime) -> Result<(), OutboxError> {
        sqlx::query("UPDATE webhooks SET attempts = attempts + 1, due_at = ? WHERE id = ?")
            .bind(millis(until))
            .bind(id)
            .execute(&self.pool)
            .await
            .map_err(store)?;
        Ok(())
    }

    async fn abandoned(&self, id: i64) -> Result<(), OutboxError> {
        self.delete_webhook(id).await
    }
}

impl Store {
    async fn delete_webhook(&self, id: i64) -> Result<(), OutboxError> {
        sqlx::query("DELETE FROM webhooks WHERE id = ?").bind(id).execute(&self.pool).await.map_err(store)?;
        Ok(())
    }

    /// Forgets webhooks that nobody asks for any more, since their URL is no longer configured.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn delete_old_webhooks(&self, before: jiff::Timestamp) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM webhooks WHERE enqueued_at < ?")
            .bind(to_millis(before))
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// How many webhooks wait.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn webhooks_waiting(&self) -> Result<u64, OutboxError> {
        let row = sqlx::query("SELECT count(*) FROM webhooks").fetch_one(&self.pool).await.map_err(store)?;
        let count: i64 = row.try_get(0).map_err(store)?;
        Ok(u64::try_from(count).unwrap_or(0))
    }
}

fn delivery(row: &SqliteRow) -> Result<Delivery, sqlx::Error> {
    Ok(Delivery {
        id: row.try_get("id")?,
        body: row.try_get("body")?,
        attempts: row.try_get("attempts")?,
        enqueued: time(row.try_get("enqueued_at")?),
        due: time(row.try_get("due_at")?),
    })
}

fn millis(time: SystemTime) -> i64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

fn time(millis: i64) -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(u64::try_from(millis).unwrap_or(0))
}

#[allow(clippy::needless_pass_by_value)] // as `map_err` wants it
fn store(error: sqlx::Error) -> OutboxError {
    OutboxError::Store(error.to_string())
}

/// Per URL: some days of a ministry.
const MOST_ROWS: usize = 100_000;

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: &str = "https://here.example/";

    #[tokio::test]
    async fn rows_leave_in_the_order_in_which_they_came_for_each_url() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).await.unwrap();
        for (url, body) in [(HERE, "1"), ("https://there.example/", "2"), (HERE, "3")] {
            store.enqueue(url, body).await.unwrap();
        }

        let first = store.head(HERE).await.unwrap().unwrap();
        assert_eq!((first.body.as_str(), first.attempts), ("1", 0));
        store.delivered(first.id).await.unwrap();

        let second = store.head(HERE).await.unwrap().unwrap();
        assert_eq!(second.body, "3");
        store.abandoned(second.id).await.unwrap();
        assert_eq!(store.head(HERE).await.unwrap(), None);
        assert_eq!(store.webhooks_waiting().await.unwrap(), 1);
    }

    #[tokio::test]
    async fn a_postponed_row_is_still_there_after_a_restart() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).await.unwrap();
        store.enqueue(HERE, "1").await.unwrap();
        let row = store.head(HERE).await.unwrap().unwrap();
        let until = time(millis(SystemTime::now() + Duration::from_secs(60)));

        store.postponed(row.id, until).await.unwrap();
        store.close().await;

        let store = Store::open(dir.path()).await.unwrap();
        let again = store.head(HERE).await.unwrap().unwrap();
        assert_eq!((again.attempts, again.due, again.enqueued), (1, until, row.enqueued));
    }
}
