//! Trunks: one of ours is both an inbound and an outbound one there. Its `metadata` there is the name of its post.

use std::net::IpAddr;

use axum::response::Response;
use livekit_protocol as proto;
use proto::{
    SipHeaderOptions, SipInboundTrunkInfo, SipOutboundTrunkInfo, SipTrunkInfo,
    update_sip_inbound_trunk_request, update_sip_outbound_trunk_request,
};
use signaling::twirp::{Code, TwirpError};
use sip_gateway_proto::plan::{InboundNumber, Plan, PostId, Trunk, TrunkCredentials, TrunkId};

use super::words::{
    address, carrier, encryption, host_and_port, page, srtp, transport, trunk_id, trunk_of, updated,
};
use super::{SipService, invalid, refused, unsupported};
use crate::directory::blank;
use crate::store::PlanChange;

impl SipService<'_> {
    pub(super) async fn list_trunks(&self) -> Result<Response, TwirpError> {
        self.require_admin()?;
        let request: proto::ListSipTrunkRequest = self.request.message()?;
        let plan = self.plan().await?;
        let items = plan.trunks.iter().map(|trunk| legacy(&plan, trunk)).collect();
        let items = page(items, request.page.as_ref(), |item: &SipTrunkInfo| &item.sip_trunk_id);
        Ok(self.request.answer(&proto::ListSipTrunkResponse { items }))
    }

    pub(super) async fn list_inbound_trunks(&self) -> Result<Response, TwirpError> {
        self.require_admin()?;
        let request: proto::ListSipInboundTrunkRequest = self.request.message()?;
        let plan = self.plan().await?;
        let with = |item: &SipInboundTrunkInfo| item.numbers.clone();
        let items = plan.trunks.iter().map(|trunk| inbound(&plan, trunk)).collect();
        let items = chosen(items, &request.trunk_ids, &request.numbers, |item| &item.sip_trunk_id, with);
        let items = page(items, request.page.as_ref(), |item| &item.sip_trunk_id);
        Ok(self.request.answer(&proto::ListSipInboundTrunkResponse { items }))
    }

    pub(super) async fn list_outbound_trunks(&self) -> Result<Response, TwirpError> {
        self.require_admin()?;
        let request: proto::ListSipOutboundTrunkRequest = self.request.message()?;
        let plan = self.plan().await?;
        let with = |item: &SipOutboundTrunkInfo| item.numbers.clone();
        let items = plan.trunks.iter().map(|trunk| outbound(&plan, trunk)).collect();
        let items = chosen(items, &request.trunk_ids, &request.numbers, |item| &item.sip_trunk_id, with);
        let items = page(items, request.page.as_ref(), |item| &item.sip_trunk_id);
        Ok(self.request.answer(&proto::ListSipOutboundTrunkResponse { items }))
    }

    pub(super) async fn inbound_trunk(&self) -> Result<Response, TwirpError> {
        self.require_admin()?;
        let request: proto::GetSipInboundTrunkRequest = self.request.message()?;
        let plan = self.plan().await?;
        let trunk = Some(inbound(&plan, known(&plan, &request.sip_trunk_id)?));
        Ok(self.request.answer(&proto::GetSipInboundTrunkResponse { trunk }))
    }

    pub(super) async fn outbound_trunk(&self) -> Result<Response, TwirpError> {
        self.require_admin()?;
        let request: proto::GetSipOutboundTrunkRequest = self.request.message()?;
        let plan = self.plan().await?;
        let trunk = Some(outbound(&plan, known(&plan, &request.sip_trunk_id)?));
        Ok(self.request.answer(&proto::GetSipOutboundTrunkResponse { trunk }))
    }

    pub(super) async fn create_inbound_trunk(&self) -> Result<Response, TwirpError> {
        self.require_admin()?;
        let request: proto::CreateSipInboundTrunkRequest = self.request.message()?;
        let wanted = request.trunk.ok_or_else(|| invalid("trunk is missing"))?;
        let plan = self.plan().await?;
        let trunk = of_inbound(blank::trunk("", ""), &wanted)?;
        let mut change = self.change().await?;
        let trunk = self.at_post(&plan, &mut change, trunk, &wanted.metadata).await?;
        let id = change.add_trunk(trunk).await.map_err(refused)?;
        set_numbers(&plan, &mut change, id, &wanted.numbers).await?;
        let plan = self.commit(change).await?;
        Ok(self.request.answer(&inbound(&plan, known(&plan, &trunk_id(id))?)))
    }

    pub(super) async fn create_outbound_trunk(&self) -> Result<Response, TwirpError> {
        self.require_admin()?;
        let request: proto::CreateSipOutboundTrunkRequest = self.request.message()?;
        let wanted = request.trunk.ok_or_else(|| invalid("trunk is missing"))?;
        let plan = self.plan().await?;
        let trunk = of_outbound(blank::trunk("", ""), &wanted)?;
        let mut change = self.change().await?;
        let trunk = self.at_post(&plan, &mut change, trunk, &wanted.metadata).await?;
        let id = change.add_trunk(trunk).await.map_err(refused)?;
        let plan = self.commit(change).await?;
        Ok(self.request.answer(&outbound(&plan, known(&plan, &trunk_id(id))?)))
    }

    pub(super) async fn update_inbound_trunk(&self) -> Result<Response, TwirpError> {
        use update_sip_inbound_trunk_request::Action;

        self.require_admin()?;
        let request: proto::UpdateSipInboundTrunkRequest = self.request.message()?;
        let plan = self.plan().await?;
        let trunk = known(&plan, &request.sip_trunk_id)?.clone();
        let id = trunk.id;
        let before = inbound(&plan, &trunk);
        let wanted = match request.action.ok_or_else(|| invalid("say replace or update"))? {
            Action::Replace(wanted) => wanted,
            #[allow(deprecated)] // older clients say it there
            Action::Update(update) => SipInboundTrunkInfo {
                numbers: updated(before.numbers, update.numbers),
                allowed_addresses: updated(before.allowed_addresses, update.allowed_addresses),
                allowed_numbers: updated(before.allowed_numbers, update.allowed_numbers),
                auth_username: update.auth_username.unwrap_or_default(),
                auth_password: update.auth_password.unwrap_or_default(),
                auth_realm: update.auth_realm.unwrap_or_default(),
                name: update.name.unwrap_or(before.name),
                metadata: update.metadata.unwrap_or(before.metadata),
                media_encryption: update.media_encryption.unwrap_or(before.media_encryption),
                media: update.media,
                ..SipInboundTrunkInfo::default()
            },
        };
        let trunk = of_inbound(trunk, &wanted)?;
        let mut change = self.change().await?;
        let trunk = self.at_post(&plan, &mut change, trunk, &wanted.metadata).await?;
        change.change_trunk(trunk).await.map_err(refused)?;
        set_numbers(&plan, &mut change, id, &wanted.numbers).await?;
        let plan = self.commit(change).await?;
        Ok(self.request.answer(&inbound(&plan, known(&plan, &request.sip_trunk_id)?)))
    }

    pub(super) async fn update_outbound_trunk(&self) -> Result<Response, TwirpError> {
        use update_sip_outbound_trunk_request::Action;

        self.require_admin()?;
        let request: proto::UpdateSipOutboundTrunkRequest = self.request.message()?;
        let plan = self.plan().await?;
        let trunk = known(&plan, &request.sip_trunk_id)?.clone();
        let before = outbound(&plan, &trunk);
        let wanted = match request.action.ok_or_else(|| invalid("say replace or update"))? {
            Action::Replace(wanted) => wanted,
            #[allow(deprecated)] // older clients say it there
            Action::Update(update) => SipOutboundTrunkInfo {
                address: update.address.unwrap_or(before.address),
                transport: update.transport.unwrap_or(before.transport),
                numbers: updated(before.numbers, update.numbers),
                auth_username: update.auth_username.unwrap_or(before.auth_username),
                auth_password: update.auth_password.unwrap_or_default(),
                name: update.name.unwrap_or(before.name),
                metadata: update.metadata.unwrap_or(before.metadata),
                media_encryption: update.media_encryption.unwrap_or(before.media_encryption),
                media: update.media,
                from_host: update.from_host.unwrap_or_default(),
                ..SipOutboundTrunkInfo::default()
            },
        };
        let trunk = of_outbound(trunk, &wanted)?;
        let mut change = self.change().await?;
        let trunk = self.at_post(&plan, &mut change, trunk, &wanted.metadata).await?;
        change.change_trunk(trunk).await.map_err(refused)?;
        let plan = self.commit(change).await?;
        Ok(self.request.answer(&outbound(&plan, known(&plan, &request.sip_trunk_id)?)))
    }

    pub(super) async fn delete_trunk(&self) -> Result<Response, TwirpError> {
        self.require_admin()?;
        let request: proto::DeleteSipTrunkRequest = self.request.message()?;
        let plan = self.plan().await?;
        let trunk = known(&plan, &request.sip_trunk_id)?;
        let mut change = self.change().await?;
        change.remove_trunk(trunk.id).await.map_err(refused)?;
        self.commit(change).await?;
        Ok(self.request.answer(&legacy(&plan, trunk)))
    }

    /// A trunk at the post of that name; where nothing is said, at its own or the only one.
    async fn at_post(
        &self,
        plan: &Plan,
        change: &mut PlanChange,
        trunk: Trunk,
        name: &str,
    ) -> Result<Trunk, TwirpError> {
        let post = match name.trim() {
            "" if trunk.post != PostId(0) => trunk.post,
            "" => change.only_post().await.map_err(refused)?.ok().flatten().ok_or_else(|| {
                invalid("metadata cannot be used: it is the name of the post whose line it is")
            })?,
            name => {
                let post = plan.posts.iter().find(|post| post.name.eq_ignore_ascii_case(name));
                post.map(|post| post.id).ok_or_else(|| {
                    invalid(format!("metadata cannot be used: there is no post named {name:?}"))
                })?
            }
        };
        Ok(Trunk { post, ..trunk })
    }
}

