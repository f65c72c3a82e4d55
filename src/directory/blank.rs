//! Parts of the numbering plan as they are when nothing else is said.

use std::time::Duration;

use sip_gateway_proto::flow::Carrier;
use sip_gateway_proto::plan::{
    Class, Device, DigestAlgorithm, Extension, Forwarding, Ha1, IdentityProfile, Post, PostId, RingGroup,
    RingStrategy, Trunk, TrunkId,
};

/// A post of a name; it has no row in the store yet.
#[must_use]
pub fn post(name: &str) -> Post {
    Post {
        id: PostId(0),
        name: name.to_owned(),
        country: "BJ".to_owned(),
        outside_prefix: "0".to_owned(),
        emergency: vec!["112".to_owned()],
    }
}

/// An extension that may call inside, and has no device yet.
#[must_use]
pub fn extension(number: &str, name: &str, post: PostId) -> Extension {
    Extension {
        number: number.to_owned(),
        name: name.to_owned(),
        post,
        digest: DigestAlgorithm::Md5,
        devices: Vec::new(),
        rights: Class::Internal,
        outside_calls: 2,
        forward: Forwarding::default(),
        do_not_disturb: false,
        pickup_group: None,
        voicemail: None,
    }
}

/// A device whose digest is not known yet.
#[must_use]
pub fn device(username: &str, label: &str) -> Device {
    Device { username: username.to_owned(), ha1: Ha1(String::new()), label: label.to_owned() }
}

/// A group that rings everybody for half a minute.
#[must_use]
pub fn group(number: &str, name: &str, post: PostId) -> RingGroup {
    RingGroup {
        number: number.to_owned(),
        name: name.to_owned(),
        post,
        strategy: RingStrategy::All,
        members: Vec::new(),
        ring: Duration::from_secs(30),
        otherwise: None,
    }
}

/// A trunk without registration that carries two calls within the country.
#[must_use]
pub fn trunk(name: &str, host: &str) -> Trunk {
    Trunk {
        id: TrunkId(0),
        name: name.to_owned(),
        post: PostId(0),
        host: host.to_owned(),
        port: None,
        carrier: Carrier::Udp,
        credentials: None,
        register: false,
        sources: Vec::new(),
        srtp: false,
        caller_id: None,
        identity: IdentityProfile::From,
        calls: 2,
        rights: Class::National,
        strip_plus: false,
        show_name: false,
    }
}
