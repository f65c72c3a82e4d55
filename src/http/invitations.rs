//! `/api/invitations/{secret}`: where a personal link leads. `/api/answers/{secret}`: where an answer is given.
//!
//! Mail programs and their scanners follow links by GET, so that nothing changes by that.

use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};

use super::asked::InPath;
use super::client::Client;
use super::marking::MarkingView;
use super::meetings::no_invitation;
use super::schedule_views::OccurrenceView;
use super::{ApiError, Json};
use crate::accounts::Secret;
use crate::app::App;
use crate::meetings::Rights;
use crate::meetings::invitation::{Clock, Composer};
use crate::meetings::schedule::{Answer, SeatRole};
use crate::store::{Invited, Tongue};

/// An invitation as who is invited sees it.
#[derive(Debug, Serialize)]
pub(super) struct InvitationView {
    code: String,
    /// What mails call the meeting; its title only for those who come in.
    title: String,
    marking: MarkingView,
    name: String,
    function: String,
    role: SeatRole,
    party: String,
    language: Tongue,
    waiting_room: bool,
    in_session: bool,
    answer: Option<&'static str>,
    next: Option<OccurrenceView>,
    clocks: Vec<Clock>,
    organizer: String,
}

/// `GET /api/invitations/{secret}`.
pub(super) async fn show(
    State(app): State<App>,
    client: Client,
    InPath(secret): InPath<String>,
) -> Result<Json<InvitationView>, ApiError> {
    app.gate.attempt_knock(client.address).map_err(ApiError::too_many_attempts)?;
    let secret = Secret::shown(&secret).ok_or_else(no_invitation)?;
    let invited = app.store.invited_by_link(&secret, app.clock.now()).await?;
    view(&app, invited.ok_or_else(no_invitation)?).await
}

/// `GET /api/answers/{secret}`.
pub(super) async fn asked(
    State(app): State<App>,
    client: Client,
    InPath(secret): InPath<String>,
) -> Result<Json<InvitationView>, ApiError> {
    app.gate.attempt_knock(client.address).map_err(ApiError::too_many_attempts)?;
    let secret = Secret::shown(&secret).ok_or_else(no_invitation)?;
    let invited = app.store.invited_by_answer(&secret, app.clock.now()).await?;
    view(&app, invited.ok_or_else(no_invitation)?).await
}

#[derive(Deserialize)]
pub(super) struct Given {
    answer: Answer,
}

/// `POST /api/answers/{secret}`.
pub(super) async fn answer(
    State(app): State<App>,
    client: Client,
    InPath(secret): InPath<String>,
    Json(request): Json<Given>,
) -> Result<StatusCode, ApiError> {
    app.gate.attempt_knock(client.address).map_err(ApiError::too_many_attempts)?;
    let secret = Secret::shown(&secret).ok_or_else(no_invitation)?;
    let now = app.clock.now();
    let invited = app.store.invited_by_answer(&secret, now).await?.ok_or_else(no_invitation)?;
    app.store.answer(invited.seat.id, request.answer, now).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn view(app: &App, invited: Invited) -> Result<Json<InvitationView>, ApiError> {
    let Invited { meeting, schedule, seat, badge } = invited;
    let organizer = app.store.user(&meeting.owner).await?.ok_or_else(no_invitation)?;
    let composer = Composer::new(app, &organizer);
    let sheet = composer.sheet(&meeting, &schedule);
    let party = schedule.seats().find(|(_, known)| known.id == seat.id).map(|(party, _)| party);
    let next = schedule.next(app.clock.now());
    let clocks = next.map(|next| sheet.clocks(&next, party, seat.language)).unwrap_or_default();
    let in_session = app.rooms.presence_of(&meeting).await.in_session;
    Ok(Json(InvitationView {
        code: meeting.code.to_string(),
        title: sheet.title(),
        marking: MarkingView::of(app, meeting.marking),
        name: seat.name.clone(),
        function: seat.title.clone(),
        role: seat.role,
        party: badge.party,
        language: seat.language,
        // Whoever runs the meeting goes in.
        waiting_room: meeting.waiting_room && !Rights::of(false, Some(seat.role)).directs,
        in_session,
        answer: seat.answer.map(|(answer, _)| answer.as_str()),
        next: next.map(|next| OccurrenceView::of(&schedule, &next)),
        clocks,
        organizer: organizer.name.clone(),
    }))
}
