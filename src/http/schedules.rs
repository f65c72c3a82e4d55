//! `/api/schedules` and what is beside a meeting's schedule: planning, inviting, moving, and the links of seats.

use axum::extract::State;
use axum::http::StatusCode;
use jiff::civil::DateTime;
use serde::{Deserialize, Serialize};

use super::asked::InPath;
use super::client::Client;
use super::marking::{MarkingView, marking};
use super::schedule_views::{OccurrenceView, ScheduleView, view};
use super::signed_in::{AtMeeting, HostOf, SignedIn};
use super::{ApiError, Json};
use crate::accounts::User;
use crate::app::App;
use crate::meetings::invitation::{About, Clock, Composer, Kind, Links};
use crate::meetings::schedule::{Change, Limits, Schedule, ScheduleWish, Seat, Unfit, check};
use crate::meetings::{Meeting, expected, title};
use crate::store::{Saved, StoreError, Tongue};

/// A meeting with its schedule, as it is asked for.
#[derive(Deserialize)]
pub(super) struct Plan {
    title: String,
    waiting_room: Option<bool>,
    marking: Option<String>,
    /// Whether the invitations are to be sent; of a meeting that was announced, changes always are.
    #[serde(default)]
    send: bool,
    #[serde(flatten)]
    wish: ScheduleWish,
}

/// `POST /api/schedules`: a draft, or a meeting that those at its table are invited to.
pub(super) async fn add(
    State(app): State<App>,
    client: Client,
    SignedIn { user, .. }: SignedIn,
    Json(plan): Json<Plan>,
) -> Result<(StatusCode, Json<ScheduleView>), ApiError> {
    let (meeting, mut schedule) = planned(&app, &client, &user, plan)?;
    schedule.uid = Schedule::fresh_uid(mail_domain(&app));
    let composer = Composer::new(&app, &user);
    let limit = app.config.limits.meetings_per_user;
    let compose = |saved: &Saved| composer.invitations(saved);
    let saved =
        app.store.add_schedule(meeting, schedule, limit, app.clock.now(), compose).await.map_err(full)?;
    app.mail.wake();
    app.audit(user.id.as_str(), "meeting.schedule", saved.meeting.code.as_str(), &client, "ok").await?;
    Ok((StatusCode::CREATED, Json(view(&app, &client, &user, saved))))
}

/// `GET /api/meetings/{code}/schedule`: for its host, and for users who have a seat in it.
pub(super) async fn show(
    State(app): State<App>,
    client: Client,
    SignedIn { user, .. }: SignedIn,
    AtMeeting { meeting }: AtMeeting,
) -> Result<Json<ScheduleView>, ApiError> {
    let schedule = app.store.schedule(&meeting.code).await?;
    let schedule = schedule.ok_or_else(|| ApiError::not_found("schedule"))?;
    let has_seat = schedule.seats().any(|(_, seat)| seat.email.as_ref() == Some(&user.email));
    let may_see = meeting.is_host(Some(&user)) || (has_seat && schedule.invited);
    if !may_see {
        return Err(ApiError::not_allowed("Only the host of the meeting and those invited may see this."));
    }
    let saved = Saved { meeting, schedule, occurrence: None, removed: Vec::new(), mails: 0 };
    Ok(Json(view(&app, &client, &user, saved)))
}

/// `PUT /api/meetings/{code}/schedule`.
pub(super) async fn change(
    State(app): State<App>,
    client: Client,
    HostOf { meeting, user }: HostOf,
    Json(plan): Json<Plan>,
) -> Result<Json<ScheduleView>, ApiError> {
    let (planned, mut schedule) = planned(&app, &client, &user, plan)?;
    schedule.uid = Schedule::fresh_uid(mail_domain(&app));
    let code = meeting.code.clone();
    let changed = Meeting {
        title: planned.title,
        waiting_room: planned.waiting_room,
        marking: planned.marking,
        ..meeting
    };
    let composer = Composer::new(&app, &user);
    let compose = |saved: &Saved| composer.invitations(saved);
    let saved = app.store.change_schedule(changed, schedule, app.clock.now(), compose).await.map_err(full)?;
    let saved = saved.ok_or_else(|| ApiError::not_found("meeting"))?;
    app.mail.wake();
    app.lobby.expect(&code, expected(&app, &saved.meeting, &saved.schedule));
    app.audit(user.id.as_str(), "meeting.change", code.as_str(), &client, "ok").await?;
    app.seat_anew(&saved.meeting).await?;
    app.floors.replan(&code, &saved.schedule.agenda).await;
    Ok(Json(view(&app, &client, &user, saved)))
}

