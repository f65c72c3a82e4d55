use livekit_protocol::{self as proto, data_packet::Value};
use prost::Message as _;

use super::house::House;
use crate::room::MediaEvent;

#[test]
fn a_packet_goes_to_everybody_else_under_its_true_sender() {
    let mut house = House::open();
    let ada = house.join("ada");
    house.join("bob");
    house.join("eve");
    let peers = [house.peer_of(0), house.peer_of(1), house.peer_of(2)];

    let forged = proto::DataPacket {
        participant_identity: "bob".into(),
        participant_sid: "PA_bob".into(),
        sequence: 4,
        ..user(b"hello")
    };
    send(&mut house, 0, true, &forged);

    let data = house.data();
    assert_eq!(data.iter().map(|(peer, _)| *peer).collect::<Vec<_>>(), peers[1..]);
    for (_, packet) in data {
        assert_eq!((packet.participant_identity.as_str(), &packet.participant_sid), ("ada", &ada.sid));
        assert_eq!(packet.sequence, 4);
        assert!(matches!(packet.value, Some(Value::User(user)) if user.payload == b"hello"));
    }
}

#[test]
fn who_is_about_to_be_connected_misses_nothing() {
    let mut house = House::open();
    house.join("ada");
    let joining = house.joining("bob");
    house.try_join(joining).unwrap();

    send(&mut house, 0, true, &user(b"welcome"));

    assert_eq!(house.data().iter().map(|(peer, _)| *peer).collect::<Vec<_>>(), [house.peer_of(1)]);
}

#[test]
fn a_packet_with_destinations_goes_to_them_only() {
    let mut house = House::open();
    for identity in ["ada", "bob", "eve"] {
        house.join(identity);
    }
    let packet = proto::DataPacket { destination_identities: vec!["eve".into()], ..user(b"psst") };

    send(&mut house, 0, true, &packet);

    assert_eq!(house.data().iter().map(|(peer, _)| *peer).collect::<Vec<_>>(), [house.peer_of(2)]);
}

#[test]
fn a_reliable_packet_that_comes_twice_is_passed_once() {
    let mut house = House::open();
    house.join("ada");
    house.join("bob");
    for sequence in [1, 2, 2, 1, 3] {
        let packet = proto::DataPacket { sequence, ..user(b"x") };
        send(&mut house, 0, true, &packet);
    }

    let sequences: Vec<u32> = house.data().iter().map(|(_, packet)| packet.sequence).collect();
    assert_eq!(sequences, [1, 2, 3]);
}

#[test]
fn who_may_not_send_data_sends_none_and_garbage_is_nothing() {
    let mut house = House::open();
    let mut joining = house.joining("ada");
    joining.permission.can_publish_data = false;
    house.join_as(joining);
    house.join("bob");

    send(&mut house, 0, true, &user(b"x"));
    let peer = house.peer_of(1);
    house.media_event(MediaEvent::Data { peer, reliable: true, payload: vec![0xff; 40] });
    house.media_event(MediaEvent::Data { peer, reliable: false, payload: Vec::new() });

    assert_eq!(house.data(), []);
}

#[test]
fn the_server_sends_data_to_whom_it_names() {
    let mut house = House::open();
    house.join("ada");
    let bob = house.join("bob");
    let mut send = |identities: Vec<String>, sids: Vec<String>| {
        house.media.retain(|command| !matches!(command, crate::room::MediaCommand::SendData { .. }));
        #[allow(deprecated)]
        let request = proto::SendDataRequest {
            data: b"news".to_vec(),
            topic: Some("t".into()),
            destination_identities: identities,
            destination_sids: sids,
            ..Default::default()
        };
        house.room.send_data(house.now, request).unwrap();
        house.drain();
        house.data().len()
    };

    assert_eq!(send(vec![], vec![]), 2);
    assert_eq!(send(vec!["ada".into()], vec![]), 1);
    assert_eq!(send(vec![], vec![bob.sid.clone()]), 1);
    assert_eq!(send(vec![], vec!["PA_nobody".into()]), 0);
}

pub(super) fn user(payload: &[u8]) -> proto::DataPacket {
    proto::DataPacket {
        value: Some(Value::User(proto::UserPacket { payload: payload.to_vec(), ..Default::default() })),
        ..Default::default()
    }
}

/// The guest who came as the `sender`th sends a packet.
pub(super) fn send(house: &mut House, sender: usize, reliable: bool, packet: &proto::DataPacket) {
    let peer = house.peer_of(sender);
    house.media_event(MediaEvent::Data { peer, reliable, payload: packet.encode_to_vec() });
}
