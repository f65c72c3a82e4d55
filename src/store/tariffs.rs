//! Rows of `tariffs` and `exchange_rates`: imported whole or not at all, with a line in the audit log.

use jiff::Timestamp;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use super::{By, Store, StoreError};
use crate::audit;
use crate::tariffs::{Book, Currency, Decimal, Kind, Line, Month, RateLine, Rounding, Tariff};

/// What an import does with what is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Import {
    /// Lines are added; one about the same owner, prefix and day takes the other's place.
    #[default]
    Add,
    /// Everything there goes first.
    Replace,
}

impl Store {
    /// The number of the last change of tariffs or rates.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn tariff_version(&self) -> Result<i64, StoreError> {
        let row = sqlx::query("SELECT version FROM tariff_version").fetch_one(&self.pool).await?;
        Ok(row.try_get(0)?)
    }

    /// Puts all tariffs and rates into a book.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn read_tariffs(&self, book: &mut Book) -> Result<(), StoreError> {
        for row in &sqlx::query("SELECT * FROM tariffs").fetch_all(&self.pool).await? {
            // What cannot be read was written by nobody of ours, and holds for nobody.
            if let Some(line) = line(row)? {
                book.add_tariff(line.kind, line.owner, line.tariff);
            }
        }
        for row in &sqlx::query("SELECT * FROM exchange_rates").fetch_all(&self.pool).await? {
            if let Some(RateLine { currency, month, rate }) = rate(row)? {
                book.add_rate(currency, month, rate);
            }
        }
        Ok(())
    }

    /// All tariffs, by kind, owner and prefix; at most `limit`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn tariffs(&self, limit: u32) -> Result<Vec<Line>, StoreError> {
        let rows = sqlx::query("SELECT * FROM tariffs ORDER BY kind, owner_id, prefix, valid_from LIMIT ?")
            .bind(limit)
            .fetch_all(&self.pool)
            .await?;
        rows.iter().filter_map(|row| line(row).transpose()).collect()
    }

    /// All rates, the newest first; at most `limit`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn rates(&self, limit: u32) -> Result<Vec<RateLine>, StoreError> {
        let rows = sqlx::query("SELECT * FROM exchange_rates ORDER BY month DESC, currency LIMIT ?")
            .bind(limit)
            .fetch_all(&self.pool)
            .await?;
        rows.iter().filter_map(|row| rate(row).transpose()).collect()
    }

    /// Takes in tariffs, and lets everything be rated anew.
    ///
    /// # Errors
    /// When the database fails, or there were too many.
    pub async fn import_tariffs(
        &self,
        lines: &[Line],
        import: Import,
        by: &By,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        if import == Import::Replace {
            sqlx::query("DELETE FROM tariffs").execute(&mut *transaction).await?;
        }
        for line in lines {
            insert(&mut transaction, line).await?;
        }
        let row = sqlx::query("SELECT count(*) FROM tariffs").fetch_one(&mut *transaction).await?;
        if row.try_get::<i64, _>(0)? > MOST_TARIFFS {
            return Err(StoreError::Full(usize::try_from(MOST_TARIFFS).unwrap_or(usize::MAX)));
        }
        let object = format!("{} lines", lines.len());
        changed(&mut transaction, "tariffs.import", &object, by, now).await?;
        Ok(transaction.commit().await?)
    }

    /// Takes in rates, and lets everything be rated anew.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn import_rates(
        &self,
        lines: &[RateLine],
        import: Import,
        by: &By,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        if import == Import::Replace {
            sqlx::query("DELETE FROM exchange_rates").execute(&mut *transaction).await?;
        }
        for line in lines {
            sqlx::query("INSERT OR REPLACE INTO exchange_rates (currency, month, rate) VALUES (?, ?, ?)")
                .bind(line.currency.code())
                .bind(line.month.number())
                .bind(line.rate.to_string())
                .execute(&mut *transaction)
                .await?;
        }
        let object = format!("{} lines", lines.len());
        changed(&mut transaction, "rates.import", &object, by, now).await?;
        Ok(transaction.commit().await?)
    }
}

async fn insert(connection: &mut SqliteConnection, line: &Line) -> Result<(), StoreError> {
    let tariff = &line.tariff;
    sqlx::query(
        "INSERT OR REPLACE INTO tariffs (kind, owner_id, prefix, currency, per_minute, connection, minimum,
         first_seconds, next_seconds, rounding, valid_from, valid_until) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(line.kind.as_str())
    .bind(line.owner)
    .bind(&tariff.prefix)
    .bind(tariff.currency.code())
    .bind(tariff.per_minute.to_string())
    .bind(tariff.connection.to_string())
    .bind(tariff.minimum.to_string())
    .bind(tariff.first)
    .bind(tariff.next)
    .bind(tariff.rounding.as_str())
    .bind(tariff.from.to_string())
    .bind(tariff.until.map(|day| day.to_string()))
    .execute(connection)
    .await?;
    Ok(())
}

async fn changed(
    connection: &mut SqliteConnection,
    action: &'static str,
    object: &str,
    by: &By,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE tariff_version SET version = version + 1").execute(&mut *connection).await?;
    sqlx::query(
        "INSERT INTO dues SELECT DISTINCT kind, subject FROM ratings WHERE true ON CONFLICT DO NOTHING",
    )
    .execute(&mut *connection)
    .await?;
    let entry = audit::Entry {
        actor: by.actor.clone(),
        action,
        object: object.to_owned(),
        address: by.address,
        result: "ok",
    };
    audit::append_in(connection, now, &entry).await
}

fn line(row: &SqliteRow) -> Result<Option<Line>, StoreError> {
    let text = |column: &'static str| row.try_get::<&str, _>(column);
    let decimal = |column| text(column).map(Decimal::parse);
    let until: Option<&str> = row.try_get("valid_until")?;
    let parts = (
        Kind::parse(text("kind")?),
        Currency::parse(text("currency")?),
        decimal("per_minute")?,
        decimal("connection")?,
        decimal("minimum")?,
        Rounding::parse(text("rounding")?),
        text("valid_from")?.parse().ok(),
    );
    let (
        Some(kind),
        Some(currency),
        Some(per_minute),
        Some(connection),
        Some(minimum),
        Some(rounding),
        Some(from),
    ) = parts
    else {
        return Ok(None);
    };
    Ok(Some(Line {
        kind,
        owner: row.try_get("owner_id")?,
        tariff: Tariff {
            prefix: text("prefix")?.to_owned(),
            currency,
            per_minute,
            connection,
            minimum,
            first: row.try_get("first_seconds")?,
            next: row.try_get("next_seconds")?,
            rounding,
            from,
            until: until.and_then(|day| day.parse().ok()),
        },
    }))
}

fn rate(row: &SqliteRow) -> Result<Option<RateLine>, StoreError> {
    let parts = (
        Currency::parse(row.try_get("currency")?),
        Month::from_number(row.try_get("month")?),
        Decimal::parse(row.try_get("rate")?),
    );
    let (Some(currency), Some(month), Some(rate)) = parts else { return Ok(None) };
    Ok(Some(RateLine { currency, month, rate }))
}

/// A thousand posts with some hundred destinations each.
const MOST_TARIFFS: i64 = 200_000;
