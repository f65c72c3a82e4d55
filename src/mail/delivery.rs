//! The job that brings mails to the relay, and how patient it is.

use std::time::Duration;

use jiff::Timestamp;

use super::{Relay, SendError};
use crate::app::App;
use crate::store::{MailRow, Store, StoreError};

/// What became of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivered {
    /// The server has it.
    Taken,
    /// It is tried again.
    Postponed(String),
    /// It is not tried again, and shown as failed.
    Failed(String),
}

/// Brings what is in the outbox, and what comes.
pub(crate) async fn keep_delivering(app: App) {
    let Some(relay) = app.mail.relay() else { return };
    loop {
        let pause = match deliver_next(&app, relay).await {
            Ok(true) => continue,
            Ok(false) => match app.store.next_mail_due().await {
                Ok(due) => due.map_or(LONGEST_PAUSE, |due| until(app.clock.now(), due)),
                Err(_) => STORE_PAUSE,
            },
            Err(error) => {
                tracing::warn!(%error, "the outbox of mails does not answer");
                STORE_PAUSE
            }
        };
        tokio::select! {
            () = app.mail.woken() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// Tries the row that is due first; says whether there was one.
async fn deliver_next(app: &App, relay: &Relay) -> Result<bool, StoreError> {
    let now = app.clock.now();
    let Some(row) = app.store.claim_mail(None, now, now + LEASE).await? else { return Ok(false) };
    deliver(&app.store, relay, row, now).await?;
    Ok(true)
}

/// Tries one row at once; `None` when it is not there any more, or somebody else has it in hand.
///
/// # Errors
/// When the database fails.
pub async fn deliver_now(
    store: &Store,
    relay: &Relay,
    id: i64,
    now: Timestamp,
) -> Result<Option<Delivered>, StoreError> {
    let Some(row) = store.claim_mail(Some(id), now, now + LEASE).await? else { return Ok(None) };
    deliver(store, relay, row, now).await.map(Some)
}

async fn deliver(
    store: &Store,
    relay: &Relay,
    row: MailRow,
    now: Timestamp,
) -> Result<Delivered, StoreError> {
    let MailRow { id, attempts, enqueued, mail } = row;
    let delivered = match relay.send(&mail).await {
        Ok(()) => {
            store.mail_taken(id, mail.seat, now).await?;
            Delivered::Taken
        }
        Err(error) => match verdict(attempts, now.duration_since(enqueued).unsigned_abs(), &error) {
            Verdict::Again(pause) => {
                store.mail_postponed(id, now + pause, &error.reason).await?;
                Delivered::Postponed(error.reason)
            }
            Verdict::GiveUp => {
                // What the server said may name people; it is in the administrators' list.
                tracing::warn!(purpose = mail.purpose.as_str(), "a mail was not delivered, and is given up");
                store.mail_failed(id, now, &error.reason).await?;
                Delivered::Failed(error.reason)
            }
        },
    };
    Ok(delivered)
}

#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    Again(Duration),
    GiveUp,
}

/// What to do after the given number of attempts, the last of which ended with an error.
fn verdict(attempts: u32, age: Duration, error: &SendError) -> Verdict {
    if error.is_final || age >= GIVE_UP_AFTER {
        return Verdict::GiveUp;
    }
    let doubled = FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(attempts.saturating_sub(1)));
    Verdict::Again(doubled.min(LONGEST_PAUSE))
}

fn until(now: Timestamp, due: Timestamp) -> Duration {
    let wait = Duration::try_from(due.duration_since(now)).unwrap_or_default();
    wait.clamp(Duration::from_millis(50), LONGEST_PAUSE)
}

const FIRST_PAUSE: Duration = Duration::from_secs(30);
const LONGEST_PAUSE: Duration = Duration::from_secs(3600);
/// A mail server that is away over a long weekend has not lost our mails.
const GIVE_UP_AFTER: Duration = Duration::from_secs(4 * 24 * 3600);
/// How long a row is in one hand. If the program ends meanwhile, another one takes it up after that.
const LEASE: Duration = Duration::from_secs(600);
const STORE_PAUSE: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use super::*;

    fn error(is_final: bool) -> SendError {
        SendError { reason: "x".to_owned(), is_final }
    }

    #[test]
    fn each_failure_doubles_the_pause_up_to_an_hour() {
        let pauses: Vec<_> =
            (1..=9).map(|attempts| verdict(attempts, Duration::ZERO, &error(false))).collect();

        let expected = [30, 60, 120, 240, 480, 960, 1920, 3600, 3600];
        assert_eq!(pauses, expected.map(|seconds| Verdict::Again(Duration::from_secs(seconds))));
    }

    #[test]
    fn it_is_given_up_after_days_or_when_the_server_does_not_want_it() {
        assert_eq!(verdict(99, GIVE_UP_AFTER, &error(false)), Verdict::GiveUp);
        assert_eq!(verdict(1, Duration::ZERO, &error(true)), Verdict::GiveUp);
    }
}
