//! Rows of `meetings` and `removals`.

use jiff::Timestamp;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::{Store, StoreError, from_millis, to_millis};
use crate::accounts::UserId;
use crate::meetings::{Marking, Meeting, MeetingChange, MeetingCode, Pin};

impl Store {
    /// Adds a meeting, unless its owner has `limit` already. Should another have its PIN, it gets another one, which is
    /// told.
    ///
    /// # Errors
    /// [`StoreError::Exists`] when the code is taken.
    pub async fn insert_meeting(&self, mut meeting: Meeting, limit: usize) -> Result<Meeting, StoreError> {
        for _ in 0..TRIES {
            match self.try_insert_meeting(&meeting, limit).await {
                Err(StoreError::Exists) => meeting.pin = Pin::random(),
                done => return done.map(|()| meeting),
            }
        }
        Err(StoreError::Exists)
    }

    async fn try_insert_meeting(&self, meeting: &Meeting, limit: usize) -> Result<(), StoreError> {
        let mut connection = self.pool.acquire().await?;
        insert_meeting_in(&mut connection, meeting, limit).await
    }

    /// The meeting of a code.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn meeting(&self, code: &MeetingCode) -> Result<Option<Meeting>, StoreError> {
        let row = sqlx::query("SELECT * FROM meetings WHERE code = ?")
            .bind(code.as_str())
            .fetch_optional(&self.pool)
            .await?;
        row.as_ref().map(meeting).transpose()
    }

    /// The meeting of a PIN.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn meeting_of_pin(&self, pin: &Pin) -> Result<Option<Meeting>, StoreError> {
        let row = sqlx::query("SELECT * FROM meetings WHERE pin = ?")
            .bind(pin.expose())
            .fetch_optional(&self.pool)
            .await?;
        row.as_ref().map(meeting).transpose()
    }

    /// Gives a meeting another PIN; answers with the meeting, unless it is gone.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn change_pin(&self, code: &MeetingCode) -> Result<Option<Meeting>, StoreError> {
        for _ in 0..TRIES {
            let changed = sqlx::query("UPDATE meetings SET pin = ? WHERE code = ? RETURNING *")
                .bind(Pin::random().expose())
                .bind(code.as_str())
                .fetch_optional(&self.pool)
                .await;
            match changed.map_err(StoreError::from) {
                Err(StoreError::Exists) => {}
                row => return row?.as_ref().map(meeting).transpose(),
            }
        }
        Err(StoreError::Exists)
    }

    /// Gives every meeting a PIN that has none, since it is from before there were any.
    pub(super) async fn give_missing_pins(&self) -> Result<(), StoreError> {
        let rows = sqlx::query("SELECT code FROM meetings WHERE pin IS NULL").fetch_all(&self.pool).await?;
        for row in &rows {
            self.change_pin(&MeetingCode::from_stored(row.try_get("code")?)).await?;
        }
        Ok(())
    }

    /// The meetings of a user, newest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn meetings_of(&self, owner: &UserId) -> Result<Vec<Meeting>, StoreError> {
        let rows =
            sqlx::query("SELECT * FROM meetings WHERE owner_id = ? ORDER BY created_at DESC, rowid DESC")
                .bind(owner.as_str())
                .fetch_all(&self.pool)
                .await?;
        rows.iter().map(meeting).collect()
    }

    /// Changes what the change names and leaves the rest.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn change_meeting(
        &self,
        code: &MeetingCode,
        change: &MeetingChange,
    ) -> Result<Option<Meeting>, StoreError> {
        let row = sqlx::query(
            "UPDATE meetings SET title = coalesce(?, title), waiting_room = coalesce(?, waiting_room),
             locked = coalesce(?, locked), marking = coalesce(?, marking) WHERE code = ? RETURNING *",
        )
        .bind(change.title.as_deref())
        .bind(change.waiting_room)
        .bind(change.locked)
        .bind(change.marking.map(Marking::as_str))
        .bind(code.as_str())
        .fetch_optional(&self.pool)
        .await?;
        row.as_ref().map(meeting).transpose()
    }

    /// Forgets a meeting.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn delete_meeting(&self, code: &MeetingCode) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM meetings WHERE code = ?").bind(code.as_str()).execute(&self.pool).await?;
        Ok(())
    }

    /// Remembers that a host sent somebody away; the oldest of more than `limit` are forgotten.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn insert_removal(
        &self,
        code: &MeetingCode,
        identity: &str,
        now: Timestamp,
        limit: u32,
    ) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        sqlx::query("INSERT OR REPLACE INTO removals VALUES (?, ?, ?)")
            .bind(code.as_str())
            .bind(identity)
            .bind(to_millis(now))
            .execute(&mut *transaction)
            .await?;
        sqlx::query(
            "DELETE FROM removals WHERE meeting_code = ? AND identity NOT IN
             (SELECT identity FROM removals WHERE meeting_code = ? ORDER BY removed_at DESC LIMIT ?)",
        )
        .bind(code.as_str())
        .bind(code.as_str())
        .bind(limit)
        .execute(&mut *transaction)
        .await?;
        Ok(transaction.commit().await?)
    }

    /// Whether a host has sent somebody away.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn is_removed(&self, code: &MeetingCode, identity: &str) -> Result<bool, StoreError> {
        let row = sqlx::query("SELECT 1 FROM removals WHERE meeting_code = ? AND identity = ?")
            .bind(code.as_str())
            .bind(identity)
            .fetch_optional(&self.pool)
            .await?;
        Ok(row.is_some())
    }

    /// Forgets who was sent away from a meeting.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn forget_removals(&self, code: &MeetingCode) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM removals WHERE meeting_code = ?")
            .bind(code.as_str())
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Forgets who was sent away long ago; says how many.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn delete_removals(&self, before: Timestamp) -> Result<u64, StoreError> {
        let done = sqlx::query("DELETE FROM removals WHERE removed_at <= ?")
            .bind(to_millis(before))
            .execute(&self.pool)
            .await?;
        Ok(done.rows_affected())
    }
}

