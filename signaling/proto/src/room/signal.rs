//! What clients say.

use std::time::Instant;

use livekit_protocol::{
    self as proto, DisconnectReason,
    request_response::{self, Reason},
    signal_request::Message,
    signal_response,
};

use super::{ConnectionId, Room, Seat, join::check_words};

impl Room {
    #[allow(deprecated)] // old clients send what is deprecated
    pub(super) fn handle_signal(&mut self, now: Instant, connection: ConnectionId, message: Message) {
        // A connection that was replaced may still talk.
        let Some(&seat) = self.by_connection.get(&connection) else {
            return;
        };
        match message {
            Message::Offer(offer) => self.handle_offer(now, seat, &offer),
            Message::Answer(answer) => self.handle_answer(now, seat, &answer),
            // We are ICE-lite: the client's checks tell where it is.
            // We are ICE-lite and need no candidates, so that none is kept (RFC 8445 §2.5).
            Message::Trickle(_) => {}
            Message::AddTrack(request) => self.add_track(now, seat, request),
            Message::Mute(mute) => self.handle_mute(now, seat, mute),
            Message::Subscription(update) => self.update_subscription(now, seat, &update),
            Message::TrackSetting(update) => self.update_track_settings(now, seat, &update),
            Message::Leave(_) => self.remove(now, seat, DisconnectReason::ClientInitiated, None),
            Message::SubscriptionPermission(permission) => {
                self.set_subscription_rules(now, seat, permission);
            }
            Message::SyncState(state) => self.sync_state(now, seat, state),
            Message::Ping(_) => {
                let pong = signal_response::Message::Pong(self.unix(now).as_millis() as i64);
                self.send(seat, pong);
            }
            Message::PingReq(ping) => {
                let pong = proto::Pong {
                    last_ping_timestamp: ping.timestamp,
                    timestamp: self.unix(now).as_millis() as i64,
                };
                self.send(seat, signal_response::Message::PongResp(pong));
            }
            Message::UpdateMetadata(update) => self.handle_update_metadata(seat, update),
            Message::UpdateAudioTrack(update) => self.update_audio_track(now, seat, update),
            Message::UpdateVideoTrack(update) => self.update_video_track(now, seat, update),
            Message::PublishDataTrackRequest(request) => self.refuse(
                seat,
                request_response::Request::PublishDataTrack(request),
                "data tracks are not supported",
            ),
            Message::UnpublishDataTrackRequest(request) => self.refuse(
                seat,
                request_response::Request::UnpublishDataTrack(request),
                "data tracks are not supported",
            ),
            Message::StoreDataBlobRequest(_) | Message::GetDataBlobRequest(_) => {
                self.respond(seat, 0, Reason::NotAllowed, "data blobs are not supported", None);
            }
            // Obsolete, for tests of other servers, or about data tracks that nobody has.
            Message::UpdateLayers(_) | Message::Simulate(_) | Message::UpdateDataSubscription(_) => {}
        }
    }

    fn refuse(&mut self, seat: Seat, request: request_response::Request, why: &str) {
        self.respond(seat, 0, Reason::NotAllowed, why, Some(request));
    }

    fn handle_mute(&mut self, now: Instant, seat: Seat, mute: proto::MuteTrackRequest) {
        let known = self.participant(seat).is_some_and(|participant| participant.track(&mute.sid).is_some());
        if known {
            self.mute_own(now, seat, mute);
        } else {
            let echo = request_response::Request::Mute(mute);
            self.respond(seat, 0, Reason::NotFound, "no such track", Some(echo));
        }
    }

    fn handle_update_metadata(&mut self, seat: Seat, update: proto::UpdateParticipantMetadata) {
        let Some(participant) = self.participant(seat) else {
            return;
        };
        let request_id = update.request_id;
        // What a part of our own program says of itself is as true as what a token says.
        let ours = participant.voice.is_some();
        let outcome = match participant.permission.can_update_metadata || ours {
            false => Err((Reason::NotAllowed, "not allowed to change own metadata".to_owned())),
            true if !ours && !self.limits.own_attributes(update.attributes.keys()) => {
                Err((Reason::NotAllowed, "one of these attributes is not a participant's own".to_owned()))
            }
            true => self
                .set_words(seat, &update.name, &update.metadata, &update.attributes)
                .map_err(|why| (Reason::LimitExceeded, why)),
        };
        let wants_ok = self.participant(seat).is_some_and(|participant| participant.protocol() > 14);

        match outcome {
            Ok(()) => {
                self.announce(seat);
                self.tell_changed(seat);
                if wants_ok {
                    self.respond(seat, request_id, Reason::Ok, "", None);
                }
            }
            Err((reason, why)) => {
                let echo = request_response::Request::UpdateMetadata(update);
                self.respond(seat, request_id, reason, &why, Some(echo));
            }
        }
    }

    /// Changes name, metadata and attributes; empty texts mean no change, an attribute without value is deleted.
    pub(super) fn set_words(
        &mut self,
        seat: Seat,
        name: &str,
        metadata: &str,
        attributes: &std::collections::HashMap<String, String>,
    ) -> Result<(), String> {
        let Some(participant) = self.participants.get_mut(&seat) else {
            return Ok(());
        };
        let mut merged = participant.attributes.clone();
        for (key, value) in attributes {
            match value.is_empty() {
                true => merged.remove(key),
                false => merged.insert(key.clone(), value.clone()),
            };
        }
        check_words(&self.limits, name, metadata, merged.iter())?;

        participant.attributes = merged;
        if !name.is_empty() {
            name.clone_into(&mut participant.name);
        }
        if !metadata.is_empty() {
            metadata.clone_into(&mut participant.metadata);
        }
        Ok(())
    }
}
