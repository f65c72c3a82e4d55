//! Distributes what a peer's path carries over the videos that it would like to see.

use super::Bitrate;
use crate::relief::Relief;

/// Most steps in which a video can be had: the encodings of a source, or the layers of its only one.
pub const MAX_STEPS: usize = 8;

/// One video that a peer would like to see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Demand {
    /// Whoever asks finds its demand again by this.
    pub slot: u32,
    /// A screen is served before cameras.
    pub screen: bool,
    /// Larger is served first.
    pub priority: u8,
    /// What each step takes, cheapest first; `None` if it is not sent at present.
    pub costs: [Option<Bitrate>; MAX_STEPS],
    /// The highest wanted step.
    pub highest: u8,
    /// What it gets at present.
    pub current: Option<u8>,
    /// What it is to get.
    pub grant: Option<u8>,
}

/// Sets the grant of each demand: first the lowest step for all, then more for screens, then for cameras step by
/// step, each in the order of priority and size. Returns what is granted in sum.
///
/// What would exceed what a peer gets at present must fit with a margin, so that a budget that trembles does not make
/// pictures tremble. `may_upgrade` is `false` while a recent upgrade has failed.
pub fn allocate(budget: Bitrate, may_upgrade: bool, demands: &mut [Demand]) -> Bitrate {
    demands.sort_by_key(|demand| {
        (std::cmp::Reverse((demand.screen, demand.priority, demand.highest)), demand.slot)
    });

    let mut spent = Bitrate::default();
    for demand in demands.iter_mut() {
        demand.grant = demand.lowest().filter(|&lowest| {
            let cost = spent.plus(demand.cost(lowest));
            // Rather a little too much than no picture.
            cost.scaled(if demand.current.is_some() { 0.8 } else { 0.95 }) <= budget
        });
        spent = spent.plus(demand.grant.map_or(Bitrate::default(), |grant| demand.cost(grant)));
    }

    let screens = demands.iter().take_while(|demand| demand.screen).count();
    let (screens, cameras) = demands.split_at_mut(screens);
    upgrade(budget, may_upgrade, screens, &mut spent);
    upgrade(budget, may_upgrade, cameras, &mut spent);
    spent
}

/// Lifts demands by one step each, again and again, until nothing more fits.
fn upgrade(budget: Bitrate, may_upgrade: bool, demands: &mut [Demand], spent: &mut Bitrate) {
    loop {
        let mut lifted = false;
        for demand in demands.iter_mut() {
            let Some((grant, next)) = demand.grant.and_then(|grant| Some((grant, demand.above(grant)?)))
            else {
                continue;
            };
            let new = demand.current.is_some_and(|current| next > current);
            let margin = if new { UPGRADE_MARGIN } else { demand.current.map_or(1.0, |_| KEEP_MARGIN) };
            let others = spent.less(demand.cost(grant));
            let fits = others.plus(demand.cost(next).scaled(margin)) <= budget;
            if fits && (may_upgrade || !new) {
                *spent = others.plus(demand.cost(next));
                demand.grant = Some(next);
                lifted = true;
            }
        }
        if !lifted {
            return;
        }
    }
}

impl Demand {
    /// The step that satisfies it whole: the highest sent up to the wanted one, else the lowest above.
    #[must_use]
    pub fn best(&self) -> Option<u8> {
        let sent = |&step: &u8| self.costs[usize::from(step)].is_some();
        let highest = self.highest.min(MAX_STEPS as u8 - 1);
        (0..=highest).rev().find(sent).or_else(|| (highest..MAX_STEPS as u8).find(sent))
    }

    /// The same without what a shard leaves out; nothing if that is all of it.
    #[must_use]
    pub fn relieved(self, relief: Relief) -> Option<Self> {
        let Some(best) = self.best().filter(|_| relief != Relief::None) else { return Some(self) };
        let sent = || (0..=best).filter(|&step| self.costs[usize::from(step)].is_some());
        let most = relief.most(self.screen, sent().count())?;
        Some(Self { highest: sent().nth(most).unwrap_or(best), ..self })
    }

    /// What a step takes.
    #[must_use]
    pub fn cost(&self, step: u8) -> Bitrate {
        self.costs[usize::from(step)].unwrap_or_default()
    }

    /// The lowest step that is sent.
    #[must_use]
    pub fn lowest(&self) -> Option<u8> {
        let sent = self.costs.iter().position(Option::is_some)?;
        Some(sent as u8)
    }

    fn above(&self, step: u8) -> Option<u8> {
        let sent = |&step: &u8| self.costs[usize::from(step)].is_some();
        let highest = self.highest.min(MAX_STEPS as u8 - 1);
        (step + 1..=highest).find(sent)
    }
}

