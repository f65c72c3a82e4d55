//! Delivers the webhooks of one URL, one after the other.

use std::{
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use reqwest::{
    Client, StatusCode,
    header::{AUTHORIZATION, CONTENT_TYPE},
};
use sha2::{Digest, Sha256};
use signaling_proto::token::Claims;
use tokio::{sync::Notify, time::sleep};

use super::{Delivery, Outbox, OutboxError, WebhookConfig};

pub(super) struct Sender<O> {
    url: String,
    config: Arc<WebhookConfig>,
    client: Client,
    outbox: O,
    /// Whether the operator has been told that the receiver fails.
    failing: bool,
}

/// What came of an attempt.
enum Outcome {
    Taken,
    /// The receiver will not take it at another time either.
    Refused(StatusCode),
    Failed(String),
}

impl<O: Outbox> Sender<O> {
    pub(super) fn new(url: String, config: Arc<WebhookConfig>, client: Client, outbox: O) -> Self {
        Self { url, config, client, outbox, failing: false }
    }

    /// Sends what is in the outbox, and what comes.
    pub(super) async fn run(mut self, news: Arc<Notify>) {
        loop {
            match self.send_head().await {
                Ok(Some(pause)) => sleep(pause).await,
                Ok(None) => news.notified().await,
                Err(error) => {
                    tracing::warn!(%error, "the outbox of webhooks does not answer");
                    sleep(STORE_PAUSE).await;
                }
            }
        }
    }

    /// Tries the head of the queue and says how long to wait for the next; `None` if the queue is empty.
    async fn send_head(&mut self) -> Result<Option<Duration>, OutboxError> {
        let Some(delivery) = self.outbox.head(&self.url).await? else { return Ok(None) };
        let now = SystemTime::now();
        if let Ok(pause) = delivery.due.duration_since(now)
            && !pause.is_zero()
        {
            // A clock that was set back must not silence us for long.
            return Ok(Some(pause.min(MAX_PAUSE)));
        }

        match self.attempt(&delivery, now).await {
            Outcome::Taken => {
                if std::mem::take(&mut self.failing) {
                    tracing::info!(url = loggable(&self.url), "webhooks are delivered again");
                }
                self.outbox.delivered(delivery.id).await?;
            }
            Outcome::Refused(status) => {
                tracing::warn!(url = loggable(&self.url), %status, "a webhook was refused and is dropped");
                self.outbox.abandoned(delivery.id).await?;
            }
            Outcome::Failed(error) => {
                let age = now.duration_since(delivery.enqueued).unwrap_or_default();
                if age >= self.config.give_up_after {
                    tracing::warn!(url = loggable(&self.url), error, "a webhook is given up and dropped");
                    self.outbox.abandoned(delivery.id).await?;
                    return Ok(Some(Duration::ZERO));
                }
                if !std::mem::replace(&mut self.failing, true) {
                    tracing::warn!(
                        url = loggable(&self.url),
                        error,
                        "webhooks are not delivered, trying again"
                    );
                }
                let pause = backoff(self.config.first_retry, delivery.attempts);
                self.outbox.postponed(delivery.id, now + pause).await?;
            }
        }
        Ok(Some(Duration::ZERO))
    }

    async fn attempt(&self, delivery: &Delivery, now: SystemTime) -> Outcome {
        // The signature is made for each attempt: it must not have expired when a receiver comes back.
        let seconds = now.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let claims = Claims {
            sha256: BASE64_STANDARD.encode(Sha256::digest(&delivery.body)),
            not_before: Some(seconds.saturating_sub(SIGNATURE_SKEW)),
            ..Claims::default()
        };
        let token = claims.until(seconds + SIGNATURE_LIFETIME).sign(&self.config.keys, &self.config.key);
        let token = token.expect("the key was there when the webhooks were started");

        let request = self.client.post(&self.url).header(CONTENT_TYPE, "application/webhook+json");
        let request = request.header(AUTHORIZATION, token).body(delivery.body.clone());
        match request.send().await.map(|response| response.status()) {
            Ok(status) if status.is_success() => Outcome::Taken,
            Ok(status) if is_final(status) => Outcome::Refused(status),
            Ok(status) => Outcome::Failed(status.to_string()),
            Err(error) => Outcome::Failed(causes(&error.without_url())),
        }
    }
}

/// A URL without what may be secret in it.
pub(super) fn loggable(url: &str) -> String {
    reqwest::Url::parse(url).map_or_else(
        |_| "unreadable".to_owned(),
        |url| format!("{}{}", url.origin().ascii_serialization(), url.path()),
    )
}

fn is_final(status: StatusCode) -> bool {
    let again = [StatusCode::REQUEST_TIMEOUT, StatusCode::TOO_EARLY, StatusCode::TOO_MANY_REQUESTS];
    // An endpoint that is not there yet, or does not know our key yet, is a mistake somebody will mend.
    let mendable = [StatusCode::NOT_FOUND, StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN];
    status.is_client_error() && !again.contains(&status) && !mendable.contains(&status)
}

/// An error and what is behind it, in one line.
fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

fn backoff(first: Duration, failures: u32) -> Duration {
    first.saturating_mul(2_u32.saturating_pow(failures)).min(MAX_PAUSE)
}

const MAX_PAUSE: Duration = Duration::from_secs(300);
const STORE_PAUSE: Duration = Duration::from_secs(5);
const SIGNATURE_LIFETIME: u64 = 300;
const SIGNATURE_SKEW: u64 = 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_doubles_up_to_five_minutes() {
        let second = Duration::from_secs(1);

        assert_eq!(backoff(second, 0), second);
        assert_eq!(backoff(second, 3), 8 * second);
        assert_eq!(backoff(second, 9), MAX_PAUSE);
        assert_eq!(backoff(second, u32::MAX), MAX_PAUSE);
    }

    #[test]
    fn a_logged_url_keeps_its_secrets() {
        assert_eq!(loggable("https://user:pass@example.org/hook?token=x"), "https://example.org/hook");
        assert_eq!(loggable("nonsense"), "unreadable");
    }

    #[test]
    fn what_nobody_can_mend_is_final() {
        assert!(is_final(StatusCode::BAD_REQUEST) && is_final(StatusCode::GONE));
        for status in
            [StatusCode::TOO_MANY_REQUESTS, StatusCode::NOT_FOUND, StatusCode::BAD_GATEWAY, StatusCode::FOUND]
        {
            assert!(!is_final(status), "{status}");
        }
    }
}
