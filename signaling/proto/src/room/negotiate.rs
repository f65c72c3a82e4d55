//! Session descriptions: answering a client's offers, making ours, finding sections for subscriptions.

use std::time::Instant;

use livekit_protocol::{
    self as proto, DisconnectReason, SubscriptionError, leave_request::Action, signal_response,
};

use super::{MediaCommand, Room, SECTIONS_PATIENCE, Seat};
use crate::{
    participant::{Participant, Stage},
    sdp::{Codec, DownMedia, FillError, MediaKind, Offer, RemoteAnswer, UpMedia},
    subscription::Slot,
};

impl Room {
    /// A client's offer outside its join request.
    pub(super) fn handle_offer(&mut self, now: Instant, seat: Seat, offer: &proto::SessionDescription) {
        match Offer::parse(&offer.sdp, &self.sdp_limits) {
            Ok(parsed) => {
                self.answer_offer(now, seat, offer.id, parsed);
                self.settle(now, seat);
            }
            Err(error) => {
                tracing::debug!(%error, "unusable offer");
                self.refuse_description(now, seat);
            }
        }
    }

    pub(super) fn answer_offer(&mut self, now: Instant, seat: Seat, id: u32, offer: Offer) {
        let ice = self.new_ice();
        let Some(participant) = self.participants.get_mut(&seat) else {
            return;
        };
        let leg = &mut participant.transport.answering;
        let changes = match leg.session.handle_offer(offer) {
            Ok(changes) => changes,
            Err(error) => {
                tracing::debug!(%error, "unusable offer");
                self.refuse_description(now, seat);
                return;
            }
        };
        participant.sections_asked = None;

        let peer = leg.peer;
        if let Some(remote) = changes.transport {
            if !leg.joined {
                leg.joined = true;
                let local = leg.ice.clone();
                let direct = leg.direct.then(|| participant.connection()).flatten();
                self.command(match direct {
                    Some(connection) => MediaCommand::JoinDirect { peer, connection },
                    None => MediaCommand::Join { peer, local, remote: Some(remote), we_open_data: false },
                });
            } else if changes.ice_restart {
                leg.ice = ice;
                let local = leg.ice.clone();
                self.command(MediaCommand::RestartIce { peer, local, remote: Some(remote.ice) });
            }
        }
        for gone in &changes.unslotted {
            self.lose_slot(seat, &gone.track_sid);
        }
        for ended in &changes.ended {
            self.take_ended(now, seat, &ended.mid);
        }
        self.take_published(now, seat, changes.published);
        if self.single(seat) {
            self.choose_slots(seat);
        }

        let Some(participant) = self.participants.get(&seat) else {
            return;
        };
        let answering = &participant.transport.answering;
        let local = self.local_transport(answering.peer, &answering.ice);
        let Some(participant) = self.participants.get_mut(&seat) else {
            return;
        };
        let answer = participant.transport.answering.session.answer(&local);
        self.send(
            seat,
            signal_response::Message::Answer(proto::SessionDescription {
                r#type: "answer".to_owned(),
                sdp: answer.sdp,
                id,
                mid_to_track_id: answer.mid_to_track_id.into_iter().collect(),
            }),
        );
        if self.single(seat) {
            self.start_chosen(now, seat);
        }
    }

    /// A client's answer to our offer.
    pub(super) fn handle_answer(&mut self, now: Instant, seat: Seat, answer: &proto::SessionDescription) {
        let parsed = match RemoteAnswer::parse(&answer.sdp, &self.sdp_limits) {
            Ok(parsed) => parsed,
            Err(error) => {
                tracing::debug!(%error, "unusable answer");
                self.refuse_description(now, seat);
                return;
            }
        };
        let Some(leg) =
            self.participants.get_mut(&seat).and_then(|participant| participant.transport.offering.as_mut())
        else {
            return;
        };
        let changes = match leg.session.handle_answer(answer.id, parsed) {
            Ok(changes) => changes,
            Err(error) => {
                tracing::debug!(%error, "unusable answer");
                self.refuse_description(now, seat);
                return;
            }
        };

        let peer = leg.peer;
        if leg.remote.as_ref() != Some(&changes.transport) {
            leg.remote = Some(changes.transport.clone());
            self.command(MediaCommand::SetRemote { peer, remote: changes.transport });
        }
        for refused in &changes.refused {
            self.refuse_subscription(seat, &refused.track_sid);
        }
        self.start_chosen(now, seat);
        self.settle(now, seat);
    }

    /// Brings a participant's descriptions in line with its subscriptions, as far as is possible now.
    pub(super) fn settle(&mut self, now: Instant, seat: Seat) {
        match self.single(seat) {
            true => self.ask_for_sections(now, seat),
            false => self.make_offer(seat),
        }
    }

