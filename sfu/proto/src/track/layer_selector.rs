//! Decides which packets of a source one viewer gets: which encoding, and which layers of it.

use super::layer_filter::{Judgement, LayerFilter};
use super::temporal::TemporalFilter;
use super::{MediaPacket, SourceKey};
use crate::io::MediaKind;
use crate::rtp::dependency::Layers;

/// The choice of layers for one down track.
#[derive(Debug)]
pub struct LayerSelector {
    kind: MediaKind,
    target: Option<Aim>,
    current: Option<SourceKey>,
    temporal: TemporalFilter,
    layers: LayerFilter,
}

/// What a viewer is to get.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Aim {
    /// The encoding.
    pub encoding: u8,
    /// The highest layers of it that may pass.
    pub layers: Layers,
    /// A spatial layer that is sent and is to be had, by a keyframe if need be.
    pub spatial: u8,
}

impl Aim {
    /// An encoding with all its layers, as far as they can be had without a further keyframe.
    #[must_use]
    pub fn whole(encoding: u8) -> Self {
        Self { encoding, layers: Layers { spatial: u8::MAX, temporal: u8::MAX }, spatial: 0 }
    }
}

/// What is to be done with a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It goes on; the viewer gets nothing more of its picture if it is `last`.
    Pass {
        /// Whether the highest layer that the viewer gets ends here.
        last: bool,
    },
    /// It goes on, as the first from another source.
    Switch {
        /// As in [`Self::Pass`].
        last: bool,
    },
    /// It belongs to the chosen encoding but is left out.
    Omit,
    /// It belongs to another encoding.
    Ignore,
}

impl LayerSelector {
    /// Chooses nothing yet.
    #[must_use]
    pub fn new(kind: MediaKind) -> Self {
        Self {
            kind,
            target: None,
            current: None,
            temporal: TemporalFilter::default(),
            layers: LayerFilter::default(),
        }
    }

    /// Aims at an encoding, or at none. The present one goes on until a keyframe of the other comes.
    pub fn aim(&mut self, target: Option<Aim>) {
        self.target = target;
        match target {
            Some(aim) => {
                self.temporal.want(aim.layers.temporal);
                self.layers.want(aim.layers);
            }
            None => self.current = None,
        }
    }

    /// Forgets where it was; the next keyframe starts it again.
    pub fn restart(&mut self) {
        self.current = None;
    }

    /// What is aimed at.
    #[must_use]
    pub fn target(&self) -> Option<Aim> {
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
        let aim = self.target.filter(|_| self.kind == MediaKind::Video)?;
        let there = self.current.is_some_and(|current| current.encoding == aim.encoding);
        (!there || self.awaits_layer().is_some()).then_some(aim.encoding)
    }

    /// The next spatial layer of the present source, if it is aimed at and does not pass yet.
    #[must_use]
    pub fn awaits_layer(&self) -> Option<u8> {
        let aim = self.target?;
        let current = self.current.filter(|current| current.encoding == aim.encoding);
        let next = self.layers.limit().spatial.checked_add(1)?;
        current.and((next <= aim.spatial).then_some(next))
    }

    /// Judges a packet.
    #[inline]
    pub fn judge(&mut self, packet: &MediaPacket<'_>) -> Verdict {
        if self.current != Some(packet.source) {
            return self.judge_other(packet);
        }
        if let Some(frame) = &packet.info.layers {
            return match self.layers.judge(packet.sequence, packet.timestamp, frame) {
                Judgement::Pass { last } => Verdict::Pass { last },
                Judgement::Omit => Verdict::Omit,
            };
        }
        let Some(descriptor) = packet.info.vp8 else {
            return Verdict::Pass { last: false };
        };
        if self.temporal.passes(packet.timestamp, descriptor.temporal, descriptor.sync) {
            Verdict::Pass { last: false }
        } else {
            Verdict::Omit
        }
    }

