//! Shows a participant of one room in another: a machine between two rooms, in each of which it is a participant.
//!
//! ```text
//! source room ── hidden subscriber ──▶ RTP, as it is ──▶ publisher under the same identity ── destination room
//! ```
//!
//! It speaks to both rooms as a client would. What it receives it declares at the other end with the same
//! synchronization source and payload type, so that packets pass unchanged, and feedback comes back unchanged.

use std::collections::{BTreeMap, VecDeque};

use livekit_protocol::{self as proto, request_response, signal_request, signal_response};

use crate::{
    description::{Description, Offers},
    sdp::{self, Codec, MediaKind},
};

/// One participant shown in another room.
#[derive(Debug)]
pub struct Forwarding {
    identity: String,
    /// Tracks of the participant by their id in the source room.
    tracks: BTreeMap<String, Forwarded>,
    /// Sections in which we receive from the source room.
    receiving: Vec<MediaKind>,
    /// Sections in which we send to the destination room.
    sending: Vec<Sending>,
    offers: Offers,
    outputs: VecDeque<ForwardOutput>,
    ended: bool,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq)]
pub enum ForwardOutput {
    /// Send to the source room.
    ToSource(Box<signal_request::Message>),
    /// Send to the destination room.
    ToDestination(Box<signal_request::Message>),
    /// Leave both rooms; nothing follows.
    End,
}

#[derive(Debug)]
struct Forwarded {
    info: proto::TrackInfo,
    /// Its id in the destination room, once it has one.
    destination_sid: Option<String>,
    /// Whether the destination room believes it muted.
    told_muted: bool,
}

#[derive(Debug)]
struct Sending {
    kind: MediaKind,
    /// The track in it, by its id in the source room; `None` once it has ended.
    track: Option<String>,
    /// Preferred first.
    codecs: Vec<Codec>,
    ssrc: u32,
}

impl Forwarding {
    /// Begins when the rooms' first messages come.
    #[must_use]
    pub fn new(identity: &str) -> Self {
        Self {
            identity: identity.to_owned(),
            tracks: BTreeMap::new(),
            receiving: Vec::new(),
            sending: Vec::new(),
            offers: Offers::default(),
            outputs: VecDeque::new(),
            ended: false,
        }
    }

    /// Takes a message of the source room.
    pub fn handle_source(&mut self, message: &signal_response::Message) {
        match message {
            signal_response::Message::Join(join) => {
                match join.other_participants.iter().find(|other| other.identity == self.identity) {
                    Some(participant) => self.take_state(participant),
                    None => self.end(),
                }
            }
            signal_response::Message::Update(update) => {
                let state = update.participants.iter().find(|other| other.identity == self.identity);
                if let Some(participant) = state {
                    self.take_state(participant);
                }
            }
            signal_response::Message::Answer(answer) => self.take_received(answer),
            signal_response::Message::MediaSectionsRequirement(required) => {
                for (kind, count) in
                    [(MediaKind::Audio, required.num_audios), (MediaKind::Video, required.num_videos)]
                {
                    let room = MAX_SECTIONS.saturating_sub(self.receiving.len());
                    self.receiving.extend(std::iter::repeat_n(kind, room.min(count as usize)));
                }
                self.offer_to_source();
            }
            signal_response::Message::Leave(_) => self.end(),
            _ => {}
        }
    }

    /// Takes a message of the destination room.
    pub fn handle_destination(&mut self, message: &signal_response::Message) {
        match message {
            signal_response::Message::TrackPublished(published) => {
                let sid = published.track.as_ref().map(|track| track.sid.clone());
                if let Some(track) = self.tracks.get_mut(&published.cid) {
                    track.destination_sid = sid;
                    self.tell_muted(&published.cid);
                }
            }
            signal_response::Message::RequestResponse(response) => {
                if let Some(request_response::Request::AddTrack(refused)) = &response.request {
                    self.stop_sending(&refused.cid);
                }
            }
            signal_response::Message::Leave(_) => self.end(),
            _ => {}
        }
    }

    /// What is to be done next, until `None`.
    pub fn poll_output(&mut self) -> Option<ForwardOutput> {
        self.outputs.pop_front()
    }

