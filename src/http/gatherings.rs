//! `/api/meetings/{code}/knocks`: those of one party who wait together, and how they come in together.

use axum::extract::{Path, State};
use serde::{Deserialize, Serialize};

use super::client::Client;
use super::directors::DirectorOf;
use super::knocks::{AtTicket, is_own};
use super::signed_in::{AtMeeting, SignedIn};
use super::{ApiError, Json};
use crate::app::App;
use crate::audit;
use crate::meetings::Knock;

/// A place in a gathering, as whoever waits gets it.
#[derive(Debug, Serialize)]
pub(super) struct GatheringView {
    url: String,
    token: String,
    identity: String,
    name: String,
}

/// `POST /api/meetings/{code}/knocks/{ticket}/gathering`: a token for the room in which the party of who waits gathers.
pub(super) async fn gather(
    State(app): State<App>,
    client: Client,
    signed_in: Option<SignedIn>,
    AtMeeting { meeting }: AtMeeting,
    Path(path): Path<AtTicket>,
) -> Result<Json<GatheringView>, ApiError> {
    if app.is_draining() {
        return Err(ApiError::draining());
    }
    let gathering = app.lobby.gather(&meeting.code, &path.ticket);
    let gathering = gathering.filter(|place| is_own(&place.identity, signed_in.as_ref()));
    let gathering = gathering.ok_or_else(|| ApiError::not_found("gathering"))?;
    Ok(Json(GatheringView {
        url: client.websocket_url(),
        token: app.tokens.mint_gathering(&gathering, app.clock.now()),
        identity: gathering.identity,
        name: gathering.name,
    }))
}

#[derive(Deserialize)]
pub(super) struct Admit {
    /// The number of a party; without it, everybody is meant.
    party: Option<i64>,
}

#[derive(Serialize)]
pub(super) struct Admitted {
    admitted: usize,
}

/// `POST /api/meetings/{code}/knocks/admit`: all who wait come in at once, or all of a party, and nobody else.
pub(super) async fn admit(
    State(app): State<App>,
    client: Client,
    director: DirectorOf,
    Json(request): Json<Admit>,
) -> Result<Json<Admitted>, ApiError> {
    let meeting = &director.meeting;
    let mut guests = app.lobby.waiting_guests(&meeting.code);
    guests.retain(|(_, waiting)| request.party.is_none() || waiting.party_id == request.party);
    if guests.is_empty() {
        return Err(ApiError::not_found("guest waiting"));
    }
    // A delegation of which half stays outside has not come in together.
    if app.rooms.places(&meeting.code).await < guests.len() {
        return Err(ApiError::meeting_full());
    }
    let entry = |(identity, waiting): &(String, crate::meetings::Waiting)| audit::Entry {
        actor: director.actor().to_owned(),
        action: "knock.admit",
        object: format!("{} {identity} {}", meeting.code, waiting.name),
        address: Some(client.address),
        result: "ok",
    };
    let entries: Vec<audit::Entry> = guests.iter().map(entry).collect();
    audit::append_all(&app.store, app.clock.now(), &entries).await?;
    let tickets: Vec<String> = guests.into_iter().map(|(_, waiting)| waiting.ticket).collect();
    match app.lobby.decide(&meeting.code, &tickets, Knock::Admitted) {
        0 => Err(ApiError::not_found("guest waiting")),
        admitted => Ok(Json(Admitted { admitted })),
    }
}
