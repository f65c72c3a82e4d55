//! What everybody sees of somebody in a meeting: participant attributes, which tokens bring and only the office changes.

use std::collections::HashMap;

use super::Admission;
use super::schedule::{Badge, SeatRole};

/// What somebody is in the meeting: `host`, `user` or `guest`.
pub(super) const ROLE: &str = "palabre.role";
/// What somebody may do, in the words of [`Rights::as_words`](super::Rights::as_words).
pub const RIGHTS: &str = "palabre.rights";
/// A seat's number.
pub const SEAT: &str = "palabre.seat";
/// The party for which somebody sits at the table.
pub const PARTY: &str = "palabre.party";
/// The party's country, ISO 3166, or nothing.
pub(super) const COUNTRY: &str = "palabre.country";
/// The party's place in the order of precedence, a dot, and the seat's place in its party.
pub(super) const PLACE: &str = "palabre.place";
/// The function or rank.
pub(super) const TITLE: &str = "palabre.title";
/// What the seat does in the meeting.
pub const SEAT_ROLE: &str = "palabre.seat_role";
/// `yes` for whom speaks for the party.
pub(super) const HEAD: &str = "palabre.head";
/// All of them, which no participant sets.
pub const ATTRIBUTES: [&str; 9] = [ROLE, RIGHTS, SEAT, PARTY, COUNTRY, PLACE, TITLE, SEAT_ROLE, HEAD];

/// What an admission's nameplate says; empty texts are those that it does not have.
#[must_use]
pub(super) fn nameplate(admission: &Admission) -> HashMap<String, String> {
    let mut plate: HashMap<String, String> =
        ATTRIBUTES.into_iter().map(|name| (name.to_owned(), String::new())).collect();
    let mut write = |name: &str, text: String| plate.insert(name.to_owned(), text);
    write(ROLE, admission.role.as_str().to_owned());
    write(RIGHTS, admission.rights().as_words());
    if let Some(role) = admission.seat_role() {
        write(SEAT_ROLE, role.as_str().to_owned());
    }
    if let Some(badge) = &admission.badge {
        let (rank, seat) = badge.place;
        write(SEAT, badge.seat.to_string());
        write(PARTY, badge.party.clone());
        write(COUNTRY, badge.country.clone().unwrap_or_default());
        write(PLACE, format!("{rank}.{seat}"));
        write(TITLE, badge.title.clone());
        write(HEAD, if badge.is_head { "yes" } else { "" }.to_owned());
    }
    plate
}

/// The seat that a nameplate of ours tells of.
#[must_use]
pub(crate) fn badge_on(plate: &HashMap<String, String>) -> Option<Badge> {
    let text = |name: &str| plate.get(name).cloned().unwrap_or_default();
    let place = text(PLACE);
    let (rank, at) = place.split_once('.')?;
    Some(Badge {
        seat: text(SEAT).parse().ok()?,
        party: text(PARTY),
        country: Some(text(COUNTRY)).filter(|country| !country.is_empty()),
        place: (rank.parse().ok()?, at.parse().ok()?),
        title: text(TITLE),
        role: SeatRole::from_stored(&text(SEAT_ROLE)),
        is_head: text(HEAD) == "yes",
    })
}
