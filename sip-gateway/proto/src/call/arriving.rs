//! An INVITE comes: whether there is room for one more call, and whether anybody could talk in it.

use std::borrow::Cow;

use super::audio::{formats_for, local_audio};
use super::call_leg::{CallLeg, Party, who};
use super::calls::{Call, Calls, Stage};
use super::io::{Around, Origin, Output};
use super::media_plane::{LegId, MediaReport, Sound, Wish};
use super::record::{CallId, EndCause, LegRecord};
use super::side::Side;
use crate::flow::Flow;
use crate::leg::Leg;
use crate::message::{HeaderName, Request, StatusCode};
use crate::plan::{Caller, Plan, Route, TrunkId};
use crate::transaction::ServerKey;

impl Calls {
    /// Takes an INVITE outside a dialog, from somebody who has proved who he is.
    pub fn handle_invite(
        &mut self,
        around: &mut Around<'_>,
        key: ServerKey,
        flow: Flow,
        request: Request,
        origin: Origin,
    ) {
        let dialled = request.uri.user().map(Cow::into_owned).unwrap_or_default();
        if self.is_full_for(around, &origin, &dialled) {
            let mut response = request.reply(StatusCode::SERVICE_UNAVAILABLE, None);
            response.headers.push(HeaderName::RetryAfter, 10);
            return self.outputs.push_back(Output::Respond { key, response });
        }
        let tokens = self.mint.tokens();
        let contact = self.contact(around, &flow, request.uri.user().as_deref());
        let wish = Wish {
            peer: flow.remote.ip(),
            sdes: flow.carrier.is_secure(),
            dtls: contains(&request.body, b"a=fingerprint"),
            ice: contains(&request.body, b"a=ice-ufrag"),
            emergency: is_emergency(around.plan, &origin, &dialled),
        };
        let leg = match Leg::invited(around.now, key, flow, request, contact, tokens) {
            Ok(leg) => leg,
            Err(response) => return self.outputs.push_back(Output::Respond { key, response }),
        };

        let (party, presented, route) = who(around, &leg, &origin);
        let id = self.next_leg();
        self.inviting.insert(key, id);
        let call = CallId(id.0);
        let record = LegRecord {
            call,
            leg: id,
            inbound: true,
            from: presented.number.clone(),
            from_name: presented.name.clone(),
            dialled: dialled.clone(),
            to: String::new(),
            route,
            began: around.now,
            ringing: None,
            answered: None,
            ended: None,
            media: MediaReport::default(),
        };
        let mut leg = CallLeg::new(call, Side::Phone(Box::new(leg)), party, record);
        leg.invite = Some(key);
        self.insert(id, leg);
        let opened = Call {
            caller: id,
            dialled: dialled.clone(),
            stage: Stage::Alone { sound: Sound::Silence },
            deadline: None,
        };
        self.calls.insert(call, opened);
        self.tell(id);

        match self.prepare(around, id, wish) {
            Ok(()) => self.begin(around, call, &origin, presented, &dialled),
            Err((status, why)) => self.end_call(around, call, status, EndCause::Failed(why)),
        }
        self.settle(around);
    }

    /// Whether there is no room for one more call of somebody. For emergency calls there is.
    pub(super) fn is_full_for(&self, around: &Around<'_>, origin: &Origin, dialled: &str) -> bool {
        let crowded = match origin {
            Origin::Device { extension } => self.calls_by(extension) >= MAX_CALLS_OF_ONE,
            Origin::Trunk(trunk) => {
                let limit = around.plan.trunk(*trunk).map_or(0, |trunk| trunk.calls);
                self.legs_on(*trunk) >= usize::from(limit)
            }
        };
        if !crowded && self.legs.len() < MAX_LEGS {
            return false;
        }
        !is_emergency(around.plan, origin, dialled) || self.legs.len() >= MAX_LEGS + RESERVED_LEGS
    }

    /// How many calls an extension makes: on its phones, in its browsers, and for meetings.
    fn calls_by(&self, extension: &str) -> usize {
        let is_its = |leg: &&CallLeg| {
            leg.record.inbound && !leg.ended && leg.payer.as_ref().is_some_and(|payer| payer == extension)
        };
        let own = self.of_extension.get(extension).into_iter().flatten();
        let own = own.filter(|id| self.legs[*id].record.inbound && !self.legs[*id].ended).count();
        own + self.meetings_calling.iter().filter_map(|id| self.legs.get(id)).filter(is_its).count()
    }

    /// How many calls a trunk carries.
    pub(super) fn legs_on(&self, wanted: TrunkId) -> usize {
        let on_it = |leg: &&CallLeg| {
            !leg.ended && matches!(leg.party, Party::Outside { trunk, .. } if trunk == wanted)
        };
        self.legs.values().filter(on_it).count()
    }

    /// Takes a port for who calls, and sees whether his offer leads to anything: nobody is to be rung for a call in which
    /// nothing can be heard. An error is what he is told, and why.
    fn prepare(
        &mut self,
        around: &mut Around<'_>,
        id: LegId,
        wish: Wish,
    ) -> Result<(), (StatusCode, &'static str)> {
        let Some(leg) = self.legs.get_mut(&id) else { return Ok(()) };
        let Ok(media) = around.media.open(id, wish) else {
            return Err((StatusCode::SERVICE_UNAVAILABLE, "no port for sound"));
        };
        let offered = leg.side.offered().map(|offered| offered.formats).unwrap_or_default();
        let local = local_audio(&media, formats_for(&offered), leg.offering);
        leg.media = Some(media);
        match leg.phone().map(|leg| leg.check_offer(&local)) {
            Some(Ok(())) | None => Ok(()),
            Some(Err(_)) => Err((StatusCode::NOT_ACCEPTABLE_HERE, "no sound in common")),
        }
    }
}

/// Whether somebody of the house calls for help.
fn is_emergency(plan: &Plan, origin: &Origin, dialled: &str) -> bool {
    let Origin::Device { extension } = origin else { return false };
    matches!(plan.route(Caller::Extension(extension), dialled), Route::Emergency { .. })
}

fn contains(text: &[u8], word: &[u8]) -> bool {
    text.windows(word.len()).any(|window| window == word)
}

/// The most legs at once.
const MAX_LEGS: usize = 20_000;
/// How many more there may be for emergency calls.
const RESERVED_LEGS: usize = 1_000;
/// The most calls that one extension makes at once: a switchboard makes some, a broken phone thousands.
const MAX_CALLS_OF_ONE: usize = 32;
