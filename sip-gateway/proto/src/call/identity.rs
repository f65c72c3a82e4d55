//! Who we say is calling: From, P-Asserted-Identity (RFC 3325) and Diversion (RFC 5806).

use super::hunt::Diversion;
use crate::message::{HeaderName, Headers, NameAddr, Uri};
use crate::plan::{IdentityProfile, Plan, Trunk, Way};
use std::borrow::Cow;

/// Who calls, as other sides are told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Presented {
    /// An extension's number, or a public one in E.164.
    pub(super) number: String,
    /// The name beside it.
    pub(super) name: String,
}

impl Presented {
    /// An extension of ours.
    pub(super) fn extension(plan: &Plan, number: &str) -> Self {
        let name = plan.extension(number).map(|extension| extension.name.clone()).unwrap_or_default();
        Self { number: number.to_owned(), name }
    }

    /// What a trunk says, in the field it vouches for if there is one, unless the caller does not want it shown.
    pub(super) fn from_trunk(headers: &Headers) -> Self {
        let asserted =
            headers.addresses(&HeaderName::PAssertedIdentity).ok().and_then(|list| list.into_iter().next());
        let told = asserted.filter(|_| !wants_privacy(headers)).or_else(|| headers.from().ok());
        let number = told.as_ref().and_then(|told| told.uri.user().map(Cow::into_owned));
        let name = told.and_then(|told| told.display_name).unwrap_or_default();
        let short = |text: String| text.chars().filter(|c| !c.is_control()).take(MAX_SHOWN).collect();
        Self { number: short(number.unwrap_or_default()), name: short(name) }
    }

    /// As an address of ours.
    pub(super) fn address(&self, realm: &str) -> NameAddr {
        let user = if self.number.is_empty() { "anonymous" } else { &self.number };
        let uri = Uri::sip(Some(user), realm, None).unwrap_or_else(|_| unknown());
        let address = NameAddr::new(uri);
        if self.name.is_empty() { address } else { address.with_display_name(&self.name) }
    }

    /// From and further fields toward a trunk.
    pub(super) fn toward_trunk(&self, trunk: &Trunk, way: &Way) -> (NameAddr, Headers) {
        // Somebody from outside who is sent on is shown himself, an extension by the number it has in the network.
        let public = if self.number.starts_with('+') { Some(&self.number) } else { way.caller_id.as_ref() };
        let shown =
            public.map(|number| if trunk.strip_plus { number.trim_start_matches('+') } else { number });
        let account = trunk.credentials.as_ref().map(|account| account.username.clone());
        let at_trunk = |user: Option<&str>| Uri::sip(user, &trunk.host, None).unwrap_or_else(|_| unknown());
        let named = |uri: Uri| {
            let address = NameAddr::new(uri);
            // Who works in which office is nobody's business outside, unless the administrator says so.
            let shows = trunk.show_name && !self.name.is_empty();
            if shows { address.with_display_name(&self.name) } else { address }
        };
        let mut headers = Headers::new();
        let from = match way.identity {
            IdentityProfile::From => named(at_trunk(shown.or(account.as_deref()).or(Some("anonymous")))),
            IdentityProfile::Asserted => {
                if let Some(shown) = shown {
                    headers.push(HeaderName::PAssertedIdentity, named(at_trunk(Some(shown))));
                }
                named(at_trunk(account.as_deref().or(shown).or(Some("anonymous"))))
            }
        };
        (from, headers)
    }
}

/// Whether the caller does not want his identity shown (RFC 3325 §9.3).
fn wants_privacy(headers: &Headers) -> bool {
    let mut words = headers.lines(&HeaderName::Privacy).flat_map(|line| line.split([';', ',']));
    words.any(|word| word.trim().eq_ignore_ascii_case("id"))
}

/// Whose call it was before, the last one first, as addresses of a host; who has no number there is left out.
pub(super) fn push_diversions<'a>(
    headers: &mut Headers,
    host: &str,
    diversions: impl Iterator<Item = &'a Diversion>,
    number: impl Fn(&'a str) -> Option<&'a str>,
) {
    for diversion in diversions {
        if let Some(Ok(uri)) = number(&diversion.by).map(|number| Uri::sip(Some(number), host, None)) {
            headers
                .push(HeaderName::Diversion, NameAddr::new(uri).with_param("reason", Some(diversion.reason)));
        }
    }
}

/// The number that an extension or group of ours has for a trunk's provider, who does not know ours.
pub(super) fn number_at<'a>(plan: &'a Plan, trunk: &'a Trunk, ours: &str) -> Option<&'a str> {
    let number = plan.shown_number(trunk.id, ours).or(trunk.caller_id.as_deref())?;
    Some(if trunk.strip_plus { number.trim_start_matches('+') } else { number })
}

pub(crate) fn unknown() -> Uri {
    Uri::parse("sip:anonymous@anonymous.invalid").expect("the address of nobody (RFC 3323 §4.1.1.3) is one")
}

/// The longest number or name of a stranger that is shown.
const MAX_SHOWN: usize = 64;
