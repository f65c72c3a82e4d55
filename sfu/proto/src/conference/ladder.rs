//! The steps in which a source can be had, cheapest first: its encodings or, if it has only one, the layers of that.

use std::time::Instant;

use crate::bandwidth::Bitrate;
use crate::bandwidth::allocator::MAX_STEPS;
use crate::io::LayerWish;
use crate::rtp::dependency::Layers;
use crate::track::encoding::Encoding;
use crate::track::layer_meter::SPATIAL_LAYERS;
use crate::track::layer_selector::Aim;
use crate::track::up_track::UpTrack;

/// The steps of one source at one moment, for one viewer.
#[derive(Debug)]
pub(super) struct Ladder {
    wish: LayerWish,
    layered: bool,
    steps: [Option<Step>; MAX_STEPS],
}

#[derive(Debug, Clone, Copy)]
struct Step {
    aim: Aim,
    cost: Bitrate,
}

impl Ladder {
    /// What is sent of a source at present.
    pub(super) fn of(up: &UpTrack, wish: LayerWish, now: Instant) -> Self {
        let mut ladder = Self { wish, layered: false, steps: [None; MAX_STEPS] };
        match &up.encodings[..] {
            [only] if only.meter.knows() && up.is_live(0, now) => ladder.add_layers(up, only, now),
            encodings => {
                for (index, encoding) in encodings.iter().enumerate().take(MAX_STEPS) {
                    let temporal = encoding.layers.highest_within(wish.fps);
                    let layers = Layers { spatial: u8::MAX, temporal };
                    let aim = Aim { layers, ..Aim::whole(index as u8) };
                    let step = Step { aim, cost: encoding.bitrate() };
                    ladder.steps[index] = Some(step).filter(|_| up.is_live(index as u8, now));
                }
            }
        }
        ladder
    }

    /// What to aim at while nothing is sent: what there was before, where the path has room to spare, and else what is
    /// soon through.
    pub(super) fn before_anything(up: &UpTrack, wish: LayerWish, before: Option<Aim>, room: Bitrate) -> Aim {
        let last = up.encodings.len().saturating_sub(1) as u8;
        let highest = wish.encoding.min(last);
        let likely = before.map_or(highest, |aim| aim.encoding.min(highest));
        let fits = |encoding: &Encoding| encoding.bitrate().scaled(ROOM_TO_SPARE) <= room;
        let encoding =
            up.encodings.get(usize::from(likely)).filter(|encoding| fits(encoding)).map_or(0, |_| likely);
        let spatial = if last == 0 { wish.encoding } else { u8::MAX };
        Aim { layers: Layers { spatial, temporal: u8::MAX }, ..Aim::whole(encoding) }
    }

    pub(super) fn costs(&self) -> [Option<Bitrate>; MAX_STEPS] {
        self.steps.map(|step| step.map(|step| step.cost))
    }

    /// The highest step that the viewer would like.
    pub(super) fn highest(&self) -> u8 {
        if !self.layered {
            return self.wish.encoding;
        }
        let wanted = |step: &Step| step.aim.spatial <= self.wish.encoding;
        let fitting = self.steps.iter().flatten().filter(|step| wanted(step)).count();
        match fitting == self.steps.iter().flatten().count() {
            true => u8::MAX,
            false => fitting.saturating_sub(1) as u8,
        }
    }

    /// The step of what was aimed at before.
    pub(super) fn step(&self, aim: Option<Aim>) -> Option<u8> {
        let aim = aim?;
        if !self.layered {
            return Some(aim.encoding);
        }
        let reached = |step: &Option<Step>| {
            step.is_some_and(|step| {
                step.aim.spatial <= aim.spatial && step.aim.layers.temporal <= aim.layers.temporal
            })
        };
        Some(self.steps.iter().rposition(reached).unwrap_or(0) as u8)
    }

    /// What to aim at on a step; if it is the `best` of them, also at larger pictures that may yet come, since they can
    /// often be entered only where they begin.
    pub(super) fn aim(&self, step: u8, best: bool) -> Aim {
        let found = self.steps.get(usize::from(step)).copied().flatten();
        let mut aim = found.map_or(Aim::whole(step), |step| step.aim);
        if self.layered && best {
            aim.layers.spatial = aim.layers.spatial.max(self.wish.encoding);
        }
        aim
    }

    /// Where even the smallest picture is too much at its full frame rate, it may have a lower one.
    fn add_layers(&mut self, up: &UpTrack, encoding: &Encoding, now: Instant) {
        self.layered = true;
        let meter = &encoding.meter;
        let sent = meter.highest_temporal(now, up.live_within());
        let wanted = encoding.layers.highest_within(self.wish.fps);
        let temporal = sent.min(wanted);
        let open = if wanted >= sent { u8::MAX } else { wanted };

        let mut steps = self.steps.iter_mut();
        let mut add = |spatial, temporal, cost| {
            if let Some(place) = steps.next() {
                let aim = Aim { encoding: 0, layers: Layers { spatial, temporal }, spatial };
                *place = Some(Step { aim, cost });
            }
        };
        for slow in 0..temporal {
            if let Some(cost) = meter.rate(0, slow, now) {
                add(0, slow, cost);
            }
        }
        let spatials =
            (0..SPATIAL_LAYERS as u8).filter(|&spatial| meter.is_sent(spatial, now, up.live_within()));
        let top = spatials.clone().next_back().unwrap_or(0);
        for spatial in spatials {
            let cost = meter.rate(spatial, temporal, now);
            add(spatial, open, cost.unwrap_or_else(|| part(encoding.bitrate(), spatial, top)));
        }
    }
}

/// More sources than one may be about to begin.
const ROOM_TO_SPARE: f64 = 2.0;

/// What browsers give to the layers up to one, of what all take: each three times as much as that below.
fn part(all: Bitrate, spatial: u8, top: u8) -> Bitrate {
    let weight = |layer: u8| 3_f64.powi(i32::from(layer) + 1) - 1.0;
    all.scaled(weight(spatial) / weight(top))
}
