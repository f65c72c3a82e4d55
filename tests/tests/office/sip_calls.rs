//! Calls into a room over the SIP service: a provider's phone rings, is seen in the room, and is sent on.

use palabre_tests::browser::{Browser as Window, View};
use serde_json::{Value, json};
use signaling_proto::token::{Claims, SipGrant, VideoGrant};

use crate::browser::Office;
use crate::provider::Provider;
use crate::server_api::{Answer, add_key, ask, sign};

#[tokio::test]
async fn a_phone_is_called_into_a_room_and_seen_there_while_it_rings() {
    let house = House::open().await;
    let window = house.window("awa").await;
    let call = json!({"sipCallTo": "0 21 30 00 00", "sipNumber": "201", "sipTrunkId": "ST_1", "roomName": ROOM,
        "participantIdentity": "caller-7", "participantName": "Mme Bureau", "participantMetadata": "m",
        "participantAttributes": {"desk": "7"}});
    let (made, ringing) = tokio::join!(house.ask("CreateSIPParticipant", call), async {
        let invite = house.provider.next("INVITE", &mut Vec::new()).await;
        house.provider.answer(&invite, "180 Ringing").await;
        invite
    });
    assert_eq!(made.status, 200, "{made:?}");
    assert_eq!(
        (&made.body["participantIdentity"], &made.body["roomName"]),
        (&json!("caller-7"), &json!(ROOM))
    );
    assert!(made.body["participantId"].as_str().unwrap().starts_with("PA_"), "{made:?}");
    let says = |view: &View, name: &str| {
        view.others.get("caller-7").and_then(|phone| phone.attributes.get(name)).cloned().unwrap_or_default()
    };
    let described = |view: &View| {
        view.others.get("caller-7").is_some_and(|phone| phone.name == "Mme Bureau" && phone.metadata == "m")
            && says(view, "desk") == "7"
    };
    window.until("it is described", described).await;
    window.until("it rings", |view| says(view, "sip.callStatus") == "ringing").await;
    assert_eq!(says(&window.view(), "sip.callID"), made.body["sipCallId"].as_str().unwrap());

    house.provider.take(&ringing).await;
    window.until("it is answered", |view| says(view, "sip.callStatus") == "active").await;
}

#[tokio::test]
async fn who_waits_for_the_answer_hears_what_sip_says() {
    let house = House::open().await;
    let call = |number: &str| json!({"sipCallTo": number, "sipNumber": "201", "roomName": ROOM, "waitUntilAnswered": true});
    for (status, http, code) in [("486 Busy Here", 412, "486"), ("603 Decline", 403, "603")] {
        let (made, ()) = tokio::join!(house.ask("CreateSIPParticipant", call("021300000")), async {
            let invite = house.provider.next("INVITE", &mut Vec::new()).await;
            house.provider.answer(&invite, status).await;
        });
        assert_eq!((made.status, &made.body["meta"]["sip_status_code"]), (http, &json!(code)), "{made:?}");
        assert_eq!(made.body["meta"]["sip_status"], status[4..], "{made:?}");
    }
    let (made, ()) = tokio::join!(house.ask("CreateSIPParticipant", call("021300000")), async {
        let invite = house.provider.next("INVITE", &mut Vec::new()).await;
        house.provider.take(&invite).await;
    });
    assert_eq!(made.status, 200, "{made:?}");
    assert!(made.body["participantIdentity"].as_str().unwrap().starts_with("phone-"), "{made:?}");

    // The room is not kept waiting without end.
    let mut impatient = call("021300000");
    impatient["ringingTimeout"] = json!("1s");
    let (made, ()) = tokio::join!(house.ask("CreateSIPParticipant", impatient), async {
        let mut seen = Vec::new();
        let invite = house.provider.next("INVITE", &mut seen).await;
        house.provider.answer(&invite, "180 Ringing").await;
        house.provider.next("CANCEL", &mut seen).await;
    });
    assert_eq!((made.status, &made.body["code"]), (408, &json!("deadline_exceeded")), "{made:?}");
}

#[tokio::test]
async fn a_phone_in_a_room_is_sent_on_to_another_number() {
    let house = House::open().await;
    let window = house.window("awa").await;
    let mut seen = Vec::new();
    let call = json!({"sipCallTo": "021300000", "sipNumber": "201", "roomName": ROOM,
        "participantIdentity": "caller-7", "waitUntilAnswered": true});
    let (made, ()) = tokio::join!(house.ask("CreateSIPParticipant", call), async {
        let invite = house.provider.next("INVITE", &mut seen).await;
        house.provider.take(&invite).await;
    });
    assert_eq!(made.status, 200, "{made:?}");
    window.until("it is there", |view| view.others.contains_key("caller-7")).await;

    let stranger = json!({"participantIdentity": "awa", "roomName": ROOM, "transferTo": "tel:021300055"});
    assert_eq!(house.ask("TransferSIPParticipant", stranger).await.status, 404, "a browser is no phone");
    let transfer =
        json!({"participantIdentity": "caller-7", "roomName": ROOM, "transferTo": "tel:021300055"});
    let sent = house.ask("TransferSIPParticipant", transfer).await;
    assert_eq!(sent.status, 200, "{sent:?}");
    let invite = house.provider.next("INVITE", &mut seen).await;
    assert!(invite.number().ends_with("21300055"), "{}", invite.number());
    house.provider.take(&invite).await;
    window.until("it has gone", |view| !view.others.contains_key("caller-7")).await;
}

