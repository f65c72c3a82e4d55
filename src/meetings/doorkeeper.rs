//! What the office answers when the rooms ask whether an admission still holds, how somebody is to speak, and where they go on.

use std::future::Future;
use std::pin::Pin;

use sip_gateway_proto::call::is_call_room;

use super::{Admission, Approach, Approaches, Gathering, LinkTests, Lobby, MeetingCode};
use crate::calls::Switchboard;
use crate::clock::Clock;
use crate::floor::AllProceedings;
use crate::speech::Speaking;
use crate::store::{Store, StoreError};

/// Looks before each join of a meeting into the store, and into what is known of calls, waiting rooms, tests of a link,
/// visitors on their way, proceedings and links.
pub struct Doorkeeper {
    pub(crate) store: Store,
    pub(crate) switchboard: Switchboard,
    pub(crate) lobby: Lobby,
    pub(crate) link_tests: LinkTests,
    pub(crate) approaches: Approaches,
    pub(crate) proceedings: AllProceedings,
    pub(crate) clock: Clock,
    pub(crate) speaking: Speaking,
}

impl Doorkeeper {
    async fn still_holds(&self, room: &str, identity: &str) -> Result<bool, StoreError> {
        if is_call_room(room) {
            let Some(user) = Admission::user_of(identity) else { return Ok(false) };
            let user = self.store.user(&user).await?;
            let extension = user.and_then(|user| user.extension);
            return Ok(extension.is_some_and(|extension| self.switchboard.belongs(room, &extension)));
        }
        // Whoever has been decided about gathers no longer, whatever the token says.
        if Gathering::is_one(room) {
            return Ok(self.lobby.gathers(room, identity));
        }
        if LinkTests::is_one(room) {
            return Ok(self.link_tests.is_open(room));
        }
        // Whoever has been brought in, or stayed too long, is on the way no longer.
        if Approach::is_one(room) {
            return Ok(self.approaches.admits(room, identity));
        }
        // Rooms of SDKs have names and identities of their own; their tokens are all there is to know.
        let code = MeetingCode::parse(room).filter(|code| code.as_str() == room);
        let (Some(code), true) = (code, Admission::is_ours(identity)) else {
            return Ok(true);
        };
        if let Some(id) = Admission::user_of(identity)
            && self.store.user(&id).await?.is_none()
        {
            return Ok(false);
        }
        // A link that was taken back closes the door to whoever came by it.
        if let Some(seat) = Admission::seat_of(identity)
            && !self.store.seat_is_open(&code, seat).await?
        {
            return Ok(false);
        }
        Ok(self.store.meeting(&code).await?.is_some() && !self.store.is_removed(&code, identity).await?)
    }
}

impl std::fmt::Debug for Doorkeeper {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Doorkeeper").finish_non_exhaustive()
    }
}

impl signaling::Doorkeeper for Doorkeeper {
    fn admits<'a>(
        &'a self,
        room: &'a str,
        identity: &'a str,
    ) -> Pin<Box<dyn Future<Output = bool> + Send + 'a>> {
        Box::pin(async move {
            self.still_holds(room, identity).await.unwrap_or_else(|error| {
                tracing::error!(%error, "an admission could not be looked up, and is not believed");
                false
            })
        })
    }

    fn speech<'a>(
        &'a self,
        who: &'a signaling::Joining,
    ) -> Pin<Box<dyn Future<Output = signaling::Speech> + Send + 'a>> {
        Box::pin(self.speaking.of(who))
    }

    fn beginning<'a>(
        &'a self,
        room: &'a str,
    ) -> Pin<Box<dyn Future<Output = signaling::Beginning> + Send + 'a>> {
        Box::pin(self.proceedings.beginning(room, self.clock.now()))
    }
}
