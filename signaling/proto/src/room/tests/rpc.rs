use std::time::Duration;

use livekit_protocol::{
    self as proto, DisconnectReason, data_packet::Value, leave_request::Action, rpc_response,
};

use super::{data::send, house::House};
use crate::room::{RpcFailure, RpcKey};

#[test]
fn a_participant_answers_whoever_calls_it_over_the_server() {
    let mut house = meeting();
    let asked = call(&mut house, 1, "ada", 4_000);
    assert_eq!((asked.method.as_str(), asked.payload.as_str()), ("add", "2+2"));
    assert_eq!((asked.version, asked.response_timeout_ms), (1, 4_000));

    acknowledge(&mut house, 0, &asked.id);
    answer(&mut house, 0, &asked.id, rpc_response::Value::Payload("4".into()));

    assert_eq!(house.rpcs, [(RpcKey(1), Ok("4".to_owned()))]);
    assert!(house.data().len() == 1, "nobody else hears of the answer");
}

#[test]
fn an_error_of_its_application_is_told_as_it_is() {
    let mut house = meeting();
    let asked = call(&mut house, 1, "ada", 0);

    let error = proto::RpcError { code: 1_500, message: "no abacus".into(), data: "wood".into() };
    answer(&mut house, 0, &asked.id, rpc_response::Value::Error(error));

    let told = RpcFailure::Answered { code: 1_500, message: "no abacus".into(), data: "wood".into() };
    assert_eq!(house.rpcs, [(RpcKey(1), Err(told))]);
}

#[test]
fn who_does_not_confirm_a_call_is_not_waited_for_and_who_does_has_the_time_it_was_given() {
    let mut house = meeting();
    call(&mut house, 1, "ada", 20_000);
    let confirmed = call(&mut house, 2, "ada", 20_000);
    acknowledge(&mut house, 0, &confirmed.id);

    house.pass(Duration::from_millis(6_999));
    assert_eq!(house.rpcs, []);
    house.pass(Duration::from_millis(1));
    assert_eq!(house.rpcs, [(RpcKey(1), Err(RpcFailure::NotConfirmed))]);
    house.pass(Duration::from_millis(12_999));
    assert_eq!(house.rpcs.len(), 1);
    house.pass(Duration::from_millis(1));
    assert_eq!(house.rpcs[1], (RpcKey(2), Err(RpcFailure::NoAnswer)));

    answer(&mut house, 0, &confirmed.id, rpc_response::Value::Payload("late".into()));
    assert_eq!(house.rpcs.len(), 2);
}

#[test]
fn nobody_answers_for_somebody_else() {
    let mut house = meeting();
    let asked = call(&mut house, 1, "ada", 0);

    answer(&mut house, 1, &asked.id, rpc_response::Value::Payload("5".into()));
    assert_eq!(house.rpcs, []);

    answer(&mut house, 0, &asked.id, rpc_response::Value::Payload("4".into()));
    assert_eq!(house.rpcs, [(RpcKey(1), Ok("4".to_owned()))]);
}

#[test]
fn a_call_ends_with_the_participant_and_with_the_room() {
    let mut house = meeting();
    call(&mut house, 1, "ada", 0);
    call(&mut house, 2, "bob", 0);

    house.room.remove_participant(house.now, "ada").unwrap();
    house.drain();
    assert_eq!(house.rpcs, [(RpcKey(1), Err(RpcFailure::RecipientLeft))]);

    house.room.end(house.now, DisconnectReason::RoomDeleted, Action::Disconnect);
    house.drain();
    assert_eq!(house.rpcs[1], (RpcKey(2), Err(RpcFailure::RecipientLeft)));
}

#[test]
fn what_cannot_be_called_is_refused_at_once() {
    let mut house = meeting();
    let request = |identity: &str, method: &str, payload: usize| proto::PerformRpcRequest {
        destination_identity: identity.into(),
        method: method.into(),
        payload: "x".repeat(payload),
        ..Default::default()
    };
    let refused = [request("eve", "add", 1), request("ada", "", 1), request("ada", "add", 15 * 1024 + 1)]
        .map(|request| {
            house.room.perform_rpc(house.now, RpcKey(9), request);
            house.drain();
            house.rpcs.pop().unwrap().1.unwrap_err()
        });
    assert_eq!(refused[0], RpcFailure::RecipientNotFound);
    assert!(matches!(&refused[1..], [RpcFailure::Invalid(_), RpcFailure::Invalid(_)]));

    for key in 0..256 {
        house.room.perform_rpc(house.now, RpcKey(key), request("ada", "add", 1));
    }
    house.drain();
    assert_eq!(house.rpcs, []);
    house.room.perform_rpc(house.now, RpcKey(256), request("ada", "add", 1));
    house.drain();
    assert_eq!(house.rpcs, [(RpcKey(256), Err(RpcFailure::TooMany(256)))]);
}

fn meeting() -> House {
    let mut house = House::open();
    house.join("ada");
    house.join("bob");
    house
}

/// The server calls; what the participant is sent.
fn call(house: &mut House, key: u64, identity: &str, response_timeout_ms: u32) -> proto::RpcRequest {
    let request = proto::PerformRpcRequest {
        destination_identity: identity.into(),
        method: "add".into(),
        payload: "2+2".into(),
        response_timeout_ms,
        ..Default::default()
    };
    house.room.perform_rpc(house.now, RpcKey(key), request);
    house.drain();
    let (_, packet) = house.data().pop().unwrap();
    assert_eq!(packet.destination_identities, [identity]);
    assert!(!packet.participant_identity.is_empty(), "SDKs answer nobody who has no name");
    match packet.value {
        Some(Value::RpcRequest(request)) => request,
        other => panic!("{other:?}"),
    }
}

fn acknowledge(house: &mut House, sender: usize, id: &str) {
    say(house, sender, Value::RpcAck(proto::RpcAck { request_id: id.into() }));
}

fn answer(house: &mut House, sender: usize, id: &str, value: rpc_response::Value) {
    let response = proto::RpcResponse { request_id: id.into(), value: Some(value) };
    say(house, sender, Value::RpcResponse(response));
}

fn say(house: &mut House, sender: usize, value: Value) {
    let packet = proto::DataPacket {
        destination_identities: vec!["server".into()],
        value: Some(value),
        ..Default::default()
    };
    send(house, sender, true, &packet);
}
