//! `/api/calls/history` and `/api/me/presence`: one's own calls and one's own word.

use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::asked::InQuery;
use super::client::Client;
use super::signed_in::SignedIn;
use super::{ApiError, Json};
use crate::app::App;
use crate::directory::EntryView;
use crate::store::{By, CallCost, HistoryFilter, Outcome, PastCall};
use crate::tariffs::Currency;

#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    missed: bool,
    before: Option<i64>,
    limit: Option<u32>,
}

#[derive(Serialize)]
pub(super) struct History {
    calls: Vec<PastCallView>,
    /// Give it back as `before` for the next page; `null` on the last one.
    next: Option<i64>,
}

#[derive(Serialize)]
struct PastCallView {
    id: i64,
    direction: &'static str,
    number: String,
    name: String,
    post_name: String,
    time_zone: String,
    dialled: String,
    began: Timestamp,
    answered: Option<Timestamp>,
    /// In seconds.
    talked: i64,
    outcome: Outcome,
    /// Nothing for a call that nobody took.
    cost: Option<CostView>,
}

/// What a call cost and would have cost, in the currency's smallest coins; `null` where no tariff is known.
#[derive(Serialize)]
pub(super) struct CostView {
    currency: String,
    decimals: u32,
    actual: Option<i64>,
    old: Option<i64>,
}

impl CostView {
    pub(super) fn of(cost: CallCost, currency: Currency) -> Self {
        Self {
            currency: currency.to_string(),
            decimals: currency.decimals(),
            actual: cost.actual,
            old: cost.old,
        }
    }
}

impl PastCallView {
    fn of(call: PastCall, other: Option<EntryView>, cost: Option<CostView>) -> Self {
        let talked = call.answered.zip(call.ended).map_or(0, |(from, to)| to.as_second() - from.as_second());
        let (name, post_name, time_zone) = match other {
            Some(entry) => (entry.name, entry.post_name, entry.time_zone),
            None => (call.name, String::new(), String::new()),
        };
        Self {
            id: call.id,
            direction: if call.outgoing { "out" } else { "in" },
            number: call.number,
            name,
            post_name,
            time_zone,
            dialled: call.dialled,
            began: call.began,
            answered: call.answered,
            talked: talked.max(0),
            outcome: call.outcome,
            cost,
        }
    }
}

/// `GET /api/calls/history`.
pub(super) async fn list(
    State(app): State<App>,
    SignedIn { user, .. }: SignedIn,
    InQuery(asked): InQuery<Asked>,
) -> Result<Json<History>, ApiError> {
    let house = app.directory.house();
    let Some(own) = house.extension_of(&user.id) else {
        return Ok(Json(History { calls: Vec::new(), next: None }));
    };
    app.directory.flush().await?;
    let limit = asked.limit.unwrap_or(PAGE).clamp(1, MOST_PAGE);
    let filter = HistoryFilter { missed: asked.missed, before: asked.before };
    let mut calls = app.store.past_calls(own, &filter, limit + 1).await?;
    let more = calls.len() > limit as usize;
    calls.truncate(limit as usize);
    let next = calls.last().filter(|_| more).map(|call| call.id);
    app.savings.catch_up().await?;
    let ids: Vec<i64> = calls.iter().map(|call| call.id).collect();
    let costs = app.store.costs_of(&ids).await?;
    let calls = calls.into_iter().map(|call| {
        let cost = costs.get(&call.id).map(|cost| CostView::of(*cost, app.savings.currency()));
        let other = app.directory.read(Some(own), |reader| reader.entry(&call.number));
        PastCallView::of(call, other, cost)
    });
    Ok(Json(History { calls: calls.collect(), next }))
}

/// `POST /api/calls/history/seen`.
pub(super) async fn seen(
    State(app): State<App>,
    SignedIn { user, .. }: SignedIn,
) -> Result<StatusCode, ApiError> {
    app.store.calls_seen(&user.id, app.clock.now()).await?;
    // The user's other pages count anew.
    if let Some(extension) = user.extension {
        app.directory.tell_history(&[extension]);
    }
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
pub(super) struct OwnPresence {
    do_not_disturb: bool,
}

/// `PUT /api/me/presence`.
pub(super) async fn set_presence(
    State(app): State<App>,
    client: Client,
    SignedIn { user, .. }: SignedIn,
    Json(request): Json<OwnPresence>,
) -> Result<StatusCode, ApiError> {
    let house = app.directory.house();
    let own = house.extension_of(&user.id).ok_or_else(ApiError::no_extension)?;
    let by = By { actor: user.id.as_str().to_owned(), address: Some(client.address) };
    let mut change = app.store.change_plan(by, app.clock.now()).await?;
    change.set_do_not_disturb(own, request.do_not_disturb).await?;
    change.commit().await?;
    app.directory.refresh().await?;
    Ok(StatusCode::NO_CONTENT)
}

const PAGE: u32 = 50;
const MOST_PAGE: u32 = 200;