    /// In single mode only the client offers: asks it to, with as many more sections as we need.
    fn ask_for_sections(&mut self, now: Instant, seat: Seat) {
        let Some(participant) = self.participant(seat) else {
            return;
        };
        let leg = &participant.transport.answering;
        if !leg.joined || participant.connection().is_none() || participant.sections_asked.is_some() {
            return;
        }
        let (audios, videos) = self.choose_slots(seat);
        let Some(participant) = self.participants.get_mut(&seat) else {
            return;
        };
        let restless = participant.transport.answering.session.needs_offer();
        if audios + videos == 0 && !restless {
            return;
        }

        participant.sections_asked = Some(now);
        self.arm(now + SECTIONS_PATIENCE);
        self.send(
            seat,
            signal_response::Message::MediaSectionsRequirement(proto::MediaSectionsRequirement {
                num_audios: audios,
                num_videos: videos,
            }),
        );
    }

    /// Finds sections for waiting subscriptions; returns how many more audio and video sections are needed.
    fn choose_slots(&mut self, seat: Seat) -> (u32, u32) {
        let waiting: Vec<String> = self
            .participant(seat)
            .map(|participant| {
                participant
                    .subscriptions
                    .iter()
                    .filter(|(_, subscription)| subscription.slot == Slot::Waiting)
                    .map(|(sid, _)| sid.clone())
                    .collect()
            })
            .unwrap_or_default();

        let (mut audios, mut videos) = (0, 0);
        for sid in waiting {
            let Some(media) = self.down_media(seat, &sid) else {
                continue;
            };
            let kind = media.kind;
            let Some(participant) = self.participants.get_mut(&seat) else {
                break;
            };
            let transport = &mut participant.transport;
            let chosen = match &mut transport.offering {
                Some(leg) => leg.session.add(media),
                None => transport.answering.session.fill(media),
            };
            match chosen {
                Ok(mid) => {
                    if let Some(subscription) = participant.subscriptions.get_mut(&sid) {
                        subscription.slot = Slot::Chosen { mid };
                    }
                }
                Err(FillError::NoFreeSlot) => match kind {
                    MediaKind::Audio => audios += 1,
                    MediaKind::Video => videos += 1,
                },
                Err(FillError::NoCommonCodec) => self.refuse_subscription(seat, &sid),
                Err(error) => tracing::debug!(%error, "no section for a subscription"),
            }
        }
        (audios, videos)
    }

    /// Begins forwarding where both sides have agreed.
    pub(super) fn start_chosen(&mut self, now: Instant, seat: Seat) {
        let Some(participant) = self.participant(seat) else {
            return;
        };
        let transport = &participant.transport;
        let peer = transport.down_peer();
        let (mut starting, mut second) = (Vec::new(), Vec::new());
        for (sid, subscription) in &participant.subscriptions {
            let Slot::Chosen { mid } = &subscription.slot else {
                continue;
            };
            let negotiated = match &transport.offering {
                Some(leg) => leg.session.down(mid),
                None => transport.answering.session.down(mid),
            };
            let track = self
                .by_track
                .get(sid)
                .and_then(|publisher| self.participant(*publisher))
                .and_then(|publisher| publisher.track(sid));
            let (Some(negotiated), Some(track)) = (negotiated, track) else { continue };
            let mut up = track.up();
            if Self::needs_backup(track, &negotiated) {
                second.push(sid.clone());
                let stage = track.backup.as_ref().map(|backup| &backup.stage);
                up = stage.filter(|stage| matches!(stage, Stage::Live { .. })).and_then(Stage::up);
            }
            if let Some(up) = up {
                starting.push((sid.clone(), mid.clone(), negotiated, up));
            }
        }
        for sid in second {
            self.back_up(now, seat, &sid);
        }

        for (sid, mid, negotiated, up) in starting {
            let Some(subscription) = self
                .participants
                .get_mut(&seat)
                .and_then(|participant| participant.subscriptions.get_mut(&sid))
            else {
                continue;
            };
            subscription.slot = Slot::Flowing { mid };
            let (down, wish) = (subscription.down, subscription.wish);
            self.command(MediaCommand::Subscribe { peer, down, up, negotiated: Box::new(negotiated), wish });
        }
    }

    /// In dual mode we offer the subscriber's connection; one offer at a time.
    fn make_offer(&mut self, seat: Seat) {
        self.choose_slots(seat);
        let Some(participant) = self.participants.get(&seat) else {
            return;
        };
        if participant.connection().is_none() {
            return;
        }
        let Some(leg) = &participant.transport.offering else {
            return;
        };
        let wanted = leg.primary || leg.joined || !participant.subscriptions.is_empty();
        if !wanted || !leg.session.needs_offer() {
            return;
        }

        let local = self.local_transport(leg.peer, &leg.ice);
        let Some(leg) =
            self.participants.get_mut(&seat).and_then(|participant| participant.transport.offering.as_mut())
        else {
            return;
        };
        let Some(offer) = leg.session.offer(&local) else {
            return;
        };
        let (peer, first) = (leg.peer, !std::mem::replace(&mut leg.joined, true));
        if first {
            self.command(MediaCommand::Join { peer, local: local.ice, remote: None, we_open_data: true });
        }
        self.send(
            seat,
            signal_response::Message::Offer(proto::SessionDescription {
                r#type: "offer".to_owned(),
                sdp: offer.sdp,
                id: offer.id,
                mid_to_track_id: offer.mid_to_track_id.into_iter().collect(),
            }),
        );
    }

