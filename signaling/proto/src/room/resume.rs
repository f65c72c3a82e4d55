//! Taking up a session whose signalling broke while its media went on. Others see nothing of it.

use std::time::Instant;

use livekit_protocol::{self as proto, DisconnectReason, leave_request::Action, signal_response};

use super::{
    ConnectionId, JoinError, Output, Room, Seat,
    join::{leave_message, participant_update},
};
use crate::participant::Link;

/// What a client brings along when it comes back.
#[derive(Debug, Clone)]
pub struct Resuming {
    /// Its new connection.
    pub connection: ConnectionId,
    /// From the token; it must be the identity of the session.
    pub identity: String,
    /// The session: the sid of its participant.
    pub participant_sid: String,
    /// What the client believes to be the state, if it says so at once.
    pub sync_state: Option<proto::SyncState>,
    /// Its address, network and version may have changed.
    pub client: Option<proto::ClientInfo>,
}

impl Room {
    /// Gives a session its new connection.
    pub fn resume(&mut self, now: Instant, resuming: Resuming) -> Result<(), JoinError> {
        let seat = self
            .by_sid
            .get(&resuming.participant_sid)
            .copied()
            .filter(|&seat| {
                self.participant(seat).is_some_and(|participant| participant.identity == resuming.identity)
            })
            .ok_or(JoinError::UnknownSession)?;
        let Some(participant) = self.participants.get_mut(&seat) else {
            return Err(JoinError::UnknownSession);
        };
        if !participant.is_active() {
            return Err(JoinError::UnknownSession);
        }
        let old = match participant.link {
            Link::Lost { resumable: false, .. } => return Err(JoinError::UnknownSession),
            Link::Lost { .. } => None,
            Link::Up(old) => Some(old),
        };

        participant.link = Link::Up(resuming.connection);
        participant.sections_asked = None;
        if let Some(client) = resuming.client {
            // What it can do was settled when it joined.
            participant.client.network = client.network;
            participant.client.address = client.address;
        }
        if let Some(old) = old {
            self.by_connection.remove(&old);
            self.emit(Output::Close { connection: old });
        }
        self.by_connection.insert(resuming.connection, seat);

        self.send_state(now, seat);
        self.restart_offering(seat);
        if let Some(state) = resuming.sync_state {
            self.sync_state(now, seat, state);
        }
        Ok(())
    }

    /// Everything that may have changed while the client could not hear us; `reconnect` must come first.
    fn send_state(&mut self, now: Instant, seat: Seat) {
        let Some(participant) = self.participants.get_mut(&seat) else {
            return;
        };
        participant.version += 1;
        let last_message_seq = participant.reliable_sequence;
        let own = participant.info();
        let wanted: Vec<_> = participant
            .live_tracks()
            .filter(|track| track.dynacast.announced().is_some())
            .map(|track| track.info.sid.clone())
            .collect();

        self.send(
            seat,
            signal_response::Message::Reconnect(proto::ReconnectResponse {
                server_info: Some(self.server_info()),
                last_message_seq,
                ..Default::default()
            }),
        );
        let mut everybody = self.others(seat);
        everybody.push(own);
        self.send(seat, participant_update(everybody));
        let room = Some(self.info());
        self.send(seat, signal_response::Message::RoomUpdate(proto::RoomUpdate { room }));
        self.refresh_token(now, seat);
        for sid in wanted {
            self.send_wanted_quality(seat, &sid);
        }
        let speakers = self.current_speakers(seat);
        if !speakers.is_empty() {
            self.send(seat, signal_response::Message::SpeakersChanged(proto::SpeakersChanged { speakers }));
        }
        let updates = self.current_qualities(seat);
        self.send(
            seat,
            signal_response::Message::ConnectionQuality(proto::ConnectionQualityUpdate { updates }),
        );
    }

    /// The client tells what it believes to be the state.
    pub(super) fn sync_state(&mut self, now: Instant, seat: Seat, state: proto::SyncState) {
        let Some(participant) = self.participant(seat) else {
            return;
        };
        let stranger = state
            .publish_tracks
            .iter()
            .filter_map(|published| published.track.as_ref())
            .any(|track| participant.track(&track.sid).is_none());
        if stranger {
            self.remove(now, seat, DisconnectReason::StateMismatch, Some(Action::Reconnect));
            return;
        }

        if let Some(subscription) = &state.subscription {
            self.update_subscription(now, seat, subscription);
        }
        if !state.track_sids_disabled.is_empty() {
            let settings = proto::UpdateTrackSettings {
                track_sids: state.track_sids_disabled,
                disabled: true,
                ..Default::default()
            };
            self.update_track_settings(now, seat, &settings);
        }
        self.replay_data(now, seat, &state.datachannel_receive_states);
        self.settle(now, seat);
    }

    /// What a client is told whose session is unknown: build everything anew.
    #[must_use]
    pub fn unknown_session() -> proto::SignalResponse {
        proto::SignalResponse {
            message: Some(leave_message(DisconnectReason::StateMismatch, Action::Reconnect)),
        }
    }
}