/// Lets exactly these public numbers come in by a trunk. New ones ask for the PIN of a meeting until a rule says more.
async fn set_numbers(
    plan: &Plan,
    change: &mut PlanChange,
    trunk: TrunkId,
    numbers: &[String],
) -> Result<(), TwirpError> {
    let before: Vec<&String> = numbers_of(plan, trunk).collect();
    for gone in before.iter().filter(|number| !numbers.contains(number)) {
        change.remove_inbound(trunk, gone).await.map_err(refused)?;
    }
    for number in numbers.iter().filter(|number| !before.contains(number)) {
        let target = plan.conference.first().cloned().ok_or_else(|| {
            let why =
                "no number of the house asks for the PIN of a meeting, to which public numbers could lead";
            TwirpError::new(Code::FailedPrecondition, why)
        })?;
        let inbound = InboundNumber { trunk, number: number.clone(), target };
        change.set_inbound(inbound).await.map_err(refused)?;
    }
    Ok(())
}

/// The public numbers that come in by a trunk.
fn numbers_of(plan: &Plan, trunk: TrunkId) -> impl Iterator<Item = &String> {
    let own = plan.inbound.iter().filter(move |inbound| inbound.trunk == trunk);
    own.map(|inbound| &inbound.number).filter(|number| !number.is_empty())
}

