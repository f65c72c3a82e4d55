//! A phone at the door of a meeting: what is said to it, and what the office decides.

use super::call_leg::{CallLeg, Party};
use super::calls::{Call, Calls, Stage};
use super::door::{DoorWord, Entry, Visitor};
use super::io::{Around, DoorCommand, Output};
use super::media_plane::{LegId, MediaReport, Sound};
use super::record::{CallId, EndCause, LegRecord, RecordedRoute};
use super::room_end::{InMeeting, RoomEnd};
use super::side::Side;
use crate::ivr::{Door, DoorOutput, Phrase, Prompt};
use crate::message::StatusCode;
use crate::plan::{Language, PostId};

/// A phone at the door.
#[derive(Debug)]
pub(super) struct Asking {
    pub(super) door: Door,
}

impl Calls {
    /// Answers a caller who has dialled the number of all meetings, or that of one.
    pub(super) fn stand_at_door(&mut self, around: &mut Around<'_>, call: CallId, meeting: Option<String>) {
        let Some(caller) = self.calls.get(&call).map(|call| call.caller) else { return };
        let door = Door::new(around.now, meeting, Language::default());
        self.ask_at(around, call, caller, door);
        let answered = match (self.local_any(caller), self.touch(caller)) {
            (Some(local), Some(leg)) => leg.side.answer(around.now, &local).is_ok(),
            _ => false,
        };
        if !answered {
            let cause = EndCause::Failed("no codec in common");
            self.end_call(around, call, StatusCode::NOT_ACCEPTABLE_HERE, cause);
        }
    }

    /// Sends whom a phone or browser talks to to the door of a meeting, and lets the transferor go.
    pub(super) fn send_to_door(
        &mut self,
        around: &mut Around<'_>,
        call: CallId,
        by: LegId,
        dialled: String,
        meeting: Option<String>,
    ) -> Result<(), StatusCode> {
        let other = self.other(call, by).ok_or(StatusCode::REQUEST_PENDING)?;
        if self.is_room(other) {
            // A browser goes to a meeting by itself.
            return Err(StatusCode::FORBIDDEN);
        }
        self.accept_transfer(around, by);
        if let Some(found) = self.calls.get_mut(&call) {
            found.dialled = dialled;
        }
        let mut door = Door::new(around.now, meeting, Language::default());
        door.begin(around.now);
        self.ask_at(around, call, other, door);
        self.finish_transfer(around, by);
        Ok(())
    }

    /// Says the last words to a phone that is in no meeting any more.
    pub(super) fn send_off(&mut self, around: &mut Around<'_>, call: CallId, phone: LegId, prompt: Prompt) {
        let language = self.language_of(call, phone);
        self.ask_at(around, call, phone, Door::leaving(around.now, prompt, language));
    }

    fn ask_at(&mut self, around: &mut Around<'_>, call: CallId, phone: LegId, door: Door) {
        let Some(found) = self.calls.get_mut(&call) else { return };
        found.caller = phone;
        found.stage = Stage::Asking(Box::new(Asking { door }));
        around.media.play(phone, Sound::Silence);
        self.attend(around, call);
    }

    /// Does what the door wants.
    pub(super) fn attend(&mut self, around: &mut Around<'_>, call: CallId) {
        loop {
            let Some(Call { caller, stage: Stage::Asking(asking), .. }) = self.calls.get_mut(&call) else {
                return;
            };
            let phone = *caller;
            let Some(output) = asking.door.poll_output() else {
                let due = asking.door.poll_timeout();
                return self.set_deadline(call, due);
            };
            match output {
                DoorOutput::Say(phrase, language) => self.say(around, phone, phrase, language),
                DoorOutput::Hush => {
                    around.media.hush(phone);
                    if let Some(leg) = self.legs.get_mut(&phone) {
                        leg.unsaid = 0;
                    }
                }
                DoorOutput::Ask(entry) => self.ask_door(around, phone, entry),
                DoorOutput::Enter { room, name, role, language } => {
                    // What is still to be said is said over what it hears in the room.
                    let rest: Vec<DoorOutput> = std::iter::from_fn(|| asking.door.poll_output()).collect();
                    let meeting = InMeeting {
                        name: Some(name),
                        role: Some(role),
                        language,
                        door: Some(phone),
                        ..InMeeting::default()
                    };
                    self.enter_room(around, call, phone, room, meeting);
                    for output in rest {
                        if let DoorOutput::Say(phrase, language) = output {
                            self.say(around, phone, phrase, language);
                        }
                    }
                    return;
                }
                DoorOutput::HangUp => {
                    let status = StatusCode::TEMPORARILY_UNAVAILABLE;
                    return self.end_call(around, call, status, EndCause::OtherHungUp);
                }
            }
        }
    }

