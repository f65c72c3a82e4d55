//! How much of anything a message may hold: whatever a stranger can make grow has a bound.

/// The longest message, start line to end of body.
pub const MAX_MESSAGE: usize = 64 * 1024;
/// The most header fields in one message.
pub const MAX_HEADERS: usize = 256;
/// The longest start line.
pub const MAX_START_LINE: usize = 8 * 1024;
/// The longest value of one header field, unfolded.
pub const MAX_HEADER_VALUE: usize = 8 * 1024;
/// The longest method, header name or other token that we keep.
pub const MAX_TOKEN: usize = 128;
/// The most Via values in one message: requests start with 70 hops to go (RFC 3261 §8.1.1.6).
pub const MAX_VIAS: usize = 71;
/// The most parameters of one value.
pub const MAX_PARAMS: usize = 64;
/// The most values of one list header that a typed accessor reads.
pub const MAX_VALUES: usize = 128;
