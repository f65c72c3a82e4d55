//! How a call says no: a status and `{"error": {"code", "message"}}`.

use std::time::Duration;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::accounts::{InvalidText, PasswordError};
use crate::store::StoreError;

/// A refusal: its code is stable and what clients translate, its message is one English sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiError {
    status: StatusCode,
    /// Stable; the audit log keeps it.
    pub code: &'static str,
    message: String,
    field: Option<&'static str>,
    reason: Option<String>,
    retry_after: Option<Duration>,
}

impl ApiError {
    /// A refusal of any kind.
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), field: None, reason: None, retry_after: None }
    }

    /// Nobody is signed in.
    #[must_use]
    pub fn not_signed_in() -> Self {
        let message = "Nobody is signed in, or the sign-in has expired; sign in and try again.";
        Self::new(StatusCode::UNAUTHORIZED, "not_signed_in", message)
    }

    /// Somebody is signed in who may not do this.
    #[must_use]
    pub fn not_allowed(message: &str) -> Self {
        Self::new(StatusCode::FORBIDDEN, "not_allowed", message)
    }

    /// There is no such thing.
    #[must_use]
    pub fn not_found(what: &str) -> Self {
        let message = format!("There is no such {what}; it may have been removed.");
        Self::new(StatusCode::NOT_FOUND, "not_found", message)
    }

    /// A field that cannot be taken.
    #[must_use]
    pub fn invalid(field: &'static str, reason: InvalidText) -> Self {
        Self::invalid_field(field, reason.0)
    }

    /// A field that cannot be taken, for a reason with names and numbers in it.
    #[must_use]
    pub fn invalid_field(field: &'static str, reason: &str) -> Self {
        let message = format!("The field {field} cannot be used: {reason}.");
        Self { field: Some(field), ..Self::new(StatusCode::BAD_REQUEST, "invalid", message) }
    }

    /// The same with why, as a word that clients translate.
    #[must_use]
    pub fn because(self, reason: impl Into<String>) -> Self {
        Self { reason: Some(reason.into()), ..self }
    }

    /// Phones are switched off, or just about to stop.
    #[must_use]
    pub fn no_phones() -> Self {
        let message = "There are no calls at present; phones are switched off, or about to stop.";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "no_phones", message)
    }

    /// No mail server is configured.
    #[must_use]
    pub fn no_mail() -> Self {
        let message = "This server sends no mail; an administrator can configure [mail].";
        Self::new(StatusCode::CONFLICT, "no_mail", message)
    }

    /// As many are inside as may be.
    #[must_use]
    pub fn meeting_full() -> Self {
        let message = "As many are in the meeting as it can hold; try again when somebody has left.";
        Self::new(StatusCode::CONFLICT, "meeting_full", message)
    }

    /// The media engine has as much to do as it can.
    #[must_use]
    pub fn server_full() -> Self {
        let message =
            "The server carries as much as it can for those who are in meetings; try again in some minutes.";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "server_full", message)
    }

    /// The ministry's directory does not answer. Why goes to the log.
    #[must_use]
    pub fn directory_away(fault: &crate::accounts::ldap::LdapError) -> Self {
        tracing::warn!(%fault, "the directory does not answer");
        let message = "The ministry's directory does not answer; try again in a minute.";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "directory_away", message)
    }

    /// Whoever asks has no extension to call with.
    #[must_use]
    pub fn no_extension() -> Self {
        let message = "This account has no extension; an administrator can give it one.";
        Self::new(StatusCode::CONFLICT, "no_extension", message)
    }

    /// It clashes with what is there.
    #[must_use]
    pub fn conflict(message: &str) -> Self {
        Self::new(StatusCode::CONFLICT, "conflict", message)
    }

    /// Too often; may be tried again later.
    #[must_use]
    pub fn too_many_attempts(retry_after: Duration) -> Self {
        let seconds = retry_after.as_secs().max(1);
        Self {
            retry_after: Some(retry_after),
            ..Self::new(
                StatusCode::TOO_MANY_REQUESTS,
                "too_many_attempts",
                format!("There were too many attempts; try again in {seconds} seconds."),
            )
        }
    }

    /// The server is about to stop.
    #[must_use]
    pub fn draining() -> Self {
        let message = "The server is about to stop and lets nobody in; try again in a minute.";
        Self {
            retry_after: Some(Duration::from_secs(10)),
            ..Self::new(StatusCode::SERVICE_UNAVAILABLE, "draining", message)
        }
    }

    /// A fault of ours. What it was goes to the log, not to the client.
    pub fn internal(fault: impl std::fmt::Display) -> Self {
        tracing::error!(%fault, "a call failed");
        let message = "Something went wrong in the server; its log says what.";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", message)
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Exists => Self::conflict("There is one of this name already."),
            StoreError::Full(limit) => {
                Self::conflict(&format!("The limit of {limit} is reached; remove some first."))
            }
            other => Self::internal(other),
        }
    }
}

impl From<PasswordError> for ApiError {
    fn from(error: PasswordError) -> Self {
        match error {
            PasswordError::Busy => Self::too_many_attempts(Duration::from_secs(5)),
            other @ PasswordError::Failed(_) => Self::internal(other),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut error = serde_json::json!({ "code": self.code, "message": self.message });
        if let Some(field) = self.field {
            error["field"] = field.into();
        }
        if let Some(reason) = self.reason {
            error["reason"] = reason.into();
        }
        let body = axum::Json(serde_json::json!({ "error": error }));
        let mut response = (self.status, body).into_response();
        if let Some(after) = self.retry_after {
            let seconds = after.as_secs() + u64::from(after.subsec_nanos() > 0);
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds.max(1)));
        }
        response
    }
}

/// What `/api` answers where there is no call.
pub(super) async fn no_such_call() -> ApiError {
    ApiError::not_found("call")
}
