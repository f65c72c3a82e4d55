//! Phones in rooms: moves messages between a room and the machines that decide, and hands out their media.
//!
//! Nothing happens while nobody awaits [`Seat::next`] and [`Ears::next`].

use std::{collections::HashMap, time::Duration};

use livekit_protocol::{self as proto, TrackSource, participant_info::Kind};
use signaling_proto::{
    Joining,
    room::JoinError as Refusal,
    token::Claims,
    voice::{self, EarsOutput, SeatOutput, Voice},
};

pub use signaling_proto::{
    room::JoinError,
    voice::{EarTrack, GoneReason, Speaker},
};

use crate::{
    Rooms, presence,
    presence::Presence,
    rooms::{Outgoing, unix_now},
};

/// A phone that comes into a room.
#[derive(Debug, Clone, Default)]
pub struct SeatParams {
    /// Who it is: unique in the room.
    pub identity: String,
    /// Name to show.
    pub name: String,
    /// Free text of the application.
    pub metadata: String,
    /// `sip.…` and our own.
    pub attributes: HashMap<String, String>,
    /// Whether it begins muted.
    pub muted: bool,
}

/// One phone in a room. Dropping it leaves; what it is told to do is done while [`Self::next`] is awaited.
#[derive(Debug)]
pub struct Seat {
    rooms: Rooms,
    room: String,
    machine: voice::Seat,
    presence: Option<Presence>,
    /// The token for another room that the phone has to follow to.
    following: Option<String>,
}

/// What happens to a phone in a room.
#[derive(Debug)]
pub enum SeatEvent {
    /// The room takes what the phone says, and others see it. It comes again when the phone has been moved to another
    /// room; what was there before has ended then.
    Entered {
        /// Where.
        room: String,
        /// The way for the phone's voice.
        media: SeatMedia,
    },
    /// A host muted the phone, or took the right to speak.
    MutedByHost(bool),
    /// Somebody lowered the hand that the phone had raised.
    HandLowered,
    /// Somebody is given what the phone says, for the first time. The sound is on its way once they have agreed on it.
    Listened,
    /// Who speaks now, but for the phone itself; whoever began first before the others.
    Speaking(Vec<Speaker>),
    /// Somebody in the room pressed a key: `0`–`9`, `*`, `#`, `A`–`D`.
    Dtmf(char),
    /// The seat has ended; nothing follows.
    Gone(GoneReason),
}

/// The way for a phone's voice into its room: Opus at 48 kHz in RTP.
#[derive(Debug)]
pub struct SeatMedia {
    /// Takes the packets, and receives RTCP. Dropping it ends the seat's media.
    pub direct: sfu::direct::Direct,
    /// The synchronization source to send under.
    pub ssrc: u32,
    /// The payload type to send.
    pub payload_type: u8,
    /// The id of the header extension that tells the audio level (RFC 6464), by which the room knows who speaks.
    pub audio_level_extension: Option<u8>,
}

/// What all phones of a room hear. Dropping it leaves; nothing is done unless [`Self::next`] is awaited.
#[derive(Debug)]
pub struct Ears {
    machine: voice::Ears,
    presence: Option<Presence>,
}

/// What happens to the sound of a room.
#[derive(Debug)]
pub enum EarsEvent {
    /// From here on packets come.
    Opened(sfu::direct::Direct),
    /// Which streams arrive from now on, all of them.
    Tracks(Vec<EarTrack>),
    /// The room has ended, or sent the ears away; nothing follows.
    Gone,
}

impl Rooms {
    /// Lets a phone into a room, which is opened if need be. It publishes one microphone and subscribes to nothing.
    /// The doorkeeper is not asked: whoever brings a phone knows that it may come in.
    pub async fn seat(&self, room: &str, who: SeatParams) -> Result<Seat, JoinError> {
        self.check_room_name(room).map_err(|error| Refusal::Invalid(error.to_string()))?;
        let permission = proto::ParticipantPermission {
            can_subscribe: true,
            can_publish: true,
            can_publish_sources: vec![TrackSource::Microphone as i32],
            can_update_metadata: true,
            ..Default::default()
        };
        let SeatParams { identity, name, metadata, attributes, muted } = who;
        let connection = self.new_connection();
        let joining = Joining {
            name,
            metadata,
            attributes,
            permission,
            kind: Kind::Sip,
            voice: Some(Voice::Seat),
            ..presence::joining(connection, identity)
        };
        let presence = self.sit_down(room, joining).await?;
        Ok(Seat {
            rooms: self.clone(),
            room: room.to_owned(),
            machine: voice::Seat::new(rand::random::<u32>().max(1), muted),
            presence: Some(presence),
            following: None,
        })
    }

