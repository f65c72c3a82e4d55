//! `/api/meetings/{code}/…`: what a host does with those who are inside, or whoever runs the meeting for the host.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use livekit_protocol::TrackSource;
use serde::{Deserialize, Serialize};
use signaling_proto::room::RoomError;

use super::client::Client;
use super::directors::DirectorOf;
use super::marking::marking;
use super::meetings::{MeetingView, view};
use super::signed_in::HostOf;
use super::{ApiError, Json};
use crate::accounts::InvalidText;
use crate::app::App;
use crate::directory::DialInView;
use crate::meetings::{Admission, MeetingChange, Tracks, expected, phone_removal, title};

#[derive(Deserialize)]
pub(super) struct AtParticipant {
    identity: String,
}

#[derive(Deserialize)]
pub(super) struct Mute {
    source: Option<String>,
    track_sid: Option<String>,
}

/// `POST /api/meetings/{code}/participants/{identity}/mute`: participants unmute themselves, nobody else does.
pub(super) async fn mute(
    State(app): State<App>,
    DirectorOf { meeting, .. }: DirectorOf,
    Path(path): Path<AtParticipant>,
    Json(request): Json<Mute>,
) -> Result<StatusCode, ApiError> {
    let tracks = match (request.track_sid, request.source.as_deref()) {
        (Some(sid), _) => Tracks::One(sid),
        (None, Some(source)) => Tracks::Of(track_source(source)?),
        (None, None) => return Err(no_source()),
    };
    app.rooms.mute(&meeting.code, &path.identity, &tracks).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /api/meetings/{code}/mute`: every microphone is muted but one's own. Whoever wants to speak opens it again.
pub(super) async fn mute_all(
    State(app): State<App>,
    DirectorOf { meeting, identity: own, .. }: DirectorOf,
) -> Result<StatusCode, ApiError> {
    for other in app.rooms.inside(meeting.code.as_str()).await {
        if other.identity == own {
            continue;
        }
        match app.rooms.mute(&meeting.code, &other.identity, &Tracks::Of(TrackSource::Microphone)).await {
            // Who has gone meanwhile is silent.
            Ok(())
            | Err(RoomError::RoomNotFound | RoomError::ParticipantNotFound | RoomError::TrackNotFound) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(StatusCode::NO_CONTENT)
}

fn track_source(name: &str) -> Result<TrackSource, ApiError> {
    match name {
        "microphone" => Ok(TrackSource::Microphone),
        "camera" => Ok(TrackSource::Camera),
        "screen_share" => Ok(TrackSource::ScreenShare),
        "screen_share_audio" => Ok(TrackSource::ScreenShareAudio),
        _ => Err(no_source()),
    }
}

fn no_source() -> ApiError {
    let reason = "it is one of microphone, camera, screen_share and screen_share_audio";
    ApiError::invalid("source", InvalidText(reason))
}

/// `POST /api/meetings/{code}/participants/{identity}/remove`: the participant leaves and does not come back.
pub(super) async fn remove(
    State(app): State<App>,
    client: Client,
    director: DirectorOf,
    Path(path): Path<AtParticipant>,
) -> Result<StatusCode, ApiError> {
    let meeting = &director.meeting;
    if path.identity == director.identity || path.identity == Admission::identity_of(&meeting.owner) {
        return Err(ApiError::not_allowed(
            "Nobody removes a host, or oneself; one can leave or end the meeting.",
        ));
    }
    // First of all the way back is closed.
    app.store.insert_removal(&meeting.code, &path.identity, app.clock.now(), MOST_REMOVALS).await?;
    if let Some(number) = app.rooms.phone_of(&meeting.code, &path.identity).await {
        let phone = phone_removal(&number);
        app.store.insert_removal(&meeting.code, &phone, app.clock.now(), MOST_REMOVALS).await?;
    }
    app.rooms.remove(&meeting.code, &path.identity).await?;
    app.audit(director.actor(), "participant.remove", meeting.code.as_str(), &client, "ok").await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /api/meetings/{code}/end`: everybody leaves, and whoever was sent away may come next time.
pub(super) async fn end(
    State(app): State<App>,
    client: Client,
    director: DirectorOf,
) -> Result<StatusCode, ApiError> {
    let meeting = &director.meeting;
    app.close_meeting(&meeting.code).await?;
    app.store.forget_removals(&meeting.code).await?;
    app.store.forget_assigned_roles(&meeting.code).await?;
    app.audit(director.actor(), "meeting.end", meeting.code.as_str(), &client, "ok").await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
pub(super) struct ChangeMeeting {
    title: Option<String>,
    waiting_room: Option<bool>,
    locked: Option<bool>,
    marking: Option<String>,
}

/// `PATCH /api/meetings/{code}`. Whoever runs the meeting for its host locks it and opens it, and no more.
pub(super) async fn change(
    State(app): State<App>,
    client: Client,
    director: DirectorOf,
    Json(request): Json<ChangeMeeting>,
) -> Result<Json<MeetingView>, ApiError> {
    let meeting = &director.meeting;
    let ChangeMeeting { title: name, waiting_room, marking: level, .. } = &request;
    if !director.is_host() && (name.is_some() || waiting_room.is_some() || level.is_some()) {
        return Err(ApiError::not_allowed(
            "Only the host of the meeting may change more of it than the lock.",
        ));
    }
    let change = MeetingChange {
        title: request.title.as_deref().map(title).transpose().map_err(|e| ApiError::invalid("title", e))?,
        waiting_room: request.waiting_room,
        locked: request.locked,
        marking: request.marking.as_deref().map(marking).transpose()?,
    };
    let meeting = app
        .store
        .change_meeting(&meeting.code, &change)
        .await?
        .ok_or_else(|| ApiError::not_found("meeting"))?;
    app.audit(director.actor(), "meeting.change", meeting.code.as_str(), &client, "ok").await?;
    if app.lobby.is_expecting(&meeting.code)
        && let Some(schedule) = app.store.schedule(&meeting.code).await?
    {
        app.lobby.expect(&meeting.code, expected(&app, &meeting, &schedule));
    }
    let presence = app.rooms.presence_of(&meeting).await;
    Ok(Json(view(&app, &client, meeting, presence, director.is_host())))
}

#[derive(Serialize)]
pub(super) struct NewPin {
    dial_in: Option<DialInView>,
}

/// `POST /api/meetings/{code}/pin`: whoever knew the old one needs the new one.
pub(super) async fn new_pin(
    State(app): State<App>,
    client: Client,
    HostOf { meeting, user }: HostOf,
) -> Result<Json<NewPin>, ApiError> {
    let meeting = app.store.change_pin(&meeting.code).await?.ok_or_else(|| ApiError::not_found("meeting"))?;
    app.audit(user.id.as_str(), "meeting.pin", meeting.code.as_str(), &client, "ok").await?;
    Ok(Json(NewPin { dial_in: app.dial_in(&meeting) }))
}

impl From<RoomError> for ApiError {
    fn from(error: RoomError) -> Self {
        match error {
            RoomError::RoomNotFound | RoomError::ParticipantNotFound => Self::not_found("participant"),
            RoomError::TrackNotFound => Self::not_found("track"),
            other => Self::internal(other),
        }
    }
}

/// Per meeting; there are seldom more than one or two.
const MOST_REMOVALS: u32 = 1_000;
