//! A phone before its mailbox: whether its PIN opens it, and what is in it.

use sip_gateway_proto::call::MailboxWord;
use tokio::sync::oneshot;

use crate::app::App;

/// Answers a phone that shows a PIN. Who guesses is stopped as at the doors of meetings.
pub(super) async fn open(app: App, extension: String, pin: String, answer: oneshot::Sender<MailboxWord>) {
    let key = format!("mailbox:{extension}");
    if app.gate.attempt_pin(&key, false).is_err() {
        let _ = answer.send(MailboxWord::TooMany);
        return;
    }
    let stored = match app.store.mailbox_pin(&extension).await {
        Ok(stored) => stored,
        Err(error) => {
            tracing::error!(%error, "a mailbox could not be opened");
            let _ = answer.send(MailboxWord::TooMany);
            return;
        }
    };
    let word = match app.passwords.verify(pin, stored).await {
        Ok(true) => {
            app.gate.pin_was_right(&key, false);
            MailboxWord::Open(app.mailboxes.for_phone(&extension))
        }
        Ok(false) => MailboxWord::Wrong,
        Err(error) => {
            tracing::warn!(%error, "a mailbox could not be opened");
            MailboxWord::TooMany
        }
    };
    // The phone may have hung up.
    let _ = answer.send(word);
}
