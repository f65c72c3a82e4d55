//! `/api/meetings/{code}/approach`: connecting before one enters, and being brought in from there.

use std::time::Instant;

use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};

use super::client::Client;
use super::meetings::invited;
use super::signed_in::{AtMeeting, SignedIn};
use super::{ApiError, Json};
use crate::app::App;
use crate::meetings::{Admission, Approach, Meeting, MeetingCode, TooManyApproaches};

/// Where a visitor connects meanwhile.
#[derive(Debug, Serialize)]
pub(super) struct ApproachView {
    url: String,
    token: String,
}

/// By what a visitor will ask to come in, as in `join`.
#[derive(Deserialize)]
pub(super) struct Visit {
    previous: Option<String>,
    invitation: Option<String>,
}

/// `POST /api/meetings/{code}/approach`: a token for a room of one's own, in which nobody else is. It says nothing about
/// whether one is let into the meeting.
pub(super) async fn begin(
    State(app): State<App>,
    client: Client,
    signed_in: Option<SignedIn>,
    AtMeeting { meeting }: AtMeeting,
    Json(visit): Json<Visit>,
) -> Result<Json<ApproachView>, ApiError> {
    if app.is_draining() {
        return Err(ApiError::draining());
    }
    if signed_in.is_none() {
        app.gate.attempt_approach(client.address).map_err(ApiError::too_many_attempts)?;
    }
    if app.rooms.are_overloaded() {
        return Err(ApiError::server_full());
    }
    let identity = identity(&app, &meeting, signed_in, visit).await?;
    let approach = app.approaches.begin(Instant::now(), &meeting.code, identity)?;
    let token = app.tokens.mint_approach(&approach, app.clock.now());
    Ok(Json(ApproachView { url: client.websocket_url(), token }))
}

/// Who somebody will be once let in. Whoever turns out to be another is not brought in.
async fn identity(
    app: &App,
    meeting: &Meeting,
    signed_in: Option<SignedIn>,
    visit: Visit,
) -> Result<String, ApiError> {
    if let Some(SignedIn { user, .. }) = signed_in {
        return Ok(Admission::identity_of(&user.id));
    }
    let previous = visit.previous.and_then(|token| app.tokens.previous(meeting, &token, app.clock.now()));
    if let Some(guest) = previous.filter(Admission::is_guest) {
        return Ok(guest.identity);
    }
    let invited = invited(app, meeting, visit.invitation.as_deref()).await?;
    Ok(Admission::guest_identity(invited.map(|invited| invited.badge).as_ref()))
}

/// The approach to a meeting that a token is for, while it stands.
pub(super) fn standing(app: &App, meeting: &Meeting, token: &str) -> Option<Approach> {
    let approach = app.tokens.approach(token, app.clock.now())?;
    app.approaches.stands(&meeting.code, &approach).then_some(approach)
}

/// Brings a visitor into a meeting as an admission's token says; whether that went well. An approach is good for one
/// attempt: whoever is not brought in comes in by the token, as everybody may.
pub(super) async fn bring(app: &App, meeting: &MeetingCode, approach: &Approach, admission: &str) -> bool {
    if !app.approaches.take(meeting, approach) {
        return false;
    }
    let brought = app.rooms.bring(&approach.room, &approach.identity, admission).await;
    if let Err(error) = &brought {
        tracing::debug!(%error, "a visitor is not brought in, and connects anew");
        // Nobody needs it any more; it may have ended.
        let _ = app.rooms.end_call(&approach.room).await;
    }
    brought.is_ok()
}

impl From<TooManyApproaches> for ApiError {
    fn from(_: TooManyApproaches) -> Self {
        let message = "As many visitors prepare for meetings as may at a time; enter without.";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "too_many_approaches", message)
    }
}
