//! Finding entries again: by person, action and time.

use std::fmt::Write as _;

use jiff::Timestamp;
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row};

use crate::csv as table;
use crate::store::{Store, StoreError, from_millis, to_millis};

/// Which entries are asked for. What is not said does not matter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Search {
    /// Those of whom a part of the name or address is this, or whom it concerns.
    pub person: Option<String>,
    /// Those of this action, or whose action begins with it and a point.
    pub action: Option<String>,
    /// Those from this moment on.
    pub since: Option<Timestamp>,
    /// Those before this moment.
    pub until: Option<Timestamp>,
    /// Those written before this entry: the next page.
    pub before: Option<i64>,
}

/// An entry with the names that its ids stand for now.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[allow(missing_docs)]
pub struct Found {
    pub seq: i64,
    pub at: Timestamp,
    pub actor: String,
    /// The name of the account; nothing for others, and for accounts that are gone.
    pub actor_name: Option<String>,
    pub action: String,
    pub object: String,
    pub object_name: Option<String>,
    pub address: String,
    pub result: String,
    pub hash: String,
}

/// The newest entries of a kind, at most `limit`.
///
/// # Errors
/// When the database fails.
pub async fn search(store: &Store, search: &Search, limit: u32) -> Result<Vec<Found>, StoreError> {
    let mut query = QueryBuilder::new(
        "SELECT audit.*, actors.name AS actor_name, objects.name AS object_name FROM audit
         LEFT JOIN users AS actors ON actors.id = audit.actor
         LEFT JOIN users AS objects ON objects.id = audit.object WHERE 1 = 1",
    );
    if let Some(person) = &search.person {
        let like = like(person);
        query
            .push(" AND (audit.actor IN (SELECT id FROM users WHERE ")
            .push("name LIKE ")
            .push_bind(like.clone());
        query.push(" ESCAPE '\\' OR email LIKE ").push_bind(like.clone()).push(" ESCAPE '\\')");
        query.push(" OR audit.object IN (SELECT id FROM users WHERE name LIKE ").push_bind(like.clone());
        query.push(" ESCAPE '\\' OR email LIKE ").push_bind(like.clone()).push(" ESCAPE '\\')");
        query.push(" OR audit.actor LIKE ").push_bind(like.clone()).push(" ESCAPE '\\'");
        query.push(" OR audit.object LIKE ").push_bind(like).push(" ESCAPE '\\')");
    }
    if let Some(action) = &search.action {
        query.push(" AND (audit.action = ").push_bind(action.clone());
        query
            .push(" OR audit.action LIKE ")
            .push_bind(format!("{}.%", escaped(action)))
            .push(" ESCAPE '\\')");
    }
    if let Some(since) = search.since {
        query.push(" AND audit.at >= ").push_bind(to_millis(since));
    }
    if let Some(until) = search.until {
        query.push(" AND audit.at < ").push_bind(to_millis(until));
    }
    if let Some(before) = search.before {
        query.push(" AND audit.seq < ").push_bind(before);
    }
    query.push(" ORDER BY audit.seq DESC LIMIT ").push_bind(limit);
    query.build().fetch_all(&store.pool).await?.iter().map(found).collect()
}

/// All actions that there are, to choose one.
///
/// # Errors
/// When the database fails.
pub async fn actions(store: &Store) -> Result<Vec<String>, StoreError> {
    let rows = sqlx::query("SELECT DISTINCT action FROM audit ORDER BY action LIMIT 200")
        .fetch_all(&store.pool)
        .await?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

fn like(text: &str) -> String {
    format!("%{}%", escaped(text.trim()))
}

fn escaped(text: &str) -> String {
    text.chars().fold(String::new(), |mut escaped, char| {
        let sign = if matches!(char, '%' | '_' | '\\') { "\\" } else { "" };
        let _ = write!(escaped, "{sign}{char}");
        escaped
    })
}

fn found(row: &SqliteRow) -> Result<Found, StoreError> {
    Ok(Found {
        seq: row.try_get("seq")?,
        at: from_millis(row.try_get("at")?),
        actor: row.try_get("actor")?,
        actor_name: row.try_get("actor_name")?,
        action: row.try_get("action")?,
        object: row.try_get("object")?,
        object_name: row.try_get("object_name")?,
        address: row.try_get("address")?,
        result: row.try_get("result")?,
        hash: row.try_get("hash")?,
    })
}

/// Entries as a table for spreadsheets.
#[must_use]
pub fn csv(entries: &[Found]) -> String {
    let mut text = table::line(&HEADS);
    for entry in entries {
        text += &table::line(&[
            entry.seq.to_string(),
            entry.at.to_string(),
            entry.actor.clone(),
            entry.actor_name.clone().unwrap_or_default(),
            entry.action.clone(),
            entry.object.clone(),
            entry.object_name.clone().unwrap_or_default(),
            entry.address.clone(),
            entry.result.clone(),
            entry.hash.clone(),
        ]);
    }
    text
}

const HEADS: [&str; 10] =
    ["number", "at", "actor", "actor_name", "action", "object", "object_name", "address", "result", "hash"];

#[cfg(test)]
mod tests {
    use super::super::{Entry, append};
    use super::*;

    #[tokio::test]
    async fn entries_are_found_by_person_action_and_time_page_by_page() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).await.unwrap();
        sqlx::query("INSERT INTO users (id, email, name, role, password, created_at) VALUES ('u1', 'awa@example.org', 'Awa', 'user', '', 0)")
            .execute(&store.pool)
            .await
            .unwrap();
        let at = |second| Timestamp::from_second(second).unwrap();
        for (second, actor, action, object) in [
            (10, "u1", "sign-in", ""),
            (20, "u2", "user.change", "u1"),
            (30, "u2", "user.remove", "u3"),
            (40, "guest-a_b", "meeting.join", "abc-defg-hij Awa 100%"),
        ] {
            let entry = Entry { actor: actor.to_owned(), action, ..Entry::console(action, object) };
            append(&store, at(second), &entry).await.unwrap();
        }
        let seqs = async |asked: Search| -> Vec<i64> {
            search(&store, &asked, 10).await.unwrap().iter().map(|entry| entry.seq).collect()
        };
        let person = |text: &str| Search { person: Some(text.to_owned()), ..Search::default() };
        let action = |text: &str| Search { action: Some(text.to_owned()), ..Search::default() };

        assert_eq!(seqs(person("awa@")).await, [2, 1], "who did it, and whom it concerned");
        assert_eq!(seqs(person("awa")).await, [4, 2, 1]);
        assert_eq!(seqs(person("a_b")).await, [4]);
        assert_eq!(seqs(person("100%")).await, [4]);
        assert_eq!(seqs(action("user")).await, [3, 2]);
        assert_eq!(seqs(action("user.remove")).await, [3]);
        let span = Search { since: Some(at(20)), until: Some(at(40)), ..Search::default() };
        assert_eq!(seqs(span).await, [3, 2]);
        assert_eq!(seqs(Search { before: Some(3), ..Search::default() }).await, [2, 1]);
        assert_eq!(actions(&store).await.unwrap(), ["meeting.join", "sign-in", "user.change", "user.remove"]);
        let one = &search(&store, &person("awa@"), 1).await.unwrap()[0];
        assert_eq!((one.actor_name.as_deref(), one.object_name.as_deref()), (None, Some("Awa")));
        assert!(
            csv(std::slice::from_ref(one)).contains("\r\n2,1970-01-01T00:00:20Z,u2,,user.change,u1,Awa,,ok,")
        );
    }
}
