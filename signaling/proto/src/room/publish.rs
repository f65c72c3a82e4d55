//! Tracks of a participant: asked for, found in an offer, heard of, muted, ended.

use std::time::Instant;

use livekit_protocol::{
    self as proto, AudioTrackFeature, TrackSource, TrackType,
    request_response::{self, Reason},
    signal_response,
};

use super::{MediaCommand, Room, RoomEvent, Seat, UpKey};
use crate::{
    participant::{Participant, Stage, Track},
    sdp::{Mime, UpMedia, UpOptions},
};

impl Room {
    /// A client wants to publish.
    pub(super) fn add_track(&mut self, now: Instant, seat: Seat, mut request: proto::AddTrackRequest) {
        if self.participant(seat).is_some_and(|participant| participant.track(&request.sid).is_some()) {
            self.add_backup(now, seat, request);
            return;
        }
        if let Err((reason, why)) = self.may_add_track(seat, &request) {
            let echo = request_response::Request::AddTrack(request);
            self.respond(seat, 0, reason, why, Some(echo));
            return;
        }
        let Some(participant) = self.participant(seat) else {
            return;
        };
        // Asked twice, answered twice, published once.
        if let Some(track) =
            participant.tracks.iter().find(|track| track.is_pending() && track.cid == request.cid)
        {
            let message = track_published(track);
            self.send(seat, message);
            return;
        }

        let held = self.is_held(seat, &request);
        request.muted |= held;
        let sid = self.new_id(sid_prefix(&request));
        let version = self.timed_version(now);
        let options = up_options(&request);
        let track = Track::new(sid.clone(), &request, options.clone(), version);
        let published = track_published(&track);
        let Some(participant) = self.participants.get_mut(&seat) else {
            return;
        };
        participant.tracks.push(track);
        let session = &mut participant.transport.answering.session;
        for codec in &request.simulcast_codecs {
            let codec_options =
                UpOptions { codec: crate::participant::mime_of(&codec.codec), ..options.clone() };
            session.set_up_options(&codec.cid, codec_options);
        }
        session.set_up_options(&request.cid, options);
        self.by_track.insert(sid.clone(), seat);
        self.send(seat, published);
        if held {
            self.tell_muted(seat, sid.clone());
        }
        // The request may follow its offer.
        if let Some(media) = self.offered(seat, &sid) {
            self.attach(now, seat, &sid, media);
        }
    }

    /// The section of the last offer that carries a track, if there is one already.
    fn offered(&mut self, seat: Seat, sid: &str) -> Option<UpMedia> {
        let participant = self.participant(seat)?;
        let track = participant.track(sid)?;
        let untaken = |media: &UpMedia| {
            let mid = Some(media.mid.as_str());
            !participant.tracks.iter().any(|track| track.mid() == mid || track.backup_mid() == mid)
        };
        let sections = || participant.transport.answering.session.ups().filter(untaken);
        if let Some(media) = sections().find(|media| track.answers_to(&media.cid)) {
            return Some(media);
        }
        if !renames_tracks(participant) {
            return None;
        }
        let media = sections().find(|media| media.kind == track.kind())?;
        self.adopt(seat, sid, &media)
    }

    /// The track that is waiting for a section of an offer.
    fn awaiting(&mut self, seat: Seat, media: UpMedia) -> Option<(String, UpMedia)> {
        let participant = self.participant(seat)?;
        let mut pending = participant.tracks.iter().filter(|track| track.is_pending());
        if let Some(track) = pending.clone().find(|track| track.answers_to(&media.cid)) {
            return Some((track.info.sid.clone(), media));
        }
        if !renames_tracks(participant) {
            return None;
        }
        let sid = pending.find(|track| track.kind() == media.kind)?.info.sid.clone();
        let media = self.adopt(seat, &sid, &media)?;
        Some((sid, media))
    }

    #[cfg(test)]
    pub(super) fn name_of(&self, up: UpKey) -> String {
        let (seat, sid) = &self.by_up[&up];
        self.participants[seat].track(sid).unwrap().cid.clone()
    }

