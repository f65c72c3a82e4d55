//! Procedures that the server API calls at a participant, the way participants call each other's.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use livekit_protocol::{
    self as proto,
    data_packet::{Kind, Value},
    rpc_response,
};
use prost::Message as _;

use super::{MediaCommand, Output, Room, Seat};

/// Identifies one call of a procedure. Whoever calls numbers them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RpcKey(pub u64);

/// Why a procedure gave no result.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RpcFailure {
    /// No participant of that identity, or none that can be sent data yet.
    #[error("participant does not exist or is not connected")]
    RecipientNotFound,
    /// An argument that we do not accept.
    #[error("{0}")]
    Invalid(String),
    /// As many calls in this room as there may be.
    #[error("{0} procedures are being called in this room already")]
    TooMany(usize),
    /// The participant did not confirm the call.
    #[error("the participant did not confirm the call in time")]
    NotConfirmed,
    /// It did not answer.
    #[error("the participant did not answer in time")]
    NoAnswer,
    /// It left, or the room ended.
    #[error("the participant has left")]
    RecipientLeft,
    /// It answered in a way that we do not read.
    #[error("the answer is compressed, which was not asked for")]
    Unreadable,
    /// It answered with an error of its own.
    #[error("{message}")]
    Answered {
        /// As its application, or its SDK, numbers errors.
        code: u32,
        /// What went wrong.
        message: String,
        /// More of it.
        data: String,
    },
}

/// The calls that wait for their answers, by the id that the participant was told.
#[derive(Debug, Default)]
pub(super) struct Rpcs(BTreeMap<String, Rpc>);

#[derive(Debug)]
struct Rpc {
    key: RpcKey,
    seat: Seat,
    /// By when it is to be confirmed; `None` once it is.
    confirm_by: Option<Instant>,
    answer_by: Instant,
}

impl Rpcs {
    pub(super) fn next_deadline(&self) -> Option<Instant> {
        self.0.values().map(Rpc::deadline).min()
    }
}

impl Rpc {
    fn deadline(&self) -> Instant {
        self.confirm_by.map_or(self.answer_by, |confirm_by| confirm_by.min(self.answer_by))
    }
}

impl Room {
    /// Calls a procedure at a participant. What becomes of it is told by [`Output::Rpc`] under the same key, once.
    pub fn perform_rpc(&mut self, now: Instant, key: RpcKey, request: proto::PerformRpcRequest) {
        if let Err(failure) = self.call_rpc(now, key, request) {
            self.emit(Output::Rpc { key, result: Err(failure) });
        }
    }

    fn call_rpc(
        &mut self,
        now: Instant,
        key: RpcKey,
        request: proto::PerformRpcRequest,
    ) -> Result<(), RpcFailure> {
        if request.method.is_empty() || request.method.len() > MAX_METHOD {
            return Err(RpcFailure::Invalid(format!("a method has 1 to {MAX_METHOD} bytes")));
        }
        if request.payload.len() > MAX_PAYLOAD {
            return Err(RpcFailure::Invalid(format!("a payload has at most {MAX_PAYLOAD} bytes")));
        }
        if self.rpcs.0.len() >= MAX_CALLS {
            return Err(RpcFailure::TooMany(MAX_CALLS));
        }
        let seat =
            self.seat_of_identity(&request.destination_identity).ok_or(RpcFailure::RecipientNotFound)?;
        let peer = self
            .participant(seat)
            .filter(|participant| participant.is_active() || participant.transport.takes_data())
            .ok_or(RpcFailure::RecipientNotFound)?
            .data_peer();

        let wait = match request.response_timeout_ms {
            0 => DEFAULT_WAIT,
            asked => Duration::from_millis(asked.into()).min(LONGEST_WAIT),
        };
        let id = self.new_id("RPC_");
        let packet = rpc_packet(&request, &id, wait);
        self.command(MediaCommand::SendData { peer, reliable: true, payload: packet.encode_to_vec().into() });
        let rpc = Rpc { key, seat, confirm_by: Some(now + CONFIRM_WAIT), answer_by: now + wait };
        self.arm(rpc.deadline());
        self.rpcs.0.insert(id, rpc);
        Ok(())
    }

    /// Takes what a participant says to a call of ours; `false` if it is for somebody else.
    pub(super) fn take_rpc_answer(&mut self, sender: Seat, value: &Value) -> bool {
        let id = match value {
            Value::RpcAck(ack) => &ack.request_id,
            Value::RpcResponse(response) => &response.request_id,
            _ => return false,
        };
        // Only who was asked may answer.
        let Some(rpc) = self.rpcs.0.get_mut(id).filter(|rpc| rpc.seat == sender) else {
            return false;
        };
        rpc.confirm_by = None;
        if let Value::RpcResponse(response) = value {
            let result = match response.value.clone() {
                Some(rpc_response::Value::Payload(payload)) => Ok(payload),
                Some(rpc_response::Value::Error(error)) => {
                    Err(RpcFailure::Answered { code: error.code, message: error.message, data: error.data })
                }
                Some(rpc_response::Value::CompressedPayload(_)) => Err(RpcFailure::Unreadable),
                None => Ok(String::new()),
            };
            self.end_rpcs(|known, _| known == id, &result);
        }
        true
    }

    /// Whom a participant leaves without an answer learns it at once.
    pub(super) fn fail_rpcs_of(&mut self, seat: Seat) {
        self.end_rpcs(|_, rpc| rpc.seat == seat, &Err(RpcFailure::RecipientLeft));
    }

    pub(super) fn time_out_rpcs(&mut self, now: Instant) {
        self.end_rpcs(|_, rpc| rpc.answer_by > now && rpc.deadline() <= now, &Err(RpcFailure::NotConfirmed));
        self.end_rpcs(|_, rpc| rpc.answer_by <= now, &Err(RpcFailure::NoAnswer));
    }

    fn end_rpcs(&mut self, ends: impl Fn(&str, &Rpc) -> bool, result: &Result<String, RpcFailure>) {
        for (_, rpc) in self.rpcs.0.extract_if(.., |id, rpc| ends(id, rpc)) {
            self.outputs.push_back(Output::Rpc { key: rpc.key, result: result.clone() });
        }
    }
}

#[allow(deprecated)] // older clients read the kind
fn rpc_packet(request: &proto::PerformRpcRequest, id: &str, wait: Duration) -> proto::DataPacket {
    proto::DataPacket {
        kind: Kind::Reliable as i32,
        participant_identity: SERVER_IDENTITY.to_owned(),
        destination_identities: vec![request.destination_identity.clone()],
        value: Some(Value::RpcRequest(proto::RpcRequest {
            id: id.to_owned(),
            method: request.method.clone(),
            payload: request.payload.clone(),
            response_timeout_ms: wait.as_millis() as u32,
            version: VERSION,
            ..Default::default()
        })),
        ..Default::default()
    }
}

/// Who calls, in the eyes of the participant: SDKs want to know somebody. Answers are known by their id, not by it.
const SERVER_IDENTITY: &str = "server";
/// Of the calls that are answered in one packet.
const VERSION: u32 = 1;
/// What SDKs allow.
const MAX_PAYLOAD: usize = 15 * 1024;
const MAX_METHOD: usize = 256;
/// Calls that wait in one room.
const MAX_CALLS: usize = 256;
/// How long an SDK may take to confirm that it has a call.
const CONFIRM_WAIT: Duration = Duration::from_secs(7);
/// How long a procedure may take if the caller does not say.
const DEFAULT_WAIT: Duration = Duration::from_secs(15);
/// And if it does, at most.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
