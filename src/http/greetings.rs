//! `/api/me/greeting`: what callers hear in one's own mailbox.

use std::time::Duration;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderName, StatusCode, header};
use jiff::Timestamp;
use serde::Serialize;
use sip_gateway::media::{KeepError, keep_recording};
use sip_gateway_proto::call::RecordingId;
use sip_gateway_proto::ivr::LONGEST_GREETING;

use super::signed_in::SignedIn;
use super::{ApiError, Json};
use crate::accounts::User;
use crate::app::App;
use crate::mailboxes::Greeting;

#[derive(Serialize)]
pub(super) struct Own {
    greeting: Option<GreetingView>,
}

#[derive(Serialize)]
struct GreetingView {
    /// In seconds.
    length: u64,
    made: Timestamp,
}

impl From<Greeting> for GreetingView {
    fn from(greeting: Greeting) -> Self {
        Self { length: greeting.length.as_secs(), made: greeting.made }
    }
}

/// `GET /api/me/greeting`.
pub(super) async fn get(
    State(app): State<App>,
    SignedIn { user, .. }: SignedIn,
) -> Result<Json<Own>, ApiError> {
    let greeting = app.mailboxes.greeting(&own(&app, &user)?).map(GreetingView::from);
    Ok(Json(Own { greeting }))
}

/// `GET /api/me/greeting/sound`: Opus in Ogg.
pub(super) async fn sound(
    State(app): State<App>,
    SignedIn { user, .. }: SignedIn,
) -> Result<([(HeaderName, &'static str); 2], Vec<u8>), ApiError> {
    let not_found = || ApiError::not_found("greeting");
    let greeting = app.mailboxes.greeting(&own(&app, &user)?).ok_or_else(not_found)?;
    let sound = tokio::fs::read(app.mailboxes.sound(greeting.recording)).await.map_err(|_| not_found())?;
    Ok(([(header::CONTENT_TYPE, "audio/ogg"), (header::CACHE_CONTROL, "private, no-store")], sound))
}

/// `PUT /api/me/greeting`: a WAV file takes the place of what was there.
pub(super) async fn set(
    State(app): State<App>,
    SignedIn { user, .. }: SignedIn,
    file: Bytes,
) -> Result<Json<Own>, ApiError> {
    let extension = own(&app, &user)?;
    let (recording, directory) =
        (RecordingId(rand::random()), app.config.store.dir.join(crate::phones::RECORDINGS));
    let kept = tokio::task::spawn_blocking(move || {
        keep_recording(&directory, recording, &file, SHORTEST..=LONGEST_GREETING)
    });
    let length = match kept.await {
        Ok(Ok(length)) => length,
        Ok(Err(KeepError::Write(error))) => return Err(ApiError::internal(error)),
        Ok(Err(why)) => {
            tracing::debug!(%why, "a greeting is no sound of ours");
            let help = "send a WAV file of 16 bits at 8, 16 or 48 kHz that lasts between 1 and 60 seconds";
            return Err(ApiError::invalid_field("greeting", help));
        }
        Err(error) => return Err(ApiError::internal(error)),
    };
    app.mailboxes.greet(&extension, Some((recording, length)));
    Ok(Json(Own { greeting: app.mailboxes.greeting(&extension).map(GreetingView::from) }))
}

/// `DELETE /api/me/greeting`: callers hear the standard one again.
pub(super) async fn delete(
    State(app): State<App>,
    SignedIn { user, .. }: SignedIn,
) -> Result<StatusCode, ApiError> {
    app.mailboxes.greet(&own(&app, &user)?, None);
    Ok(StatusCode::NO_CONTENT)
}

fn own(app: &App, user: &User) -> Result<String, ApiError> {
    let house = app.directory.house();
    house.extension_of(&user.id).map(str::to_owned).ok_or_else(ApiError::no_extension)
}

const SHORTEST: Duration = Duration::from_secs(1);
/// A minute at 48 kHz, with its header.
pub(super) const MOST_SOUND: usize = 48_000 * 2 * 60 + 4_096;