    /// Takes a section under a made-up name for a track's, and has it answered as the track asked.
    fn adopt(&mut self, seat: Seat, sid: &str, media: &UpMedia) -> Option<UpMedia> {
        let participant = self.participants.get_mut(&seat)?;
        let track = participant.tracks.iter_mut().find(|track| track.info.sid == sid)?;
        track.sdp_cid = Some(media.cid.clone());
        let session = &mut participant.transport.answering.session;
        session.set_up_options(&media.cid, track.options.clone());
        session.up(&media.mid)
    }

    fn may_add_track(
        &self,
        seat: Seat,
        request: &proto::AddTrackRequest,
    ) -> Result<(), (Reason, &'static str)> {
        let limits = &self.limits;
        let Some(participant) = self.participant(seat) else {
            return Err((Reason::NotFound, "no such participant"));
        };
        if !participant.may_publish(request.source) {
            return Err((Reason::NotAllowed, "not allowed to publish this source"));
        }
        if request.r#type == TrackType::Data as i32 {
            return Err((Reason::UnsupportedType, "data tracks are not supported"));
        }
        let words = [&request.cid, &request.name, &request.stream];
        #[allow(deprecated)]
        let lists = request.layers.len().max(request.simulcast_codecs.len());
        if request.cid.is_empty()
            || words.iter().any(|word| word.len() > limits.name_bytes)
            || lists > MAX_LAYERS
            || request
                .simulcast_codecs
                .iter()
                .any(|codec| codec.layers.len() > MAX_LAYERS || codec.cid.len() > limits.name_bytes)
        {
            return Err((Reason::InvalidRequest, "unusable track description"));
        }
        let pending = participant.tracks.iter().filter(|track| track.is_pending());
        if pending.count() >= limits.pending_tracks
            || participant.tracks.len() >= limits.tracks_per_participant
        {
            return Err((Reason::LimitExceeded, "too many tracks"));
        }
        Ok(())
    }

    /// Sections of an offer in which the client sends.
    pub(super) fn take_published(&mut self, now: Instant, seat: Seat, published: Vec<UpMedia>) {
        for media in published {
            let Some(participant) = self.participant(seat) else {
                return;
            };
            let same_section = participant
                .tracks
                .iter()
                .find(|track| track.mid() == Some(media.mid.as_str()))
                .map(|track| (track.info.sid.clone(), track.answers_to(&media.cid)));
            match same_section {
                Some((sid, true)) => {
                    self.attach(now, seat, &sid, media);
                    continue;
                }
                // The section is used for another track now.
                Some((sid, false)) => self.unpublish(now, seat, &sid),
                None => {}
            }

            let backed_up = self.backup_in(seat, &media.mid);
            if let Some(sid) = self.awaits_backup(seat, &media.cid) {
                self.attach_backup(seat, &sid, media);
                continue;
            }
            if let Some(sid) = backed_up {
                self.end_backup(now, seat, &sid);
            }
            if let Some((sid, media)) = self.awaiting(seat, media) {
                self.attach(now, seat, &sid, media);
            }
        }
    }

    /// Sections in which the client no longer sends.
    pub(super) fn take_ended(&mut self, now: Instant, seat: Seat, mid: &str) {
        if let Some(sid) = self.backup_in(seat, mid) {
            self.end_backup(now, seat, &sid);
            return;
        }
        let ended = self.participant(seat).and_then(|participant| {
            let track = participant.tracks.iter().find(|track| track.mid() == Some(mid))?;
            Some(track.info.sid.clone())
        });
        if let Some(sid) = ended {
            self.unpublish(now, seat, &sid);
        }
    }

    /// Connects a track with the section that carries it, or renews the connection.
    fn attach(&mut self, now: Instant, seat: Seat, sid: &str, media: UpMedia) {
        let fresh = UpKey(self.new_key());
        let version = self.timed_version(now);
        let Some(participant) = self.participants.get_mut(&seat) else {
            return;
        };
        let peer = participant.transport.answering.peer;
        let active = participant.is_active();
        let Some(track) = participant.track_mut(sid) else {
            return;
        };

        let up = track.up().unwrap_or(fresh);
        let first = track.is_pending();
        let sizes = track.encoding_sizes(&media);
        let screen = track.info.source == TrackSource::ScreenShare as i32;
        track.info.mid.clone_from(&media.mid);
        track.info.version = Some(version);
        if track.info.mime_type.is_empty()
            && let Some(codec) = media.codecs.first()
        {
            track.set_mime(codec.mime);
        }
        if track.info.muted && active {
            track.stage = Stage::Negotiated { up, media: Box::new(media.clone()) };
        } else {
            let media = Box::new(media.clone());
            track.stage = match track.is_live() {
                true => Stage::Live { up, media },
                false => Stage::Negotiated { up, media },
            };
        }
        let muted = track.info.muted;
        let always_heard = self.hears_always(seat, sid);

        self.by_up.insert(up, (seat, sid.to_owned()));
        self.command(MediaCommand::Publish { peer, up, media: Box::new(media), sizes, screen, always_heard });
        if muted {
            self.command(MediaCommand::Mute { up, muted });
        }
        // A muted track has no first packet by which it would become known.
        if first && muted && active {
            self.go_live(now, seat, sid);
        }
    }

    pub(super) fn handle_up_started(&mut self, now: Instant, up: UpKey, mime: Mime) {
        let Some((seat, sid)) = self.by_up.get(&up).cloned() else {
            return;
        };
        let Some(track) =
            self.participants.get_mut(&seat).and_then(|participant| participant.track_mut(&sid))
        else {
            return;
        };
        if track.is_backup(up) {
            self.start_backup(now, seat, &sid);
            return;
        }
        track.set_mime(mime);
        self.go_live(now, seat, &sid);
    }

    /// Lets others know of a track.
    fn go_live(&mut self, now: Instant, seat: Seat, sid: &str) {
        let version = self.timed_version(now);
        let Some(participant) = self.participants.get_mut(&seat) else {
            return;
        };
        let active = participant.is_active();
        let Some(track) = participant.track_mut(sid) else {
            return;
        };
        let was_live = track.is_live();
        track.go_live();
        track.info.version = Some(version);
        if active {
            self.announce(seat);
            if !was_live {
                self.tell_published(now, seat, sid);
            }
        }
    }

    /// Makes the tracks known that were there before their publisher was connected.
    pub(super) fn publish_ready_tracks(&mut self, now: Instant, seat: Seat) {
        let Some(participant) = self.participant(seat) else {
            return;
        };
        let ready: Vec<(String, bool)> = participant
            .tracks
            .iter()
            .filter(|track| track.is_live() || (track.info.muted && !track.is_pending()))
            .map(|track| (track.info.sid.clone(), track.is_live()))
            .collect();
        for (sid, live) in ready {
            match live {
                true => self.tell_published(now, seat, &sid),
                false => self.go_live(now, seat, &sid),
            }
        }
    }

    fn tell_published(&mut self, now: Instant, seat: Seat, sid: &str) {
        let described = self.participant(seat).and_then(|participant| {
            let track = participant.track(sid)?;
            Some((participant.info(), track.info.clone()))
        });
        if let Some((participant, track)) = described {
            self.tell(RoomEvent::TrackPublished { room: self.info(), participant, track });
        }
        self.offer_track(now, sid);
    }

    /// Ends a track and tells everybody.
    pub(super) fn unpublish(&mut self, now: Instant, seat: Seat, sid: &str) {
        self.end_track(now, seat, sid);
        self.announce(seat);
    }

    /// Ends a track; telling is left to the caller.
    pub(super) fn end_track(&mut self, now: Instant, seat: Seat, sid: &str) {
        let Some(participant) = self.participants.get_mut(&seat) else {
            return;
        };
        let Some(index) = participant.tracks.iter().position(|track| track.info.sid == sid) else {
            return;
        };
        let track = participant.tracks.remove(index);
        let publisher = participant.info();
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
        for participant in self.participants.values_mut() {
            participant.wishes.remove(sid);
            participant.settings.remove(sid);
        }

        for up in track.ups() {
            self.by_up.remove(&up);
            self.speaking.remove(&up);
            self.command(MediaCommand::Unpublish { up });
        }
        if track.is_live() {
            self.tell(RoomEvent::TrackUnpublished {
                room: self.info(),
                participant: publisher,
                track: track.info,
            });
        }
    }

    /// Notes that a track is muted or not; `true` if that is new.
    pub(super) fn set_muted(&mut self, now: Instant, seat: Seat, sid: &str, muted: bool) -> bool {
        let version = self.timed_version(now);
        let Some(track) = self.participants.get_mut(&seat).and_then(|participant| participant.track_mut(sid))
        else {
            return false;
        };
        if track.info.muted == muted {
            return false;
        }
        track.info.muted = muted;
        track.info.version = Some(version);
        for up in track.ups().collect::<Vec<_>>() {
            self.command(MediaCommand::Mute { up, muted });
        }
        self.announce(seat);
        true
    }

    pub(super) fn update_audio_track(
        &mut self,
        now: Instant,
        seat: Seat,
        update: proto::UpdateLocalAudioTrack,
    ) {
        let version = self.timed_version(now);
        let Some(track) =
            self.participants.get_mut(&seat).and_then(|participant| participant.track_mut(&update.track_sid))
        else {
            let echo = request_response::Request::UpdateAudioTrack(update);
            self.respond(seat, 0, Reason::NotFound, "no such track", Some(echo));
            return;
        };
        let mut features = update.features;
        features.truncate(MAX_LAYERS);
        #[allow(deprecated)] // old clients read them
        {
            track.info.stereo = features.contains(&(AudioTrackFeature::TfStereo as i32));
            track.info.disable_dtx = features.contains(&(AudioTrackFeature::TfNoDtx as i32));
        }
        track.info.audio_features = features;
        track.info.version = Some(version);
        if track.is_live() {
            self.announce(seat);
        }
    }

    pub(super) fn update_video_track(
        &mut self,
        now: Instant,
        seat: Seat,
        update: proto::UpdateLocalVideoTrack,
    ) {
        let version = self.timed_version(now);
        let Some(track) =
            self.participants.get_mut(&seat).and_then(|participant| participant.track_mut(&update.track_sid))
        else {
            let echo = request_response::Request::UpdateVideoTrack(update);
            self.respond(seat, 0, Reason::NotFound, "no such track", Some(echo));
            return;
        };
        track.info.width = update.width;
        track.info.height = update.height;
        track.info.version = Some(version);
        if track.is_live() {
            self.announce(seat);
        }
    }

    /// Answers a request that carries a number, or that was refused.
    pub(super) fn respond(
        &mut self,
        seat: Seat,
        request_id: u32,
        reason: Reason,
        message: &str,
        request: Option<request_response::Request>,
    ) {
        self.send(
            seat,
            signal_response::Message::RequestResponse(proto::RequestResponse {
                request_id,
                reason: reason as i32,
                message: message.to_owned(),
                request,
            }),
        );
    }
}

