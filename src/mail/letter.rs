//! A letter and how it is written down (RFC 5322, MIME; iCalendar in mails as RFC 6047 wants it).

use std::time::SystemTime;

use jiff::Timestamp;
use lettre::Address;
use lettre::message::header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment as Attached, Body, Mailbox, Message, MultiPart, SinglePart};

use super::{Mail, Purpose, Relay};
use crate::accounts::{Email, random_letters};

/// What is to be told to one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// The name of whom it is for.
    pub name: Option<String>,
    /// Where.
    pub to: Email,
    /// Who reads the answers, if not who reads those of all mails.
    pub reply_to: Option<(String, Email)>,
    /// One line.
    pub subject: String,
    /// For whoever reads plain text.
    pub text: String,
    /// For all others.
    pub html: Option<String>,
    /// For their calendars.
    pub calendar: Option<CalendarPart>,
    /// Files beside it.
    pub attachments: Vec<Attachment>,
}

/// What a calendar takes in by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CalendarPart {
    /// What it is to do with it.
    pub method: Method,
    /// The iCalendar.
    pub text: String,
}

/// What a calendar is to do (RFC 5546).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Invites, or changes an invitation.
    Request,
    /// Takes it back.
    Cancel,
}

impl Method {
    fn as_str(self) -> &'static str {
        match self {
            Self::Request => "REQUEST",
            Self::Cancel => "CANCEL",
        }
    }
}

/// A file that goes along.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// Its name, plain ASCII.
    pub name: &'static str,
    /// What it is, `audio/wav`.
    pub kind: &'static str,
    /// What is in it.
    pub bytes: Vec<u8>,
}

/// Why a letter cannot be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LetterError {
    /// An address no mail server would take.
    #[error("mail cannot be sent to this address")]
    Address,
    /// More than mail servers take.
    #[error("the letter is too long: {0} bytes")]
    TooLong(usize),
    /// It cannot be put together.
    #[error("the letter cannot be put together: {0}")]
    Form(#[from] lettre::error::Error),
}

/// Whether mail can be sent to an address: not all that accounts may have are addresses of mail.
#[must_use]
pub fn is_mailable(email: &Email) -> bool {
    // With quotes and brackets there are addresses that mail programs read differently.
    let plain =
        email.as_str().bytes().all(|b| !matches!(b, b'"' | b'(' | b')' | b',' | b':' | b';' | b'<' | b'>'));
    plain && email.as_str().parse::<Address>().is_ok()
}

impl Letter {
    /// A letter with nothing in it yet.
    #[must_use]
    pub fn new(name: Option<String>, to: Email, subject: &str) -> Self {
        Self {
            name,
            to,
            reply_to: None,
            subject: subject.to_owned(),
            text: String::new(),
            html: None,
            calendar: None,
            attachments: Vec::new(),
        }
    }

    /// Writes it down as the relay sends it.
    ///
    /// # Errors
    /// When it cannot be a mail.
    pub fn write(self, relay: &Relay, purpose: Purpose, now: Timestamp) -> Result<Mail, LetterError> {
        let (name, from) = relay.sender();
        let message_id = format!("<{}@{}>", random_letters(26), from.domain());
        let mut builder = Message::builder()
            .from(Mailbox::new(Some(one_line(name)), from.clone()))
            .to(mailbox(self.name.as_deref(), &self.to)?)
            .subject(one_line(&self.subject))
            .message_id(Some(message_id.clone()))
            .date(SystemTime::from(now))
            // No automatic reply is wanted (RFC 3834).
            .raw_header(header("Auto-Submitted", "auto-generated"));
        if let Some((name, email)) = &self.reply_to {
            builder = builder.reply_to(mailbox(Some(name), email)?);
        }
        let recipient = self.to.clone();
        let message = builder.multipart(self.body())?.formatted();
        if message.len() > MOST_MESSAGE {
            return Err(LetterError::TooLong(message.len()));
        }
        // Everything in it is encoded, so that it is ASCII.
        let message = String::from_utf8_lossy(&message).into_owned();
        Ok(Mail { recipient, purpose, seat: None, message_id, message })
    }

    /// Text, HTML and calendar as three forms of one thing, then what goes along.
    fn body(self) -> MultiPart {
        let mut forms = MultiPart::alternative().singlepart(SinglePart::plain(self.text));
        if let Some(html) = self.html {
            forms = forms.singlepart(SinglePart::html(html));
        }
        let mut whole = MultiPart::mixed();
        let mut attachments = Vec::new();
        if let Some(calendar) = &self.calendar {
            let kind = format!("text/calendar; charset=utf-8; method={}", calendar.method.as_str());
            forms = forms.singlepart(
                SinglePart::builder()
                    .header(content_type(&kind))
                    .body(encoded(calendar.text.clone().into_bytes())),
            );
            attachments.push(
                Attached::new("invitation.ics".to_owned())
                    .body(encoded(calendar.text.clone().into_bytes()), content_type("application/ics")),
            );
        }
        attachments.extend(self.attachments.into_iter().map(|file| {
            Attached::new(file.name.to_owned()).body(encoded(file.bytes), content_type(file.kind))
        }));
        let mut whole = std::mem::take(&mut whole).multipart(forms);
        for attachment in attachments {
            whole = whole.singlepart(attachment);
        }
        whole
    }
}

