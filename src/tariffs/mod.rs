//! What calls cost, and what they would have cost by the old tariffs. Pure: no clock, no database, no floating point.
//!
//! The rules are told to people in `docs/savings.md`; whoever changes one changes that page.

mod book;
mod import;
mod meeting;
mod money;
mod month;
mod quality;
mod tariff;

pub use book::{Book, Cost, Kind, Rating, Talk, Way};
pub use import::{Fault, LARGEST_IMPORT, Line, Owners, RateLine, rates, tariffs};
pub use meeting::{Span, together};
pub use money::{Currency, Decimal};
pub use month::Month;
pub use quality::Quality;
pub use tariff::{Rounding, Tariff};
