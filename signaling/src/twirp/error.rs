//! Twirp's errors.

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Serialize;
use signaling_proto::room::RoomError;

/// An error as Twirp clients expect it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TwirpError {
    code: Code,
    message: String,
}

/// The codes we use (Twirp v7, "Error Codes").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Code {
    Malformed,
    InvalidArgument,
    Unauthenticated,
    PermissionDenied,
    NotFound,
    BadRoute,
    FailedPrecondition,
    ResourceExhausted,
    Unimplemented,
    Unavailable,
}

impl TwirpError {
    pub(super) fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    pub(super) fn bad_route(message: impl Into<String>) -> Self {
        Self::new(Code::BadRoute, message)
    }

    pub(super) fn malformed(message: impl Into<String>) -> Self {
        Self::new(Code::Malformed, message)
    }

    pub(super) fn unauthenticated(message: impl Into<String>) -> Self {
        Self::new(Code::Unauthenticated, message)
    }

    pub(super) fn permission_denied(grant: &str) -> Self {
        Self::new(Code::PermissionDenied, format!("the token does not grant {grant}"))
    }
}

impl Code {
    fn status(self) -> StatusCode {
        match self {
            Self::Malformed | Self::InvalidArgument => StatusCode::BAD_REQUEST,
            Self::Unauthenticated => StatusCode::UNAUTHORIZED,
            Self::PermissionDenied => StatusCode::FORBIDDEN,
            Self::NotFound | Self::BadRoute => StatusCode::NOT_FOUND,
            Self::FailedPrecondition => StatusCode::PRECONDITION_FAILED,
            Self::ResourceExhausted => StatusCode::TOO_MANY_REQUESTS,
            Self::Unimplemented => StatusCode::NOT_IMPLEMENTED,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

impl From<RoomError> for TwirpError {
    fn from(error: RoomError) -> Self {
        let code = match error {
            RoomError::RoomNotFound | RoomError::ParticipantNotFound | RoomError::TrackNotFound => {
                Code::NotFound
            }
            RoomError::Invalid(_) => Code::InvalidArgument,
            RoomError::Precondition(_) => Code::FailedPrecondition,
            RoomError::LimitExceeded(_) => Code::ResourceExhausted,
            // What is added to the error later has no code of its own yet.
            _ => Code::Unavailable,
        };
        Self::new(code, error.to_string())
    }
}

impl IntoResponse for TwirpError {
    fn into_response(self) -> Response {
        #[derive(Serialize)]
        struct Body {
            code: Code,
            msg: String,
        }
        (self.code.status(), Json(Body { code: self.code, msg: self.message })).into_response()
    }
}
