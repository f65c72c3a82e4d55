//! `/api/meetings/{code}/…`: what a host does with those who are inside.

use axum::extract::State;
use axum::http::StatusCode;

use super::ApiError;
use super::client::Client;
use super::signed_in::HostOf;
use crate::app::App;

/// `POST /api/meetings/{code}/end`: everybody leaves, and whoever was sent away may come next time.
pub(super) async fn end(
    State(app): State<App>,
    client: Client,
    HostOf { meeting, user }: HostOf,
) -> Result<StatusCode, ApiError> {
    app.store.forget_removals(&meeting.code).await?;
    app.close_meeting(&meeting.code).await;
    let (actor, object) = (user.id.as_str(), meeting.code.as_str());
    app.audit(actor, "meeting.end", object, &client, "ok").await?;
    Ok(StatusCode::NO_CONTENT)
}
