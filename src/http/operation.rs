//! `/health`, `/metrics` and `/api/server`: for operators, their tools, and the first thing a page asks.

use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::client::Client;
use super::{ApiError, Json};
use crate::app::App;

/// `GET /health`: whether newcomers should be sent here.
pub(super) async fn health(State(app): State<App>) -> (StatusCode, &'static str) {
    if app.is_draining() { (StatusCode::SERVICE_UNAVAILABLE, "draining") } else { (StatusCode::OK, "ok") }
}

/// `GET /metrics`, for the addresses in `[metrics] allow`.
pub(super) async fn metrics(State(app): State<App>, client: Client) -> Result<impl IntoResponse, ApiError> {
    if !app.config.metrics.allow.contains(&client.address) {
        return Err(ApiError::not_allowed("This address may not read the metrics; see [metrics] allow."));
    }
    let text = crate::metrics::exposition(&app).await;
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text))
}

#[derive(Serialize)]
pub(super) struct Server {
    version: &'static str,
    languages: [&'static str; 2],
    draining: bool,
    sign_in: Vec<&'static str>,
    /// What the button says that leads to the ministry's own sign-in page.
    oidc_name: Option<String>,
    /// Whether mails are sent.
    mail: bool,
}

/// `GET /api/server`.
pub(super) async fn server(State(app): State<App>) -> Json<Server> {
    Json(Server {
        version: env!("CARGO_PKG_VERSION"),
        languages: ["fr", "en"],
        draining: app.is_draining(),
        sign_in: [("password", true), ("oidc", app.issuer.is_some()), ("ldap", app.ldap.is_some())]
            .into_iter()
            .filter_map(|(way, is_open)| is_open.then_some(way))
            .collect(),
        oidc_name: app.issuer.as_ref().map(|issuer| issuer.config().name.clone()),
        mail: app.mail.relay().is_some(),
    })
}

/// Counts every request by what became of it.
pub(super) async fn count(State(app): State<App>, request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    app.counters.request(response.status());
    response
}
