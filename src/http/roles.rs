//! `/api/meetings/{code}/participants/{identity}/role`: what somebody does in the meeting, from now on.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Deserialize;

use super::client::Client;
use super::directors::DirectorOf;
use super::{ApiError, Json};
use crate::app::App;
use crate::meetings::schedule::SeatRole;
use crate::meetings::{Admission, SEAT, SeatingError};

#[derive(Deserialize)]
pub(super) struct AtParticipant {
    identity: String,
}

#[derive(Deserialize)]
pub(super) struct Assign {
    role: SeatRole,
}

/// `PUT /api/meetings/{code}/participants/{identity}/role`: the seat has it in the plan too, and whoever has no seat until
/// the meeting ends. The room follows at once.
pub(super) async fn assign(
    State(app): State<App>,
    client: Client,
    director: DirectorOf,
    Path(path): Path<AtParticipant>,
    Json(request): Json<Assign>,
) -> Result<StatusCode, ApiError> {
    let (code, role) = (&director.meeting.code, request.role);
    if !Admission::is_ours(&path.identity) {
        return Err(ApiError::conflict("A telephone has no role; give one to whoever is in a browser."));
    }
    let inside = app.rooms.inside(code.as_str()).await;
    let inside = inside.iter().find(|one| one.identity == path.identity);
    let inside = inside.ok_or_else(|| ApiError::not_found("participant"))?;
    let object = format!("{code} {} {}", path.identity, role.as_str());
    app.audit(director.actor(), "participant.role", &object, &client, "ok").await?;
    let seat = inside.attributes.get(SEAT).and_then(|number| number.parse().ok());
    let seated = match seat {
        Some(seat) => app.store.set_seat_role(code, seat, role).await?,
        None => false,
    };
    if !seated {
        app.store.assign_role(code, &path.identity, role, app.clock.now(), MOST_ROLES).await?;
    }
    app.seat_anew(&director.meeting).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl From<SeatingError> for ApiError {
    fn from(error: SeatingError) -> Self {
        match error {
            SeatingError::Store(error) => error.into(),
            SeatingError::Room(error) => error.into(),
            SeatingError::Floor(error) => error.into(),
        }
    }
}

/// Per meeting.
const MOST_ROLES: u32 = 1_000;
