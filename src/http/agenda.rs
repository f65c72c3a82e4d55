//! `/api/agenda`: what is when, and the secret address at which a calendar program reads it.

use axum::extract::State;
use axum::http::{HeaderName, StatusCode, header};
use jiff::{Span, Timestamp};
use serde::{Deserialize, Serialize};

use super::asked::{InPath, InQuery};
use super::client::Client;
use super::marking::MarkingView;
use super::schedule_views::OccurrenceView;
use super::signed_in::SignedIn;
use super::{ApiError, Json};
use crate::accounts::{Secret, User};
use crate::app::App;
use crate::mail::words::city;
use crate::meetings::invitation::{Composer, Event, feed as written};
use crate::meetings::schedule::{Occurrence, Schedule};
use crate::meetings::{Meeting, Presence};
use crate::store::Tongue;

#[derive(Deserialize)]
pub(super) struct Asked {
    from: Timestamp,
    until: Timestamp,
}

#[derive(Serialize)]
pub(super) struct Agenda {
    /// The time where the user is, as far as that is known.
    time_zone: Option<String>,
    entries: Vec<Entry>,
}

/// One time that a meeting takes place.
#[derive(Serialize)]
struct Entry {
    code: String,
    title: String,
    marking: MarkingView,
    is_host: bool,
    invited: bool,
    in_session: bool,
    participants: u32,
    recurring: bool,
    time_zone: String,
    place: String,
    languages: Vec<String>,
    parties: Vec<EntryParty>,
    answers: Answers,
    #[serde(flatten)]
    occurrence: OccurrenceView,
}

#[derive(Serialize)]
struct EntryParty {
    name: String,
    country: Option<String>,
    zone: Option<String>,
    head: Option<String>,
    seats: usize,
}

#[derive(Serialize)]
struct Answers {
    accepted: usize,
    declined: usize,
    tentative: usize,
    open: usize,
}

/// `GET /api/agenda?from=&until=`: at most 62 days, by time.
pub(super) async fn list(
    State(app): State<App>,
    SignedIn { user, .. }: SignedIn,
    InQuery(asked): InQuery<Asked>,
) -> Result<Json<Agenda>, ApiError> {
    let longest = asked.from.checked_add(Span::new().hours(62 * 24)).unwrap_or(Timestamp::MAX);
    if asked.until <= asked.from || asked.until > longest {
        return Err(ApiError::invalid_field("until", "it is after from, by 62 days at most"));
    }
    let meetings = app.store.agenda_of(&user, asked.from, asked.until, MOST_MEETINGS).await?;
    let mut entries = Vec::new();
    for (meeting, schedule) in &meetings {
        let presence = app.rooms.presence_of(meeting).await;
        for occurrence in schedule.occurrences() {
            let (begins, ends) = schedule.span(&occurrence);
            if ends > asked.from && begins < asked.until && entries.len() < MOST_ENTRIES {
                entries.push(entry(&app, &user, meeting, schedule, &occurrence, presence));
            }
        }
    }
    entries.sort_by_key(|entry| entry.occurrence.begins());
    Ok(Json(Agenda { time_zone: app.home_zone(&user), entries }))
}

fn entry(
    app: &App,
    user: &User,
    meeting: &Meeting,
    schedule: &Schedule,
    occurrence: &Occurrence,
    presence: Presence,
) -> Entry {
    let parties = schedule.parties.iter().map(|party| EntryParty {
        name: party.name.clone(),
        country: party.country.clone(),
        zone: party.zone().map(str::to_owned),
        head: party
            .seats
            .iter()
            .find(|seat| seat.is_head)
            .map(|seat| if seat.title.is_empty() { seat.name.clone() } else { seat.title.clone() }),
        seats: party.seats.len(),
    });
    let count = |word: Option<&str>| {
        schedule.seats().filter(|(_, seat)| seat.answer.map(|(answer, _)| answer.as_str()) == word).count()
    };
    Entry {
        code: meeting.code.to_string(),
        title: meeting.title.clone(),
        marking: MarkingView::of(app, meeting.marking),
        is_host: meeting.is_host(Some(user)),
        invited: schedule.invited,
        in_session: presence.in_session,
        participants: presence.participants,
        recurring: schedule.timing.recurrence.is_some(),
        time_zone: schedule.timing.time_zone.clone(),
        place: city(&schedule.timing.time_zone),
        languages: schedule.languages.clone(),
        parties: parties.collect(),
        answers: Answers {
            accepted: count(Some("accepted")),
            declined: count(Some("declined")),
            tentative: count(Some("tentative")),
            open: count(None),
        },
        occurrence: OccurrenceView::of(schedule, occurrence),
    }
}

