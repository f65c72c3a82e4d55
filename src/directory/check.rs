//! What can stand in the numbering plan: each check takes what an administrator wrote and gives it back cleaned, or says
//! in one sentence which field cannot be used and why.

use std::time::Duration;

use sip_gateway_proto::flow::Carrier;
use sip_gateway_proto::plan::{
    Device, Extension, Forwarding, InboundNumber, OutboundRoute, Post, RingGroup, Trunk,
};

use super::{Place, choices};
use crate::accounts::line_of_text;
use crate::store::StoreError;

/// Why the numbering plan was not changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// A field that cannot be taken.
    #[error("{field} cannot be used: {reason}")]
    Invalid {
        /// Which field, by its name in the HTTP API.
        field: &'static str,
        /// Why, as a part of a sentence.
        reason: String,
    },
    /// There is one of that name already.
    #[error("there is {0} already")]
    Taken(String),
    /// There is none.
    #[error("there is no {what} {name:?}")]
    Unknown {
        /// What was looked for.
        what: &'static str,
        /// Under which name.
        name: String,
    },
    /// It cannot go while others need it.
    #[error("{what} cannot be removed: {needed_by}")]
    Needed {
        /// What.
        what: String,
        /// By whom, as a part of a sentence.
        needed_by: String,
    },
    /// As many as there may be.
    #[error("there are {limit} {what} already, which is the limit")]
    Full {
        /// Of what.
        what: &'static str,
        /// How many.
        limit: usize,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl PlanError {
    pub(crate) fn invalid(field: &'static str, reason: impl Into<String>) -> Self {
        Self::Invalid { field, reason: reason.into() }
    }

    pub(crate) fn unknown(what: &'static str, name: impl ToString) -> Self {
        Self::Unknown { what, name: name.to_string() }
    }
}

impl From<sqlx::Error> for PlanError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

/// Takes a post.
///
/// # Errors
/// Names the field that cannot be used.
pub fn check_post(post: Post) -> Result<Post, PlanError> {
    let country = post.country.trim().to_ascii_uppercase();
    if country.len() != 2 || !country.bytes().all(|b| b.is_ascii_uppercase()) {
        return Err(PlanError::invalid("country", "a country is written as two letters, such as BJ or FR"));
    }
    let prefix = post.outside_prefix.trim().to_owned();
    if prefix.len() > 4 || !prefix.bytes().all(is_key) {
        let reason = "it has at most 4 digits, stars or hashes, or is empty when nothing is dialled before";
        return Err(PlanError::invalid("outside_prefix", reason));
    }
    if post.emergency.len() > MOST_EMERGENCY {
        return Err(PlanError::invalid("emergency", format!("there are at most {MOST_EMERGENCY}")));
    }
    let mut emergency: Vec<String> = Vec::new();
    for number in &post.emergency {
        let number = number.trim();
        if !(2..=15).contains(&number.len()) || !number.bytes().all(|b| b.is_ascii_digit()) {
            let reason = format!("{number:?} is not a number of 2 to 15 digits, such as 112");
            return Err(PlanError::invalid("emergency", reason));
        }
        if !emergency.iter().any(|known| known == number) {
            emergency.push(number.to_owned());
        }
    }
    Ok(Post { name: name(&post.name)?, country, outside_prefix: prefix, emergency, ..post })
}

/// Takes what is known of a post beside its numbers.
///
/// # Errors
/// Names the field that cannot be used.
pub fn check_place(place: Place) -> Result<Place, PlanError> {
    let city = place.city.trim();
    if !city.is_empty() && line_of_text(city, 80).is_none() {
        return Err(PlanError::invalid("city", "it is one line of at most 80 characters"));
    }
    for (field, rate) in [("down_kbit", place.down_kbit), ("up_kbit", place.up_kbit)] {
        if rate.is_some_and(|rate| !LINK.contains(&rate)) {
            return Err(PlanError::invalid(field, "a link carries from 16 to 10,000,000 kbit/s"));
        }
    }
    Ok(Place { city: city.to_owned(), ..place })
}

/// Takes an extension without its devices.
///
/// # Errors
/// Names the field that cannot be used.
pub fn check_extension(extension: Extension) -> Result<Extension, PlanError> {
    let pickup_group =
        extension.pickup_group.map(|word| word.trim().to_owned()).filter(|word| !word.is_empty());
    if let Some(word) = &pickup_group
        && line_of_text(word, 30).is_none()
    {
        return Err(PlanError::invalid("pickup_group", "it is a word of at most 30 characters"));
    }
    if extension.voicemail.is_some_and(|after| !RING.contains(&after)) {
        return Err(PlanError::invalid("voicemail_after", "it is from 5 to 180 seconds"));
    }
    if extension.outside_calls > MOST_CALLS_OF_EXTENSION {
        let reason = format!("it is at most {MOST_CALLS_OF_EXTENSION}");
        return Err(PlanError::invalid("outside_calls", reason));
    }
    Ok(Extension {
        number: check_own_number(&extension.number)?,
        name: name(&extension.name)?,
        forward: check_forwarding(extension.forward, &extension.number)?,
        pickup_group,
        ..extension
    })
}

/// Takes the numbers to which an extension's calls go instead.
///
/// # Errors
/// Names the field that cannot be used.
pub fn check_forwarding(forward: Forwarding, own: &str) -> Result<Forwarding, PlanError> {
    let target = |field, target: Option<String>| {
        let Some(target) = target.map(|target| dialled(&target)).filter(|target| !target.is_empty()) else {
            return Ok(None);
        };
        if target.len() > MOST_DIGITS
            || !target.bytes().enumerate().all(|(at, b)| is_key(b) || (at == 0 && b == b'+'))
        {
            return Err(PlanError::invalid(field, format!("{target:?} cannot be dialled")));
        }
        if target == own.trim() {
            return Err(PlanError::invalid(field, "an extension cannot be forwarded to itself"));
        }
        Ok(Some(target))
    };
    if forward.no_answer_after.is_some_and(|after| !RING.contains(&after)) {
        return Err(PlanError::invalid("no_answer_after", "it is from 5 to 180 seconds"));
    }
    Ok(Forwarding {
        always: target("forward_always", forward.always)?,
        busy: target("forward_busy", forward.busy)?,
        no_answer: target("forward_no_answer", forward.no_answer)?,
        no_answer_after: forward.no_answer_after,
    })
}

/// Takes a device: its user name must fit into every phone, and into a digest.
///
/// # Errors
/// Names the field that cannot be used.
pub fn check_device(device: Device) -> Result<Device, PlanError> {
    let username = device.username.trim().to_owned();
    let usable = (1..=40).contains(&username.len())
        && username.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
    if !usable {
        let reason = "a user name has 1 to 40 letters, digits, dots, hyphens or underscores";
        return Err(PlanError::invalid("username", reason));
    }
    let label = device.label.trim();
    if !label.is_empty() && line_of_text(label, 60).is_none() {
        return Err(PlanError::invalid("label", "it is one line of at most 60 characters"));
    }
    Ok(Device { username, label: label.to_owned(), ..device })
}

/// Takes a ring group.
///
/// # Errors
/// Names the field that cannot be used.
pub fn check_group(group: RingGroup) -> Result<RingGroup, PlanError> {
    if group.members.is_empty() || group.members.len() > MOST_MEMBERS {
        return Err(PlanError::invalid("members", format!("a group has 1 to {MOST_MEMBERS} members")));
    }
    let mut members: Vec<String> = Vec::new();
    for member in &group.members {
        let member = member.trim();
        if members.iter().any(|known| known == member) {
            return Err(PlanError::invalid("members", format!("{member} is there twice")));
        }
        members.push(member.to_owned());
    }
    if !RING.contains(&group.ring) {
        return Err(PlanError::invalid("ring", "it rings from 5 to 180 seconds"));
    }
    let number = check_own_number(&group.number)?;
    let otherwise =
        check_forwarding(Forwarding { always: group.otherwise, ..Forwarding::default() }, &number)
            .map_err(|error| renamed(error, "otherwise"))?
            .always;
    Ok(RingGroup { name: name(&group.name)?, number, members, otherwise, ..group })
}

/// Takes a trunk.
///
/// # Errors
/// Names the field that cannot be used.
pub fn check_trunk(trunk: Trunk) -> Result<Trunk, PlanError> {
    let host = trunk.host.trim().to_ascii_lowercase();
    let usable = (1..=253).contains(&host.len())
        && (host.parse::<std::net::IpAddr>().is_ok()
            || host.split('.').all(|label| {
                !label.is_empty()
                    && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
            }));
    if !usable {
        let reason = "it is the provider's host name or IP address, such as sip.example.org";
        return Err(PlanError::invalid("host", reason));
    }
    if trunk.port == Some(0) {
        return Err(PlanError::invalid("port", "it is from 1 to 65535"));
    }
    if !matches!(trunk.carrier, Carrier::Udp | Carrier::Tcp | Carrier::Tls) {
        return Err(PlanError::invalid("carrier", "providers are reached by udp, tcp or tls"));
    }
    if let Some(credentials) = &trunk.credentials {
        for (field, text) in [("username", &credentials.username), ("password", &credentials.password)] {
            if text.is_empty() || text.len() > 128 || text.chars().any(char::is_control) {
                return Err(PlanError::invalid(field, "it has 1 to 128 characters"));
            }
        }
    }
    if trunk.register && trunk.credentials.is_none() {
        return Err(PlanError::invalid(
            "username",
            "a trunk that registers needs a user name and a password",
        ));
    }
    if trunk.sources.len() > MOST_SOURCES {
        return Err(PlanError::invalid("sources", format!("there are at most {MOST_SOURCES} addresses")));
    }
    if trunk.srtp && !trunk.carrier.is_secure() {
        let reason = "keys of SRTP may not travel in clear: choose the carrier tls";
        return Err(PlanError::invalid("srtp", reason));
    }
    if !(1..=MOST_CALLS_OF_TRUNK).contains(&trunk.calls) {
        return Err(PlanError::invalid("calls", format!("it is from 1 to {MOST_CALLS_OF_TRUNK}")));
    }
    let caller_id = match trunk.caller_id.map(|number| dialled(&number)).filter(|number| !number.is_empty()) {
        Some(number) if !is_e164(&number) => return Err(not_e164("caller_id", &number)),
        other => other,
    };
    Ok(Trunk { name: name(&trunk.name)?, host, caller_id, ..trunk })
}

/// Takes an outbound route.
///
/// # Errors
/// Names the field that cannot be used.
pub fn check_route(route: OutboundRoute) -> Result<OutboundRoute, PlanError> {
    let prefix = dialled(&route.prefix);
    let usable = prefix.is_empty()
        || prefix.strip_prefix('+').is_some_and(|digits| {
            (1..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit())
        });
    if !usable {
        let reason = "it is how the number begins, with country code, such as +33; empty means every number";
        return Err(PlanError::invalid("prefix", reason));
    }
    let mut trunks = route.trunks.clone();
    trunks.sort_unstable();
    trunks.dedup();
    if trunks.is_empty() || trunks.len() != route.trunks.len() || trunks.len() > MOST_TRUNKS_OF_ROUTE {
        let reason = format!("a route has 1 to {MOST_TRUNKS_OF_ROUTE} trunks, each once");
        return Err(PlanError::invalid("trunks", reason));
    }
    Ok(OutboundRoute { prefix, ..route })
}

/// Takes an inbound number.
///
/// # Errors
/// Names the field that cannot be used.
pub fn check_inbound(inbound: InboundNumber) -> Result<InboundNumber, PlanError> {
    let number = dialled(&inbound.number);
    if !number.is_empty() && !is_e164(&number) {
        return Err(not_e164("number", &number));
    }
    Ok(InboundNumber { number, target: inbound.target.trim().to_owned(), ..inbound })
}

/// Reads a choice, or says which there are.
///
/// # Errors
/// Names the field and the choices.
pub fn choice<T: super::Choice>(field: &'static str, word: &str) -> Result<T, PlanError> {
    T::from_word(word.trim())
        .ok_or_else(|| PlanError::invalid(field, format!("{word:?} is not one of {}", choices::<T>())))
}

fn name(text: &str) -> Result<String, PlanError> {
    let reason = "a name has 1 to 80 characters and stands on one line";
    line_of_text(text, 80).ok_or_else(|| PlanError::invalid("name", reason))
}

/// Takes a number that is dialled inside.
///
/// # Errors
/// When it cannot be one.
pub fn check_own_number(text: &str) -> Result<String, PlanError> {
    let number = text.trim();
    if !(2..=10).contains(&number.len()) || !number.bytes().all(|b| b.is_ascii_digit()) {
        return Err(PlanError::invalid("number", format!("{number:?} is not a number of 2 to 10 digits")));
    }
    Ok(number.to_owned())
}

/// A number as people write it, without what only helps to read it.
#[must_use]
pub fn dialled(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '.' | '-' | '(' | ')' | '/' | '\u{a0}'))
        .collect()
}

