//! What the office does by itself, without anybody asking.

use std::time::Duration;

use sip_gateway::Directory as _;
use tokio::task::JoinSet;

use crate::accounts::ldap::Directory;
use crate::app::App;
use crate::floor;
use crate::mail;
use crate::meetings;
use crate::meetings::invitation::Composer;
use crate::people::{ImportError, Report, import_people};
use crate::store::{By, StoreError};

/// Starts all jobs; they end with the set.
pub fn start(app: &App, tasks: &mut JoinSet<()>) {
    tasks.spawn(empty_lobby(app.clone()));
    tasks.spawn(meetings::keep_gatherings(app.clone()));
    tasks.spawn(meetings::keep_approaches(app.clone()));
    tasks.spawn(forget_expired(app.clone()));
    tasks.spawn(follow_directory(app.clone()));
    app.directory.start(tasks);
    tasks.spawn(app.switchboard.clone().keep(app.clone()));
    tasks.spawn(app.mailboxes.clone().keep_written());
    tasks.spawn(app.floors.clone().keep(app.clone()));
    tasks.spawn(app.attendance.clone().keep());
    tasks.spawn(app.savings.clone().keep());
    tasks.spawn(mail::keep_delivering(app.clone()));
    tasks.spawn(remind(app.clone()));
}

/// Takes guests who went away off the waiting lists.
async fn empty_lobby(app: App) {
    loop {
        let deadline = app.lobby.poll_timeout();
        tokio::select! {
            () = until(deadline) => app.lobby.handle_timeout(std::time::Instant::now()),
            () = app.lobby.deadlines_changed() => {}
        }
    }
}

pub(crate) async fn until(deadline: Option<std::time::Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline.into()).await,
        None => std::future::pending().await,
    }
}

/// Puts reminders of meetings into the outbox when it is time.
async fn remind(app: App) {
    loop {
        let pause = match remind_once(&app).await {
            Ok(Some(due)) => Duration::try_from(due.duration_since(app.clock.now())).unwrap_or_default(),
            Ok(None) => LONGEST_PAUSE,
            Err(error) => {
                tracing::warn!(%error, "meetings could not be reminded of");
                Duration::from_secs(60)
            }
        };
        // Whoever plans a meeting that is near waits a minute at most.
        tokio::select! {
            () = tokio::time::sleep(pause.clamp(Duration::from_millis(50), LONGEST_PAUSE)) => {}
            () = app.mail.planned() => {}
        }
    }
}

/// Reminds of what is due; says when the next is.
async fn remind_once(app: &App) -> Result<Option<jiff::Timestamp>, StoreError> {
    loop {
        let now = app.clock.now();
        let Some((meeting, schedule)) = app.store.due_reminder(now).await? else { break };
        // After a stop of the program some may be over that nobody was reminded of.
        let began =
            schedule.occurrences().into_iter().filter(|one| !one.cancelled && schedule.span(one).0 > now);
        let next = began.min_by_key(|one| schedule.span(one).0);
        let organizer = app.store.user(&meeting.owner).await?;
        let mails = match next.zip(organizer) {
            Some((next, organizer)) => {
                Composer::new(app, &organizer).reminders(&meeting, &schedule, &next)?
            }
            None => Vec::new(),
        };
        let due = schedule.next_reminder(now).map(|(due, _)| due);
        app.store.remind(&meeting.code, due, &mails, now).await?;
        app.mail.wake();
    }
    app.store.next_reminder().await
}

/// Deletes rows whose time has passed, at the start and then every hour.
async fn forget_expired(app: App) {
    let mut every = tokio::time::interval(Duration::from_secs(3600));
    loop {
        every.tick().await;
        if let Err(error) = forget_once(&app).await {
            tracing::warn!(%error, "expired rows could not be deleted");
        }
    }
}

/// Makes accounts what the ministry's directory says, as often as the operator wants.
async fn follow_directory(app: App) {
    let Some(directory) = app.ldap.clone() else { return };
    let pause = directory.config().sync;
    if pause.is_zero() {
        return;
    }
    let mut every = tokio::time::interval(pause.max(Duration::from_secs(60)));
    every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        every.tick().await;
        match follow_once(&app, &directory).await {
            Ok(report) if report.added + report.changed > 0 => {
                tracing::info!(report.added, report.changed, report.faulty, "accounts follow the directory");
            }
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "accounts could not follow the directory"),
        }
    }
}

async fn follow_once(app: &App, directory: &Directory) -> Result<Report, ImportError> {
    let people = directory.people().await?;
    let by = By { actor: "ldap".to_owned(), address: None };
    let mut change = app.store.change_plan(by, app.clock.now()).await?;
    let report = import_people(&mut change, &people, app.config.limits.users, app.clock.now()).await?;
    if report.added + report.changed > 0 {
        change.commit().await?;
        app.directory.refresh().await?;
    }
    Ok(report)
}

async fn forget_once(app: &App) -> Result<(), StoreError> {
    let (now, limits) = (app.clock.now(), &app.config.limits);
    app.store.delete_expired_sessions(now, limits.session_idle, limits.session).await?;
    app.store.delete_expired_setup_links(now).await?;
    app.store.delete_removals(now - meetings::MEMORY).await?;
    app.store.delete_assigned_roles(now - meetings::MEMORY).await?;
    // Whoever still wanted them has had a day.
    app.store.delete_old_webhooks(now - Duration::from_secs(2 * 24 * 3600)).await?;
    app.store.delete_old_mails(now - Duration::from_secs(30 * 24 * 3600)).await?;
    app.store.delete_old_legs(now - app.config.sip.keep_calls, MOST_LEGS).await?;
    app.store.delete_old_sittings(now - app.config.sip.keep_calls, MOST_SITTINGS).await?;
    app.store.delete_old_proceedings(now - app.config.sip.keep_calls).await?;
    app.store.delete_left_running_orders(now - floor::BREAK).await?;
    app.store.delete_old_ratings(now - RATINGS_KEPT).await?;
    app.store.delete_old_runs(app.directory.run()).await?;
    app.mailboxes.sweep(&app.directory.plan(), std::time::SystemTime::now()).await;
    Ok(())
}

const LONGEST_PAUSE: Duration = Duration::from_secs(3600);
/// Call records beyond this are forgotten, the oldest first, however young: some years of a ministry, some gigabytes.
const MOST_LEGS: u64 = 10_000_000;
/// What was saved names nobody, and is compared over years.
const RATINGS_KEPT: Duration = Duration::from_secs(10 * 366 * 24 * 3600);
/// The same of meetings, which are fewer.
const MOST_SITTINGS: u64 = 1_000_000;
