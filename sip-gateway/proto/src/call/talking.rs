//! Two talk: hold, resume and other changes of what was agreed on (RFC 3264 §8).

use super::audio::{formats_like, local_audio};
use super::call_leg::CallLeg;
use super::calls::{Call, Calls, Stage};
use super::io::Around;
use super::media_plane::{LegId, Sound};
use super::record::CallId;
use crate::leg::Offered;
use crate::message::StatusCode;
use crate::sdp::{Agreed, LocalAudio};

impl Calls {
    /// One side wants something changed. It is answered here: the other side need not follow, since its sound ends at ours.
    pub(super) fn handle_offered(
        &mut self,
        around: &mut Around<'_>,
        call: CallId,
        id: LegId,
        offered: &Offered,
    ) {
        let Some(local) = self.local_for(call, id, offered) else { return };
        let Some(leg) = self.touch(id).and_then(CallLeg::phone_mut) else { return };
        if leg.accept(around.now, &local).is_err() {
            leg.reject_offer(around.now, StatusCode::NOT_ACCEPTABLE_HERE);
        }
    }

    /// One side wants to know what we would like, as phones do when they resume.
    pub(super) fn handle_offer_wanted(&mut self, around: &mut Around<'_>, id: LegId) {
        let Some(local) = self.local_any(id) else { return };
        let Some(leg) = self.touch(id).and_then(CallLeg::phone_mut) else { return };
        if leg.accept(around.now, &local).is_err() {
            leg.reject_offer(around.now, StatusCode::NOT_ACCEPTABLE_HERE);
        }
    }

    /// Something else was agreed on: a hold, a resume, another address or codec.
    pub(super) fn handle_renegotiated(
        &mut self,
        around: &mut Around<'_>,
        call: CallId,
        id: LegId,
        agreed: &Agreed,
    ) {
        around.media.connect(id, agreed);
        self.let_hear(around, call);
    }

    /// Connects two who talk, or plays music to whoever was put on hold.
    pub(super) fn let_hear(&mut self, around: &mut Around<'_>, call: CallId) {
        let Some(Call { caller, stage: Stage::Talking { other }, .. }) = self.calls.get(&call) else {
            return;
        };
        let (one, other) = (*caller, *other);
        self.sit_together(around, one, other);
        match (self.holds(one), self.holds(other)) {
            (false, false) => self.join(around, one, other),
            holding => {
                let sound = |held: bool| if held { Sound::Music } else { Sound::Silence };
                self.play_to(around, one, sound(holding.1));
                self.play_to(around, other, sound(holding.0));
            }
        }
        self.tell_of_talk(around, one, other);
        self.tell_of_talk(around, other, one);
    }

    /// Whether a leg has put whoever is on the other side on hold. What was agreed on last says so, whatever became of
    /// the call since.
    pub(super) fn holds(&self, id: LegId) -> bool {
        self.legs.get(&id).is_some_and(|leg| leg.side.holds())
    }

    /// What to answer an offer with: the other side's codec first.
    fn local_for(&self, call: CallId, id: LegId, offered: &Offered) -> Option<LocalAudio> {
        let spoken = self.other(call, id).and_then(|other| self.legs.get(&other)?.side.agreed());
        match spoken {
            Some(spoken) => {
                let leg = self.legs.get(&id)?;
                Some(local_audio(
                    leg.media.as_ref()?,
                    formats_like(&spoken.send, &offered.formats),
                    leg.offering,
                ))
            }
            None => self.local_any(id),
        }
    }
}
