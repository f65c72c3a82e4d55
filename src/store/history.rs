//! The calls of one extension, from the rows of `legs`: several phones that rang for one call are one line.

use jiff::Timestamp;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::{Store, StoreError, from_millis, to_millis};
use crate::accounts::UserId;

/// A call in which an extension took part, as it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastCall {
    /// Its place, rising with time.
    pub id: i64,
    /// Whether the extension called.
    pub outgoing: bool,
    /// The other side's number: who called, or who was reached.
    pub number: String,
    /// The other side's name, where the record has it.
    pub name: String,
    /// What was dialled.
    pub dialled: String,
    /// When it began.
    pub began: Timestamp,
    /// When it was answered.
    pub answered: Option<Timestamp>,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// What became of it.
    pub outcome: Outcome,
}

/// What became of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// They talked.
    Answered,
    /// Nobody took it, and the caller gave up or was told so.
    Missed,
    /// Whoever was called did not want it.
    Declined,
    /// The extension called, and nobody answered.
    Unanswered,
    /// Another member of the group, or whoever picked it up, took it.
    Elsewhere,
    /// It went on to another number.
    Forwarded,
}

/// Which calls are asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HistoryFilter {
    /// Only those that nobody took.
    pub missed: bool,
    /// Those before this place: the next page.
    pub before: Option<i64>,
}

impl Store {
    /// The last calls of an extension, at most `limit`, the newest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn past_calls(
        &self,
        extension: &str,
        filter: &HistoryFilter,
        limit: u32,
    ) -> Result<Vec<PastCall>, StoreError> {
        let having = if filter.missed { MISSED } else { "1" };
        let query = format!(
            "SELECT max(id) AS id, max(inbound) AS outgoing, min(began_at) AS began_at, min(answered_at) AS answered_at,
             max(ended_at) AS ended_at, max(caller) AS caller, max(caller_name) AS caller_name, max(dialled) AS dialled,
             group_concat(cause, ' ') AS causes,
             (SELECT reached FROM legs AS others WHERE others.run = legs.run AND others.call = legs.call
              AND others.inbound = 0 ORDER BY others.answered_at IS NULL, others.id LIMIT 1) AS reached
             FROM legs WHERE ((caller = ? AND inbound = 1) OR (reached = ? AND inbound = 0)) AND ended_at IS NOT NULL
             AND trunk_id IS NULL GROUP BY run, call HAVING {having} AND max(id) < ? ORDER BY max(id) DESC LIMIT ?"
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(query))
            .bind(extension)
            .bind(extension)
            .bind(filter.before.unwrap_or(i64::MAX))
            .bind(limit)
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(past_call).collect()
    }

    /// How many calls to a user's extension nobody took since the user looked last, counted up to `limit`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn missed_calls(&self, user: &UserId, limit: u32) -> Result<u32, StoreError> {
        let query = format!(
            "SELECT count(*) FROM (SELECT 1 FROM legs
             JOIN users ON users.id = ? AND users.extension = legs.reached
             WHERE inbound = 0 AND ended_at IS NOT NULL AND trunk_id IS NULL AND began_at > users.calls_seen_at
             GROUP BY run, call HAVING {MISSED} LIMIT ?)"
        );
        let row = sqlx::query(sqlx::AssertSqlSafe(query))
            .bind(user.as_str())
            .bind(limit)
            .fetch_one(&self.pool)
            .await?;
        Ok(u32::try_from(row.try_get::<i64, _>(0)?).unwrap_or(0))
    }

    /// A user has seen the missed calls so far.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn calls_seen(&self, user: &UserId, now: Timestamp) -> Result<(), StoreError> {
        sqlx::query("UPDATE users SET calls_seen_at = max(calls_seen_at, ?) WHERE id = ?")
            .bind(to_millis(now))
            .bind(user.as_str())
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}

fn past_call(row: &SqliteRow) -> Result<PastCall, StoreError> {
    let time = |column| -> Result<Option<Timestamp>, sqlx::Error> {
        Ok(row.try_get::<Option<i64>, _>(column)?.map(from_millis))
    };
    let outgoing: bool = row.try_get("outgoing")?;
    let (answered, causes) = (time("answered_at")?, row.try_get::<Option<String>, _>("causes")?);
    let reached: Option<String> = row.try_get("reached")?;
    let dialled: String = row.try_get("dialled")?;
    Ok(PastCall {
        id: row.try_get("id")?,
        outgoing,
        number: if outgoing { reached.unwrap_or_else(|| dialled.clone()) } else { row.try_get("caller")? },
        name: if outgoing { String::new() } else { row.try_get("caller_name")? },
        dialled,
        began: from_millis(row.try_get("began_at")?),
        answered,
        ended: time("ended_at")?,
        outcome: outcome(outgoing, answered.is_some(), &causes.unwrap_or_default()),
    })
}

fn outcome(outgoing: bool, answered: bool, causes: &str) -> Outcome {
    match (answered, outgoing) {
        (true, _) => Outcome::Answered,
        (false, true) => Outcome::Unanswered,
        (false, false) if causes.contains("answered-elsewhere") => Outcome::Elsewhere,
        (false, false) if causes.contains("transferred") => Outcome::Forwarded,
        (false, false) if DECLINES.iter().any(|decline| causes.contains(decline)) => Outcome::Declined,
        (false, false) => Outcome::Missed,
    }
}

