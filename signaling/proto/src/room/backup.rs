//! The second codec of a video: asked for when somebody cannot decode the first, offered then, and forwarded to them.

use std::time::Instant;

use livekit_protocol::{
    self as proto, TrackSource,
    request_response::{self, Reason},
    signal_response,
};

use super::{DownKey, MediaCommand, Room, Seat, UpKey};
use crate::{
    participant::{Backup, Stage, Track, mime_of},
    sdp::{DownNegotiated, Mime, UpMedia, UpOptions},
    subscription::Slot,
};

impl Room {
    /// A client is going to send the second codec of a track, which it asks for by the track's name.
    pub(super) fn add_backup(&mut self, now: Instant, seat: Seat, request: proto::AddTrackRequest) {
        if let Err((reason, why)) = self.may_add_backup(seat, &request) {
            let echo = request_response::Request::AddTrack(request);
            self.respond(seat, 0, reason, why, Some(echo));
            return;
        }
        let sid = request.sid;
        let changed = self
            .track_of(seat, &sid)
            .and_then(|track| track.backup.as_ref())
            .is_some_and(|backup| backup.cid != request.cid);
        if changed {
            self.end_backup(now, seat, &sid);
        }
        let Some(participant) = self.participants.get_mut(&seat) else { return };
        let Some(track) = participant.tracks.iter_mut().find(|track| track.info.sid == sid) else { return };
        let Some(backup) = &mut track.backup else { return };

        backup.cid.clone_from(&request.cid);
        let mime = backup.mime;
        if let Some(info) = track.info.codecs.iter_mut().find(|codec| mime_of(&codec.mime_type) == Some(mime))
        {
            info.cid.clone_from(&request.cid);
            if let Some(codec) = request.simulcast_codecs.into_iter().next() {
                info.layers = codec.layers;
            }
        }
        let options = UpOptions { codec: Some(mime), ..UpOptions::default() };
        let published =
            proto::TrackPublishedResponse { cid: request.cid.clone(), track: Some(track.info.clone()) };
        participant.transport.answering.session.set_up_options(&request.cid, options);
        self.send(seat, signal_response::Message::TrackPublished(published));

        // The request may follow its offer.
        let offered = self.participant(seat).and_then(|participant| {
            let mut sections = participant.transport.answering.session.ups();
            sections.find(|media| media.cid == request.cid)
        });
        if let Some(media) = offered {
            self.attach_backup(seat, &sid, media);
        }
    }

    fn may_add_backup(
        &self,
        seat: Seat,
        request: &proto::AddTrackRequest,
    ) -> Result<(), (Reason, &'static str)> {
        let Some(track) = self.track_of(seat, &request.sid) else {
            return Err((Reason::NotFound, "no such track"));
        };
        let codec = request.simulcast_codecs.first().and_then(|codec| mime_of(&codec.codec));
        if codec.is_none() || codec != track.backup.as_ref().map(|backup| backup.mime) {
            return Err((Reason::UnsupportedType, "not the second codec that the track was announced with"));
        }
        let layers = request.simulcast_codecs.iter().map(|codec| codec.layers.len()).max().unwrap_or(0);
        if request.cid.is_empty()
            || request.cid.len() > self.limits.name_bytes
            || request.cid == track.cid
            || layers > super::publish::MAX_LAYERS
        {
            return Err((Reason::InvalidRequest, "unusable track description"));
        }
        Ok(())
    }

    /// The track whose second codec a section carries, by the client's name of it.
    pub(super) fn awaits_backup(&self, seat: Seat, cid: &str) -> Option<String> {
        let tracks = &self.participant(seat)?.tracks;
        let track = tracks.iter().find(|track| track.backup.as_ref().is_some_and(|b| b.answers_to(cid)))?;
        Some(track.info.sid.clone())
    }

    /// The track whose second codec is in a section.
    pub(super) fn backup_in(&self, seat: Seat, mid: &str) -> Option<String> {
        let tracks = &self.participant(seat)?.tracks;
        let track = tracks.iter().find(|track| track.backup_mid() == Some(mid))?;
        Some(track.info.sid.clone())
    }

