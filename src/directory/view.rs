//! The numbering plan as it is shown: the same words in the HTTP API and in the command line's `--json`.

use jiff::Timestamp;
use serde::Serialize;
use sip_gateway::Binding;
use sip_gateway_proto::plan::{
    Device, Extension, Forwarding, InboundNumber, OutboundRoute, Plan, Post, PostId, RingGroup, Trunk,
    TrunkId,
};

use super::{Choice as _, House, Place};
use crate::store::CallRecord;

/// A post.
#[derive(Debug, Clone, Serialize)]
#[allow(missing_docs)]
pub struct PostView {
    pub id: i64,
    pub name: String,
    pub country: String,
    pub outside_prefix: String,
    pub emergency: Vec<String>,
    pub time_zone: String,
    pub city: String,
    /// What its link carries, in kbit/s.
    pub down_kbit: Option<u32>,
    pub up_kbit: Option<u32>,
    /// The names of its trunks.
    pub trunks: Vec<String>,
}

impl PostView {
    /// A post of a plan.
    #[must_use]
    pub fn of(post: &Post, plan: &Plan, house: &House) -> Self {
        let Place { city, down_kbit, up_kbit } = house.place(post.id);
        let trunks = plan.trunks.iter().filter(|trunk| trunk.post == post.id);
        Self {
            trunks: trunks.map(|trunk| trunk.name.clone()).collect(),
            city,
            down_kbit,
            up_kbit,
            time_zone: house.time_zone(post).to_owned(),
            id: post.id.0,
            name: post.name.clone(),
            country: post.country.clone(),
            outside_prefix: post.outside_prefix.clone(),
            emergency: post.emergency.clone(),
        }
    }
}

/// An extension with its devices.
#[derive(Debug, Clone, Serialize)]
#[allow(missing_docs)]
pub struct ExtensionView {
    pub number: String,
    pub name: String,
    pub post: i64,
    pub post_name: String,
    pub digest: &'static str,
    pub rights: &'static str,
    pub outside_calls: u16,
    pub forward: ForwardView,
    pub do_not_disturb: bool,
    pub pickup_group: Option<String>,
    /// After how many seconds calls go to the mailbox, if there is one.
    pub voicemail_after: Option<u64>,
    pub devices: Vec<DeviceView>,
}

impl ExtensionView {
    /// An extension of a plan.
    #[must_use]
    pub fn of(extension: &Extension, plan: &Plan) -> Self {
        Self {
            number: extension.number.clone(),
            name: extension.name.clone(),
            post: extension.post.0,
            post_name: post_name(plan, extension.post),
            digest: extension.digest.keyword(),
            rights: extension.rights.keyword(),
            outside_calls: extension.outside_calls,
            forward: (&extension.forward).into(),
            do_not_disturb: extension.do_not_disturb,
            pickup_group: extension.pickup_group.clone(),
            voicemail_after: extension.voicemail.map(|after| after.as_secs()),
            devices: extension.devices.iter().map(DeviceView::from).collect(),
        }
    }
}

/// Where calls go instead.
#[derive(Debug, Clone, Serialize)]
#[allow(missing_docs)]
pub struct ForwardView {
    pub always: Option<String>,
    pub busy: Option<String>,
    pub no_answer: Option<String>,
    /// In seconds.
    pub no_answer_after: Option<u64>,
}

impl From<&Forwarding> for ForwardView {
    fn from(forward: &Forwarding) -> Self {
        Self {
            always: forward.always.clone(),
            busy: forward.busy.clone(),
            no_answer: forward.no_answer.clone(),
            no_answer_after: forward.no_answer_after.map(|after| after.as_secs()),
        }
    }
}

/// A device, without what it proves itself with.
#[derive(Debug, Clone, Serialize)]
#[allow(missing_docs)]
pub struct DeviceView {
    pub username: String,
    pub label: String,
}

impl From<&Device> for DeviceView {
    fn from(device: &Device) -> Self {
        Self { username: device.username.clone(), label: device.label.clone() }
    }
}

/// A ring group.
#[derive(Debug, Clone, Serialize)]
#[allow(missing_docs)]
pub struct GroupView {
    pub number: String,
    pub name: String,
    pub post: i64,
    pub post_name: String,
    pub strategy: &'static str,
    pub members: Vec<String>,
    /// In seconds.
    pub ring: u64,
    pub otherwise: Option<String>,
}

impl GroupView {
    /// A group of a plan.
    #[must_use]
    pub fn of(group: &RingGroup, plan: &Plan) -> Self {
        Self {
            number: group.number.clone(),
            name: group.name.clone(),
            post: group.post.0,
            post_name: post_name(plan, group.post),
            strategy: group.strategy.keyword(),
            members: group.members.clone(),
            ring: group.ring.as_secs(),
            otherwise: group.otherwise.clone(),
        }
    }
}

/// A trunk, without its password.
#[derive(Debug, Clone, Serialize)]
#[allow(missing_docs)]
pub struct TrunkView {
    pub id: i64,
    pub name: String,
    pub post: i64,
    pub post_name: String,
    pub host: String,
    pub port: Option<u16>,
    pub transport: &'static str,
    pub username: Option<String>,
    pub register: bool,
    pub sources: Vec<String>,
    pub srtp: bool,
    pub caller_id: Option<String>,
    pub identity: &'static str,
    pub calls: u16,
    pub rights: &'static str,
    pub strip_plus: bool,
    pub show_name: bool,
}

