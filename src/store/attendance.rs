//! Rows of `sittings` and `attendances`: who was in which room.

use jiff::Timestamp;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use super::{Store, StoreError, from_millis, to_millis};
use crate::attendance::{Batch, RoomKind, Stay};
use crate::meetings::MeetingCode;

/// One time that a room was open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SittingRow {
    /// Its row, rising with time.
    pub id: i64,
    /// Since when.
    pub began: Timestamp,
    /// Until when; not yet, while it is open.
    pub ended: Option<Timestamp>,
    /// What the meeting was called then.
    pub title: String,
}

/// One stay of somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttendanceRow {
    /// Of which sitting.
    pub sitting: i64,
    /// `browser` or `phone`.
    pub by_phone: bool,
    /// Unique in the room.
    pub identity: String,
    /// The account.
    pub user: Option<String>,
    /// As the others saw it.
    pub name: String,
    /// The extension in the house.
    pub extension: Option<String>,
    /// From where a telephone called.
    pub number: Option<String>,
    /// The post of the extension, as it was called then.
    pub post: Option<String>,
    /// The delegation.
    pub party: Option<String>,
    /// Its place in the order of precedence, and the seat's place in it, both from 1.
    pub place: Option<(u32, u32)>,
    /// The function in which they sat there.
    pub title: Option<String>,
    /// What they did there.
    pub role: Option<String>,
    /// Whether they spoke for the delegation.
    pub is_head: bool,
    /// Since when.
    pub joined: Timestamp,
    /// Until when; not yet, while inside.
    pub left: Option<Timestamp>,
    /// Whether the program ended meanwhile, so that the end is not known to the second.
    pub interrupted: bool,
}

impl Store {
    /// Writes everything or nothing.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn write_attendance(&self, batch: &Batch, run: u64) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        let mut stays: Vec<&Stay> = batch.stays.values().collect();
        // In the order in which they came, which is the order of the rows.
        stays.sort_by(|one, other| (one.joined, &one.sid).cmp(&(other.joined, &other.sid)));
        for stay in stays {
            open_sitting(&mut transaction, stay, run).await?;
            write_stay(&mut transaction, stay, run).await?;
        }
        for (room, at) in &batch.closed {
            sqlx::query(
                "UPDATE sittings SET ended_at = coalesce((SELECT max(coalesce(left_at, joined_at)) FROM attendances
                 WHERE sitting_id = sittings.id), ?) WHERE room_sid = ? AND ended_at IS NULL",
            )
            .bind(to_millis(*at))
            .bind(room)
            .execute(&mut *transaction)
            .await?;
        }
        Ok(transaction.commit().await?)
    }

    /// Closes what earlier runs left open: nobody saw them go, but at the last heartbeat they were still there. Says how
    /// many they were.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn close_interrupted_attendances(&self, run: u64) -> Result<u64, StoreError> {
        let mut transaction = self.begin().await?;
        let done = sqlx::query(
            "UPDATE attendances SET interrupted = 1, left_at = max(joined_at, coalesce(
               (SELECT heartbeat_at FROM runs WHERE runs.run = attendances.run), joined_at))
             WHERE left_at IS NULL AND run <> ?",
        )
        .bind(run.cast_signed())
        .execute(&mut *transaction)
        .await?;
        sqlx::query(
            "UPDATE sittings SET ended_at = coalesce((SELECT max(left_at) FROM attendances
             WHERE sitting_id = sittings.id), began_at) WHERE ended_at IS NULL AND run <> ?",
        )
        .bind(run.cast_signed())
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(done.rows_affected())
    }

    /// The last times that a meeting was open, at most `limit`, the newest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn sittings(&self, code: &MeetingCode, limit: u32) -> Result<Vec<SittingRow>, StoreError> {
        let rows = sqlx::query("SELECT * FROM sittings WHERE code = ? ORDER BY id DESC LIMIT ?")
            .bind(code.as_str())
            .bind(limit)
            .fetch_all(&self.pool)
            .await?;
        let sitting = |row: &SqliteRow| {
            Ok(SittingRow {
                id: row.try_get("id")?,
                began: from_millis(row.try_get("began_at")?),
                ended: row.try_get::<Option<i64>, _>("ended_at")?.map(from_millis),
                title: row.try_get("title")?,
            })
        };
        rows.iter().map(sitting).collect()
    }

    /// Who was there since a sitting of a meeting, at most `limit` stays, the first to come first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn attendances(
        &self,
        code: &MeetingCode,
        since: i64,
        limit: u32,
    ) -> Result<Vec<AttendanceRow>, StoreError> {
        let rows = sqlx::query(
            "SELECT attendances.* FROM sittings JOIN attendances ON attendances.sitting_id = sittings.id
             WHERE sittings.code = ? AND sittings.id >= ? ORDER BY sitting_id DESC, joined_at, attendances.id LIMIT ?",
        )
        .bind(code.as_str())
        .bind(since)
        .bind(limit)
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(attendance).collect()
    }

    /// Forgets who was where before a moment, and the oldest of more than `limit` sittings.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn delete_old_sittings(&self, before: Timestamp, limit: u64) -> Result<u64, StoreError> {
        let old = sqlx::query("DELETE FROM sittings WHERE began_at < ? AND ended_at IS NOT NULL")
            .bind(to_millis(before))
            .execute(&self.pool)
            .await?;
        let too_many = sqlx::query(
            "DELETE FROM sittings WHERE ended_at IS NOT NULL AND id <=
             (SELECT id FROM sittings ORDER BY id DESC LIMIT 1 OFFSET ?)",
        )
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .execute(&self.pool)
        .await?;
        Ok(old.rows_affected() + too_many.rows_affected())
    }
}

