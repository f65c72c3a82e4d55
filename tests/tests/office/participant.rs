//! Somebody inside a meeting: the signalling connection of a client SDK, without media.

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use livekit_protocol as proto;
use prost::Message as _;
use proto::{signal_request, signal_response};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

pub(crate) struct Participant {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// As it was told last.
    room: proto::Room,
    /// Everybody who was there when it came in, itself included.
    found: Vec<proto::ParticipantInfo>,
    /// The relays that it was told of.
    pub(crate) relays: Vec<proto::IceServer>,
}

impl Participant {
    /// Goes where a `Join` of the office leads; answers with the status of a refusal otherwise.
    pub(crate) async fn enter(join: &Value) -> Result<Self, u16> {
        let (url, token) = (join["url"].as_str().expect("a url"), join["token"].as_str().expect("a token"));
        let url = format!("{url}/rtc?access_token={token}&protocol=15&sdk=js&version=2.0.0&auto_subscribe=1");
        match tokio_tungstenite::connect_async(url).await {
            Ok((socket, _)) => {
                let mut participant =
                    Self { socket, room: proto::Room::default(), found: Vec::new(), relays: Vec::new() };
                let joined = |message: &_| matches!(message, signal_response::Message::Join(_));
                participant.hears(joined).await;
                Ok(participant)
            }
            Err(Error::Http(answer)) => Err(answer.status().as_u16()),
            Err(error) => panic!("{error}"),
        }
    }

    /// What an attribute of somebody said when it came in.
    pub(crate) fn found(&self, identity: &str, attribute: &str) -> Option<&str> {
        let one = self.found.iter().find(|one| one.identity == identity)?;
        one.attributes.get(attribute).map(String::as_str)
    }

    pub(crate) async fn says(&mut self, message: signal_request::Message) {
        let request = proto::SignalRequest { message: Some(message) };
        self.socket.send(Message::binary(request.encode_to_vec())).await.expect("an open socket");
    }

    /// Sets an attribute of its own; answers whether it may.
    pub(crate) async fn sets(&mut self, name: &str, value: &str) -> bool {
        let attributes = [(name.to_owned(), value.to_owned())].into();
        let update = proto::UpdateParticipantMetadata { attributes, request_id: 7, ..Default::default() };
        self.says(signal_request::Message::UpdateMetadata(update)).await;
        let answered = |message: &_| matches!(message, signal_response::Message::RequestResponse(_));
        let signal_response::Message::RequestResponse(answer) = self.hears(answered).await else {
            unreachable!("it was waited for");
        };
        answer.reason() == proto::request_response::Reason::Ok
    }

    /// Waits for the room's next state.
    pub(crate) async fn hears_of_the_room(&mut self) -> proto::Room {
        let told = |message: &_| matches!(message, signal_response::Message::RoomUpdate(_));
        match self.hears(told).await {
            signal_response::Message::RoomUpdate(update) => update.room.expect("a room"),
            _ => unreachable!("it was waited for"),
        }
    }

    /// Waits until the room shows what is looked for; answers with all that it shows.
    pub(crate) async fn reads(&mut self, so: impl Fn(&Value) -> bool) -> Value {
        loop {
            let shown = serde_json::from_str::<Value>(&self.room.metadata).unwrap_or_default();
            if so(&shown) {
                return shown;
            }
            self.hears_of_the_room().await;
        }
    }

    /// Waits until a participant is seen to be so.
    pub(crate) async fn sees(&mut self, identity: &str, so: impl Fn(&proto::ParticipantInfo) -> bool) {
        let seen = |message: &signal_response::Message| match message {
            signal_response::Message::Update(update) => {
                update.participants.iter().any(|one| one.identity == identity && so(one))
            }
            _ => false,
        };
        self.hears(seen).await;
    }

