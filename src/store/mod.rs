//! What outlives the program, in SQLite: one file, write-ahead log, migrations embedded.

mod attendance;
mod bindings;
mod facts;
mod greetings;
mod history;
mod legs;
mod mail_wishes;
mod mails;
mod meetings;
mod messages;
mod outbox;
mod plan;
mod proceedings;
mod ratings;
mod roles;
mod running_orders;
mod savings;
mod schedule_rows;
mod schedules;
mod seats;
mod second_factor;
mod sessions;
mod setup_links;
mod table;
mod tariffs;
mod users;
mod vault;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

pub use attendance::{AttendanceRow, SittingRow};
pub(crate) use facts::{Batch, Bound};
pub use history::{HistoryFilter, Outcome, PastCall};
pub(crate) use legs::Names;
pub use legs::{CallFilter, CallRecord, CallSummary};
pub use mail_wishes::{MailReader, MailWishes, Tongue};
pub use mails::{FailedMail, MailRow};
pub(crate) use plan::ReadPlan;
pub use plan::{By, Locked, PlanChange};
pub use proceedings::{PointRow, SpeechRow};
pub(crate) use ratings::{DueLeg, DueSitting, Dues, NewRating};
pub use savings::{CallCost, RatedRecord, RecordSums, RouteSums, Sums};
pub use schedules::Saved;
pub use seats::Invited;
pub use sessions::{Device, SignedInFrom};
pub use tariffs::Import;
pub use vault::VaultError;

/// The database. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    pub(crate) pool: SqlitePool,
    vault: Arc<vault::Vault>,
}

/// Why the database did not do what was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The directory or the file in it cannot be made or opened.
    #[error("the store {path} cannot be used: {reason}")]
    Directory {
        /// Which one.
        path: String,
        /// What the system said.
        reason: std::io::Error,
    },
    /// The file is from a newer version, or damaged.
    #[error("the database could not be brought up to date: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// What must be unique is there already.
    #[error("it exists already")]
    Exists,
    /// As many as there may be.
    #[error("the limit of {0} is reached")]
    Full(usize),
    /// A mail that belongs to a change cannot be written.
    #[error(transparent)]
    Letter(#[from] crate::mail::LetterError),
    /// A secret cannot be sealed or opened.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// Anything else that the database says.
    #[error("the database failed: {0}")]
    Database(sqlx::Error),
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(database) if database.is_unique_violation() => Self::Exists,
            _ => Self::Database(error),
        }
    }
}

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("src/store/migrations");

impl Store {
    /// Opens the database in a directory, which is made if need be, and brings it up to date.
    ///
    /// # Errors
    /// When the directory or the database cannot be used.
    pub async fn open(dir: &Path) -> Result<Self, StoreError> {
        make_private_dir(dir)
            .map_err(|reason| StoreError::Directory { path: dir.display().to_string(), reason })?;
        let file = dir.join("palabre.sqlite");
        make_private_file(&file)
            .map_err(|reason| StoreError::Directory { path: file.display().to_string(), reason })?;
        let options = SqliteConnectOptions::new()
            .filename(&file)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(5));
        let pool = SqlitePoolOptions::new()
            .max_connections(4)
            .acquire_timeout(Duration::from_secs(10))
            .connect_with(options)
            .await?;
        MIGRATIONS.run(&pool).await?;
        let store = Self { pool, vault: Arc::new(vault::Vault::in_dir(dir)) };
        store.give_missing_pins().await?;
        Ok(store)
    }

    /// Waits until everything is written and closes the file.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    /// Seals a text that somebody else keeps for us, so that nobody reads or changes it.
    ///
    /// # Errors
    /// When there is no key.
    pub fn seal(&self, what: &str, text: &str) -> Result<String, StoreError> {
        Ok(self.vault.seal(what, text)?)
    }

    /// Opens what was sealed for the same purpose.
    ///
    /// # Errors
    /// When it was sealed for another one, or not by us.
    pub fn open_sealed(&self, what: &str, sealed: &str) -> Result<String, StoreError> {
        Ok(self.vault.open(what, sealed)?)
    }

    /// Writes the database as it is at this moment into a new file that only we can read, while others go on writing.
    ///
    /// # Errors
    /// When the file cannot be made, or the database fails.
    pub(crate) async fn snapshot(&self, file: &Path) -> Result<(), StoreError> {
        make_private_file(file)
            .map_err(|reason| StoreError::Directory { path: file.display().to_string(), reason })?;
        let name = file.to_str().ok_or_else(|| StoreError::Directory {
            path: file.display().to_string(),
            reason: std::io::ErrorKind::InvalidFilename.into(),
        })?;
        sqlx::query("VACUUM INTO ?").bind(name).execute(&self.pool).await?;
        Ok(())
    }

    /// The newest change of the tables that this database has seen.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn newest_migration(&self) -> Result<i64, StoreError> {
        let row = sqlx::query("SELECT max(version) FROM _sqlx_migrations").fetch_one(&self.pool).await?;
        Ok(sqlx::Row::try_get::<Option<i64>, _>(&row, 0)?.unwrap_or(0))
    }

    /// A transaction that holds the right to write from its beginning, so that what it reads stays true.
    pub(crate) async fn begin(&self) -> Result<sqlx::Transaction<'static, sqlx::Sqlite>, StoreError> {
        Ok(self.pool.begin_with("BEGIN IMMEDIATE").await?)
    }
}

