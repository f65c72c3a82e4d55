//! Chooses, frame by frame, which spatial and temporal layers of one stream a viewer gets.
//!
//! All frames up to a spatial and a temporal layer pass, also those that the highest would not need: with them one can
//! go down at any picture, without a keyframe that would cost all other viewers of the stream something, too.

use super::layer_frame::LayerFrame;
use crate::rtp::dependency::{Layers, References};

/// The layers that a viewer gets of one stream.
#[derive(Debug, Clone, Copy)]
pub struct LayerFilter {
    wanted: Layers,
    limit: Layers,
    /// From which packet on the limit holds, and what it was before.
    since: u64,
    before: Layers,
    /// The furthest packet judged, and the newest picture.
    newest: u64,
    timestamp: u32,
    omitted: Omitted,
}

impl Default for LayerFilter {
    fn default() -> Self {
        Self {
            wanted: ALL,
            limit: ALL,
            since: 0,
            before: ALL,
            newest: 0,
            timestamp: 0,
            omitted: Omitted::default(),
        }
    }
}

/// What becomes of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judgement {
    /// It goes on; the viewer gets nothing more of the picture if it is `last`.
    Pass {
        /// Whether the highest layer that the viewer gets ends here.
        last: bool,
    },
    /// It is left out.
    Omit,
}

impl LayerFilter {
    /// Changes the highest wanted layers. Lower ones take effect with the next picture, higher ones where a decoder can
    /// follow.
    pub fn want(&mut self, layers: Layers) {
        self.wanted = layers;
    }

    /// The same for a stream that does not tell its layers: everything passes.
    #[must_use]
    pub fn without_limit(self) -> Self {
        Self { wanted: self.wanted, ..Self::default() }
    }

    /// The highest layers that pass.
    #[must_use]
    pub fn limit(&self) -> Layers {
        self.limit
    }

    /// Begins with a packet of a key picture.
    pub fn restart(&mut self, sequence: u64, timestamp: u32, frame: &LayerFrame) -> Judgement {
        *self = Self {
            limit: self.wanted,
            before: self.wanted,
            since: sequence,
            newest: sequence,
            timestamp,
            omitted: Omitted::before(frame.number),
            ..*self
        };
        self.judge(sequence, timestamp, frame)
    }

    /// Judges a packet of the stream.
    pub fn judge(&mut self, sequence: u64, timestamp: u32, frame: &LayerFrame) -> Judgement {
        if timestamp.wrapping_sub(self.timestamp) as i32 > 0 {
            self.timestamp = timestamp;
            self.begin_picture(sequence, frame);
        }
        let mut limit = self.limit;
        if sequence < self.since {
            // A straggler belongs to what was sent of its picture.
            limit = self.before;
        } else if sequence >= self.newest {
            self.newest = sequence;
            self.climb(sequence, frame);
            limit = self.limit;
        }

        let Layers { spatial, temporal } = frame.layers;
        // Pictures of the lowest temporal layer are the ground of all: they pass whatever they say of themselves.
        let broken = temporal > 0 && self.omitted.any_of(frame.number, frame.needs);
        if spatial > limit.spatial || temporal > limit.temporal || broken {
            self.omitted.note(frame.number);
            return Judgement::Omit;
        }
        Judgement::Pass { last: frame.ends && spatial == limit.spatial }
    }

    fn begin_picture(&mut self, sequence: u64, frame: &LayerFrame) {
        let lower = Layers {
            spatial: self.limit.spatial.min(self.wanted.spatial),
            temporal: self.limit.temporal.min(self.wanted.temporal),
        };
        self.change(sequence, if frame.key { self.wanted } else { lower });
    }

    /// Goes up by what this frame allows.
    fn climb(&mut self, sequence: u64, frame: &LayerFrame) {
        let Layers { spatial, temporal } = frame.layers;
        let settled =
            self.limit.spatial >= self.wanted.spatial && self.limit.temporal >= self.wanted.temporal;
        if settled || !frame.begins || frame.needs.far || self.omitted.any_of(frame.number, frame.needs) {
            return;
        }
        let mut limit = self.limit;
        // Layer by layer, since all between pass as well.
        if limit.spatial.checked_add(1) == Some(spatial)
            && spatial <= self.wanted.spatial
            && temporal <= limit.temporal
            && frame.switches_to(limit.temporal)
        {
            limit.spatial = spatial;
        }
        // The lowest spatial layer comes first in its picture, and the others follow it.
        if spatial == 0 && limit.temporal < self.wanted.temporal {
            let mut higher = limit.temporal.max(temporal.saturating_sub(1)) + 1..=self.wanted.temporal.min(7);
            if let Some(temporal) = higher.rfind(|&temporal| frame.switches_to(temporal)) {
                limit.temporal = if temporal == 7 { self.wanted.temporal } else { temporal };
            }
        }
        self.change(sequence, limit);
    }

    fn change(&mut self, sequence: u64, limit: Layers) {
        if limit != self.limit {
            self.before = std::mem::replace(&mut self.limit, limit);
            self.since = sequence;
        }
    }
}

/// Which of the last frames were left out, one bit each, the newest lowest.
#[derive(Debug, Clone, Copy, Default)]
struct Omitted {
    newest: u32,
    frames: u128,
}

impl Omitted {
    /// All that were before a frame.
    fn before(number: u32) -> Self {
        Self { newest: number, frames: u128::MAX << 1 }
    }

    fn note(&mut self, number: u32) {
        let ahead = number.wrapping_sub(self.newest);
        if ahead as i32 > 0 {
            self.frames = self.frames.checked_shl(ahead).unwrap_or(0);
            self.newest = number;
        }
        let back = self.newest.wrapping_sub(number);
        self.frames |= 1_u128.checked_shl(back).unwrap_or(0);
    }

    fn any_of(&self, number: u32, needs: References) -> bool {
        // Bit 0 of what a frame needs is the one before it.
        let back = self.newest.wrapping_sub(number.wrapping_sub(1));
        let frames = match back as i32 {
            0.. => self.frames.checked_shr(back),
            _ => self.frames.checked_shl(back.wrapping_neg()),
        };
        frames.unwrap_or(0) & u128::from(needs.near) != 0
    }
}

const ALL: Layers = Layers { spatial: u8::MAX, temporal: u8::MAX };

#[cfg(test)]
mod tests;
