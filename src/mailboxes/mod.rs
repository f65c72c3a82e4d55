//! Mailboxes: the messages that callers have left, in memory as they stand and on the disk a moment later.

mod by_mail;
mod greetings;
mod sweep;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use sip_gateway::{Fact, MessageState};
use sip_gateway_proto::call::{RecordingId, VoiceMessage};
use sip_gateway_proto::subscription::MessageCount;
use tokio::sync::Notify;

pub use greetings::Greeting;
use greetings::Greetings;

use crate::mail::MailRoom;
use crate::store::{Store, StoreError};

/// A message, as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// By which its sound is found.
    pub recording: RecordingId,
    /// From whom; empty if it is not shown.
    pub from: String,
    /// The name beside it.
    pub from_name: String,
    /// When it was left.
    pub left: Timestamp,
    /// How long it is.
    pub length: Duration,
    /// Whether it was heard.
    pub heard: bool,
}

/// What became of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Change {
    /// It was left.
    Left { extension: String, message: Message },
    /// It was heard.
    Heard(RecordingId),
    /// It is no more.
    Deleted(RecordingId),
}

/// All mailboxes. Cheap to clone.
#[derive(Clone)]
pub struct Mailboxes {
    inner: Arc<Inner>,
}

struct Inner {
    store: Store,
    mail: MailRoom,
    recordings: PathBuf,
    boxes: Mutex<HashMap<String, Vec<Message>>>,
    greetings: Mutex<Greetings>,
    /// What is not written yet, in order.
    unwritten: Mutex<Vec<Change>>,
    changed: Notify,
    /// Held while something is written, so that the order stays.
    writing: tokio::sync::Mutex<()>,
}

impl Mailboxes {
    /// Reads them; their sound is in this directory.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn open(store: Store, recordings: PathBuf, mail: MailRoom) -> Result<Self, StoreError> {
        let mut boxes: HashMap<String, Vec<Message>> = HashMap::new();
        for (extension, message) in store.messages().await? {
            boxes.entry(extension).or_default().push(message);
        }
        let greetings = Greetings::knowing(store.greetings().await?);
        Ok(Self {
            inner: Arc::new(Inner {
                greetings: Mutex::new(greetings),
                store,
                mail,
                recordings,
                boxes: Mutex::new(boxes),
                unwritten: Mutex::default(),
                changed: Notify::new(),
                writing: tokio::sync::Mutex::default(),
            }),
        })
    }

    /// Takes what phones tell of messages; gives back whose mailbox has changed. Never blocks.
    pub fn note(&self, fact: Fact) -> Option<String> {
        match fact {
            Fact::Message(message) => self.keep(*message),
            Fact::MessageHeard { extension, recording } => {
                self.heard(&extension, recording).then_some(extension)
            }
            Fact::MessageDeleted { extension, recording } => {
                self.delete(&extension, recording);
                Some(extension)
            }
            _ => None,
        }
    }

    fn keep(&self, state: MessageState) -> Option<String> {
        let message = Message {
            recording: state.recording,
            from: bounded(state.from),
            from_name: bounded(state.from_name),
            left: Timestamp::try_from(state.at).unwrap_or(Timestamp::UNIX_EPOCH),
            length: state.length,
            heard: false,
        };
        let extension = state.extension;
        {
            let mut boxes = self.boxes();
            let messages = boxes.entry(extension.clone()).or_default();
            if messages.len() >= MOST_MESSAGES {
                tracing::warn!(%extension, "a mailbox takes no more messages");
                return None;
            }
            messages.push(message.clone());
        }
        self.write_later(Change::Left { extension: extension.clone(), message });
        Some(extension)
    }

    /// Notes that a message was heard; false if there is no such message, or it was heard before.
    pub fn heard(&self, extension: &str, recording: RecordingId) -> bool {
        let mut boxes = self.boxes();
        let found = boxes.get_mut(extension).and_then(|messages| {
            messages.iter_mut().find(|message| message.recording == recording && !message.heard)
        });
        let Some(message) = found else { return false };
        message.heard = true;
        drop(boxes);
        self.write_later(Change::Heard(recording));
        true
    }

    /// Deletes a message with its sound; false if there is no such message, in which case only a sound may have been.
    pub fn delete(&self, extension: &str, recording: RecordingId) -> bool {
        let mut boxes = self.boxes();
        let messages = boxes.get_mut(extension);
        let known = messages.is_some_and(|messages| {
            let before = messages.len();
            messages.retain(|message| message.recording != recording);
            messages.len() < before
        });
        drop(boxes);
        self.write_later(Change::Deleted(recording));
        known
    }

    /// How many messages wait, for the lamp.
    #[must_use]
    pub fn count(&self, extension: &str) -> MessageCount {
        let boxes = self.boxes();
        let messages = boxes.get(extension).map(Vec::as_slice).unwrap_or_default();
        let old = messages.iter().filter(|message| message.heard).count();
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        MessageCount { new: number(messages.len() - old), old: number(old), ..MessageCount::default() }
    }

    /// The messages of an extension, the oldest first.
    #[must_use]
    pub fn list(&self, extension: &str) -> Vec<Message> {
        self.boxes().get(extension).cloned().unwrap_or_default()
    }

    /// The same, for a phone.
    #[must_use]
    pub fn for_phone(&self, extension: &str) -> Vec<VoiceMessage> {
        let message = |message: Message| VoiceMessage {
            recording: message.recording,
            from: message.from,
            heard: message.heard,
        };
        self.list(extension).into_iter().map(message).collect()
    }

    /// Where the sound of a message is.
    #[must_use]
    pub fn sound(&self, recording: RecordingId) -> PathBuf {
        sip_gateway::media::recording_file(&self.inner.recordings, recording)
    }

    /// Writes what has changed, whenever something has.
    pub async fn keep_written(self) {
        loop {
            self.inner.changed.notified().await;
            while let Err(error) = self.flush().await {
                tracing::warn!(%error, "messages could not be stored yet");
                tokio::time::sleep(AGAIN).await;
            }
        }
    }

    /// Writes everything that waits.
    ///
    /// # Errors
    /// When the database fails; what could not be written goes on waiting.
    pub async fn flush(&self) -> Result<(), StoreError> {
        let _writing = self.inner.writing.lock().await;
        self.flush_greetings().await?;
        let changes = self.unwritten().clone();
        if changes.is_empty() {
            return Ok(());
        }
        // The message itself is worth more than the news of it.
        let mails = self.mails_for(&changes).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "messages are not brought by mail");
            Vec::new()
        });
        self.inner.store.write_messages(&changes, &mails, Timestamp::now()).await?;
        if !mails.is_empty() {
            self.inner.mail.wake();
        }
        self.unwritten().drain(..changes.len());
        for change in changes {
            if let Change::Deleted(recording) = change {
                remove(&self.sound(recording)).await;
            }
        }
        Ok(())
    }

    fn write_later(&self, change: Change) {
        self.unwritten().push(change);
        self.inner.changed.notify_one();
    }

    fn boxes(&self) -> MutexGuard<'_, HashMap<String, Vec<Message>>> {
        self.inner.boxes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn greetings(&self) -> MutexGuard<'_, Greetings> {
        self.inner.greetings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn unwritten(&self) -> MutexGuard<'_, Vec<Change>> {
        self.inner.unwritten.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn remove(file: &Path) {
    match tokio::fs::remove_file(file).await {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            tracing::warn!(%error, "the sound of a message could not be deleted");
        }
        _ => {}
    }
}

