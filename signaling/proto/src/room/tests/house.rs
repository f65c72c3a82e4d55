//! A room with clients made of nothing but messages, on a virtual clock.

use std::{
    collections::BTreeMap,
    sync::Arc,
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use livekit_protocol::{self as proto, TrackSource, TrackType, VideoQuality};
use livekit_protocol::{signal_request as ask, signal_response as told};
use prost::Message as _;

use crate::{
    Joining, Limits, PeerConnections,
    room::{
        Beginning, ConnectionId, Input, JoinError, MediaCommand, MediaEvent, Output, PeerKey, Resuming, Room,
        RoomEvent, RoomParams, RpcFailure, RpcKey, UpKey,
    },
    sdp::{Fingerprint, Mime},
    token::Claims,
};

pub(super) struct House {
    pub(super) room: Room,
    /// What the media engine answers when somebody comes.
    pub(super) engine_is_full: Arc<AtomicBool>,
    pub(super) now: Instant,
    pub(super) media: Vec<MediaCommand>,
    pub(super) events: Vec<RoomEvent>,
    pub(super) tokens: Vec<(ConnectionId, Claims)>,
    pub(super) closed: Vec<ConnectionId>,
    pub(super) handed: Vec<(ConnectionId, proto::DataPacket)>,
    pub(super) rpcs: Vec<(RpcKey, Result<String, RpcFailure>)>,
    mail: BTreeMap<ConnectionId, Vec<told::Message>>,
    next_connection: u64,
}

/// A client: its connection, and the sections of its offers.
pub(super) struct Guest {
    pub(super) connection: ConnectionId,
    pub(super) identity: String,
    pub(super) sid: String,
    pub(super) offer: Sections,
    offers: u32,
}

impl House {
    pub(super) fn open() -> Self {
        Self::numbered(
            0,
            Limits::default(),
            proto::CreateRoomRequest { name: "room".into(), ..Default::default() },
            Beginning::default(),
        )
    }

    /// Another room of the same server.
    pub(super) fn other() -> Self {
        Self::numbered(
            1,
            Limits::default(),
            proto::CreateRoomRequest { name: "other".into(), ..Default::default() },
            Beginning::default(),
        )
    }

    pub(super) fn with(limits: Limits, request: proto::CreateRoomRequest) -> Self {
        Self::numbered(0, limits, request, Beginning::default())
    }

    /// A room that goes on where another left off.
    pub(super) fn going_on(beginning: Beginning) -> Self {
        Self::numbered(0, Limits::default(), proto::CreateRoomRequest::default(), beginning)
    }

    fn numbered(
        number: u64,
        limits: Limits,
        request: proto::CreateRoomRequest,
        beginning: Beginning,
    ) -> Self {
        let now = Instant::now();
        let mut seed = u128::from(number) << 64;
        let engine_is_full = Arc::new(AtomicBool::new(false));
        let params = RoomParams {
            request,
            unix_now: Duration::from_secs(1_800_000_000),
            first_key: 1 << 63 | number << 32,
            fingerprint: Fingerprint([7; 32]),
            candidates: Box::new(|_| Vec::new()),
            is_full: Box::new({
                let engine_is_full = Arc::clone(&engine_is_full);
                move || engine_is_full.load(Ordering::Relaxed)
            }),
            limits: Arc::new(limits),
            random: Box::new(move || {
                seed += 1;
                seed.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835)
            }),
            product: "test".into(),
            beginning,
        };
        let mut house = Self {
            room: Room::new(now, params),
            engine_is_full,
            now,
            media: Vec::new(),
            events: Vec::new(),
            tokens: Vec::new(),
            closed: Vec::new(),
            handed: Vec::new(),
            rpcs: Vec::new(),
            mail: BTreeMap::new(),
            next_connection: 1 + 1000 * number,
        };
        house.drain();
        house
    }

    /// Somebody who wants in, as most clients do: one connection, offered at once.
    pub(super) fn joining(&mut self, identity: &str) -> Joining {
        let connection = ConnectionId(self.next_connection);
        self.next_connection += 1;
        let mut claims = Claims::join(identity, "room").until(1_800_000_300);
        claims.issuer = "key".into();
        Joining {
            connection,
            identity: identity.into(),
            name: String::new(),
            metadata: String::new(),
            attributes: Default::default(),
            kind: proto::participant_info::Kind::Standard,
            permission: proto::ParticipantPermission {
                can_update_metadata: true,
                ..claims.video.permission()
            },
            claims: Box::new(claims),
            client: proto::ClientInfo { protocol: 17, ..Default::default() },
            auto_subscribe: true,
            adaptive_stream: false,
            connections: PeerConnections::Single { offer: Some(description(&Sections::default().sdp(), 1)) },
            add_tracks: Vec::new(),
            voice: None,
            speech: Default::default(),
        }
    }

    pub(super) fn try_join(&mut self, joining: Joining) -> Result<Guest, JoinError> {
        let (connection, identity) = (joining.connection, joining.identity.clone());
        self.room.join(self.now, joining)?;
        self.drain();
        let sid = self.room.participant_info(&identity).unwrap().sid;
        Ok(Guest { connection, identity, sid, offer: Sections::default(), offers: 1 })
    }

    /// Somebody who is in and whose media is connected.
    pub(super) fn join(&mut self, identity: &str) -> Guest {
        let joining = self.joining(identity);
        self.join_as(joining)
    }

    pub(super) fn join_as(&mut self, joining: Joining) -> Guest {
        let guest = self.try_join(joining).unwrap();
        self.connect_media();
        guest
    }

    /// All transports that the media engine knows connect.
    pub(super) fn connect_media(&mut self) {
        let joined: Vec<PeerKey> = self
            .media
            .iter()
            .filter_map(|command| match command {
                MediaCommand::Join { peer, .. } | MediaCommand::JoinDirect { peer, .. } => Some(*peer),
                _ => None,
            })
            .collect();
        for peer in joined {
            self.media_event(MediaEvent::PeerConnected { peer });
        }
    }

    pub(super) fn resume(&mut self, guest: &mut Guest) -> Result<(), JoinError> {
        guest.connection = ConnectionId(self.next_connection);
        self.next_connection += 1;
        let resuming = Resuming {
            connection: guest.connection,
            identity: guest.identity.clone(),
            participant_sid: guest.sid.clone(),
            sync_state: None,
            client: None,
        };
        let outcome = self.room.resume(self.now, resuming);
        self.drain();
        outcome
    }

    pub(super) fn say(&mut self, guest: &Guest, message: ask::Message) {
        let input = Input::Signal { connection: guest.connection, message: Box::new(message) };
        self.room.handle_input(self.now, input);
        self.drain();
    }

    pub(super) fn cut(&mut self, guest: &Guest) {
        self.room.handle_input(self.now, Input::Closed { connection: guest.connection });
        self.drain();
    }

    pub(super) fn media_event(&mut self, event: MediaEvent) {
        self.room.handle_input(self.now, Input::Media(event));
        self.drain();
    }

    /// Lets time pass, doing everything that becomes due.
    pub(super) fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        while let Some(due) = self.room.poll_timeout().filter(|&due| due <= end) {
            self.now = self.now.max(due);
            self.room.handle_timeout(self.now);
            self.drain();
        }
        self.now = end;
    }

    /// Sends the guest's present sections as an offer.
    pub(super) fn offer(&mut self, guest: &mut Guest) {
        guest.offers += 1;
        let offer = description(&guest.offer.sdp(), guest.offers);
        self.say(guest, ask::Message::Offer(offer));
    }

    /// Asks for a track and offers it, but sends no packet yet; returns its sid.
    pub(super) fn announce(&mut self, guest: &mut Guest, request: proto::AddTrackRequest) -> String {
        let direction = match request.r#type == TrackType::Video as i32 {
            true => ("video", "sendonly", request.cid.clone()),
            false => ("audio", "sendonly", request.cid.clone()),
        };
        self.say(guest, ask::Message::AddTrack(request));
        let published = self.last(guest, |message| match message {
            told::Message::TrackPublished(published) => published.track.clone(),
            _ => None,
        });
        guest.offer.0.push(direction);
        self.offer(guest);
        published.unwrap().sid
    }

    /// Publishes a microphone or camera whose packets arrive; returns its sid.
    pub(super) fn publish(&mut self, guest: &mut Guest, request: proto::AddTrackRequest) -> String {
        let mime = match request.r#type == TrackType::Video as i32 {
            true => Mime::Vp8,
            false => Mime::Opus,
        };
        let sid = self.announce(guest, request);
        let up = self.last_up();
        self.media_event(MediaEvent::UpStarted { up, mime });
        sid
    }

    pub(super) fn last_up(&self) -> UpKey {
        self.media
            .iter()
            .rev()
            .find_map(|command| match command {
                MediaCommand::Publish { up, .. } => Some(*up),
                _ => None,
            })
            .expect("something was published")
    }

    /// Takes everything that was said to a guest.
    pub(super) fn mail(&mut self, guest: &Guest) -> Vec<told::Message> {
        self.mail.remove(&guest.connection).unwrap_or_default()
    }

    /// The newest thing said to a guest that the filter knows, without taking it.
    pub(super) fn last<T>(&self, guest: &Guest, filter: impl Fn(&told::Message) -> Option<T>) -> Option<T> {
        self.mail.get(&guest.connection)?.iter().rev().find_map(filter)
    }

    /// How many things said to a guest the filter knows.
    pub(super) fn count(&self, guest: &Guest, filter: impl Fn(&told::Message) -> bool) -> usize {
        self.mail
            .get(&guest.connection)
            .map_or(0, |mail| mail.iter().filter(|&message| filter(message)).count())
    }

    /// What was last said to a guest about a participant.
    pub(super) fn seen(&self, guest: &Guest, sid: &str) -> Option<proto::ParticipantInfo> {
        self.last(guest, |message| match message {
            told::Message::Update(update) => {
                update.participants.iter().rfind(|info| info.sid == sid).cloned()
            }
            _ => None,
        })
    }

    /// Data packets sent so far, with their receivers.
    pub(super) fn data(&self) -> Vec<(PeerKey, proto::DataPacket)> {
        self.media
            .iter()
            .filter_map(|command| match command {
                MediaCommand::SendData { peer, payload, .. } => {
                    Some((*peer, proto::DataPacket::decode(&payload[..]).unwrap()))
                }
                _ => None,
            })
            .collect()
    }

    /// The transport of the latest guest, or of the one before, …
    pub(super) fn peer_of(&self, index: usize) -> PeerKey {
        self.media
            .iter()
            .filter_map(|command| match command {
                MediaCommand::Join { peer, .. } => Some(*peer),
                _ => None,
            })
            .nth(index)
            .expect("the guest's transport has joined")
    }

    pub(super) fn drain(&mut self) {
        while let Some(output) = self.room.poll_output() {
            match output {
                Output::Send { connection, message } => {
                    let message = message.message.clone().expect("messages say something");
                    self.mail.entry(connection).or_default().push(message);
                }
                Output::RefreshToken { connection, claims } => self.tokens.push((connection, *claims)),
                Output::Moved { connection, moved, claims } => {
                    self.mail.entry(connection).or_default().push(told::Message::RoomMoved(*moved));
                    self.tokens.push((connection, *claims));
                }
                Output::Data { connection, payload } => {
                    self.handed.push((connection, proto::DataPacket::decode(&payload[..]).unwrap()));
                }
                Output::Close { connection } => self.closed.push(connection),
                Output::Media(command) => self.media.push(command),
                Output::Event(event) => self.events.push(*event),
                Output::Rpc { key, result } => self.rpcs.push((key, result)),
                Output::Finished => {}
            }
        }
    }
}

