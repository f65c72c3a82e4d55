//! Phones at the doors of meetings and before their mailboxes: carries what the office says to each of them.

use std::collections::HashMap;
use std::sync::Arc;

use sip_gateway_proto::call::{DoorWord, Entry, LegId, MailboxWord, Visitor};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::directory::Directory;

/// What the office says to a phone.
pub(super) enum OfficeWord {
    Door(DoorWord),
    Mailbox(MailboxWord),
}

/// All phones at a door or inside. The office sees one go when its receiver is dropped.
pub(super) struct Doors {
    directory: Arc<dyn Directory>,
    words: mpsc::Sender<(LegId, OfficeWord)>,
    listening: HashMap<LegId, Listening>,
}

/// Ends with the phone's stay.
struct Listening(JoinHandle<()>);

impl Drop for Listening {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Doors {
    /// Nobody is at a door. What the office says comes with the leg it is meant for.
    pub(super) fn new(directory: Arc<dyn Directory>) -> (Self, mpsc::Receiver<(LegId, OfficeWord)>) {
        let (words, receiver) = mpsc::channel(MAX_WORDS);
        (Self { directory, words, listening: HashMap::new() }, receiver)
    }

    /// A phone asks to be let in; what it asked before does not count any more.
    pub(super) fn ask(&mut self, leg: LegId, visitor: Visitor, entry: Entry) {
        self.leave(leg);
        let mut said = self.directory.enter(visitor, entry);
        let words = self.words.clone();
        let task = tokio::spawn(async move {
            while let Some(word) = said.recv().await {
                if words.send((leg, OfficeWord::Door(word))).await.is_err() {
                    return;
                }
            }
        });
        self.listening.insert(leg, Listening(task));
    }

    /// A phone asks for the messages of its extension.
    pub(super) fn open_mailbox(&self, leg: LegId, extension: &str, pin: &str) {
        let opened = self.directory.open_mailbox(extension, pin);
        let words = self.words.clone();
        tokio::spawn(async move {
            // An office that has no answer lets nobody in.
            let word = opened.await.unwrap_or(MailboxWord::Wrong);
            let _ = words.send((leg, OfficeWord::Mailbox(word))).await;
        });
    }

    /// A phone has gone away.
    pub(super) fn leave(&mut self, leg: LegId) {
        self.listening.remove(&leg);
    }
}

/// Words that wait for the phones' task at most.
const MAX_WORDS: usize = 256;