/// The first who comes opens it. A room with the code of no meeting is none of ours.
async fn open_sitting(connection: &mut SqliteConnection, stay: &Stay, run: u64) -> Result<(), StoreError> {
    let query = match stay.room_kind {
        RoomKind::Meeting => {
            "INSERT INTO sittings (room_sid, run, began_at, kind, code, title, host_id, host_name, host_post_id)
             SELECT ?, ?, ?, 'meeting', meetings.code, meetings.title, users.id, users.name,
               coalesce(extensions.post_id, users.post_id)
             FROM meetings JOIN users ON users.id = meetings.owner_id
             LEFT JOIN extensions ON extensions.number = users.extension
             WHERE meetings.code = ? ON CONFLICT (room_sid) DO NOTHING"
        }
        RoomKind::Call => {
            "INSERT INTO sittings (room_sid, run, began_at, kind, code, title, host_name)
             VALUES (?, ?, ?, 'call', ?, '', '') ON CONFLICT (room_sid) DO NOTHING"
        }
    };
    sqlx::query(query)
        .bind(&stay.room_sid)
        .bind(run.cast_signed())
        .bind(to_millis(stay.joined))
        .bind(&stay.room)
        .execute(connection)
        .await?;
    Ok(())
}

async fn write_stay(connection: &mut SqliteConnection, stay: &Stay, run: u64) -> Result<(), StoreError> {
    let badge = stay.badge.as_ref();
    sqlx::query(
        "INSERT INTO attendances (sitting_id, participant_sid, run, kind, identity, user_id, name, extension, number,
         post_id, post_name, joined_at, left_at, party, party_rank, seat_rank, title, role, is_head)
         SELECT sittings.id, ?2, ?3, ?4, ?5, ?6, ?7, extension.number, ?9, posts.id, posts.name, ?10, ?11,
         ?12, ?13, ?14, ?15, ?16, ?17 FROM sittings
         LEFT JOIN extensions AS extension
           ON extension.number = coalesce(?8, (SELECT users.extension FROM users WHERE users.id = ?6))
         LEFT JOIN posts ON posts.id =
           coalesce(extension.post_id, (SELECT users.post_id FROM users WHERE users.id = ?6))
         WHERE sittings.room_sid = ?1
         ON CONFLICT (sitting_id, participant_sid) DO UPDATE SET left_at = excluded.left_at",
    )
    .bind(&stay.room_sid)
    .bind(&stay.sid)
    .bind(run.cast_signed())
    .bind(stay.kind.as_str())
    .bind(&stay.identity)
    .bind(&stay.user)
    .bind(&stay.name)
    .bind(&stay.extension)
    .bind(&stay.number)
    .bind(to_millis(stay.joined))
    .bind(stay.left.map(to_millis))
    .bind(badge.map(|badge| badge.party.as_str()))
    .bind(badge.map(|badge| small(badge.place.0)))
    .bind(badge.map(|badge| small(badge.place.1)))
    .bind(badge.map(|badge| badge.title.as_str()))
    .bind(&stay.role)
    .bind(badge.is_some_and(|badge| badge.is_head))
    .execute(connection)
    .await?;
    Ok(())
}

fn small(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn attendance(row: &SqliteRow) -> Result<AttendanceRow, StoreError> {
    Ok(AttendanceRow {
        sitting: row.try_get("sitting_id")?,
        by_phone: row.try_get::<&str, _>("kind")? == "phone",
        identity: row.try_get("identity")?,
        user: row.try_get("user_id")?,
        name: row.try_get("name")?,
        extension: row.try_get("extension")?,
        number: row.try_get("number")?,
        post: row.try_get("post_name")?,
        party: row.try_get("party")?,
        place: row.try_get::<Option<u32>, _>("party_rank")?.zip(row.try_get::<Option<u32>, _>("seat_rank")?),
        title: row.try_get("title")?,
        role: row.try_get("role")?,
        is_head: row.try_get("is_head")?,
        joined: from_millis(row.try_get("joined_at")?),
        left: row.try_get::<Option<i64>, _>("left_at")?.map(from_millis),
        interrupted: row.try_get("interrupted")?,
    })
}
