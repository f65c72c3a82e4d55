//! What both sides call things: ids, addresses, ways of transport, lists that change and are shown by the page.

use livekit_protocol as proto;
use proto::{ListUpdate, Pagination, SipMediaEncryption, SipTransport};
use signaling::twirp::TwirpError;
use sip_gateway_proto::flow::Carrier;
use sip_gateway_proto::plan::{Trunk, TrunkId};

use super::invalid;

/// The id of a trunk there.
pub(super) fn trunk_id(id: TrunkId) -> String {
    format!("{TRUNK}{}", id.0)
}

/// The trunk of an id from there.
pub(super) fn trunk_of(id: &str) -> Result<TrunkId, TwirpError> {
    let number = id.strip_prefix(TRUNK).and_then(|number| number.parse().ok());
    number.map(TrunkId).ok_or_else(|| invalid(format!("{id:?} is not the id of a trunk, such as {TRUNK}3")))
}

/// The id of the rule for all public numbers that lead to a number of the house.
pub(super) fn rule_id(target: &str) -> String {
    format!("{RULE}{target}")
}

/// The number of the house to which a rule leads.
pub(super) fn target_of(id: &str) -> Result<&str, TwirpError> {
    let target = id.strip_prefix(RULE).filter(|target| !target.is_empty());
    target.ok_or_else(|| invalid(format!("{id:?} is not the id of a dispatch rule, such as {RULE}204")))
}

/// Where a trunk's calls go, as one word.
pub(super) fn address(trunk: &Trunk) -> String {
    match (trunk.port, trunk.host.contains(':')) {
        (None, _) => trunk.host.clone(),
        (Some(port), false) => format!("{}:{port}", trunk.host),
        (Some(port), true) => format!("[{}]:{port}", trunk.host),
    }
}

/// Host and port of an address without scheme.
pub(super) fn host_and_port(address: &str) -> Result<(String, Option<u16>), TwirpError> {
    let address = address.trim();
    let unusable = || invalid(format!("address cannot be used: {address:?} is not a host or host:port"));
    if address.is_empty() || address.contains(['/', '@', ';']) || address.starts_with("sip:") {
        return Err(unusable());
    }
    if let Some(rest) = address.strip_prefix('[') {
        let (host, rest) = rest.split_once(']').ok_or_else(unusable)?;
        let port = rest.strip_prefix(':').map(|port| port.parse().map_err(|_| unusable())).transpose()?;
        return Ok((host.to_owned(), port));
    }
    match address.split_once(':') {
        Some((host, port)) if !port.contains(':') => {
            Ok((host.to_owned(), Some(port.parse().map_err(|_| unusable())?)))
        }
        _ => Ok((address.to_owned(), None)),
    }
}

/// The transport of a number from there; automatically, it is UDP.
pub(super) fn carrier(transport: i32) -> Result<Carrier, TwirpError> {
    match SipTransport::try_from(transport) {
        Ok(SipTransport::Auto | SipTransport::Udp) => Ok(Carrier::Udp),
        Ok(SipTransport::Tcp) => Ok(Carrier::Tcp),
        Ok(SipTransport::Tls) => Ok(Carrier::Tls),
        Err(_) => {
            Err(invalid(format!("transport cannot be used: there is none with the number {transport}")))
        }
    }
}

/// The same the other way.
pub(super) fn transport(carrier: Carrier) -> i32 {
    let transport = match carrier {
        Carrier::Udp => SipTransport::Udp,
        Carrier::Tcp => SipTransport::Tcp,
        Carrier::Tls => SipTransport::Tls,
        _ => SipTransport::Auto,
    };
    transport as i32
}

