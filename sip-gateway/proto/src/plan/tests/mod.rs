//! A ministry with five posts, as tests of the plan dial in it.

use std::time::Duration;

use crate::flow::Carrier;
use crate::plan::*;

pub(super) const COTONOU: PostId = PostId(1);
pub(super) const PARIS: PostId = PostId(2);
pub(super) const BRUSSELS: PostId = PostId(3);
pub(super) const NEW_YORK: PostId = PostId(4);
pub(super) const GENEVA: PostId = PostId(5);

pub(super) const BENIN_LINE: TrunkId = TrunkId(11);
pub(super) const PARIS_LINE: TrunkId = TrunkId(12);
pub(super) const PARIS_SPARE: TrunkId = TrunkId(13);
pub(super) const BRUSSELS_LINE: TrunkId = TrunkId(14);
pub(super) const NEW_YORK_LINE: TrunkId = TrunkId(15);

/// Cotonou dials no prefix, Paris and Brussels a 0, New York and Geneva a 9.
pub(super) fn ministry() -> Plan {
    Plan {
        realm: "pbx.example.org".to_owned(),
        posts: vec![
            post(COTONOU, "Cotonou", "BJ", "", &["117", "118"]),
            post(PARIS, "Paris", "FR", "0", &["15", "17", "18", "112"]),
            post(BRUSSELS, "Bruxelles", "BE", "0", &["100", "101", "112"]),
            post(NEW_YORK, "New York", "US", "9", &["911"]),
            post(GENEVA, "Genève", "CH", "9", &["112", "117", "118", "144"]),
        ],
        extensions: vec![
            extension("1001", "Ministre", COTONOU, Class::International),
            extension("1002", "Accueil", COTONOU, Class::Internal),
            extension("201", "Ambassadeur", PARIS, Class::International),
            extension("202", "Chancellerie", PARIS, Class::National),
            extension("203", "Hall", PARIS, Class::None),
            extension("301", "Bruxelles", BRUSSELS, Class::International),
            extension("401", "Mission", NEW_YORK, Class::International),
            extension("402", "Secrétariat", NEW_YORK, Class::National),
            extension("501", "Genève", GENEVA, Class::International),
        ],
        groups: vec![RingGroup {
            number: "200".to_owned(),
            name: "Consulat".to_owned(),
            post: PARIS,
            strategy: RingStrategy::All,
            members: vec!["201".to_owned(), "202".to_owned()],
            ring: Duration::from_secs(20),
            otherwise: Some("1002".to_owned()),
        }],
        trunks: vec![
            trunk(BENIN_LINE, "Bénin", COTONOU, Some("+2290121300000")),
            trunk(PARIS_LINE, "Paris", PARIS, Some("+33142000000")),
            Trunk { rights: Class::National, ..trunk(PARIS_SPARE, "Paris secours", PARIS, None) },
            Trunk { strip_plus: true, ..trunk(BRUSSELS_LINE, "Bruxelles", BRUSSELS, None) },
            trunk(NEW_YORK_LINE, "New York", NEW_YORK, Some("+12123550000")),
        ],
        routes: vec![
            route(None, "", &[PARIS_LINE]),
            route(Some(PARIS), "+33", &[PARIS_SPARE, PARIS_LINE]),
            route(None, "+229", &[BENIN_LINE, PARIS_LINE]),
            route(Some(COTONOU), "", &[BENIN_LINE]),
            route(Some(BRUSSELS), "+32", &[BRUSSELS_LINE]),
            route(Some(NEW_YORK), "+1", &[NEW_YORK_LINE]),
            route(None, "+882", &[PARIS_SPARE]),
        ],
        inbound: vec![
            inbound(PARIS_LINE, "+33142000001", "201"),
            inbound(PARIS_LINE, "+33142000002", "200"),
            inbound(PARIS_LINE, "", "202"),
            inbound(BENIN_LINE, "+2290121300001", "1001"),
            inbound(BRUSSELS_LINE, "+3225010001", "301"),
        ],
        ..Plan::default()
    }
}

fn post(id: PostId, name: &str, country: &str, outside_prefix: &str, emergency: &[&str]) -> Post {
    Post {
        id,
        name: name.to_owned(),
        country: country.to_owned(),
        outside_prefix: outside_prefix.to_owned(),
        emergency: emergency.iter().map(|number| (*number).to_owned()).collect(),
    }
}

pub(super) fn extension(number: &str, name: &str, post: PostId, rights: Class) -> Extension {
    let device = Device {
        username: format!("{number}-desk"),
        ha1: Ha1("0123456789abcdef0123456789abcdef".to_owned()),
        label: "desk".to_owned(),
    };
    Extension {
        number: number.to_owned(),
        name: name.to_owned(),
        post,
        digest: DigestAlgorithm::Md5,
        devices: vec![device],
        rights,
        outside_calls: 2,
        forward: Forwarding::default(),
        do_not_disturb: false,
        pickup_group: None,
        voicemail: None,
    }
}

fn trunk(id: TrunkId, name: &str, post: PostId, caller_id: Option<&str>) -> Trunk {
    Trunk {
        id,
        name: name.to_owned(),
        post,
        host: "sip.provider.example".to_owned(),
        port: None,
        carrier: Carrier::Tls,
        credentials: None,
        register: false,
        sources: Vec::new(),
        srtp: true,
        caller_id: caller_id.map(str::to_owned),
        identity: IdentityProfile::From,
        calls: 10,
        rights: Class::International,
        strip_plus: false,
        show_name: false,
    }
}

fn route(post: Option<PostId>, prefix: &str, trunks: &[TrunkId]) -> OutboundRoute {
    OutboundRoute { post, prefix: prefix.to_owned(), trunks: trunks.to_vec() }
}

pub(super) fn inbound(trunk: TrunkId, number: &str, target: &str) -> InboundNumber {
    InboundNumber { trunk, number: number.to_owned(), target: target.to_owned() }
}
