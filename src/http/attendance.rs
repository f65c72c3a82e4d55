//! `/api/meetings/{code}/attendance`: who was there, for the host.

use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::IntoResponse;
use jiff::tz::TimeZone;
use serde::Serialize;
use sip_gateway::Directory as _;

use super::client::Client;
use super::signed_in::HostOf;
use super::{ApiError, Json};
use crate::accounts::User;
use crate::app::App;
use crate::attendance::{Sitting, csv, sittings};
use crate::meetings::Meeting;

#[derive(Serialize)]
pub(super) struct AttendanceView {
    code: String,
    title: String,
    /// The IANA name of the time at the host's.
    time_zone: String,
    sittings: Vec<Sitting>,
}

/// `GET /api/meetings/{code}/attendance`.
pub(super) async fn list(
    State(app): State<App>,
    HostOf { meeting, user }: HostOf,
) -> Result<Json<AttendanceView>, ApiError> {
    let sittings = read(&app, &meeting).await?;
    Ok(Json(AttendanceView {
        code: meeting.code.to_string(),
        title: meeting.title,
        time_zone: zone_of(&app, &user),
        sittings,
    }))
}

/// `GET /api/meetings/{code}/attendance.csv`.
pub(super) async fn table(
    State(app): State<App>,
    client: Client,
    HostOf { meeting, user }: HostOf,
) -> Result<impl IntoResponse, ApiError> {
    let sittings = read(&app, &meeting).await?;
    let zone = TimeZone::get(&zone_of(&app, &user)).unwrap_or(TimeZone::UTC);
    // It is about people: who takes it away is noted.
    app.audit(user.id.as_str(), "attendance.export", meeting.code.as_str(), &client, "ok").await?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8")),
        (header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"attendance.csv\"")),
    ];
    Ok((headers, csv(&sittings, &zone)))
}

async fn read(app: &App, meeting: &Meeting) -> Result<Vec<Sitting>, ApiError> {
    app.attendance.flush().await?;
    let rows = app.store.sittings(&meeting.code, MOST_SITTINGS).await?;
    let oldest = rows.last().map_or(i64::MAX, |sitting| sitting.id);
    let stays = app.store.attendances(&meeting.code, oldest, MOST_STAYS).await?;
    Ok(sittings(&rows, &stays, app.clock.now()))
}

/// What time it is at a user's: that of the post of the extension or the user, or of the house.
fn zone_of(app: &App, user: &User) -> String {
    let (plan, house) = (app.directory.plan(), app.directory.house());
    let extension = user.extension.as_deref().and_then(|number| plan.extension(number));
    let post = extension.map(|extension| extension.post).or(user.post);
    let post = post.and_then(|post| plan.post(post));
    post.map_or_else(|| app.config.house.time_zone.clone(), |post| house.time_zone(post).to_owned())
}

/// The last times that a meeting was held.
const MOST_SITTINGS: u32 = 50;
const MOST_STAYS: u32 = 10_000;