/// What strangers say is not stored without end.
fn bounded(text: String) -> String {
    if text.len() <= MOST_TEXT { text } else { text.chars().take(MOST_TEXT).collect() }
}

/// Messages of one mailbox. Callers are told that it is full a little earlier.
const MOST_MESSAGES: usize = 120;
const MOST_TEXT: usize = 200;
/// How long the database is left alone when it has failed.
const AGAIN: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::directory::blank;
    use crate::store::By;

    #[tokio::test]
    async fn messages_are_counted_at_once_and_are_there_after_a_restart() {
        let dir = tempfile::tempdir().unwrap();
        let mailboxes = open(dir.path()).await;
        assert_eq!(mailboxes.note(left(1)), Some("201".to_owned()));
        mailboxes.note(left(2));
        mailboxes.note(Fact::MessageHeard { extension: "201".to_owned(), recording: RecordingId(1) });
        assert_eq!((mailboxes.count("201").new, mailboxes.count("201").old), (1, 1));
        mailboxes.flush().await.unwrap();

        let again = open(dir.path()).await;
        assert_eq!(again.list("201"), mailboxes.list("201"));
        assert_eq!(again.for_phone("201")[1].from, "202");
    }

    #[tokio::test]
    async fn a_message_that_is_deleted_takes_its_sound_along() {
        let dir = tempfile::tempdir().unwrap();
        let mailboxes = open(dir.path()).await;
        mailboxes.note(left(1));
        let sound = mailboxes.sound(RecordingId(1));
        std::fs::create_dir_all(sound.parent().unwrap()).unwrap();
        std::fs::write(&sound, b"OggS").unwrap();

        assert!(mailboxes.delete("201", RecordingId(1)));
        mailboxes.flush().await.unwrap();

        assert!(!sound.exists());
        assert!(open(dir.path()).await.list("201").is_empty());
        assert!(!mailboxes.delete("201", RecordingId(1)));
    }

    #[tokio::test]
    async fn a_mailbox_without_end_is_full_and_that_of_nobody_is_not_kept() {
        let dir = tempfile::tempdir().unwrap();
        let mailboxes = open(dir.path()).await;
        for recording in 0..u64::try_from(MOST_MESSAGES).unwrap() + 5 {
            mailboxes.note(left(recording));
        }
        assert_eq!(mailboxes.list("201").len(), MOST_MESSAGES);

        let Fact::Message(mut nobodys) = left(999) else { unreachable!("it is a message") };
        nobodys.extension = "999".to_owned();
        mailboxes.note(Fact::Message(nobodys));
        mailboxes.flush().await.unwrap();
        assert!(open(dir.path()).await.list("999").is_empty());
    }

    pub(super) async fn plan(dir: &Path) -> sip_gateway_proto::plan::Plan {
        Store::open(dir).await.unwrap().read_plan("test").await.unwrap().plan
    }

    pub(super) async fn open(dir: &Path) -> Mailboxes {
        let store = Store::open(dir).await.unwrap();
        let by = || By { actor: "test".to_owned(), address: None };
        if store.read_plan("test").await.unwrap().plan.extension("201").is_none() {
            let mut change = store.change_plan(by(), Timestamp::now()).await.unwrap();
            let post = change.add_post(blank::post("Cotonou")).await.unwrap();
            change.add_extension(blank::extension("201", "Awa", post)).await.unwrap();
            change.commit().await.unwrap();
        }
        Mailboxes::open(store, dir.join("recordings"), no_mail()).await.unwrap()
    }

    fn no_mail() -> MailRoom {
        MailRoom::open(&crate::config::Config::default().mail).unwrap()
    }

    pub(super) fn left(recording: u64) -> Fact {
        Fact::Message(Box::new(MessageState {
            extension: "201".to_owned(),
            recording: RecordingId(recording),
            from: "202".to_owned(),
            from_name: "Ben".to_owned(),
            at: SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000 + recording),
            length: Duration::from_secs(7),
        }))
    }
}