fn known<'a>(plan: &'a Plan, id: &str) -> Result<&'a Trunk, TwirpError> {
    let trunk = plan.trunk(trunk_of(id)?);
    trunk.ok_or_else(|| TwirpError::new(Code::NotFound, format!("there is no trunk {id:?}")))
}

/// Those of the ids, in their order, with an empty one in the place of each that is not there; or those with a number.
fn chosen<T: Clone + Default>(
    items: Vec<T>,
    ids: &[String],
    numbers: &[String],
    id: impl Fn(&T) -> &String,
    with: impl Fn(&T) -> Vec<String>,
) -> Vec<T> {
    let asked = |item: &T| {
        let own = with(item);
        numbers.is_empty() || own.is_empty() || own.iter().any(|number| numbers.contains(number))
    };
    let items: Vec<T> = items.into_iter().filter(asked).collect();
    if ids.is_empty() {
        return items;
    }
    ids.iter()
        .map(|wanted| items.iter().find(|item| id(item) == wanted).cloned().unwrap_or_default())
        .collect()
}

/// A trunk with what an inbound one says of it.
#[allow(deprecated)] // older clients say the encryption there
fn of_inbound(trunk: Trunk, wanted: &SipInboundTrunkInfo) -> Result<Trunk, TwirpError> {
    unsupported(&[
        ("allowed_numbers", !wanted.allowed_numbers.is_empty()),
        // A trunk's calls are known by the address they come from.
        ("auth_username of an inbound trunk", !wanted.auth_username.is_empty()),
        ("auth_password of an inbound trunk", !wanted.auth_password.is_empty()),
        ("auth_realm", !wanted.auth_realm.is_empty()),
        ("headers", !wanted.headers.is_empty()),
        ("headers_to_attributes", !wanted.headers_to_attributes.is_empty()),
        ("attributes_to_headers", !wanted.attributes_to_headers.is_empty()),
        ("include_headers", wanted.include_headers != SipHeaderOptions::SipNoHeaders as i32),
        ("ringing_timeout", wanted.ringing_timeout.is_some()),
        ("max_call_duration", wanted.max_call_duration.is_some()),
        ("krisp_enabled", wanted.krisp_enabled),
    ])?;
    let sources = wanted.allowed_addresses.iter().map(|text| source(text)).collect::<Result<Vec<_>, _>>()?;
    let host = match (trunk.host.is_empty(), sources.first()) {
        (false, _) => trunk.host,
        (true, Some(first)) => first.to_string(),
        (true, None) => {
            let why =
                "allowed_addresses cannot be used: name at least one address that the provider calls from";
            return Err(invalid(why));
        }
    };
    let name = if wanted.name.is_empty() { host.clone() } else { wanted.name.clone() };
    let srtp = srtp(wanted.media_encryption, wanted.media.as_ref())?;
    Ok(Trunk { name, host, sources, srtp, ..trunk })
}