    fn take_state(&mut self, participant: &proto::ParticipantInfo) {
        if participant.state() == proto::participant_info::State::Disconnected {
            self.end();
            return;
        }
        let gone: Vec<String> = self
            .tracks
            .keys()
            .filter(|sid| participant.tracks.iter().all(|track| &track.sid != *sid))
            .cloned()
            .collect();
        for sid in gone {
            self.tracks.remove(&sid);
            self.stop_sending(&sid);
        }

        let mut fresh = Vec::new();
        for info in &participant.tracks {
            if let Some(known) = self.tracks.get_mut(&info.sid) {
                known.info = info.clone();
            } else if self.tracks.len() < MAX_SECTIONS {
                fresh.push(info.sid.clone());
                let track = Forwarded { info: info.clone(), destination_sid: None, told_muted: info.muted };
                self.tracks.insert(info.sid.clone(), track);
            }
            self.tell_muted(&info.sid);
        }
        // An offer at once: it is what lets media in.
        if self.receiving.is_empty() {
            self.receiving = vec![MediaKind::Audio, MediaKind::Video];
            self.offer_to_source();
            self.offer_to_destination();
        }
        if !fresh.is_empty() {
            self.tell_source(signal_request::Message::Subscription(proto::UpdateSubscription {
                track_sids: fresh,
                subscribe: true,
                ..Default::default()
            }));
        }
    }

    /// The source room says in which section it sends which track.
    fn take_received(&mut self, answer: &proto::SessionDescription) {
        let Ok(sections) = sdp::sections(&answer.sdp, &sdp::Limits::default()) else {
            self.end();
            return;
        };
        let mut changed = false;
        for section in sections {
            let Some(sid) = answer.mid_to_track_id.get(&section.mid) else { continue };
            let known = self.sending.iter().any(|sending| sending.track.as_ref() == Some(sid));
            let (Some(track), false) = (self.tracks.get(sid), known) else { continue };
            let ssrc = section.encodings.first().and_then(|encoding| encoding.ssrc);
            let (Some(codec), Some(ssrc)) = (section.codecs.first(), ssrc) else { continue };

            let add_track = add_track(sid, &track.info, codec);
            let kind = codec.mime.kind();
            let sending = Sending { kind, track: Some(sid.clone()), codecs: section.codecs.clone(), ssrc };
            let free = |old: &&mut Sending| old.track.is_none() && old.kind == sending.kind;
            match self.sending.iter_mut().find(free) {
                Some(old) => *old = sending,
                None => self.sending.push(sending),
            }
            self.tell_destination(signal_request::Message::AddTrack(add_track));
            changed = true;
        }
        if changed {
            self.offer_to_destination();
        }
    }

    fn stop_sending(&mut self, sid: &str) {
        let sending = self.sending.iter_mut().find(|sending| sending.track.as_deref() == Some(sid));
        if let Some(sending) = sending {
            sending.track = None;
            self.offer_to_destination();
        }
    }

    fn tell_muted(&mut self, sid: &str) {
        let Some(track) = self.tracks.get_mut(sid) else { return };
        let Some(destination_sid) = track.destination_sid.clone() else { return };
        let muted = track.info.muted;
        if std::mem::replace(&mut track.told_muted, muted) != muted {
            let mute = proto::MuteTrackRequest { sid: destination_sid, muted };
            self.tell_destination(signal_request::Message::Mute(mute));
        }
    }

    fn offer_to_source(&mut self) {
        let mut text = Description::default();
        for &kind in &self.receiving {
            text.receive(kind);
        }
        let offer = self.offers.offer(text);
        self.tell_source(offer);
    }

    fn offer_to_destination(&mut self) {
        let mut text = Description::default();
        text.idle();
        for Sending { kind, track, codecs, ssrc } in &self.sending {
            text.send(*kind, codecs, track.as_deref().map(|cid| (cid, *ssrc)));
        }
        let offer = self.offers.offer(text);
        self.tell_destination(offer);
    }

    fn tell_source(&mut self, message: signal_request::Message) {
        self.outputs.push_back(ForwardOutput::ToSource(Box::new(message)));
    }

    fn tell_destination(&mut self, message: signal_request::Message) {
        self.outputs.push_back(ForwardOutput::ToDestination(Box::new(message)));
    }

    fn end(&mut self) {
        if !std::mem::replace(&mut self.ended, true) {
            self.outputs.push_back(ForwardOutput::End);
        }
    }
}