impl TrunkView {
    /// A trunk of a plan.
    #[must_use]
    pub fn of(trunk: &Trunk, plan: &Plan) -> Self {
        Self {
            id: trunk.id.0,
            name: trunk.name.clone(),
            post: trunk.post.0,
            post_name: post_name(plan, trunk.post),
            host: trunk.host.clone(),
            port: trunk.port,
            transport: trunk.carrier.keyword(),
            username: trunk.credentials.as_ref().map(|credentials| credentials.username.clone()),
            register: trunk.register,
            sources: trunk.sources.iter().map(ToString::to_string).collect(),
            srtp: trunk.srtp,
            caller_id: trunk.caller_id.clone(),
            identity: trunk.identity.keyword(),
            calls: trunk.calls,
            rights: trunk.rights.keyword(),
            strip_plus: trunk.strip_plus,
            show_name: trunk.show_name,
        }
    }
}

/// An outbound route.
#[derive(Debug, Clone, Serialize)]
#[allow(missing_docs)]
pub struct RouteView {
    pub post: Option<i64>,
    pub post_name: Option<String>,
    pub prefix: String,
    pub trunks: Vec<i64>,
    pub trunk_names: Vec<String>,
}

impl RouteView {
    /// A route of a plan.
    #[must_use]
    pub fn of(route: &OutboundRoute, plan: &Plan) -> Self {
        Self {
            post: route.post.map(|post| post.0),
            post_name: route.post.map(|post| post_name(plan, post)),
            prefix: route.prefix.clone(),
            trunks: route.trunks.iter().map(|trunk| trunk.0).collect(),
            trunk_names: route.trunks.iter().map(|trunk| trunk_name(plan, *trunk)).collect(),
        }
    }
}

/// A public number.
#[derive(Debug, Clone, Serialize)]
#[allow(missing_docs)]
pub struct InboundView {
    pub trunk: i64,
    pub trunk_name: String,
    pub number: String,
    pub target: String,
}

impl InboundView {
    /// A public number of a plan.
    #[must_use]
    pub fn of(inbound: &InboundNumber, plan: &Plan) -> Self {
        Self {
            trunk: inbound.trunk.0,
            trunk_name: trunk_name(plan, inbound.trunk),
            number: inbound.number.clone(),
            target: inbound.target.clone(),
        }
    }
}

/// A phone that can be called.
#[derive(Debug, Clone, Serialize)]
#[allow(missing_docs)]
pub struct RegistrationView {
    pub number: String,
    pub key: String,
    pub device: String,
    pub contact: String,
    /// What carries its messages, and from which address.
    pub transport: String,
    pub address: String,
    pub user_agent: String,
    pub expires: Timestamp,
}

impl From<&Binding> for RegistrationView {
    fn from(binding: &Binding) -> Self {
        let mut flow = binding.flow.split(' ');
        Self {
            number: binding.aor.clone(),
            key: binding.key.clone(),
            device: binding.device.clone(),
            contact: binding.contact.clone(),
            transport: flow.next().unwrap_or_default().to_owned(),
            address: flow.next().unwrap_or_default().to_owned(),
            user_agent: binding.user_agent.clone(),
            expires: Timestamp::try_from(binding.expires).unwrap_or(Timestamp::MAX),
        }
    }
}

/// A leg of a call.
#[derive(Debug, Clone, Serialize)]
#[allow(missing_docs)]
pub struct CallView {
    pub id: i64,
    /// Ties the legs of one call together.
    pub call: String,
    pub direction: &'static str,
    pub from: String,
    pub from_name: String,
    pub dialled: String,
    pub to: String,
    pub post: String,
    pub trunk: Option<String>,
    pub began: Timestamp,
    pub answered: Option<Timestamp>,
    pub ended: Option<Timestamp>,
    /// For how long they talked, in seconds.
    pub talked: f64,
    pub cause: Option<String>,
    pub codec: Option<String>,
    pub encrypted: bool,
    pub packets_received: u64,
    pub packets_sent: u64,
    pub packets_lost: u64,
    /// In milliseconds.
    pub jitter: f64,
    /// In milliseconds.
    pub round_trip: Option<f64>,
}

impl CallView {
    /// A record as it is shown at a moment.
    #[must_use]
    pub fn of(record: &CallRecord, now: Timestamp) -> Self {
        #[allow(clippy::cast_precision_loss)] // nobody needs it of such a figure
        let milli = |micros: u64| micros as f64 / 1000.0;
        Self {
            id: record.id,
            call: format!("{:x}-{}", record.run, record.call),
            direction: if record.inbound { "in" } else { "out" },
            from: record.caller.clone(),
            from_name: record.caller_name.clone(),
            dialled: record.dialled.clone(),
            to: record.reached.clone(),
            post: record.post.clone(),
            trunk: record.trunk.clone(),
            began: record.began,
            answered: record.answered,
            ended: record.ended,
            talked: milli(record.talked_millis(now).cast_unsigned()),
            cause: record.cause.clone(),
            codec: record.codec.clone(),
            encrypted: record.encrypted,
            packets_received: record.packets.0,
            packets_sent: record.packets.1,
            packets_lost: record.lost,
            jitter: milli(record.jitter_micros),
            round_trip: record.rtt_micros.map(milli),
        }
    }
}

fn post_name(plan: &Plan, id: PostId) -> String {
    plan.post(id).map(|post| post.name.clone()).unwrap_or_default()
}

fn trunk_name(plan: &Plan, id: TrunkId) -> String {
    plan.trunk(id).map(|trunk| trunk.name.clone()).unwrap_or_default()
}