fn mailbox(name: Option<&str>, email: &Email) -> Result<Mailbox, LetterError> {
    let address =
        Some(email).filter(|email| is_mailable(email)).and_then(|email| email.as_str().parse().ok());
    Ok(Mailbox::new(name.map(one_line), address.ok_or(LetterError::Address)?))
}

/// A text that cannot leave its header: line ends and other controls become spaces.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

fn header(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}

fn content_type(text: &str) -> ContentType {
    ContentType::parse(text).expect("content types are written by us")
}

/// Base64 keeps bytes as they are, line ends included.
fn encoded(bytes: Vec<u8>) -> Body {
    Body::new_with_encoding(bytes, ContentTransferEncoding::Base64).expect("everything can be Base64")
}

/// What most mail servers take with some room to spare.
const MOST_MESSAGE: usize = 9_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    /// It keeps connections in a pool, which lives in a runtime.
    fn relay() -> Relay {
        let mut config = crate::config::Config::default().mail;
        config.server = Some("mail.example.org".to_owned());
        config.from = Some(Email::new("palabre@example.org").unwrap());
        config.name = "Ministère".to_owned();
        config.authorities = Some("/dev/null".into());
        Relay::of(&config).unwrap().unwrap()
    }

    fn email(text: &str) -> Email {
        Email::new(text).unwrap()
    }

    #[tokio::test]
    async fn no_text_breaks_out_of_its_header() {
        let evil = "Point\r\nBcc: all@example.org\r\n\r\nText";
        let letter = Letter {
            text: "Bonjour".to_owned(),
            reply_to: Some((evil.to_owned(), email("awa@example.org"))),
            ..Letter::new(Some(format!("Awa {evil}")), email("ben@example.org"), evil)
        };

        let mail = letter.write(&relay(), Purpose::Test, Timestamp::UNIX_EPOCH).unwrap();

        let (head, _) = mail.message.split_once("\r\n\r\n").unwrap();
        assert!(!head.to_lowercase().lines().any(|line| line.starts_with("bcc")), "{head}");
        let names: Vec<_> = head
            .lines()
            .filter(|line| !line.starts_with([' ', '\t']))
            .map(|line| line.split(':').next())
            .collect();
        let expected = [
            "From",
            "To",
            "Subject",
            "Message-ID",
            "Date",
            "Auto-Submitted",
            "Reply-To",
            "MIME-Version",
            "Content-Type",
        ];
        assert_eq!(names, expected.map(Some), "{head}");
    }

    #[tokio::test]
    async fn names_beyond_ascii_are_encoded_words_and_the_whole_is_ascii() {
        let letter = Letter {
            text: "Bilatérale à 10 h 00".to_owned(),
            html: Some("<p>é</p>".to_owned()),
            ..Letter::new(
                Some("Élise N’Dour".to_owned()),
                email("elise@example.org"),
                "Commission mixte – préparation",
            )
        };

        let mail = letter.write(&relay(), Purpose::Test, Timestamp::UNIX_EPOCH).unwrap();

        assert!(mail.message.is_ascii());
        assert!(mail.message.contains("Subject: Commission mixte =?utf-8?b?"), "{}", mail.message);
        assert!(mail.message.contains("Auto-Submitted: auto-generated\r\n"));
        assert!(mail.message_id.ends_with("@example.org>") && mail.message.contains(&mail.message_id));
        assert!(mail.message.lines().all(|line| line.len() <= 998));
    }

    #[test]
    fn what_mail_programs_read_differently_is_no_address() {
        for good in ["awa.diop@example.org", "a+b@example.org"] {
            assert!(is_mailable(&email(good)), "{good}");
        }
        for bad in ["a,b@example.org", "a<b@example.org", "\"a\"@example.org", "a@-", "a@b;c"] {
            assert!(!is_mailable(&email(bad)), "{bad}");
        }
    }

    #[tokio::test]
    async fn a_letter_no_server_takes_is_not_written() {
        let file = Attachment { name: "message.wav", kind: "audio/wav", bytes: vec![0; 8_000_000] };
        let letter = Letter { attachments: vec![file], ..Letter::new(None, email("a@example.org"), "x") };

        let written = letter.write(&relay(), Purpose::Voicemail, Timestamp::UNIX_EPOCH);

        assert!(matches!(written, Err(LetterError::TooLong(_))));
    }
}
