//! What callers hear in somebody's mailbox, if he has said something for them: in memory as it stands, on the disk a moment later.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use jiff::Timestamp;
use sip_gateway_proto::call::RecordingId;

use super::{Mailboxes, remove};
use crate::store::StoreError;

/// Somebody's own greeting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Greeting {
    /// By which its sound is found.
    pub recording: RecordingId,
    /// How long it is.
    pub length: Duration,
    /// When it was said.
    pub made: Timestamp,
}

/// All greetings.
#[derive(Debug, Default)]
pub(super) struct Greetings {
    by_extension: HashMap<String, Greeting>,
    /// Whose is not written yet as it is.
    unwritten: BTreeSet<String>,
    /// Sounds that nobody is to hear any more, once that is written.
    replaced: Vec<RecordingId>,
}

impl Greetings {
    pub(super) fn knowing(known: Vec<(String, Greeting)>) -> Self {
        Self { by_extension: known.into_iter().collect(), ..Self::default() }
    }

    /// The recordings that are heard, of the extensions that a filter lets be.
    pub(super) fn keep(&mut self, there: impl Fn(&str) -> bool) -> Vec<RecordingId> {
        self.by_extension.retain(|extension, _| there(extension));
        self.by_extension.values().map(|greeting| greeting.recording).collect()
    }
}

impl Mailboxes {
    /// What callers hear in the mailbox of an extension.
    #[must_use]
    pub fn greeting(&self, extension: &str) -> Option<Greeting> {
        self.greetings().by_extension.get(extension).cloned()
    }

    /// Callers are to hear this from now on, or the standard greeting again. Never blocks.
    pub fn greet(&self, extension: &str, recorded: Option<(RecordingId, Duration)>) {
        let mut greetings = self.greetings();
        let made = Timestamp::now();
        let before = match recorded {
            Some((recording, length)) => {
                greetings.by_extension.insert(extension.to_owned(), Greeting { recording, length, made })
            }
            None => greetings.by_extension.remove(extension),
        };
        greetings.replaced.extend(before.map(|before| before.recording));
        greetings.unwritten.insert(extension.to_owned());
        drop(greetings);
        self.inner.changed.notify_one();
    }

    /// Writes what waits; whoever calls sees to it that nobody else does.
    pub(super) async fn flush_greetings(&self) -> Result<(), StoreError> {
        loop {
            let next = {
                let greetings = self.greetings();
                let extension = greetings.unwritten.first().cloned();
                extension.map(|extension| (greetings.by_extension.get(&extension).cloned(), extension))
            };
            let Some((greeting, extension)) = next else { break };
            self.inner.store.write_greeting(&extension, greeting.as_ref()).await?;
            let mut greetings = self.greetings();
            // It may have been changed again meanwhile.
            if greetings.by_extension.get(&extension) == greeting.as_ref() {
                greetings.unwritten.remove(&extension);
            }
        }
        let replaced = std::mem::take(&mut self.greetings().replaced);
        for recording in replaced {
            remove(&self.sound(recording)).await;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::open;
    use super::*;

    #[tokio::test]
    async fn a_greeting_is_there_after_a_restart_and_takes_the_sound_of_the_one_before_away() {
        let dir = tempfile::tempdir().unwrap();
        let mailboxes = open(dir.path()).await;
        let [first, second] = [1, 2].map(|id| mailboxes.sound(RecordingId(id)));
        std::fs::create_dir_all(first.parent().unwrap()).unwrap();
        for file in [&first, &second] {
            std::fs::write(file, b"OggS").unwrap();
        }
        let seconds = Duration::from_secs(9);
        mailboxes.greet("201", Some((RecordingId(1), seconds)));
        mailboxes.flush().await.unwrap();
        mailboxes.greet("201", Some((RecordingId(2), seconds)));
        mailboxes.greet("999", Some((RecordingId(3), seconds)));
        mailboxes.flush().await.unwrap();

        assert!(!first.exists() && second.exists());
        let again = open(dir.path()).await;
        assert_eq!(again.greeting("201").map(|greeting| greeting.recording), Some(RecordingId(2)));
        assert_eq!(again.greeting("999"), None, "of nobody it is not kept");

        again.greet("201", None);
        again.flush().await.unwrap();
        assert!(!second.exists());
        assert_eq!(open(dir.path()).await.greeting("201"), None);
    }
}
