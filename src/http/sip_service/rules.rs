//! Dispatch rules: all public numbers that lead to one number of the house are one rule there.
//!
//! | The number of the house is | The rule is |
//! |---|---|
//! | one of a meeting | direct, `room_name` is the meeting |
//! | one that asks for the PIN of a meeting | direct, without `room_name` |
//! | of an extension or a group | callee, since each call has a room of its own; the attribute `palabre.number` is the number |

use std::collections::BTreeMap;

use axum::response::Response;
use livekit_protocol as proto;
use proto::sip_dispatch_rule::Rule;
use proto::{
    SipDispatchRule, SipDispatchRuleCallee, SipDispatchRuleDirect, SipDispatchRuleInfo,
    update_sip_dispatch_rule_request::Action,
};
use signaling::twirp::{Code, TwirpError};
use sip_gateway_proto::plan::{InboundNumber, Plan, TrunkId};

use super::words::{page, rule_id, srtp, target_of, trunk_id, trunk_of, updated};
use super::{SipService, invalid, refused, unsupported};
use crate::store::PlanChange;

impl SipService<'_> {
    pub(super) async fn list_rules(&self) -> Result<Response, TwirpError> {
        self.require_admin()?;
        let request: proto::ListSipDispatchRuleRequest = self.request.message()?;
        let plan = self.plan().await?;
        let mut items = rules(&plan);
        if !request.trunk_ids.is_empty() {
            items.retain(|rule| rule.trunk_ids.iter().any(|trunk| request.trunk_ids.contains(trunk)));
        }
        if !request.dispatch_rule_ids.is_empty() {
            let find = |id: &String| items.iter().find(|rule| rule.sip_dispatch_rule_id == *id).cloned();
            items = request.dispatch_rule_ids.iter().map(|id| find(id).unwrap_or_default()).collect();
        }
        let items = page(items, request.page.as_ref(), |rule| &rule.sip_dispatch_rule_id);
        Ok(self.request.answer(&proto::ListSipDispatchRuleResponse { items }))
    }

    pub(super) async fn create_rule(&self) -> Result<Response, TwirpError> {
        self.require_admin()?;
        let request: proto::CreateSipDispatchRuleRequest = self.request.message()?;
        let wanted = wanted(request);
        let plan = self.plan().await?;
        let target = target(&plan, &wanted)?;
        let numbers = covered(&plan, &wanted)?;
        let mut change = self.change().await?;
        lead(&mut change, &numbers, &target).await?;
        let plan = self.commit(change).await?;
        Ok(self.request.answer(&known(&plan, &target)?))
    }

    pub(super) async fn update_rule(&self) -> Result<Response, TwirpError> {
        self.require_admin()?;
        let request: proto::UpdateSipDispatchRuleRequest = self.request.message()?;
        let plan = self.plan().await?;
        let old = target_of(&request.sip_dispatch_rule_id)?;
        let before = known(&plan, old)?;
        let wanted = match request.action.ok_or_else(|| invalid("say replace or update"))? {
            Action::Replace(wanted) => wanted,
            #[allow(deprecated)] // older clients say it there
            Action::Update(update) => {
                let attributes = match update.attributes.is_empty() {
                    true => before.attributes,
                    false => update.attributes,
                };
                SipDispatchRuleInfo {
                    trunk_ids: updated(before.trunk_ids, update.trunk_ids),
                    rule: update.rule.or(before.rule),
                    numbers: before.numbers,
                    metadata: update.metadata.unwrap_or_default(),
                    attributes,
                    media_encryption: update.media_encryption.unwrap_or_default(),
                    media: update.media,
                    ..Default::default()
                }
            }
        };
        let target = target(&plan, &wanted)?;
        let numbers = covered(&plan, &wanted)?;
        let mut change = self.change().await?;
        for (trunk, number) in leading_to(&plan, old).filter(|pair| !numbers.contains(pair)) {
            change.remove_inbound(trunk, &number).await.map_err(refused)?;
        }
        lead(&mut change, &numbers, &target).await?;
        let plan = self.commit(change).await?;
        Ok(self.request.answer(&known(&plan, &target)?))
    }

    pub(super) async fn delete_rule(&self) -> Result<Response, TwirpError> {
        self.require_admin()?;
        let request: proto::DeleteSipDispatchRuleRequest = self.request.message()?;
        let plan = self.plan().await?;
        let target = target_of(&request.sip_dispatch_rule_id)?;
        let rule = known(&plan, target)?;
        let mut change = self.change().await?;
        for (trunk, number) in leading_to(&plan, target) {
            change.remove_inbound(trunk, &number).await.map_err(refused)?;
        }
        self.commit(change).await?;
        Ok(self.request.answer(&rule))
    }
}