/// Whether SRTP is offered; what is said twice must be said alike.
pub(super) fn srtp(deprecated: i32, media: Option<&proto::SipMediaConfig>) -> Result<bool, TwirpError> {
    if let Some(media) = media
        && (media.only_listed_codecs || !media.codecs.is_empty() || media.media_timeout.is_some())
    {
        super::unsupported(&[("media beside its encryption", true)])?;
    }
    let wanted = media.and_then(|media| media.encryption).unwrap_or(deprecated);
    match SipMediaEncryption::try_from(wanted) {
        Ok(SipMediaEncryption::SipMediaEncryptDisable) => Ok(false),
        Ok(_) => Ok(true),
        Err(_) => {
            Err(invalid(format!("media encryption cannot be used: there is none with the number {wanted}")))
        }
    }
}

/// The same the other way.
pub(super) fn encryption(srtp: bool) -> SipMediaEncryption {
    match srtp {
        true => SipMediaEncryption::SipMediaEncryptAllow,
        false => SipMediaEncryption::SipMediaEncryptDisable,
    }
}

/// A list after an update of it.
pub(super) fn updated(mut list: Vec<String>, update: Option<ListUpdate>) -> Vec<String> {
    let Some(update) = update else { return list };
    if update.clear {
        list.clear();
    }
    if !update.set.is_empty() {
        list = update.set;
    }
    for item in update.add {
        if !list.contains(&item) {
            list.push(item);
        }
    }
    list.retain(|item| !update.remove.contains(item));
    list
}

/// The page of a list that was asked for; the list is in the order of its ids.
pub(super) fn page<T>(items: Vec<T>, page: Option<&Pagination>, id: impl Fn(&T) -> &str) -> Vec<T> {
    let Some(page) = page else { return items };
    let after = items.iter().position(|item| id(item) == page.after_id).map_or(0, |at| at + 1);
    let limit = usize::try_from(page.limit).ok().filter(|limit| *limit > 0).unwrap_or(usize::MAX);
    items.into_iter().skip(after).take(limit).collect()
}

const TRUNK: &str = "ST_";
const RULE: &str = "SDR_";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_hosts_with_or_without_a_port() {
        for (text, host, port) in [
            ("sip.example.org", "sip.example.org", None),
            ("192.0.2.1:5080", "192.0.2.1", Some(5080)),
            ("2001:db8::1", "2001:db8::1", None),
            ("[2001:db8::1]:5061", "2001:db8::1", Some(5061)),
        ] {
            assert_eq!(host_and_port(text), Ok((host.to_owned(), port)), "{text}");
        }
        for text in ["", "sip:example.org", "a@b", "host:port", "[::1", "host:99999", "a/b"] {
            assert!(host_and_port(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_list_is_replaced_or_changed() {
        let list = || vec!["a".to_owned(), "b".to_owned()];
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        assert_eq!(updated(list(), None), list());
        let changed = ListUpdate { add: words(&["c", "a"]), remove: words(&["b"]), ..ListUpdate::default() };
        assert_eq!(updated(list(), Some(changed)), words(&["a", "c"]));
        let replaced = ListUpdate { set: words(&["z"]), ..ListUpdate::default() };
        assert_eq!(updated(list(), Some(replaced)), words(&["z"]));
        assert!(updated(list(), Some(ListUpdate { clear: true, ..ListUpdate::default() })).is_empty());
    }

    #[test]
    fn a_page_begins_after_the_last_one() {
        let items = || vec!["a", "b", "c", "d"];
        let asked = |after: &str, limit| Pagination { after_id: after.to_owned(), limit };
        assert_eq!(page(items(), Some(&asked("", 2)), |item| item), ["a", "b"]);
        assert_eq!(page(items(), Some(&asked("b", 9)), |item| item), ["c", "d"]);
        assert_eq!(page(items(), None, |item| item).len(), 4);
    }

    #[test]
    fn ids_lead_back_to_what_they_name() {
        assert_eq!(trunk_of(&trunk_id(TrunkId(3))), Ok(TrunkId(3)));
        assert_eq!(target_of(&rule_id("204")), Ok("204"));
        for id in ["", "ST_", "ST_x", "3", "SDR_204"] {
            assert!(trunk_of(id).is_err(), "{id}");
        }
        assert!(target_of("SDR_").is_err() && target_of("ST_3").is_err());
    }
}
