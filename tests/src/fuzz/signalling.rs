//! What a client sends to open its signalling connection.

use signaling::join_request;

/// What a join request may inflate to.
const LIMIT: usize = 64 * 1024;

/// The `join_request` parameter as text, and the message within it around bytes that need not be one.
pub(super) fn join_request(data: &[u8]) {
    let _ = join_request::parse(&String::from_utf8_lossy(data), LIMIT);

    // Base64 would hide the bytes from a fuzzer; so they are also tried as what it stands for.
    let _ = join_request::parse(&base64(data), LIMIT);
}

fn base64(data: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in data.chunks(3) {
        let word =
            chunk.iter().fold(0_u32, |word, &byte| word << 8 | u32::from(byte)) << (8 * (3 - chunk.len()));
        for at in 0..=chunk.len() {
            text.push(char::from(ALPHABET[(word >> (18 - 6 * at)) as usize & 63]));
        }
    }
    text
}
