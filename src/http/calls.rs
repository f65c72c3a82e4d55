//! `/api/calls`: calls that are placed, answered and led from the browser.

use std::time::Duration;

use axum::extract::{FromRequestParts, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use livekit_protocol::UpdateParticipantRequest;
use serde::{Deserialize, Serialize};
use signaling_proto::room::RoomEvent;
use sip_gateway::PhonesHandle;
use sip_gateway_proto::call::{CommandError, Destination, LegId, PlaceCall, PlaceError};
use sip_gateway_proto::plan::Refusal;
use tokio::sync::broadcast;

use super::asked::InPath;
use super::client::Client;
use super::marking::refuse_unmarked;
use super::signed_in::{HostOf, SignedIn};
use super::{ApiError, Json};
use crate::accounts::{User, random_letters};
use crate::app::App;
use crate::calls::{CallState, ScreenCall, call_id, leg_of};
use crate::meetings::{Admission, Comer, Meeting, MeetingCode, MeetingRole};

/// Somebody is signed in who has an extension, and there are phones.
pub(super) struct Caller {
    user: User,
    extension: String,
    phones: PhonesHandle,
}

impl FromRequestParts<App> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let signed_in = <SignedIn as FromRequestParts<App>>::from_request_parts(parts, app).await?;
        let user = signed_in.user;
        let extension = user.extension.clone().ok_or_else(ApiError::no_extension)?;
        let phones = app.switchboard.phones().cloned().ok_or_else(ApiError::no_phones)?;
        Ok(Self { user, extension, phones })
    }
}

impl Caller {
    /// A call of one's own that is not over.
    fn call(&self, app: &App, id: &str) -> Result<ScreenCall, ApiError> {
        let leg = leg_of(app.directory.run(), id);
        let call = leg.and_then(|leg| app.switchboard.call(leg, &self.extension));
        call.ok_or_else(|| ApiError::not_found("call"))
    }

    /// The way into the room of a call.
    fn room(&self, app: &App, client: &Client, leg: LegId, room: String) -> RoomView {
        app.switchboard.expect(&room, &self.extension);
        RoomView {
            call: call_id(app.directory.run(), leg),
            url: client.websocket_url(),
            token: app.tokens.mint_call(&self.user, &room, app.clock.now()),
            identity: Admission::identity_of(&self.user.id),
            room,
        }
    }

    async fn place(&self, app: &App, call: PlaceCall) -> Result<(LegId, String), ApiError> {
        app.gate.attempt_call(&self.user.id).map_err(ApiError::too_many_attempts)?;
        let placed = self.phones.place(call).await?;
        Ok((placed.leg, placed.room))
    }
}

/// Where to go with a LiveKit client SDK.
#[derive(Serialize)]
pub(super) struct RoomView {
    call: String,
    room: String,
    url: String,
    token: String,
    identity: String,
}

#[derive(Deserialize)]
pub(super) struct Place {
    number: String,
    call: Option<String>,
}

/// `POST /api/calls`.
pub(super) async fn place(
    State(app): State<App>,
    client: Client,
    caller: Caller,
    Json(request): Json<Place>,
) -> Result<(StatusCode, Json<RoomView>), ApiError> {
    let dialled = dialled(&request.number)?;
    let into = request.call.as_deref().map(|id| caller.call(&app, id)).transpose()?;
    let order = PlaceCall {
        from: caller.extension.clone(),
        room: into.map(|call| call.room),
        dialled,
        on_behalf: None,
        identity: None,
    };
    let (leg, room) = caller.place(&app, order).await?;
    Ok((StatusCode::CREATED, Json(caller.room(&app, &client, leg, room))))
}

/// `POST /api/calls/{call}/answer`.
pub(super) async fn answer(
    State(app): State<App>,
    client: Client,
    caller: Caller,
    InPath(id): InPath<String>,
) -> Result<Json<RoomView>, ApiError> {
    let call = caller.call(&app, &id).map_err(|_| call_over())?;
    let room = caller.phones.answer(call.leg).await.map_err(|_| call_over())?;
    Ok(Json(caller.room(&app, &client, call.leg, room)))
}

/// `POST /api/calls/{call}/join`.
pub(super) async fn join(
    State(app): State<App>,
    client: Client,
    caller: Caller,
    InPath(id): InPath<String>,
) -> Result<Json<RoomView>, ApiError> {
    let call = caller.call(&app, &id)?;
    if !call.outgoing && call.state == CallState::Ringing {
        return Err(ApiError::conflict("The call has not been answered yet."));
    }
    Ok(Json(caller.room(&app, &client, call.leg, call.room)))
}

