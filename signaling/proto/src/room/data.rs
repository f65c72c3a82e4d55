//! Data packets from one participant to others.

use std::{sync::Arc, time::Instant};

use livekit_protocol::{
    self as proto,
    data_packet::{Kind, Value},
    participant_info,
};
use prost::Message as _;

use super::{ConnectionId, MediaCommand, Output, PeerKey, Room, RoomError, Seat};
use crate::{participant::Participant, voice::Voice};

impl Room {
    pub(super) fn handle_data(&mut self, now: Instant, peer: PeerKey, reliable: bool, payload: &[u8]) {
        let Some(&seat) = self.by_peer.get(&peer) else {
            return;
        };
        let Some(sender) = self.participants.get_mut(&seat) else {
            return;
        };
        if payload.len() > self.limits.data_bytes || !sender.permission.can_publish_data {
            return;
        }
        let Ok(mut packet) = proto::DataPacket::decode(payload) else {
            return;
        };
        if packet.value.is_none() || packet.destination_identities.len() > self.limits.data_destinations {
            return;
        }
        // After a resumption clients send again what we may have had already.
        if reliable && packet.sequence > 0 {
            if packet.sequence <= sender.reliable_sequence {
                return;
            }
            sender.reliable_sequence = packet.sequence;
        }

        if packet.value.as_ref().is_some_and(|value| self.take_rpc_answer(seat, value)) {
            return;
        }
        let Some(sender) = self.participants.get(&seat) else {
            return;
        };

        // Who sent it is what we know, not what it says; programs that speak for others are the exception.
        let speaks_for_others = sender.kind == participant_info::Kind::Agent as i32
            && matches!(packet.value, Some(Value::Transcription(_) | Value::ChatMessage(_)))
            && !packet.participant_identity.is_empty();
        if !speaks_for_others {
            packet.participant_identity.clone_from(&sender.identity);
            packet.participant_sid.clone_from(&sender.sid);
        }
        let sid = sender.sid.clone();
        self.relay(now, Some(seat), &sid, packet, reliable);
    }

    /// Sends a packet to all its destinations, or to everybody but its sender.
    fn relay(
        &mut self,
        now: Instant,
        sender: Option<Seat>,
        sender_sid: &str,
        mut packet: proto::DataPacket,
        reliable: bool,
    ) {
        let metrics = matches!(packet.value, Some(Value::Metrics(_)));
        let keys = matches!(packet.value, Some(Value::SipDtmf(_)));
        self.complete(&mut packet, reliable);
        let sequence = packet.sequence;
        let destinations: Arc<[String]> = std::mem::take(&mut packet.destination_identities).into();
        packet.destination_identities = destinations.to_vec();
        let payload: Arc<[u8]> = packet.encode_to_vec().into();
        let hears = |seat: &Seat, participant: &Participant| match destinations.is_empty() {
            true => Some(*seat) != sender,
            false => destinations.contains(&participant.identity),
        };
        // Of all data, phones understand pressed keys.
        let phones: Vec<ConnectionId> = self
            .participants
            .iter()
            .filter(|(_, participant)| keys && participant.voice == Some(Voice::Seat))
            .filter(|(seat, participant)| hears(seat, participant))
            .filter_map(|(_, participant)| participant.connection())
            .collect();
        for connection in phones {
            self.emit(Output::Data { connection, payload: Arc::clone(&payload) });
        }
        let receivers: Vec<PeerKey> = self
            .participants
            .iter()
            // A client may know that it is connected before we do: the engine keeps reliable data until the channel opens.
            .filter(|(_, participant)| participant.is_active() || participant.transport.takes_data())
            .filter(|(_, participant)| !participant.transport.answering.direct)
            .filter(|(seat, participant)| hears(seat, participant))
            .filter(|(_, participant)| !metrics || participant.permission.can_subscribe_metrics)
            .map(|(_, participant)| participant.data_peer())
            .collect();
        for peer in receivers {
            self.command(MediaCommand::SendData { peer, reliable, payload: Arc::clone(&payload) });
        }
        if reliable && sequence > 0 && !metrics {
            self.replay.push(now, sender_sid, sequence, destinations, payload);
        }
    }

    /// Fills the fields that older clients read, and the destinations that they wrote.
    #[allow(deprecated)]
    fn complete(&self, packet: &mut proto::DataPacket, reliable: bool) {
        packet.kind = match reliable {
            true => Kind::Reliable,
            false => Kind::Lossy,
        } as i32;
        if let Some(Value::User(user)) = &mut packet.value {
            user.participant_sid.clone_from(&packet.participant_sid);
            user.participant_identity.clone_from(&packet.participant_identity);
            if packet.destination_identities.is_empty() {
                let limit = self.limits.data_destinations;
                let named = user.destination_sids.iter().filter_map(|sid| {
                    let seat = self.by_sid.get(sid)?;
                    Some(self.participant(*seat)?.identity.clone())
                });
                packet.destination_identities =
                    user.destination_identities.iter().cloned().chain(named).take(limit).collect();
                // Destinations that nobody has are no reason to send to everybody.
                if packet.destination_identities.is_empty() && !user.destination_sids.is_empty() {
                    packet.destination_identities = vec![String::new()];
                }
            }
            user.destination_identities.clone_from(&packet.destination_identities);
        }
    }

    /// Sends data on behalf of the server.
    #[allow(deprecated)]
    pub fn send_data(&mut self, now: Instant, request: proto::SendDataRequest) -> Result<(), RoomError> {
        if request.data.len() > self.limits.data_bytes {
            let limit = self.limits.data_bytes;
            return Err(RoomError::Invalid(format!("data of more than {limit} bytes")));
        }
        let reliable = request.kind == Kind::Reliable as i32;
        let packet = proto::DataPacket {
            destination_identities: request.destination_identities.clone(),
            value: Some(Value::User(proto::UserPacket {
                payload: request.data,
                topic: request.topic,
                nonce: request.nonce,
                destination_sids: request.destination_sids,
                destination_identities: request.destination_identities,
                ..Default::default()
            })),
            ..Default::default()
        };
        self.relay(now, None, "", packet, reliable);
        Ok(())
    }

    /// Sends a participant the reliable data that it has not seen while its signalling was broken.
    pub(super) fn replay_data(&mut self, now: Instant, seat: Seat, seen: &[proto::DataChannelReceiveState]) {
        // A client that lists nobody keeps no account, and would take a repetition for news.
        if seen.is_empty() {
            return;
        }
        let Some(participant) = self.participant(seat) else {
            return;
        };
        let peer = participant.data_peer();
        let own = participant.sid.clone();
        let last_seen = |publisher: &str| match publisher == own {
            true => None,
            false => Some(
                seen.iter().find(|state| state.publisher_sid == publisher).map_or(0, |state| state.last_seq),
            ),
        };
        let missed: Vec<Arc<[u8]>> = self.replay.missed(now, &participant.identity, last_seen).collect();
        for payload in missed {
            self.command(MediaCommand::SendData { peer, reliable: true, payload });
        }
    }
}