    /// Connects the second codec of a track with the section that carries it, or renews the connection.
    pub(super) fn attach_backup(&mut self, seat: Seat, sid: &str, media: UpMedia) {
        let fresh = UpKey(self.new_key());
        let Some(participant) = self.participants.get_mut(&seat) else { return };
        let peer = participant.transport.answering.peer;
        let Some(track) = participant.track_mut(sid) else { return };
        let sizes = track.encoding_sizes(&media);
        let screen = track.info.source == TrackSource::ScreenShare as i32;
        let muted = track.info.muted;
        let Some(backup) = &mut track.backup else { return };

        let up = backup.stage.up().unwrap_or(fresh);
        let boxed = Box::new(media.clone());
        backup.stage = match backup.stage {
            Stage::Live { .. } => Stage::Live { up, media: boxed },
            Stage::Pending | Stage::Negotiated { .. } => Stage::Negotiated { up, media: boxed },
        };
        self.by_up.insert(up, (seat, sid.to_owned()));
        self.command(MediaCommand::Publish {
            peer,
            up,
            media: Box::new(media),
            sizes,
            screen,
            always_heard: false,
        });
        if muted {
            self.command(MediaCommand::Mute { up, muted });
        }
    }

    fn backup_mut(&mut self, seat: Seat, sid: &str) -> Option<&mut Backup> {
        self.participants.get_mut(&seat)?.track_mut(sid)?.backup.as_deref_mut()
    }

    /// The first packet of a second codec is there: those who wait for it get it.
    pub(super) fn start_backup(&mut self, now: Instant, seat: Seat, sid: &str) {
        let Some(backup) = self.backup_mut(seat, sid) else { return };
        backup.stage.go_live();
        for subscriber in self.backed_up(sid) {
            self.renew_wish(subscriber, sid);
            self.start_chosen(now, subscriber);
        }
    }

    /// The second codec of a track is not sent any more; it may come again.
    pub(super) fn end_backup(&mut self, now: Instant, seat: Seat, sid: &str) {
        let Some(backup) = self.backup_mut(seat, sid) else { return };
        backup.cid.clear();
        let Some(up) = std::mem::replace(&mut backup.stage, Stage::Pending).up() else { return };
        backup.dynacast = crate::dynacast::Dynacast::silent();

        for subscriber in self.backed_up(sid) {
            let fresh = DownKey(self.new_key());
            let Some(subscription) = self
                .participants
                .get_mut(&subscriber)
                .and_then(|participant| participant.subscriptions.get_mut(sid))
            else {
                continue;
            };
            let Slot::Flowing { mid } = &subscription.slot else { continue };
            subscription.slot = Slot::Chosen { mid: mid.clone() };
            let old = subscription.down;
            self.command(MediaCommand::Unsubscribe { down: old });
            self.rename_subscription(subscriber, sid, old, fresh);
        }
        self.by_up.remove(&up);
        self.command(MediaCommand::Unpublish { up });
        self.update_dynacast(now, sid);
    }

    /// Whether a subscription in this form is served by the second codec, since it cannot be by the first.
    pub(super) fn needs_backup(track: &Track, negotiated: &DownNegotiated) -> bool {
        let decodes = |mime: Mime| negotiated.codecs.iter().any(|codec| codec.mime == mime);
        let first = mime_of(&track.info.mime_type);
        track.backup.as_ref().is_some_and(|backup| decodes(backup.mime)) && !first.is_some_and(decodes)
    }

    /// Lets a subscription be served by the second codec from now on, or as soon as it is sent.
    pub(super) fn back_up(&mut self, now: Instant, seat: Seat, sid: &str) {
        let Some(subscription) =
            self.participants.get_mut(&seat).and_then(|participant| participant.subscriptions.get_mut(sid))
        else {
            return;
        };
        if !std::mem::replace(&mut subscription.backup, true) {
            self.renew_wish(seat, sid);
            self.update_dynacast(now, sid);
        }
    }

    fn backed_up(&self, sid: &str) -> Vec<Seat> {
        let subscribed = self.participants.iter().filter(|(_, participant)| {
            participant.subscriptions.get(sid).is_some_and(|subscription| subscription.backup)
        });
        subscribed.map(|(&seat, _)| seat).collect()
    }

    fn track_of(&self, seat: Seat, sid: &str) -> Option<&Track> {
        self.participant(seat)?.track(sid)
    }
}
