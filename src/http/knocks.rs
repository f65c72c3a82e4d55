//! `/api/meetings/{code}/knocks`: the waiting room, as server-sent events.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Sse;
use axum::response::sse::{Event, KeepAlive};
use futures_util::stream::{self, Stream};
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, timeout_at};

use super::ApiError;
use super::client::Client;
use super::directors::DirectorOf;
use super::meetings::{join_view, note_entry};
use super::signed_in::{AtMeeting, SignedIn};
use crate::app::App;
use crate::meetings::{Admission, Attendance, Knock, Meeting, News, Waiting};

#[derive(Deserialize)]
pub(super) struct AtTicket {
    pub(super) ticket: String,
}

/// `GET /api/meetings/{code}/knocks/{ticket}`: the guest waits here.
pub(super) async fn attend(
    State(app): State<App>,
    client: Client,
    signed_in: Option<SignedIn>,
    AtMeeting { meeting }: AtMeeting,
    Path(path): Path<AtTicket>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, ApiError> {
    let attendance = app.lobby.attend(&meeting.code, &path.ticket);
    let attendance = attendance.filter(|waiting| is_own(&waiting.identity, signed_in.as_ref()));
    let attendance = attendance.ok_or_else(|| ApiError::not_found("ticket"))?;

    let events = stream::unfold(Guest::Arrives(attendance), move |guest| {
        let (app, client, meeting) = (app.clone(), client.clone(), meeting.clone());
        async move { guest.next(&app, &client, &meeting).await }
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)))
}

/// Whether whoever shows a ticket is who waits by it: a guest is known by nothing else, an account by its sign-in.
pub(super) fn is_own(identity: &str, signed_in: Option<&SignedIn>) -> bool {
    Admission::user_of(identity).is_none_or(|user| signed_in.is_some_and(|known| known.user.id == user))
}

/// What a guest's stream has told so far.
enum Guest {
    Arrives(Attendance),
    Waits(Attendance),
    Knows,
}

impl Guest {
    async fn next(
        self,
        app: &App,
        client: &Client,
        meeting: &Meeting,
    ) -> Option<(Result<Event, Infallible>, Self)> {
        let mut attendance = match self {
            Self::Knows => return None,
            Self::Arrives(attendance) => {
                let event = Event::default().event("waiting").data("{}");
                return Some((Ok(event), Self::Waits(attendance)));
            }
            Self::Waits(attendance) => attendance,
        };
        let news = tokio::select! {
            news = attendance.news() => news,
            () = app.draining_begins() => return None,
        };
        let (event, then) = match news {
            News::Table(table, party) => (event("table", &table.seen_by(party)), Self::Waits(attendance)),
            News::Decided(knock) => (decided(app, client, meeting, &attendance, knock).await, Self::Knows),
        };
        Some((Ok(event), then))
    }
}

async fn decided(
    app: &App,
    client: &Client,
    meeting: &Meeting,
    attendance: &Attendance,
    knock: Knock,
) -> Event {
    let ended = || event("ended", &serde_json::json!({}));
    match knock {
        Knock::Admitted => {
            let (identity, name) = (attendance.identity.clone(), attendance.name.clone());
            let badge = attendance.badge.clone();
            let admission = Admission::admitted(meeting, identity, name).seated(badge);
            match seated_and_noted(app, client, admission).await {
                Ok(admission) => event("admitted", &join_view(app, client, admission)),
                // What cannot be logged is not done.
                Err(_) => ended(),
            }
        }
        Knock::Refused => event("refused", &serde_json::json!({})),
        Knock::Ended | Knock::Waiting => ended(),
    }
}

/// Whom the plan has on the seat by now, after a long wait perhaps.
async fn seated_and_noted(app: &App, client: &Client, admission: Admission) -> Result<Admission, ApiError> {
    // The account may have been closed meanwhile.
    if let Some(user) = Admission::user_of(&admission.identity)
        && app.store.user(&user).await?.is_none_or(|user| user.disabled)
    {
        return Err(ApiError::not_signed_in());
    }
    let admission = app.as_planned(admission).await?;
    note_entry(app, client, &admission).await?;
    Ok(admission)
}

#[derive(Serialize)]
struct Knocks<'a> {
    knocks: &'a [Waiting],
}

/// `GET /api/meetings/{code}/knocks`: hosts see who waits, at once and on each change.
pub(super) async fn watch(
    State(app): State<App>,
    DirectorOf { meeting, .. }: DirectorOf,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let mut knocks = app.lobby.watch(&meeting.code);
    knocks.mark_changed();
    let asking = app.lobby.asking(&meeting.code);

    // The page connects anew when a stream ends, and must then still be signed in.
    let end = Instant::now() + LONGEST_WATCH;
    let events = stream::unfold((knocks, asking), move |(mut knocks, mut asking)| {
        let app = app.clone();
        async move {
            let event = tokio::select! {
                changed = timeout_at(end, knocks.changed()) => {
                    changed.ok()?.ok()?;
                    event("knocks", &Knocks { knocks: &knocks.borrow_and_update() })
                }
                Ok(name) = asking.recv() => event("asks_host", &serde_json::json!({ "name": name })),
                () = app.draining_begins() => return None,
            };
            Some((Ok(event), (knocks, asking)))
        }
    });
    Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE))
}

/// `POST /api/meetings/{code}/knocks/{ticket}/admit`.
pub(super) async fn admit(
    State(app): State<App>,
    client: Client,
    director: DirectorOf,
    Path(path): Path<AtTicket>,
) -> Result<StatusCode, ApiError> {
    decide(&app, &client, &director, &path.ticket, Knock::Admitted).await
}

/// `POST /api/meetings/{code}/knocks/{ticket}/refuse`.
pub(super) async fn refuse(
    State(app): State<App>,
    client: Client,
    director: DirectorOf,
    Path(path): Path<AtTicket>,
) -> Result<StatusCode, ApiError> {
    decide(&app, &client, &director, &path.ticket, Knock::Refused).await
}

async fn decide(
    app: &App,
    client: &Client,
    director: &DirectorOf,
    ticket: &str,
    decision: Knock,
) -> Result<StatusCode, ApiError> {
    let meeting = &director.meeting;
    let guests = app.lobby.waiting_guests(&meeting.code);
    let guest = guests.into_iter().find(|(_, waiting)| waiting.ticket == ticket);
    let (identity, waiting) = guest.ok_or_else(|| ApiError::not_found("guest waiting"))?;
    let action = if decision == Knock::Admitted { "knock.admit" } else { "knock.refuse" };
    let object = format!("{} {identity} {}", meeting.code, waiting.name);
    // First, so that the log says who admitted before it says who came in.
    app.audit(director.actor(), action, &object, client, "ok").await?;
    if app.lobby.decide(&meeting.code, &[waiting.ticket], decision) == 1 {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(ApiError::not_found("guest waiting"))
    }
}

fn event(name: &str, data: &impl Serialize) -> Event {
    Event::default().event(name).json_data(data).expect("what we send is JSON without line breaks")
}

const KEEP_ALIVE: Duration = Duration::from_secs(15);
const LONGEST_WATCH: Duration = Duration::from_secs(10 * 60);
