//! Where those of one party wait together: a room of their own, in which they are heard and read by nobody else.
//!
//! Its name is drawn by lot and told to nobody but in a token for it, and the doorkeeper asks here besides: only who still
//! waits for that party may be there. Whoever is decided about, goes away or changes sides is taken out.

use std::collections::BTreeSet;
use std::time::Instant;

use signaling_proto::room::RoomEvent;
use tokio::sync::broadcast::error::RecvError;

use super::super::{Meeting, MeetingCode, SEAT};
use super::{Caller, Expected, KnockError, Lobby, Ticket};
use crate::accounts::random_letters;
use crate::app::App;
use crate::meetings::schedule::{Badge, Schedule};
use crate::store::StoreError;

/// A place in the gathering of one's party.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gathering {
    /// The room.
    pub room: String,
    /// The identity that the guest will have in the meeting too.
    pub identity: String,
    /// The guest's name.
    pub name: String,
    /// The guest's seat.
    pub badge: Badge,
}

impl Gathering {
    /// Whether a room is one in which a party gathers, by its name: rooms of SDKs have others.
    #[must_use]
    pub fn is_one(room: &str) -> bool {
        room.strip_prefix(GATHERING).is_some_and(|letters| {
            letters.len() == LETTERS && letters.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        })
    }

    /// A name for one, which nobody guesses.
    pub(super) fn fresh_room() -> String {
        format!("{GATHERING}{}", random_letters(LETTERS))
    }
}

impl Lobby {
    /// Where the party of a ticket's guest gathers, while the guest waits; nothing for who has no seat.
    #[must_use]
    pub fn gather(&self, code: &MeetingCode, ticket: &str) -> Option<Gathering> {
        let mut doors = self.doors();
        let (room, guest) = doors.get_mut(code)?.gathering_of(ticket)?;
        Some(Gathering {
            room,
            identity: guest.identity.clone(),
            name: guest.name.clone(),
            badge: guest.badge.clone()?,
        })
    }

    /// Whether somebody may be in a room in which a party gathers.
    #[must_use]
    pub fn gathers(&self, room: &str, identity: &str) -> bool {
        self.doors().values().any(|door| door.gathers(room, identity))
    }

    /// The rooms in which parties gather.
    #[must_use]
    pub fn gatherings(&self) -> BTreeSet<String> {
        self.doors().values().flat_map(|door| door.gatherings().cloned()).collect()
    }

    /// Waits until somebody may have to leave a gathering.
    async fn gatherings_changed(&self) {
        self.shared.gatherings_changed.notified().await;
    }
}

/// Takes out of gatherings who does not belong there, and tells those who wait who has come into the meeting, until the
/// program stops.
pub async fn keep_gatherings(app: App) {
    let mut events = app.rooms.subscribe();
    let mut known = BTreeSet::new();
    loop {
        tokio::select! {
            () = app.lobby.gatherings_changed() => sweep(&app, &mut known).await,
            event = events.recv() => match event {
                Ok(RoomEvent::RoomStarted { room }) if Gathering::is_one(&room.name) => {
                    known.insert(room.name);
                }
                // Whoever was decided about while on the way in.
                Ok(RoomEvent::ParticipantJoined { room, .. }) if Gathering::is_one(&room.name) => {
                    known.insert(room.name);
                    sweep(&app, &mut known).await;
                }
                Ok(
                    RoomEvent::ParticipantJoined { room, .. }
                    | RoomEvent::ParticipantLeft { room, .. }
                    | RoomEvent::RoomFinished { room },
                ) => look_inside(&app, &room.name).await,
                Ok(_) => {}
                Err(RecvError::Lagged(_)) => {
                    let rooms = app.rooms.everybody().await.into_iter().map(|(room, _)| room.name);
                    known.extend(rooms.filter(|name| Gathering::is_one(name)));
                    sweep(&app, &mut known).await;
                    for code in app.lobby.expecting() {
                        look_inside(&app, code.as_str()).await;
                    }
                }
                Err(RecvError::Closed) => return,
            },
        }
    }
}

/// Ends what is no gathering any more, and sends away who may not be in one.
async fn sweep(app: &App, known: &mut BTreeSet<String>) {
    let gatherings = app.lobby.gatherings();
    for room in std::mem::take(known) {
        let done = if gatherings.contains(&room) {
            known.insert(room.clone());
            send_strangers_away(app, &room).await
        } else {
            app.rooms.end_call(&room).await
        };
        if let Err(error) = done {
            // It is ending by itself.
            tracing::debug!(%error, "a gathering did not answer");
        }
    }
}

async fn send_strangers_away(app: &App, room: &str) -> Result<(), signaling_proto::room::RoomError> {
    for one in app.rooms.inside(room).await {
        if !app.lobby.gathers(room, &one.identity) {
            app.rooms.remove_from_call(room, &one.identity).await?;
        }
    }
    Ok(())
}

/// Has somebody knock, who is told of the table if there is a seat at it; refused when too many wait already.
///
/// # Errors
/// When the plan cannot be read.
pub(crate) async fn knock(
    app: &App,
    meeting: &Meeting,
    caller: Caller,
) -> Result<Result<Ticket, KnockError>, StoreError> {
    let schedule = match &caller.badge {
        Some(_) => app.store.schedule(&meeting.code).await?,
        None => None,
    };
    let knocked = app.lobby.knock(Instant::now(), app.clock.now(), &meeting.code, caller);
    if let (Ok(_), Some(schedule)) = (&knocked, schedule) {
        app.lobby.expect(&meeting.code, expected(app, meeting, &schedule));
        look_inside(app, meeting.code.as_str()).await;
    }
    Ok(knocked)
}

/// Whom those who wait are told to be expected.
pub(crate) fn expected(app: &App, meeting: &Meeting, schedule: &Schedule) -> Expected {
    Expected::of(schedule, app.config.markings.of(meeting.marking), app.clock.now())
}

/// Tells those who wait at a meeting who is inside, if they are told at all.
async fn look_inside(app: &App, room: &str) {
    let Some(code) = MeetingCode::parse(room).filter(|code| app.lobby.is_expecting(code)) else { return };
    let inside = app.rooms.inside(room).await;
    let visible = inside.iter().filter(|one| !one.permission.as_ref().is_some_and(|may| may.hidden));
    let seats: Vec<Option<i64>> =
        visible.map(|one| one.attributes.get(SEAT).and_then(|seat| seat.parse().ok())).collect();
    app.lobby.inside(&code, seats.iter().flatten().copied().collect(), !seats.is_empty());
}

const GATHERING: &str = "gathering-";
const LETTERS: usize = 26;
