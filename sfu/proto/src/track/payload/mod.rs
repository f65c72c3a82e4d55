//! What an RTP payload tells without being decoded: does a keyframe begin here, which temporal layer is it?

pub mod av1;
pub mod h264;
pub mod h265;
pub mod red;
pub mod vp8;
pub mod vp9;

use super::layer_frame::LayerFrame;
use crate::io::Mime;

/// What the forwarding path needs to know of a packet's payload.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PayloadInfo {
    /// A keyframe begins with this packet.
    pub keyframe: bool,
    /// The VP8 payload descriptor, which is rewritten on the way.
    pub vp8: Option<vp8::Descriptor>,
    /// Of which layer it is, in a stream that has several and tells.
    pub layers: Option<LayerFrame>,
}

impl PayloadInfo {
    /// Looks into a payload; one that cannot be understood is ordinary. Layers are known to the stream only.
    #[must_use]
    pub fn read(mime: Mime, payload: &[u8]) -> Self {
        let vp8 = match mime {
            Mime::Vp8 => vp8::Descriptor::parse(payload),
            _ => None,
        };
        let keyframe = match mime {
            Mime::Vp8 => vp8.is_some_and(|descriptor| descriptor.keyframe),
            Mime::Vp9 => vp9::Descriptor::parse(payload).is_some_and(|read| read.begins && read.is_key()),
            Mime::H264 => h264::begins_keyframe(payload),
            Mime::H265 => h265::begins_keyframe(payload),
            Mime::Av1 => av1::begins_keyframe(payload),
            Mime::Opus | Mime::Red => false,
        };
        Self { keyframe, vp8, layers: None }
    }
}
