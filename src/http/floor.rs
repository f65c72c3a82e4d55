//! `/api/meetings/{code}/floor`: who may speak, as the chair wants it.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use jiff::SignedDuration;
use serde::Deserialize;
use signaling_proto::room::RoomError;

use super::signed_in::HostOf;
use super::{ApiError, Json};
use crate::app::App;
use crate::floor::{FloorError, FloorView};
use crate::meetings::Admission;

#[derive(Deserialize)]
pub(super) struct Take {
    limit_seconds: Option<i64>,
}

#[derive(Deserialize)]
pub(super) struct Give {
    identity: String,
}

#[derive(Deserialize)]
pub(super) struct AtParticipant {
    identity: String,
}

/// `PUT /api/meetings/{code}/floor`: from now on the chair gives the floor.
pub(super) async fn take(
    State(app): State<App>,
    HostOf { meeting, user }: HostOf,
    Json(request): Json<Take>,
) -> Result<Json<FloorView>, ApiError> {
    let limit = request.limit_seconds.map(speech).transpose()?;
    let chair = Admission::host(&meeting, &user).identity;
    Ok(Json(app.floors.take_chair(&meeting, chair, limit).await?))
}

/// `DELETE /api/meetings/{code}/floor`: everybody may speak.
pub(super) async fn leave(
    State(app): State<App>,
    HostOf { meeting, .. }: HostOf,
) -> Result<StatusCode, ApiError> {
    app.floors.leave_chair(&meeting.code).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /api/meetings/{code}/floor/give`.
pub(super) async fn give(
    State(app): State<App>,
    HostOf { meeting, .. }: HostOf,
    Json(request): Json<Give>,
) -> Result<StatusCode, ApiError> {
    app.floors.give(&meeting.code, &request.identity).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /api/meetings/{code}/floor/close`: nobody has it until it is given again.
pub(super) async fn close(
    State(app): State<App>,
    HostOf { meeting, .. }: HostOf,
) -> Result<StatusCode, ApiError> {
    app.floors.close(&meeting.code).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /api/meetings/{code}/participants/{identity}/lower-hand`.
pub(super) async fn lower_hand(
    State(app): State<App>,
    HostOf { meeting, .. }: HostOf,
    Path(path): Path<AtParticipant>,
) -> Result<StatusCode, ApiError> {
    app.floors.lower_hand(&meeting.code, &path.identity).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn speech(seconds: i64) -> Result<SignedDuration, ApiError> {
    if !(MIN_SPEECH..=MAX_SPEECH).contains(&seconds) {
        let reason = format!("a speech may last from {MIN_SPEECH} to {MAX_SPEECH} seconds");
        return Err(ApiError::invalid_field("limit_seconds", &reason));
    }
    Ok(SignedDuration::from_secs(seconds))
}

impl From<FloorError> for ApiError {
    fn from(error: FloorError) -> Self {
        match error {
            FloorError::Free => Self::conflict(&error.to_string()),
            FloorError::Room(RoomError::RoomNotFound) => {
                Self::conflict("Nobody is in the meeting; go in, then take the chair.")
            }
            FloorError::Room(error) => error.into(),
        }
    }
}

const MIN_SPEECH: i64 = 10;
const MAX_SPEECH: i64 = 4 * 3600;
