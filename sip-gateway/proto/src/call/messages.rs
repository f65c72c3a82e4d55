//! Mailboxes: calls that nobody takes leave a message, and phones play them.

use std::time::Duration;

use super::calls::{Call, Calls, Stage};
use super::io::{Around, Output};
use super::media_plane::{LegId, RecordingId};
use super::record::CallId;
use super::voicemail::{MailboxCommand, MailboxWord, NewMessage};
use crate::ivr::{Guide, Mailbox, Recorder};
use crate::plan::Language;

impl Calls {
    /// Takes a message for an extension from a caller whom nobody has answered; false if none can be taken.
    pub(super) fn take_message(&mut self, around: &mut Around<'_>, call: CallId, extension: &str) -> bool {
        let Some(caller) = self.calls.get(&call).map(|call| call.caller) else { return false };
        if !self.may_be_led(caller) {
            return false;
        }
        if let Some(leg) = self.legs.get_mut(&caller).filter(|leg| leg.record.to.is_empty()) {
            extension.clone_into(&mut leg.record.to);
        }
        let waiting = (around.mailbox)(extension);
        let full = waiting.new.saturating_add(waiting.old) >= MAX_MESSAGES;
        let guide = Guide::Recorder(Recorder::new(
            around.now,
            extension,
            (around.greeting)(extension),
            full,
            Language::default(),
        ));
        match self.is_room(caller) {
            true => self.lead_in_room(around, call, caller, extension, guide),
            false => self.answer_with_guide(around, call, caller, guide),
        }
        true
    }

    /// Plays an extension its own messages.
    pub(super) fn play_messages(&mut self, around: &mut Around<'_>, call: CallId) {
        let Some(caller) = self.calls.get(&call).map(|call| call.caller) else { return };
        let mailbox = Mailbox::new(around.now, Language::default());
        self.answer_with_guide(around, call, caller, Guide::Mailbox(mailbox));
    }

    pub(super) fn record(&mut self, around: &mut Around<'_>, phone: LegId, longest: Duration) {
        let Some(leg) = self.legs.get(&phone) else { return };
        let shown = leg.party.presented(around.plan);
        let from_name = if leg.record.inbound { leg.record.from_name.clone() } else { shown.name };
        let message = NewMessage {
            extension: leg.record.to.clone(),
            recording: self.mint.recording(),
            from: shown.number,
            from_name,
            at: around.now,
            length: Duration::ZERO,
        };
        around.media.record(phone, message.recording, longest);
        if self.messages.len() >= MAX_UNFINISHED {
            // A recording of which nothing is heard after its call has failed.
            self.messages.retain(|leg, _| self.legs.contains_key(leg));
        }
        self.messages.insert(phone, message);
    }

    /// A recording is on the disk. The caller may have hung up: then that was the end of the message.
    pub(super) fn handle_recorded(&mut self, around: &mut Around<'_>, phone: LegId, length: Duration) {
        if let Some((extension, recording)) = self.greetings.remove(&phone) {
            return self.handle_greeting(around, phone, extension, recording, length);
        }
        let Some(message) = self.messages.remove(&phone) else { return };
        let kept = length >= SHORTEST_MESSAGE;
        if kept {
            let message = Box::new(NewMessage { length, ..message });
            self.outputs.push_back(Output::Mailbox(MailboxCommand::Keep(message)));
        } else if length > Duration::ZERO {
            // A breath before somebody hung up.
            let NewMessage { extension, recording, .. } = message;
            self.outputs.push_back(Output::Mailbox(MailboxCommand::Delete { extension, recording }));
        }
        let Some(call) = self.legs.get(&phone).map(|leg| leg.call) else { return };
        if let Some(Call { caller, stage: Stage::Asking(guide), .. }) = self.calls.get_mut(&call)
            && *caller == phone
            && let Guide::Recorder(recorder) = &mut **guide
        {
            recorder.handle_recorded(around.now, kept);
            self.attend(around, call);
        }
    }

