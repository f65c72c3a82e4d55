//! Twirp's errors.

use std::collections::BTreeMap;

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Serialize;
use signaling_proto::room::{RoomError, RpcFailure};

/// An error as Twirp clients expect it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TwirpError {
    code: Code,
    message: String,
    /// More of it, for programs.
    meta: BTreeMap<&'static str, String>,
}

/// The codes we use (Twirp v7, "Error Codes").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum Code {
    Malformed,
    InvalidArgument,
    AlreadyExists,
    Unauthenticated,
    PermissionDenied,
    NotFound,
    BadRoute,
    FailedPrecondition,
    ResourceExhausted,
    DeadlineExceeded,
    Aborted,
    Unimplemented,
    Unavailable,
    Internal,
}

impl TwirpError {
    /// An error, said in one sentence.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), meta: BTreeMap::new() }
    }

    /// The same, with a detail for programs.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.meta.insert(name, value.into());
        self
    }

    /// There is no such service or method.
    pub fn bad_route(message: impl Into<String>) -> Self {
        Self::new(Code::BadRoute, message)
    }

    /// The request cannot be read.
    pub fn malformed(message: impl Into<String>) -> Self {
        Self::new(Code::Malformed, message)
    }

    /// Nobody knows who asks.
    pub fn unauthenticated(message: impl Into<String>) -> Self {
        Self::new(Code::Unauthenticated, message)
    }

    /// The token does not grant it.
    pub fn permission_denied(grant: &str) -> Self {
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
            Self::AlreadyExists => StatusCode::CONFLICT,
            Self::FailedPrecondition => StatusCode::PRECONDITION_FAILED,
            Self::ResourceExhausted => StatusCode::TOO_MANY_REQUESTS,
            Self::DeadlineExceeded => StatusCode::REQUEST_TIMEOUT,
            Self::Aborted => StatusCode::CONFLICT,
            Self::Unimplemented => StatusCode::NOT_IMPLEMENTED,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
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

impl From<RpcFailure> for TwirpError {
    fn from(failure: RpcFailure) -> Self {
        let code = match &failure {
            RpcFailure::RecipientNotFound => Code::NotFound,
            RpcFailure::Invalid(_) => Code::InvalidArgument,
            RpcFailure::TooMany(_) => Code::ResourceExhausted,
            RpcFailure::NotConfirmed | RpcFailure::NoAnswer => Code::DeadlineExceeded,
            RpcFailure::Answered { .. } => Code::Aborted,
            // The participant has gone, or speaks otherwise than we do.
            _ => Code::Unavailable,
        };
        let error = Self::new(code, failure.to_string());
        match failure {
            RpcFailure::Answered { code, data, .. } => {
                error.with("rpc_code", code.to_string()).with("rpc_data", data)
            }
            _ => error,
        }
    }
}

impl IntoResponse for TwirpError {
    fn into_response(self) -> Response {
        #[derive(Serialize)]
        struct Body {
            code: Code,
            msg: String,
            #[serde(skip_serializing_if = "BTreeMap::is_empty")]
            meta: BTreeMap<&'static str, String>,
        }
        let Self { code, message, meta } = self;
        (code.status(), Json(Body { code, msg: message, meta })).into_response()
    }
}
