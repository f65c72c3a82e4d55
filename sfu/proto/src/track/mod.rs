//! Published sources and the subscriptions to them.

pub mod down_track;
pub mod encoding;
pub mod form;
pub mod keyframe_request;
pub mod layer_filter;
pub mod layer_frame;
pub mod layer_meter;
pub mod layer_selector;
pub mod moment;
pub mod nack_list;
pub mod packet_store;
pub mod payload;
pub mod rate_meter;
pub mod reception;
pub mod rtp_rewriter;
pub mod rtx_history;
pub mod scalability;
pub mod tap;
pub mod temporal;
pub mod up_track;

use crate::rtp::ExtensionValues;
use payload::PayloadInfo;

/// Which run of which encoding a packet belongs to. A sender that starts over begins a new run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SourceKey {
    /// Index of the encoding, 0 the lowest quality.
    pub encoding: u8,
    /// Counts restarts.
    pub run: u8,
}

/// What is added to a payload on its way: RTP with the usual extensions, the tag of SRTP, UDP and IP.
pub const WIRE_OVERHEAD: usize = 12 + 16 + 16 + 28;

/// A media packet of an up track, ready to be forwarded.
#[derive(Debug, Clone, Copy)]
pub struct MediaPacket<'a> {
    /// Where it comes from.
    pub source: SourceKey,
    /// Its sequence number, extended.
    pub sequence: u64,
    /// Its place on the source's media clock.
    pub timestamp: u32,
    /// Last packet of a picture, first of a talk spurt.
    pub marker: bool,
    /// Index of its codec among those of the up track.
    pub codec: u8,
    /// What its payload tells.
    pub info: PayloadInfo,
    /// Header extensions to pass on.
    pub extensions: ExtensionValues<'a>,
    /// The payload.
    pub payload: &'a [u8],
}
