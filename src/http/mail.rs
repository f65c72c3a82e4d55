//! `/api/admin/mail`: whether mails arrive, and those that did not. `/api/me/mail`: what one wants by mail.

use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::asked::InPath;
use super::client::Client;
use super::signed_in::{Administrator, SignedIn};
use super::{ApiError, Json};
use crate::accounts::Email;
use crate::app::App;
use crate::mail::{Delivered, Purpose, deliver_now, is_mailable, test_letter};
use crate::store::{FailedMail, MailWishes, Tongue};

#[derive(Serialize)]
pub(super) struct Outbox {
    /// Whether a mail server is configured.
    configured: bool,
    server: Option<String>,
    from: Option<String>,
    waiting: u64,
    /// What the server said of the mail that was tried last, while one waits.
    reason: Option<String>,
    failed: Vec<FailedView>,
}

#[derive(Serialize)]
struct FailedView {
    id: i64,
    to: String,
    purpose: String,
    since: Timestamp,
    failed: Timestamp,
    reason: String,
}

impl From<FailedMail> for FailedView {
    fn from(mail: FailedMail) -> Self {
        let FailedMail { id, recipient, purpose, enqueued, failed, reason } = mail;
        Self { id, to: recipient, purpose, since: enqueued, failed, reason }
    }
}

/// `GET /api/admin/mail`.
pub(super) async fn outbox(State(app): State<App>, _: Administrator) -> Result<Json<Outbox>, ApiError> {
    let (waiting, reason) = app.store.mails_waiting().await?;
    let failed = app.store.failed_mails(MOST_FAILED).await?;
    let relay = app.mail.relay();
    Ok(Json(Outbox {
        configured: relay.is_some(),
        server: relay.map(|relay| relay.server().to_owned()),
        from: relay.map(|relay| relay.sender().1.to_string()),
        waiting,
        reason,
        failed: failed.into_iter().map(FailedView::from).collect(),
    }))
}

#[derive(Deserialize)]
pub(super) struct TestMail {
    to: String,
}

#[derive(Serialize)]
pub(super) struct Tested {
    /// Whether the mail server has it; if not, it is tried again.
    sent: bool,
    reason: Option<String>,
}

/// `POST /api/admin/mail/test`.
pub(super) async fn test(
    State(app): State<App>,
    client: Client,
    Administrator { user }: Administrator,
    Json(request): Json<TestMail>,
) -> Result<Json<Tested>, ApiError> {
    let to = Email::new(&request.to).map_err(|error| ApiError::invalid("to", error))?;
    if !is_mailable(&to) {
        return Err(ApiError::invalid_field("to", "mail cannot be sent to this address"));
    }
    let relay = app.mail.relay().ok_or_else(ApiError::no_mail)?;
    let now = app.clock.now();
    app.audit(user.id.as_str(), "mail.test", to.as_str(), &client, "ok").await?;
    let mail = test_letter(to).write(relay, Purpose::Test, now).map_err(ApiError::internal)?;
    let id = app.store.enqueue_mail(&mail, now).await?;
    let (sent, reason) = match deliver_now(&app.store, relay, id, now).await? {
        Some(Delivered::Taken) | None => (true, None),
        Some(Delivered::Postponed(reason) | Delivered::Failed(reason)) => (false, Some(reason)),
    };
    app.mail.wake();
    Ok(Json(Tested { sent, reason }))
}

/// `POST /api/admin/mail/{id}/retry`.
pub(super) async fn retry(
    State(app): State<App>,
    client: Client,
    Administrator { user }: Administrator,
    InPath(id): InPath<i64>,
) -> Result<StatusCode, ApiError> {
    if !app.store.retry_mail(id, app.clock.now()).await? {
        return Err(ApiError::not_found("mail"));
    }
    app.mail.wake();
    app.audit(user.id.as_str(), "mail.retry", &id.to_string(), &client, "ok").await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `DELETE /api/admin/mail/{id}`.
pub(super) async fn forget(
    State(app): State<App>,
    client: Client,
    Administrator { user }: Administrator,
    InPath(id): InPath<i64>,
) -> Result<StatusCode, ApiError> {
    if !app.store.forget_mail(id).await? {
        return Err(ApiError::not_found("mail"));
    }
    app.audit(user.id.as_str(), "mail.forget", &id.to_string(), &client, "ok").await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Serialize, Deserialize)]
pub(super) struct WishesView {
    voicemail: bool,
    language: Tongue,
}

#[derive(Serialize)]
pub(super) struct OwnMail {
    /// Whether mails are sent at all.
    configured: bool,
    #[serde(flatten)]
    wishes: WishesView,
}

/// `GET /api/me/mail`.
pub(super) async fn wishes(
    State(app): State<App>,
    SignedIn { user, .. }: SignedIn,
) -> Result<Json<OwnMail>, ApiError> {
    let MailWishes { voicemail, language } = app.store.mail_wishes(&user.id).await?;
    let configured = app.mail.relay().is_some();
    Ok(Json(OwnMail { configured, wishes: WishesView { voicemail, language } }))
}

/// `PUT /api/me/mail`: whether messages of callers are to come by mail, and in which language.
pub(super) async fn set_wishes(
    State(app): State<App>,
    SignedIn { user, .. }: SignedIn,
    Json(request): Json<WishesView>,
) -> Result<StatusCode, ApiError> {
    let WishesView { voicemail, language } = request;
    if voicemail && app.mail.relay().is_none() {
        return Err(ApiError::no_mail());
    }
    if voicemail && !is_mailable(&user.email) {
        return Err(ApiError::invalid_field(
            "voicemail",
            "mail cannot be sent to the address of this account",
        ));
    }
    app.store.set_mail_wishes(&user.id, MailWishes { voicemail, language }).await?;
    Ok(StatusCode::NO_CONTENT)
}

const MOST_FAILED: u32 = 200;
