//! A backup of everything that outlives the program, made while it runs, and its way back.
//!
//! One archive holds the database as it was at one moment, the keys, the certificate, recordings and replaced prompts,
//! and last a manifest with the size and hash of each file. Whoever has it has all secrets of the house.

mod restore;
mod tar;
mod write;

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

pub use restore::{Restored, restore};
pub use write::{Saved, save};

use crate::store::StoreError;

/// What an archive says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Manifest {
    /// The version of this form.
    format: u32,
    /// The version of the program that made it.
    program: String,
    /// The newest migration of the database.
    database: i64,
    made_at: jiff::Timestamp,
    files: Vec<Listed>,
}

/// A file in the archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Listed {
    name: String,
    size: u64,
    sha256: String,
}

/// Why there is no backup, or none that could be restored.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BackupError {
    /// The archive exists.
    #[error("{0} exists already; choose another name, nothing is written over")]
    Exists(PathBuf),
    /// The directory to restore into is not empty.
    #[error("{0} is not empty; restore into a directory that is empty or not there yet")]
    NotEmpty(PathBuf),
    /// A file cannot be read or written.
    #[error("{path}: {reason}", path = path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What the system said.
        reason: std::io::Error,
    },
    /// The archive is not one of ours, or damaged.
    #[error("the archive cannot be used: {0}")]
    Archive(String),
    /// The archive is of a newer program.
    #[error(
        "the archive was made by version {0}, which is newer than this program; install that version first"
    )]
    Newer(String),
    /// The database fails.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl BackupError {
    fn file(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |reason| Self::File { path, reason }
    }
}

const FORMAT: u32 = 1;
const MANIFEST: &str = "manifest.json";
const DATABASE: &str = "palabre.sqlite";

#[cfg(test)]
mod tests;