/// The rule of a request, in which older clients say everything beside it.
#[allow(deprecated)]
fn wanted(request: proto::CreateSipDispatchRuleRequest) -> SipDispatchRuleInfo {
    request.dispatch_rule.unwrap_or(SipDispatchRuleInfo {
        rule: request.rule,
        trunk_ids: request.trunk_ids,
        hide_phone_number: request.hide_phone_number,
        inbound_numbers: request.inbound_numbers,
        name: request.name,
        metadata: request.metadata,
        attributes: request.attributes,
        room_preset: request.room_preset,
        room_config: request.room_config,
        ..Default::default()
    })
}

/// The number of the house to which a rule leads.
#[allow(deprecated)] // older clients say the encryption there
fn target(plan: &Plan, wanted: &SipDispatchRuleInfo) -> Result<String, TwirpError> {
    let other = wanted.attributes.keys().any(|name| name != NUMBER);
    unsupported(&[
        ("hide_phone_number", wanted.hide_phone_number),
        ("inbound_numbers", !wanted.inbound_numbers.is_empty()),
        ("metadata", !wanted.metadata.is_empty()),
        ("attributes beside palabre.number", other),
        ("room_preset", !wanted.room_preset.is_empty()),
        ("room_config", wanted.room_config.is_some()),
        ("krisp_enabled", wanted.krisp_enabled),
        ("media of a dispatch rule", srtp(wanted.media_encryption, wanted.media.as_ref())?),
    ])?;
    let rule = wanted.rule.as_ref().and_then(|rule| rule.rule.as_ref());
    let precondition = |why: String| TwirpError::new(Code::FailedPrecondition, why);
    match rule.ok_or_else(|| invalid("rule is missing"))? {
        Rule::DispatchRuleDirect(direct) if !direct.pin.is_empty() => {
            Err(invalid("pin cannot be used: a meeting has its own; without room_name, it is asked for"))
        }
        Rule::DispatchRuleDirect(direct) if direct.room_name.is_empty() => {
            let first = plan.conference.first().cloned();
            first.ok_or_else(|| {
                precondition("no number of the house asks for the PIN of a meeting".to_owned())
            })
        }
        Rule::DispatchRuleDirect(direct) => {
            let own = plan.rooms.iter().find(|room| room.meeting == direct.room_name);
            own.map(|room| room.number.clone()).ok_or_else(|| {
                precondition(format!(
                    "no number of the house leads to the meeting {:?} yet",
                    direct.room_name
                ))
            })
        }
        Rule::DispatchRuleCallee(_) => wanted.attributes.get(NUMBER).cloned().ok_or_else(|| {
            invalid(format!("attributes cannot be used: {NUMBER} is the extension or group to be called"))
        }),
        Rule::DispatchRuleIndividual(_) => {
            Err(TwirpError::new(Code::Unimplemented, "a room for each caller is not supported here"))
        }
    }
}

