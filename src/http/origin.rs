//! Cookies come along by themselves, so whatever changes something must say that it comes from our own pages.

use axum::extract::{Request, State};
use axum::http::{Method, header};
use axum::middleware::Next;
use axum::response::Response;

use super::ApiError;
use super::client::Client;
use crate::app::App;

/// Lets through what only reads, and what carries our own `Origin`.
pub(super) async fn check(
    State(app): State<App>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    if matches!(*request.method(), Method::GET | Method::HEAD) {
        return Ok(next.run(request).await);
    }
    let (parts, body) = request.into_parts();
    let own = Client::of(&app, &parts).origin;
    let theirs = parts.headers.get(header::ORIGIN);
    if !theirs.is_some_and(|origin| origin.as_bytes().eq_ignore_ascii_case(own.as_bytes())) {
        return Err(ApiError::not_allowed(
            "The request does not come from a page of this server: its Origin header is missing or another.",
        ));
    }
    Ok(next.run(Request::from_parts(parts, body)).await)
}
