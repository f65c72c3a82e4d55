//! The way of a phone into a meeting, as the office decides it.

use crate::plan::Language;

/// How a phone wants to come in.
#[derive(Clone, PartialEq, Eq)]
pub enum Entry {
    /// With the PIN of a meeting, as it was typed.
    Pin(String),
    /// By a number that leads to one meeting: the meeting, as the plan has it.
    Number(String),
}

/// A PIN is a secret.
impl std::fmt::Debug for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Pin(_) => f.write_str("Pin(…)"),
            Self::Number(meeting) => write!(f, "Number({meeting})"),
        }
    }
}

/// Who stands at the door.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visitor {
    /// An extension's number, or a public one in E.164; empty if it is not shown.
    pub number: String,
    /// The name beside it, if one is known.
    pub name: String,
    /// The extension, if it is one of ours, as its password has proved.
    pub extension: Option<String>,
    /// By which guesses are counted: the same for the same caller, and for all who hide their number on one trunk.
    pub address_key: String,
}

/// What a phone at the door is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DoorWord {
    /// No meeting has this PIN, or none is to be reached by this number.
    Wrong,
    /// There were too many wrong PINs of late.
    TooMany,
    /// Nobody is let in any more.
    Locked,
    /// All places are taken.
    Full,
    /// A host will decide.
    Waiting,
    /// It may go in.
    Admitted {
        /// The room.
        room: String,
        /// What the others see.
        name: String,
        /// Its part there, in the office's words.
        role: String,
        /// In which language it is spoken to from now on, if that is known.
        language: Option<Language>,
    },
    /// A host does not let it in.
    Refused,
    /// The meeting has ended.
    Ended,
}
