//! The calls of browsers as they stand: what the phones' machine tells of each room end, put together.

use std::collections::HashMap;

use jiff::Timestamp;
use sip_gateway_proto::call::{EndCause, LegId, ScreenEvent, ScreenNews, is_call_room};

/// A call as one of its sides sees it, if that is an extension with browsers or a meeting that calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScreenCall {
    /// The room end.
    pub leg: LegId,
    /// Whose browsers are told.
    pub extension: String,
    /// Where they hear each other.
    pub room: String,
    /// Whether this side called.
    pub outgoing: bool,
    /// Whether it is a meeting that calls: then nobody's browser is at this end.
    pub by_meeting: bool,
    /// How far it is.
    pub state: CallState,
    /// The other side's number; empty if it is not shown.
    pub number: String,
    /// The name that came with it.
    pub name: String,
    /// What was dialled.
    pub dialled: String,
    /// Whether this side keeps the other waiting.
    pub held: bool,
    /// Whether the other side does.
    pub held_by_other: bool,
    /// Whether the other side is a browser, too.
    pub in_browser: bool,
    /// Whether the other side is a voice that asks for a message.
    pub mailbox: bool,
    /// When it began.
    pub since: Timestamp,
    /// When it was answered.
    pub answered: Option<Timestamp>,
    /// Why it is over, in a word.
    pub cause: Option<&'static str>,
    /// Nobody took what was transferred, by a SIP status: the call is back.
    pub transfer_failed: Option<u16>,
}

/// How far a call is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum CallState {
    /// It was placed.
    Calling,
    /// Somebody is being alerted.
    Ringing,
    /// They talk.
    Talking,
    /// It is over.
    Ended,
}

/// All calls of browsers. The phones' machine bounds how many there are.
#[derive(Debug, Default)]
pub struct Board {
    calls: HashMap<LegId, ScreenCall>,
}

impl Board {
    /// Takes news; answers with the call as it stands now, unless the news makes no sense.
    pub fn take(&mut self, news: &ScreenNews, now: Timestamp) -> Option<ScreenCall> {
        match &news.event {
            ScreenEvent::Rings { from, from_name, dialled } => {
                let call = ScreenCall {
                    number: from.clone(),
                    name: from_name.clone(),
                    state: CallState::Ringing,
                    ..began(news, dialled, now)
                };
                self.calls.insert(news.leg, call);
            }
            ScreenEvent::Placed { dialled } => {
                let by_meeting = !is_call_room(&news.room);
                let number = dialled.clone();
                let call = ScreenCall { outgoing: true, by_meeting, number, ..began(news, dialled, now) };
                self.calls.insert(news.leg, call);
            }
            ScreenEvent::RingsNoMore { why: cause } | ScreenEvent::Ended { cause } => {
                let call = self.calls.remove(&news.leg)?;
                return Some(ScreenCall { state: CallState::Ended, cause: Some(cause_word(cause)), ..call });
            }
            event => self.calls.get_mut(&news.leg)?.hear(event, news, now),
        }
        self.calls.get(&news.leg).cloned()
    }

    /// A call of an extension that is not over.
    #[must_use]
    pub fn call(&self, leg: LegId, extension: &str) -> Option<&ScreenCall> {
        self.calls.get(&leg).filter(|call| call.extension == extension)
    }

    /// The calls of an extension, the oldest first.
    #[must_use]
    pub fn of(&self, extension: &str) -> Vec<ScreenCall> {
        let own = self.calls.values().filter(|call| call.extension == extension);
        let mut calls: Vec<ScreenCall> = own.cloned().collect();
        calls.sort_by_key(|call| (call.since, call.leg));
        calls
    }

    /// The room ends at which a browser of an extension should be, in a room.
    #[must_use]
    pub fn legs_in(&self, room: &str, extension: &str) -> Vec<LegId> {
        let here = |call: &&ScreenCall| call.room == room && call.extension == extension && !call.by_meeting;
        self.calls.values().filter(here).map(|call| call.leg).collect()
    }

    /// The room and the extension of every room end at which a browser should be.
    #[must_use]
    pub fn sides(&self) -> Vec<(String, String)> {
        self.calls
            .values()
            .filter(|call| !call.by_meeting)
            .map(|call| (call.room.clone(), call.extension.clone()))
            .collect()
    }

    /// Whether a room has a call at all.
    #[must_use]
    pub fn has_room(&self, room: &str) -> bool {
        self.calls.values().any(|call| call.room == room)
    }
}

impl ScreenCall {
    fn hear(&mut self, event: &ScreenEvent, news: &ScreenNews, now: Timestamp) {
        match event {
            ScreenEvent::Ringing if self.state == CallState::Calling => self.state = CallState::Ringing,
            ScreenEvent::Answered { by, name, in_browser } => {
                self.state = CallState::Talking;
                self.answered.get_or_insert(now);
                self.in_browser = *in_browser;
                self.transfer_failed = None;
                // Several who talk to each other have names and no number.
                if !(by.is_empty() && name.is_empty()) {
                    self.number.clone_from(by);
                    self.name.clone_from(name);
                }
            }
            ScreenEvent::Mailbox { of, name } => {
                self.state = CallState::Talking;
                self.answered.get_or_insert(now);
                (self.in_browser, self.mailbox) = (false, true);
                self.number.clone_from(of);
                self.name.clone_from(name);
            }
            ScreenEvent::Held { mine, theirs } => (self.held, self.held_by_other) = (*mine, *theirs),
            ScreenEvent::Moved => self.room.clone_from(&news.room),
            ScreenEvent::TransferFailed { status } => self.transfer_failed = Some(*status),
            _ => {}
        }
    }
}

