//! People and posts as tables: what an administrator takes out, works on in a spreadsheet, and brings back.
//!
//! An import is one change of the plan: every line is tried, each fault is told with its line, and everything becomes true
//! or nothing.

mod ldap;
mod posts;
mod report;
mod users;

pub use ldap::{import_people, put as put_person};
pub use posts::{POST_COLUMNS, export_posts, import_posts};
pub use report::{Fault, LineReport, Report, What};
pub use users::{Import, Made, USER_COLUMNS, export_users};

/// Why a table was not even tried.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// It is not a table of these columns.
    #[error("{0}")]
    Table(String),
    /// The directory does not answer.
    #[error(transparent)]
    Ldap(#[from] crate::accounts::ldap::LdapError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] crate::store::StoreError),
    /// No passwords can be made.
    #[error(transparent)]
    Password(#[from] crate::accounts::PasswordError),
}

/// The bytes of a table as text: UTF-8, with or without a byte order mark.
///
/// # Errors
/// When it is something else.
pub fn text_of(bytes: Vec<u8>) -> Result<String, ImportError> {
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let line = error.as_bytes()[..valid].iter().filter(|byte| **byte == b'\n').count() + 1;
        ImportError::Table(format!("line {line}: it is not in UTF-8; save the table as CSV UTF-8"))
    })
}

/// How a table is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Separator {
    /// As most programs read it.
    #[default]
    Comma,
    /// As French spreadsheets do; begins with the mark by which they know UTF-8.
    Semicolon,
}

impl Separator {
    fn begin(self) -> String {
        match self {
            Self::Comma => String::new(),
            Self::Semicolon => "\u{feff}".to_owned(),
        }
    }

    fn line<S: AsRef<str>>(self, fields: &[S]) -> String {
        crate::csv::line_with(if self == Self::Semicolon { ';' } else { ',' }, fields)
    }
}

/// More lines than any ministry has people; they are imported within seconds.
pub const MOST_LINES: usize = 20_000;
/// More bytes than so many lines need.
pub const MOST_BYTES: usize = 8 << 20;