/// The public numbers of a rule by their trunks. A rule without numbers takes those of its trunks that have no rule but
/// the PIN; of a trunk without numbers, whatever comes.
fn covered(plan: &Plan, wanted: &SipDispatchRuleInfo) -> Result<Vec<(TrunkId, String)>, TwirpError> {
    let trunks = match wanted.trunk_ids.is_empty() {
        true => plan.trunks.iter().map(|trunk| trunk.id).collect(),
        false => wanted.trunk_ids.iter().map(|id| trunk_of(id)).collect::<Result<Vec<_>, _>>()?,
    };
    if trunks.is_empty() {
        return Err(TwirpError::new(
            Code::FailedPrecondition,
            "there is no trunk by which a call could come",
        ));
    }
    let mut covered = Vec::new();
    for trunk in trunks {
        let own = || plan.inbound.iter().filter(move |inbound| inbound.trunk == trunk);
        let numbers: Vec<String> = match (wanted.numbers.is_empty(), own().next()) {
            (false, _) => wanted.numbers.clone(),
            (true, None) => vec![String::new()],
            (true, Some(_)) => own()
                .filter(|inbound| plan.is_conference(&inbound.target))
                .map(|inbound| inbound.number.clone())
                .collect(),
        };
        covered.extend(numbers.into_iter().map(|number| (trunk, number)));
    }
    match covered.is_empty() {
        true => Err(invalid("numbers cannot be used: all numbers of these trunks have a rule; name some")),
        false => Ok(covered),
    }
}

async fn lead(
    change: &mut PlanChange,
    numbers: &[(TrunkId, String)],
    target: &str,
) -> Result<(), TwirpError> {
    for (trunk, number) in numbers {
        let inbound = InboundNumber { trunk: *trunk, number: number.clone(), target: target.to_owned() };
        change.set_inbound(inbound).await.map_err(refused)?;
    }
    Ok(())
}

fn leading_to<'a>(plan: &'a Plan, target: &'a str) -> impl Iterator<Item = (TrunkId, String)> + 'a {
    let leading = plan.inbound.iter().filter(move |inbound| inbound.target == target);
    leading.map(|inbound| (inbound.trunk, inbound.number.clone()))
}

fn known(plan: &Plan, target: &str) -> Result<SipDispatchRuleInfo, TwirpError> {
    let id = rule_id(target);
    let rule = rules(plan).into_iter().find(|rule| rule.sip_dispatch_rule_id == id);
    rule.ok_or_else(|| TwirpError::new(Code::NotFound, format!("there is no dispatch rule {id:?}")))
}

/// All rules by their targets.
fn rules(plan: &Plan) -> Vec<SipDispatchRuleInfo> {
    let mut by_target: BTreeMap<&str, SipDispatchRuleInfo> = BTreeMap::new();
    for InboundNumber { trunk, number, target } in &plan.inbound {
        let rule = by_target.entry(target).or_insert_with(|| describe(plan, target));
        let trunk = trunk_id(*trunk);
        if !rule.trunk_ids.contains(&trunk) {
            rule.trunk_ids.push(trunk);
        }
        if !number.is_empty() && !rule.numbers.contains(number) {
            rule.numbers.push(number.clone());
        }
    }
    by_target.into_values().collect()
}

/// The rule to a number of the house, before it has public numbers.
fn describe(plan: &Plan, target: &str) -> SipDispatchRuleInfo {
    let direct = |room: &str| {
        Rule::DispatchRuleDirect(SipDispatchRuleDirect { room_name: room.to_owned(), pin: String::new() })
    };
    let number = || [(NUMBER.to_owned(), target.to_owned())].into();
    let (rule, name, attributes) = match plan.room(target) {
        Some(room) => (direct(&room.meeting), room.name.clone(), Default::default()),
        None if plan.is_conference(target) => (direct(""), String::new(), Default::default()),
        None => {
            let callee = SipDispatchRuleCallee {
                room_prefix: "call-".to_owned(),
                randomize: true,
                pin: String::new(),
            };
            let extension = plan.extension(target).map(|extension| extension.name.clone());
            let name = extension.or_else(|| plan.group(target).map(|group| group.name.clone()));
            (Rule::DispatchRuleCallee(callee), name.unwrap_or_default(), number())
        }
    };
    SipDispatchRuleInfo {
        sip_dispatch_rule_id: rule_id(target),
        rule: Some(SipDispatchRule { rule: Some(rule) }),
        name,
        attributes,
        ..Default::default()
    }
}

/// The attribute with the extension or group that is called.
const NUMBER: &str = "palabre.number";
