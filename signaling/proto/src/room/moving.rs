//! Taking a participant from one room to another without a new connection: out of a lobby, into a breakout room, or into
//! a meeting as somebody who joins it, whose transports were built before.

use std::time::Instant;

use livekit_protocol::{self as proto, DisconnectReason, leave_request::Action, participant_info::State};

use super::{ConnectionId, JoinError, MediaCommand, Output, Room, RoomError, Seat, join::leave_message};
use crate::{
    participant::{Joining, Participant, Stage},
    sdp::AudioOrder,
};

/// A participant between two rooms: its transports, its tracks, and what it is called.
#[derive(Debug)]
pub struct Moving {
    participant: Box<Participant>,
    /// As whom it joins the other room, unless it stays who it is.
    joining: Option<Box<Joining>>,
}

impl Moving {
    /// The connection that moves along.
    #[must_use]
    pub fn connection(&self) -> Option<ConnectionId> {
        self.participant.connection()
    }
}

impl Room {
    /// Whether a participant's client can follow into another room as it is. Otherwise see [`Self::send_over`].
    pub fn can_move(&self, identity: &str) -> Result<bool, RoomError> {
        let seat = self.seat_of_identity(identity).ok_or(RoomError::ParticipantNotFound)?;
        Ok(self.participant(seat).is_some_and(|participant| {
            participant.is_active()
                && participant.connection().is_some()
                && participant.goodbye_deadline.is_none()
                && participant.protocol() >= MOVING_SINCE
                && !participant.transport.answering.direct
        }))
    }

    /// Lets a participant go to the conference `to` of another room, which is to [`Self::receive`] it next.
    pub fn release(&mut self, now: Instant, identity: &str, to: u64) -> Result<Moving, RoomError> {
        if !self.can_move(identity)? {
            return Err(RoomError::Precondition("the participant cannot move now".to_owned()));
        }
        let seat = self.seat_of_identity(identity).ok_or(RoomError::ParticipantNotFound)?;

        self.drop_subscriptions(now, seat);
        let tracks: Vec<String> = self
            .participant(seat)
            .map(|participant| participant.tracks.iter().map(|track| track.info.sid.clone()).collect())
            .unwrap_or_default();
        for sid in &tracks {
            self.withdraw_track(now, sid);
        }
        let Some(mut participant) = self.forget(seat) else {
            return Err(RoomError::ParticipantNotFound);
        };
        for peer in participant.transport.joined_peers() {
            self.command(MediaCommand::Move { peer, to });
        }
        self.tell_departure(now, &mut participant, DisconnectReason::Migration);
        Ok(Moving { participant: Box::new(participant), joining: None })
    }

    /// Lets a participant go to another room in the same way, which it joins as somebody else. What that one may not
    /// publish ends here, so that nobody there ever hears of it.
    pub fn release_as(
        &mut self,
        now: Instant,
        identity: &str,
        to: u64,
        joining: Joining,
    ) -> Result<Moving, RoomError> {
        if !self.can_move(identity)? {
            return Err(RoomError::Precondition("the participant cannot move now".to_owned()));
        }
        let seat = self.seat_of_identity(identity).ok_or(RoomError::ParticipantNotFound)?;
        self.set_permission(now, seat, joining.permission.clone());
        let moving = self.release(now, identity, to)?;
        Ok(Moving { joining: Some(Box::new(joining)), ..moving })
    }

    /// Takes in a participant that another room released.
    pub fn receive(&mut self, now: Instant, moving: Moving) -> Result<(), JoinError> {
        if self.finished {
            return Err(JoinError::Ended);
        }
        let mut participant = *moving.participant;
        if let Some(joining) = moving.joining {
            if let Err(refusal) = self.admits(&joining) {
                self.turn_away(participant);
                return Err(refusal);
            }
            participant.become_another(*joining);
            participant.joined_at_ms = self.unix(now).as_millis() as i64;
            self.remember(&mut participant);
        }
        if let Some(older) = self.seat_of_identity(&participant.identity) {
            self.remove(now, older, DisconnectReason::DuplicateIdentity, Some(Action::Disconnect));
        }

        let seat = Seat(self.new_key());
        let peer = participant.transport.answering.peer;
        let tracks: Vec<String> = participant.tracks.iter().map(|track| track.info.sid.clone()).collect();
        self.seat(
            seat,
            Participant { version: participant.version + 1, state: State::Active, ..participant },
        );
        self.tell_joined(seat);
        self.send_moved(now, seat);
        for sid in tracks {
            self.take_over_track(now, seat, peer, &sid);
        }
        self.hold_to_the_floor(now, seat);
        self.announce(seat);
        self.publish_ready_tracks(now, seat);
        self.subscribe_to_all(now, seat);
        self.settle(now, seat);
        Ok(())
    }

