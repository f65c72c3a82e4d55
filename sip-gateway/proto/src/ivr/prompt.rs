//! The sentences that callers hear. Their texts are in `sip-gateway/prompts`, by the names given here.

macro_rules! prompts {
    ($($(#[$doc:meta])+ $prompt:ident = $name:literal,)+) => {
        /// One recorded sentence, or a piece of one.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Prompt {
            $($(#[$doc])+ $prompt,)+
        }

        impl Prompt {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$prompt),+];

            /// Its name: that of its text, and of the file that an administrator may put in its place.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$prompt => $name,)+
                }
            }
        }
    };
}

prompts! {
    /// Greets who dialled in.
    Welcome = "welcome",
    /// Asks for the PIN of a meeting, ended with the hash key.
    PinWanted = "pin-wanted",
    /// No meeting has this PIN; asks again.
    PinWrong = "pin-wrong",
    /// The last wrong PIN; the call ends.
    PinWrongLast = "pin-wrong-last",
    /// The host will let the caller in.
    WaitingForHost = "waiting-for-host",
    /// The caller is in the meeting.
    YouAreIn = "you-are-in",
    /// What the caller says is not heard.
    Muted = "muted",
    /// It is heard again.
    Unmuted = "unmuted",
    /// The host has muted the caller.
    MutedByHost = "muted-by-host",
    /// The host lets the caller be heard again.
    UnmutedByHost = "unmuted-by-host",
    /// The caller asks for the floor.
    HandRaised = "hand-raised",
    /// The caller does so no more.
    HandLowered = "hand-lowered",
    /// The caller has the floor, and star six opens the microphone.
    FloorGiven = "floor-given",
    /// The caller has the floor, and is heard already.
    FloorYours = "floor-yours",
    /// The caller has the floor no more.
    FloorClosed = "floor-closed",
    /// The host was told that the caller wants something.
    HostAsked = "host-asked",
    /// Nobody is let in any more.
    MeetingLocked = "meeting-locked",
    /// All places are taken.
    MeetingFull = "meeting-full",
    /// The host did not let the caller in.
    Refused = "refused",
    /// The host has ended the meeting.
    MeetingOver = "meeting-over",
    /// The host has removed the caller.
    Removed = "removed",
    /// Something of ours is amiss, or too many wrong PINs came.
    TryLater = "try-later",

    /// Before the digits of an extension: "extension …".
    Extension = "extension",
    /// After them: "… does not answer".
    DoesNotAnswer = "does-not-answer",
    /// Speak after the beep, end with the hash key.
    LeaveMessage = "leave-message",
    /// The message is kept; the call ends.
    Recorded = "recorded",
    /// The mailbox takes no more.
    MailboxFull = "mailbox-full",
    /// Asks for the code of the mailbox, ended with the hash key.
    MailboxPin = "mailbox-pin",
    /// The code is wrong; asks again.
    MailboxPinWrong = "mailbox-pin-wrong",
    /// Before a number of messages: "you have …".
    YouHave = "you-have",
    /// After "one".
    NewMessage = "new-message",
    /// After any other number.
    NewMessages = "new-messages",
    /// "No new message".
    NoNewMessages = "no-new-messages",
    /// After "one": a message that was heard and kept.
    KeptMessage = "kept-message",
    /// After any other number.
    KeptMessages = "kept-messages",
    /// "First message".
    FirstMessage = "first-message",
    /// "Next message".
    NextMessage = "next-message",
    /// "Message from …", before digits.
    MessageFrom = "message-from",
    /// There are no more.
    NoMoreMessages = "no-more-messages",
    /// What the keys do after a message: 1 again, 2 keep, 3 delete, hash the next, 0 the end.
    MailboxMenu = "mailbox-menu",
    /// The message is deleted.
    Deleted = "deleted",
    /// The message is kept.
    Saved = "saved",
    /// Before the end: four records one's own greeting, zero is the end.
    GreetingMenu = "greeting-menu",
    /// Speak the greeting after the beep, end with the hash key.
    RecordGreeting = "record-greeting",
    /// After a greeting: two keeps it, four records another, five goes back to the standard one, zero is the end.
    GreetingReview = "greeting-review",
    /// The greeting is kept.
    GreetingKept = "greeting-kept",
    /// Callers hear the standard greeting.
    GreetingStandard = "greeting-standard",
    /// Ends a call that was led by voice.
    Goodbye = "goodbye",

    /// A digit, and a number of things.
    Zero = "0",
    /// A digit, and a number of things.
    One = "1",
    /// A digit, and a number of things.
    Two = "2",
    /// A digit, and a number of things.
    Three = "3",
    /// A digit, and a number of things.
    Four = "4",
    /// A digit, and a number of things.
    Five = "5",
    /// A digit, and a number of things.
    Six = "6",
    /// A digit, and a number of things.
    Seven = "7",
    /// A digit, and a number of things.
    Eight = "8",
    /// A digit, and a number of things.
    Nine = "9",
    /// A number of things.
    Ten = "10",
    /// A number of things.
    Eleven = "11",
    /// A number of things.
    Twelve = "12",
    /// A number of things.
    Thirteen = "13",
    /// A number of things.
    Fourteen = "14",
    /// A number of things.
    Fifteen = "15",
    /// A number of things.
    Sixteen = "16",
    /// A number of things.
    Seventeen = "17",
    /// A number of things.
    Eighteen = "18",
    /// A number of things.
    Nineteen = "19",
    /// A number of things.
    Twenty = "20",
    /// Any larger number of things.
    MoreThanTwenty = "more-than-20",
    /// From here on the caller speaks. No sentence, so that it has no text.
    Beep = "beep",
}

impl Prompt {
    /// How a digit is said.
    #[must_use]
    pub fn of_digit(digit: char) -> Option<Self> {
        digit.to_digit(10).map(Self::of_count)
    }

    /// How a number of things is said.
    #[must_use]
    pub fn of_count(count: u32) -> Self {
        NUMBERS.get(count as usize).copied().unwrap_or(Self::MoreThanTwenty)
    }
}

use Prompt::{
    Eight, Eighteen, Eleven, Fifteen, Five, Four, Fourteen, Nine, Nineteen, One, Seven, Seventeen, Six,
    Sixteen, Ten, Thirteen, Three, Twelve, Twenty, Two, Zero,
};

const NUMBERS: [Prompt; 21] = [
    Zero, One, Two, Three, Four, Five, Six, Seven, Eight, Nine, Ten, Eleven, Twelve, Thirteen, Fourteen,
    Fifteen, Sixteen, Seventeen, Eighteen, Nineteen, Twenty,
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_are_names_of_files_and_no_two_are_the_same() {
        let names: HashSet<&str> = Prompt::ALL.iter().map(|prompt| prompt.name()).collect();
        assert_eq!(names.len(), Prompt::ALL.len());
        for name in names {
            let simple = |sign: char| sign.is_ascii_lowercase() || sign.is_ascii_digit() || sign == '-';
            assert!(!name.is_empty() && name.chars().all(simple), "{name}");
        }
    }

    #[test]
    fn numbers_are_said_by_their_names() {
        for count in 0..=20 {
            assert_eq!(Prompt::of_count(count).name(), count.to_string());
        }
        assert_eq!(Prompt::of_count(21), Prompt::MoreThanTwenty);
        assert_eq!(Prompt::of_digit('7'), Some(Prompt::Seven));
        assert_eq!(Prompt::of_digit('#'), None);
    }
}