const UPGRADE_MARGIN: f64 = 1.15;
/// Rates are measured with an error, and the estimator tells soon enough if it really is too much.
const KEEP_MARGIN: f64 = 0.92;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everyone_gets_the_lowest_layer_before_anyone_gets_more() {
        let mut demands = [camera(1), camera(2), camera(3)];

        allocate(Bitrate::kbps(500), true, &mut demands);

        assert_eq!(grants(&demands), [(1, Some(0)), (2, Some(0)), (3, Some(0))]);
    }

    #[test]
    fn a_wide_path_gives_what_is_wanted_and_not_more() {
        let mut demands = [camera(1), Demand { highest: 1, ..camera(2) }];

        let spent = allocate(Bitrate::UNLIMITED, true, &mut demands);

        assert_eq!(grants(&demands), [(1, Some(2)), (2, Some(1))]);
        assert_eq!(spent, Bitrate::kbps(2_000 + 500));
    }

    #[test]
    fn a_screen_is_whole_before_cameras_climb() {
        let mut demands = [camera(1), Demand { screen: true, ..camera(2) }];

        allocate(Bitrate::kbps(2_200), true, &mut demands);

        assert_eq!(grants(&demands), [(1, Some(0)), (2, Some(2))]);
    }

    #[test]
    fn priority_decides_who_climbs() {
        let mut demands = [camera(1), Demand { priority: 1, ..camera(2) }];

        allocate(Bitrate::kbps(700), true, &mut demands);

        assert_eq!(grants(&demands), [(1, Some(0)), (2, Some(1))]);
    }

    #[test]
    fn the_last_in_order_is_paused_when_not_even_the_lowest_fits() {
        let mut demands = [camera(1), camera(2), Demand { screen: true, ..camera(3) }];

        allocate(Bitrate::kbps(300), true, &mut demands);

        assert_eq!(grants(&demands), [(1, Some(0)), (2, None), (3, Some(0))]);
    }

    #[test]
    fn what_is_had_is_kept_where_it_would_not_be_given_anew() {
        let had = Demand { current: Some(1), ..camera(1) };
        let budget = Bitrate::kbps(2_100);

        let mut kept = [Demand { current: Some(2), ..had }];
        allocate(budget, true, &mut kept);
        let mut anew = [had];
        allocate(budget, true, &mut anew);

        assert_eq!(grants(&kept), [(1, Some(2))]);
        assert_eq!(grants(&anew), [(1, Some(1))]);
    }

    #[test]
    fn a_failed_upgrade_is_not_tried_again_at_once() {
        let mut demands = [Demand { current: Some(1), ..camera(1) }];

        allocate(Bitrate::UNLIMITED, false, &mut demands);

        assert_eq!(grants(&demands), [(1, Some(1))]);
    }

    #[test]
    fn layers_that_are_not_sent_are_stepped_over() {
        let mut gap = camera(1);
        gap.costs[1] = None;
        let mut only_high = Demand { highest: 0, ..camera(2) };
        only_high.costs = costs([None, None, Some(2_000)]);

        let mut demands = [gap, only_high];
        allocate(Bitrate::UNLIMITED, true, &mut demands);

        assert_eq!(grants(&demands), [(1, Some(2)), (2, Some(2))]);
        assert_eq!(only_high.best(), Some(2));
    }

    #[test]
    fn relief_counts_the_steps_that_are_sent() {
        let highest = |demand: Demand, relief| demand.relieved(relief).map(|demand| demand.highest);
        let mut gap = camera(1);
        gap.costs[1] = None;
        let layered = Demand { highest: u8::MAX, ..camera(1) };

        assert_eq!(highest(layered, Relief::None), Some(u8::MAX));
        assert_eq!(highest(layered, Relief::Smaller), Some(1));
        assert_eq!(highest(gap, Relief::Smaller), Some(0));
        assert_eq!(highest(Demand { screen: true, ..gap }, Relief::Smaller), Some(2));
        assert_eq!(highest(camera(1), Relief::SoundOnly), None);
    }

    fn camera(slot: u32) -> Demand {
        Demand {
            slot,
            screen: false,
            priority: 0,
            costs: costs([Some(150), Some(500), Some(2_000)]),
            highest: 2,
            current: None,
            grant: None,
        }
    }

    fn costs(kbps: [Option<u64>; 3]) -> [Option<Bitrate>; MAX_STEPS] {
        let mut costs = [None; MAX_STEPS];
        costs.iter_mut().zip(kbps).for_each(|(cost, kbps)| *cost = kbps.map(Bitrate::kbps));
        costs
    }

    fn grants(demands: &[Demand]) -> Vec<(u32, Option<u8>)> {
        let mut grants: Vec<_> = demands.iter().map(|demand| (demand.slot, demand.grant)).collect();
        grants.sort_unstable();
        grants
    }
}