/// How phones and browsers say that they do not want a call.
const DECLINES: [&str; 2] = ["refused 603", "refused 480"];
/// The same as [`outcome`] says, within a group of legs.
const MISSED: &str = "max(inbound) = 0 AND min(answered_at) IS NULL
     AND coalesce(group_concat(cause, ' '), '') NOT LIKE '%answered-elsewhere%'
     AND coalesce(group_concat(cause, ' '), '') NOT LIKE '%transferred%'
     AND coalesce(group_concat(cause, ' '), '') NOT LIKE '%refused 603%'
     AND coalesce(group_concat(cause, ' '), '') NOT LIKE '%refused 480%'";

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use sip_gateway::LegState;
    use sip_gateway_proto::call::{CallId, EndCause, LegId, MediaReport, RecordedRoute};
    use sip_gateway_proto::plan::PostId;

    use super::*;
    use crate::store::{Batch, Names};

    #[tokio::test]
    async fn several_phones_of_one_call_are_one_line() {
        let history = History::new().await;
        history
            .call(
                1,
                "201",
                "202",
                &[("202", EndCause::AnsweredElsewhere, false), ("202", EndCause::HungUp, true)],
            )
            .await;

        let callee = history.of("202").await;
        assert_eq!(callee, [(false, "201".to_owned(), Outcome::Answered)]);
        let caller = history.of("201").await;
        assert_eq!(caller, [(true, "202".to_owned(), Outcome::Answered)]);
    }

    #[tokio::test]
    async fn a_call_that_nobody_took_is_missed_and_one_that_a_colleague_took_is_not() {
        let history = History::new().await;
        history.call(1, "201", "202", &[("202", EndCause::Cancelled, false)]).await;
        history
            .call(
                2,
                "201",
                "300",
                &[("202", EndCause::AnsweredElsewhere, false), ("203", EndCause::HungUp, true)],
            )
            .await;
        history.call(3, "201", "202", &[("202", EndCause::Refused(603), false)]).await;

        let outcomes: Vec<_> = history.of("202").await.into_iter().map(|(_, _, outcome)| outcome).collect();
        assert_eq!(outcomes, [Outcome::Declined, Outcome::Elsewhere, Outcome::Missed]);
        assert_eq!(
            history.of("201").await[1],
            (true, "203".to_owned(), Outcome::Answered),
            "whoever was reached"
        );

        let missed = HistoryFilter { missed: true, ..HistoryFilter::default() };
        assert_eq!(history.store.past_calls("202", &missed, 10).await.unwrap().len(), 1);
    }

    #[tokio::test]
    async fn pages_follow_each_other() {
        let history = History::new().await;
        for call in 1..=3 {
            history.call(call, "201", "202", &[("202", EndCause::Cancelled, false)]).await;
        }

        let first = history.store.past_calls("202", &HistoryFilter::default(), 2).await.unwrap();
        let rest = HistoryFilter { before: Some(first[1].id), ..HistoryFilter::default() };
        let rest = history.store.past_calls("202", &rest, 2).await.unwrap();

        assert_eq!((first.len(), rest.len()), (2, 1));
    }

    struct History {
        store: Store,
        _dir: tempfile::TempDir,
    }

    impl History {
        async fn new() -> Self {
            let dir = tempfile::tempdir().unwrap();
            Self { store: Store::open(dir.path()).await.unwrap(), _dir: dir }
        }

        async fn call(&self, call: u64, from: &str, dialled: &str, to: &[(&str, EndCause, bool)]) {
            let began = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_000_000 + call);
            let talked = to.iter().any(|(_, _, answered)| *answered);
            let leg = |number, inbound, to: &str, cause, answered: bool| LegState {
                run: 1,
                call: CallId(call),
                leg: LegId(call * 10 + number),
                inbound,
                from: from.to_owned(),
                from_name: "Awa".to_owned(),
                dialled: dialled.to_owned(),
                to: to.to_owned(),
                route: RecordedRoute::OnNet { post: PostId(1) },
                began,
                ringing: None,
                answered: answered.then_some(began),
                ended: Some((began + Duration::from_secs(9), cause)),
                media: MediaReport::default(),
            };
            let mut legs = vec![leg(0, true, dialled, EndCause::HungUp, talked)];
            for (number, (reached, cause, answered)) in (1..).zip(to) {
                legs.push(leg(number, false, reached, cause.clone(), *answered));
            }
            let legs = legs.into_iter().map(|leg| ((leg.run, leg.leg.0), Box::new(leg))).collect();
            let batch = Batch { legs, ..Batch::default() };
            self.store.write_facts(&batch, &Names::default()).await.unwrap();
        }

        async fn of(&self, extension: &str) -> Vec<(bool, String, Outcome)> {
            let calls = self.store.past_calls(extension, &HistoryFilter::default(), 10).await.unwrap();
            calls.into_iter().map(|call| (call.outgoing, call.number, call.outcome)).collect()
        }
    }
}
