//! What a room tells the outside, for webhooks and the office.

use livekit_protocol as proto;

/// Something happened in a room. Each carries the state right after it happened.
#[derive(Debug, Clone, PartialEq)]
pub enum RoomEvent {
    /// The room exists now.
    RoomStarted {
        /// The room.
        room: proto::Room,
    },
    /// The room is gone.
    RoomFinished {
        /// Its last state.
        room: proto::Room,
    },
    /// A participant's media is connected.
    ParticipantJoined {
        /// Where.
        room: proto::Room,
        /// Who.
        participant: proto::ParticipantInfo,
    },
    /// A participant who had joined is gone; `disconnect_reason` says why.
    ParticipantLeft {
        /// Where.
        room: proto::Room,
        /// Who.
        participant: proto::ParticipantInfo,
    },
    /// A participant is gone whose media never connected.
    ParticipantConnectionAborted {
        /// Where.
        room: proto::Room,
        /// Who.
        participant: proto::ParticipantInfo,
    },
    /// A participant's name, metadata, attributes or permission are others now. Not for webhooks.
    ParticipantChanged {
        /// Where.
        room: proto::Room,
        /// Who.
        participant: proto::ParticipantInfo,
    },
    /// A track's media has begun.
    TrackPublished {
        /// Where.
        room: proto::Room,
        /// By whom.
        participant: proto::ParticipantInfo,
        /// What.
        track: proto::TrackInfo,
    },
    /// A track has ended.
    TrackUnpublished {
        /// Where.
        room: proto::Room,
        /// By whom.
        participant: proto::ParticipantInfo,
        /// What.
        track: proto::TrackInfo,
    },
}
