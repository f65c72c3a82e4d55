//! `/api/meetings`: making meetings and coming into them.

use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::client::Client;
use super::marking::{MarkingView, marking, refuse_unmarked};
use super::signed_in::{AtMeeting, HostOf, SignedIn};
use super::{ApiError, Json, approaches};
use crate::accounts::{Secret, User, display_name};
use crate::app::App;
use crate::directory::DialInView;
use crate::meetings::invitation::Composer;
use crate::meetings::schedule::Badge;
use crate::meetings::{self, Admission, Approach, Caller, Comer, Meeting, Presence, title};
use crate::store::{Invited, StoreError};

/// A meeting as its host sees it.
#[derive(Debug, Serialize)]
pub(super) struct MeetingView {
    code: String,
    title: String,
    link: String,
    waiting_room: bool,
    locked: bool,
    created_at: Timestamp,
    in_session: bool,
    participants: u32,
    is_host: bool,
    dial_in: Option<DialInView>,
    marking: MarkingView,
}

/// A meeting as anybody sees it who knows its link.
#[derive(Debug, Serialize)]
pub(super) struct MeetingDoor {
    code: String,
    title: String,
    waiting_room: bool,
    locked: bool,
    in_session: bool,
    is_host: bool,
    needs_name: bool,
    /// Whether who asks is to wait until somebody opens.
    waits: bool,
    marking: MarkingView,
    /// Only for who is signed in.
    dial_in: Option<DialInView>,
}

#[derive(Serialize)]
pub(super) struct Meetings {
    meetings: Vec<MeetingView>,
}

/// `GET /api/meetings`.
pub(super) async fn list(
    State(app): State<App>,
    client: Client,
    SignedIn { user, .. }: SignedIn,
) -> Result<Json<Meetings>, ApiError> {
    let meetings = app.store.meetings_of(&user.id).await?;
    let presence = app.rooms.presence(&meetings).await;
    let views = meetings
        .into_iter()
        .zip(presence)
        .map(|(meeting, presence)| view(&app, &client, meeting, presence, true));
    Ok(Json(Meetings { meetings: views.collect() }))
}

#[derive(Deserialize)]
pub(super) struct CreateMeeting {
    title: String,
    waiting_room: Option<bool>,
    marking: Option<String>,
}

/// `POST /api/meetings`.
pub(super) async fn create(
    State(app): State<App>,
    client: Client,
    SignedIn { user, .. }: SignedIn,
    Json(request): Json<CreateMeeting>,
) -> Result<(StatusCode, Json<MeetingView>), ApiError> {
    let title = title(&request.title).map_err(|e| ApiError::invalid("title", e))?;
    let waiting_room = request.waiting_room.unwrap_or(true);
    let mut meeting = Meeting::new(&user, title, waiting_room, app.clock.now());
    if let Some(level) = &request.marking {
        meeting.marking = marking(level)?;
    }
    let limit = app.config.limits.meetings_per_user;
    let meeting = app.store.insert_meeting(meeting, limit).await.map_err(|error| match error {
        StoreError::Full(limit) => ApiError::conflict(&format!(
            "There are {limit} meetings already, the most that one user may keep; remove some first."
        )),
        other => other.into(),
    })?;
    app.audit(user.id.as_str(), "meeting.add", meeting.code.as_str(), &client, "ok").await?;
    let view = view(&app, &client, meeting, Presence::default(), true);
    Ok((StatusCode::CREATED, Json(view)))
}

/// `GET /api/meetings/{code}`. What it is about is told to those only whom its marking lets in.
pub(super) async fn door(
    State(app): State<App>,
    signed_in: Option<SignedIn>,
    AtMeeting { meeting }: AtMeeting,
) -> Result<Json<MeetingDoor>, ApiError> {
    let user = signed_in.map(|signed_in| signed_in.user);
    let presence = app.rooms.presence_of(&meeting).await;
    let (comer, waits) = match &user {
        None => (Comer::Stranger, true),
        Some(_) if meeting.is_host(user.as_ref()) => (Comer::Host, false),
        Some(user) => match app.store.badge_of_user(&meeting.code, user).await? {
            Some(badge) => (Comer::Named, Admission::user(&meeting, user).seated(Some(badge)).waits()),
            None => (Comer::Account, false),
        },
    };
    let may_know = app.config.markings.of(meeting.marking).admit(comer);
    Ok(Json(MeetingDoor {
        is_host: comer == Comer::Host,
        needs_name: user.is_none(),
        waits: meeting.waiting_room && waits,
        dial_in: user.filter(|_| may_know).and_then(|_| app.dial_in(&meeting)),
        in_session: presence.in_session,
        marking: MarkingView::of(&app, meeting.marking),
        code: meeting.code.to_string(),
        title: if may_know { meeting.title } else { String::new() },
        waiting_room: meeting.waiting_room,
        locked: meeting.locked,
    }))
}