/// Adds a meeting as part of a change.
pub(super) async fn insert_meeting_in(
    connection: &mut sqlx::SqliteConnection,
    meeting: &Meeting,
    limit: usize,
) -> Result<(), StoreError> {
    let done = sqlx::query(
        "INSERT INTO meetings (code, title, owner_id, waiting_room, locked, created_at, pin, marking)
         SELECT ?, ?, ?, ?, ?, ?, ?, ? WHERE (SELECT count(*) FROM meetings WHERE owner_id = ?) < ?",
    )
    .bind(meeting.code.as_str())
    .bind(&meeting.title)
    .bind(meeting.owner.as_str())
    .bind(meeting.waiting_room)
    .bind(meeting.locked)
    .bind(to_millis(meeting.created_at))
    .bind(meeting.pin.expose())
    .bind(meeting.marking.as_str())
    .bind(meeting.owner.as_str())
    .bind(i64::try_from(limit).unwrap_or(i64::MAX))
    .execute(connection)
    .await?;
    if done.rows_affected() == 0 {
        return Err(StoreError::Full(limit));
    }
    Ok(())
}

pub(super) fn meeting(row: &SqliteRow) -> Result<Meeting, StoreError> {
    Ok(Meeting {
        code: MeetingCode::from_stored(row.try_get("code")?),
        title: row.try_get("title")?,
        owner: UserId::from_stored(row.try_get("owner_id")?),
        waiting_room: row.try_get("waiting_room")?,
        locked: row.try_get("locked")?,
        created_at: from_millis(row.try_get("created_at")?),
        pin: Pin::from_stored(row.try_get("pin")?),
        marking: Marking::named(row.try_get("marking")?).unwrap_or(Marking::Restricted),
    })
}

/// With a million meetings, one fresh PIN in a hundred is taken.
pub(super) const TRIES: usize = 10;