/// The newest change of the tables that this program knows.
pub(crate) fn newest_known_migration() -> i64 {
    MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or(0)
}

/// Makes a directory that only we can enter; one that exists keeps the rights its owner gave it.
pub(crate) fn make_private_dir(dir: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(dir)
}

/// Makes a file that only we can read; SQLite gives its companions the same rights.
fn make_private_file(file: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    std::fs::OpenOptions::new().append(true).create(true).mode(0o600).open(file).map(drop)
}

/// Stores a time.
pub(crate) fn to_millis(time: jiff::Timestamp) -> i64 {
    time.as_millisecond()
}

/// Reads a stored time.
pub(crate) fn from_millis(millis: i64) -> jiff::Timestamp {
    jiff::Timestamp::from_millisecond(millis).unwrap_or(jiff::Timestamp::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use sqlx::Row as _;

    use super::*;
    use crate::meetings::MeetingCode;

    #[tokio::test]
    async fn a_database_from_before_there_were_pins_keeps_what_is_in_it() {
        let dir = tempfile::tempdir().unwrap();
        let mut before = sqlx::migrate!("src/store/migrations");
        let first: Vec<_> = before.iter().filter(|migration| migration.version < 5).cloned().collect();
        before.migrations = first.into();
        let file = SqliteConnectOptions::new()
            .filename(dir.path().join("palabre.sqlite"))
            .create_if_missing(true)
            .foreign_keys(true);
        let pool = SqlitePool::connect_with(file).await.unwrap();
        before.run(&pool).await.unwrap();
        for row in [
            "INSERT INTO users VALUES ('u', 'awa@example.org', 'Awa', 'user', '', 0)",
            "INSERT INTO meetings VALUES ('abc-defg-hij', 'Point', 'u', 1, 0, 0)",
            "INSERT INTO posts VALUES (1, 'Cotonou', 'BJ', '0', '112')",
            "INSERT INTO numbers VALUES ('201', 'extension')",
            "INSERT INTO extensions VALUES ('201', 'Awa', 1, 'md5', 'internal', 2, NULL, NULL, NULL, NULL, 0, NULL)",
        ] {
            sqlx::query(row).execute(&pool).await.unwrap();
        }
        pool.close().await;

        let store = Store::open(dir.path()).await.unwrap();

        let plan = store.read_plan("palabre").await.unwrap().plan;
        assert_eq!(plan.extensions[0].number, "201");
        let code = MeetingCode::parse("abc-defg-hij").unwrap();
        assert_eq!(store.meeting(&code).await.unwrap().unwrap().pin.expose().len(), 8);
        assert!(sqlx::query("PRAGMA foreign_key_check").fetch_all(&store.pool).await.unwrap().is_empty());
        // References are followed again, by every connection.
        sqlx::query("DELETE FROM numbers WHERE number = '201'").execute(&store.pool).await.unwrap();
        let left = sqlx::query("SELECT count(*) FROM extensions").fetch_one(&store.pool).await.unwrap();
        assert_eq!(left.get::<i64, _>(0), 0);
    }
}
