//! `/api/meetings/{code}/attendance`: who was there, for the host.

use std::time::Duration;

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use sip_gateway::Directory as _;

use super::asked::InQuery;
use super::client::Client;
use super::signed_in::HostOf;
use super::{ApiError, Json};
use crate::accounts::User;
use crate::app::App;
use crate::attendance::{Said, Sitting, agenda_table, people_table, sittings};
use crate::meetings::Meeting;
use crate::store::Tongue;

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

#[derive(Deserialize)]
pub(super) struct Written {
    language: Option<Tongue>,
}

/// `GET /api/meetings/{code}/attendance.csv?language=fr`: who was there.
pub(super) async fn table(
    State(app): State<App>,
    client: Client,
    host: HostOf,
    InQuery(written): InQuery<Written>,
) -> Result<Response, ApiError> {
    taken_away(&app, &client, host, written, "attendance.csv", people_table).await
}

/// `GET /api/meetings/{code}/agenda.csv?language=fr`: what was under discussion, and who spoke how long.
pub(super) async fn agenda(
    State(app): State<App>,
    client: Client,
    host: HostOf,
    InQuery(written): InQuery<Written>,
) -> Result<Response, ApiError> {
    taken_away(&app, &client, host, written, "agenda.csv", agenda_table).await
}

/// It is about people: who takes it away is noted.
async fn taken_away(
    app: &App,
    client: &Client,
    HostOf { meeting, user }: HostOf,
    written: Written,
    name: &str,
    table: fn(&[Sitting], &TimeZone, Tongue) -> String,
) -> Result<Response, ApiError> {
    let sittings = read(app, &meeting).await?;
    let zone = TimeZone::get(&zone_of(app, &user)).unwrap_or(TimeZone::UTC);
    app.audit(user.id.as_str(), "attendance.export", meeting.code.as_str(), client, "ok").await?;
    let tongue = written.language.unwrap_or(Tongue::En);
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    Ok((headers, table(&sittings, &zone, tongue)).into_response())
}

async fn read(app: &App, meeting: &Meeting) -> Result<Vec<Sitting>, ApiError> {
    app.attendance.flush().await?;
    let rows = app.store.sittings(&meeting.code, MOST_SITTINGS).await?;
    let oldest = rows.last().map_or(i64::MAX, |sitting| sitting.id);
    let stays = app.store.attendances(&meeting.code, oldest, MOST_STAYS).await?;
    // Whoever is first may open a point before anybody is seen to be there.
    let since = rows.last().map_or(jiff::Timestamp::MAX, |sitting| sitting.began - BEFORE);
    let points = app.store.points_since(&meeting.code, since).await?;
    let speeches = app.store.speeches_since(&meeting.code, since).await?;
    let said = Said { points: &points, speeches: &speeches };
    Ok(sittings(&rows, &stays, said, app.clock.now()))
}

/// What time it is at a user's: that of the post of the extension or the user, or of the house.
fn zone_of(app: &App, user: &User) -> String {
    let (plan, house) = (app.directory.plan(), app.directory.house());
    let extension = user.extension.as_deref().and_then(|number| plan.extension(number));
    let post = extension.map(|extension| extension.post).or(user.post);
    let post = post.and_then(|post| plan.post(post));
    post.map_or_else(|| app.config.house.time_zone.clone(), |post| house.time_zone(post).to_owned())
}

const BEFORE: Duration = Duration::from_secs(60);
/// The last times that a meeting was held.
const MOST_SITTINGS: u32 = 50;
const MOST_STAYS: u32 = 10_000;
