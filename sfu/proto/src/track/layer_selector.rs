//! Decides which packets of a source one viewer gets: which encoding, and which temporal layers of it.

use super::temporal::TemporalFilter;
use super::{MediaPacket, SourceKey};
use crate::io::MediaKind;

/// The choice of layers for one down track.
#[derive(Debug)]
pub struct LayerSelector {
    kind: MediaKind,
    target: Option<u8>,
    current: Option<SourceKey>,
    temporal: TemporalFilter,
}

/// What is to be done with a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It goes on.
    Pass,
    /// It goes on, as the first from another source.
    Switch,
    /// It belongs to the chosen encoding but is left out.
    Omit,
    /// It belongs to another encoding.
    Ignore,
}

impl LayerSelector {
    /// Chooses nothing yet.
    #[must_use]
    pub fn new(kind: MediaKind) -> Self {
        Self { kind, target: None, current: None, temporal: TemporalFilter::default() }
    }

    /// Aims at an encoding, or at none. The present one goes on until a keyframe of the other comes.
    pub fn aim(&mut self, target: Option<u8>) {
        self.target = target;
        if target.is_none() {
            self.current = None;
        }
    }

    /// Forgets where it was; the next keyframe starts it again.
    pub fn restart(&mut self) {
        self.current = None;
    }

    /// Changes the highest wanted temporal layer.
    pub fn want_temporal(&mut self, layer: u8) {
        self.temporal.want(layer);
    }

    /// The encoding aimed at.
    #[must_use]
    pub fn target(&self) -> Option<u8> {
        self.target
    }

    /// The source whose packets pass at present.
    #[must_use]
    pub fn current(&self) -> Option<SourceKey> {
        self.current
    }

    /// The encoding of which a keyframe is needed, if any.
    #[must_use]
    pub fn awaits_keyframe(&self) -> Option<u8> {
        let target = self.target.filter(|_| self.kind == MediaKind::Video)?;
        let there = self.current.is_some_and(|current| current.encoding == target);
        (!there).then_some(target)
    }

    /// Judges a packet.
    #[inline]
    pub fn judge(&mut self, packet: &MediaPacket<'_>) -> Verdict {
        if self.current != Some(packet.source) {
            return self.judge_other(packet);
        }
        let Some(descriptor) = packet.info.vp8 else {
            return Verdict::Pass;
        };
        if self.temporal.passes(packet.timestamp, descriptor.temporal, descriptor.sync) {
            Verdict::Pass
        } else {
            Verdict::Omit
        }
    }

    /// A packet of another source starts it if it is the one aimed at, and can be decoded without the past.
    fn judge_other(&mut self, packet: &MediaPacket<'_>) -> Verdict {
        let startable = self.kind == MediaKind::Audio || packet.info.keyframe;
        if self.target != Some(packet.source.encoding) || !startable {
            return Verdict::Ignore;
        }
        self.current = Some(packet.source);
        self.temporal.restart(packet.timestamp);
        Verdict::Switch
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rtp::ExtensionValues;
    use crate::track::payload::{PayloadInfo, vp8};

    #[test]
    fn a_video_starts_with_a_keyframe() {
        let mut selector = LayerSelector::new(MediaKind::Video);
        selector.aim(Some(0));

        assert_eq!(selector.judge(&packet(0, 0, false)), Verdict::Ignore);
        assert_eq!(selector.awaits_keyframe(), Some(0));
        assert_eq!(selector.judge(&packet(0, 0, true)), Verdict::Switch);
        assert_eq!(selector.judge(&packet(0, 0, false)), Verdict::Pass);
        assert_eq!(selector.awaits_keyframe(), None);
    }

    #[test]
    fn the_old_layer_goes_on_until_the_new_one_has_a_keyframe() {
        let mut selector = LayerSelector::new(MediaKind::Video);
        selector.aim(Some(0));
        selector.judge(&packet(0, 0, true));

        selector.aim(Some(2));

        assert_eq!(selector.judge(&packet(2, 0, false)), Verdict::Ignore);
        assert_eq!(selector.judge(&packet(0, 0, false)), Verdict::Pass);
        assert_eq!(selector.judge(&packet(2, 0, true)), Verdict::Switch);
        assert_eq!(selector.judge(&packet(0, 0, true)), Verdict::Ignore);
    }

    #[test]
    fn a_new_run_of_the_same_encoding_needs_a_keyframe_again() {
        let mut selector = LayerSelector::new(MediaKind::Video);
        selector.aim(Some(0));
        selector.judge(&packet(0, 0, true));

        assert_eq!(selector.judge(&packet(0, 1, false)), Verdict::Ignore);
        assert_eq!(selector.judge(&packet(0, 1, true)), Verdict::Switch);
    }

    #[test]
    fn audio_starts_anywhere() {
        let mut selector = LayerSelector::new(MediaKind::Audio);
        selector.aim(Some(0));

        assert_eq!(selector.judge(&packet(0, 0, false)), Verdict::Switch);
        assert_eq!(selector.judge(&packet(0, 1, false)), Verdict::Switch);
    }

    #[test]
    fn aiming_at_nothing_stops_at_once() {
        let mut selector = LayerSelector::new(MediaKind::Audio);
        selector.aim(Some(0));
        selector.judge(&packet(0, 0, false));

        selector.aim(None);

        assert_eq!(selector.judge(&packet(0, 0, false)), Verdict::Ignore);
    }

    #[test]
    fn unwanted_temporal_layers_are_left_out() {
        let mut selector = LayerSelector::new(MediaKind::Video);
        selector.aim(Some(0));
        selector.want_temporal(0);
        selector.judge(&packet(0, 0, true));
        let mut high = packet(0, 0, false);
        high.timestamp = 1;
        high.info.vp8 = Some(vp8::Descriptor { temporal: 1, ..vp8::Descriptor::default() });

        assert_eq!(selector.judge(&high), Verdict::Omit);
    }

    fn packet(encoding: u8, run: u8, keyframe: bool) -> MediaPacket<'static> {
        MediaPacket {
            source: SourceKey { encoding, run },
            sequence: 70_000,
            timestamp: 0,
            marker: false,
            codec: 0,
            info: PayloadInfo { keyframe, vp8: None },
            extensions: ExtensionValues::default(),
            payload: &[0],
        }
    }
}
