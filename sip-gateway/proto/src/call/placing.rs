//! Calls that are placed for a browser or a meeting: with the rights, limits and account of an extension.

use super::call_leg::{CallLeg, Party};
use super::calls::{Call, Calls, Stage};
use super::hunt::{Hunt, Payer};
use super::hunting::Hunting;
use super::identity::Presented;
use super::io::{Around, Origin};
use super::media_plane::{MediaReport, Sound};
use super::mint::CALL_ROOM;
use super::place::{PlaceCall, PlaceError, Placed};
use super::record::{CallId, EndCause, LegRecord, RecordedRoute};
use super::room_end::{InMeeting, RoomEnd};
use super::screen::ScreenEvent;
use super::side::Side;
use crate::plan::{Refusal, Route, ShortCode};

impl Calls {
    /// Calls somebody into a room.
    pub fn place(&mut self, around: &mut Around<'_>, order: PlaceCall) -> Result<Placed, PlaceError> {
        let placed = self.try_place(around, order);
        self.settle(around);
        placed
    }

    fn try_place(&mut self, around: &mut Around<'_>, order: PlaceCall) -> Result<Placed, PlaceError> {
        let PlaceCall { from, room, dialled, on_behalf, identity } = order;
        let plan = around.plan;
        let Some(extension) = plan.extension(&from) else {
            return Err(PlaceError::Refused(Refusal::UnknownCaller));
        };
        let payer = Payer::Extension(from.clone());
        let route = plan.route(payer.caller(), &dialled);
        match &route {
            Route::Refused(refusal) => return Err(PlaceError::Refused(*refusal)),
            Route::Conference(_) => return Err(PlaceError::Meeting { meeting: None }),
            Route::Meeting { meeting, .. } => {
                return Err(PlaceError::Meeting { meeting: Some(meeting.clone()) });
            }
            Route::Code(ShortCode::GroupPickup | ShortCode::DirectedPickup(_)) if room.is_none() => {}
            Route::Code(_) => return Err(PlaceError::Code),
            _ => {}
        }
        let origin = Origin::Device { extension: from.clone() };
        if self.is_full_for(around, &origin, &dialled) {
            return Err(PlaceError::TooMany);
        }

        let meeting = room.as_ref().filter(|room| !room.starts_with(CALL_ROOM));
        let is_meeting = meeting.is_some();
        let room = room.unwrap_or_else(|| self.mint.room());
        let (id, post) = (self.next_leg(), extension.post);
        let call = CallId(id.0);
        let mut presented = Presented::extension(plan, &from);
        if let Some(name) = on_behalf {
            presented.name = name;
        }
        let record = LegRecord {
            call,
            leg: id,
            inbound: true,
            from: from.clone(),
            from_name: presented.name.clone(),
            dialled: dialled.clone(),
            to: String::new(),
            route: match is_meeting {
                true => RecordedRoute::Room { post },
                false => RecordedRoute::Browser { post },
            },
            began: around.now,
            ringing: None,
            answered: None,
            ended: None,
            media: MediaReport::default(),
        };
        let mut end = RoomEnd::calling(room.clone(), Some(from.clone()));
        end.identity = identity;
        let party = match is_meeting {
            true => {
                end.meeting = Some(InMeeting::default());
                Party::Meeting { name: presented.name.clone() }
            }
            false => Party::Extension { number: from.clone(), binding: None },
        };
        let mut leg = CallLeg::new(call, Side::Room(Box::new(end)), party, record);
        leg.payer = is_meeting.then(|| from.clone());
        self.insert(id, leg);
        let opened = Call {
            caller: id,
            dialled: dialled.clone(),
            stage: Stage::Alone { sound: Sound::Silence },
            deadline: None,
        };
        self.calls.insert(call, opened);
        self.tell(id);
        self.tell_screen(id, ScreenEvent::Placed { dialled: dialled.clone() });

        if let Route::Code(code) = &route {
            self.perform(around, call, &from, code);
            return Ok(Placed { leg: id, room });
        }
        match Hunt::toward(plan, payer, &dialled, &route) {
            Ok(hunt) => self.hunt(around, call, Hunting::new(hunt, presented, None)),
            Err(status) => self.end_call(around, call, status, EndCause::Refused(status.code())),
        }
        Ok(Placed { leg: id, room })
    }
}
