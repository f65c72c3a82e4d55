//! Which calls a line has: the lamps beside names on a phone (RFC 4235).

use std::fmt::{self, Write};

use super::EventState;
use crate::dialog::DialogId;
use crate::message::Uri;

/// The calls of one line, always told in full.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DialogInfo {
    /// The line that is watched.
    pub entity: Uri,
    /// Its calls; more than [`MAX_DIALOGS`] are not told.
    pub dialogs: Vec<WatchedDialog>,
}

/// One call of a line that is watched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WatchedDialog {
    /// A name that stays the same while the call lasts.
    pub id: String,
    /// The dialog as we hold it for the line, so that a watcher can take the call over: its Replaces comes to us.
    pub dialog: Option<DialogId>,
    /// Whether the line made the call.
    pub outgoing: bool,
    /// How far it is.
    pub state: WatchedState,
    /// The other side, if the watcher may know.
    pub remote: Option<(Uri, Option<String>)>,
}

/// How far a call is (RFC 4235 §3.7.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum WatchedState {
    /// It was begun.
    Trying,
    /// Something was heard of it.
    Proceeding,
    /// It rings.
    Early,
    /// It was answered.
    Confirmed,
    /// It is over.
    Terminated,
}

impl WatchedState {
    fn word(self) -> &'static str {
        match self {
            Self::Trying => "trying",
            Self::Proceeding => "proceeding",
            Self::Early => "early",
            Self::Confirmed => "confirmed",
            Self::Terminated => "terminated",
        }
    }
}

impl EventState for DialogInfo {
    fn package(&self) -> &'static str {
        "dialog"
    }

    fn content_type(&self) -> &'static str {
        "application/dialog-info+xml"
    }

    fn document(&self, version: u32) -> String {
        let mut text = String::with_capacity(256 + 384 * self.dialogs.len().min(MAX_DIALOGS));
        self.write(&mut text, version).expect("a string takes all that is written to it");
        text
    }
}

impl DialogInfo {
    fn write(&self, out: &mut String, version: u32) -> fmt::Result {
        let entity = Escaped(self.entity.as_str());
        writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
        writeln!(
            out,
            "<dialog-info xmlns=\"urn:ietf:params:xml:ns:dialog-info\" version=\"{version}\" state=\"full\" \
             entity=\"{entity}\">"
        )?;
        for dialog in self.dialogs.iter().take(MAX_DIALOGS) {
            dialog.write(out, &entity)?;
        }
        writeln!(out, "</dialog-info>")
    }
}

impl WatchedDialog {
    fn write(&self, out: &mut String, entity: &Escaped<'_>) -> fmt::Result {
        write!(out, "<dialog id=\"{}\"", Escaped(&self.id))?;
        if let Some(id) = &self.dialog {
            let (local, remote) = (Escaped(id.local_tag()), Escaped(id.remote_tag()));
            write!(
                out,
                " call-id=\"{}\" local-tag=\"{local}\" remote-tag=\"{remote}\"",
                Escaped(id.call_id())
            )?;
        }
        let direction = if self.outgoing { "initiator" } else { "recipient" };
        writeln!(out, " direction=\"{direction}\">")?;
        writeln!(out, "<state>{}</state>", self.state.word())?;
        // Some phones take a call over only if both sides are named, with targets.
        writeln!(out, "<local><identity>{entity}</identity><target uri=\"{entity}\"/></local>")?;
        if let Some((uri, name)) = &self.remote {
            let uri = Escaped(uri.as_str());
            write!(out, "<remote><identity")?;
            if let Some(name) = name {
                write!(out, " display=\"{}\"", Escaped(name))?;
            }
            writeln!(out, ">{uri}</identity><target uri=\"{uri}\"/></remote>")?;
        }
        writeln!(out, "</dialog>")
    }
}

/// Text as XML takes it, in content and in attributes; what XML cannot hold at all is left out.
struct Escaped<'a>(&'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for letter in self.0.chars() {
            match letter {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&apos;")?,
                letter if letter.is_control() || matches!(letter, '\u{FFFE}' | '\u{FFFF}') => {}
                letter => f.write_char(letter)?,
            }
        }
        Ok(())
    }
}

/// The most calls of one line that are told.
pub const MAX_DIALOGS: usize = 16;