/// The same track, to be published once more. One encoding is left of several.
fn add_track(cid: &str, info: &proto::TrackInfo, codec: &Codec) -> proto::AddTrackRequest {
    proto::AddTrackRequest {
        cid: cid.to_owned(),
        name: info.name.clone(),
        r#type: info.r#type,
        source: info.source,
        width: info.width,
        height: info.height,
        muted: info.muted,
        encryption: info.encryption,
        stream: info.stream.clone(),
        audio_features: info.audio_features.clone(),
        disable_red: true,
        simulcast_codecs: vec![proto::SimulcastCodec {
            codec: codec.mime.name().to_owned(),
            cid: cid.to_owned(),
            ..Default::default()
        }],
        ..Default::default()
    }
}

/// Tracks of one participant that are shown elsewhere.
const MAX_SECTIONS: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sdp::{
        AnsweringSession, DownMedia, Feedback, Fingerprint, IceCredentials, LocalTransport, Mime, Offer,
        UpMedia,
    };

    #[test]
    fn a_camera_is_taken_at_one_end_and_published_at_the_other_under_the_same_numbers() {
        let mut both = Both::new();
        both.source(join(participant(vec![camera(false)])));
        let first = both.drain();
        assert!(first.iter().any(|output| matches!(output, ForwardOutput::ToSource(message)
            if matches!(&**message, signal_request::Message::Subscription(update)
                if update.track_sids == ["TR_cam"] && update.subscribe))));

        both.send_camera();

        let published = both.add_tracks();
        assert_eq!((published[0].cid.as_str(), published[0].name.as_str()), ("TR_cam", "cam"));
        assert_eq!(published[0].simulcast_codecs[0].codec, "video/H264");
        let ups: Vec<UpMedia> = both.destination.ups().collect();
        assert_eq!((ups.len(), ups[0].cid.as_str()), (1, "TR_cam"));
        assert_eq!((ups[0].codecs[0].mime, ups[0].codecs[0].payload_type), (Mime::H264, 102));
        assert_eq!(ups[0].encodings[0].ssrc, Some(4711));
    }

    #[test]
    fn muting_passes_on_once_the_other_room_knows_the_track() {
        let mut both = Both::new();
        both.source(join(participant(vec![camera(false)])));
        both.send_camera();
        both.source(update(participant(vec![camera(true)])));
        assert_eq!(both.mutes(), []);

        let track = proto::TrackInfo { sid: "TR_there".to_owned(), ..Default::default() };
        let published = proto::TrackPublishedResponse { cid: "TR_cam".to_owned(), track: Some(track) };
        both.machine.handle_destination(&signal_response::Message::TrackPublished(published));
        assert_eq!(both.mutes(), [("TR_there".to_owned(), true)]);

        both.source(update(participant(vec![camera(false)])));
        assert_eq!(both.mutes(), [("TR_there".to_owned(), false)]);
    }

    #[test]
    fn a_track_that_ended_is_no_longer_offered() {
        let mut both = Both::new();
        both.source(join(participant(vec![camera(false)])));
        both.send_camera();

        both.source(update(participant(vec![])));

        both.drain();
        assert_eq!(both.destination.ups().count(), 0);
        assert!(!both.machine.ended);
    }

    #[test]
    fn more_sections_are_offered_when_the_room_asks() {
        let mut both = Both::new();
        both.source(join(participant(vec![])));
        both.drain();

        let more = proto::MediaSectionsRequirement { num_audios: 0, num_videos: 2 };
        both.source(signal_response::Message::MediaSectionsRequirement(more));
        both.drain();
        assert_eq!(both.source.free_slots(MediaKind::Video), 3);

        let flood = proto::MediaSectionsRequirement { num_audios: u32::MAX, num_videos: 0 };
        both.source(signal_response::Message::MediaSectionsRequirement(flood));
        both.drain();
        assert!(both.source.free_slots(MediaKind::Audio) < MAX_SECTIONS);
    }

    #[test]
    fn it_ends_when_the_participant_has_left_or_was_never_there_or_a_room_sends_us_away() {
        let gone = proto::ParticipantInfo {
            state: proto::participant_info::State::Disconnected as i32,
            ..participant(vec![])
        };
        let stranger = proto::ParticipantInfo { identity: "ben".to_owned(), ..participant(vec![]) };
        let leave = signal_response::Message::Leave(proto::LeaveRequest::default());
        for message in [update(gone), join(stranger), leave.clone()] {
            let mut both = Both::new();
            both.source(message.clone());
            both.source(message);
            assert_eq!(both.drain(), [ForwardOutput::End], "once");
        }
        let mut both = Both::new();
        both.machine.handle_destination(&leave);
        assert_eq!(both.drain(), [ForwardOutput::End]);
    }

    /// The machine between the answering halves of two rooms.
    struct Both {
        machine: Forwarding,
        source: AnsweringSession,
        destination: AnsweringSession,
        seen: Vec<ForwardOutput>,
    }

    impl Both {
        fn new() -> Self {
            Self {
                machine: Forwarding::new("awa"),
                source: AnsweringSession::new(1),
                destination: AnsweringSession::new(2),
                seen: Vec::new(),
            }
        }

        fn source(&mut self, message: signal_response::Message) {
            self.machine.handle_source(&message);
        }

        /// Performs what is to be done as rooms would, and returns it.
        fn drain(&mut self) -> Vec<ForwardOutput> {
            let outputs: Vec<_> = std::iter::from_fn(|| self.machine.poll_output()).collect();
            for output in &outputs {
                let (session, message) = match output {
                    ForwardOutput::ToSource(message) => (&mut self.source, message),
                    ForwardOutput::ToDestination(message) => (&mut self.destination, message),
                    ForwardOutput::End => continue,
                };
                if let signal_request::Message::Offer(offer) = &**message {
                    let offer = Offer::parse(&offer.sdp, &sdp::Limits::default()).unwrap();
                    session.handle_offer(offer).unwrap();
                }
            }
            self.seen.extend(outputs.clone());
            outputs
        }

        /// The source room puts the camera into a section.
        fn send_camera(&mut self) {
            self.drain();
            let codec = Codec {
                payload_type: 109,
                rtx: None,
                mime: Mime::H264,
                clock_rate: 90_000,
                fmtp: "packetization-mode=1;profile-level-id=42e01f".to_owned(),
                feedback: Feedback::default(),
            };
            let media = DownMedia {
                kind: MediaKind::Video,
                participant_sid: "PA_awa".to_owned(),
                track_sid: "TR_cam".to_owned(),
                stream: "camera".to_owned(),
                codecs: vec![codec],
                stereo: false,
                ssrc: 4711,
                rtx_ssrc: 4712,
            };
            self.source.fill(media).unwrap();
            let local = LocalTransport {
                ice: IceCredentials { ufrag: "room".to_owned(), pwd: "0123456789012345678901".to_owned() },
                fingerprint: Fingerprint([1; 32]),
                candidates: Vec::new(),
            };
            let answer = self.source.answer(&local);
            self.source(signal_response::Message::Answer(proto::SessionDescription {
                sdp: answer.sdp,
                mid_to_track_id: answer.mid_to_track_id.into_iter().collect(),
                ..Default::default()
            }));
            self.drain();
        }

        fn add_tracks(&self) -> Vec<proto::AddTrackRequest> {
            let requests = self.seen.iter().filter_map(|output| match output {
                ForwardOutput::ToDestination(message) => match &**message {
                    signal_request::Message::AddTrack(request) => Some(request.clone()),
                    _ => None,
                },
                _ => None,
            });
            requests.collect()
        }

        fn mutes(&mut self) -> Vec<(String, bool)> {
            let mutes = self.drain().into_iter().filter_map(|output| match output {
                ForwardOutput::ToDestination(message) => match *message {
                    signal_request::Message::Mute(mute) => Some((mute.sid, mute.muted)),
                    _ => None,
                },
                _ => None,
            });
            mutes.collect()
        }
    }

    fn camera(muted: bool) -> proto::TrackInfo {
        proto::TrackInfo {
            sid: "TR_cam".to_owned(),
            name: "cam".to_owned(),
            r#type: proto::TrackType::Video as i32,
            muted,
            ..Default::default()
        }
    }

    fn participant(tracks: Vec<proto::TrackInfo>) -> proto::ParticipantInfo {
        proto::ParticipantInfo {
            identity: "awa".to_owned(),
            state: proto::participant_info::State::Active as i32,
            tracks,
            ..Default::default()
        }
    }

    fn join(other: proto::ParticipantInfo) -> signal_response::Message {
        signal_response::Message::Join(proto::JoinResponse {
            other_participants: vec![other],
            ..Default::default()
        })
    }

    fn update(participant: proto::ParticipantInfo) -> signal_response::Message {
        signal_response::Message::Update(proto::ParticipantUpdate { participants: vec![participant] })
    }
}
