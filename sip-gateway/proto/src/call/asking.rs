//! A phone that is led by voice: what is said to it, and what the office decides at the door of a meeting.

use super::call_leg::{CallLeg, Party};
use super::calls::{Call, Calls, Stage};
use super::door::{DoorWord, Entry, Visitor};
use super::io::{Around, DoorCommand, Output};
use super::media_plane::{LegId, MediaReport, Sound};
use super::record::{CallId, EndCause, LegRecord, RecordedRoute};
use super::room_end::{InMeeting, RoomEnd};
use super::side::Side;
use crate::ivr::{Door, Guide, GuideOutput, Phrase, Prompt};
use crate::message::StatusCode;
use crate::plan::{Language, PostId};

impl Calls {
    /// Answers a caller who has dialled the number of all meetings, or that of one.
    pub(super) fn stand_at_door(&mut self, around: &mut Around<'_>, call: CallId, meeting: Option<String>) {
        let Some(caller) = self.calls.get(&call).map(|call| call.caller) else { return };
        let door = Door::new(around.now, meeting, Language::default());
        self.answer_with_guide(around, call, caller, Guide::Door(door));
    }

    /// Answers a caller to lead him by voice.
    pub(super) fn answer_with_guide(
        &mut self,
        around: &mut Around<'_>,
        call: CallId,
        caller: LegId,
        mut guide: Guide,
    ) {
        if self.legs.get(&caller).is_some_and(|leg| leg.side.is_confirmed()) {
            guide.begin(around.now);
            return self.ask_at(around, call, caller, guide);
        }
        self.ask_at(around, call, caller, guide);
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
        self.ask_at(around, call, other, Guide::Door(door));
        self.finish_transfer(around, by);
        Ok(())
    }

    /// Says the last words to a phone that is in no meeting any more.
    pub(super) fn send_off(&mut self, around: &mut Around<'_>, call: CallId, phone: LegId, prompt: Prompt) {
        let language = self.language_of(call, phone);
        let door = Door::leaving(around.now, prompt, language);
        self.ask_at(around, call, phone, Guide::Door(door));
    }

    pub(super) fn ask_at(&mut self, around: &mut Around<'_>, call: CallId, phone: LegId, guide: Guide) {
        let Some(found) = self.calls.get_mut(&call) else { return };
        found.caller = phone;
        found.stage = Stage::Asking(Box::new(guide));
        around.media.play(phone, Sound::Silence);
        self.attend(around, call);
    }

    /// Does what the guide wants.
    pub(super) fn attend(&mut self, around: &mut Around<'_>, call: CallId) {
        loop {
            let Some(Call { caller, stage: Stage::Asking(guide), .. }) = self.calls.get_mut(&call) else {
                return;
            };
            let phone = *caller;
            let Some(output) = guide.poll_output() else {
                let due = guide.poll_timeout();
                return self.set_deadline(call, due);
            };
            match output {
                GuideOutput::Say(phrase, language) => self.say(around, phone, phrase, language),
                GuideOutput::Hush => self.hush(around, phone),
                GuideOutput::Ask(entry) => self.ask_door(around, phone, entry),
                GuideOutput::Enter { room, name, role, language } => {
                    // What is still to be said is said over what it hears in the room.
                    let rest: Vec<GuideOutput> = std::iter::from_fn(|| guide.poll_output()).collect();
                    let meeting = InMeeting {
                        name: Some(name),
                        role: Some(role),
                        language,
                        door: Some(phone),
                        ..InMeeting::default()
                    };
                    let Some(name) = self.calls.get(&call).map(|call| call.dialled.clone()) else { return };
                    let end = RoomEnd::meeting(room, meeting);
                    self.enter_room(around, call, phone, end, name);
                    for output in rest {
                        if let GuideOutput::Say(phrase, language) = output {
                            self.say(around, phone, phrase, language);
                        }
                    }
                    return;
                }
                GuideOutput::Record(longest) => self.record(around, phone, longest),
                GuideOutput::RecordGreeting(longest) => self.record_greeting(around, phone, longest),
                GuideOutput::Greet(recording, length) => self.greet_with(phone, recording, length),
                GuideOutput::StopRecording => around.media.stop_recording(phone),
                GuideOutput::OpenMailbox(pin) => self.open_mailbox(phone, pin),
                GuideOutput::Heard(recording) => self.note_heard(phone, recording),
                GuideOutput::Delete(recording) => self.delete_message(phone, recording),
                GuideOutput::HangUp => {
                    let status = StatusCode::TEMPORARILY_UNAVAILABLE;
                    return self.end_call(around, call, status, EndCause::OtherHungUp);
                }
            }
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

    /// Puts a phone into a meeting's room, which it is told by that name.
    pub(super) fn enter_room(
        &mut self,
        around: &mut Around<'_>,
        call: CallId,
        phone: LegId,
        end: RoomEnd,
        name: String,
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
            Some(Stage::Asking(guide)) => {
                if let Guide::Door(door) = &mut **guide {
                    door.handle_word(around.now, word);
                }
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

    /// Says something to a phone.
    pub(super) fn say(&mut self, around: &mut Around<'_>, phone: LegId, phrase: Phrase, language: Language) {
        if let Some(leg) = self.legs.get_mut(&phone) {
            leg.unsaid += 1;
            around.media.say(phone, phrase, language);
        }
    }

    /// Says nothing more to a phone.
    fn hush(&mut self, around: &mut Around<'_>, phone: LegId) {
        if let Some(leg) = self.legs.get_mut(&phone) {
            leg.unsaid = 0;
            around.media.hush(phone);
        }
    }

    /// Something was said to a leg to its end.
    pub(super) fn handle_said(&mut self, around: &mut Around<'_>, phone: LegId) {
        let Some(leg) = self.legs.get_mut(&phone).filter(|leg| !leg.ended) else { return };
        leg.unsaid = leg.unsaid.saturating_sub(1);
        // Something else is still to be said.
        if leg.unsaid > 0 {
            return;
        }
        let call = leg.call;
        if let Some(Call { caller, stage: Stage::Asking(guide), .. }) = self.calls.get_mut(&call)
            && *caller == phone
        {
            guide.handle_said(around.now);
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