fn is_e164(number: &str) -> bool {
    number.strip_prefix('+').is_some_and(|digits| {
        (5..=15).contains(&digits.len())
            && digits.bytes().all(|b| b.is_ascii_digit())
            && !digits.starts_with('0')
    })
}

fn not_e164(field: &'static str, number: &str) -> PlanError {
    PlanError::invalid(field, format!("{number:?} is not a number with country code, such as +22921300000"))
}

/// A key of a phone.
fn is_key(byte: u8) -> bool {
    byte.is_ascii_digit() || matches!(byte, b'*' | b'#')
}

fn renamed(error: PlanError, field: &'static str) -> PlanError {
    match error {
        PlanError::Invalid { reason, .. } => PlanError::Invalid { field, reason },
        other => other,
    }
}

const MOST_DIGITS: usize = 32;
const MOST_EMERGENCY: usize = 20;
const MOST_MEMBERS: usize = 50;
const MOST_SOURCES: usize = 32;
const MOST_TRUNKS_OF_ROUTE: usize = 10;
const MOST_CALLS_OF_EXTENSION: u16 = 100;
const MOST_CALLS_OF_TRUNK: u16 = 10_000;
const LINK: std::ops::RangeInclusive<u32> = 16..=10_000_000;
const RING: std::ops::RangeInclusive<Duration> = Duration::from_secs(5)..=Duration::from_secs(180);