    /// A packet of another source starts it if it is the one aimed at, and can be decoded without the past.
    fn judge_other(&mut self, packet: &MediaPacket<'_>) -> Verdict {
        let startable = self.kind == MediaKind::Audio || packet.info.keyframe;
        if self.target.map(|aim| aim.encoding) != Some(packet.source.encoding) || !startable {
            return Verdict::Ignore;
        }
        self.current = Some(packet.source);
        self.temporal.restart(packet.timestamp);
        let Some(frame) = &packet.info.layers else {
            self.layers = self.layers.without_limit();
            return Verdict::Switch { last: false };
        };
        let judgement = self.layers.restart(packet.sequence, packet.timestamp, frame);
        Verdict::Switch { last: judgement == Judgement::Pass { last: true } }
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
        selector.aim(Some(Aim::whole(0)));

        assert_eq!(selector.judge(&packet(0, 0, false)), Verdict::Ignore);
        assert_eq!(selector.awaits_keyframe(), Some(0));
        assert_eq!(selector.judge(&packet(0, 0, true)), SWITCH);
        assert_eq!(selector.judge(&packet(0, 0, false)), PASS);
        assert_eq!(selector.awaits_keyframe(), None);
    }

    #[test]
    fn the_old_layer_goes_on_until_the_new_one_has_a_keyframe() {
        let mut selector = LayerSelector::new(MediaKind::Video);
        selector.aim(Some(Aim::whole(0)));
        selector.judge(&packet(0, 0, true));

        selector.aim(Some(Aim::whole(2)));

        assert_eq!(selector.judge(&packet(2, 0, false)), Verdict::Ignore);
        assert_eq!(selector.judge(&packet(0, 0, false)), PASS);
        assert_eq!(selector.judge(&packet(2, 0, true)), SWITCH);
        assert_eq!(selector.judge(&packet(0, 0, true)), Verdict::Ignore);
    }

    #[test]
    fn a_new_run_of_the_same_encoding_needs_a_keyframe_again() {
        let mut selector = LayerSelector::new(MediaKind::Video);
        selector.aim(Some(Aim::whole(0)));
        selector.judge(&packet(0, 0, true));

        assert_eq!(selector.judge(&packet(0, 1, false)), Verdict::Ignore);
        assert_eq!(selector.judge(&packet(0, 1, true)), SWITCH);
    }

    #[test]
    fn audio_starts_anywhere() {
        let mut selector = LayerSelector::new(MediaKind::Audio);
        selector.aim(Some(Aim::whole(0)));

        assert_eq!(selector.judge(&packet(0, 0, false)), SWITCH);
        assert_eq!(selector.judge(&packet(0, 1, false)), SWITCH);
    }

    #[test]
    fn aiming_at_nothing_stops_at_once() {
        let mut selector = LayerSelector::new(MediaKind::Audio);
        selector.aim(Some(Aim::whole(0)));
        selector.judge(&packet(0, 0, false));

        selector.aim(None);

        assert_eq!(selector.judge(&packet(0, 0, false)), Verdict::Ignore);
    }

    #[test]
    fn unwanted_temporal_layers_are_left_out() {
        let mut selector = LayerSelector::new(MediaKind::Video);
        let layers = Layers { spatial: u8::MAX, temporal: 0 };
        selector.aim(Some(Aim { layers, ..Aim::whole(0) }));
        selector.judge(&packet(0, 0, true));
        let mut high = packet(0, 0, false);
        high.timestamp = 1;
        high.info.vp8 = Some(vp8::Descriptor { temporal: 1, ..vp8::Descriptor::default() });

        assert_eq!(selector.judge(&high), Verdict::Omit);
    }

    const PASS: Verdict = Verdict::Pass { last: false };
    const SWITCH: Verdict = Verdict::Switch { last: false };

    fn packet(encoding: u8, run: u8, keyframe: bool) -> MediaPacket<'static> {
        MediaPacket {
            source: SourceKey { encoding, run },
            sequence: 70_000,
            timestamp: 0,
            marker: false,
            codec: 0,
            info: PayloadInfo { keyframe, ..PayloadInfo::default() },
            extensions: ExtensionValues::default(),
            payload: &[0],
        }
    }
}