/// A trunk with what an outbound one says of it. A password that is not given stays, if the user name does.
#[allow(deprecated)] // older clients say the encryption there
fn of_outbound(trunk: Trunk, wanted: &SipOutboundTrunkInfo) -> Result<Trunk, TwirpError> {
    unsupported(&[
        ("headers", !wanted.headers.is_empty()),
        ("headers_to_attributes", !wanted.headers_to_attributes.is_empty()),
        ("attributes_to_headers", !wanted.attributes_to_headers.is_empty()),
        ("include_headers", wanted.include_headers != SipHeaderOptions::SipNoHeaders as i32),
        ("from_host", !wanted.from_host.is_empty()),
    ])?;
    let (host, port) = host_and_port(&wanted.address)?;
    let caller_id = match &wanted.numbers[..] {
        [] => None,
        [number] if number == "*" => None,
        [number] => Some(number.clone()),
        _ => return Err(invalid("numbers cannot be used: a trunk shows one number, or the caller's own")),
    };
    let same_user = trunk.credentials.as_ref().is_some_and(|known| known.username == wanted.auth_username);
    let credentials = match (wanted.auth_username.as_str(), wanted.auth_password.as_str()) {
        ("", "") => None,
        ("", _) => {
            return Err(invalid("auth_username cannot be used: the password needs a user name beside it"));
        }
        (_, "") if same_user => trunk.credentials.clone(),
        (_, "") => {
            return Err(invalid("auth_password cannot be used: the user name needs a password beside it"));
        }
        (username, password) => {
            Some(TrunkCredentials { username: username.to_owned(), password: password.to_owned() })
        }
    };
    Ok(Trunk {
        name: if wanted.name.is_empty() { host.clone() } else { wanted.name.clone() },
        host,
        port,
        carrier: carrier(wanted.transport)?,
        caller_id,
        credentials,
        srtp: srtp(wanted.media_encryption, wanted.media.as_ref())?,
        ..trunk
    })
}