#[derive(Deserialize)]
pub(super) struct AtOccurrence {
    original: String,
}

#[derive(Deserialize)]
pub(super) struct OccurrenceChange {
    #[serde(default)]
    cancelled: bool,
    start: Option<String>,
    minutes: Option<u32>,
}

/// `PUT /api/meetings/{code}/occurrences/{original}`: moves or cancels one of a series; without a word it is as the series
/// has it again.
pub(super) async fn change_occurrence(
    State(app): State<App>,
    client: Client,
    HostOf { meeting, user }: HostOf,
    InPath(path): InPath<AtOccurrence>,
    Json(request): Json<OccurrenceChange>,
) -> Result<Json<ScheduleView>, ApiError> {
    let not_found = || ApiError::not_found("occurrence");
    let original: DateTime = path.original.parse().map_err(|_| not_found())?;
    let schedule = app.store.schedule(&meeting.code).await?.ok_or_else(not_found)?;
    if schedule.timing.recurrence.is_none() {
        let message = "The meeting takes place once; change the meeting itself.";
        return Err(ApiError::conflict(message));
    }
    let start = request.start.as_deref().map(str::parse::<DateTime>).transpose();
    let start = start.map_err(|_| ApiError::invalid_field("start", "it looks like 2026-12-03T14:30"))?;
    if request.minutes.is_some_and(|minutes| !(5..=1_440).contains(&minutes)) {
        return Err(ApiError::invalid_field("minutes", "a meeting takes 5 to 1440 minutes"));
    }
    let change = Change {
        cancelled: request.cancelled,
        start: start.unwrap_or(original),
        minutes: request.minutes.unwrap_or(schedule.timing.minutes),
        sequence: 0,
    };
    let as_it_was =
        !change.cancelled && change.start == original && change.minutes == schedule.timing.minutes;
    let change = (!as_it_was).then_some(change);
    let composer = Composer::new(&app, &user);
    let compose = |saved: &Saved| composer.invitations(saved);
    let code = meeting.code.clone();
    let saved = app.store.change_occurrence(meeting, original, change, app.clock.now(), compose).await;
    let saved = saved.map_err(full)?.ok_or_else(not_found)?;
    app.mail.wake();
    app.lobby.expect(&code, expected(&app, &saved.meeting, &saved.schedule));
    app.audit(user.id.as_str(), "meeting.change", code.as_str(), &client, "ok").await?;
    Ok(Json(view(&app, &client, &user, saved)))
}

#[derive(Deserialize)]
pub(super) struct PreviewPlan {
    /// For which seat, counted over all parties from 0.
    #[serde(default)]
    seat: usize,
    #[serde(flatten)]
    plan: Plan,
}

/// A letter as it would be sent.
#[derive(Debug, Serialize)]
pub(super) struct PreviewView {
    /// How many would get one.
    recipients: usize,
    /// What mails call the meeting.
    title: String,
    /// Whether that is not its title.
    discreet: bool,
    marking: MarkingView,
    subject: Option<String>,
    text: Option<String>,
    html: Option<String>,
    /// Each party's time, that of whom the letter is for first.
    clocks: Vec<Clock>,
    /// The occurrences, at most 20.
    occurrences: Vec<OccurrenceView>,
}

