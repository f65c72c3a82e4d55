//! What the phones ask of the office, and tell it.

use std::sync::Arc;

use sip_gateway::{Binding, Directory, Fact};
use sip_gateway_proto::call::{DoorWord, Entry, MailboxWord, RecordingId, ScreenEvent, ScreenNews, Visitor};
use sip_gateway_proto::plan::Plan;
use sip_gateway_proto::subscription::MessageCount;
use tokio::sync::{mpsc, oneshot};

use super::{door, mailbox};
use crate::app::App;
use crate::meetings::MeetingCode;

/// The office as phones see it: the directory, the doors of the meetings, the browsers.
pub(super) struct Desk(pub(super) App);

impl Directory for Desk {
    fn plan(&self) -> Arc<Plan> {
        self.0.directory.plan()
    }

    fn bindings(&self) -> Vec<Binding> {
        self.0.directory.bindings()
    }

    fn enter(&self, visitor: Visitor, entry: Entry) -> mpsc::Receiver<DoorWord> {
        let (words, heard) = mpsc::channel(MOST_WORDS);
        tokio::spawn(door::attend(self.0.clone(), visitor, entry, words));
        heard
    }

    fn screen(&self, news: ScreenNews) {
        match &news.event {
            // Whoever directs the meeting is told there, with an extension or without.
            ScreenEvent::AsksHost { name } => {
                if let Some(code) = MeetingCode::parse(&news.room) {
                    self.0.lobby.ask_host(&code, name);
                }
            }
            _ => self.0.switchboard.take(&news),
        }
    }

    fn messages(&self, extension: &str) -> MessageCount {
        self.0.mailboxes.count(extension)
    }

    fn greeting(&self, extension: &str) -> Option<RecordingId> {
        self.0.mailboxes.greeting(extension).map(|greeting| greeting.recording)
    }

    fn open_mailbox(&self, extension: &str, pin: &str) -> oneshot::Receiver<MailboxWord> {
        let (answer, answered) = oneshot::channel();
        tokio::spawn(mailbox::open(self.0.clone(), extension.to_owned(), pin.to_owned(), answer));
        answered
    }

    fn record(&self, fact: Fact) {
        match fact {
            Fact::Greeting { extension, recording, length } => {
                self.0.mailboxes.greet(&extension, recording.map(|recording| (recording, length)));
            }
            Fact::Message(_) | Fact::MessageHeard { .. } | Fact::MessageDeleted { .. } => {
                if let Some(extension) = self.0.mailboxes.note(fact) {
                    let new = self.0.mailboxes.count(&extension).new;
                    self.0.switchboard.tell_messages(&extension, new);
                }
            }
            fact => self.0.directory.record(fact),
        }
    }
}

/// A phone at a door hears that it waits, and then what was decided.
const MOST_WORDS: usize = 4;
