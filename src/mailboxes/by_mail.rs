//! Messages that are brought by mail as well, to whoever wants that.

use std::time::Duration;

use jiff::Timestamp;
use sip_gateway::media::recording_wav;

use super::{Change, Mailboxes, Message};
use crate::mail::{Attachment, Letter, Mail, Purpose, words};
use crate::store::{MailReader, StoreError, Tongue};

impl Mailboxes {
    /// The mails that tell of messages which have just been left.
    pub(super) async fn mails_for(&self, changes: &[Change]) -> Result<Vec<Mail>, StoreError> {
        let Some(relay) = self.inner.mail.relay() else { return Ok(Vec::new()) };
        let mut mails = Vec::new();
        for change in changes {
            let Change::Left { extension, message } = change else { continue };
            let Some(reader) = self.inner.store.mail_reader(extension).await? else { continue };
            let sound = self.sound_for_mail(message).await;
            match letter(&reader, message, sound).write(relay, Purpose::Voicemail, Timestamp::now()) {
                Ok(mail) => mails.push(mail),
                Err(error) => tracing::warn!(%error, "a message is not brought by mail"),
            }
        }
        Ok(mails)
    }

    async fn sound_for_mail(&self, message: &Message) -> Option<Vec<u8>> {
        let (recordings, recording) = (self.inner.recordings.clone(), message.recording);
        tokio::task::spawn_blocking(move || recording_wav(&recordings, recording, LONGEST)).await.ok()?
    }
}

fn letter(reader: &MailReader, message: &Message, sound: Option<Vec<u8>>) -> Letter {
    let tongue = reader.language;
    let who = caller(message, tongue);
    let when = words::moment(message.left, &reader.time_zone, tongue);
    let length = words::length(message.length);
    let (subject, said, hear) = match tongue {
        Tongue::Fr => (
            format!("Message vocal de {who}"),
            format!("{who} vous a laissé un message de {length}, le {when}."),
            if sound.is_some() {
                "Le message est joint."
            } else {
                "Écoutez-le dans Palabre ou en composant *97."
            },
        ),
        Tongue::En => (
            format!("Voice message from {who}"),
            format!("{who} left you a message of {length} on {when}."),
            if sound.is_some() {
                "The message is attached."
            } else {
                "Hear it in Palabre or by dialling *97."
            },
        ),
    };
    let wav = sound.map(|bytes| Attachment { name: "message.wav", kind: "audio/wav", bytes });
    Letter {
        text: format!("{said}\n\n{hear}\n"),
        attachments: wav.into_iter().collect(),
        ..Letter::new(Some(reader.name.clone()), reader.email.clone(), &subject)
    }
}

fn caller(message: &Message, tongue: Tongue) -> String {
    match (message.from_name.trim(), message.from.trim(), tongue) {
        ("", "", Tongue::Fr) => "numéro masqué".to_owned(),
        ("", "", Tongue::En) => "a hidden number".to_owned(),
        ("", number, _) => number.to_owned(),
        (name, "", _) => name.to_owned(),
        (name, number, _) => format!("{name} ({number})"),
    }
}

/// Longer ones are heard where they are: three minutes make a mail of 4 MB.
const LONGEST: Duration = Duration::from_secs(180);

#[cfg(test)]
mod tests {
    use sip_gateway_proto::call::RecordingId;

    use super::*;
    use crate::accounts::Email;

    #[test]
    fn a_message_is_told_in_the_readers_language_and_time() {
        let reader = |language| MailReader {
            name: "Awa Diop".to_owned(),
            email: Email::new("awa@example.org").unwrap(),
            language,
            time_zone: "Africa/Porto-Novo".to_owned(),
        };
        let message = Message {
            recording: RecordingId(1),
            from: "201".to_owned(),
            from_name: "Ben".to_owned(),
            left: "2026-12-03T13:30:00Z".parse().unwrap(),
            length: Duration::from_secs(75),
            heard: false,
        };

        let french = letter(&reader(Tongue::Fr), &message, Some(vec![1]));
        assert_eq!(french.subject, "Message vocal de Ben (201)");
        assert!(
            french.text.starts_with(
                "Ben (201) vous a laissé un message de 1 min 15 s, le jeudi 3 décembre 2026 à 14:30"
            ),
            "{}",
            french.text
        );
        assert_eq!(french.attachments[0].name, "message.wav");
        let english = letter(&reader(Tongue::En), &message, None);
        assert!(english.text.contains("on Thursday 3 December 2026 at 14:30"), "{}", english.text);
        assert!(english.attachments.is_empty() && english.text.contains("*97"));
    }
}