/// The media sections of a client's offer after the data section: kind, direction, cid.
#[derive(Debug, Clone)]
pub(super) struct Sections(pub(super) Vec<(&'static str, &'static str, String)>);

impl Default for Sections {
    fn default() -> Self {
        Self(vec![("audio", "recvonly", String::new()), ("video", "recvonly", String::new())])
    }
}

impl Sections {
    pub(super) fn sdp(&self) -> String {
        let transport = "c=IN IP4 0.0.0.0\r\na=ice-ufrag:client\r\na=ice-pwd:aPasswordOfEnoughCharacters\r\n\
             a=setup:actpass\r\n"
            .to_owned()
            + "a=fingerprint:sha-256 "
            + &["AB"; 32].join(":")
            + "\r\n";
        let mids: Vec<String> = (0..=self.0.len()).map(|mid| mid.to_string()).collect();
        let mut sdp = format!(
            "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE {}\r\n\
             m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:0\r\na=sctp-port:5000\r\n{transport}",
            mids.join(" ")
        );
        for (index, (kind, direction, cid)) in self.0.iter().enumerate() {
            let mid = index + 1;
            let codec = match *kind {
                "audio" => {
                    "111 63\r\na=rtpmap:111 opus/48000/2\r\na=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111"
                }
                "vp9" => {
                    "98 96\r\na=rtpmap:98 VP9/90000\r\na=fmtp:98 profile-id=0\r\na=rtcp-fb:98 nack\r\n\
                     a=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 nack"
                }
                _ => "96\r\na=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 nack\r\na=rtcp-fb:96 nack pli",
            };
            let kind = if *kind == "audio" { "audio" } else { "video" };
            sdp += &format!(
                "m={kind} 9 UDP/TLS/RTP/SAVPF {codec}\r\na=mid:{mid}\r\na={direction}\r\na=rtcp-mux\r\n\
                 {transport}"
            );
            if *direction == "sendonly" {
                sdp += &format!("a=msid:- {cid}\r\na=ssrc:{} cname:c\r\n", 1000 + mid);
            }
        }
        sdp
    }
}

pub(super) fn description(sdp: &str, id: u32) -> proto::SessionDescription {
    proto::SessionDescription { r#type: "offer".into(), sdp: sdp.into(), id, ..Default::default() }
}

pub(super) fn microphone() -> proto::AddTrackRequest {
    proto::AddTrackRequest {
        cid: "mic".into(),
        r#type: TrackType::Audio as i32,
        source: TrackSource::Microphone as i32,
        ..Default::default()
    }
}

pub(super) fn camera() -> proto::AddTrackRequest {
    let layer = |quality: VideoQuality, width, height| proto::VideoLayer {
        quality: quality as i32,
        width,
        height,
        ..Default::default()
    };
    #[allow(deprecated)]
    proto::AddTrackRequest {
        cid: "cam".into(),
        r#type: TrackType::Video as i32,
        source: TrackSource::Camera as i32,
        width: 1280,
        height: 720,
        layers: vec![
            layer(VideoQuality::Low, 320, 180),
            layer(VideoQuality::Medium, 640, 360),
            layer(VideoQuality::High, 1280, 720),
        ],
        ..Default::default()
    }
}
