//! `/api/meetings/{code}/floor` and `…/agenda`: who may speak and about what, as the chair wants it.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use jiff::SignedDuration;
use serde::Deserialize;
use signaling_proto::room::RoomError;

use super::directors::DirectorOf;
use super::{ApiError, Json};
use crate::app::App;
use crate::floor::{FloorError, FloorView};
use crate::meetings::schedule::SeatRole;

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
    director: DirectorOf,
    Json(request): Json<Take>,
) -> Result<Json<FloorView>, ApiError> {
    let limit = request.limit_seconds.map(speech).transpose()?;
    // Who sees to the form opens the list for whoever presides, and speaks in turn.
    let presides = director.role != Some(SeatRole::ProtocolOfficer);
    let presides = presides.then(|| director.identity.clone());
    Ok(Json(app.floors.take_chair(&director.meeting, presides, limit).await?))
}

/// `DELETE /api/meetings/{code}/floor`: everybody may speak.
pub(super) async fn leave(
    State(app): State<App>,
    DirectorOf { meeting, .. }: DirectorOf,
) -> Result<StatusCode, ApiError> {
    app.floors.leave_chair(&meeting.code).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /api/meetings/{code}/floor/give`.
pub(super) async fn give(
    State(app): State<App>,
    DirectorOf { meeting, .. }: DirectorOf,
    Json(request): Json<Give>,
) -> Result<StatusCode, ApiError> {
    app.floors.give(&meeting.code, &request.identity).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /api/meetings/{code}/floor/close`: nobody has it until it is given again.
pub(super) async fn close(
    State(app): State<App>,
    DirectorOf { meeting, .. }: DirectorOf,
) -> Result<StatusCode, ApiError> {
    app.floors.close(&meeting.code).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
pub(super) struct GoTo {
    /// Its number from 1, or nothing.
    point: Option<usize>,
}

/// `PUT /api/meetings/{code}/agenda`: what is under discussion from now on.
pub(super) async fn go_to(
    State(app): State<App>,
    DirectorOf { meeting, .. }: DirectorOf,
    Json(request): Json<GoTo>,
) -> Result<StatusCode, ApiError> {
    app.floors.go_to_point(&meeting.code, request.point).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /api/meetings/{code}/participants/{identity}/lower-hand`.
pub(super) async fn lower_hand(
    State(app): State<App>,
    DirectorOf { meeting, .. }: DirectorOf,
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
            FloorError::Free | FloorError::Observer | FloorError::NoAgenda => {
                Self::conflict(&error.to_string())
            }
            FloorError::NoSuchPoint => Self::invalid_field("point", "it is none of the agenda's numbers"),
            FloorError::Store(error) => error.into(),
            FloorError::Room(RoomError::RoomNotFound) => {
                Self::conflict("Nobody is in the meeting; go in first.")
            }
            FloorError::Room(error) => error.into(),
        }
    }
}

const MIN_SPEECH: i64 = 10;
const MAX_SPEECH: i64 = 4 * 3600;