/// `POST /api/schedules/preview`: what those at the table would receive. Nothing is stored.
pub(super) async fn preview(
    State(app): State<App>,
    client: Client,
    SignedIn { user, .. }: SignedIn,
    Json(request): Json<PreviewPlan>,
) -> Result<Json<PreviewView>, ApiError> {
    let (meeting, mut schedule) = planned(&app, &client, &user, request.plan)?;
    // As if they had numbers.
    for (number, party) in (1_i64..).zip(&mut schedule.parties) {
        party.id = number;
    }
    let composer = Composer::new(&app, &user);
    let sheet = composer.sheet(&meeting, &schedule);
    let links =
        Links { enter: format!("{}/i/…", schedule.origin), answer: format!("{}/r/…", schedule.origin) };
    let reader = schedule.seats().nth(request.seat).or_else(|| schedule.seats().next());
    let tongue = reader.map_or(Tongue::Fr, |(_, seat)| seat.language);
    let occurrences = schedule.occurrences();
    let clocks = occurrences.first().map(|first| sheet.clocks(first, reader.map(|(party, _)| party), tongue));
    let letter = reader.and_then(|(party, seat)| {
        // The words are the same whether an address is known yet or not.
        let email = seat.email.clone().unwrap_or_else(|| user.email.clone());
        let seat = Seat { email: Some(email), ..seat.clone() };
        let about = About {
            kind: Kind::Invitation,
            party: Some(party),
            seat: &seat,
            links: Some(&links),
            occurrence: None,
        };
        sheet.letter(about)
    });
    let (subject, text, html) =
        letter.map_or((None, None, None), |letter| (Some(letter.subject), Some(letter.text), letter.html));
    Ok(Json(PreviewView {
        recipients: schedule.seats().filter(|(_, seat)| seat.email.is_some()).count(),
        title: sheet.title(),
        discreet: sheet.title() != meeting.title,
        marking: MarkingView::of(&app, meeting.marking),
        subject,
        text,
        html,
        clocks: clocks.unwrap_or_default(),
        occurrences: occurrences.iter().take(20).map(|one| OccurrenceView::of(&schedule, one)).collect(),
    }))
}

/// The meeting and the schedule of a plan that has been checked.
fn planned(app: &App, client: &Client, user: &User, plan: Plan) -> Result<(Meeting, Schedule), ApiError> {
    let title = title(&plan.title).map_err(|error| ApiError::invalid("title", error))?;
    let mut meeting = Meeting::new(user, title, plan.waiting_room.unwrap_or(true), app.clock.now());
    if let Some(level) = &plan.marking {
        meeting.marking = marking(level)?;
    }
    // Whoever has no post counts from the first party's capital, and before there is one from headquarters.
    let first = plan.wish.parties.first();
    let capital = first.is_some_and(|party| party.country.is_some() || party.time_zone.is_some());
    let home = app.home_zone(user).or_else(|| (!capital).then(|| app.config.house.time_zone.clone()));
    let limits = Limits { seats: app.config.limits.seats_per_meeting };
    let mut schedule = check(plan.wish, home.as_deref(), limits)?;
    if plan.send && app.mail.relay().is_none() {
        return Err(ApiError::no_mail());
    }
    let rules = app.config.markings.of(meeting.marking);
    if !rules.guests && schedule.seats().any(|(_, seat)| seat.email.is_some()) && plan.send {
        let reason = "this marking allows no guests, and invitations are links for guests";
        return Err(ApiError::invalid_field("marking", reason));
    }
    schedule.invited = plan.send;
    schedule.origin = app.public_origin(&client.origin);
    Ok((meeting, schedule))
}

impl From<Unfit> for ApiError {
    fn from(Unfit { field, reason }: Unfit) -> Self {
        Self::invalid_field(field, &reason)
    }
}

fn full(error: StoreError) -> ApiError {
    match error {
        StoreError::Full(limit) => ApiError::conflict(&format!(
            "There are {limit} already, the most that there may be; remove some first."
        )),
        other => other.into(),
    }
}

fn mail_domain(app: &App) -> &str {
    let from = app.config.mail.from.as_ref().and_then(|from| from.as_str().split_once('@'));
    from.map_or("palabre", |(_, domain)| domain)
}
