//! Signalling over WebSocket: `/rtc/v1` for one peer connection, `/rtc` for two, and `validate` for both.
//!
//! A client is authorised and admitted before its WebSocket opens, so that a refusal is an HTTP status.

mod admission;
mod connection;
mod cors;
mod frame;
pub mod join_request;
mod query;
mod refusal;

use axum::{
    Router,
    extract::{FromRequestParts, Request, State, WebSocketUpgrade},
    http::{HeaderMap, Uri, request::Parts},
    middleware,
    response::Response,
    routing::get,
};
use signaling_proto::room::{JoinError, Room};

use admission::{Admission, Entry};
use refusal::Refusal;

use crate::{
    relays::{self, RelayOffer},
    rooms::Rooms,
};

pub(crate) fn router(rooms: Rooms) -> Router {
    let mut router = Router::new();
    // Some clients join "https://host/" and "/rtc" without looking.
    for root in ["", "/"] {
        router = router
            .route(&format!("{root}/rtc"), get(dual))
            .route(&format!("{root}/rtc/v1"), get(single))
            .route(&format!("{root}/rtc/validate"), get(validate_dual))
            .route(&format!("{root}/rtc/v1/validate"), get(validate_single));
    }
    router.layer(middleware::from_fn(cors::any_origin)).with_state(rooms)
}

/// `GET /rtc/v1`: one peer connection, which the client offers.
async fn single(State(rooms): State<Rooms>, request: Request) -> Result<Response, Refusal> {
    let (mut parts, _) = request.into_parts();
    let admission = Admission::single(&rooms, &parts.headers, &parts.uri)?;
    open(rooms, &mut parts, admission).await
}

/// `GET /rtc`: two peer connections, of which we offer the subscriber's.
async fn dual(State(rooms): State<Rooms>, request: Request) -> Result<Response, Refusal> {
    let (mut parts, _) = request.into_parts();
    let admission = Admission::dual_or_single(&rooms, &parts.headers, &parts.uri)?;
    open(rooms, &mut parts, admission).await
}

/// `GET /rtc/v1/validate`: would `/rtc/v1` let me in? Clients ask after a failure, to learn why.
async fn validate_single(
    State(rooms): State<Rooms>,
    headers: HeaderMap,
    uri: Uri,
) -> Result<&'static str, Refusal> {
    validate(&rooms, Admission::single(&rooms, &headers, &uri)?).await
}

/// `GET /rtc/validate`: would `/rtc` let me in?
async fn validate_dual(
    State(rooms): State<Rooms>,
    headers: HeaderMap,
    uri: Uri,
) -> Result<&'static str, Refusal> {
    validate(&rooms, Admission::dual_or_single(&rooms, &headers, &uri)?).await
}

async fn validate(rooms: &Rooms, admission: Admission) -> Result<&'static str, Refusal> {
    if let Entry::Join(joining) = admission.entry {
        rooms.admits(&admission.room.name, *joining).await?;
    }
    Ok("success")
}

async fn open(rooms: Rooms, parts: &mut Parts, admission: Admission) -> Result<Response, Refusal> {
    let limit = rooms.limits().message_bytes;
    let upgrade = WebSocketUpgrade::from_request_parts(parts, &())
        .await
        .map_err(|_| Refusal::not_a_websocket())?
        .max_message_size(limit)
        .max_frame_size(limit);

    let connection = admission.connection;
    let offer = RelayOffer {
        relays: rooms.relays(),
        host: relays::host(&parts.headers),
        resumed: match &admission.entry {
            Entry::Join(_) => None,
            Entry::Resume(resuming) => Some((resuming.identity.clone(), resuming.participant_sid.clone())),
        },
    };
    let entered = match admission.entry {
        Entry::Join(joining) => rooms.join(admission.room, *joining).await,
        Entry::Resume(resuming) => rooms.resume(&admission.room.name, *resuming).await,
    };
    let (room, messages) = match entered {
        Ok(entered) => entered,
        // It has to be said in the protocol: clients rebuild everything then.
        Err(JoinError::UnknownSession) => {
            return Ok(upgrade.on_upgrade(|socket| connection::farewell(socket, Room::unknown_session())));
        }
        Err(refusal) => return Err(refusal.into()),
    };

    let never_opened = room.clone();
    let limits = rooms.limits().clone();
    Ok(upgrade
        .on_failed_upgrade(move |error| {
            tracing::debug!(%error, "a WebSocket did not open");
            tokio::spawn(async move {
                never_opened.tell(crate::rooms::ToRoom::Closed { connection }).await;
            });
        })
        .on_upgrade(move |socket| connection::serve(socket, connection, room, messages, offer, limits)))
}
