//! Calling one of those who are to ring: a device, a trunk, or the browsers of an extension.

use super::audio::{formats_toward, local_audio};
use super::call_leg::{CallLeg, Party};
use super::calls::{Call, Calls, Stage};
use super::hunt::{Payer, Target};
use super::identity::{number_at, push_diversions};
use super::io::Around;
use super::media_plane::{MediaReport, Wish};
use super::record::{CallId, LegRecord, RecordedRoute};
use super::room_end::RoomEnd;
use super::screen::ScreenEvent;
use super::side::Side;
use super::ways::Way;
use crate::dialog::MAX_FORWARDS;
use crate::leg::{Invitation, Leg};
use crate::message::{HeaderName, Headers, NameAddr, StatusCode, Uri};
use crate::sdp::{Format, Offering};

impl Calls {
    /// Calls one device or trunk.
    pub(super) fn start_branch(&mut self, around: &mut Around<'_>, call: CallId, way: Way) -> bool {
        let id = self.next_leg();
        let wish = Wish {
            peer: way.flow.remote.ip(),
            sdes: way.offering == Offering::Sdes,
            dtls: way.offering == Offering::Dtls,
            ice: way.ice,
            emergency: matches!(&way.target, Target::Outside(outside) if outside.emergency),
        };
        let Ok(media) = around.media.open(id, wish) else { return false };
        let toward = formats_toward(&self.caller_formats(call));
        let local = local_audio(&media, toward, way.offering);
        let contact = self.contact(around, &way.flow, None);
        let (tokens, call_id) = (self.mint.tokens(), self.mint.call_id());
        let hops = self.hops_left(call);
        let Some(Call { stage: Stage::Hunting(hunting), dialled, .. }) = self.calls.get_mut(&call) else {
            around.media.close(id);
            return false;
        };

        let realm = &around.plan.realm;
        let outside = match &way.target {
            Target::Outside(outside) => {
                around.plan.trunk(outside.way.trunk).map(|trunk| (trunk, &outside.way))
            }
            Target::Extension(_) => None,
        };
        let (from, mut headers) = match outside {
            Some((trunk, way)) => hunting.presented.toward_trunk(trunk, way),
            None => {
                let from = hunting.presented.address(realm);
                let mut headers = Headers::new();
                headers.push(HeaderName::PAssertedIdentity, &from);
                (from, headers)
            }
        };
        headers.push(HeaderName::MaxForwards, hops);
        let diversions = hunting.hunt.diversions();
        match outside {
            Some((trunk, _)) => {
                push_diversions(&mut headers, &trunk.host, diversions, |by| {
                    number_at(around.plan, trunk, by)
                });
            }
            None => push_diversions(&mut headers, realm, diversions, Some),
        }
        let to = match outside {
            Some(_) => NameAddr::new(way.uri.bare()),
            None => NameAddr::new(Uri::sip(Some(&way.to), realm, None).unwrap_or_else(|_| way.uri.bare())),
        };
        let payer = match hunting.hunt.payer() {
            Payer::Extension(number) => Some(number.clone()),
            Payer::Trunk(_) => None,
        };
        let record = LegRecord {
            call,
            leg: id,
            inbound: false,
            from: hunting.presented.number.clone(),
            from_name: hunting.presented.name.clone(),
            dialled: dialled.clone(),
            to: way.to.clone(),
            route: way.route,
            began: around.now,
            ringing: None,
            answered: None,
            ended: None,
            media: MediaReport::default(),
        };
        hunting.branches.push(id);

        let invitation = Invitation {
            flow: way.flow,
            uri: way.uri,
            from,
            to,
            call_id,
            route: way.path,
            contact,
            headers,
            local: Some(local),
        };
        let leg = Leg::invite(around.now, invitation, tokens);
        let mut leg = CallLeg::new(call, Side::Phone(Box::new(leg)), way.party, record);
        leg.media = Some(media);
        leg.offering = way.offering;
        leg.target = Some(way.target);
        leg.payer = payer;
        self.insert(id, leg);
        self.tell(id);
        self.seat_first(around, call, id);
        true
    }

    /// Rings in all browsers of an extension, which are one branch.
    pub(super) fn start_screen_branch(
        &mut self,
        around: &mut Around<'_>,
        call: CallId,
        number: &str,
    ) -> bool {
        let Some(extension) = around.plan.extension(number) else { return false };
        let of_caller = self.calls.get(&call).and_then(|call| self.legs.get(&call.caller));
        let of_caller = of_caller.and_then(|leg| leg.side.room()).map(|room| room.room.clone());
        let id = self.next_leg();
        let fresh = self.mint.room();
        let Some(Call { stage: Stage::Hunting(hunting), dialled, .. }) = self.calls.get_mut(&call) else {
            return false;
        };
        let room = of_caller.unwrap_or_else(|| hunting.room.get_or_insert(fresh).clone());
        let record = LegRecord {
            call,
            leg: id,
            inbound: false,
            from: hunting.presented.number.clone(),
            from_name: hunting.presented.name.clone(),
            dialled: dialled.clone(),
            to: number.to_owned(),
            route: RecordedRoute::Browser { post: extension.post },
            began: around.now,
            ringing: Some(around.now),
            answered: None,
            ended: None,
            media: MediaReport::default(),
        };
        hunting.branches.push(id);
        let rings = ScreenEvent::Rings {
            from: record.from.clone(),
            from_name: record.from_name.clone(),
            dialled: record.dialled.clone(),
        };
        let side = Side::Room(Box::new(RoomEnd::ringing(room, number.to_owned())));
        let party = Party::Extension { number: number.to_owned(), binding: None };
        let mut leg = CallLeg::new(call, side, party, record);
        leg.target = Some(Target::Extension(number.to_owned()));
        self.insert(id, leg);
        self.tell(id);
        self.tell_screen(id, rings);
        self.handle_ringing(around, call, id, StatusCode::RINGING);
        true
    }

    /// Whether somebody has an extension open in a browser, and it is not the one that calls, or calls to be called.
    pub(super) fn has_screens_for(&self, call: CallId, number: &str) -> bool {
        let caller = self.calls.get(&call).and_then(|call| self.legs.get(&call.caller));
        let calls_itself = caller.is_some_and(|leg| {
            let own = leg.extension().or(leg.payer.as_deref());
            leg.side.room().is_some() && own == Some(number)
        });
        self.screens.contains(number) && !calls_itself
    }

    /// How many hops a call may take from here on. Without that a loop over somebody else's server never ends.
    fn hops_left(&self, call: CallId) -> u8 {
        let caller = self.calls.get(&call).and_then(|call| self.legs.get(&call.caller));
        let told = caller
            .filter(|leg| leg.record.inbound)
            .and_then(|leg| leg.phone()?.invitation().headers.max_forwards());
        told.map_or(MAX_FORWARDS, |hops| hops.saturating_sub(1).min(MAX_FORWARDS))
    }

    /// What the caller can speak, or speaks already.
    fn caller_formats(&self, call: CallId) -> Vec<Format> {
        let Some(caller) = self.calls.get(&call).and_then(|call| self.legs.get(&call.caller)) else {
            return Vec::new();
        };
        match caller.side.agreed() {
            Some(agreed) if caller.side.is_confirmed() => vec![agreed.send.clone()],
            _ => caller.side.offered().map(|offered| offered.formats).unwrap_or_default(),
        }
    }
}