/// One address; a range of one address is one.
fn source(text: &str) -> Result<IpAddr, TwirpError> {
    let (address, bits) = text.trim().split_once('/').unwrap_or((text.trim(), ""));
    let unusable = || {
        invalid(format!(
            "allowed_addresses cannot be used: {text:?} is not one IP address; name each of a range"
        ))
    };
    let address: IpAddr = address.parse().map_err(|_| unusable())?;
    let whole = if address.is_ipv4() { "32" } else { "128" };
    if bits.is_empty() || bits == whole { Ok(address) } else { Err(unusable()) }
}

fn post_name(plan: &Plan, trunk: &Trunk) -> String {
    plan.post(trunk.post).map(|post| post.name.clone()).unwrap_or_default()
}

fn media(trunk: &Trunk) -> proto::SipMediaConfig {
    proto::SipMediaConfig { encryption: Some(encryption(trunk.srtp) as i32), ..Default::default() }
}

#[allow(deprecated)] // older clients read the encryption there
fn inbound(plan: &Plan, trunk: &Trunk) -> SipInboundTrunkInfo {
    SipInboundTrunkInfo {
        sip_trunk_id: trunk_id(trunk.id),
        name: trunk.name.clone(),
        metadata: post_name(plan, trunk),
        numbers: numbers_of(plan, trunk.id).cloned().collect(),
        allowed_addresses: trunk.sources.iter().map(ToString::to_string).collect(),
        media_encryption: encryption(trunk.srtp) as i32,
        media: Some(media(trunk)),
        ..Default::default()
    }
}

/// Without its password, which is told to nobody.
#[allow(deprecated)] // older clients read the encryption there
fn outbound(plan: &Plan, trunk: &Trunk) -> SipOutboundTrunkInfo {
    SipOutboundTrunkInfo {
        sip_trunk_id: trunk_id(trunk.id),
        name: trunk.name.clone(),
        metadata: post_name(plan, trunk),
        address: address(trunk),
        transport: transport(trunk.carrier),
        numbers: trunk.caller_id.iter().cloned().collect(),
        auth_username: trunk.credentials.as_ref().map(|known| known.username.clone()).unwrap_or_default(),
        media_encryption: encryption(trunk.srtp) as i32,
        media: Some(media(trunk)),
        ..Default::default()
    }
}

fn legacy(plan: &Plan, trunk: &Trunk) -> SipTrunkInfo {
    SipTrunkInfo {
        sip_trunk_id: trunk_id(trunk.id),
        kind: proto::sip_trunk_info::TrunkKind::TrunkLegacy as i32,
        inbound_addresses: trunk.sources.iter().map(ToString::to_string).collect(),
        outbound_address: address(trunk),
        outbound_number: trunk.caller_id.clone().unwrap_or_default(),
        transport: transport(trunk.carrier),
        inbound_numbers: numbers_of(plan, trunk.id).cloned().collect(),
        outbound_username: trunk.credentials.as_ref().map(|known| known.username.clone()).unwrap_or_default(),
        name: trunk.name.clone(),
        metadata: post_name(plan, trunk),
        ..Default::default()
    }
}
