//! What came of an import, line by line.

use serde::Serialize;

use crate::directory::PlanError;
use crate::store::StoreError;

/// What came of an import, or would come of it.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Lines that are new.
    pub added: usize,
    /// Lines that change what is there.
    pub changed: usize,
    /// Lines that say what is there already.
    pub same: usize,
    /// Lines that cannot be taken.
    pub faulty: usize,
    /// Faults first, then what is added and changed, as many as one reads.
    pub lines: Vec<LineReport>,
    /// Whether it was done, and not only tried.
    pub done: bool,
}

/// What came of one line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LineReport {
    /// Its number, counted as an editor does.
    pub line: usize,
    /// Whom or what it is about.
    pub name: String,
    /// What it does.
    pub what: What,
    /// What is wrong with it.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub fault: Option<Fault>,
}

/// What a line does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum What {
    /// Nothing: it cannot be taken.
    Fault,
    /// It adds.
    Add,
    /// It changes.
    Change,
    /// Nothing: it says what is there already.
    Same,
}

/// What is wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// The column, if it is one.
    pub field: Option<&'static str>,
    /// Why, as a part of a sentence.
    pub reason: String,
}

impl Fault {
    pub(super) fn at(field: &'static str, reason: impl ToString) -> Self {
        Self { field: Some(field), reason: reason.to_string() }
    }

    pub(super) fn of_line(reason: impl ToString) -> Self {
        Self { field: None, reason: reason.to_string() }
    }

    /// The fault of a line, or the failure of the store.
    pub(super) fn of(error: PlanError) -> Result<Self, StoreError> {
        match error {
            PlanError::Store(error) => Err(error),
            PlanError::Invalid { field, reason } => Ok(Self::at(field, reason)),
            other => Ok(Self::of_line(other)),
        }
    }
}

impl std::fmt::Display for LineReport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { line, name, .. } = self;
        match &self.fault {
            Some(Fault { field: Some(field), reason }) => {
                write!(f, "line {line}: {field} cannot be used: {reason}")
            }
            Some(Fault { field: None, reason }) => write!(f, "line {line}: {reason}"),
            None if self.what == What::Add => write!(f, "line {line}: {name} is added"),
            None if self.what == What::Change => write!(f, "line {line}: {name} is changed"),
            None => write!(f, "line {line}: {name} stays as it is"),
        }
    }
}

impl Report {
    pub(super) fn note(&mut self, line: usize, name: &str, what: Result<What, Fault>) {
        let (what, fault) = match what {
            Ok(what) => (what, None),
            Err(fault) => (What::Fault, Some(fault)),
        };
        match what {
            What::Fault => self.faulty += 1,
            What::Add => self.added += 1,
            What::Change => self.changed += 1,
            What::Same => self.same += 1,
        }
        let told = self.lines.iter().filter(|known| known.what == what).count();
        if told < MOST_TOLD && what != What::Same {
            let name = name.chars().take(MOST_NAME).collect();
            self.lines.push(LineReport { line, name, what, fault });
        }
    }

    pub(super) fn close(&mut self) {
        self.lines.sort_by_key(|line| (line.what, line.line));
    }

    /// Whether every line can be taken.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.faulty == 0
    }
}

/// Of each kind of line, so many are told.
const MOST_TOLD: usize = 200;
const MOST_NAME: usize = 254;
