//! The SIP service of the server API, over the numbering plan that administrators see.

use serde_json::{Value, json};
use signaling_proto::token::{Claims, SipGrant};

use crate::browser::{Browser, Office};
use crate::server_api::{Answer, add_key, ask};

#[tokio::test]
async fn a_trunk_is_one_for_both_directions_and_keeps_its_password_to_itself() {
    let mut house = House::open().await;

    let made = house
        .ask("CreateSIPOutboundTrunk", json!({"trunk": {"name": "Orange", "address": "sip.example.org:5080",
            "transport": "SIP_TRANSPORT_TCP", "numbers": ["+22921300000"], "authUsername": "u", "authPassword": "secret"}}))
        .await;
    assert_eq!(made.status, 200, "{made:?}");
    assert_eq!(made.body["sipTrunkId"], "ST_1");
    assert_eq!(made.body["authPassword"], Value::Null, "{made:?}");
    let known = house.admin.get("/api/admin/trunks").await;
    let trunk = &known.json["trunks"][0];
    assert_eq!(
        (&trunk["name"], &trunk["host"], &trunk["port"]),
        (&json!("Orange"), &json!("sip.example.org"), &json!(5080))
    );
    assert_eq!((&trunk["transport"], &trunk["username"]), (&json!("tcp"), &json!("u")));
    assert_eq!(trunk["caller_id"], "+22921300000");

    let update =
        json!({"sipTrunkId": "ST_1", "update": {"numbers": {"set": ["+22921300001"]}, "name": "Moov"}});
    let changed = house.ask("UpdateSIPOutboundTrunk", update).await;
    assert_eq!((&changed.body["name"], &changed.body["numbers"]), (&json!("Moov"), &json!(["+22921300001"])));
    let inbound = json!({"sipTrunkId": "ST_1", "update": {"allowedAddresses": {"set": ["192.0.2.1/32", "2001:db8::1"]},
        "numbers": {"add": ["+22921300001"]}}});
    let changed = house.ask("UpdateSIPInboundTrunk", inbound).await;
    assert_eq!(changed.status, 200, "{changed:?}");
    assert_eq!(changed.body["allowedAddresses"], json!(["192.0.2.1", "2001:db8::1"]));

    for (method, of) in [
        ("ListSIPInboundTrunk", "sipTrunkId"),
        ("ListSIPOutboundTrunk", "sipTrunkId"),
        ("ListSIPTrunk", "sipTrunkId"),
    ] {
        let list = house.ask(method, json!({})).await;
        assert_eq!(list.body["items"].as_array().map(Vec::len), Some(1), "{method}");
        assert_eq!(list.body["items"][0][of], "ST_1", "{method}");
        assert!(!list.body.to_string().contains("secret"), "{method}");
    }
    let trunk = house.admin.get("/api/admin/trunks").await.json["trunks"][0].clone();
    assert_eq!(trunk["username"], "u", "what was not named stays");
    let missing = house.ask("ListSIPOutboundTrunk", json!({"trunkIds": ["ST_9", "ST_1"]})).await;
    assert_eq!(missing.body["items"][0].get("sipTrunkId"), None);
    assert_eq!(missing.body["items"][1]["sipTrunkId"], "ST_1");

    assert_eq!(house.ask("DeleteSIPTrunk", json!({"sipTrunkId": "ST_1"})).await.status, 200);
    let gone = house.ask("GetSIPInboundTrunk", json!({"sipTrunkId": "ST_1"})).await;
    assert_eq!((gone.status, &gone.body["code"]), (404, &json!("not_found")));
}

