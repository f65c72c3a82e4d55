//! Where devices and trunks are to be called, and how their sound is protected.

use super::call_leg::{CallLeg, Party};
use super::calls::{Calls, Stage};
use super::hunt::{Outside, Payer, Target};
use super::io::Around;
use super::media_plane::LegId;
use super::record::{CallId, RecordedRoute};
use crate::flow::{Carrier, Flow};
use crate::message::{NameAddr, StatusCode, Uri};
use crate::sdp::Offering;

/// Where one device or trunk is to be called.
pub(super) struct Way {
    pub(super) target: Target,
    pub(super) party: Party,
    pub(super) route: RecordedRoute,
    pub(super) to: String,
    pub(super) flow: Flow,
    pub(super) uri: Uri,
    pub(super) path: Vec<NameAddr>,
    pub(super) offering: Offering,
    /// Whether it says that it does ICE: others need not read candidates.
    pub(super) ice: bool,
}

impl Calls {
    /// All devices of an extension, but not the one that calls.
    pub(super) fn ways_to_extension(&self, around: &Around<'_>, call: CallId, number: &str) -> Vec<Way> {
        let Some(extension) = around.plan.extension(number) else { return Vec::new() };
        let caller = self.calls.get(&call).and_then(|call| self.legs.get(&call.caller));
        let calling = caller.filter(|leg| leg.record.inbound).and_then(|leg| leg.side.flow());
        let bindings = around.registrar.lookup(around.now, number).into_iter();
        bindings
            .filter(|binding| Some(binding.flow) != calling)
            .map(|binding| Way {
                target: Target::Extension(number.to_owned()),
                party: Party::Extension { number: number.to_owned(), binding: Some(binding.key.clone()) },
                route: RecordedRoute::OnNet { post: extension.post },
                to: number.to_owned(),
                flow: binding.flow,
                uri: binding.contact.uri.clone(),
                path: binding.path.clone(),
                offering: self.first_offering(&binding.key, binding.flow.carrier),
                ice: binding.contact.does_ice(),
            })
            .collect()
    }

    pub(super) fn way_outside(
        &self,
        around: &Around<'_>,
        call: CallId,
        outside: &Outside,
    ) -> Result<Way, StatusCode> {
        let trunk = around.plan.trunk(outside.way.trunk).ok_or(StatusCode::SERVICE_UNAVAILABLE)?;
        self.check_limits(around, call, outside, trunk.calls)?;
        let flow = match outside.in_need {
            true => around.trunks.flow_in_need(trunk.id),
            false => around.trunks.flow(trunk.id),
        };
        let flow = flow.ok_or(StatusCode::SERVICE_UNAVAILABLE)?;
        let uri = Uri::sip(Some(&outside.way.number), &trunk.host, trunk.port)
            .map_err(|_| StatusCode::ADDRESS_INCOMPLETE)?;
        Ok(Way {
            target: Target::Outside(outside.clone()),
            party: Party::Outside { trunk: trunk.id, number: outside.number.clone() },
            route: RecordedRoute::Trunk { trunk: trunk.id, post: trunk.post },
            to: outside.number.clone(),
            flow,
            uri: if flow.carrier == Carrier::Udp {
                uri
            } else {
                uri.with_param("transport", Some(flow.carrier.parameter()))
            },
            path: Vec::new(),
            offering: if trunk.srtp && flow.carrier.is_secure() { Offering::Sdes } else { Offering::Plain },
            ice: false,
        })
    }

    /// Whether the trunk and whoever pays may have one more call. Emergency calls always may.
    fn check_limits(
        &self,
        around: &Around<'_>,
        call: CallId,
        outside: &Outside,
        limit: u16,
    ) -> Result<(), StatusCode> {
        if outside.emergency {
            return Ok(());
        }
        if self.legs_on(outside.way.trunk) >= usize::from(limit) {
            return Err(StatusCode::SERVICE_UNAVAILABLE);
        }
        let Some(Stage::Hunting(hunting)) = self.calls.get(&call).map(|call| &call.stage) else {
            return Ok(());
        };
        let Payer::Extension(payer) = hunting.hunt.payer() else { return Ok(()) };
        let Some(extension) = around.plan.extension(payer) else { return Ok(()) };
        let paid = |leg: &&CallLeg| {
            !leg.is_over()
                && !leg.record.inbound
                && matches!(leg.party, Party::Outside { .. })
                && leg.payer.as_ref() == Some(payer)
        };
        match self.legs.values().filter(paid).count() >= usize::from(extension.outside_calls) {
            true => Err(StatusCode::FORBIDDEN),
            false => Ok(()),
        }
    }