    pub(super) fn record_greeting(&mut self, around: &mut Around<'_>, phone: LegId, longest: Duration) {
        let Some(extension) = self.own_mailbox(phone) else { return };
        let recording = self.mint.recording();
        around.media.record(phone, recording, longest);
        if self.greetings.len() >= MAX_UNFINISHED {
            self.greetings.retain(|leg, _| self.legs.contains_key(leg));
        }
        self.greetings.insert(phone, (extension, recording));
    }

    /// A greeting is on the disk, to be heard by whoever has said it, unless he has gone.
    fn handle_greeting(
        &mut self,
        around: &mut Around<'_>,
        phone: LegId,
        extension: String,
        recording: RecordingId,
        length: Duration,
    ) {
        let call = self.legs.get(&phone).filter(|leg| !leg.ended).map(|leg| leg.call);
        let waits = matches!(call.and_then(|call| self.calls.get(&call)).map(|call| &call.stage),
            Some(Stage::Asking(guide)) if matches!(**guide, Guide::Mailbox(_)));
        let kept = waits && length >= SHORTEST_MESSAGE;
        if !kept && length > Duration::ZERO {
            self.outputs.push_back(Output::Mailbox(MailboxCommand::Delete { extension, recording }));
        }
        if let Some(call) = call
            && let Some(Call { caller, stage: Stage::Asking(guide), .. }) = self.calls.get_mut(&call)
            && *caller == phone
            && let Guide::Mailbox(mailbox) = &mut **guide
        {
            mailbox.handle_recorded(around.now, kept.then_some((recording, length)));
            self.attend(around, call);
        }
    }

    pub(super) fn greet_with(&mut self, leg: LegId, recording: Option<RecordingId>, length: Duration) {
        if let Some(extension) = self.own_mailbox(leg) {
            let greet = MailboxCommand::Greet { extension, recording, length };
            self.outputs.push_back(Output::Mailbox(greet));
        }
    }

    pub(super) fn open_mailbox(&mut self, leg: LegId, pin: String) {
        if let Some(extension) = self.own_mailbox(leg) {
            self.outputs.push_back(Output::Mailbox(MailboxCommand::Open { leg, extension, pin }));
        }
    }

    pub(super) fn note_heard(&mut self, leg: LegId, recording: RecordingId) {
        if let Some(extension) = self.own_mailbox(leg) {
            self.outputs.push_back(Output::Mailbox(MailboxCommand::Heard { extension, recording }));
        }
    }

    pub(super) fn delete_message(&mut self, leg: LegId, recording: RecordingId) {
        if let Some(extension) = self.own_mailbox(leg) {
            self.outputs.push_back(Output::Mailbox(MailboxCommand::Delete { extension, recording }));
        }
    }

    /// What the office says of a mailbox to the phone that asked.
    pub fn handle_mailbox(&mut self, around: &mut Around<'_>, phone: LegId, word: MailboxWord) {
        let Some(call) = self.legs.get(&phone).filter(|leg| !leg.ended).map(|leg| leg.call) else { return };
        if let Some(Call { caller, stage: Stage::Asking(guide), .. }) = self.calls.get_mut(&call)
            && *caller == phone
            && let Guide::Mailbox(mailbox) = &mut **guide
        {
            mailbox.handle_word(around.now, word);
            self.attend(around, call);
        }
        self.settle(around);
    }

    /// Whose messages a phone hears: its own, as its password has proved.
    fn own_mailbox(&self, leg: LegId) -> Option<String> {
        self.legs.get(&leg)?.extension().map(str::to_owned)
    }
}

/// What is shorter was no message.
const SHORTEST_MESSAGE: Duration = Duration::from_secs(1);
/// How many recordings may be under way before those that have failed are looked for.
const MAX_UNFINISHED: usize = 1_000;
/// The most messages in a mailbox, beyond which it takes no more.
const MAX_MESSAGES: u32 = 100;
