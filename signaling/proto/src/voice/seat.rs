//! One phone's presence in a room: it publishes a microphone, raises its hand, and hears what the host does to it.

use std::collections::{HashMap, VecDeque};

use livekit_protocol::{
    self as proto, DisconnectReason, TrackSource, TrackType, data_packet::Value, leave_request::Action,
    request_response, signal_request, signal_response,
};
use prost::Message as _;

use super::speakers::{Speaker, Speakers};
use crate::{
    description::{Description, Offers},
    sdp::{Codec, MediaKind},
};

/// One phone at the table.
#[derive(Debug)]
pub struct Seat {
    /// Under which synchronization source the phone's voice is sent.
    ssrc: u32,
    /// Its participant's sid, once the room has said it.
    sid: String,
    /// Its track's sid, once the room has said it.
    track: Option<String>,
    /// Whether the phone wants to be heard.
    muted: bool,
    hand: Hand,
    speakers: Speakers,
    told: Vec<Speaker>,
    /// The last token that the room gave.
    token: String,
    offers: Offers,
    outputs: VecDeque<SeatOutput>,
    ended: bool,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq)]
pub enum SeatOutput {
    /// Say to the room.
    ToRoom(Box<signal_request::Message>),
    /// Tell the phone.
    Event(SeatEvent),
    /// Join anew with this token, which names another room; the seat in the old one has ended.
    Follow(String),
}

/// What the room does to a phone, or tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SeatEvent {
    /// A host muted the phone, or it lost the right to speak; it may be let speak again.
    MutedByHost(bool),
    /// Somebody lowered the hand that the phone had raised.
    HandLowered,
    /// Somebody is given what the phone says, for the first time.
    Listened,
    /// Who speaks now, but for the phone itself; whoever began first before the others.
    Speaking(Vec<Speaker>),
    /// Somebody in the room pressed a key: `0`–`9`, `*`, `#`, `A`–`D`.
    Dtmf(char),
    /// The seat has ended; nothing follows.
    Gone(GoneReason),
}

/// Why a seat ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GoneReason {
    /// A host sent the phone away.
    Removed,
    /// The room ended.
    RoomEnded,
    /// Somebody of the same identity took its place.
    Replaced,
    /// The server stops.
    Stopping,
    /// A fault of ours.
    Failed,
}

/// The hand, between us and what the room tells of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hand {
    Down,
    /// Asked for; what the room tells may be older.
    Rising,
    Up,
}

impl Seat {
    /// Begins when the room's first message comes. `ssrc` is one that nobody has.
    #[must_use]
    pub fn new(ssrc: u32, muted: bool) -> Self {
        Self {
            ssrc,
            sid: String::new(),
            track: None,
            muted,
            hand: Hand::Down,
            speakers: Speakers::default(),
            told: Vec::new(),
            token: String::new(),
            offers: Offers::default(),
            outputs: VecDeque::new(),
            ended: false,
        }
    }

    /// The synchronization source of the phone's voice.
    #[must_use]
    pub fn ssrc(&self) -> u32 {
        self.ssrc
    }

    /// The same phone in another room: muted as it was, its hand down.
    #[must_use]
    pub fn elsewhere(&self) -> Self {
        Self::new(self.ssrc, self.muted)
    }

    /// Takes a message of the room.
    pub fn handle_message(&mut self, message: &signal_response::Message) {
        match message {
            signal_response::Message::Join(join) => self.begin(join),
            signal_response::Message::Update(update) => self.take_participants(&update.participants),
            signal_response::Message::SpeakersChanged(changed) => {
                self.speakers.take_changes(&changed.speakers, &self.sid);
                self.tell_speakers();
            }
            signal_response::Message::TrackPublished(published) => {
                if let Some(track) = &published.track {
                    self.track = Some(track.sid.clone());
                    if track.muted != self.muted {
                        self.say_muted();
                    }
                }
            }
            signal_response::Message::Mute(mute) if self.track.as_ref() == Some(&mute.sid) => {
                self.muted = mute.muted;
                self.tell(SeatEvent::MutedByHost(mute.muted));
            }
            signal_response::Message::TrackUnpublished(gone)
                if self.track.as_ref() == Some(&gone.track_sid) =>
            {
                self.lose_voice();
            }
            signal_response::Message::RequestResponse(response) => {
                if let Some(request_response::Request::AddTrack(_)) = &response.request {
                    self.lose_voice();
                }
            }
            signal_response::Message::TrackSubscribed(_) => self.tell(SeatEvent::Listened),
            signal_response::Message::RefreshToken(token) => self.token.clone_from(token),
            signal_response::Message::Leave(leave) => self.take_leave(leave),
            _ => {}
        }
    }

    /// Takes a data packet that came from the room.
    pub fn handle_data(&mut self, packet: &[u8]) {
        let Ok(packet) = proto::DataPacket::decode(packet) else { return };
        if let Some(Value::SipDtmf(dtmf)) = packet.value
            && let Some(key) = key(&dtmf)
        {
            self.tell(SeatEvent::Dtmf(key));
        }
    }

    /// Lets the phone be heard, or not.
    pub fn set_muted(&mut self, muted: bool) {
        if std::mem::replace(&mut self.muted, muted) == muted {
            return;
        }
        match self.track {
            Some(_) => self.say_muted(),
            // The right to speak was taken away, and may have been given back.
            None if !self.sid.is_empty() && !muted => self.publish(),
            None => {}
        }
    }

