//! Rows of `legs` and `runs`: what is remembered of calls, and until when the program is known to have lived.

use std::collections::HashMap;

use jiff::Timestamp;
use sip_gateway::LegState;
use sip_gateway_proto::call::{EndCause, RecordedRoute};
use sip_gateway_proto::plan::{Plan, PostId, TrunkId};
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, Sqlite, SqliteConnection};

use super::bindings::timestamp;
use super::{Store, StoreError, from_millis, to_millis};

/// One leg of a call as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallRecord {
    /// Its row, rising with time.
    pub id: i64,
    /// The run of the program in which it was.
    pub run: u64,
    /// Ties the legs of one call together, within a run.
    pub call: u64,
    /// Whether the other side called us, or we called it.
    pub inbound: bool,
    /// Who called.
    pub caller: String,
    /// The caller's name.
    pub caller_name: String,
    /// What was dialled.
    pub dialled: String,
    /// Who was reached.
    pub reached: String,
    /// The post it belonged to, as it was called then.
    pub post: String,
    /// The trunk that carried it, as it was called then.
    pub trunk: Option<String>,
    /// When it began.
    pub began: Timestamp,
    /// When it first rang.
    pub ringing: Option<Timestamp>,
    /// When it was answered.
    pub answered: Option<Timestamp>,
    /// When it ended; not yet, while it is alive.
    pub ended: Option<Timestamp>,
    /// Why it ended, in a word: `hung-up`, `refused 486`, `interrupted`, …
    pub cause: Option<String>,
    /// The codec of its sound.
    pub codec: Option<String>,
    /// Whether its sound was encrypted.
    pub encrypted: bool,
    /// Packets received and sent.
    pub packets: (u64, u64),
    /// Packets that should have come and did not.
    pub lost: u64,
    /// The highest interarrival jitter, in microseconds.
    pub jitter_micros: u64,
    /// The round trip time in microseconds, if it was measured.
    pub rtt_micros: Option<u64>,
}

impl CallRecord {
    /// How long they talked, in milliseconds; until now, while they do.
    #[must_use]
    pub fn talked_millis(&self, now: Timestamp) -> i64 {
        let Some(answered) = self.answered else { return 0 };
        (to_millis(self.ended.unwrap_or(now)) - to_millis(answered)).max(0)
    }
}

/// Which legs are asked for. What is not said does not matter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CallFilter {
    /// Those from or to this number.
    pub number: Option<String>,
    /// Those over this trunk.
    pub trunk: Option<TrunkId>,
    /// Those of this post.
    pub post: Option<PostId>,
    /// Those that began at or after this moment.
    pub since: Option<Timestamp>,
    /// Those that began before this moment.
    pub until: Option<Timestamp>,
    /// Those written before this row: the next page.
    pub before: Option<i64>,
}

/// What a set of legs adds up to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CallSummary {
    /// How many legs there are.
    pub legs: u64,
    /// How many of them were answered.
    pub answered: u64,
    /// For how long, in milliseconds.
    pub talked_millis: u64,
}

