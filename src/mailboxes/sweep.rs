//! What is left behind: messages of extensions that are gone, and sounds that never became messages.

use std::collections::HashSet;
use std::time::{Duration, SystemTime};

use sip_gateway_proto::call::RecordingId;
use sip_gateway_proto::plan::Plan;

use super::Mailboxes;

impl Mailboxes {
    /// Forgets the messages of extensions that are in no plan, and deletes sounds that belong to no message. A young one may
    /// still be on its way to become one.
    pub async fn sweep(&self, plan: &Plan, now: SystemTime) {
        let greetings = self.greetings().keep(|extension| plan.extension(extension).is_some());
        let mut kept: HashSet<_> = {
            let mut boxes = self.boxes();
            boxes.retain(|extension, _| plan.extension(extension).is_some());
            boxes
                .values()
                .flatten()
                .map(|message| sip_gateway::media::recording_file(&self.inner.recordings, message.recording))
                .collect()
        };
        kept.extend(greetings.into_iter().map(|recording| self.sound(recording)));
        // Without the directory nothing was ever recorded.
        let Ok(mut files) = tokio::fs::read_dir(&self.inner.recordings).await else { return };
        while let Ok(Some(file)) = files.next_entry().await {
            let path = file.path();
            let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
            let named = u64::from_str_radix(stem, 16).map(RecordingId);
            let is_ours = named.is_ok_and(|recording| self.sound(recording) == path);
            let modified = file.metadata().await.and_then(|data| data.modified());
            let age = modified.map(|at| now.duration_since(at).unwrap_or_default()).unwrap_or_default();
            if is_ours && !kept.contains(&path) && age >= YOUNG {
                super::remove(&path).await;
            }
        }
    }
}

/// How long a recording may take to become a message: whoever restores a backup has a day to do it.
const YOUNG: Duration = Duration::from_secs(24 * 3_600);

#[cfg(test)]
mod tests {
    use super::super::tests::{left, open, plan};
    use super::*;

    #[tokio::test]
    async fn what_belongs_to_nobody_is_deleted_when_it_is_old() {
        let dir = tempfile::tempdir().unwrap();
        let mailboxes = open(dir.path()).await;
        mailboxes.note(left(1));
        let [message, nobodys] = [1, 2].map(|id| mailboxes.sound(RecordingId(id)));
        let foreign = dir.path().join("recordings").join("notes.txt");
        std::fs::create_dir_all(message.parent().unwrap()).unwrap();
        for file in [&message, &nobodys, &foreign] {
            std::fs::write(file, b"OggS").unwrap();
        }
        let (now, plan) = (SystemTime::now(), plan(dir.path()).await);

        mailboxes.sweep(&plan, now).await;
        assert!(nobodys.exists(), "it is young");
        mailboxes.sweep(&plan, now + YOUNG * 2).await;
        assert!(!nobodys.exists() && message.exists() && foreign.exists());

        mailboxes.sweep(&Plan::default(), now + YOUNG * 2).await;
        assert!(!message.exists() && mailboxes.list("201").is_empty(), "the extension is gone");
    }
}