    /// How a device's sound is protected at first: as it was the last time, encrypted if the signalling is.
    fn first_offering(&self, binding: &str, carrier: Carrier) -> Offering {
        let first = if carrier.is_secure() { Offering::Sdes } else { Offering::Plain };
        self.protections.get(binding).copied().unwrap_or(first)
    }

    pub(super) fn remember_protection(&mut self, id: LegId) {
        let Some(leg) = self.legs.get(&id) else { return };
        let Party::Extension { binding: Some(binding), .. } = &leg.party else { return };
        if self.protections.len() >= MAX_REMEMBERED {
            self.protections.clear();
        }
        self.protections.insert(binding.clone(), leg.offering);
    }

    /// Another server of the trunk that did not serve a call.
    pub(super) fn other_server(&mut self, around: &mut Around<'_>, call: CallId, id: LegId) -> Option<Way> {
        let leg = self.legs.get(&id)?;
        let (Some(failed), Some(Target::Outside(outside))) = (leg.side.flow(), leg.target.clone()) else {
            return None;
        };
        let tried = &mut self.hunting(call)?.tried;
        tried.push(failed);
        let flow = around.trunks.another(around.now, outside.way.trunk, tried)?;
        let way = self.way_outside(around, call, &outside).ok()?;
        Some(Way { flow, ..way })
    }

    /// Another way to protect the sound of a device that did not like the first.
    pub(super) fn other_protection(&self, around: &Around<'_>, id: LegId, status: StatusCode) -> Option<Way> {
        if !matches!(status.code(), 415 | 488 | 606) {
            return None;
        }
        let leg = self.legs.get(&id)?;
        let Party::Extension { number, binding: Some(key) } = &leg.party else { return None };
        let binding =
            around.registrar.lookup(around.now, number).into_iter().find(|binding| binding.key == *key)?;
        // In turn, until what was tried first would come again.
        let offering = next_offering(leg.offering, binding.flow.carrier);
        if offering == self.first_offering(key, binding.flow.carrier) {
            return None;
        }
        Some(Way {
            target: leg.target.clone()?,
            party: leg.party.clone(),
            route: leg.record.route.clone(),
            to: number.clone(),
            flow: binding.flow,
            uri: binding.contact.uri.clone(),
            path: binding.path.clone(),
            offering,
            ice: binding.contact.does_ice(),
        })
    }
}

/// How to protect the sound of a device that does not like this. One may want DTLS-SRTP whatever its signalling is; SDES
/// keys are for encrypted signalling only.
fn next_offering(offering: Offering, carrier: Carrier) -> Offering {
    match offering {
        Offering::Sdes => Offering::Dtls,
        Offering::Dtls => Offering::Plain,
        Offering::Plain | Offering::Opportunistic if carrier.is_secure() => Offering::Sdes,
        Offering::Plain | Offering::Opportunistic => Offering::Dtls,
    }
}

/// The most devices whose liking for a protection is remembered.
const MAX_REMEMBERED: usize = 20_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_protection_gets_its_turn_and_keys_are_written_into_encrypted_signalling_only() {
        let tried = |carrier, first: Offering| {
            let mut tried = vec![first];
            loop {
                let next = next_offering(tried[tried.len() - 1], carrier);
                if next == first {
                    return tried;
                }
                tried.push(next);
            }
        };
        assert_eq!(tried(Carrier::Udp, Offering::Plain), [Offering::Plain, Offering::Dtls]);
        assert_eq!(tried(Carrier::Tcp, Offering::Dtls), [Offering::Dtls, Offering::Plain]);
        assert_eq!(tried(Carrier::Tls, Offering::Sdes), [Offering::Sdes, Offering::Dtls, Offering::Plain]);
        assert_eq!(tried(Carrier::Tls, Offering::Plain).len(), 3);
    }
}
