//! An end of a call with what the call knows of it: who is there, where its sound goes, what is recorded.

use std::time::Instant;

use super::hunt::Target;
use super::identity::Presented;
use super::io::{Around, Origin};
use super::media_plane::LegMedia;
use super::record::{CallId, LegRecord, RecordedRoute};
use super::side::Side;
use crate::leg::Leg;
use crate::plan::{Plan, TrunkId};
use crate::sdp::Offering;
use crate::transaction::ServerKey;

/// A leg and what calls know of it.
#[derive(Debug)]
pub(super) struct CallLeg {
    pub(super) call: CallId,
    pub(super) side: Side,
    pub(super) party: Party,
    pub(super) media: Option<LegMedia>,
    pub(super) offering: Offering,
    pub(super) record: LegRecord,
    /// What it was made to reach, if we called.
    pub(super) target: Option<Target>,
    /// The extension on whose account it goes, if we called or a meeting does.
    pub(super) payer: Option<String>,
    /// The transaction that made it, if we are called.
    pub(super) invite: Option<ServerKey>,
    pub(super) due: Option<Instant>,
    /// Phrases of which the sound engine has not told yet that they were said.
    pub(super) unsaid: u32,
    pub(super) ended: bool,
    /// Whether the office was asked to let it into a meeting, and may still say something.
    pub(super) at_door: bool,
}

/// Who is on the other side of a leg.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Party {
    /// An extension, by its number; on one of its devices, by the binding if it is known.
    Extension { number: String, binding: Option<String> },
    /// Somebody behind a trunk.
    Outside { trunk: TrunkId, number: String },
    /// A meeting, by what it is called.
    Meeting { name: String },
}

impl Party {
    /// Who that is, as others are told.
    pub(super) fn presented(&self, plan: &Plan) -> Presented {
        match self {
            Self::Extension { number, .. } => Presented::extension(plan, number),
            Self::Outside { number, .. } => Presented { number: number.clone(), name: String::new() },
            Self::Meeting { name } => Presented { number: String::new(), name: name.clone() },
        }
    }
}

impl CallLeg {
    pub(super) fn new(call: CallId, side: Side, party: Party, record: LegRecord) -> Self {
        Self {
            call,
            side,
            party,
            media: None,
            offering: Offering::Plain,
            record,
            target: None,
            payer: None,
            invite: None,
            due: None,
            unsaid: 0,
            ended: false,
            at_door: false,
        }
    }

    pub(super) fn is_over(&self) -> bool {
        self.ended
    }

    /// The extension on its other side.
    pub(super) fn extension(&self) -> Option<&str> {
        match &self.party {
            Party::Extension { number, .. } => Some(number),
            Party::Outside { .. } | Party::Meeting { .. } => None,
        }
    }

    /// Its dialog, if it is a phone's.
    pub(super) fn phone(&self) -> Option<&Leg> {
        self.side.phone()
    }

    /// The same, to tell it something.
    pub(super) fn phone_mut(&mut self) -> Option<&mut Leg> {
        self.side.phone_mut()
    }
}

/// Who calls, as others are told and as it is recorded.
pub(super) fn who(around: &Around<'_>, leg: &Leg, origin: &Origin) -> (Party, Presented, RecordedRoute) {
    match origin {
        Origin::Device { extension } => {
            let post =
                around.plan.extension(extension).map_or(crate::plan::PostId(0), |extension| extension.post);
            let bindings = around.registrar.lookup(around.now, extension);
            let bound = bindings.into_iter().find(|binding| binding.flow == leg.flow());
            let binding = bound.map(|binding| binding.key.clone());
            let party = Party::Extension { number: extension.clone(), binding };
            (party, Presented::extension(around.plan, extension), RecordedRoute::OnNet { post })
        }
        Origin::Trunk(trunk) => {
            let post = around.plan.trunk(*trunk).map_or(crate::plan::PostId(0), |trunk| trunk.post);
            let presented = Presented::from_trunk(&leg.invitation().headers);
            let party = Party::Outside { trunk: *trunk, number: presented.number.clone() };
            (party, presented, RecordedRoute::Trunk { trunk: *trunk, post })
        }
    }
}
