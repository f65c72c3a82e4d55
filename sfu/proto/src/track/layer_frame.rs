//! One frame of one layer of a picture, whichever codec it is of.

use crate::rtp::dependency::{Layers, References};

/// A frame of one layer: a picture of a scalable stream consists of one for each spatial layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LayerFrame {
    /// Its number among those of all layers; wraps.
    pub number: u32,
    /// The frames without which it cannot be decoded.
    pub needs: References,
    /// Where it stands.
    pub layers: Layers,
    /// It begins with this packet.
    pub begins: bool,
    /// It ends with this packet.
    pub ends: bool,
    /// Its whole picture can be decoded without the past.
    pub key: bool,
    /// It needs nothing but its own picture, although that is no key picture.
    pub enters: bool,
    /// Bit n: if it can be decoded, so can all later frames of its spatial layer up to temporal layer n.
    pub switches: u8,
}

impl LayerFrame {
    /// Whether everything up to a temporal layer can be decoded from here on, if this frame can.
    #[must_use]
    pub fn switches_to(&self, temporal: u8) -> bool {
        self.switches >> temporal.min(7) & 1 == 1
    }
}
