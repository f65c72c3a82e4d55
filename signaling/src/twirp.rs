//! The server API: `POST /twirp/livekit.RoomService/<Method>` in JSON or protobuf, as the server SDKs speak it.
//!
//! Twirp v7: every answer that is not 200 carries `{"code": …, "msg": …}`. Services that need more than rooms are offered
//! by whoever has it, with the same words: [`Request`], [`TwirpError`], [`authenticate`].

mod body;
mod error;
mod room_service;

use std::time::{SystemTime, UNIX_EPOCH};

use axum::{
    Router,
    body::Body,
    extract::{Path, State},
    http::{HeaderMap, header::AUTHORIZATION},
    response::{IntoResponse, Response},
    routing::post,
};
use signaling_proto::token::{Claims, Keys};

use crate::Rooms;
pub use body::Request;
pub use error::{Code, TwirpError};

use room_service::RoomService;

/// The routes of the server API.
pub(crate) fn router(rooms: Rooms) -> Router {
    Router::new()
        .route("/twirp/livekit.RoomService/{method}", post(room_service).fallback(not_a_post))
        .route("/twirp/{*path}", axum::routing::any(unknown_service))
        .with_state(rooms)
}

async fn room_service(
    State(rooms): State<Rooms>,
    Path(method): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, TwirpError> {
    // Who may not speak to us does not get to send ten megabytes either.
    let claims = authenticate(&rooms.config().keys, &headers)?;
    let request = Request::read(&headers, body).await?;
    RoomService { rooms: &rooms, claims: &claims, request }.call(&method).await
}

async fn not_a_post() -> Response {
    TwirpError::bad_route("only POST is understood here").into_response()
}

async fn unknown_service() -> Response {
    TwirpError::bad_route("no such service").into_response()
}

/// Who asks, by the token in the headers.
pub fn authenticate(keys: &Keys, headers: &HeaderMap) -> Result<Claims, TwirpError> {
    let header = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let scheme_and_token = header.and_then(|value| value.split_once(' '));
    let Some((_, token)) = scheme_and_token.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
    else {
        return Err(TwirpError::unauthenticated("no bearer token"));
    };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    Claims::verify(token.trim(), keys, now).map_err(|error| TwirpError::unauthenticated(error.to_string()))
}
