//! What happens in rooms, and what becomes of floors and agendas by it.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use livekit_protocol as proto;
use signaling_proto::room::RoomEvent;
use tokio::sync::broadcast::error::RecvError;

use super::desk::{FloorError, Floors, may_speak};
use super::proceedings::{Held, Proceedings};
use super::{Agenda, Floor, GESTURE};
use crate::app::App;
use crate::jobs::until;
use crate::meetings::MeetingCode;
use crate::meetings::schedule::AgendaItem;
use crate::store::StoreError;

impl Floors {
    /// Follows what happens in rooms until the program stops.
    pub async fn keep(self, app: App) {
        let mut events = app.rooms.subscribe();
        // Rooms in which somebody has the floor who is not back yet, the first before others.
        let mut awaiting: VecDeque<(Instant, String)> = VecDeque::new();
        loop {
            tokio::select! {
                event = events.recv() => match event {
                    // Whoever has to leave because the program stops goes on after it.
                    Ok(_) | Err(RecvError::Lagged(_)) if app.is_draining() => {}
                    Ok(event) => {
                        if self.hear(&event).await
                            && let RoomEvent::RoomStarted { room } = event
                        {
                            awaiting.push_back((Instant::now() + RETURN, room.name));
                        }
                    }
                    Err(RecvError::Lagged(_)) => self.doubt_everybody().await,
                    Err(RecvError::Closed) => return,
                },
                () = until(awaiting.front().map(|(deadline, _)| *deadline)) => {
                    if let Some((_, room)) = awaiting.pop_front() {
                        self.await_no_longer(&room).await;
                    }
                }
            }
        }
    }

    /// Takes in what has happened; whether somebody is awaited who has the floor.
    async fn hear(&self, event: &RoomEvent) -> bool {
        match event {
            RoomEvent::ParticipantJoined { room, participant } => self.welcome(&room.name, participant).await,
            RoomEvent::ParticipantLeft { room, participant }
            | RoomEvent::ParticipantConnectionAborted { room, participant } => {
                // Whoever is on the way back may need more than one try.
                if matches!(event, RoomEvent::ParticipantLeft { .. })
                    || !self.awaits(&room.name, &participant.identity).await
                {
                    self.end_speech(&room.name, &participant.identity).await;
                }
                self.note_hand(&room.name, |held| held.forget_hand(&participant.identity)).await;
            }
            RoomEvent::ParticipantChanged { room, participant } => {
                if gives_back(participant) || !may_speak(participant) {
                    self.end_speech(&room.name, &participant.identity).await;
                }
                self.note_hand(&room.name, |held| held.see_hand(participant)).await;
            }
            RoomEvent::RoomStarted { room } => return self.begin(&room.name).await,
            RoomEvent::RoomFinished { room } => self.adjourn(&room.name).await,
            _ => {}
        }
        false
    }

    /// Takes in a raised hand, or one that is lowered.
    async fn note_hand(&self, room: &str, change: impl FnOnce(&mut Held) -> bool) {
        let Some(code) = MeetingCode::parse(room).filter(|code| code.as_str() == room) else { return };
        let mut held = self.all.turn(&code).await;
        if change(&mut held) {
            self.write_down(&code, &held).await;
        }
    }

    async fn awaits(&self, room: &str, identity: &str) -> bool {
        let Some(code) = MeetingCode::parse(room).filter(|_| self.all.has(room)) else { return false };
        let held = self.all.turn(&code).await;
        held.floor.as_ref().is_some_and(|floor| floor.awaits(identity))
    }

    /// Somebody is inside, perhaps again: who had the floor when the program ended has it still.
    async fn welcome(&self, room: &str, participant: &proto::ParticipantInfo) {
        let Some(code) = MeetingCode::parse(room).filter(|_| self.all.has(room)) else { return };
        let mut held = self.all.turn(&code).await;
        let (now, identity) = (self.clock.now(), &participant.identity);
        if may_speak(participant) && held.floor.as_mut().is_some_and(|floor| floor.come_back(now, identity)) {
            self.note_speech(&code, Some(participant)).await;
            told(self.perform(&code, &held).await);
            self.write_down(&code, &held).await;
        }
    }

    /// Whoever had the floor when the program ended has had the time to come back.
    async fn await_no_longer(&self, room: &str) {
        let Some(code) = MeetingCode::parse(room).filter(|_| self.all.has(room)) else { return };
        let holder = self.all.turn(&code).await.floor.as_ref().and_then(Floor::holder).map(str::to_owned);
        let Some(holder) = holder else { return };
        if !self.awaits(room, &holder).await {
            return;
        }
        match self.rooms.inside(room).await.iter().find(|one| one.identity == holder) {
            Some(back) => self.welcome(room, back).await,
            None => self.end_speech(room, &holder).await,
        }
    }

    /// Somebody is there: the meeting goes on where it was, or begins with its agenda. Says whether somebody is awaited who
    /// has the floor.
    async fn begin(&self, room: &str) -> bool {
        let Some(code) = MeetingCode::parse(room) else { return false };
        let now = self.clock.now();
        let mut held = self.all.turn(&code).await;
        if self.all.come_back(room, now) {
            *held = Proceedings::default();
        }
        held.resume(now);
        if held.agenda.is_none() {
            match self.planned(&code).await {
                Ok(agenda) => held.agenda = agenda,
                Err(error) => tracing::error!(%error, "an agenda could not be read"),
            }
        }
        if let Some(agenda) = &held.agenda {
            self.note_point(&code, agenda).await;
        }
        if held.floor.is_some() || held.agenda.is_some() {
            told(self.perform(&code, &held).await);
        }
        self.write_down(&code, &held).await;
        held.floor.as_ref().is_some_and(|floor| floor.holder().is_some_and(|holder| floor.awaits(holder)))
    }

    /// Nobody is there any more: nobody speaks, about nothing.
    async fn adjourn(&self, room: &str) {
        let Some(code) = MeetingCode::parse(room).filter(|_| self.all.has(room)) else { return };
        let now = self.clock.now();
        let mut held = self.all.turn(&code).await;
        held.adjourn(now);
        self.stop_the_clocks(&code).await;
        self.all.leave(room, now);
        self.write_down(&code, &held).await;
    }

    /// The meeting is over for good, whoever comes afterwards.
    pub async fn end(&self, code: &MeetingCode) {
        if !self.all.has(code.as_str()) {
            return;
        }
        let mut held = self.all.turn(code).await;
        *held = Proceedings::default();
        self.stop_the_clocks(code).await;
        self.write_down(code, &held).await;
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
            self.write_down(code, &held).await;
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
        self.write_down(&code, &held).await;
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
                && !self.awaits(&room, &holder).await
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

/// How long whoever had the floor when the program ended may take to come back, from the first who did.
const RETURN: Duration = Duration::from_secs(60);
