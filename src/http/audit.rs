//! `/api/admin/audit`: what was done by whom, for administrators.

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::IntoResponse;
use axum::routing::get;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::asked::InQuery;
use super::client::Client;
use super::signed_in::Administrator;
use super::{ApiError, Json};
use crate::app::App;
use crate::audit::{self, Found, Search};

/// The calls under `/api/admin`.
pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/audit", get(list))
        .route("/audit.csv", get(table))
        .route("/audit/verify", get(verify))
}

#[derive(Deserialize)]
pub(super) struct Asked {
    person: Option<String>,
    action: Option<String>,
    since: Option<Timestamp>,
    until: Option<Timestamp>,
    before: Option<i64>,
    limit: Option<u32>,
}

impl Asked {
    fn search(self) -> Search {
        let said = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
        Search {
            person: said(self.person),
            action: said(self.action),
            since: self.since,
            until: self.until,
            before: self.before,
        }
    }
}

#[derive(Serialize)]
pub(super) struct Entries {
    entries: Vec<Found>,
    /// Give it back as `before` for the next page; `null` on the last one.
    next: Option<i64>,
    /// All actions that there are.
    actions: Vec<String>,
}

/// `GET /api/admin/audit`: the newest first.
async fn list(
    State(app): State<App>,
    _: Administrator,
    InQuery(asked): InQuery<Asked>,
) -> Result<Json<Entries>, ApiError> {
    let limit = asked.limit.unwrap_or(PAGE).clamp(1, MOST_PAGE);
    let mut entries = audit::search(&app.store, &asked.search(), limit + 1).await?;
    let more = entries.len() > limit as usize;
    entries.truncate(limit as usize);
    let next = entries.last().filter(|_| more).map(|entry| entry.seq);
    Ok(Json(Entries { entries, next, actions: audit::actions(&app.store).await? }))
}

/// `GET /api/admin/audit.csv`: the same as a table, at most 100,000 lines.
async fn table(
    State(app): State<App>,
    client: Client,
    Administrator { user }: Administrator,
    InQuery(asked): InQuery<Asked>,
) -> Result<impl IntoResponse, ApiError> {
    let entries = audit::search(&app.store, &asked.search(), MOST_EXPORTED).await?;
    app.audit(user.id.as_str(), "audit.export", "", &client, "ok").await?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8")),
        (header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"audit.csv\"")),
    ];
    Ok((headers, audit::csv(&entries)))
}

#[derive(Serialize)]
pub(super) struct Verified {
    whole: bool,
    entries: u64,
    /// Number and hash of the newest entry, to be kept elsewhere.
    head: Option<String>,
    /// What is wrong, in English.
    fault: Option<String>,
}

/// `GET /api/admin/audit/verify`: recomputes the chain.
async fn verify(State(app): State<App>, _: Administrator) -> Result<Json<Verified>, ApiError> {
    Ok(Json(match audit::inspect(&app.store, None).await? {
        Ok(head) => Verified {
            whole: true,
            entries: head.as_ref().map_or(0, |head| head.entries),
            head: head.map(|head| head.to_string()),
            fault: None,
        },
        Err(broken) => Verified { whole: false, entries: 0, head: None, fault: Some(broken.to_string()) },
    }))
}

const PAGE: u32 = 50;
const MOST_PAGE: u32 = 500;
const MOST_EXPORTED: u32 = 100_000;