    /// Changes the name, unless it is empty, and attributes; one without value is deleted.
    pub fn set_words(&mut self, name: String, attributes: HashMap<String, String>) {
        self.say(signal_request::Message::UpdateMetadata(proto::UpdateParticipantMetadata {
            name,
            attributes,
            ..Default::default()
        }));
    }

    /// Raises the phone's hand. `at` is the time of day (RFC 3339), by which hands are ordered.
    pub fn raise_hand(&mut self, at: &str) {
        self.hand = Hand::Rising;
        self.set_words(String::new(), [(HAND.to_owned(), at.to_owned())].into());
    }

    /// Lowers it.
    pub fn lower_hand(&mut self) {
        self.hand = Hand::Down;
        self.set_words(String::new(), [(HAND.to_owned(), String::new())].into());
    }

    /// What is to be done next, until `None`.
    pub fn poll_output(&mut self) -> Option<SeatOutput> {
        self.outputs.pop_front()
    }

    /// Whether something is to be done.
    #[must_use]
    pub fn has_output(&self) -> bool {
        !self.outputs.is_empty()
    }

    /// The room cannot be reached any more.
    pub fn fail(&mut self) {
        self.end(SeatOutput::Event(SeatEvent::Gone(GoneReason::Failed)));
    }

    fn begin(&mut self, join: &proto::JoinResponse) {
        self.sid = join.participant.as_ref().map(|own| own.sid.clone()).unwrap_or_default();
        self.speakers.take_participants(&join.other_participants);
        self.publish();
        let mut description = Description::default();
        description.send(MediaKind::Audio, &[Codec::opus()], Some((CID, self.ssrc)));
        let offer = self.offers.offer(description);
        self.say(offer);
    }

    fn publish(&mut self) {
        self.say(signal_request::Message::AddTrack(proto::AddTrackRequest {
            cid: CID.to_owned(),
            r#type: TrackType::Audio as i32,
            source: TrackSource::Microphone as i32,
            muted: self.muted,
            disable_red: true,
            ..Default::default()
        }));
    }

    fn take_participants(&mut self, participants: &[proto::ParticipantInfo]) {
        if let Some(own) = participants.iter().find(|participant| participant.sid == self.sid) {
            let up = own.attributes.get(HAND).is_some_and(|at| !at.is_empty());
            match (self.hand, up) {
                (Hand::Rising, true) => self.hand = Hand::Up,
                (Hand::Up, false) => {
                    self.hand = Hand::Down;
                    self.tell(SeatEvent::HandLowered);
                }
                _ => {}
            }
        }
        self.speakers.take_participants(participants);
        self.tell_speakers();
    }

    fn tell_speakers(&mut self) {
        let now = self.speakers.now();
        if now != self.told {
            self.told.clone_from(&now);
            self.tell(SeatEvent::Speaking(now));
        }
    }

    fn lose_voice(&mut self) {
        self.track = None;
        self.muted = true;
        self.tell(SeatEvent::MutedByHost(true));
    }

    fn take_leave(&mut self, leave: &proto::LeaveRequest) {
        let reason = match leave.reason() {
            DisconnectReason::Migration if leave.action() == Action::Reconnect && !self.token.is_empty() => {
                let token = std::mem::take(&mut self.token);
                self.end(SeatOutput::Follow(token));
                return;
            }
            DisconnectReason::ParticipantRemoved => GoneReason::Removed,
            DisconnectReason::RoomDeleted | DisconnectReason::RoomClosed => GoneReason::RoomEnded,
            DisconnectReason::DuplicateIdentity => GoneReason::Replaced,
            DisconnectReason::ServerShutdown => GoneReason::Stopping,
            _ => GoneReason::Failed,
        };
        self.end(SeatOutput::Event(SeatEvent::Gone(reason)));
    }

    fn say_muted(&mut self) {
        if let Some(sid) = self.track.clone() {
            self.say(signal_request::Message::Mute(proto::MuteTrackRequest { sid, muted: self.muted }));
        }
    }

    fn say(&mut self, message: signal_request::Message) {
        if !self.ended {
            self.outputs.push_back(SeatOutput::ToRoom(Box::new(message)));
        }
    }

    fn tell(&mut self, event: SeatEvent) {
        if !self.ended {
            self.outputs.push_back(SeatOutput::Event(event));
        }
    }

    fn end(&mut self, last: SeatOutput) {
        if !std::mem::replace(&mut self.ended, true) {
            self.outputs.push_back(last);
        }
    }
}

/// The key of a packet, by its letter or by its number (RFC 4733 §3.2).
fn key(dtmf: &proto::SipDtmf) -> Option<char> {
    const KEYS: &str = "0123456789*#ABCD";
    let mut letters = dtmf.digit.chars();
    match (letters.next(), letters.next()) {
        (Some(letter), None) => KEYS.chars().find(|key| key.eq_ignore_ascii_case(&letter)),
        (None, None) => KEYS.chars().nth(dtmf.code as usize),
        _ => None,
    }
}

/// Our name of the phone's track.
const CID: &str = "voice";
/// The attribute of a raised hand.
const HAND: &str = "palabre.hand";