    /// Says something to a phone, behind what is being said to it.
    pub(super) fn say(&mut self, around: &mut Around<'_>, phone: LegId, phrase: Phrase, language: Language) {
        if let Some(leg) = self.legs.get_mut(&phone) {
            leg.unsaid += 1;
            around.media.say(phone, phrase, language);
        }
    }

    fn ask_door(&mut self, around: &Around<'_>, phone: LegId, entry: Entry) {
        let Some(leg) = self.legs.get_mut(&phone) else { return };
        leg.at_door = true;
        let shown = leg.party.presented(around.plan);
        let (extension, address_key) = match &leg.party {
            Party::Extension { number, .. } => (Some(number.clone()), format!("extension:{number}")),
            Party::Outside { trunk, number } => (None, format!("trunk:{}:{number}", trunk.0)),
            Party::Meeting { name } => (None, format!("meeting:{name}")),
        };
        let name = if shown.name.is_empty() && leg.record.inbound {
            leg.record.from_name.clone()
        } else {
            shown.name
        };
        let visitor = Visitor { number: shown.number, name, extension, address_key };
        self.outputs.push_back(Output::Door(DoorCommand::Ask { leg: phone, visitor, entry }));
    }

    /// Puts a phone into a meeting's room.
    pub(super) fn enter_room(
        &mut self,
        around: &mut Around<'_>,
        call: CallId,
        phone: LegId,
        room: String,
        meeting: InMeeting,
    ) {
        let id = self.next_leg();
        let (Some(found), Some(leg)) = (self.calls.get_mut(&call), self.legs.get_mut(&phone)) else { return };
        let post = match &leg.record.route {
            RecordedRoute::OnNet { post }
            | RecordedRoute::Browser { post }
            | RecordedRoute::Room { post }
            | RecordedRoute::Trunk { post, .. } => *post,
        };
        let record = room_record(call, id, leg, found.dialled.clone(), post, around.now);
        if leg.record.inbound && leg.record.to.is_empty() {
            leg.record.to.clone_from(&found.dialled);
        }
        found.caller = phone;
        found.stage = Stage::Talking { other: id };
        self.set_deadline(call, None);
        let mut end = RoomEnd::calling(room, None);
        end.meeting = Some(meeting);
        let name = record.to.clone();
        self.insert(id, CallLeg::new(call, Side::Room(Box::new(end)), Party::Meeting { name }, record));
        self.tell(id);
        self.tell(phone);
        self.let_hear(around, call);
    }

    /// The office has decided something about a phone at the door, or in a meeting.
    pub fn handle_door(&mut self, around: &mut Around<'_>, phone: LegId, word: DoorWord) {
        let Some(call) = self.legs.get(&phone).filter(|leg| !leg.ended && leg.at_door).map(|leg| leg.call)
        else {
            return;
        };
        match self.calls.get_mut(&call).map(|call| &mut call.stage) {
            Some(Stage::Asking(asking)) => {
                asking.door.handle_word(around.now, word);
                self.attend(around, call);
            }
            Some(Stage::Talking { .. }) if matches!(word, DoorWord::Ended | DoorWord::Refused) => {
                let prompt = if word == DoorWord::Ended { Prompt::MeetingOver } else { Prompt::Removed };
                self.leave_meeting(around, call, phone, prompt);
            }
            _ => {}
        }
        self.settle(around);
    }

    /// All was said that was to be said to a leg.
    pub(super) fn handle_said(&mut self, around: &mut Around<'_>, phone: LegId) {
        let Some(leg) = self.legs.get_mut(&phone) else { return };
        leg.unsaid = leg.unsaid.saturating_sub(1);
        let (call, all_said) = (leg.call, leg.unsaid == 0);
        if !all_said {
            return;
        }
        if let Some(Call { caller, stage: Stage::Asking(asking), .. }) = self.calls.get_mut(&call)
            && *caller == phone
        {
            asking.door.handle_said(around.now);
            self.attend(around, call);
        }
    }
}

/// The record of a meeting that a phone comes into.
fn room_record(
    call: CallId,
    id: LegId,
    phone: &CallLeg,
    dialled: String,
    post: PostId,
    now: std::time::Instant,
) -> LegRecord {
    LegRecord {
        call,
        leg: id,
        inbound: false,
        from: phone.record.from.clone(),
        from_name: phone.record.from_name.clone(),
        to: dialled.clone(),
        dialled,
        route: RecordedRoute::Room { post },
        began: now,
        ringing: None,
        answered: Some(now),
        ended: None,
        media: MediaReport::default(),
    }
}
