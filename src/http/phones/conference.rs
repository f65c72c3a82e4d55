//! `/api/admin/conference`: the numbers that lead into meetings.

use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use sip_gateway::Directory as _;

use super::commit;
use crate::app::App;
use crate::http::asked::InPath;
use crate::http::client::Client;
use crate::http::signed_in::Administrator;
use crate::http::{ApiError, Json};
use crate::meetings::MeetingCode;

#[derive(Serialize)]
pub(in crate::http) struct Conference {
    numbers: Vec<String>,
    rooms: Vec<RoomView>,
}

#[derive(Serialize)]
struct RoomView {
    number: String,
    meeting: String,
    title: String,
}

/// `GET /api/admin/conference`.
pub(in crate::http) async fn list(
    State(app): State<App>,
    _: Administrator,
) -> Result<Json<Conference>, ApiError> {
    app.directory.refresh().await?;
    let plan = app.directory.plan();
    let rooms = plan.rooms.iter().map(|room| RoomView {
        number: room.number.clone(),
        meeting: room.meeting.clone(),
        title: room.name.clone(),
    });
    Ok(Json(Conference { numbers: plan.conference.clone(), rooms: rooms.collect() }))
}

#[derive(Deserialize)]
pub(in crate::http) struct LeadsTo {
    meeting: Option<String>,
}

/// `PUT /api/admin/conference/{number}`.
pub(in crate::http) async fn set(
    State(app): State<App>,
    client: Client,
    by: Administrator,
    InPath(number): InPath<String>,
    Json(request): Json<LeadsTo>,
) -> Result<StatusCode, ApiError> {
    let meeting = match request.meeting.as_deref() {
        None => None,
        Some(code) => Some(MeetingCode::parse(code).ok_or_else(|| {
            ApiError::invalid_field("meeting", "a meeting's code has three groups of letters")
        })?),
    };
    let mut change = super::change(&app, &by, &client).await?;
    change.set_conference(&number, meeting.as_ref()).await?;
    commit(&app, change).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `DELETE /api/admin/conference/{number}`.
pub(in crate::http) async fn remove(
    State(app): State<App>,
    client: Client,
    by: Administrator,
    InPath(number): InPath<String>,
) -> Result<StatusCode, ApiError> {
    let mut change = super::change(&app, &by, &client).await?;
    change.remove_conference(&number).await?;
    commit(&app, change).await?;
    Ok(StatusCode::NO_CONTENT)
}
