//! The floors of all meetings, and what rooms do for them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::SignedDuration;
use livekit_protocol as proto;
use signaling_proto::room::{RoomError, RoomEvent};
use tokio::sync::{Mutex as Turn, OwnedMutexGuard, broadcast};

use super::{Floor, FloorView, GESTURE, HAND, PARTY, Seat};
use crate::app::App;
use crate::clock::Clock;
use crate::meetings::{Meeting, MeetingCode, MeetingRooms, Tracks};

/// The floors of all meetings that have one at the moment. Cheap to clone.
#[derive(Clone)]
pub struct Floors {
    rooms: MeetingRooms,
    clock: Clock,
    /// Each behind a lock of its own, that is held until the room has done what was decided.
    floors: Arc<Mutex<ByRoom>>,
}

/// A floor by the name of its room.
type ByRoom = HashMap<String, Arc<Turn<Option<Floor>>>>;

/// Why the floor is not as somebody wants it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FloorError {
    /// Everybody speaks freely.
    #[error("Everybody may speak in this meeting; take the chair first.")]
    Free,
    /// Nobody is inside, or not who should get it.
    #[error(transparent)]
    Room(#[from] RoomError),
}

impl Floors {
    /// There are none yet.
    #[must_use]
    pub fn new(rooms: MeetingRooms, clock: Clock) -> Self {
        Self { rooms, clock, floors: Arc::default() }
    }

    /// From now on only who has the floor is heard, and the chair. If that is so already, it stays as it is but for
    /// the limit.
    ///
    /// # Errors
    /// When nobody is in the meeting.
    pub async fn take_chair(
        &self,
        meeting: &Meeting,
        chair: String,
        limit: Option<SignedDuration>,
    ) -> Result<FloorView, FloorError> {
        let mut floor = self.turn(&meeting.code).await;
        let before = floor.clone();
        match floor.as_mut() {
            Some(floor) => floor.set_limit(limit),
            None => *floor = Some(Floor::new(chair, limit)),
        }
        let done = self.carry_out(&meeting.code, &mut floor, before).await;
        self.forget_if_free(&meeting.code, &floor);
        done?;
        floor.as_ref().map(Floor::view).ok_or(FloorError::Free)
    }

    /// Everybody may speak again. Whoever was muted by the floor opens the microphone again, or does not.
    ///
    /// # Errors
    /// When the room does not answer.
    pub async fn leave_chair(&self, code: &MeetingCode) -> Result<(), FloorError> {
        let mut floor = self.turn(code).await;
        let before = floor.take();
        let done = self.carry_out(code, &mut floor, before).await;
        self.forget_if_free(code, &floor);
        match done {
            // Where nobody is, everybody may speak.
            Err(FloorError::Room(RoomError::RoomNotFound)) | Ok(()) => Ok(()),
            failed => failed,
        }
    }