    /// Ends what somebody brought who may not come in after all.
    fn turn_away(&mut self, participant: Participant) {
        for peer in participant.transport.joined_peers() {
            self.command(MediaCommand::Leave { peer });
        }
        if let Some(connection) = participant.connection() {
            let leave = leave_message(DisconnectReason::JoinFailure, Action::Disconnect);
            self.emit(Output::send(connection, leave));
            self.emit(Output::Close { connection });
        }
    }

    /// Sends a participant to another room the way that every client knows: with a token, to build everything anew.
    pub fn send_over(&mut self, now: Instant, identity: &str, destination: &str) -> Result<(), RoomError> {
        let seat = self.seat_of_identity(identity).ok_or(RoomError::ParticipantNotFound)?;
        if self.participant(seat).and_then(Participant::connection).is_none() {
            return Err(RoomError::Precondition("the participant is not connected just now".to_owned()));
        }
        self.send_token(now, seat, destination);
        self.remove(now, seat, DisconnectReason::Migration, Some(Action::Reconnect));
        Ok(())
    }

    fn send_moved(&mut self, now: Instant, seat: Seat) {
        let Some(participant) = self.participant(seat) else {
            return;
        };
        let Some(connection) = participant.connection() else {
            return;
        };
        let moved = proto::RoomMovedResponse {
            room: Some(self.info()),
            token: String::new(),
            participant: Some(participant.info()),
            other_participants: self.others(seat),
        };
        let Some(claims) = self.fresh_claims(now, seat, &self.name) else {
            return;
        };
        self.emit(Output::Moved { connection, moved: Box::new(moved), claims: Box::new(claims) });
    }

    /// Declares a track of a newcomer to the media engine as one of this room.
    fn take_over_track(&mut self, now: Instant, seat: Seat, peer: super::PeerKey, sid: &str) {
        self.by_track.insert(sid.to_owned(), seat);
        let version = self.timed_version(now);
        let Some(track) = self.participants.get_mut(&seat).and_then(|participant| participant.track_mut(sid))
        else {
            return;
        };
        track.subscriber_told = false;
        track.dynacast = Default::default();
        if let Some(backup) = &mut track.backup {
            backup.dynacast = crate::dynacast::Dynacast::silent();
        }
        track.info.version = Some(version);
        let (Stage::Negotiated { up, media } | Stage::Live { up, media }) = &track.stage else {
            return;
        };
        let (up, media) = (*up, media.clone());
        let second = track.backup.as_ref().and_then(|backup| backup.stage.media().cloned());
        let sizes = track.encoding_sizes(&media);
        let screen = track.info.source == proto::TrackSource::ScreenShare as i32;
        let muted = track.info.muted;
        let always_heard = self.hears_always(seat, sid);
        self.by_up.insert(up, (seat, sid.to_owned()));
        self.command(MediaCommand::Publish { peer, up, media, sizes, screen, always_heard });
        if muted {
            self.command(MediaCommand::Mute { up, muted });
        }
        if let Some(media) = second {
            self.attach_backup(seat, sid, media);
        }
        self.send_wanted_quality(seat, sid);
    }

    /// Takes a track from its subscribers, as its publisher goes with it.
    fn withdraw_track(&mut self, now: Instant, sid: &str) {
        self.by_track.remove(sid);
        let subscribers: Vec<Seat> = self
            .participants
            .iter()
            .filter(|(_, participant)| participant.subscriptions.contains_key(sid))
            .map(|(&seat, _)| seat)
            .collect();
        for subscriber in subscribers {
            self.unsubscribe(subscriber, sid);
            self.settle(now, subscriber);
        }
    }
}

impl Participant {
    /// Makes it who joins, with the transports and tracks that it has.
    fn become_another(&mut self, joining: Joining) {
        let Joining { identity, name, metadata, attributes, kind, permission, claims, speech, .. } = joining;
        self.identity = identity;
        self.name = name;
        self.metadata = metadata;
        self.attributes = attributes;
        self.kind = kind as i32;
        self.permission = permission;
        self.claims = claims;
        self.always_heard = speech.always_heard;
        let session = &mut self.transport.answering.session;
        let lossy = session.audio_order().lossy;
        session.order_audio(AudioOrder { policy: speech.policy, lossy });
    }
}

/// The protocol version since which clients understand `room_moved`.
const MOVING_SINCE: i32 = 16;