/// `POST /api/calls/{call}/decline`.
pub(super) async fn decline(
    State(app): State<App>,
    caller: Caller,
    InPath(id): InPath<String>,
) -> Result<StatusCode, ApiError> {
    let call = caller.call(&app, &id)?;
    caller.phones.decline(call.leg).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /api/calls/{call}/hang-up`.
pub(super) async fn hang_up(
    State(app): State<App>,
    caller: Caller,
    InPath(id): InPath<String>,
) -> Result<StatusCode, ApiError> {
    let call = caller.call(&app, &id)?;
    caller.phones.hang_up(call.leg).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /api/calls/{call}/leave`.
pub(super) async fn leave(
    State(app): State<App>,
    caller: Caller,
    InPath(id): InPath<String>,
) -> Result<StatusCode, ApiError> {
    let call = caller.call(&app, &id)?;
    caller.phones.leave(call.leg).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
pub(super) struct Hold {
    held: bool,
}

/// `POST /api/calls/{call}/hold`.
pub(super) async fn hold(
    State(app): State<App>,
    caller: Caller,
    InPath(id): InPath<String>,
    Json(request): Json<Hold>,
) -> Result<StatusCode, ApiError> {
    let call = caller.call(&app, &id)?;
    caller.phones.hold(call.leg, request.held).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
pub(super) struct Transfer {
    number: Option<String>,
    meeting: Option<String>,
}

/// `POST /api/calls/{call}/transfer`.
pub(super) async fn transfer(
    State(app): State<App>,
    caller: Caller,
    InPath(id): InPath<String>,
    Json(request): Json<Transfer>,
) -> Result<StatusCode, ApiError> {
    let call = caller.call(&app, &id)?;
    let to = match (request.number, request.meeting) {
        (Some(number), None) => Destination::Number(dialled(&number)?),
        (None, Some(code)) => meeting_for(&app, &caller.user, &code).await?,
        _ => return Err(ApiError::invalid_field("number", "name either a number or a meeting")),
    };
    caller.phones.transfer(call.leg, to).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A meeting into which a user may send others: one's own, or one that is open to everybody.
async fn meeting_for(app: &App, user: &User, code: &str) -> Result<Destination, ApiError> {
    let not_found = || ApiError::not_found("meeting");
    let code = MeetingCode::parse(code).ok_or_else(not_found)?;
    let meeting = app.store.meeting(&code).await?.ok_or_else(not_found)?;
    if !meeting.is_host(Some(user)) && (meeting.locked || meeting.waiting_room) {
        return Err(ApiError::not_allowed("Only its host can send somebody into this meeting."));
    }
    refuse_unmarked(app, &meeting, Comer::Phone)?;
    Ok(Destination::Meeting {
        room: meeting.code.to_string(),
        name: meeting.title,
        role: MeetingRole::Guest.as_str().to_owned(),
    })
}

#[derive(Deserialize)]
pub(super) struct Keys {
    digits: String,
}

/// `POST /api/calls/{call}/keys`.
pub(super) async fn keys(
    State(app): State<App>,
    caller: Caller,
    InPath(id): InPath<String>,
    Json(request): Json<Keys>,
) -> Result<StatusCode, ApiError> {
    let call = caller.call(&app, &id)?;
    let keys = request.digits.as_bytes();
    let usable = (1..=MOST_KEYS).contains(&keys.len())
        && keys.iter().all(|key| key.is_ascii_digit() || matches!(key, b'*' | b'#'));
    if !usable {
        return Err(ApiError::invalid_field("digits", "there are 1 to 32 of 0 to 9, star and hash"));
    }
    for key in keys {
        caller.phones.press(call.leg, char::from(*key)).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
pub(super) struct CallOut {
    number: String,
}

#[derive(Serialize)]
pub(super) struct Placed {
    call: String,
}

/// `POST /api/meetings/{code}/call`: the host calls somebody into the meeting.
pub(super) async fn call_out(
    State(app): State<App>,
    HostOf { meeting, .. }: HostOf,
    caller: Caller,
    Json(request): Json<CallOut>,
) -> Result<(StatusCode, Json<Placed>), ApiError> {
    call_into(&app, &caller, &meeting, &request.number, None).await
}

/// `POST /api/meetings/{code}/call-me`: somebody who is inside goes on by telephone.
pub(super) async fn call_me(
    State(app): State<App>,
    super::signed_in::AtMeeting { meeting }: super::signed_in::AtMeeting,
    caller: Caller,
    Json(request): Json<CallOut>,
) -> Result<(StatusCode, Json<Placed>), ApiError> {
    let identity = Admission::identity_of(&caller.user.id);
    if !app.rooms.is_inside(meeting.code.as_str(), &identity).await {
        return Err(ApiError::not_allowed("Only who is in the meeting can be called from there."));
    }
    let phone = format!("phone-{}", random_letters(16));
    let bearer = PhoneBearer {
        events: app.rooms.subscribe(),
        room: meeting.code.to_string(),
        phone: phone.clone(),
        name: caller.user.name.clone(),
        identity,
    };
    let placed = call_into(&app, &caller, &meeting, &request.number, Some(phone)).await?;
    tokio::spawn(async move { tokio::time::timeout(LONGEST_RINGING, bearer.name(&app)).await });
    Ok(placed)
}

/// Whoever is called by telephone at any number goes on under the own name.
struct PhoneBearer {
    events: broadcast::Receiver<RoomEvent>,
    room: String,
    phone: String,
    name: String,
    identity: String,
}

impl PhoneBearer {
    /// Waits until the phone is in the room, and names it.
    async fn name(mut self, app: &App) {
        loop {
            match self.events.recv().await {
                Ok(RoomEvent::ParticipantJoined { room, participant })
                    if room.name == self.room && participant.identity == self.phone =>
                {
                    break;
                }
                Err(broadcast::error::RecvError::Closed) => return,
                _ => {}
            }
        }
        let named = UpdateParticipantRequest {
            room: self.room,
            identity: self.phone,
            name: self.name,
            attributes: [(BEARER.to_owned(), self.identity)].into(),
            ..Default::default()
        };
        // It may have gone again.
        let _ = app.rooms.describe(named).await;
    }
}

async fn call_into(
    app: &App,
    caller: &Caller,
    meeting: &Meeting,
    number: &str,
    identity: Option<String>,
) -> Result<(StatusCode, Json<Placed>), ApiError> {
    refuse_unmarked(app, meeting, Comer::Phone)?;
    if app.rooms.has_no_place(&meeting.code).await {
        return Err(ApiError::meeting_full());
    }
    let order = PlaceCall {
        from: caller.extension.clone(),
        room: Some(meeting.code.to_string()),
        dialled: dialled(number)?,
        on_behalf: Some(meeting.title.clone()),
        identity,
    };
    let (leg, _) = caller.place(app, order).await?;
    Ok((StatusCode::CREATED, Json(Placed { call: call_id(app.directory.run(), leg) })))
}

/// What was typed or pasted, without what only helps to read it.
pub(super) fn dialled(text: &str) -> Result<String, ApiError> {
    let number = crate::directory::dialled(text);
    let usable = (1..=MOST_DIALLED).contains(&number.len())
        && number.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'*' | b'#' | b'+'));
    if !usable {
        return Err(ApiError::invalid_field("number", "write a number of at most 40 digits"));
    }
    Ok(number)
}

fn reason_word(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::UnknownCaller | Refusal::NoSuchNumber | Refusal::NotOurs | Refusal::BadForward => {
            "unknown_number"
        }
        Refusal::PrefixMissing => "prefix_missing",
        Refusal::Rights { .. } => "not_permitted",
        Refusal::NoRoute | Refusal::NoTrunk => "no_line",
    }
}

fn call_over() -> ApiError {
    ApiError::new(StatusCode::CONFLICT, "call_over", "The call was answered elsewhere, or given up.")
}

impl From<PlaceError> for ApiError {
    fn from(error: PlaceError) -> Self {
        let refused = |reason| {
            let message = "The number cannot be called; the reason says why.";
            Self::new(StatusCode::CONFLICT, "call_refused", message).because(reason)
        };
        match error {
            PlaceError::Refused(refusal) => refused(reason_word(&refusal)),
            PlaceError::Meeting { meeting } => {
                let message = "The number leads to a meeting, which a browser enters by its link.";
                let error = Self::new(StatusCode::CONFLICT, "is_meeting", message);
                match meeting {
                    Some(code) => error.because(code),
                    None => error,
                }
            }
            PlaceError::Code => refused("phone_code"),
            PlaceError::TooMany => refused("too_many_calls"),
            _ => Self::no_phones(),
        }
    }
}

impl From<CommandError> for ApiError {
    fn from(error: CommandError) -> Self {
        match error {
            CommandError::NoSuchCall => Self::not_found("call"),
            CommandError::NotNow => Self::conflict("This makes no sense as the call stands."),
            CommandError::Refused(_) => {
                let message = "The call cannot be sent there.";
                Self::new(StatusCode::CONFLICT, "call_refused", message).because("unknown_number")
            }
            _ => Self::no_phones(),
        }
    }
}

/// The attribute of a phone with the identity of whoever has asked to be called.
const BEARER: &str = "palabre.bearer";
/// Nobody lets a telephone ring for longer.
const LONGEST_RINGING: Duration = Duration::from_secs(180);
const MOST_DIALLED: usize = 40;
const MOST_KEYS: usize = 32;
