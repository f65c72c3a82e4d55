//! Carries a participant of one room into another: moves messages and packets between the two rooms and the machine
//! that decides.

use livekit_protocol as proto;
use signaling_proto::{
    Joining,
    forward::{ForwardOutput, Forwarding},
    room::ConnectionId,
};

use crate::{
    presence::{self, Presence},
    rooms::Outgoing,
};

/// Works until the participant has left its room or lost its place in the other.
pub(crate) async fn run(mut machine: Forwarding, mut source: Presence, mut destination: Presence) {
    'forwarding: loop {
        while let Some(output) = machine.poll_output() {
            match output {
                ForwardOutput::ToSource(message) => source.tell(message).await,
                ForwardOutput::ToDestination(message) => destination.tell(message).await,
                ForwardOutput::End => break 'forwarding,
            }
        }

        tokio::select! {
            message = source.messages.recv() => match message {
                Some(Outgoing::Message(response)) => {
                    response.message.iter().for_each(|message| machine.handle_source(message));
                }
                Some(Outgoing::Direct(direct)) => source.direct = Some(direct),
                Some(Outgoing::Data(_)) => {}
                Some(Outgoing::Close | Outgoing::Moved(_)) | None => break,
            },
            message = destination.messages.recv() => match message {
                Some(Outgoing::Message(response)) => {
                    response.message.iter().for_each(|message| machine.handle_destination(message));
                }
                Some(Outgoing::Direct(direct)) => destination.direct = Some(direct),
                Some(Outgoing::Data(_)) => {}
                Some(Outgoing::Close | Outgoing::Moved(_)) | None => break,
            },
            packet = next_packet(&mut source.direct) => match packet {
                Some(packet) => destination.send(&packet),
                None => break,
            },
            packet = next_packet(&mut destination.direct) => match packet {
                Some(packet) => source.send(&packet),
                None => break,
            },
        }
    }
    source.leave().await;
    destination.leave().await;
}

/// The next packet; never, while there is no media.
async fn next_packet(direct: &mut Option<Box<sfu::direct::Direct>>) -> Option<Vec<u8>> {
    match direct {
        Some(direct) => direct.recv().await,
        None => std::future::pending().await,
    }
}

/// The one who receives in the room where the participant is: unseen, and without a voice.
pub(crate) fn receiver(connection: ConnectionId, identity: &str, destination: &str) -> Joining {
    let permission = proto::ParticipantPermission { can_subscribe: true, hidden: true, ..Default::default() };
    Joining {
        permission,
        name: String::new(),
        metadata: String::new(),
        attributes: Default::default(),
        ..joining(connection, receiver_identity(identity, destination), &proto::ParticipantInfo::default())
    }
}

/// The participant in the room where it is shown. It hears nothing there.
pub(crate) fn sender(connection: ConnectionId, participant: &proto::ParticipantInfo) -> Joining {
    let permission = proto::ParticipantPermission { can_publish: true, ..Default::default() };
    Joining { permission, ..joining(connection, participant.identity.clone(), participant) }
}

/// One receiver for each participant and destination.
pub(crate) fn receiver_identity(identity: &str, destination: &str) -> String {
    format!("forward:{identity}:{destination}")
}

fn joining(connection: ConnectionId, identity: String, like: &proto::ParticipantInfo) -> Joining {
    Joining {
        name: like.name.clone(),
        metadata: like.metadata.clone(),
        attributes: like.attributes.clone(),
        kind: like.kind(),
        ..presence::joining(connection, identity)
    }
}