fn began(news: &ScreenNews, dialled: &str, now: Timestamp) -> ScreenCall {
    ScreenCall {
        leg: news.leg,
        extension: news.extension.clone(),
        room: news.room.clone(),
        outgoing: false,
        by_meeting: false,
        state: CallState::Calling,
        number: String::new(),
        name: String::new(),
        dialled: dialled.to_owned(),
        held: false,
        held_by_other: false,
        in_browser: false,
        mailbox: false,
        since: now,
        answered: None,
        cause: None,
        transfer_failed: None,
    }
}

fn cause_word(cause: &EndCause) -> &'static str {
    match cause {
        EndCause::HungUp => "hung-up",
        EndCause::OtherHungUp => "other-hung-up",
        EndCause::Cancelled => "cancelled",
        EndCause::AnsweredElsewhere => "answered-elsewhere",
        EndCause::Transferred => "transferred",
        EndCause::Refused(486 | 600) => "busy",
        EndCause::Refused(603) => "declined",
        EndCause::Refused(404 | 410 | 480 | 484 | 604) => "unreachable",
        EndCause::Refused(_) => "refused",
        EndCause::NoAnswer => "no-answer",
        EndCause::Lost => "lost",
        EndCause::Failed(_) => "failed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_that_comes_in_rings_and_is_answered_once() {
        let mut board = Board::default();
        let rings = ScreenEvent::Rings {
            from: "201".to_owned(),
            from_name: "Awa".to_owned(),
            dialled: "202".to_owned(),
        };

        let call = board.take(&news(rings), at(0)).unwrap();
        assert_eq!((call.state, call.outgoing, call.number.as_str()), (CallState::Ringing, false, "201"));
        let answered =
            ScreenEvent::Answered { by: "201".to_owned(), name: "Awa Diop".to_owned(), in_browser: true };
        let call = board.take(&news(answered), at(5)).unwrap();
        assert_eq!(
            (call.state, call.answered, call.name.as_str()),
            (CallState::Talking, Some(at(5)), "Awa Diop")
        );
        assert!(board.call(LegId(7), "202").is_some() && board.call(LegId(7), "201").is_none());

        let call = board.take(&news(ScreenEvent::Ended { cause: EndCause::HungUp }), at(9)).unwrap();
        assert_eq!((call.state, call.cause), (CallState::Ended, Some("hung-up")));
        assert!(board.of("202").is_empty() && !board.has_room("call-abcdefghijklmnop"));
        assert_eq!(board.take(&news(ScreenEvent::Ringing), at(10)), None, "it is over");
    }

    #[test]
    fn a_placed_call_says_who_answered_it() {
        let mut board = Board::default();
        board.take(&news(ScreenEvent::Placed { dialled: "300".to_owned() }), at(0));
        board.take(&news(ScreenEvent::Ringing), at(1));

        let answered = ScreenEvent::Answered { by: "203".to_owned(), name: String::new(), in_browser: false };
        let call = board.take(&news(answered), at(2)).unwrap();

        assert_eq!((call.outgoing, call.dialled.as_str(), call.number.as_str()), (true, "300", "203"));
        let several = "Awa Diop, Ben".to_owned();
        let others = ScreenEvent::Answered { by: String::new(), name: several.clone(), in_browser: true };
        let call = board.take(&news(others), at(2)).unwrap();
        assert_eq!((call.number.as_str(), &call.name), ("", &several));
        let held = board.take(&news(ScreenEvent::Held { mine: true, theirs: false }), at(3)).unwrap();
        assert!(held.held && !held.held_by_other);
        let late = board.take(&news(ScreenEvent::Ringing), at(4)).unwrap();
        assert_eq!(late.state, CallState::Talking, "a phone that rings late changes nothing");
    }

    #[test]
    fn a_voice_that_asks_for_a_message_is_told_from_a_person() {
        let mut board = Board::default();
        board.take(&news(ScreenEvent::Placed { dialled: "300".to_owned() }), at(0));

        let asks = ScreenEvent::Mailbox { of: "203".to_owned(), name: "Ben".to_owned() };
        let call = board.take(&news(asks), at(20)).unwrap();

        assert!(call.mailbox && !call.in_browser);
        assert_eq!(
            (call.state, call.answered, call.number.as_str()),
            (CallState::Talking, Some(at(20)), "203")
        );
    }

    #[test]
    fn a_call_that_moves_is_in_the_other_room() {
        let mut board = Board::default();
        board.take(&news(ScreenEvent::Placed { dialled: "201".to_owned() }), at(0));

        board.take(&ScreenNews { room: "abc-defg-hij".to_owned(), ..news(ScreenEvent::Moved) }, at(1));

        assert_eq!(board.legs_in("abc-defg-hij", "202"), [LegId(7)]);
        assert!(!board.has_room("call-abcdefghijklmnop"));
    }

    #[test]
    fn at_a_meeting_that_calls_there_is_no_browser() {
        let mut board = Board::default();
        let placed = news(ScreenEvent::Placed { dialled: "201".to_owned() });
        board.take(&ScreenNews { room: "abc-defg-hij".to_owned(), ..placed }, at(0));

        assert!(board.legs_in("abc-defg-hij", "202").is_empty());
        assert_eq!(board.of("202").len(), 1);
    }

    fn news(event: ScreenEvent) -> ScreenNews {
        ScreenNews {
            leg: LegId(7),
            extension: "202".to_owned(),
            room: "call-abcdefghijklmnop".to_owned(),
            event,
        }
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_795_000_000 + seconds).unwrap()
    }
}