#[tokio::test]
async fn numbers_of_a_trunk_ask_for_the_pin_until_a_rule_leads_them_elsewhere() {
    let mut house = House::open().await;
    let inbound = json!({"trunk": {"name": "Orange", "allowedAddresses": ["192.0.2.1"], "numbers": ["+22921300000", "+22921300001"]}});
    let made = house.ask("CreateSIPInboundTrunk", inbound).await;
    assert_eq!(made.status, 200, "{made:?}");
    let rules = house.ask("ListSIPDispatchRule", json!({})).await;
    assert_eq!(rules.body["items"].as_array().map(Vec::len), Some(1));
    let pin = &rules.body["items"][0];
    assert_eq!(
        (&pin["sipDispatchRuleId"], &pin["numbers"]),
        (&json!("SDR_800"), &json!(["+22921300000", "+22921300001"]))
    );
    assert!(pin["rule"]["dispatchRuleDirect"].is_object());

    let direct = json!({"dispatchRule": {"rule": {"dispatchRuleDirect": {"roomName": house.meeting}},
        "trunkIds": ["ST_1"], "numbers": ["+22921300001"]}});
    let made = house.ask("CreateSIPDispatchRule", direct).await;
    assert_eq!(made.status, 200, "{made:?}");
    assert_eq!(
        (&made.body["sipDispatchRuleId"], &made.body["numbers"]),
        (&json!("SDR_801"), &json!(["+22921300001"]))
    );
    // The older form, with everything beside the rule.
    let callee = json!({"rule": {"dispatchRuleCallee": {"roomPrefix": "call-"}}, "trunkIds": ["ST_1"],
        "attributes": {"palabre.number": "201"}});
    let made = house.ask("CreateSIPDispatchRule", callee).await;
    assert_eq!(made.status, 200, "{made:?}");
    assert_eq!(
        (&made.body["sipDispatchRuleId"], &made.body["numbers"]),
        (&json!("SDR_201"), &json!(["+22921300000"]))
    );
    assert_eq!(house.leads().await, [("+22921300000", "201"), ("+22921300001", "801")].map(said));

    let update = json!({"sipDispatchRuleId": "SDR_201", "update": {"rule": {"dispatchRuleDirect": {}}}});
    let changed = house.ask("UpdateSIPDispatchRule", update).await;
    assert_eq!((changed.status, &changed.body["sipDispatchRuleId"]), (200, &json!("SDR_800")), "{changed:?}");
    assert_eq!(house.leads().await, [("+22921300000", "800"), ("+22921300001", "801")].map(said));

    let deleted = house.ask("DeleteSIPDispatchRule", json!({"sipDispatchRuleId": "SDR_801"})).await;
    assert_eq!(deleted.body["rule"]["dispatchRuleDirect"]["roomName"], house.meeting.as_str());
    assert_eq!(house.leads().await, [("+22921300000", "800")].map(said));
}

#[tokio::test]
async fn what_the_plan_has_no_place_for_is_refused_by_its_name() {
    let house = House::open().await;
    let outbound = |field: &str, value: Value| {
        let mut trunk = json!({"name": "Orange", "address": "sip.example.org"});
        trunk[field] = value;
        json!({"trunk": trunk})
    };
    for (method, body, status, word) in [
        ("CreateSIPOutboundTrunk", outbound("headers", json!({"X-A": "b"})), 501, "headers"),
        ("CreateSIPOutboundTrunk", outbound("fromHost", json!("x.org")), 501, "from_host"),
        ("CreateSIPOutboundTrunk", outbound("address", json!("sip:x.org")), 400, "address"),
        ("CreateSIPOutboundTrunk", outbound("numbers", json!(["+1", "+2"])), 400, "numbers"),
        ("CreateSIPOutboundTrunk", outbound("authPassword", json!("x")), 400, "auth_username"),
        ("CreateSIPOutboundTrunk", outbound("metadata", json!("Paris")), 400, "Paris"),
        ("CreateSIPOutboundTrunk", json!({}), 400, "trunk is missing"),
        ("CreateSIPInboundTrunk", json!({"trunk": {"name": "x"}}), 400, "allowed_addresses"),
        (
            "CreateSIPInboundTrunk",
            json!({"trunk": {"allowedAddresses": ["192.0.2.0/24"]}}),
            400,
            "192.0.2.0/24",
        ),
        (
            "CreateSIPInboundTrunk",
            json!({"trunk": {"allowedAddresses": ["192.0.2.1"], "authPassword": "x"}}),
            501,
            "auth_password",
        ),
        ("UpdateSIPInboundTrunk", json!({"sipTrunkId": "ST_9", "replace": {}}), 404, "ST_9"),
        ("DeleteSIPTrunk", json!({"sipTrunkId": "9"}), 400, "ST_3"),
        ("CreateSIPDispatchRule", json!({"rule": {"dispatchRuleIndividual": {}}}), 501, "each caller"),
        ("CreateSIPDispatchRule", json!({"rule": {"dispatchRuleDirect": {"pin": "1234"}}}), 400, "pin"),
        (
            "CreateSIPDispatchRule",
            json!({"rule": {"dispatchRuleDirect": {"roomName": "nowhere"}}}),
            412,
            "nowhere",
        ),
        ("CreateSIPDispatchRule", json!({"rule": {"dispatchRuleDirect": {}}}), 412, "no trunk"),
        (
            "CreateSIPDispatchRule",
            json!({"dispatchRule": {"hidePhoneNumber": true}}),
            501,
            "hide_phone_number",
        ),
        ("DeleteSIPDispatchRule", json!({"sipDispatchRuleId": "SDR_999"}), 404, "SDR_999"),
        ("CreateSIPTrunk", json!({}), 501, "CreateSIPInboundTrunk"),
        ("Nonsense", json!({}), 404, "Nonsense"),
    ] {
        let answer = house.ask(method, body.clone()).await;
        assert_eq!(answer.status, status, "{method} {body}: {answer:?}");
        assert!(answer.body["msg"].as_str().unwrap().contains(word), "{method} {body}: {answer:?}");
    }
    assert_eq!(house.ask("ListSIPTrunk", json!({})).await.body, json!({}), "nothing was done");
}

