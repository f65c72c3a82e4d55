//! Short codes: what a phone without menus can be told by dialling (the forms of ETSI ETS 300 738).
//!
//! | dialled | does |
//! |---|---|
//! | `*8` | takes a call that rings in the pickup group |
//! | `*8201` | takes the call that rings at 201 |
//! | `*21*number#` | forwards every call; `*21#` and `#21#` end it |
//! | `*61*number#`, `*61*number*seconds#` | forwards calls nobody takes; `*61#` and `#61#` end it |
//! | `*67*number#` | forwards calls while busy; `*67#` and `#67#` end it |
//! | `*78`, `*79` | do not disturb, and disturb again |
//! | `*43` | says back what is said |
//! | `*97` | plays the messages of one's own mailbox |
//!
//! The last `#` may be missing: many phones take it as the order to dial.

use std::time::Duration;

/// What a short code orders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ShortCode {
    /// Take a call that rings for somebody of the pickup group.
    GroupPickup,
    /// Take the call that rings for this extension.
    DirectedPickup(String),
    /// Forward every call to a number as the extension dials it, or to none any more.
    ForwardAlways(Option<String>),
    /// Forward calls while busy.
    ForwardBusy(Option<String>),
    /// Forward calls nobody takes, after so long if it is given.
    ForwardNoAnswer(Option<String>, Option<Duration>),
    /// Tell callers that it is busy, or not any more.
    DoNotDisturb(bool),
    /// Say back what is said.
    EchoTest,
    /// Play the messages of the own mailbox.
    Mailbox,
}

/// Group pickup, and before a number directed pickup.
pub const PICKUP: &str = "*8";
/// Do not disturb.
pub const DO_NOT_DISTURB: &str = "*78";
/// Disturb again.
pub const DISTURB: &str = "*79";
/// Says back what is said.
pub const ECHO_TEST: &str = "*43";
/// Plays the messages of one's own mailbox.
pub const MAILBOX: &str = "*97";
/// The number of forwarding every call.
pub const FORWARD_ALWAYS: &str = "21";
/// The number of forwarding calls nobody takes.
pub const FORWARD_NO_ANSWER: &str = "61";
/// The number of forwarding calls while busy.
pub const FORWARD_BUSY: &str = "67";
/// How many seconds a phone may ring before a call is forwarded.
pub const RING_SECONDS: std::ops::RangeInclusive<u64> = 5..=120;

impl ShortCode {
    /// Whether a dialled text is meant as a code, perhaps one that does not exist.
    #[must_use]
    pub fn is_meant(dialled: &str) -> bool {
        dialled.starts_with(['*', '#'])
    }

    /// Reads a code, of which only digits, stars and hashes are left.
    #[must_use]
    pub fn parse(dialled: &str) -> Option<Self> {
        let dialled = match dialled.strip_suffix('#') {
            Some(rest) if !rest.is_empty() => rest,
            _ => dialled,
        };
        match dialled {
            PICKUP => return Some(Self::GroupPickup),
            DO_NOT_DISTURB => return Some(Self::DoNotDisturb(true)),
            DISTURB => return Some(Self::DoNotDisturb(false)),
            ECHO_TEST => return Some(Self::EchoTest),
            MAILBOX => return Some(Self::Mailbox),
            _ => {}
        }
        if let Some(extension) = dialled.strip_prefix(PICKUP) {
            return is_digits(extension).then(|| Self::DirectedPickup(extension.to_owned()));
        }
        let (orders, inner) = match (dialled.strip_prefix('*'), dialled.strip_prefix('#')) {
            (Some(inner), _) => (true, inner),
            (_, Some(inner)) => (false, inner),
            _ => return None,
        };
        let mut parts = inner.split('*');
        let (code, number, seconds) = (parts.next()?, parts.next(), parts.next());
        if parts.next().is_some() || (!orders && number.is_some()) {
            return None;
        }
        let number = match number {
            Some(number) if is_number(number) => Some(number.to_owned()),
            Some(_) => return None,
            None => None,
        };
        let after = match seconds {
            Some(digits) if is_digits(digits) => {
                Some(digits.parse().ok().filter(|seconds| RING_SECONDS.contains(seconds))?)
            }
            Some(_) => return None,
            None => None,
        };
        match code {
            FORWARD_NO_ANSWER => Some(Self::ForwardNoAnswer(number, after.map(Duration::from_secs))),
            FORWARD_ALWAYS if after.is_none() => Some(Self::ForwardAlways(number)),
            FORWARD_BUSY if after.is_none() => Some(Self::ForwardBusy(number)),
            _ => None,
        }
    }

    /// Where it forwards calls to.
    #[must_use]
    pub fn forwards_to(&self) -> Option<&str> {
        match self {
            Self::ForwardAlways(number) | Self::ForwardBusy(number) | Self::ForwardNoAnswer(number, _) => {
                number.as_deref()
            }
            _ => None,
        }
    }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_number(text: &str) -> bool {
    is_digits(text.strip_prefix('+').unwrap_or(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_read_with_and_without_the_hash_that_phones_swallow() {
        let number = || Some("00142685300".to_owned());
        for (dialled, code) in [
            ("*8", ShortCode::GroupPickup),
            ("*8201", ShortCode::DirectedPickup("201".to_owned())),
            ("*21*00142685300#", ShortCode::ForwardAlways(number())),
            ("*21*00142685300", ShortCode::ForwardAlways(number())),
            ("*21#", ShortCode::ForwardAlways(None)),
            ("#21#", ShortCode::ForwardAlways(None)),
            ("#21", ShortCode::ForwardAlways(None)),
            ("*67*00142685300#", ShortCode::ForwardBusy(number())),
            ("#67#", ShortCode::ForwardBusy(None)),
            ("*61*00142685300#", ShortCode::ForwardNoAnswer(number(), None)),
            ("*61*00142685300*25#", ShortCode::ForwardNoAnswer(number(), Some(Duration::from_secs(25)))),
            ("*61#", ShortCode::ForwardNoAnswer(None, None)),
            ("*78", ShortCode::DoNotDisturb(true)),
            ("*79#", ShortCode::DoNotDisturb(false)),
            ("*43", ShortCode::EchoTest),
            ("*97", ShortCode::Mailbox),
        ] {
            assert_eq!(ShortCode::parse(dialled), Some(code), "{dialled}");
        }
    }

    #[test]
    fn what_is_no_code_is_none() {
        for dialled in [
            "",
            "*",
            "#",
            "##",
            "**",
            "*99",
            "*21**#",
            "*21*a#",
            "#21*1#",
            "*21*1*20#",
            "*61*1*4#",
            "*61*1*121#",
            "*61*1*20*1#",
            "*8*",
            "*43*1#",
            "201",
            "*61*1*99999999999999999999999#",
        ] {
            assert_eq!(ShortCode::parse(dialled), None, "{dialled}");
        }
    }
}
