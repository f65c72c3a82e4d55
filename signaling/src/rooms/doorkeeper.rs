//! The question that rooms ask upward before they let somebody in.

use std::{fmt::Debug, future::Future, pin::Pin};

/// Knows what has happened since a token was signed: a participant may have been sent away, an account removed.
pub trait Doorkeeper: Debug + Send + Sync + 'static {
    /// Whether somebody with a good token may still join.
    fn admits<'a>(
        &'a self,
        room: &'a str,
        identity: &'a str,
    ) -> Pin<Box<dyn Future<Output = bool> + Send + 'a>>;
}