impl Store {
    /// Begins a run of the program.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn begin_run(&self, run: u64, now: Timestamp) -> Result<(), StoreError> {
        sqlx::query("INSERT INTO runs (run, started_at, heartbeat_at) VALUES (?, ?, ?)")
            .bind(run.cast_signed())
            .bind(to_millis(now))
            .bind(to_millis(now))
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// The highest number of a run.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn newest_run(&self) -> Result<Option<u64>, StoreError> {
        let row = sqlx::query("SELECT max(run) FROM runs").fetch_one(&self.pool).await?;
        Ok(row.try_get::<Option<i64>, _>(0)?.map(i64::cast_unsigned))
    }

    /// Notes that the program still lives.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn heartbeat(&self, run: u64, now: Timestamp) -> Result<(), StoreError> {
        sqlx::query("UPDATE runs SET heartbeat_at = ? WHERE run = ?")
            .bind(to_millis(now))
            .bind(run.cast_signed())
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Notes that the program ended well.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn end_run(&self, run: u64, now: Timestamp) -> Result<(), StoreError> {
        sqlx::query("UPDATE runs SET heartbeat_at = ?, ended_at = ? WHERE run = ?")
            .bind(to_millis(now))
            .bind(to_millis(now))
            .bind(run.cast_signed())
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Closes the legs that earlier runs left open: nobody saw them end, but at the last heartbeat they were still
    /// there. Says how many there were.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn close_interrupted_legs(&self, run: u64) -> Result<u64, StoreError> {
        let done = sqlx::query(
            "UPDATE legs SET cause = 'interrupted', ended_at = coalesce(
               (SELECT heartbeat_at FROM runs WHERE runs.run = legs.run
                AND heartbeat_at > coalesce(legs.answered_at, legs.ringing_at, legs.began_at)),
               answered_at, ringing_at, began_at)
             WHERE ended_at IS NULL AND run <> ?",
        )
        .bind(run.cast_signed())
        .execute(&self.pool)
        .await?;
        Ok(done.rows_affected())
    }

    /// Forgets runs of which no leg is left, but for the one named.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn delete_old_runs(&self, run: u64) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM runs WHERE run <> ? AND run NOT IN (SELECT run FROM legs)")
            .bind(run.cast_signed())
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Forgets legs that began long ago, and the oldest of more than `limit`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn delete_old_legs(&self, before: Timestamp, limit: u64) -> Result<u64, StoreError> {
        let old = sqlx::query("DELETE FROM legs WHERE began_at < ? AND ended_at IS NOT NULL")
            .bind(to_millis(before))
            .execute(&self.pool)
            .await?;
        let too_many = sqlx::query(
            "DELETE FROM legs WHERE ended_at IS NOT NULL AND id <=
             (SELECT id FROM legs ORDER BY id DESC LIMIT 1 OFFSET ?)",
        )
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .execute(&self.pool)
        .await?;
        Ok(old.rows_affected() + too_many.rows_affected())
    }

    /// The newest legs of a kind, at most `limit`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn legs(&self, filter: &CallFilter, limit: u32) -> Result<Vec<CallRecord>, StoreError> {
        let mut query = QueryBuilder::new("SELECT * FROM legs");
        push_filter(&mut query, filter);
        query.push(" ORDER BY id DESC LIMIT ").push_bind(limit);
        query.build().fetch_all(&self.pool).await?.iter().map(record).collect()
    }

    /// What the legs of a kind add up to.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn sum_legs(&self, filter: &CallFilter) -> Result<CallSummary, StoreError> {
        let mut query = QueryBuilder::new(
            "SELECT count(*) AS legs, count(answered_at) AS answered,
             coalesce(sum(CASE WHEN answered_at IS NULL OR ended_at IS NULL THEN 0 ELSE ended_at - answered_at END), 0)
             AS talked FROM legs",
        );
        push_filter(&mut query, filter);
        let row = query.build().fetch_one(&self.pool).await?;
        Ok(CallSummary {
            legs: unsigned(&row, "legs")?,
            answered: unsigned(&row, "answered")?,
            talked_millis: unsigned(&row, "talked")?,
        })
    }

    /// The legs that are alive, at most `limit`, the oldest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn open_legs(&self, limit: u32) -> Result<Vec<CallRecord>, StoreError> {
        let rows = sqlx::query("SELECT * FROM legs WHERE ended_at IS NULL ORDER BY id LIMIT ?")
            .bind(limit)
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(record).collect()
    }
}

fn push_filter(query: &mut QueryBuilder<Sqlite>, filter: &CallFilter) {
    query.push(" WHERE 1 = 1");
    if let Some(number) = &filter.number {
        query.push(" AND (caller = ").push_bind(number.clone());
        query.push(" OR reached = ").push_bind(number.clone()).push(")");
    }
    if let Some(trunk) = filter.trunk {
        query.push(" AND trunk_id = ").push_bind(trunk.0);
    }
    if let Some(post) = filter.post {
        query.push(" AND post_id = ").push_bind(post.0);
    }
    if let Some(since) = filter.since {
        query.push(" AND began_at >= ").push_bind(to_millis(since));
    }
    if let Some(until) = filter.until {
        query.push(" AND began_at < ").push_bind(to_millis(until));
    }
    if let Some(before) = filter.before {
        query.push(" AND id < ").push_bind(before);
    }
}

/// The names that records keep, since posts and trunks may go.
#[derive(Debug, Default)]
pub(crate) struct Names {
    posts: HashMap<i64, String>,
    trunks: HashMap<i64, String>,
}

impl Names {
    pub(crate) fn of(plan: &Plan) -> Self {
        Self {
            posts: plan.posts.iter().map(|post| (post.id.0, post.name.clone())).collect(),
            trunks: plan.trunks.iter().map(|trunk| (trunk.id.0, trunk.name.clone())).collect(),
        }
    }
}