#[tokio::test]
async fn keys_are_pressed_once_a_call_is_answered_and_it_ends_when_its_time_is_over() {
    let house = House::open().await;
    let mut seen = Vec::new();
    let call = json!({"sipCallTo": "021300000", "sipNumber": "201", "roomName": ROOM, "dtmf": "4w2#",
        "maxCallDuration": "2s"});
    let (made, invite) =
        tokio::join!(house.ask("CreateSIPParticipant", call), house.provider.next("INVITE", &mut seen));
    assert_eq!(made.status, 200, "{made:?}");
    house.provider.take(&invite).await;
    assert_eq!(house.provider.keys(3).await, "42#");
    house.provider.next("BYE", &mut seen).await;
}

#[tokio::test]
async fn a_call_that_rings_for_too_long_is_given_up_though_nobody_waits() {
    let house = House::open().await;
    let mut seen = Vec::new();
    let call =
        json!({"sipCallTo": "021300000", "sipNumber": "201", "roomName": ROOM, "ringingTimeout": "1s"});
    let (made, invite) =
        tokio::join!(house.ask("CreateSIPParticipant", call), house.provider.next("INVITE", &mut seen));
    assert_eq!(made.status, 200, "{made:?}");
    house.provider.answer(&invite, "180 Ringing").await;
    house.provider.next("CANCEL", &mut seen).await;
}

#[tokio::test]
async fn calls_that_cannot_be_made_say_why() {
    let house = House::open().await;
    let _window = house.window("awa").await;
    let call = |field: &str, value: Value| {
        let mut call = json!({"sipCallTo": "021300000", "sipNumber": "201", "roomName": ROOM});
        call[field] = value;
        call
    };
    for (field, value, status, word) in [
        ("sipNumber", json!("999"), 400, "sip_number"),
        ("sipCallTo", json!("awa"), 400, "sip_call_to"),
        ("sipCallTo", json!("00331234567"), 403, "may not call so far"),
        ("sipCallTo", json!("999"), 404, "404"),
        ("sipTrunkId", json!("ST_9"), 400, "ST_9"),
        ("participantIdentity", json!("awa"), 409, "already"),
        ("participantIdentity", json!("user-1"), 400, "participant_identity"),
        ("participantAttributes", json!({"sip.callStatus": "active"}), 400, "sip.callStatus"),
        ("participantAttributes", json!({"palabre.role": "host"}), 400, "palabre.role"),
        ("dtmf", json!("12x"), 400, "dtmf"),
        ("maxCallDuration", json!("-1s"), 400, "max_call_duration"),
        ("ringingTimeout", json!("600s"), 400, "ringing_timeout"),
        ("playDialtone", json!(true), 501, "play_dialtone"),
        ("roomName", json!(""), 400, "room_name"),
        ("roomName", json!("elsewhere"), 403, "this room"),
    ] {
        let answer = house.ask("CreateSIPParticipant", call(field, value.clone())).await;
        assert_eq!(answer.status, status, "{field} {value}: {answer:?}");
        assert!(answer.body["msg"].as_str().unwrap().contains(word), "{field} {value}: {answer:?}");
    }
    for grant in [SipGrant::default(), SipGrant { admin: true, ..SipGrant::default() }] {
        let refused = house.ask_with("CreateSIPParticipant", grant, call("dtmf", json!(""))).await;
        assert_eq!(refused.status, 403, "{refused:?}");
    }
}

/// A server with an extension 201 that may call within the country, over a provider of ours.
struct House {
    office: Office,
    provider: Provider,
}

impl House {
    async fn open() -> Self {
        let provider = Provider::open().await;
        let office = Office::start_with(|config| {
            add_key(config);
            config.sip.listen = vec!["127.0.0.1:0".parse().expect("an address")];
            (config.sip.tls, config.sip.ws) = (Vec::new(), Vec::new());
        })
        .await;
        let mut admin = office.administrator().await;
        let port = provider.address().port();
        for (path, body) in [
            ("/api/admin/posts", json!({"name": "Cotonou", "country": "BJ"})),
            (
                "/api/admin/extensions",
                json!({"number": "201", "name": "Awa", "rights": "national", "outside_calls": 4}),
            ),
            ("/api/admin/trunks", json!({"name": "Orange", "host": "127.0.0.1", "port": port, "calls": 8})),
        ] {
            let made = admin.post(path, body).await;
            assert_eq!(made.status, 201, "{made:?}");
        }
        let route = admin.put("/api/admin/routes", json!({"prefix": "", "trunks": [1]})).await;
        assert_eq!(route.status, 204, "{route:?}");
        // The trunk is asked whether it lives before it carries calls.
        let asked = provider.next("OPTIONS", &mut Vec::new()).await;
        provider.answer(&asked, "200 OK").await;
        Self { office, provider }
    }

    async fn window(&self, identity: &str) -> Window {
        let token = sign(&self.office, Claims::join(identity, ROOM));
        Window::open(self.office.server.http, &token).await
    }

    async fn ask(&self, method: &str, body: Value) -> Answer {
        self.ask_with(method, SipGrant { call: true, ..SipGrant::default() }, body).await
    }

    async fn ask_with(&self, method: &str, sip: SipGrant, body: Value) -> Answer {
        let video = VideoGrant { room_admin: true, room: ROOM.to_owned(), ..VideoGrant::default() };
        ask(&self.office, method, Claims { sip, video, ..Claims::default() }, body).await
    }
}

const ROOM: &str = "plenary";
