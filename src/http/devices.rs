//! `/api/me/devices`: from where one is signed in.

use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::Serialize;

use super::asked::InPath;
use super::client::Client;
use super::signed_in::SignedIn;
use super::{ApiError, Json};
use crate::app::App;
use crate::store::Device;

#[derive(Serialize)]
pub(super) struct Devices {
    devices: Vec<DeviceView>,
}

/// A sign-in, without what it is carried by.
#[derive(Serialize)]
struct DeviceView {
    id: String,
    /// What the browser calls itself.
    agent: String,
    /// Where it was when the sign-in began.
    address: String,
    since: Timestamp,
    /// To the minute.
    last_used: Timestamp,
    /// Whether it is the one that asks.
    is_this: bool,
}

/// `GET /api/me/devices`.
pub(super) async fn list(
    State(app): State<App>,
    SignedIn { user, session }: SignedIn,
) -> Result<Json<Devices>, ApiError> {
    let limits = &app.config.limits;
    let devices = app.store.devices(&user.id, app.clock.now(), limits.session_idle, limits.session).await?;
    let devices = devices.into_iter().map(|device| DeviceView {
        id: short(&device.session).to_owned(),
        is_this: device.session == session,
        agent: device.from.agent,
        address: device.from.address,
        since: device.since,
        last_used: device.last_used,
    });
    Ok(Json(Devices { devices: devices.collect() }))
}

/// `DELETE /api/me/devices/{id}`: that sign-in ends.
pub(super) async fn remove(
    State(app): State<App>,
    client: Client,
    SignedIn { user, .. }: SignedIn,
    InPath(id): InPath<String>,
) -> Result<StatusCode, ApiError> {
    let limits = &app.config.limits;
    let devices = app.store.devices(&user.id, app.clock.now(), limits.session_idle, limits.session).await?;
    let device: Option<Device> = devices.into_iter().find(|device| short(&device.session) == id);
    let device = device.ok_or_else(|| ApiError::not_found("device"))?;
    app.store.delete_session(&device.session).await?;
    app.audit(user.id.as_str(), "device.remove", &id, &client, "ok").await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `DELETE /api/me/devices`: all sign-ins end but the one that asks.
pub(super) async fn remove_others(
    State(app): State<App>,
    client: Client,
    SignedIn { user, session }: SignedIn,
) -> Result<StatusCode, ApiError> {
    app.store.delete_other_sessions(&user.id, &session).await?;
    app.audit(user.id.as_str(), "device.remove", "others", &client, "ok").await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Enough of a sign-in's name in the store to tell a person's devices apart.
fn short(session: &str) -> &str {
    session.get(..16).unwrap_or(session)
}
