//! Signalling messages in WebSocket frames: protobuf in binary ones, proto3-JSON in text ones.

use axum::extract::ws::Message as Frame;
use livekit_protocol::{SignalRequest, SignalResponse, signal_request::Message};
use prost::Message as _;

/// How a client last wrote to us, and so how we write to it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Format {
    #[default]
    Binary,
    Json,
}

/// What a client sent is no signalling message.
#[derive(Debug, thiserror::Error)]
pub(super) enum FrameError {
    #[error("no signalling message: {0}")]
    Binary(#[from] prost::DecodeError),
    #[error("no signalling message: {0}")]
    Json(#[from] serde_json::Error),
}

/// Reads a message; `None` for one of a kind that we do not know.
pub(super) fn read_binary(bytes: &[u8]) -> Result<Option<Message>, FrameError> {
    Ok(SignalRequest::decode(bytes)?.message)
}

/// Reads a message in JSON; `None` for one of a kind that we do not know.
pub(super) fn read_json(text: &str) -> Result<Option<Message>, FrameError> {
    Ok(serde_json::from_str::<SignalRequest>(text)?.message)
}

/// Writes a message.
pub(super) fn write(format: Format, response: &SignalResponse) -> Frame {
    match format {
        Format::Binary => Frame::Binary(response.encode_to_vec().into()),
        Format::Json => Frame::Text(
            serde_json::to_string(response)
                .expect("a signalling message has only keys and values that JSON can carry")
                .into(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use livekit_protocol::{MuteTrackRequest, signal_response};

    use super::*;

    #[test]
    fn the_same_message_is_read_from_either_format() {
        let mute = Message::Mute(MuteTrackRequest { sid: "TR_1".into(), muted: true });
        let binary = SignalRequest { message: Some(mute.clone()) }.encode_to_vec();

        assert_eq!(read_binary(&binary).unwrap(), Some(mute.clone()));
        assert_eq!(read_json(r#"{"mute":{"sid":"TR_1","muted":true}}"#).unwrap(), Some(mute));
    }

    #[test]
    fn messages_of_unknown_kind_are_passed_over_and_garbage_is_an_error() {
        // Field 99 with an empty message.
        assert_eq!(read_binary(&[0x9a, 0x06, 0x00]).unwrap(), None);
        assert!(read_binary(&[0xff; 7]).is_err());
        assert!(read_json("{").is_err());
    }

    #[test]
    fn answers_in_json_use_the_names_of_proto3_json() {
        let response = SignalResponse { message: Some(signal_response::Message::Pong(7)) };

        assert_eq!(write(Format::Json, &response), Frame::Text(r#"{"pong":"7"}"#.into()));
    }
}