/// Writes a leg as it stands now.
pub(super) async fn write(
    connection: &mut SqliteConnection,
    leg: &LegState,
    names: &Names,
) -> Result<(), StoreError> {
    let (kind, post, trunk) = match &leg.route {
        RecordedRoute::OnNet { post } => ("phone", *post, None),
        RecordedRoute::Browser { post } => ("browser", *post, None),
        RecordedRoute::Room { post } => ("room", *post, None),
        RecordedRoute::Trunk { trunk, post } => ("trunk", *post, Some(*trunk)),
    };
    let name = |names: &HashMap<i64, String>, id| names.get(&id).cloned().unwrap_or_default();
    let (ended, cause) = match &leg.ended {
        Some((ended, cause)) => (Some(timestamp(*ended)), Some(cause_word(cause))),
        None => (None, None),
    };
    let media = &leg.media;
    sqlx::query(
        "INSERT INTO legs (run, leg, call, inbound, caller, caller_name, dialled, reached, post_id, post_name,
         trunk_id, trunk_name, began_at, ringing_at, answered_at, ended_at, cause, codec, encrypted,
         packets_in, packets_out, octets_in, octets_out, lost, jitter_micros, rtt_micros, kind)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (run, leg) DO UPDATE SET caller = excluded.caller, caller_name = excluded.caller_name,
         dialled = excluded.dialled, reached = excluded.reached, post_id = excluded.post_id,
         post_name = excluded.post_name, trunk_id = excluded.trunk_id, trunk_name = excluded.trunk_name,
         ringing_at = excluded.ringing_at, answered_at = excluded.answered_at, ended_at = excluded.ended_at,
         cause = excluded.cause, codec = excluded.codec, encrypted = excluded.encrypted,
         packets_in = excluded.packets_in, packets_out = excluded.packets_out,
         octets_in = excluded.octets_in, octets_out = excluded.octets_out, lost = excluded.lost,
         jitter_micros = excluded.jitter_micros, rtt_micros = excluded.rtt_micros, kind = excluded.kind",
    )
    .bind(leg.run.cast_signed())
    .bind(leg.leg.0.cast_signed())
    .bind(leg.call.0.cast_signed())
    .bind(leg.inbound)
    .bind(bounded(&leg.from))
    .bind(bounded(&leg.from_name))
    .bind(bounded(&leg.dialled))
    .bind(bounded(&leg.to))
    .bind(post.0)
    .bind(name(&names.posts, post.0))
    .bind(trunk.map(|trunk| trunk.0))
    .bind(trunk.map(|trunk| name(&names.trunks, trunk.0)))
    .bind(to_millis(timestamp(leg.began)))
    .bind(leg.ringing.map(|time| to_millis(timestamp(time))))
    .bind(leg.answered.map(|time| to_millis(timestamp(time))))
    .bind(ended.map(to_millis))
    .bind(cause)
    .bind(media.codec.as_deref().map(bounded))
    .bind(media.encrypted)
    .bind(media.packets.0.cast_signed())
    .bind(media.packets.1.cast_signed())
    .bind(media.octets.0.cast_signed())
    .bind(media.octets.1.cast_signed())
    .bind(media.lost.cast_signed())
    .bind(i64::try_from(media.jitter.as_micros()).unwrap_or(i64::MAX))
    .bind(media.round_trip.map(|rtt| i64::try_from(rtt.as_micros()).unwrap_or(i64::MAX)))
    .bind(kind)
    .execute(connection)
    .await?;
    Ok(())
}

/// What strangers say is not stored without end.
fn bounded(text: &str) -> String {
    text.chars().take(MOST_TEXT).collect()
}

fn cause_word(cause: &EndCause) -> String {
    match cause {
        EndCause::HungUp => "hung-up".to_owned(),
        EndCause::OtherHungUp => "other-hung-up".to_owned(),
        EndCause::Cancelled => "cancelled".to_owned(),
        EndCause::AnsweredElsewhere => "answered-elsewhere".to_owned(),
        EndCause::Transferred => "transferred".to_owned(),
        EndCause::Refused(status) => format!("refused {status}"),
        EndCause::NoAnswer => "no-answer".to_owned(),
        EndCause::Lost => "lost".to_owned(),
        EndCause::Failed(why) => format!("failed {why}"),
    }
}

fn record(row: &SqliteRow) -> Result<CallRecord, StoreError> {
    let time = |column| -> Result<Option<Timestamp>, sqlx::Error> {
        Ok(row.try_get::<Option<i64>, _>(column)?.map(from_millis))
    };
    Ok(CallRecord {
        id: row.try_get("id")?,
        run: row.try_get::<i64, _>("run")?.cast_unsigned(),
        call: row.try_get::<i64, _>("call")?.cast_unsigned(),
        inbound: row.try_get("inbound")?,
        caller: row.try_get("caller")?,
        caller_name: row.try_get("caller_name")?,
        dialled: row.try_get("dialled")?,
        reached: row.try_get("reached")?,
        post: row.try_get("post_name")?,
        trunk: row.try_get("trunk_name")?,
        began: from_millis(row.try_get("began_at")?),
        ringing: time("ringing_at")?,
        answered: time("answered_at")?,
        ended: time("ended_at")?,
        cause: row.try_get("cause")?,
        codec: row.try_get("codec")?,
        encrypted: row.try_get("encrypted")?,
        packets: (unsigned(row, "packets_in")?, unsigned(row, "packets_out")?),
        lost: unsigned(row, "lost")?,
        jitter_micros: unsigned(row, "jitter_micros")?,
        rtt_micros: row.try_get::<Option<i64>, _>("rtt_micros")?.map(i64::cast_unsigned),
    })
}

fn unsigned(row: &SqliteRow, column: &'static str) -> Result<u64, StoreError> {
    Ok(row.try_get::<i64, _>(column)?.cast_unsigned())
}

const MOST_TEXT: usize = 200;