fn track_published(track: &Track) -> signal_response::Message {
    signal_response::Message::TrackPublished(proto::TrackPublishedResponse {
        cid: track.cid.clone(),
        track: Some(track.info.clone()),
    })
}

/// Firefox writes other names into its offers than those by which its scripts know tracks. They are told apart by
/// kind and order there, and by name everywhere else, where an offer may overtake the request for its track.
fn renames_tracks(participant: &Participant) -> bool {
    participant.client.browser.eq_ignore_ascii_case("firefox")
}

fn up_options(request: &proto::AddTrackRequest) -> UpOptions {
    #[allow(deprecated)] // older clients tell it there
    let (no_dtx, stereo) = (request.disable_dtx, request.stereo);
    let has = |feature: AudioTrackFeature| request.audio_features.contains(&(feature as i32));

    UpOptions {
        codec: request.simulcast_codecs.first().and_then(|codec| crate::participant::mime_of(&codec.codec)),
        dtx: !no_dtx && !has(AudioTrackFeature::TfNoDtx),
        stereo: stereo || has(AudioTrackFeature::TfStereo),
        red: !request.disable_red && request.encryption == proto::encryption::Type::None as i32,
    }
}

/// Letters for kind and source, for whoever reads logs; clients do not depend on them.
fn sid_prefix(request: &proto::AddTrackRequest) -> &'static str {
    let video = request.r#type == TrackType::Video as i32;
    match (video, TrackSource::try_from(request.source)) {
        (true, Ok(TrackSource::ScreenShare)) => "TR_VS",
        (true, _) => "TR_VC",
        (false, Ok(TrackSource::ScreenShareAudio)) => "TR_As",
        (false, _) => "TR_AM",
    }
}

/// Layers, codecs and features of one track.
pub(super) const MAX_LAYERS: usize = 16;