    /// Asks to publish a microphone that is open; answers whether the room takes it.
    pub(crate) async fn may_publish(&mut self) -> bool {
        self.asks_to_publish().await;
        let answered = |message: &signal_response::Message| match message {
            signal_response::Message::TrackPublished(_) => true,
            signal_response::Message::RequestResponse(answer) => {
                answer.reason() == proto::request_response::Reason::NotAllowed
            }
            _ => false,
        };
        matches!(self.hears(answered).await, signal_response::Message::TrackPublished(_))
    }

    /// Asks to publish a microphone that is open; answers with the track's sid.
    pub(crate) async fn publishes_a_microphone(&mut self) -> String {
        self.asks_to_publish().await;
        let published = |message: &_| matches!(message, signal_response::Message::TrackPublished(_));
        match self.hears(published).await {
            signal_response::Message::TrackPublished(published) => published.track.expect("a track").sid,
            _ => unreachable!("it was waited for"),
        }
    }

    /// Waits until a track of its own is ended by the room.
    pub(crate) async fn loses(&mut self, sid: &str) {
        let told = |message: &_| matches!(message, signal_response::Message::TrackUnpublished(gone) if gone.track_sid == sid);
        self.hears(told).await;
    }

    async fn asks_to_publish(&mut self) {
        self.says(signal_request::Message::AddTrack(proto::AddTrackRequest {
            cid: "microphone".to_owned(),
            r#type: proto::TrackType::Audio as i32,
            source: proto::TrackSource::Microphone as i32,
            ..Default::default()
        }))
        .await;
    }

    /// Waits until it is told to mute a track.
    pub(crate) async fn is_told_to_mute(&mut self, sid: &str) {
        let told = |message: &_| matches!(message, signal_response::Message::Mute(mute) if mute.sid == sid && mute.muted);
        self.hears(told).await;
    }

    /// Opens a microphone; answers whether the room lets it.
    pub(crate) async fn opens(&mut self, sid: &str) -> bool {
        let unmute = proto::MuteTrackRequest { sid: sid.to_owned(), muted: false };
        self.says(signal_request::Message::Mute(unmute)).await;
        // Whatever is answered to the one comes before the answer to the other.
        let update = proto::UpdateParticipantMetadata { request_id: 8, ..Default::default() };
        self.says(signal_request::Message::UpdateMetadata(update)).await;
        let answered = |message: &signal_response::Message| match message {
            signal_response::Message::Mute(mute) => mute.sid == sid && mute.muted,
            signal_response::Message::RequestResponse(answer) => answer.request_id == 8,
            _ => false,
        };
        matches!(self.hears(answered).await, signal_response::Message::RequestResponse(_))
    }

    /// Waits until it is told to leave.
    pub(crate) async fn is_sent_away(&mut self) -> proto::LeaveRequest {
        let left = |message: &_| matches!(message, signal_response::Message::Leave(_));
        match self.hears(left).await {
            signal_response::Message::Leave(leave) => leave,
            _ => unreachable!("it was waited for"),
        }
    }

    async fn hears(
        &mut self,
        wanted: impl Fn(&signal_response::Message) -> bool,
    ) -> signal_response::Message {
        loop {
            let message =
                tokio::time::timeout(PATIENCE, self.socket.next()).await.expect("a message in time");
            let message = message.expect("an open socket").expect("a sound socket");
            let Message::Binary(bytes) = message else { continue };
            let response = proto::SignalResponse::decode(bytes).expect("a response");
            match &response.message {
                Some(signal_response::Message::Join(join)) => {
                    self.found = join.participant.iter().chain(&join.other_participants).cloned().collect();
                    self.room = join.room.clone().unwrap_or_default();
                    self.relays.clone_from(&join.ice_servers);
                }
                Some(signal_response::Message::RoomUpdate(update)) => {
                    self.room = update.room.clone().unwrap_or_default();
                }
                _ => {}
            }
            if let Some(message) = response.message.filter(&wanted) {
                return message;
            }
        }
    }
}

const PATIENCE: Duration = Duration::from_secs(20);
