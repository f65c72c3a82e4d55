//! The floors and agendas of all meetings, and what rooms do for them.

use jiff::SignedDuration;
use livekit_protocol as proto;
use signaling_proto::room::RoomError;
use sip_gateway::tables::LEG_ATTRIBUTE;
use sip_gateway_proto::call::LegId;

use super::proceedings::{AllProceedings, Held, Proceedings};
use super::{Floor, FloorView, GESTURE, HAND, Heard, Seat};
use crate::calls::Switchboard;
use crate::clock::Clock;
use crate::meetings::schedule::SeatRole;
use crate::meetings::{Meeting, MeetingCode, MeetingRooms, PARTY, RIGHTS, Rights, SEAT_ROLE, Tracks};
use crate::store::{Store, StoreError};

/// The floors and agendas of all meetings. Cheap to clone.
#[derive(Clone)]
pub struct Floors {
    pub(super) rooms: MeetingRooms,
    pub(super) clock: Clock,
    pub(super) store: Store,
    pub(super) run: u64,
    /// The way to telephones, which are told by voice.
    pub(super) switchboard: Switchboard,
    pub(super) all: AllProceedings,
}

/// Why the floor, or the agenda, is not as somebody wants it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FloorError {
    /// Everybody speaks freely.
    #[error("Everybody may speak in this meeting; take the chair first.")]
    Free,
    /// The seat is there to listen.
    #[error("An observer is not heard in this meeting; give the seat another role first.")]
    Observer,
    /// None is planned.
    #[error("This meeting has no agenda; its host writes one into the plan.")]
    NoAgenda,
    /// It is not on the agenda.
    #[error("The agenda has no such point.")]
    NoSuchPoint,
    /// Nobody is inside, or not who should get it.
    #[error(transparent)]
    Room(#[from] RoomError),
    /// It cannot be written down.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Floors {
    /// Those that are known. `run` is that of the program.
    #[must_use]
    pub fn new(
        all: AllProceedings,
        rooms: MeetingRooms,
        clock: Clock,
        store: Store,
        run: u64,
        switchboard: Switchboard,
    ) -> Self {
        Self { rooms, clock, store, run, switchboard, all }
    }

    /// From now on only who has the floor is heard, and those whose seats are always heard; with `presides` whoever takes
    /// the chair is one of them. If that is so already, it stays as it is but for the limit.
    ///
    /// # Errors
    /// When nobody is in the meeting.
    pub async fn take_chair(
        &self,
        meeting: &Meeting,
        presides: Option<String>,
        limit: Option<SignedDuration>,
    ) -> Result<FloorView, FloorError> {
        let mut held = self.all.turn(&meeting.code).await;
        let before = held.clone();
        match held.floor.as_mut() {
            Some(floor) => floor.set_limit(limit),
            None => {
                let mut standing = self.standing_inside(&meeting.code).await;
                standing.extend(presides);
                held.floor = Some(Floor::new(standing, limit));
            }
        }
        self.carry_out(&meeting.code, &mut held, before).await?;
        held.floor.as_ref().map(Floor::view).ok_or(FloorError::Free)
    }

    /// Everybody may speak again. Whoever was muted by the floor opens the microphone again, or does not.
    ///
    /// # Errors
    /// When the room does not answer.
    pub async fn leave_chair(&self, code: &MeetingCode) -> Result<(), FloorError> {
        let mut held = self.all.turn(code).await;
        let before = held.clone();
        held.floor = None;
        match self.carry_out(code, &mut held, before).await {
            // Where nobody is, everybody may speak.
            Err(FloorError::Room(RoomError::RoomNotFound)) => {
                held.floor = None;
                self.write_down(code, &held).await;
            }
            done => done?,
        }
        self.note_speech(code, None).await;
        Ok(())
    }

    /// Says whether somebody is heard whoever has the floor, if there is a floor.
    ///
    /// # Errors
    /// When the room does not answer.
    pub async fn set_standing(
        &self,
        code: &MeetingCode,
        identity: &str,
        heard: bool,
    ) -> Result<(), FloorError> {
        if !self.all.has(code.as_str()) {
            return Ok(());
        }
        let mut held = self.all.turn(code).await;
        if !held.floor.as_mut().is_some_and(|floor| floor.set_standing(identity, heard)) {
            return Ok(());
        }
        self.write_down(code, &held).await;
        match self.perform(code, &held).await {
            // The next room hears of it.
            Err(FloorError::Room(RoomError::RoomNotFound)) | Ok(()) => Ok(()),
            failed => failed,
        }
    }

    /// Those inside whose seats are always heard.
    async fn standing_inside(&self, code: &MeetingCode) -> Heard {
        let is_standing = |one: &proto::ParticipantInfo| {
            one.attributes.get(RIGHTS).is_some_and(|words| Rights::words_say_heard(words))
        };
        let inside = self.rooms.inside(code.as_str()).await;
        inside.into_iter().filter(is_standing).map(|one| one.identity).collect()
    }

    /// Gives somebody the floor and lowers the hand that asked for it: of all microphones only this one may be open.
    ///
    /// # Errors
    /// When everybody may speak, or this one is not here.
    pub async fn give(&self, code: &MeetingCode, identity: &str) -> Result<(), FloorError> {
        let mut held = self.all.turn(code).await;
        let before = held.clone();
        let floor = held.floor.as_mut().ok_or(FloorError::Free)?;
        let inside = self.rooms.inside(code.as_str()).await;
        let speaker =
            inside.iter().find(|one| one.identity == identity).ok_or(RoomError::ParticipantNotFound)?;
        if !may_speak(speaker) {
            return Err(FloorError::Observer);
        }
        let now = self.clock.now();
        let is_new = floor.holder() != Some(identity) || floor.come_back(now, identity);
        let had_it = inside
            .iter()
            .find(|one| is_new && one.identity != identity && floor.holder() == Some(&one.identity));
        floor.give(now, identity, seat_of(speaker));

        // Before the room mutes it, so that it hears why.
        if let Some(had_it) = had_it {
            self.tell_phone(had_it, false).await;
        }
        self.carry_out(code, &mut held, before).await?;
        if is_new {
            self.note_speech(code, Some(speaker)).await;
            self.tell_phone(speaker, true).await;
        }
        self.lower_hand(code, identity).await?;
        // The chair is silent while another speaks, until the chair says something; an interpreter is there to speak.
        for other in inside.iter().filter(|one| one.identity != identity && is_open(one) && !interprets(one))
        {
            let muted =
                self.rooms.mute(code, &other.identity, &Tracks::Of(proto::TrackSource::Microphone)).await;
            match muted {
                // Who has gone meanwhile is silent too.
                Err(RoomError::ParticipantNotFound | RoomError::TrackNotFound) | Ok(()) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Ends the speech under way, if there is one.
    ///
    /// # Errors
    /// When everybody may speak.
    pub async fn close(&self, code: &MeetingCode) -> Result<(), FloorError> {
        let mut held = self.all.turn(code).await;
        let before = held.clone();
        let floor = held.floor.as_mut().ok_or(FloorError::Free)?;
        if let Some(holder) = floor.holder()
            && let Some(had_it) =
                self.rooms.inside(code.as_str()).await.iter().find(|one| one.identity == holder)
        {
            self.tell_phone(had_it, false).await;
        }
        floor.close(self.clock.now());
        self.carry_out(code, &mut held, before).await?;
        self.note_speech(code, None).await;
        Ok(())
    }

    /// Takes somebody off the list of those who want to speak.
    ///
    /// # Errors
    /// When there is no such participant.
    pub async fn lower_hand(&self, code: &MeetingCode, identity: &str) -> Result<(), RoomError> {
        self.rooms
            .describe(proto::UpdateParticipantRequest {
                room: code.to_string(),
                identity: identity.to_owned(),
                attributes: [(HAND.to_owned(), String::new()), (GESTURE.to_owned(), String::new())].into(),
                ..Default::default()
            })
            .await
    }

    /// Tells a telephone that it has the floor, or has it no more. A browser sees it.
    async fn tell_phone(&self, participant: &proto::ParticipantInfo, given: bool) {
        let leg = participant.attributes.get(LEG_ATTRIBUTE).and_then(|leg| leg.parse().ok()).map(LegId);
        if let Some((leg, phones)) = leg.zip(self.switchboard.phones())
            && let Err(error) = phones.tell_floor(leg, given).await
        {
            // It has hung up.
            tracing::debug!(%error, "a telephone could not be told of the floor");
        }
    }

    /// Has the room do what was decided; if it cannot, nothing was.
    pub(super) async fn carry_out(
        &self,
        code: &MeetingCode,
        held: &mut Held,
        before: Proceedings,
    ) -> Result<(), FloorError> {
        let done = self.perform(code, held).await;
        match done {
            Ok(()) => self.write_down(code, held).await,
            Err(_) => **held = before,
        }
        done
    }

    /// Writes down what a meeting is at, for a program that starts again. The floor does not wait for a database that fails.
    pub(super) async fn write_down(&self, code: &MeetingCode, held: &Held) {
        let (now, left) = (self.clock.now(), self.all.left(code.as_str()));
        let written = if held.is_nothing() {
            self.store.delete_running_order(code).await
        } else {
            let state = serde_json::to_string(&**held).expect("it has text for keys");
            self.store.write_running_order(code, &state, left, now, self.run).await
        };
        if let Err(error) = written {
            tracing::error!(%error, "what a meeting is at could not be stored");
        }
    }

    pub(super) async fn perform(&self, code: &MeetingCode, now: &Proceedings) -> Result<(), FloorError> {
        Ok(self.rooms.set_heard(code, now.floor.as_ref().map(Floor::heard), now.metadata()).await?)
    }

    /// Writes down who speaks from now on, if anybody does. The floor does not wait for it.
    pub(super) async fn note_speech(&self, code: &MeetingCode, speaker: Option<&proto::ParticipantInfo>) {
        let speaker = speaker.map(|speaker| (party_of(speaker), speaker.name.as_str()));
        if let Err(error) = self.store.go_to_speech(code, speaker, self.clock.now(), self.run).await {
            tracing::error!(%error, "who speaks could not be stored");
        }
    }
}

fn seat_of(participant: &proto::ParticipantInfo) -> Seat {
    match party_of(participant) {
        Some(party) => Seat::Party(party.to_owned()),
        None => Seat::Person(participant.name.clone()),
    }
}

fn party_of(participant: &proto::ParticipantInfo) -> Option<&str> {
    participant.attributes.get(PARTY).map(String::as_str).filter(|party| !party.is_empty())
}

fn is_open(participant: &proto::ParticipantInfo) -> bool {
    participant.tracks.iter().any(|track| track.source() == proto::TrackSource::Microphone && !track.muted)
}

pub(super) fn may_speak(participant: &proto::ParticipantInfo) -> bool {
    participant.permission.as_ref().is_none_or(|may| may.can_publish)
}

fn interprets(participant: &proto::ParticipantInfo) -> bool {
    let role = participant.attributes.get(SEAT_ROLE);
    role.is_some_and(|role| role == SeatRole::Interpreter.as_str())
}
