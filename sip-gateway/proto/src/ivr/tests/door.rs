//! Phones at the door of a meeting, in virtual time.

use super::*;
use crate::ivr::Word;
use crate::ivr::pin::{BETWEEN_DIGITS, FIRST_DIGIT, LONGEST_PIN};

#[test]
fn who_types_a_right_pin_is_let_in() {
    let mut caller = Caller::dials(None);
    assert_eq!(caller.heard(), [Prompt::Welcome, Prompt::PinWanted]);
    caller.types("12345678#");
    assert_eq!(caller.asked(), Some(Entry::Pin("12345678".to_owned())));

    caller.is_told(admitted());

    assert_eq!(caller.heard(), [Prompt::YouAreIn]);
    assert!(caller.entered);
    assert_eq!(caller.door.poll_timeout(), None);
}

#[test]
fn the_greeting_ends_with_the_first_key() {
    let mut caller = Caller::dials(None);
    caller.types("1");
    assert!(caller.hushed);
}

#[test]
fn the_hash_key_may_be_forgotten_and_a_star_begins_anew() {
    let mut caller = Caller::dials(None);
    caller.types("99*1234");
    caller.waits(BETWEEN_DIGITS);

    assert_eq!(caller.asked(), Some(Entry::Pin("1234".to_owned())));
}

#[test]
fn three_wrong_pins_end_the_call() {
    let mut caller = Caller::dials(None);
    for _ in 0..2 {
        caller.types("1#");
        caller.is_told(DoorWord::Wrong);
        assert_eq!(caller.heard().last(), Some(&Prompt::PinWrong));
    }
    caller.types("1#");
    caller.is_told(DoorWord::Wrong);
    assert_eq!(caller.heard(), [Prompt::PinWrongLast]);
    assert!(!caller.hung_up, "it is said to its end");

    caller.has_heard_all();
    assert!(caller.hung_up);
}

#[test]
fn who_types_nothing_is_asked_again_and_then_left_alone() {
    let mut caller = Caller::dials(None);
    for _ in 1..MAX_IGNORED {
        caller.heard();
        caller.has_heard_all();
        caller.waits(FIRST_DIGIT);
        assert_eq!(caller.heard(), [Prompt::PinWanted]);
    }
    caller.has_heard_all();
    caller.waits(FIRST_DIGIT);
    assert_eq!(caller.heard(), [Prompt::Goodbye]);
    caller.waits(LONGEST_PHRASE);
    assert!(caller.hung_up);
}

#[test]
fn who_waits_for_the_host_is_told_so_now_and_then_but_not_for_ever() {
    let mut caller = Caller::dials(Some("m"));
    assert_eq!(caller.asked(), Some(Entry::Number("m".to_owned())));
    caller.heard();
    caller.is_told(DoorWord::Waiting);
    caller.waits(BETWEEN_ANNOUNCEMENTS);
    caller.is_told(DoorWord::Waiting);
    assert_eq!(caller.heard(), [Prompt::WaitingForHost; 2]);

    caller.waits(LONGEST_WAIT);
    assert_eq!(caller.heard().last(), Some(&Prompt::Goodbye));
}

#[test]
fn who_is_not_let_in_is_told_why() {
    for (word, prompt) in [
        (DoorWord::TooMany, Prompt::TryLater),
        (DoorWord::Locked, Prompt::MeetingLocked),
        (DoorWord::Full, Prompt::MeetingFull),
        (DoorWord::Refused, Prompt::Refused),
        (DoorWord::Ended, Prompt::MeetingOver),
        (DoorWord::Wrong, Prompt::TryLater),
    ] {
        let mut caller = Caller::dials(Some("m"));
        caller.heard();
        caller.is_told(word.clone());
        assert_eq!(caller.heard(), [prompt], "{word:?}");
        caller.has_heard_all();
        assert!(caller.hung_up && !caller.entered, "{word:?}");
    }
}

#[test]
fn an_office_that_says_nothing_is_not_waited_for_for_ever() {
    let mut caller = Caller::dials(Some("m"));
    caller.heard();
    caller.waits(LONGEST_DECISION);
    assert_eq!(caller.heard(), [Prompt::TryLater]);
    caller.is_told(admitted());
    assert!(!caller.entered, "it has given up");
}

#[test]
fn digits_without_end_are_no_pin() {
    let mut caller = Caller::dials(None);
    caller.types(&"7".repeat(1_000));
    assert_eq!(caller.asked(), Some(Entry::Pin("7".repeat(LONGEST_PIN))));
}

struct Caller {
    now: Instant,
    door: Door,
    heard: Vec<Prompt>,
    asked: Option<Entry>,
    hushed: bool,
    entered: bool,
    hung_up: bool,
}

impl Caller {
    fn dials(meeting: Option<&str>) -> Self {
        let now = Instant::now();
        let mut door = Door::new(now, meeting.map(str::to_owned), Language::French);
        door.begin(now);
        let (heard, asked) = (Vec::new(), None);
        let mut caller = Self { now, door, heard, asked, hushed: false, entered: false, hung_up: false };
        caller.drain();
        caller
    }

    fn types(&mut self, keys: &str) {
        for key in keys.chars() {
            self.door.press(self.now, key);
        }
        self.drain();
    }

    fn is_told(&mut self, word: DoorWord) {
        self.door.handle_word(self.now, word);
        self.drain();
    }

    fn has_heard_all(&mut self) {
        self.door.handle_said(self.now);
        self.drain();
    }

    fn waits(&mut self, duration: Duration) {
        let end = self.now + duration;
        while let Some(due) = self.door.poll_timeout().filter(|due| *due <= end) {
            self.now = due;
            self.door.handle_timeout(due);
            self.drain();
        }
        self.now = end;
    }

    fn heard(&mut self) -> Vec<Prompt> {
        std::mem::take(&mut self.heard)
    }

    fn asked(&mut self) -> Option<Entry> {
        self.asked.take()
    }

    fn drain(&mut self) {
        while let Some(output) = self.door.poll_output() {
            match output {
                GuideOutput::Say(phrase, _) => {
                    self.heard.extend(phrase.words().iter().map(|word| match word {
                        Word::Prompt(prompt) => *prompt,
                        Word::Recording(_) => panic!("nothing is recorded at the door"),
                    }));
                }
                GuideOutput::Hush => self.hushed = true,
                GuideOutput::Ask(entry) => self.asked = Some(entry),
                GuideOutput::Enter { .. } => self.entered = true,
                GuideOutput::HangUp => self.hung_up = true,
                other => panic!("no door does this: {other:?}"),
            }
        }
    }
}

fn admitted() -> DoorWord {
    DoorWord::Admitted {
        room: "room".to_owned(),
        name: "Awa".to_owned(),
        role: "guest".to_owned(),
        language: None,
    }
}