/// `DELETE /api/meetings/{code}`: the link leads nowhere any more, whoever is inside leaves, and whoever was invited is
/// told that it does not take place.
pub(super) async fn remove(
    State(app): State<App>,
    client: Client,
    HostOf { meeting, user }: HostOf,
) -> Result<StatusCode, ApiError> {
    app.audit(user.id.as_str(), "meeting.remove", meeting.code.as_str(), &client, "ok").await?;
    let composer = Composer::new(&app, &user);
    let code = meeting.code.clone();
    app.store.cancel_meeting(meeting, app.clock.now(), |saved| composer.withdrawals(saved)).await?;
    app.mail.wake();
    app.close_meeting(&code).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
pub(super) struct JoinMeeting {
    name: Option<String>,
    previous: Option<String>,
    /// The secret of a personal link.
    invitation: Option<String>,
    /// The token of a room in which whoever asks is connected already.
    approach: Option<String>,
}

/// What whoever asks to come in gets.
#[derive(Debug, Serialize)]
#[serde(tag = "state", rename_all = "lowercase")]
pub(super) enum Join {
    Admitted {
        url: String,
        token: String,
        identity: String,
        name: String,
        is_host: bool,
        /// Whether whoever asked is inside, by the connection that was there.
        moved: bool,
    },
    Waiting {
        ticket: String,
    },
}

/// `POST /api/meetings/{code}/join`.
pub(super) async fn join(
    State(app): State<App>,
    client: Client,
    signed_in: Option<SignedIn>,
    AtMeeting { meeting }: AtMeeting,
    Json(request): Json<JoinMeeting>,
) -> Result<Json<Join>, ApiError> {
    if app.is_draining() {
        return Err(ApiError::draining());
    }
    let user = signed_in.map(|signed_in| signed_in.user);
    if user.is_none() {
        app.gate.attempt_knock(client.address).map_err(ApiError::too_many_attempts)?;
    }

    let invited = invited(&app, &meeting, request.invitation.as_deref()).await?;
    let previous = request.previous.and_then(|token| app.tokens.previous(&meeting, &token, app.clock.now()));
    let approach = request.approach.and_then(|token| approaches::standing(&app, &meeting, &token));
    let entrance = match user {
        Some(user) if meeting.is_host(Some(&user)) => {
            let badge = app.store.badge_of_user(&meeting.code, &user).await?;
            Entrance::Open(Admission::host(&meeting, &user).seated(badge))
        }
        Some(user) => admit_user(&app, &meeting, user, invited, previous).await?,
        None => {
            let guest = Guest { name: request.name.as_deref(), approach: approach.as_ref() };
            admit_guest(&app, &meeting, guest, invited, previous).await?
        }
    };
    match entrance {
        Entrance::Open(admission) => admitted(&app, &client, admission, approach).await,
        Entrance::Waiting(caller) => knock(&app, &meeting, caller).await,
    }
}

/// How somebody gets in.
enum Entrance {
    Open(Admission),
    /// The host decides.
    Waiting(Caller),
}

async fn admit_user(
    app: &App,
    meeting: &Meeting,
    user: User,
    invited: Option<Invited>,
    previous: Option<Admission>,
) -> Result<Entrance, ApiError> {
    let identity = Admission::identity_of(&user.id);
    let previous = previous.filter(|before| before.identity == identity);
    let badge = match invited {
        Some(invited) => Some(invited.badge),
        None => match kept_seat(app, meeting, previous.as_ref()).await? {
            Some(badge) => Some(badge),
            None => app.store.badge_of_user(&meeting.code, &user).await?,
        },
    };
    let comer = if badge.is_some() { Comer::Named } else { Comer::Account };
    refuse_unmarked(app, meeting, comer)?;
    let admission = Admission::user(meeting, &user).seated(badge);
    refuse_removed(app, meeting, &admission).await?;
    // Whom a host has called into the meeting, the host wants there.
    let code = meeting.code.as_str();
    let called = user.extension.as_deref().is_some_and(|own| app.switchboard.belongs(code, own));
    let was_inside = previous.is_some() || called;
    refuse_locked(meeting, was_inside || admission.rights().directs)?;
    // Who is inside on another device was let in there.
    if meeting.waiting_room
        && admission.waits()
        && !was_inside
        && !app.rooms.is_inside(code, &admission.identity).await
    {
        let Admission { name, badge, .. } = admission;
        return Ok(Entrance::Waiting(Caller { name, phone: None, badge, user: Some(user.id) }));
    }
    Ok(Entrance::Open(admission))
}

/// The seat on which a user was before, by whoever's link, while that link is good.
async fn kept_seat(
    app: &App,
    meeting: &Meeting,
    previous: Option<&Admission>,
) -> Result<Option<Badge>, ApiError> {
    let Some(badge) = previous.and_then(|before| before.badge.clone()) else { return Ok(None) };
    Ok(app.store.seat_is_open(&meeting.code, badge.seat).await?.then_some(badge))
}

/// What somebody without an account says.
struct Guest<'a> {
    name: Option<&'a str>,
    approach: Option<&'a Approach>,
}