    /// Listens to a room that is open for all phones in it: one hidden participant, of which nobody is told, receives
    /// every sound but the phones' own.
    pub async fn ears(&self, room: &str) -> Result<Ears, JoinError> {
        let permission =
            proto::ParticipantPermission { can_subscribe: true, hidden: true, ..Default::default() };
        let connection = self.new_connection();
        let joining = Joining {
            permission,
            voice: Some(Voice::Ears),
            ..presence::joining(connection, EARS.to_owned())
        };
        let presence = self.sit_down(room, joining).await?;
        Ok(Ears { machine: voice::Ears::default(), presence: Some(presence) })
    }

    async fn sit_down(&self, room: &str, joining: Joining) -> Result<Presence, JoinError> {
        let connection = joining.connection;
        let request = proto::CreateRoomRequest { name: room.to_owned(), ..Default::default() };
        let (handle, messages) = self.join(request, joining).await?;
        Ok(Presence::new(handle, connection, messages))
    }
}

impl Seat {
    /// The room where the phone is.
    #[must_use]
    pub fn room(&self) -> &str {
        &self.room
    }

    /// Lets the phone be heard, or not.
    pub fn set_muted(&mut self, muted: bool) {
        self.machine.set_muted(muted);
    }

    /// Changes the name, unless it is empty, and attributes; one without value is deleted.
    pub fn set_words(&mut self, name: String, attributes: HashMap<String, String>) {
        self.machine.set_words(name, attributes);
    }

    /// Raises the phone's hand.
    pub fn raise_hand(&mut self) {
        self.machine.raise_hand(&rfc3339(unix_now()));
    }

    /// Lowers it.
    pub fn lower_hand(&mut self) {
        self.machine.lower_hand();
    }

    /// What happens next; `None` once the seat has ended. Whoever gives up waiting has lost nothing.
    pub async fn next(&mut self) -> Option<SeatEvent> {
        loop {
            if let Some(token) = self.following.clone() {
                let followed = self.follow(&token).await;
                self.following = None;
                if let Err(refusal) = followed {
                    tracing::debug!(%refusal, "a phone could not follow to another room");
                    return Some(SeatEvent::Gone(GoneReason::Failed));
                }
            }
            if self.machine.has_output() {
                if let Some(event) = self.perform_output().await {
                    return Some(event);
                }
                continue;
            }
            let Some(presence) = &mut self.presence else { return None };
            match presence.messages.recv().await {
                Some(Outgoing::Message(response)) => {
                    response.message.iter().for_each(|message| self.machine.handle_message(message));
                }
                Some(Outgoing::Data(packet)) => self.machine.handle_data(&packet),
                Some(Outgoing::Direct(direct)) => {
                    let media = SeatMedia {
                        direct: *direct,
                        ssrc: self.machine.ssrc(),
                        payload_type: voice::payload_type(),
                        audio_level_extension: Some(voice::audio_level_extension()),
                    };
                    return Some(SeatEvent::Entered { room: self.room.clone(), media });
                }
                Some(Outgoing::Moved(_)) => {}
                Some(Outgoing::Close) | None => self.machine.fail(),
            }
        }
    }

    /// Goes.
    pub async fn leave(self) {
        if let Some(presence) = self.presence {
            presence.leave().await;
        }
    }

