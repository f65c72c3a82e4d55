//! Headers that every answer carries, and how long an answer may take to begin.

use std::time::Duration;

use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;

use super::ApiError;

/// Tells browsers what not to do with any answer of ours.
pub(super) async fn headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "same-origin"),
        (CROSS_ORIGIN_OPENER_POLICY, "same-origin"),
        (PERMISSIONS_POLICY, PERMISSIONS),
    ] {
        response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    }
    // Whatever is not the web client itself has nothing to load.
    response
        .headers_mut()
        .entry(header::CONTENT_SECURITY_POLICY)
        .or_insert(HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"));
    response
}

/// Answers of the office are about the person who asks, and of this moment.
pub(super) async fn api_headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// An answer begins in time or not at all; streams and WebSockets may then go on.
pub(super) async fn time_limit(request: Request, next: Next) -> Result<Response, ApiError> {
    let longest = if request.uri().path() == super::sip_service::CALLS { LONGEST_RINGING } else { LONGEST };
    tokio::time::timeout(longest, next.run(request)).await.map_err(|_| {
        let message = "The request was not complete in time.";
        ApiError::new(StatusCode::REQUEST_TIMEOUT, "timeout", message)
    })
}

const LONGEST: Duration = Duration::from_secs(30);
/// Whoever calls somebody may wait for the answer.
const LONGEST_RINGING: Duration = Duration::from_secs(150);
const CROSS_ORIGIN_OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");
/// Only features that browsers know, or they complain in their console.
const PERMISSIONS: &str = "camera=(self), microphone=(self), display-capture=(self), fullscreen=(self), \
     screen-wake-lock=(self), autoplay=(self), geolocation=(), payment=(), usb=()";