    /// Gives somebody the floor and lowers the hand that asked for it: of all microphones only this one may be open.
    ///
    /// # Errors
    /// When everybody may speak, or this one is not here.
    pub async fn give(&self, code: &MeetingCode, identity: &str) -> Result<(), FloorError> {
        let mut floor = self.turn(code).await;
        let before = floor.clone();
        let Some(given) = floor.as_mut() else {
            self.forget_if_free(code, &floor);
            return Err(FloorError::Free);
        };
        let inside = self.rooms.inside(code.as_str()).await;
        let speaker =
            inside.iter().find(|one| one.identity == identity).ok_or(RoomError::ParticipantNotFound)?;
        given.give(self.clock.now(), identity, seat_of(speaker));

        self.carry_out(code, &mut floor, before).await?;
        self.lower_hand(code, identity).await?;
        // The chair is silent while another speaks, until the chair says something.
        for other in inside.iter().filter(|one| one.identity != identity && is_open(one)) {
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
        let mut floor = self.turn(code).await;
        let before = floor.clone();
        let Some(chaired) = floor.as_mut() else {
            self.forget_if_free(code, &floor);
            return Err(FloorError::Free);
        };
        chaired.close(self.clock.now());
        self.carry_out(code, &mut floor, before).await
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

    /// Follows what happens in rooms until the program stops.
    pub async fn keep(self, app: App) {
        let mut events = app.rooms.subscribe();
        loop {
            match events.recv().await {
                Ok(event) => self.hear(&event).await,
                Err(broadcast::error::RecvError::Lagged(_)) => self.doubt_everybody().await,
                Err(broadcast::error::RecvError::Closed) => return,
            }
        }
    }

    async fn hear(&self, event: &RoomEvent) {
        match event {
            RoomEvent::ParticipantLeft { room, participant }
            | RoomEvent::ParticipantConnectionAborted { room, participant } => {
                self.end_speech(&room.name, &participant.identity).await;
            }
            RoomEvent::ParticipantChanged { room, participant } if gives_back(participant) => {
                self.end_speech(&room.name, &participant.identity).await;
            }
            RoomEvent::RoomFinished { room } => {
                self.floors().remove(&room.name);
            }
            _ => {}
        }
    }

    /// The floor is nobody's any more, if it is still somebody's who cannot use it.
    async fn end_speech(&self, room: &str, identity: &str) {
        let Some(code) = MeetingCode::parse(room).filter(|_| self.floors().contains_key(room)) else {
            return;
        };
        let mut floor = self.turn(&code).await;
        self.forget_if_free(&code, &floor);
        if floor.as_ref().and_then(Floor::holder) != Some(identity) {
            return;
        }
        let before = floor.clone();
        if let Some(floor) = floor.as_mut() {
            floor.close(self.clock.now());
        }
        let done = match self.carry_out(&code, &mut floor, before).await {
            Ok(()) => self.lower_hand(&code, identity).await.map_err(Into::into),
            failed => failed,
        };
        if let Err(error) = done {
            // The room may have ended with whom it was about.
            tracing::debug!(%error, "the floor could not be taken back");
        }
    }

    /// Events were missed: whoever is not inside has not the floor either.
    async fn doubt_everybody(&self) {
        let rooms: Vec<String> = self.floors().keys().cloned().collect();
        for room in rooms {
            let Some(code) = MeetingCode::parse(&room) else { continue };
            let floor = self.turn(&code).await;
            self.forget_if_free(&code, &floor);
            let holder = floor.as_ref().and_then(Floor::holder).map(str::to_owned);
            drop(floor);
            if let Some(holder) = holder
                && !self.rooms.is_inside(&room, &holder).await
            {
                self.end_speech(&room, &holder).await;
            }
        }
    }

    /// Has the room do what was decided; if it cannot, nothing was.
    async fn carry_out(
        &self,
        code: &MeetingCode,
        floor: &mut Option<Floor>,
        before: Option<Floor>,
    ) -> Result<(), FloorError> {
        let done = async {
            self.rooms.set_heard(code, floor.as_ref().map(Floor::heard)).await?;
            self.rooms.show(code, metadata(floor.as_ref())).await
        };
        if let Err(error) = done.await {
            *floor = before;
            return Err(error.into());
        }
        Ok(())
    }

    /// The floor of a meeting, for one at a time.
    async fn turn(&self, code: &MeetingCode) -> OwnedMutexGuard<Option<Floor>> {
        loop {
            let turn = Arc::clone(self.floors().entry(code.to_string()).or_default());
            let floor = Arc::clone(&turn).lock_owned().await;
            // Whoever had it before may have been the last, and have forgotten it.
            if self.floors().get(code.as_str()).is_some_and(|known| Arc::ptr_eq(known, &turn)) {
                return floor;
            }
        }
    }

    /// To be called by who has its turn.
    fn forget_if_free(&self, code: &MeetingCode, floor: &Option<Floor>) {
        if floor.is_none() {
            self.floors().remove(code.as_str());
        }
    }

    fn floors(&self) -> MutexGuard<'_, ByRoom> {
        self.floors.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn seat_of(participant: &proto::ParticipantInfo) -> Seat {
    match participant.attributes.get(PARTY).filter(|party| !party.is_empty()) {
        Some(party) => Seat::Party(party.clone()),
        None => Seat::Person(participant.name.clone()),
    }
}

fn is_open(participant: &proto::ParticipantInfo) -> bool {
    participant.tracks.iter().any(|track| track.source() == proto::TrackSource::Microphone && !track.muted)
}

fn gives_back(participant: &proto::ParticipantInfo) -> bool {
    participant.attributes.get(GESTURE).is_some_and(|gesture| gesture == "yield")
}

/// What the room shows everybody.
fn metadata(floor: Option<&Floor>) -> String {
    serde_json::json!({ "floor": floor.map(Floor::view) }).to_string()
}