    async fn perform_output(&mut self) -> Option<SeatEvent> {
        // The place first: what is taken out of the machine is not lost then, whoever gives up waiting.
        let place = match &self.presence {
            Some(presence) => presence.place().await,
            None => None,
        };
        let event = match self.machine.poll_output()? {
            SeatOutput::ToRoom(message) => {
                place?.say(message);
                return None;
            }
            SeatOutput::Follow(token) => {
                drop(place);
                self.presence = None;
                self.following = Some(token);
                return None;
            }
            SeatOutput::Event(event) => event,
        };
        drop(place);
        Some(match event {
            voice::SeatEvent::MutedByHost(muted) => SeatEvent::MutedByHost(muted),
            voice::SeatEvent::HandLowered => SeatEvent::HandLowered,
            voice::SeatEvent::Listened => SeatEvent::Listened,
            voice::SeatEvent::Speaking(speakers) => SeatEvent::Speaking(speakers),
            voice::SeatEvent::Dtmf(key) => SeatEvent::Dtmf(key),
            voice::SeatEvent::Gone(reason) => {
                self.presence = None;
                SeatEvent::Gone(reason)
            }
        })
    }

    /// Joins the room that a token names, as it says, with the rights that it gives.
    async fn follow(&mut self, token: &str) -> Result<(), JoinError> {
        let claims = Claims::verify(token, &self.rooms.config().keys, unix_now().as_secs())
            .map_err(|error| Refusal::Invalid(error.to_string()))?;
        let room = claims.video.room.clone();
        let connection = self.rooms.new_connection();
        let joining = Joining {
            name: claims.name.clone(),
            metadata: claims.metadata.clone(),
            attributes: claims.attributes.clone(),
            permission: claims.video.permission(),
            kind: claims.participant_kind(),
            voice: Some(Voice::Seat),
            ..presence::joining(connection, claims.identity.clone())
        };
        let presence = self.rooms.sit_down(&room, joining).await?;
        self.machine = self.machine.elsewhere();
        self.presence = Some(presence);
        self.room = room;
        Ok(())
    }
}

impl Ears {
    /// What happens next; `None` once they have ended. Whoever gives up waiting has lost nothing.
    pub async fn next(&mut self) -> Option<EarsEvent> {
        loop {
            if self.machine.has_output() {
                if let Some(event) = self.perform_output().await {
                    return Some(event);
                }
                continue;
            }
            let Some(presence) = &mut self.presence else { return None };
            match presence.messages.recv().await {
                Some(Outgoing::Message(response)) => {
                    response.message.iter().for_each(|message| self.machine.handle_message(message));
                }
                Some(Outgoing::Direct(direct)) => return Some(EarsEvent::Opened(*direct)),
                Some(Outgoing::Data(_) | Outgoing::Moved(_)) => {}
                Some(Outgoing::Close) | None => self.machine.end(),
            }
        }
    }

    /// Goes.
    pub async fn leave(self) {
        if let Some(presence) = self.presence {
            presence.leave().await;
        }
    }

    async fn perform_output(&mut self) -> Option<EarsEvent> {
        let place = match &self.presence {
            Some(presence) => presence.place().await,
            None => None,
        };
        match self.machine.poll_output()? {
            EarsOutput::ToRoom(message) => {
                place?.say(message);
                None
            }
            EarsOutput::Tracks(tracks) => Some(EarsEvent::Tracks(tracks)),
            EarsOutput::End => {
                drop(place);
                self.presence = None;
                Some(EarsEvent::Gone)
            }
        }
    }
}

/// A time of day as browsers write it into attributes: by its letters, the earlier one comes first.
fn rfc3339(since_1970: Duration) -> String {
    let seconds = i64::try_from(since_1970.as_secs()).unwrap_or_default();
    let text = serde_json::to_value(pbjson_types::Timestamp { seconds, nanos: 0 });
    let text = text.ok().and_then(|text| Some(text.as_str()?.get(..SECONDS)?.to_owned()));
    format!("{}.{:03}Z", text.unwrap_or_default(), since_1970.subsec_millis())
}

/// Letters of a time of day in whole seconds, without its zone.
const SECONDS: usize = "2026-11-29T09:00:00".len();
/// The identity of the ears of every room; people have others.
const EARS: &str = "phones:ears";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_of_day_is_written_as_browsers_write_it() {
        assert_eq!(rfc3339(Duration::from_millis(1_795_942_800_007)), "2026-11-29T09:00:00.007Z");
        assert_eq!(rfc3339(Duration::ZERO), "1970-01-01T00:00:00.000Z");
    }
}
