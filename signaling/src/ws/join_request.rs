//! The `join_request` parameter of `/rtc/v1`: base64 of a wrapper around a possibly compressed message.

use std::io::Read;

use base64::{
    Engine,
    alphabet::{STANDARD, URL_SAFE},
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use flate2::read::GzDecoder;
use livekit_protocol::{JoinRequest, WrappedJoinRequest, wrapped_join_request::Compression};
use prost::Message;

/// Why a join request could not be read.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JoinRequestError {
    /// Its transport form is wrong.
    #[error("join_request is not base64")]
    Base64,
    /// It holds something else.
    #[error("join_request is not a join request")]
    Protobuf,
    /// Its compressed part is damaged.
    #[error("join_request does not inflate")]
    Gzip,
    /// It is longer than anybody needs.
    #[error("join_request inflates to more than {limit} bytes")]
    TooLarge {
        /// What would be taken.
        limit: usize,
    },
}

/// Reads a join request that inflates to at most `limit` bytes.
pub fn parse(parameter: &str, limit: usize) -> Result<JoinRequest, JoinRequestError> {
    let url_safe = parameter.bytes().any(|byte| matches!(byte, b'-' | b'_'));
    let engine = if url_safe { URL_SAFE_ANY } else { STANDARD_ANY };
    let bytes = engine.decode(parameter).map_err(|_| JoinRequestError::Base64)?;
    let wrapped = WrappedJoinRequest::decode(bytes.as_slice()).map_err(|_| JoinRequestError::Protobuf)?;

    let message = match Compression::try_from(wrapped.compression) {
        Ok(Compression::None) => wrapped.join_request,
        Ok(Compression::Gzip) => inflate(&wrapped.join_request, limit)?,
        Err(_) => return Err(JoinRequestError::Protobuf),
    };
    if message.len() > limit {
        return Err(JoinRequestError::TooLarge { limit });
    }
    JoinRequest::decode(message.as_slice()).map_err(|_| JoinRequestError::Protobuf)
}

/// Inflates, but never beyond the limit: a few kilobytes can hold a gigabyte of zeros.
fn inflate(bytes: &[u8], limit: usize) -> Result<Vec<u8>, JoinRequestError> {
    let mut message = Vec::new();
    GzDecoder::new(bytes)
        .take(limit as u64 + 1)
        .read_to_end(&mut message)
        .map_err(|_| JoinRequestError::Gzip)?;
    Ok(message)
}

const EITHER_PADDING: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const URL_SAFE_ANY: GeneralPurpose = GeneralPurpose::new(&URL_SAFE, EITHER_PADDING);
const STANDARD_ANY: GeneralPurpose = GeneralPurpose::new(&STANDARD, EITHER_PADDING);

#[cfg(test)]
mod tests {
    use std::io::Write;

    use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
    use flate2::{Compression as Level, write::GzEncoder};

    use super::*;

    #[test]
    fn both_alphabets_and_paddings_are_read_plain_and_compressed() {
        let request = JoinRequest { metadata: "?>~ é".repeat(7), ..Default::default() };
        for compressed in [false, true] {
            let bytes = wrap(&request.encode_to_vec(), compressed);

            assert_eq!(parse(&BASE64_STANDARD.encode(&bytes), 4096).as_ref(), Ok(&request));
            assert_eq!(parse(&BASE64_URL_SAFE_NO_PAD.encode(&bytes), 4096).as_ref(), Ok(&request));
        }
    }

    #[test]
    fn a_bomb_is_refused_before_it_has_unfolded() {
        let bomb = wrap(&vec![0; 64 * 1024 * 1024], true);

        assert_eq!(
            parse(&BASE64_STANDARD.encode(bomb), 1024 * 1024),
            Err(JoinRequestError::TooLarge { limit: 1024 * 1024 })
        );
    }

    #[test]
    fn garbage_is_an_error_at_every_layer() {
        assert_eq!(parse("!!!", 100), Err(JoinRequestError::Base64));
        assert_eq!(parse("_____w", 100), Err(JoinRequestError::Protobuf));
        let not_gzip =
            WrappedJoinRequest { compression: Compression::Gzip as i32, join_request: vec![1, 2, 3] };
        assert_eq!(
            parse(&BASE64_STANDARD.encode(not_gzip.encode_to_vec()), 100),
            Err(JoinRequestError::Gzip)
        );
    }

    fn wrap(message: &[u8], compressed: bool) -> Vec<u8> {
        let (compression, join_request) = match compressed {
            false => (Compression::None, message.to_vec()),
            true => {
                let mut encoder = GzEncoder::new(Vec::new(), Level::fast());
                encoder.write_all(message).unwrap();
                (Compression::Gzip, encoder.finish().unwrap())
            }
        };
        WrappedJoinRequest { compression: compression as i32, join_request }.encode_to_vec()
    }
}
