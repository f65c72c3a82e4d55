//! What happens in rooms, and what becomes of floors and agendas by it.

use livekit_protocol as proto;
use signaling_proto::room::RoomEvent;
use tokio::sync::broadcast;

use super::desk::{FloorError, Floors, may_speak};
use super::{Agenda, Floor, GESTURE};
use crate::app::App;
use crate::meetings::MeetingCode;
use crate::meetings::schedule::AgendaItem;
use crate::store::StoreError;

impl Floors {
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
            RoomEvent::ParticipantChanged { room, participant }
                if gives_back(participant) || !may_speak(participant) =>
            {
                self.end_speech(&room.name, &participant.identity).await;
            }
            RoomEvent::RoomStarted { room } => self.begin(&room.name).await,
            RoomEvent::RoomFinished { room } => self.adjourn(&room.name).await,
            _ => {}
        }
    }

    /// Somebody is there: the meeting goes on where it was, or begins with its agenda.
    async fn begin(&self, room: &str) {
        let Some(code) = MeetingCode::parse(room) else { return };
        let now = self.clock.now();
        let mut held = self.all.turn(&code).await;
        if self.all.come_back(room, now) {
            (held.floor, held.agenda) = (None, None);
        }
        if held.agenda.is_none() {
            match self.planned(&code).await {
                Ok(agenda) => held.agenda = agenda,
                Err(error) => tracing::error!(%error, "an agenda could not be read"),
            }
        }
        if let Some(agenda) = &mut held.agenda {
            agenda.resume(now);
            self.note_point(&code, agenda).await;
        }
        if held.floor.is_some() || held.agenda.is_some() {
            told(self.perform(&code, &held).await);
        }
    }

    /// Nobody is there any more: nobody speaks, about nothing.
    async fn adjourn(&self, room: &str) {
        let Some(code) = MeetingCode::parse(room).filter(|_| self.all.has(room)) else { return };
        let now = self.clock.now();
        let mut held = self.all.turn(&code).await;
        if let Some(floor) = &mut held.floor {
            floor.close(now);
        }
        self.stop_the_clocks(&code).await;
        if held.floor.is_none() && held.agenda.as_ref().is_none_or(|one| one.under_discussion().is_none()) {
            held.agenda = None;
        }
        self.all.leave(room, now);
    }

    /// The meeting is over for good, whoever comes afterwards.
    pub async fn end(&self, code: &MeetingCode) {
        if !self.all.has(code.as_str()) {
            return;
        }
        let mut held = self.all.turn(code).await;
        (held.floor, held.agenda) = (None, None);
        self.stop_the_clocks(code).await;
    }

    async fn stop_the_clocks(&self, code: &MeetingCode) {
        self.note_speech(code, None).await;
        if let Err(error) = self.store.go_to_point(code, None, self.clock.now(), self.run).await {
            tracing::error!(%error, "the end of a point could not be stored");
        }
    }

    /// Goes to a point of the agenda by its number from 1, or to none.
    ///
    /// # Errors
    /// When there is no such point, or nobody is in the meeting.
    pub async fn go_to_point(&self, code: &MeetingCode, number: Option<usize>) -> Result<(), FloorError> {
        let mut held = self.all.turn(code).await;
        let before = held.clone();
        if held.agenda.is_none() {
            held.agenda = self.planned(code).await?;
        }
        let agenda = held.agenda.as_mut().ok_or(FloorError::NoAgenda)?;
        if !agenda.go_to(self.clock.now(), number) {
            return Err(FloorError::NoSuchPoint);
        }
        if *held == before {
            return Ok(());
        }
        self.carry_out(code, &mut held, before).await?;
        let point = held.agenda.as_ref().and_then(Agenda::under_discussion);
        Ok(self.store.go_to_point(code, point, self.clock.now(), self.run).await?)
    }

    /// The plan of a meeting has other points now.
    pub async fn replan(&self, code: &MeetingCode, points: &[AgendaItem]) {
        if self.rooms.inside(code.as_str()).await.is_empty() && !self.all.has(code.as_str()) {
            return;
        }
        let mut held = self.all.turn(code).await;
        let before = held.clone();
        match &mut held.agenda {
            Some(agenda) => {
                if !agenda.replan(points.to_vec()) {
                    self.note_point(code, agenda).await;
                }
            }
            None => held.agenda = Some(Agenda::new(points.to_vec())),
        }
        if points.is_empty() {
            held.agenda = None;
        }
        if *held != before {
            told(self.perform(code, &held).await);
        }
    }

    /// The agenda of a meeting as it is planned, with nothing under discussion.
    async fn planned(&self, code: &MeetingCode) -> Result<Option<Agenda>, StoreError> {
        let points = self.store.schedule(code).await?.map(|schedule| schedule.agenda);
        Ok(points.filter(|points| !points.is_empty()).map(Agenda::new))
    }

    async fn note_point(&self, code: &MeetingCode, agenda: &Agenda) {
        let point = agenda.under_discussion();
        if let Err(error) = self.store.go_to_point(code, point, self.clock.now(), self.run).await {
            tracing::error!(%error, "what is under discussion could not be stored");
        }
    }

    /// The floor is nobody's any more, if it is still somebody's who cannot use it.
    async fn end_speech(&self, room: &str, identity: &str) {
        let Some(code) = MeetingCode::parse(room).filter(|_| self.all.has(room)) else { return };
        let mut held = self.all.turn(&code).await;
        if held.floor.as_ref().and_then(Floor::holder) != Some(identity) {
            return;
        }
        if let Some(floor) = &mut held.floor {
            floor.close(self.clock.now());
        }
        self.note_speech(&code, None).await;
        // The room may have ended with whom it was about: then the next one hears of it.
        told(self.perform(&code, &held).await);
        told(self.lower_hand(&code, identity).await.map_err(Into::into));
    }

    /// Events were missed: whoever is not inside has not the floor either.
    async fn doubt_everybody(&self) {
        for room in self.all.rooms() {
            let Some(code) = MeetingCode::parse(&room) else { continue };
            let holder = self.all.turn(&code).await.floor.as_ref().and_then(Floor::holder).map(str::to_owned);
            let inside = self.rooms.inside(&room).await;
            if inside.is_empty() {
                self.adjourn(&room).await;
            } else if let Some(holder) = holder
                && !inside.iter().any(|one| one.identity == holder)
            {
                self.end_speech(&room, &holder).await;
            }
        }
    }
}

fn told(done: Result<(), FloorError>) {
    if let Err(error) = done {
        tracing::debug!(%error, "a room could not be told of its floor and agenda");
    }
}

fn gives_back(participant: &proto::ParticipantInfo) -> bool {
    participant.attributes.get(GESTURE).is_some_and(|gesture| gesture == "yield")
}
