//! `/api/messages`: what callers have left for one's own extension.

use axum::extract::State;
use axum::http::{HeaderName, StatusCode, header};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sip_gateway::Directory as _;
use sip_gateway_proto::call::RecordingId;

use super::asked::InPath;
use super::client::Client;
use super::signed_in::{Keeper, Phones, SignedIn};
use super::{ApiError, Json};
use crate::accounts::UserId;
use crate::app::App;
use crate::mailboxes::Message;

#[derive(Serialize)]
pub(super) struct Messages {
    messages: Vec<MessageView>,
}

#[derive(Serialize)]
struct MessageView {
    id: String,
    from: String,
    name: String,
    left: Timestamp,
    /// In seconds.
    length: u64,
    heard: bool,
}

impl MessageView {
    fn of(message: Message, name: Option<String>) -> Self {
        Self {
            id: format!("{:016x}", message.recording.0),
            name: name.unwrap_or(message.from_name),
            from: message.from,
            left: message.left,
            length: message.length.as_secs(),
            heard: message.heard,
        }
    }
}

/// `GET /api/messages`: the newest first.
pub(super) async fn list(
    State(app): State<App>,
    SignedIn { user, .. }: SignedIn,
) -> Result<Json<Messages>, ApiError> {
    let house = app.directory.house();
    let Some(own) = house.extension_of(&user.id) else { return Ok(Json(Messages { messages: Vec::new() })) };
    let messages = app.mailboxes.list(own).into_iter().rev().map(|message| {
        let known = app.directory.read(Some(own), |reader| reader.entry(&message.from));
        MessageView::of(message, known.map(|entry| entry.name))
    });
    Ok(Json(Messages { messages: messages.collect() }))
}

/// `GET /api/messages/{id}/sound`: Opus in Ogg.
pub(super) async fn sound(
    State(app): State<App>,
    SignedIn { user, .. }: SignedIn,
    InPath(id): InPath<String>,
) -> Result<([(HeaderName, &'static str); 2], Vec<u8>), ApiError> {
    let (_, recording) = own_message(&app, &user.id, &id)?;
    let sound = tokio::fs::read(app.mailboxes.sound(recording)).await;
    let sound = sound.map_err(|_| ApiError::not_found("message"))?;
    Ok(([(header::CONTENT_TYPE, "audio/ogg"), (header::CACHE_CONTROL, "private, no-store")], sound))
}

/// `POST /api/messages/{id}/heard`.
pub(super) async fn heard(
    State(app): State<App>,
    SignedIn { user, .. }: SignedIn,
    InPath(id): InPath<String>,
) -> Result<StatusCode, ApiError> {
    let (extension, recording) = own_message(&app, &user.id, &id)?;
    if app.mailboxes.heard(&extension, recording) {
        tell(&app, extension).await;
    }
    Ok(StatusCode::NO_CONTENT)
}

/// `DELETE /api/messages/{id}`.
pub(super) async fn delete(
    State(app): State<App>,
    SignedIn { user, .. }: SignedIn,
    InPath(id): InPath<String>,
) -> Result<StatusCode, ApiError> {
    let (extension, recording) = own_message(&app, &user.id, &id)?;
    app.mailboxes.delete(&extension, recording);
    tell(&app, extension).await;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
pub(super) struct NewPin {
    pin: String,
}

/// `PUT /api/me/mailbox-pin`: with what one's phone opens one's mailbox.
pub(super) async fn set_own_pin(
    State(app): State<App>,
    client: Client,
    SignedIn { user, .. }: SignedIn,
    Json(request): Json<NewPin>,
) -> Result<StatusCode, ApiError> {
    let house = app.directory.house();
    let own = house.extension_of(&user.id).ok_or_else(|| ApiError::not_found("extension"))?;
    set_pin(&app, user.id.as_str(), &client, own, request.pin).await
}

/// `PUT /api/admin/extensions/{number}/mailbox-pin`.
pub(super) async fn set_pin_of(
    State(app): State<App>,
    client: Client,
    by: Keeper<Phones>,
    InPath(number): InPath<String>,
    Json(request): Json<NewPin>,
) -> Result<StatusCode, ApiError> {
    app.directory.refresh().await?;
    let plan = app.directory.plan();
    let extension = plan.extension(&number).ok_or_else(|| ApiError::not_found("extension"))?;
    by.at(Some(extension.post))?;
    set_pin(&app, by.user.id.as_str(), &client, &number, request.pin).await
}

async fn set_pin(
    app: &App,
    actor: &str,
    client: &Client,
    extension: &str,
    pin: String,
) -> Result<StatusCode, ApiError> {
    if !PIN_DIGITS.contains(&pin.len()) || !pin.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(ApiError::invalid_field("pin", "it has 4 to 10 digits"));
    }
    let hash = app.passwords.hash(pin).await?;
    if !app.store.set_mailbox_pin(extension, &hash).await? {
        return Err(ApiError::not_found("extension"));
    }
    app.audit(actor, "mailbox.pin", extension, client, "done").await?;
    Ok(StatusCode::NO_CONTENT)
}

/// One's own extension and the message of it that is meant.
fn own_message(app: &App, user: &UserId, id: &str) -> Result<(String, RecordingId), ApiError> {
    let house = app.directory.house();
    let own = house.extension_of(user).ok_or_else(|| ApiError::not_found("message"))?;
    let recording = u64::from_str_radix(id, 16).map(RecordingId).ok();
    let known = app.mailboxes.list(own).into_iter().find(|message| Some(message.recording) == recording);
    let message = known.ok_or_else(|| ApiError::not_found("message"))?;
    Ok((own.to_owned(), message.recording))
}

/// The lamp of the phone shows it, and the other browsers.
async fn tell(app: &App, extension: String) {
    app.switchboard.tell_messages(&extension, app.mailboxes.count(&extension).new);
    if let Some(phones) = app.switchboard.phones() {
        phones.mailbox_changed(extension).await;
    }
}

const PIN_DIGITS: std::ops::RangeInclusive<usize> = 4..=10;
