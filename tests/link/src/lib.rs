//! A network link with the faults of real ones: delay, jitter, loss, runs of loss, a bottleneck with a queue that drops
//! what it cannot hold, a policer, bulk transfers beside, cuts, and all of it changing with time.
//!
//! [`Path`] is the model: packets of any kind, a virtual clock, the same outcome for the same seed. The program
//! `palabre-link` puts the same model between real sockets.

mod bulk;
mod conditions;
mod path;
mod profile;
mod random;
mod spec;

pub use conditions::{Conditions, Loss, Policer, Queue};
pub use path::{Counts, Delivery, Path};
pub use profile::{Profile, Schedule, profiles};
pub use random::Random;
pub use spec::SpecError;
