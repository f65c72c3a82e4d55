//! `/api/meetings/{code}/seats/{seat}/link`: the personal links of a meeting's seats.

use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};

use super::asked::InPath;
use super::client::Client;
use super::signed_in::HostOf;
use super::{ApiError, Json};
use crate::app::App;
use crate::meetings::Admission;
use crate::meetings::invitation::Composer;

#[derive(Deserialize)]
pub(super) struct AtSeat {
    seat: i64,
}

#[derive(Serialize)]
pub(super) struct LinkView {
    link: String,
}

/// `GET /api/meetings/{code}/seats/{seat}/link`: for the host, who hands it over in another way.
pub(super) async fn link(
    State(app): State<App>,
    client: Client,
    HostOf { meeting, user }: HostOf,
    InPath(AtSeat { seat }): InPath<AtSeat>,
) -> Result<Json<LinkView>, ApiError> {
    let schedule = app.store.schedule(&meeting.code).await?;
    let schedule = schedule.ok_or_else(|| ApiError::not_found("seat"))?;
    let found = schedule.seats().find(|(_, one)| one.id == seat && one.has_link);
    let (_, seat) = found.ok_or_else(|| ApiError::not_found("link"))?;
    let links =
        Composer::new(&app, &user).links(&schedule, seat)?.ok_or_else(|| ApiError::not_found("link"))?;
    app.audit(user.id.as_str(), "invitation.show", meeting.code.as_str(), &client, "ok").await?;
    Ok(Json(LinkView { link: links.enter }))
}

/// `POST /api/meetings/{code}/seats/{seat}/link`: another one; the one before leads nowhere any more.
pub(super) async fn new_link(
    State(app): State<App>,
    client: Client,
    HostOf { meeting, user }: HostOf,
    InPath(AtSeat { seat }): InPath<AtSeat>,
) -> Result<Json<LinkView>, ApiError> {
    let reissued = app.store.reissue_link(&meeting.code, seat, true).await?;
    let seat = reissued.ok_or_else(|| ApiError::not_found("seat"))?;
    app.audit(user.id.as_str(), "invitation.renew", meeting.code.as_str(), &client, "ok").await?;
    let origin = app.public_origin(&client.origin);
    Ok(Json(LinkView { link: format!("{origin}/i/{}", app.store.invitation_secret(&seat)?.expose()) }))
}

/// `DELETE /api/meetings/{code}/seats/{seat}/link`: whoever came in by it leaves.
pub(super) async fn no_link(
    State(app): State<App>,
    client: Client,
    HostOf { meeting, user }: HostOf,
    InPath(AtSeat { seat }): InPath<AtSeat>,
) -> Result<StatusCode, ApiError> {
    let reissued = app.store.reissue_link(&meeting.code, seat, false).await?;
    reissued.ok_or_else(|| ApiError::not_found("seat"))?;
    app.lobby.refuse_seat(&meeting.code, seat);
    app.rooms.remove(&meeting.code, &Admission::seat_identity(seat)).await?;
    app.audit(user.id.as_str(), "invitation.revoke", meeting.code.as_str(), &client, "ok").await?;
    Ok(StatusCode::NO_CONTENT)
}