#[derive(Serialize)]
pub(super) struct FeedView {
    /// Since when there is an address; told only when it is made.
    since: Option<Timestamp>,
    url: Option<String>,
}

/// `GET /api/me/calendar`.
pub(super) async fn feed(
    State(app): State<App>,
    SignedIn { user, .. }: SignedIn,
) -> Result<Json<FeedView>, ApiError> {
    Ok(Json(FeedView { since: app.store.feed_since(&user.id).await?, url: None }))
}

#[derive(Deserialize)]
pub(super) struct NewFeed {
    #[serde(default)]
    language: Tongue,
}

/// `POST /api/me/calendar`: a new secret address; the one before leads nowhere any more.
pub(super) async fn new_feed(
    State(app): State<App>,
    client: Client,
    SignedIn { user, .. }: SignedIn,
    Json(request): Json<NewFeed>,
) -> Result<Json<FeedView>, ApiError> {
    let (secret, now) = (Secret::random(), app.clock.now());
    app.store.set_feed(&user.id, Some((&secret, request.language)), now).await?;
    app.audit(user.id.as_str(), "calendar.new", "", &client, "ok").await?;
    let url = format!("{}/calendar/{}", app.public_origin(&client.origin), secret.expose());
    Ok(Json(FeedView { since: Some(now), url: Some(url) }))
}

/// `DELETE /api/me/calendar`.
pub(super) async fn no_feed(
    State(app): State<App>,
    client: Client,
    SignedIn { user, .. }: SignedIn,
) -> Result<StatusCode, ApiError> {
    app.store.set_feed(&user.id, None, app.clock.now()).await?;
    app.audit(user.id.as_str(), "calendar.revoke", "", &client, "ok").await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /calendar/{secret}`: from a month ago to a year ahead.
pub(super) async fn calendar(
    State(app): State<App>,
    client: Client,
    InPath(secret): InPath<String>,
) -> Result<([(HeaderName, &'static str); 2], String), ApiError> {
    app.gate.attempt_knock(client.address).map_err(ApiError::too_many_attempts)?;
    let not_found = || ApiError::not_found("calendar");
    let secret = Secret::shown(secret.trim_end_matches(".ics")).ok_or_else(not_found)?;
    let (user, tongue) = app.store.feed_reader(&secret).await?.ok_or_else(not_found)?;
    let now = app.clock.now();
    let (from, until) = (now - Span::new().hours(31 * 24), now + Span::new().hours(366 * 24));
    let meetings = app.store.agenda_of(&user, from, until, MOST_MEETINGS).await?;
    let mut told = Vec::new();
    for (meeting, schedule) in meetings.iter().filter(|(_, schedule)| schedule.invited) {
        let organizer = match meeting.is_host(Some(&user)) {
            true => Some(user.clone()),
            false => app.store.user(&meeting.owner).await?,
        };
        if let Some(organizer) = organizer {
            told.push((meeting, schedule, organizer, app.meeting_link(&client.origin, &meeting.code)));
        }
    }
    let titles: Vec<_> = told
        .iter()
        .map(|(meeting, schedule, organizer, _)| {
            Composer::new(&app, organizer).sheet(meeting, schedule).title()
        })
        .collect();
    let labels = |meeting: &Meeting| {
        let label = &app.config.markings.of(meeting.marking).label;
        (if tongue == Tongue::Fr { &label[0] } else { &label[1] }).to_uppercase()
    };
    let descriptions: Vec<_> = told.iter().map(|(meeting, ..)| labels(meeting)).collect();
    let events: Vec<_> = told
        .iter()
        .zip(&titles)
        .zip(&descriptions)
        .map(|(((meeting, schedule, organizer, link), title), description)| Event {
            schedule,
            title,
            description,
            link,
            marking: meeting.marking,
            organizer: (&organizer.name, organizer.email.as_str()),
            sent_by: None,
            attendee: None,
            now,
        })
        .collect();
    let headers = [
        (header::CONTENT_TYPE, "text/calendar; charset=utf-8"),
        (header::CACHE_CONTROL, "private, no-store"),
    ];
    Ok((headers, written("Palabre", &events)))
}

const MOST_MEETINGS: u32 = 500;
const MOST_ENTRIES: usize = 1_000;
