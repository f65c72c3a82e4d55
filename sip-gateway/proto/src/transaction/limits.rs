//! How many transactions there may be: whatever a stranger can make grow has a bound.

use std::time::Duration;

/// The most server transactions at a time. Each holds little more than its last response, for half a minute on UDP,
/// unless requests come faster than 12,000 a second: then those outside dialogs that were answered first are forgotten
/// earlier.
pub const MAX_SERVER_TRANSACTIONS: usize = 384 * 1024;
/// The most client transactions at a time.
pub const MAX_CLIENT_TRANSACTIONS: usize = 64 * 1024;
/// When somebody who was refused for the limit may try again.
pub const RETRY_AFTER: Duration = Duration::from_secs(10);