#[cfg(test)]
mod tests {
    use super::super::blank;
    use super::*;

    #[test]
    fn a_post_has_a_country_and_numbers_that_can_be_dialled() {
        let post = Post {
            country: " bj".to_owned(),
            emergency: vec!["112 ".to_owned(), "117".to_owned(), "112".to_owned()],
            ..blank::post("  Cotonou ")
        };
        let checked = check_post(post.clone()).unwrap();
        assert_eq!((checked.name.as_str(), checked.country.as_str()), ("Cotonou", "BJ"));
        assert_eq!(checked.emergency, ["112", "117"]);

        let field = |post| match check_post(post) {
            Err(PlanError::Invalid { field, .. }) => field,
            other => panic!("{other:?}"),
        };
        assert_eq!(field(Post { country: "Bénin".to_owned(), ..post.clone() }), "country");
        assert_eq!(field(Post { outside_prefix: "zero".to_owned(), ..post.clone() }), "outside_prefix");
        assert_eq!(field(Post { emergency: vec!["SOS".to_owned()], ..post.clone() }), "emergency");
        assert_eq!(field(Post { name: "a\nb".to_owned(), ..post }), "name");
    }

    #[test]
    fn forwards_are_cleaned_of_what_only_helps_to_read_and_never_lead_back() {
        let forward = |target: &str| {
            let forward = Forwarding { always: Some(target.to_owned()), ..Forwarding::default() };
            check_forwarding(forward, "201").map(|forward| forward.always)
        };

        assert_eq!(forward("+33 1 23 45 67 89").unwrap().as_deref(), Some("+33123456789"));
        assert_eq!(forward("0-00.33").unwrap().as_deref(), Some("00033"));
        assert_eq!(forward("  ").unwrap(), None);
        for bad in ["201", "alice", "1+2", &"1".repeat(33)] {
            assert!(forward(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_trunk_is_held_to_what_it_can_do() {
        let good = blank::trunk("Opérateur", "SIP.example.org");
        assert_eq!(check_trunk(good.clone()).unwrap().host, "sip.example.org");
        let field = |trunk| match check_trunk(trunk) {
            Err(PlanError::Invalid { field, .. }) => field,
            other => panic!("{other:?}"),
        };

        assert_eq!(field(Trunk { host: "sip:x".to_owned(), ..good.clone() }), "host");
        assert_eq!(field(Trunk { register: true, ..good.clone() }), "username");
        assert_eq!(field(Trunk { srtp: true, ..good.clone() }), "srtp");
        assert_eq!(field(Trunk { carrier: Carrier::Wss, ..good.clone() }), "carrier");
        assert_eq!(field(Trunk { calls: 0, ..good.clone() }), "calls");
        assert_eq!(field(Trunk { caller_id: Some("21300000".to_owned()), ..good.clone() }), "caller_id");
        assert!(check_trunk(Trunk { carrier: Carrier::Tls, srtp: true, ..good }).is_ok());
    }
}
