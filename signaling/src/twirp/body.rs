//! Requests and answers in the two formats of Twirp.

use axum::{
    body::{Body, Bytes, to_bytes},
    http::{HeaderMap, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use prost::Message;
use serde::{Serialize, de::DeserializeOwned};

use super::error::{Code, TwirpError};

/// A request's body and the format in which to answer it.
#[derive(Debug)]
pub struct Request {
    format: Format,
    body: Bytes,
}

#[derive(Debug, Clone, Copy)]
enum Format {
    Json,
    Protobuf,
}

impl Request {
    /// Reads a request to its end, but not without end.
    pub async fn read(headers: &HeaderMap, body: Body) -> Result<Self, TwirpError> {
        let content_type =
            headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let media_type = content_type.split(';').next().unwrap_or_default().trim();
        let format = match media_type.to_ascii_lowercase().as_str() {
            "application/json" => Format::Json,
            "application/protobuf" => Format::Protobuf,
            _ => return Err(TwirpError::bad_route(format!("unexpected Content-Type: {media_type:?}"))),
        };
        let too_large = |_| TwirpError::new(Code::ResourceExhausted, format!("more than {MAX_BODY} bytes"));
        Ok(Self { format, body: to_bytes(body, MAX_BODY).await.map_err(too_large)? })
    }

    /// The message that was sent.
    pub fn message<M: Message + Default + DeserializeOwned>(&self) -> Result<M, TwirpError> {
        match self.format {
            Format::Json => {
                serde_json::from_slice(&self.body).map_err(|error| TwirpError::malformed(error.to_string()))
            }
            Format::Protobuf => {
                M::decode(&*self.body).map_err(|error| TwirpError::malformed(error.to_string()))
            }
        }
    }

    /// A message in answer.
    #[must_use]
    pub fn answer<M: Message + Serialize>(&self, message: &M) -> Response {
        match self.format {
            Format::Json => axum::Json(message).into_response(),
            Format::Protobuf => {
                ([(CONTENT_TYPE, "application/protobuf")], message.encode_to_vec()).into_response()
            }
        }
    }
}

const MAX_BODY: usize = 10 * 1024 * 1024;
