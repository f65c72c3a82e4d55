//! Every bound on what a stranger can make grow, in one place.

use std::time::Duration;

/// What one server, room or participant may use at most. Everything has a finite default.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Limits {
    /// Rooms at one time.
    pub rooms: usize,
    /// Participants in one room, whatever the room itself allows.
    pub participants_per_room: usize,
    /// Published tracks of one participant.
    pub tracks_per_participant: usize,
    /// Tracks asked for but not yet seen in an offer, per participant.
    pub pending_tracks: usize,
    /// Media sections in one session description.
    pub media_sections: usize,
    /// Bytes of one session description.
    pub sdp_bytes: usize,
    /// Bytes of one WebSocket message from a client.
    pub message_bytes: usize,
    /// Bytes of a join request after inflation.
    pub join_request_bytes: usize,
    /// Messages waiting for one slow client before its connection is closed.
    pub outgoing_messages: usize,
    /// Calls waiting for one room.
    pub room_inbox: usize,
    /// Bytes of a room name.
    pub room_name_bytes: usize,
    /// Bytes of an identity.
    pub identity_bytes: usize,
    /// Bytes of a display name.
    pub name_bytes: usize,
    /// Bytes of a participant's or room's metadata.
    pub metadata_bytes: usize,
    /// Bytes of all attributes of a participant, names and values.
    pub attributes_bytes: usize,
    /// Subscriptions and wishes for tracks not yet known, per participant.
    pub subscriptions: usize,
    /// Transports per room of those who were told to go and have not closed them yet.
    pub lingering_transports: usize,
    /// Rules in one subscription permission.
    pub permission_rules: usize,
    /// Destinations of one data packet.
    pub data_destinations: usize,
    /// Bytes of one data packet.
    pub data_bytes: usize,
    /// Bytes of reliable data kept per room for clients that resume.
    pub replay_bytes: usize,
    /// How long reliable data is kept for clients that resume.
    pub replay_age: Duration,
    /// Requests of one connection per second, sustained.
    pub requests_per_second: u32,
    /// Requests of one connection at once.
    pub request_burst: u32,
    /// Attributes that only tokens and the server API set: participants cannot give them to themselves. What ends with
    /// a dot stands for all that begin so.
    pub reserved_attributes: Vec<String>,
}

impl Limits {
    /// Whether a participant may set all of these attributes of its own.
    pub fn own_attributes<'a>(&self, mut names: impl Iterator<Item = &'a String>) -> bool {
        let holds = |reserved: &String, name: &String| {
            reserved == name || (reserved.ends_with('.') && name.starts_with(reserved))
        };
        !names.any(|name| self.reserved_attributes.iter().any(|reserved| holds(reserved, name)))
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            rooms: 10_000,
            participants_per_room: 3_000,
            tracks_per_participant: 32,
            pending_tracks: 20,
            media_sections: 1_024,
            sdp_bytes: 1024 * 1024,
            message_bytes: 2 * 1024 * 1024,
            join_request_bytes: 1024 * 1024,
            outgoing_messages: 512,
            room_inbox: 4_096,
            room_name_bytes: 256,
            identity_bytes: 256,
            name_bytes: 256,
            metadata_bytes: 64 * 1024,
            attributes_bytes: 64 * 1024,
            subscriptions: 4_096,
            lingering_transports: 512,
            permission_rules: 1_024,
            data_destinations: 1_024,
            data_bytes: 65_535,
            replay_bytes: 4 * 1024 * 1024,
            replay_age: Duration::from_secs(3),
            requests_per_second: 50,
            request_burst: 400,
            reserved_attributes: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reserved_beginning_stands_for_all_names_with_it() {
        let limits = Limits {
            reserved_attributes: vec!["palabre.role".to_owned(), "sip.".to_owned()],
            ..Limits::default()
        };
        for (name, own) in [
            ("palabre.hand", true),
            ("palabre.role", false),
            ("palabre.role.more", true),
            ("sip.phoneNumber", false),
            ("sipping", true),
        ] {
            assert_eq!(limits.own_attributes([name.to_owned()].iter()), own, "{name}");
        }
    }
}
