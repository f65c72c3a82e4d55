//! How a phone is described to the others in a room: attributes of its participant.

use std::collections::HashMap;

use sip_gateway_proto::call::SeatOrder;

use super::{CALL_ATTRIBUTE, MEDIA_ATTRIBUTE};

/// The attributes of a seat; what is not known is not said.
pub(super) fn attributes(order: &SeatOrder) -> HashMap<String, String> {
    let call = order.call.0.to_string();
    let known = [
        (CALL_ATTRIBUTE, Some(call.as_str())),
        ("sip.callStatus", Some(order.status.word())),
        ("sip.phoneNumber", Some(order.number.as_str())),
        ("palabre.extension", order.extension.as_deref()),
        ("palabre.post", order.post.as_deref()),
        ("palabre.role", order.role.as_deref()),
        (MEDIA_ATTRIBUTE, order.encrypted.map(|encrypted| if encrypted { "encrypted" } else { "plain" })),
    ];
    let said =
        known.into_iter().filter_map(|(name, value)| Some((name, value.filter(|text| !text.is_empty())?)));
    said.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// What changes one description into another: one without value is deleted.
pub(super) fn difference(old: &SeatOrder, new: &SeatOrder) -> HashMap<String, String> {
    let (old, mut changed) = (attributes(old), attributes(new));
    let gone: Vec<String> = old.keys().filter(|name| !changed.contains_key(*name)).cloned().collect();
    changed.retain(|name, value| old.get(name) != Some(value));
    changed.extend(gone.into_iter().map(|name| (name, String::new())));
    changed
}

#[cfg(test)]
mod tests {
    use sip_gateway_proto::call::{CallId, SeatStatus};

    use super::*;

    #[test]
    fn what_is_not_known_is_not_said() {
        let said = attributes(&order());

        let mut names: Vec<&str> = said.keys().map(String::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, ["palabre.extension", "sip.callID", "sip.callStatus"]);
        assert_eq!(said["sip.callStatus"], "ringing");
    }

    #[test]
    fn a_change_names_what_is_new_and_what_is_gone() {
        let active = SeatOrder {
            status: SeatStatus::Active,
            extension: None,
            post: Some("Dakar".to_owned()),
            encrypted: Some(false),
            ..order()
        };

        let changed = difference(&order(), &active);

        let expected = [
            ("sip.callStatus", "active"),
            ("palabre.post", "Dakar"),
            ("palabre.extension", ""),
            ("palabre.media", "plain"),
        ];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(changed, HashMap::from(expected));
        assert!(difference(&active, &active).is_empty());
    }

    fn order() -> SeatOrder {
        SeatOrder {
            room: "room".to_owned(),
            call: CallId(7),
            identity: "phone-7".to_owned(),
            name: "Awa".to_owned(),
            number: String::new(),
            extension: Some("204".to_owned()),
            post: None,
            role: None,
            encrypted: None,
            status: SeatStatus::Ringing,
        }
    }
}