async fn admit_guest(
    app: &App,
    meeting: &Meeting,
    Guest { name, approach }: Guest<'_>,
    invited: Option<Invited>,
    previous: Option<Admission>,
) -> Result<Entrance, ApiError> {
    if let Some(guest) = previous.filter(Admission::is_guest) {
        if let Some(seat) = Admission::seat_of(&guest.identity)
            && !app.store.seat_is_open(&meeting.code, seat).await?
        {
            return Err(no_invitation());
        }
        let comer = if guest.badge.is_some() { Comer::Invited } else { Comer::Stranger };
        refuse_unmarked(app, meeting, comer)?;
        refuse_removed(app, meeting, &guest).await?;
        return Ok(Entrance::Open(guest));
    }
    let (name, badge) = match invited {
        Some(Invited { seat, badge, .. }) => (seat.name, Some(badge)),
        None => {
            let name = display_name(name.unwrap_or_default());
            (name.map_err(|e| ApiError::invalid("name", e))?, None)
        }
    };
    let comer = if badge.is_some() { Comer::Invited } else { Comer::Stranger };
    refuse_unmarked(app, meeting, comer)?;
    let guest = seated_guest(meeting, name.clone(), badge.clone(), approach);
    refuse_removed(app, meeting, &guest).await?;
    refuse_locked(meeting, guest.rights().directs)?;
    if meeting.waiting_room && guest.waits() {
        return Ok(Entrance::Waiting(Caller { name, phone: None, badge, user: None }));
    }
    Ok(Entrance::Open(guest))
}

/// A guest on a seat, or one who is nobody yet, but for the identity of an approach.
fn seated_guest(
    meeting: &Meeting,
    name: String,
    badge: Option<Badge>,
    approach: Option<&Approach>,
) -> Admission {
    let given = approach.map(|approach| &approach.identity).filter(|given| {
        badge.is_none() && Admission::user_of(given).is_none() && Admission::seat_of(given).is_none()
    });
    let identity = given.cloned().unwrap_or_else(|| Admission::guest_identity(badge.as_ref()));
    Admission::admitted(meeting, identity, name).seated(badge)
}

/// The seat of a personal link, which must be one of this meeting.
pub(super) async fn invited(
    app: &App,
    meeting: &Meeting,
    secret: Option<&str>,
) -> Result<Option<Invited>, ApiError> {
    let Some(secret) = secret else { return Ok(None) };
    let secret = Secret::shown(secret).ok_or_else(no_invitation)?;
    let invited = app.store.invited_by_link(&secret, app.clock.now()).await?;
    let invited = invited.filter(|invited| invited.meeting.code == meeting.code);
    invited.map(Some).ok_or_else(no_invitation)
}

