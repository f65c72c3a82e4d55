//! `/api/savings` and `/api/admin/tariffs`: what is saved, and the tariffs by which it is reckoned.

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::{Deserialize, Serialize};

use super::asked::InQuery;
use super::client::Client;
use super::signed_in::Administrator;
use super::{ApiError, Json};
use crate::app::App;
use crate::savings::{Page, page, records_csv, sums_csv};
use crate::store::{By, Import};
use crate::tariffs::{Fault, LARGEST_IMPORT, Line, Month, RateLine, rates, tariffs};

/// The calls under `/api/admin`.
pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/tariffs", get(list).post(import_tariffs))
        .route("/rates", post(import_rates))
        // Closer to the handler than the usual limit, so that it holds here.
        .layer(DefaultBodyLimit::max(LARGEST_IMPORT))
}

#[derive(Deserialize)]
pub(super) struct Asked {
    month: Option<String>,
    post: Option<i64>,
}

impl Asked {
    /// The month asked for, or the one that it is.
    fn month(&self, app: &App) -> Result<Month, ApiError> {
        match self.month.as_deref() {
            None => Ok(Month::of(app.clock.now(), app.savings.zone())),
            Some(text) => Month::parse(text)
                .ok_or_else(|| ApiError::invalid_field("month", "it is a month like 2026-11")),
        }
    }
}

/// `GET /api/savings`.
pub(super) async fn show(
    State(app): State<App>,
    _: Administrator,
    InQuery(asked): InQuery<Asked>,
) -> Result<Json<Page>, ApiError> {
    let month = asked.month(&app)?;
    app.directory.flush().await?;
    app.attendance.flush().await?;
    Ok(Json(page(&app.savings, month, asked.post, app.config.house.savings_goal).await?))
}

/// `GET /api/savings.csv`: months and posts.
pub(super) async fn sums(
    State(app): State<App>,
    _: Administrator,
    InQuery(asked): InQuery<Asked>,
) -> Result<Response, ApiError> {
    let month = asked.month(&app)?;
    app.directory.flush().await?;
    let text = sums_csv(&app.savings, month, asked.post).await?;
    Ok(csv("attachment; filename=\"savings.csv\"", text))
}

/// `GET /api/savings/records.csv`: each record with how its amounts come about.
pub(super) async fn records(
    State(app): State<App>,
    client: Client,
    Administrator { user }: Administrator,
    InQuery(asked): InQuery<Asked>,
) -> Result<Response, ApiError> {
    let month = asked.month(&app)?;
    app.directory.flush().await?;
    let text = records_csv(&app.savings, month, asked.post).await?;
    app.audit(user.id.as_str(), "savings.export", &month.to_string(), &client, "ok").await?;
    Ok(csv("attachment; filename=\"savings-records.csv\"", text))
}

fn csv(disposition: &'static str, text: String) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8")),
        (header::CONTENT_DISPOSITION, HeaderValue::from_static(disposition)),
    ];
    (headers, text).into_response()
}

#[derive(Serialize)]
pub(super) struct Tariffs {
    currency: String,
    tariffs: Vec<TariffView>,
    rates: Vec<RateView>,
}

#[derive(Serialize)]
struct TariffView {
    kind: &'static str,
    /// The post's or trunk's row; 0 for everybody.
    owner: i64,
    prefix: String,
    currency: String,
    per_minute: String,
    connection: String,
    minimum: String,
    first: u32,
    next: u32,
    rounding: &'static str,
    from: String,
    until: Option<String>,
}

#[derive(Serialize)]
struct RateView {
    currency: String,
    month: String,
    rate: String,
}

/// `GET /api/admin/tariffs`.
pub(super) async fn list(State(app): State<App>, _: Administrator) -> Result<Json<Tariffs>, ApiError> {
    let tariffs = app.store.tariffs(MOST_SHOWN).await?.into_iter().map(TariffView::from).collect();
    let rates = app.store.rates(MOST_SHOWN).await?.into_iter().map(RateView::from).collect();
    Ok(Json(Tariffs { currency: app.savings.currency().to_string(), tariffs, rates }))
}

#[derive(Deserialize)]
pub(super) struct ImportAsked {
    #[serde(default)]
    dry_run: bool,
    #[serde(default)]
    replace: bool,
}

impl ImportAsked {
    fn how(&self) -> Import {
        if self.replace { Import::Replace } else { Import::Add }
    }
}

/// What became of an import: everything was taken, or nothing.
#[derive(Serialize)]
pub(super) struct Imported {
    lines: usize,
    taken: bool,
    faults: Vec<Fault>,
}

/// `POST /api/admin/tariffs`: a table as CSV.
pub(super) async fn import_tariffs(
    State(app): State<App>,
    client: Client,
    Administrator { user }: Administrator,
    InQuery(asked): InQuery<ImportAsked>,
    body: String,
) -> Result<(StatusCode, Json<Imported>), ApiError> {
    app.directory.refresh().await?;
    let lines = match tariffs(&body, &app.savings.owners()) {
        Ok(lines) => lines,
        Err(faults) => return Ok(refused(faults)),
    };
    if !asked.dry_run {
        let by = By { actor: user.id.as_str().to_owned(), address: Some(client.address) };
        app.store.import_tariffs(&lines, asked.how(), &by, app.clock.now()).await?;
    }
    Ok(taken(lines.len(), !asked.dry_run))
}

/// `POST /api/admin/rates`: a table as CSV.
pub(super) async fn import_rates(
    State(app): State<App>,
    client: Client,
    Administrator { user }: Administrator,
    InQuery(asked): InQuery<ImportAsked>,
    body: String,
) -> Result<(StatusCode, Json<Imported>), ApiError> {
    let lines = match rates(&body, app.savings.currency()) {
        Ok(lines) => lines,
        Err(faults) => return Ok(refused(faults)),
    };
    if !asked.dry_run {
        let by = By { actor: user.id.as_str().to_owned(), address: Some(client.address) };
        app.store.import_rates(&lines, asked.how(), &by, app.clock.now()).await?;
    }
    Ok(taken(lines.len(), !asked.dry_run))
}

fn taken(lines: usize, taken: bool) -> (StatusCode, Json<Imported>) {
    (StatusCode::OK, Json(Imported { lines, taken, faults: Vec::new() }))
}

fn refused(faults: Vec<Fault>) -> (StatusCode, Json<Imported>) {
    (StatusCode::UNPROCESSABLE_ENTITY, Json(Imported { lines: 0, taken: false, faults }))
}

impl From<Line> for TariffView {
    fn from(Line { kind, owner, tariff }: Line) -> Self {
        Self {
            kind: kind.as_str(),
            owner,
            prefix: tariff.prefix,
            currency: tariff.currency.to_string(),
            per_minute: tariff.per_minute.to_string(),
            connection: tariff.connection.to_string(),
            minimum: tariff.minimum.to_string(),
            first: tariff.first,
            next: tariff.next,
            rounding: tariff.rounding.as_str(),
            from: tariff.from.to_string(),
            until: tariff.until.map(|day| day.to_string()),
        }
    }
}

impl From<RateLine> for RateView {
    fn from(line: RateLine) -> Self {
        Self {
            currency: line.currency.to_string(),
            month: line.month.to_string(),
            rate: line.rate.to_string(),
        }
    }
}

const MOST_SHOWN: u32 = 5_000;
