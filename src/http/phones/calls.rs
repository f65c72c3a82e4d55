//! `/api/admin/calls` and `/api/admin/cdr`: the calls under way, and those that were.

use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::IntoResponse;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sip_gateway_proto::plan::{PostId, TrunkId};

use crate::app::App;
use crate::calls;
use crate::directory::CallView;
use crate::http::asked::InQuery;
use crate::http::signed_in::Administrator;
use crate::http::{ApiError, Json};
use crate::store::CallFilter;

#[derive(Serialize)]
pub(in crate::http) struct Live {
    calls: Vec<CallView>,
}

/// `GET /api/admin/calls`: legs that have not ended, the oldest first.
pub(in crate::http) async fn live(State(app): State<App>, _: Administrator) -> Result<Json<Live>, ApiError> {
    app.directory.flush().await?;
    let now = app.clock.now();
    let legs = app.store.open_legs(calls::MOST_LIVE).await?;
    Ok(Json(Live { calls: legs.iter().map(|leg| CallView::of(leg, now)).collect() }))
}

#[derive(Deserialize)]
pub(in crate::http) struct Asked {
    number: Option<String>,
    trunk: Option<i64>,
    post: Option<i64>,
    since: Option<Timestamp>,
    until: Option<Timestamp>,
    before: Option<i64>,
    limit: Option<u32>,
}

impl Asked {
    fn filter(self) -> CallFilter {
        CallFilter {
            number: self.number.filter(|number| !number.is_empty()),
            trunk: self.trunk.map(TrunkId),
            post: self.post.map(PostId),
            since: self.since,
            until: self.until,
            before: self.before,
        }
    }
}

#[derive(Serialize)]
pub(in crate::http) struct Records {
    calls: Vec<CallView>,
    /// Give it back as `before` for the next page; `null` on the last one.
    next: Option<i64>,
    legs: u64,
    answered: u64,
    /// In seconds.
    talked: u64,
}

/// `GET /api/admin/cdr`: the newest first, with what all of them add up to, not only this page.
pub(in crate::http) async fn list(
    State(app): State<App>,
    _: Administrator,
    InQuery(asked): InQuery<Asked>,
) -> Result<Json<Records>, ApiError> {
    app.directory.flush().await?;
    let now = app.clock.now();
    let limit = asked.limit.unwrap_or(PAGE).clamp(1, MOST_PAGE);
    let filter = asked.filter();
    let all = app.store.sum_legs(&CallFilter { before: None, ..filter.clone() }).await?;
    let mut records = app.store.legs(&filter, limit + 1).await?;
    let more = records.len() > limit as usize;
    records.truncate(limit as usize);
    Ok(Json(Records {
        next: records.last().filter(|_| more).map(|record| record.id),
        calls: records.iter().map(|record| CallView::of(record, now)).collect(),
        legs: all.legs,
        answered: all.answered,
        talked: all.talked_millis / 1000,
    }))
}

/// `GET /api/admin/cdr.csv`: the same as a table for spreadsheets, at most 100,000 lines.
pub(in crate::http) async fn csv(
    State(app): State<App>,
    client: crate::http::Client,
    by: Administrator,
    InQuery(asked): InQuery<Asked>,
) -> Result<impl IntoResponse, ApiError> {
    app.directory.flush().await?;
    let now = app.clock.now();
    let records = app.store.legs(&asked.filter(), MOST_EXPORTED).await?;
    // Call records are about people: who takes them away is noted.
    app.audit(by.user.id.as_str(), "calls.export", "", &client, "ok").await?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8")),
        (header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"calls.csv\"")),
    ];
    Ok((headers, calls::csv(&records, now)))
}

const PAGE: u32 = 50;
const MOST_PAGE: u32 = 500;
const MOST_EXPORTED: u32 = 100_000;
