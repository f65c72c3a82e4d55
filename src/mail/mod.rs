//! Mails: letters are written into rows of an outbox together with what they tell of, and a job brings the rows to the
//! mail server. Without a row no mail is sent.
//!
//! ```text
//! Letter ──▶ Mail, a row of the store ──▶ job ──▶ Relay (SMTP) ──▶ the row leaves
//! ```

mod delivery;
mod letter;
mod relay;
pub mod words;

use std::sync::Arc;

use tokio::sync::Notify;

pub(crate) use delivery::keep_delivering;
pub use delivery::{Delivered, deliver_now};
pub use letter::{Attachment, CalendarPart, Letter, LetterError, Method, is_mailable};
pub use relay::{Relay, RelayError, SendError};

use crate::accounts::Email;

/// A letter on its way: what a row of the outbox holds.
#[derive(Clone)]
pub struct Mail {
    /// To whom.
    pub recipient: Email,
    /// What for.
    pub purpose: Purpose,
    /// Whose invitation it is about, if it is.
    pub seat: Option<i64>,
    /// By which mail servers know it again.
    pub message_id: String,
    /// The message as it is sent (RFC 5322).
    pub message: String,
}

impl std::fmt::Debug for Mail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The message has links in it that let somebody in.
        f.debug_struct("Mail").field("purpose", &self.purpose).finish_non_exhaustive()
    }
}

/// What a mail is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Invites, or tells what has changed.
    Invitation,
    /// Takes an invitation back.
    Cancellation,
    /// Says that a meeting is near.
    Reminder,
    /// Brings a message that a caller has left.
    Voicemail,
    /// Shows that mails arrive.
    Test,
}

impl Purpose {
    /// As it is stored and sent.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Invitation => "invitation",
            Self::Cancellation => "cancellation",
            Self::Reminder => "reminder",
            Self::Voicemail => "voicemail",
            Self::Test => "test",
        }
    }
}

/// The house's mail: where it goes, if anywhere. Cheap to clone.
#[derive(Debug, Clone)]
pub struct MailRoom {
    relay: Option<Arc<Relay>>,
    /// Rows have come, or the clock was set.
    news: Arc<Notify>,
    /// Meetings have been planned of which it may be time to remind.
    plans: Arc<Notify>,
}

impl MailRoom {
    /// As the configuration wants it.
    ///
    /// # Errors
    /// When the authorities' certificates cannot be read.
    pub fn open(config: &crate::config::Mail) -> Result<Self, RelayError> {
        let relay = Relay::of(config)?.map(Arc::new);
        Ok(Self { relay, news: Arc::default(), plans: Arc::default() })
    }

    /// The server that takes our mails, if there is one.
    #[must_use]
    pub fn relay(&self) -> Option<&Relay> {
        self.relay.as_deref()
    }

    /// Tells the job that there may be something to do.
    pub fn wake(&self) {
        self.news.notify_one();
        self.plans.notify_one();
    }

    /// Waits until a meeting has been planned, or the clock was set.
    pub(crate) async fn planned(&self) {
        self.plans.notified().await;
    }

    async fn woken(&self) {
        self.news.notified().await;
    }
}

/// A letter that shows that mails arrive, in both languages.
#[must_use]
pub fn test_letter(to: Email) -> Letter {
    Letter {
        text: "Ce message montre que les courriels de Palabre arrivent.\n\nThis message shows that mails from Palabre \
               arrive.\n"
            .to_owned(),
        ..Letter::new(None, to, "Palabre : essai / test")
    }
}