    /// Restarts ICE on the connection that we offer, for a client that lost its way.
    pub(super) fn restart_offering(&mut self, seat: Seat) {
        let ice = self.new_ice();
        let Some(leg) =
            self.participants.get_mut(&seat).and_then(|participant| participant.transport.offering.as_mut())
        else {
            return;
        };
        leg.session.abandon_offer();
        if leg.joined {
            leg.ice = ice;
            leg.session.force_offer();
            let (peer, local) = (leg.peer, leg.ice.clone());
            self.command(MediaCommand::RestartIce { peer, local, remote: None });
        }
        self.make_offer(seat);
    }

    fn down_media(&self, seat: Seat, sid: &str) -> Option<DownMedia> {
        let subscriber = self.participant(seat)?;
        let subscription = subscriber.subscriptions.get(sid)?;
        let publisher = self.participant(*self.by_track.get(sid)?)?;
        let track = publisher.track(sid)?;
        let media = track.media()?;

        #[allow(deprecated)]
        let stereo = track.info.stereo;
        Some(DownMedia {
            kind: track.kind(),
            participant_sid: publisher.sid.clone(),
            track_sid: sid.to_owned(),
            stream: stream_name(subscriber, track),
            codecs: sent_codecs(track, media),
            stereo,
            ssrc: subscription.ssrc,
            rtx_ssrc: subscription.rtx_ssrc,
        })
    }

    /// The client gave up the section of a subscription.
    fn lose_slot(&mut self, seat: Seat, sid: &str) {
        let Some(subscription) =
            self.participants.get_mut(&seat).and_then(|participant| participant.subscriptions.get_mut(sid))
        else {
            return;
        };
        let flowing = subscription.slot.is_flowing();
        subscription.slot = Slot::Waiting;
        let old = subscription.down;
        if flowing {
            let fresh = super::DownKey(self.new_key());
            self.command(MediaCommand::Unsubscribe { down: old });
            self.rename_subscription(seat, sid, old, fresh);
        }
    }

    fn refuse_subscription(&mut self, seat: Seat, sid: &str) {
        let Some(subscription) =
            self.participants.get_mut(&seat).and_then(|participant| participant.subscriptions.get_mut(sid))
        else {
            return;
        };
        subscription.slot = Slot::Refused;
        self.send(
            seat,
            signal_response::Message::SubscriptionResponse(proto::SubscriptionResponse {
                track_sid: sid.to_owned(),
                err: SubscriptionError::SeCodecUnsupported as i32,
            }),
        );
    }

    fn refuse_description(&mut self, now: Instant, seat: Seat) {
        // Rebuilding would bring the same description again.
        self.remove(now, seat, DisconnectReason::MediaFailure, Some(Action::Disconnect));
    }

    fn single(&self, seat: Seat) -> bool {
        self.participant(seat).is_some_and(|participant| participant.transport.offering.is_none())
    }
}

/// What a track is sent in: its first codec, its second if it has one, and what its encoder may fall back to.
fn sent_codecs(track: &crate::participant::Track, media: &UpMedia) -> Vec<Codec> {
    let mut codecs = media.codecs.clone();
    if let Some(backup) = &track.backup
        && codecs.iter().all(|codec| codec.mime != backup.mime)
    {
        let negotiated = backup.stage.media().and_then(|media| media.codecs.first());
        codecs.insert(1.min(codecs.len()), negotiated.cloned().unwrap_or_else(|| Codec::usual(backup.mime)));
    }
    codecs
}

/// Tracks under one name are played in step: a camera with its microphone, a screen with its sound.
fn stream_name(subscriber: &Participant, track: &crate::participant::Track) -> String {
    use livekit_protocol::TrackSource;

    if subscriber.protocol() < 10 {
        return track.info.sid.clone();
    }
    let usable = |name: &str| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric());
    if usable(&track.info.stream) && !track.info.stream.starts_with("TR") {
        return track.info.stream.clone();
    }
    match TrackSource::try_from(track.info.source) {
        Ok(TrackSource::Camera | TrackSource::Microphone) => "camera".to_owned(),
        Ok(TrackSource::ScreenShare | TrackSource::ScreenShareAudio) => "screen".to_owned(),
        _ => track.info.sid.clone(),
    }
}
