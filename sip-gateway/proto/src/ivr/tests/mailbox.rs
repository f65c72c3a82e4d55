//! Somebody listens to his messages, and says what callers are to hear.

use super::*;
use crate::call::RecordingId;
use crate::ivr::Word;

#[test]
fn new_messages_come_first_and_are_heard_once_they_were_said() {
    let mut caller = Caller::opens(vec![message(1, true), message(2, false)]);
    let first = caller.said();
    assert!(first.contains(&Word::Recording(RecordingId(2))), "{first:?}");
    assert!(first.contains(&Word::Prompt(Prompt::NewMessage)));
    caller.mailbox.handle_said(caller.now);
    assert_eq!(caller.outputs(), [GuideOutput::Heard(RecordingId(2))]);

    caller.mailbox.press(caller.now, '#');
    assert!(caller.said().contains(&Word::Recording(RecordingId(1))));
    caller.mailbox.press(caller.now, '3');
    let done = caller.outputs();
    assert!(done.contains(&GuideOutput::Delete(RecordingId(1))), "{done:?}");
    caller.mailbox.press(caller.now, '0');
    assert_eq!(caller.said(), [Word::Prompt(Prompt::Goodbye)]);
    caller.mailbox.handle_said(caller.now);
    assert_eq!(caller.outputs(), [GuideOutput::HangUp], "there are no more");
}

#[test]
fn a_message_may_be_heard_again_and_a_wrong_key_does_nothing() {
    let mut caller = Caller::opens(vec![message(1, false)]);
    caller.said();
    caller.mailbox.press(caller.now, '9');
    assert_eq!(caller.outputs(), []);
    caller.mailbox.press(caller.now, '1');
    assert!(caller.said().contains(&Word::Recording(RecordingId(1))));
    caller.mailbox.press(caller.now, '0');
    assert_eq!(caller.said(), [Word::Prompt(Prompt::Goodbye)]);
}

#[test]
fn three_wrong_pins_end_the_call_and_silence_does() {
    let mut caller = Caller::dials();
    for _ in 0..3 {
        caller.types("99#");
        caller.mailbox.handle_word(caller.now, MailboxWord::Wrong);
    }
    assert_eq!(caller.said().last(), Some(&Word::Prompt(Prompt::Goodbye)));

    let mut silent = Caller::dials();
    let due = silent.mailbox.poll_timeout().expect("it waits");
    silent.mailbox.handle_timeout(due);
    assert_eq!(silent.said().last(), Some(&Word::Prompt(Prompt::Goodbye)));
}

#[test]
fn an_empty_mailbox_says_so_and_what_else_can_be_done() {
    let mut caller = Caller::opens(Vec::new());
    let more = [Prompt::NoNewMessages, Prompt::GreetingMenu].map(Word::Prompt);
    assert_eq!(caller.said(), more);
    let due = caller.mailbox.poll_timeout().expect("it waits");
    caller.mailbox.handle_timeout(due);
    assert_eq!(caller.said(), [Word::Prompt(Prompt::Goodbye)]);
}

#[test]
fn a_greeting_is_recorded_heard_and_kept_or_another_is_or_none() {
    for (key, done) in [('2', Some(RecordingId(5))), ('5', None)] {
        let mut caller = Caller::opens(Vec::new());
        caller.outputs();
        caller.mailbox.press(caller.now, '4');
        assert_eq!(caller.said(), [Prompt::RecordGreeting, Prompt::Beep].map(Word::Prompt));
        caller.records(RecordingId(4));
        caller.mailbox.press(caller.now, '4');
        let again = caller.outputs();
        assert!(again.contains(&GuideOutput::Delete(RecordingId(4))), "{again:?}");
        caller.records(RecordingId(5));

        caller.mailbox.press(caller.now, key);
        let length = done.map_or(Duration::ZERO, |_| Duration::from_secs(9));
        let outputs = caller.outputs();
        assert!(outputs.contains(&GuideOutput::Greet(done, length)), "{outputs:?}");
        assert_eq!(outputs.contains(&GuideOutput::Delete(RecordingId(5))), done.is_none());
        caller.mailbox.handle_said(caller.now);
        caller.mailbox.press(caller.now, '0');
        assert_eq!(caller.said(), [Word::Prompt(Prompt::Goodbye)]);
    }
}

#[test]
fn a_breath_is_no_greeting_and_who_says_nothing_keeps_none() {
    let mut caller = Caller::opens(Vec::new());
    caller.mailbox.press(caller.now, '4');
    caller.mailbox.handle_said(caller.now);
    caller.mailbox.handle_recorded(caller.now, None);
    assert_eq!(caller.said().last(), Some(&Word::Prompt(Prompt::Goodbye)));

    let mut silent = Caller::opens(Vec::new());
    silent.mailbox.press(silent.now, '4');
    silent.outputs();
    silent.records(RecordingId(4));
    let due = silent.mailbox.poll_timeout().expect("it waits");
    silent.mailbox.handle_timeout(due);
    assert!(silent.outputs().contains(&GuideOutput::Delete(RecordingId(4))));
}

struct Caller {
    now: Instant,
    mailbox: Mailbox,
}

impl Caller {
    fn dials() -> Self {
        let now = Instant::now();
        let mut mailbox = Mailbox::new(now, Language::French);
        mailbox.begin(now);
        Self { now, mailbox }
    }

    fn opens(messages: Vec<VoiceMessage>) -> Self {
        let mut caller = Self::dials();
        caller.types("4711#");
        assert!(caller.outputs().contains(&GuideOutput::OpenMailbox("4711".to_owned())));
        caller.mailbox.handle_word(caller.now, MailboxWord::Open(messages));
        caller
    }

    /// Says a greeting of nine seconds, and hears it.
    fn records(&mut self, recording: RecordingId) {
        self.mailbox.handle_said(self.now);
        let outputs = self.outputs();
        assert!(matches!(outputs.last(), Some(GuideOutput::RecordGreeting(_))), "{outputs:?}");
        self.mailbox.press(self.now, '#');
        assert_eq!(self.outputs(), [GuideOutput::StopRecording]);
        self.mailbox.handle_recorded(self.now, Some((recording, Duration::from_secs(9))));
        let heard = [Word::Recording(recording), Word::Prompt(Prompt::GreetingReview)];
        assert_eq!(self.said(), heard);
    }

    fn types(&mut self, keys: &str) {
        for key in keys.chars() {
            self.mailbox.press(self.now, key);
        }
    }

    fn outputs(&mut self) -> Vec<GuideOutput> {
        std::iter::from_fn(|| self.mailbox.poll_output()).collect()
    }

    fn said(&mut self) -> Vec<Word> {
        let words = |output: GuideOutput| match output {
            GuideOutput::Say(phrase, _) => phrase.words().to_vec(),
            _ => Vec::new(),
        };
        self.outputs().into_iter().flat_map(words).collect()
    }
}

fn message(id: u64, heard: bool) -> VoiceMessage {
    VoiceMessage { recording: RecordingId(id), from: "1001".to_owned(), heard }
}
