//! What the server's own operators may do to a room: the room API.

use std::time::Instant;

use livekit_protocol::{self as proto, DisconnectReason, leave_request::Action, signal_response};

use super::{MAX_REVOKED, Room, RoomError, Seat};
use crate::permission;

impl Room {
    /// Everybody who is there, hidden ones included.
    #[must_use]
    pub fn participants(&self) -> Vec<proto::ParticipantInfo> {
        let known = self.participants.values().filter(|participant| !participant.is_ears());
        known.map(super::Participant::info).collect()
    }

    /// One participant.
    pub fn participant_info(&self, identity: &str) -> Result<proto::ParticipantInfo, RoomError> {
        let seat = self.known(identity)?;
        self.participant(seat).map(super::Participant::info).ok_or(RoomError::ParticipantNotFound)
    }

    /// Sends a participant away.
    pub fn remove_participant(&mut self, now: Instant, identity: &str) -> Result<(), RoomError> {
        let seat = self.known(identity)?;
        self.remove(now, seat, DisconnectReason::ParticipantRemoved, Some(Action::Disconnect));
        Ok(())
    }

    /// Lets nobody in under an identity by a token that begins before a moment, in seconds since 1970. A token that does
    /// not say when it begins has always been there.
    pub fn revoke_tokens(&mut self, identity: &str, before: u64) {
        if self.revoked.len() >= MAX_REVOKED
            && !self.revoked.contains_key(identity)
            && let Some(oldest) = self.revoked.iter().min_by_key(|(_, before)| **before)
        {
            let oldest = oldest.0.clone();
            self.revoked.remove(&oldest);
        }
        self.revoked.insert(identity.to_owned(), before);
    }

    /// Changes what a participant is called and what it may do.
    pub fn update_participant(
        &mut self,
        now: Instant,
        request: proto::UpdateParticipantRequest,
    ) -> Result<proto::ParticipantInfo, RoomError> {
        let seat = self.known(&request.identity)?;
        self.set_words(seat, &request.name, &request.metadata, &request.attributes)
            .map_err(RoomError::LimitExceeded)?;

        let permitted = request.permission.is_some();
        if let Some(permission) = request.permission {
            self.set_permission(now, seat, permission);
        }
        self.announce(seat);
        self.tell_changed(seat);
        self.refresh_token(now, seat);
        if permitted {
            // After the announcement, so that clients know of a publisher before its media.
            let tracks: Vec<String> = self
                .participant(seat)
                .map(|participant| participant.live_tracks().map(|track| track.info.sid.clone()).collect())
                .unwrap_or_default();
            for sid in tracks {
                self.offer_track(now, &sid);
            }
            self.reconcile_all(now, seat);
        }
        self.participant_info(&request.identity)
    }

    pub(super) fn set_permission(
        &mut self,
        now: Instant,
        seat: Seat,
        permission: proto::ParticipantPermission,
    ) {
        let Some(participant) = self.participants.get_mut(&seat) else {
            return;
        };
        participant.permission = permission::changed(&participant.permission, permission);

        let Some(participant) = self.participant(seat) else {
            return;
        };
        let forbidden: Vec<String> = participant
            .tracks
            .iter()
            .filter(|track| !participant.may_publish(track.info.source))
            .map(|track| track.info.sid.clone())
            .collect();
        for track_sid in forbidden {
            self.end_track(now, seat, &track_sid);
            self.send(
                seat,
                signal_response::Message::TrackUnpublished(proto::TrackUnpublishedResponse { track_sid }),
            );
        }
    }

    /// Mutes a participant's track. Only the participant itself can open it again.
    pub fn mute_track(
        &mut self,
        now: Instant,
        request: &proto::MuteRoomTrackRequest,
    ) -> Result<proto::TrackInfo, RoomError> {
        let seat = self.known(&request.identity)?;
        let find = |room: &Self| {
            let track = room.participant(seat)?.track(&request.track_sid)?;
            Some(track.info.clone())
        };
        let before = find(self).ok_or(RoomError::TrackNotFound)?;
        if before.muted && !request.muted {
            return Err(RoomError::Precondition(
                "only the participant itself may unmute its track".to_owned(),
            ));
        }

        if self.set_muted(now, seat, &request.track_sid, request.muted) {
            self.tell_muted(seat, request.track_sid.clone());
        }
        find(self).ok_or(RoomError::TrackNotFound)
    }

    /// Subscribes a participant to tracks, or unsubscribes it.
    pub fn update_subscriptions(
        &mut self,
        now: Instant,
        request: proto::UpdateSubscriptionsRequest,
    ) -> Result<(), RoomError> {
        let seat = self.known(&request.identity)?;
        let update = proto::UpdateSubscription {
            track_sids: request.track_sids,
            subscribe: request.subscribe,
            participant_tracks: request.participant_tracks,
        };
        self.update_subscription(now, seat, &update);
        Ok(())
    }

    /// Changes the room's metadata.
    pub fn set_metadata(&mut self, now: Instant, metadata: String) -> Result<proto::Room, RoomError> {
        if metadata.len() > self.limits.metadata_bytes {
            return Err(RoomError::LimitExceeded(format!(
                "the metadata has more than {} bytes",
                self.limits.metadata_bytes
            )));
        }
        self.metadata = metadata;
        self.announce_room(now);
        Ok(self.info())
    }

    fn known(&self, identity: &str) -> Result<Seat, RoomError> {
        self.seat_of_identity(identity).ok_or(RoomError::ParticipantNotFound)
    }
}