/// A personal link leads nowhere.
pub(super) fn no_invitation() -> ApiError {
    let message = "This invitation has expired or was taken back; ask whoever invited you for another one.";
    ApiError::new(StatusCode::FORBIDDEN, "no_invitation", message)
}

/// Lets somebody in: a token, and where to bring it; or at once, from an approach.
async fn admitted(
    app: &App,
    client: &Client,
    admission: Admission,
    approach: Option<Approach>,
) -> Result<Json<Join>, ApiError> {
    if app.rooms.is_full(&admission).await {
        return Err(ApiError::meeting_full());
    }
    if app.rooms.are_overloaded_for(&admission).await {
        return Err(ApiError::server_full());
    }
    let admission = app.as_planned(admission).await?;
    note_entry(app, client, &admission).await?;
    let meeting = admission.meeting.clone();
    // Clients that move keep their identity.
    let approach = approach.filter(|approach| approach.identity == admission.identity);
    let mut join = join_view(app, client, admission);
    if let (Join::Admitted { token, moved, .. }, Some(approach)) = (&mut join, approach) {
        *moved = approaches::bring(app, &meeting, &approach, token).await;
    }
    Ok(Json(join))
}

/// Writes into the audit log who comes in, and from where. Guests are known by the name they gave.
pub(super) async fn note_entry(app: &App, client: &Client, admission: &Admission) -> Result<(), ApiError> {
    let (actor, object) = match Admission::user_of(&admission.identity) {
        Some(user) => (user.as_str().to_owned(), admission.meeting.to_string()),
        None => (admission.identity.clone(), format!("{} {}", admission.meeting, admission.name)),
    };
    app.audit(&actor, "meeting.join", &object, client, "ok").await
}

/// What an admitted guest learns, over an event stream too.
pub(super) fn join_view(app: &App, client: &Client, admission: Admission) -> Join {
    let house = app.directory.house();
    let user = Admission::user_of(&admission.identity);
    let extension = user.as_ref().and_then(|user| house.extension_of(user));
    let posting = extension.and_then(|number| app.directory.read(None, |reader| reader.posting(number)));
    Join::Admitted {
        url: client.websocket_url(),
        token: app.tokens.mint(&admission, posting, app.clock.now()),
        is_host: admission.is_host(),
        identity: admission.identity,
        name: admission.name,
        moved: false,
    }
}

async fn knock(app: &App, meeting: &Meeting, caller: Caller) -> Result<Json<Join>, ApiError> {
    let knocked = meetings::knock(app, meeting, caller).await?;
    let ticket = knocked.map_err(|_| ApiError::too_many_attempts(std::time::Duration::from_secs(30)))?;
    Ok(Json(Join::Waiting { ticket: ticket.ticket }))
}

async fn refuse_removed(app: &App, meeting: &Meeting, admission: &Admission) -> Result<(), ApiError> {
    if app.store.is_removed(&meeting.code, &admission.identity).await? {
        return Err(ApiError::new(
            StatusCode::FORBIDDEN,
            "removed",
            "The host has removed you from this meeting.",
        ));
    }
    Ok(())
}

fn refuse_locked(meeting: &Meeting, was_inside: bool) -> Result<(), ApiError> {
    if meeting.locked && !was_inside {
        return Err(ApiError::new(
            StatusCode::FORBIDDEN,
            "meeting_locked",
            "The host has locked this meeting; ask the host to unlock it.",
        ));
    }
    Ok(())
}

/// The PIN is for its host.
pub(super) fn view(
    app: &App,
    client: &Client,
    meeting: Meeting,
    presence: Presence,
    is_host: bool,
) -> MeetingView {
    MeetingView {
        link: app.meeting_link(&client.origin, &meeting.code),
        is_host,
        dial_in: app.dial_in(&meeting).filter(|_| is_host),
        in_session: presence.in_session,
        participants: presence.participants,
        marking: MarkingView::of(app, meeting.marking),
        code: meeting.code.to_string(),
        title: meeting.title,
        waiting_room: meeting.waiting_room,
        locked: meeting.locked,
        created_at: meeting.created_at,
    }
}
