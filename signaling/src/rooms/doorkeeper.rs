//! The questions that rooms ask upward before they let somebody in.

use std::{fmt::Debug, future::Future, pin::Pin};

use signaling_proto::{Joining, audio::Speech, room::Beginning};

/// Knows what has happened since a token was signed: a participant may have been sent away, an account removed.
pub trait Doorkeeper: Debug + Send + Sync + 'static {
    /// Whether somebody with a good token may still join.
    fn admits<'a>(
        &'a self,
        room: &'a str,
        identity: &'a str,
    ) -> Pin<Box<dyn Future<Output = bool> + Send + 'a>>;

    /// How somebody who joins is to speak. Whoever knows nothing of that leaves it to the client.
    fn speech<'a>(&'a self, _who: &'a Joining) -> Pin<Box<dyn Future<Output = Speech> + Send + 'a>> {
        Box::pin(async { Speech::default() })
    }

    /// Where a room goes on that is about to be opened. Whoever knows of none has it begin with nothing.
    fn beginning<'a>(&'a self, _room: &'a str) -> Pin<Box<dyn Future<Output = Beginning> + Send + 'a>> {
        Box::pin(async { Beginning::default() })
    }
}