#[tokio::test]
async fn only_keys_with_the_grant_are_heard() {
    let house = House::open().await;
    for method in [
        "ListSIPTrunk",
        "CreateSIPInboundTrunk",
        "DeleteSIPTrunk",
        "ListSIPDispatchRule",
        "CreateSIPDispatchRule",
    ] {
        let none = house.ask_with(method, SipGrant::default(), json!({})).await;
        assert_eq!((none.status, &none.body["code"]), (403, &json!("permission_denied")), "{method}");
        let calls = SipGrant { call: true, ..SipGrant::default() };
        assert_eq!(house.ask_with(method, calls, json!({})).await.status, 403, "{method}");
    }
    let url = format!("{}/twirp/livekit.SIP/ListSIPTrunk", house.office.base());
    let answer = reqwest::Client::new().post(&url).json(&json!({})).send().await.unwrap();
    assert_eq!(answer.status(), 401);
    let answer = reqwest::Client::new().get(&url).send().await.unwrap();
    assert_eq!(answer.status(), 404);
    let rooms = format!("{}/twirp/livekit.RoomService/ListRooms", house.office.base());
    let answer = reqwest::Client::new().post(&rooms).json(&json!({})).send().await.unwrap();
    assert_eq!(answer.status(), 401, "the rooms' service is still there");
}

#[tokio::test]
async fn the_audit_log_names_the_key() {
    let house = House::open().await;
    let trunk = json!({"trunk": {"name": "Orange", "address": "sip.example.org"}});
    assert_eq!(house.ask("CreateSIPOutboundTrunk", trunk).await.status, 200);

    let log = palabre::audit::newest(&house.office.server.app.store, 9).await.unwrap();
    let written = log.iter().find(|written| written.action == "trunk.add").unwrap();
    assert_eq!((written.actor.as_str(), written.object.as_str()), ("key sdk", "Orange"));
}

/// A server with a post, an extension 201, the number 800 for PINs and 801 for a meeting.
struct House {
    office: Office,
    admin: Browser,
    meeting: String,
}

impl House {
    async fn open() -> Self {
        let office = Office::start_with(add_key).await;
        let mut admin = office.administrator().await;
        for (path, body) in [
            ("/api/admin/posts", json!({"name": "Cotonou", "country": "BJ"})),
            ("/api/admin/extensions", json!({"number": "201", "name": "Awa"})),
        ] {
            let made = admin.post(path, body).await;
            assert_eq!(made.status, 201, "{made:?}");
        }
        let meeting = admin.post("/api/meetings", json!({"title": "Bilatérale"})).await;
        let meeting = meeting.json["code"].as_str().expect("a text").to_owned();
        for (number, body) in [("800", json!({})), ("801", json!({"meeting": meeting}))] {
            let set = admin.put(&format!("/api/admin/conference/{number}"), body).await;
            assert_eq!(set.status, 204, "{set:?}");
        }
        Self { office, admin, meeting }
    }

    async fn ask(&self, method: &str, body: Value) -> Answer {
        self.ask_with(method, SipGrant { admin: true, ..SipGrant::default() }, body).await
    }

    async fn ask_with(&self, method: &str, sip: SipGrant, body: Value) -> Answer {
        ask(&self.office, method, Claims { sip, ..Claims::default() }, body).await
    }

    /// Which public numbers lead where, as administrators see it.
    async fn leads(&mut self) -> Vec<(String, String)> {
        let numbers = self.admin.get("/api/admin/numbers").await;
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let numbers = numbers.json["numbers"].as_array().expect("a list").clone();
        let mut leads: Vec<_> =
            numbers.iter().map(|number| (text(&number["number"]), text(&number["target"]))).collect();
        leads.sort();
        leads
    }
}

fn said((number, target): (&str, &str)) -> (String, String) {
    (number.to_owned(), target.to_owned())
}
