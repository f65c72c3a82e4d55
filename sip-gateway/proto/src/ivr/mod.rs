//! Calls that are led by voice: what is said to them, and what their keys mean. The sounds themselves are made elsewhere;
//! here are their names.

mod door;
mod greeting;
mod guide;
mod mailbox;
mod phrase;
mod pin;
mod prompt;
mod recorder;
mod star;

pub use door::Door;
pub use guide::{Guide, GuideOutput};
pub use mailbox::Mailbox;
pub use phrase::{Phrase, Word};
pub use prompt::Prompt;
pub use recorder::{LONGEST_GREETING, Recorder};
pub use star::{StarCode, StarCodes};
