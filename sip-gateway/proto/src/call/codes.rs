//! Short codes: what a phone can do by dialling.

use std::time::Duration;

use super::calls::Calls;
use super::io::{Around, Output, Setting};
use super::media_plane::Sound;
use super::pickup::Wanted;
use super::record::{CallId, EndCause};
use crate::message::StatusCode;
use crate::plan::ShortCode;

impl Calls {
    /// Does what an extension dialled.
    pub(super) fn perform(
        &mut self,
        around: &mut Around<'_>,
        call: CallId,
        extension: &str,
        code: &ShortCode,
    ) {
        let setting = match code {
            ShortCode::GroupPickup => return self.pick_up(around, call, extension, &Wanted::InGroup),
            ShortCode::DirectedPickup(number) => {
                return self.pick_up(around, call, extension, &Wanted::Of(number));
            }
            ShortCode::Mailbox => return self.play_messages(around, call),
            ShortCode::EchoTest => return self.answer_with(around, call, Sound::Echo, LONGEST_ECHO),
            ShortCode::ForwardAlways(to) => Setting::ForwardAlways(to.clone()),
            ShortCode::ForwardBusy(to) => Setting::ForwardBusy(to.clone()),
            ShortCode::ForwardNoAnswer(to, after) => Setting::ForwardNoAnswer(to.clone(), *after),
            ShortCode::DoNotDisturb(on) => Setting::DoNotDisturb(*on),
        };
        self.outputs.push_back(Output::Setting { extension: extension.to_owned(), setting });
        self.answer_with(around, call, Sound::Confirmation, CONFIRMATION);
    }

    /// Answers with a sound for a while.
    fn answer_with(&mut self, around: &mut Around<'_>, call: CallId, sound: Sound, until: Duration) {
        let Some(caller) = self.calls.get(&call).map(|call| call.caller) else { return };
        self.announce(around, call, sound, Some(until));
        let answered = match (self.local_any(caller), self.touch(caller)) {
            (Some(local), Some(leg)) => leg.side.answer(around.now, &local).is_ok(),
            _ => false,
        };
        if !answered {
            self.end_call(
                around,
                call,
                StatusCode::NOT_ACCEPTABLE_HERE,
                EndCause::Failed("no codec in common"),
            );
        }
    }
}

/// How long one may listen to oneself.
const LONGEST_ECHO: Duration = Duration::from_secs(120);
/// How long a confirmation is heard.
const CONFIRMATION: Duration = Duration::from_secs(2);
