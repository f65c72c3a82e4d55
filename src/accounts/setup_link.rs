//! The one-time link with which somebody becomes an administrator.

use std::time::Duration;

use jiff::Timestamp;

use super::Secret;
use crate::store::{Store, StoreError};

/// Makes a fresh link good, for 24 hours and one use; those made before are void. Answers with its secret.
///
/// # Errors
/// When the database fails.
pub async fn make_setup_link(store: &Store, now: Timestamp) -> Result<Secret, StoreError> {
    let secret = Secret::random();
    store.replace_setup_link(&secret.hash(), now + LIFETIME).await?;
    Ok(secret)
}

/// Where the web client takes a link's secret.
#[must_use]
pub fn setup_url(base: &str, secret: &Secret) -> String {
    format!("{base}/setup/{}", secret.expose())
}

const LIFETIME: Duration = Duration::from_secs(24 * 3600);
