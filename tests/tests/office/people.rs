//! People and their calls: extensions, directory, presence, telephones at the doors of meetings.

use std::time::Duration;

use palabre::phones::desk;
use serde_json::{Value, json};
use sip_gateway_proto::call::{DoorWord, Entry, Visitor};
use tokio::sync::mpsc;

use crate::browser::{Browser, Events, Office};
use crate::meetings::meeting;
use crate::participant::Participant;
use crate::schedules::bilateral;

#[tokio::test]
async fn an_extension_belongs_to_one_user_and_a_user_has_one() {
    let office = Office::start().await;
    let mut awa = office.administrator().await;
    furnish(&mut awa).await;
    let mut ben = office.user(&mut awa, "ben@example.org").await;
    let path = own_path(&mut ben).await;

    assert_eq!(give(&mut awa, &path, "999").await.json["error"]["field"], "extension");
    assert_eq!(give(&mut awa, &path, "201").await.json["extension"], "201");
    let mine = own_path(&mut awa).await;
    assert_eq!(give(&mut awa, &mine, "201").await.code(), "conflict");
    assert_eq!(ben.patch(&mine, json!({"extension": "202"})).await.code(), "not_allowed");
    assert_eq!(ben.get("/api/me").await.json["extension"], "201");
    assert_eq!(awa.patch(&path, json!({"extension": null})).await.json["extension"], json!(null));
    assert_eq!(give(&mut awa, &mine, "201").await.status, 200);
}

#[tokio::test]
async fn the_directory_finds_people_whatever_their_accents_and_tells_their_time() {
    let office = Office::start().await;
    let mut awa = office.administrator().await;
    furnish(&mut awa).await;
    let mut ben = office.user(&mut awa, "ben@example.org").await;
    give_to(&mut awa, &mut ben, "202").await;

    let found = ben.get("/api/directory?q=delegue%20GENEVE").await.json;
    let entry = &found["entries"][0];
    assert_eq!((&entry["number"], &entry["time_zone"]), (&json!("201"), &json!("Europe/Zurich")), "{found}");
    assert_eq!((&entry["presence"], &entry["is_self"]), (&json!("offline"), &json!(false)));
    assert_eq!(found["entries"].as_array().map(Vec::len), Some(1));
    assert_eq!(ben.get("/api/directory?limit=1").await.json["next"], 1);
    assert_eq!(ben.get("/api/directory/202").await.json["is_self"], true);
    assert_eq!(ben.get("/api/directory/999").await.code(), "not_found");
    assert_eq!(office.browser().get("/api/directory").await.code(), "not_signed_in");
}

#[tokio::test]
async fn a_post_has_the_time_of_its_capital_unless_another_is_said() {
    let office = Office::start().await;
    let mut awa = office.administrator().await;
    let post = json!({"name": "Mission à New York", "country": "US", "time_zone": "America/Chicago"});

    let made = awa.post("/api/admin/posts", post).await;
    assert_eq!(made.json["time_zone"], "America/Chicago");
    let path = format!("/api/admin/posts/{}", made.json["id"]);
    let wrong = awa.patch(&path, json!({"time_zone": "America/Gotham"})).await;
    assert_eq!(wrong.json["error"]["field"], "time_zone");
    assert_eq!(awa.patch(&path, json!({"time_zone": ""})).await.json["time_zone"], "America/New_York");
}

#[tokio::test]
async fn an_open_page_makes_its_user_available_and_hears_of_others() {
    let office = Office::start().await;
    let mut awa = office.administrator().await;
    furnish(&mut awa).await;
    let mut ben = office.user(&mut awa, "ben@example.org").await;
    give_to(&mut awa, &mut ben, "202").await;
    let mut watched = awa.events("/api/events").await;
    let (event, state) = watched.next().await.unwrap();
    assert_eq!((event.as_str(), &state["extension"], &state["missed"]), ("state", &json!(null), &json!(0)));

    let mut page = ben.events("/api/events").await;
    let (_, state) = page.next().await.unwrap();
    assert_eq!(state["extension"]["number"], "202");
    assert_eq!(presence(&mut watched).await, json!({"numbers": {"202": "available"}}));

    assert_eq!(ben.put("/api/me/presence", json!({"do_not_disturb": true})).await.status, 204);
    let (event, state) = until(&mut page, "state").await;
    assert_eq!((event.as_str(), &state["do_not_disturb"]), ("state", &json!(true)));
    assert_eq!(presence(&mut watched).await, json!({"numbers": {"202": "do_not_disturb"}}));
    assert_eq!(awa.put("/api/me/presence", json!({"do_not_disturb": true})).await.code(), "no_extension");

    // Whoever gets an extension while the page is open is told so.
    give_to(&mut awa, &mut ben, "201").await;
    let (_, state) = until(&mut page, "state").await;
    assert_eq!(state["extension"]["number"], "201");
}

#[tokio::test]
async fn a_user_has_only_so_many_open_pages() {
    let office = Office::start().await;
    let awa = office.administrator().await;
    let mut pages = Vec::new();
    for _ in 0..20 {
        pages.push(awa.events("/api/events").await);
    }

    let one_more = awa.request(reqwest::Method::GET, "/api/events").send().await.unwrap();

    assert_eq!(one_more.status(), 429);
}

#[tokio::test]
async fn without_phones_or_an_extension_nobody_is_called() {
    let office = Office::start().await;
    let mut awa = office.administrator().await;
    furnish(&mut awa).await;

    assert_eq!(awa.post("/api/calls", json!({"number": "202"})).await.code(), "no_extension");
    assert_eq!(awa.get("/api/calls/history").await.json, json!({"calls": [], "next": null}));
    let mine = own_path(&mut awa).await;
    give(&mut awa, &mine, "201").await;
    assert_eq!(awa.post("/api/calls", json!({"number": "202"})).await.code(), "no_phones");
}

#[tokio::test]
async fn the_way_in_by_telephone_is_told_to_those_who_invite_only() {
    let (office, mut host) = house().await;
    let path = meeting(&mut host, json!({"title": "Bilatérale"})).await;
    assert_eq!(host.get(&path).await.json["dial_in"], json!(null), "no number leads there yet");

    assert_eq!(host.put("/api/admin/conference/800", json!({})).await.status, 204);
    assert_eq!(host.put("/api/admin/conference/201", json!({})).await.code(), "conflict");
    let code = path.rsplit('/').next().unwrap();
    assert_eq!(host.put("/api/admin/conference/801", json!({"meeting": code})).await.status, 204);

    let told = host.get(&path).await.json["dial_in"].clone();
    assert_eq!(told["numbers"], json!([{"number": "800", "inside": true}]));
    assert_eq!(told["direct"], json!([{"number": "801", "inside": true}]));
    let pin = told["pin"].as_str().unwrap();
    assert!(pin.len() == 8 && pin.bytes().all(|b| b.is_ascii_digit()), "{pin}");
    assert_eq!(office.browser().get(&path).await.json["dial_in"], json!(null));

    let anew = host.post(&format!("{path}/pin"), json!({})).await.json["dial_in"]["pin"].clone();
    assert_ne!(anew, pin);
    assert_eq!(host.get("/api/admin/conference").await.json["rooms"][0]["title"], "Bilatérale");
    assert_eq!(host.delete(&path).await.status, 204);
    assert_eq!(
        host.get("/api/admin/conference").await.json,
        json!({"numbers": ["800"], "rooms": []}),
        "a meeting takes its numbers along"
    );
}

#[tokio::test]
async fn a_stranger_on_the_telephone_waits_until_a_host_lets_him_in() {
    let (office, mut host) = house().await;
    let (path, pin) = with_pin(&mut host, json!({"title": "Bilatérale"})).await;
    let mut door = host.events(&format!("{path}/knocks")).await;
    door.next().await;

    let mut words = enter(&office, stranger("+33142685300", "Awa"), Entry::Pin(pin.clone()));
    assert_eq!(heard(&mut words).await, DoorWord::Waiting);
    let (_, seen) = door.next().await.unwrap();
    assert_eq!(
        (&seen["knocks"][0]["name"], &seen["knocks"][0]["phone"]),
        (&json!("Awa"), &json!("+33142685300"))
    );
    let ticket = seen["knocks"][0]["ticket"].as_str().unwrap();
    host.post(&format!("{path}/knocks/{ticket}/admit"), json!({})).await;
    let DoorWord::Admitted { room, name, role, .. } = heard(&mut words).await else { panic!("not admitted") };
    assert_eq!((room.as_str(), name.as_str(), role.as_str()), (&path[14..], "Awa", "guest"));

    // Whoever hangs up at the door is not seen there any more.
    door.next().await;
    let mut words = enter(&office, stranger("", ""), Entry::Pin(pin));
    assert_eq!(heard(&mut words).await, DoorWord::Waiting);
    assert_eq!(door.next().await.unwrap().1["knocks"][0]["name"], "Téléphone");
    drop(words);
    assert_eq!(door.next().await.unwrap().1["knocks"], json!([]));
}

#[tokio::test]
async fn a_phone_of_the_house_is_known_and_its_owner_is_the_host() {
    let (office, mut host) = house().await;
    let mine = own_path(&mut host).await;
    give(&mut host, &mine, "201").await;
    let (path, pin) = with_pin(&mut host, json!({"title": "Bilatérale"})).await;
    let role = async |number: &str| match heard(&mut enter(
        &office,
        of_house(number),
        Entry::Pin(pin.clone()),
    ))
    .await
    {
        DoorWord::Admitted { role, .. } => role,
        other => format!("{other:?}"),
    };

    assert_eq!(role("201").await, "host");
    assert_eq!(role("202").await, "user");
    host.patch(&path, json!({"locked": true})).await;
    assert_eq!(role("202").await, "Locked");
    assert_eq!(role("201").await, "host");
    let code = path.rsplit('/').next().unwrap().to_owned();
    let by_number = heard(&mut enter(&office, of_house("201"), Entry::Number(code))).await;
    assert!(matches!(by_number, DoorWord::Admitted { .. }), "{by_number:?}");
}

#[tokio::test]
async fn the_phone_of_somebody_with_a_seat_waits_with_the_delegation() {
    let (office, mut host) = house().await;
    let mut ben = office.user(&mut host, "ben@example.org").await;
    give_to(&mut host, &mut ben, "202").await;
    host.put("/api/admin/conference/800", json!({})).await;
    let plan = bilateral(|plan| {
        plan["send"] = json!(false);
        plan["parties"][1]["seats"][0]["email"] = json!("ben@example.org");
    });
    let made = host.post("/api/schedules", plan).await.json;
    let path = format!("/api/meetings/{}", made["code"].as_str().unwrap());
    let pin = host.get(&path).await.json["dial_in"]["pin"].as_str().unwrap().to_owned();
    let mut door = host.events(&format!("{path}/knocks")).await;
    door.next().await;

    let mut words = enter(&office, of_house("202"), Entry::Pin(pin.clone()));

    assert_eq!(heard(&mut words).await, DoorWord::Waiting);
    let knock = loop {
        let (_, seen) = door.next().await.unwrap();
        // It is there before its party is.
        if seen["knocks"][0]["party_id"].is_i64() {
            break seen["knocks"][0].clone();
        }
    };
    assert_eq!((&knock["party"], &knock["phone"]), (&json!("Inde"), &json!("202")));
    let admit = json!({"party": knock["party_id"]});
    assert_eq!(host.post(&format!("{path}/knocks/admit"), admit).await.json, json!({"admitted": 1}));
    let admitted = heard(&mut words).await;
    assert!(matches!(admitted, DoorWord::Admitted { .. }), "{admitted:?}");

    // Beside oneself in a browser one need not wait by telephone.
    host.patch(&path, json!({"waiting_room": false})).await;
    let join = ben.post(&format!("{path}/join"), json!({})).await.json;
    let _inside = Participant::enter(&join).await.unwrap();
    host.patch(&path, json!({"waiting_room": true})).await;
    let beside = heard(&mut enter(&office, of_house("202"), Entry::Pin(pin))).await;
    assert!(matches!(beside, DoorWord::Admitted { .. }), "{beside:?}");
}

#[tokio::test]
async fn guessing_at_pins_is_stopped() {
    let office = Office::start_with(|config| {
        config.sip.listen = vec!["127.0.0.1:0".parse().unwrap()];
        config.sip.tls = Vec::new();
        (config.limits.wrong_pins_per_caller, config.limits.wrong_pins) = (3, 5);
    })
    .await;
    let mut host = office.administrator().await;
    furnish(&mut host).await;
    host.put("/api/admin/conference/800", json!({})).await;
    let (_, pin) = with_pin(&mut host, json!({"title": "Bilatérale", "waiting_room": false})).await;
    let guess = async |number: &str, pin: &str| {
        heard(&mut enter(&office, stranger(number, ""), Entry::Pin(pin.to_owned()))).await
    };

    // Among them what is no PIN at all: it costs the same.
    for wrong in ["00000000", "1", ""] {
        assert_eq!(guess("+331", wrong).await, DoorWord::Wrong);
    }
    assert_eq!(guess("+331", &pin).await, DoorWord::TooMany, "even the right one");
    assert!(matches!(guess("+332", &pin).await, DoorWord::Admitted { .. }), "others are not concerned");
    for number in ["+333", "+334"] {
        assert_eq!(guess(number, "99999999").await, DoorWord::Wrong);
    }
    assert_eq!(guess("+335", &pin).await, DoorWord::TooMany, "all strangers have used it up together");
    let known = heard(&mut enter(&office, of_house("201"), Entry::Pin(pin.clone()))).await;
    assert!(matches!(known, DoorWord::Admitted { .. }), "{known:?}");
}

#[tokio::test]
async fn a_browser_calls_a_browser_and_only_they_are_let_into_the_room() {
    let (office, mut awa) = house().await;
    let mine = own_path(&mut awa).await;
    give(&mut awa, &mine, "201").await;
    let mut ben = office.user(&mut awa, "ben@example.org").await;
    give_to(&mut awa, &mut ben, "202").await;
    let mut of_awa = awa.events("/api/events").await;
    let mut of_ben = ben.events("/api/events").await;
    presence_of(&mut of_awa, "202").await;

    let placed = awa.post("/api/calls", json!({"number": "202"})).await;
    assert_eq!(placed.status, 201, "{placed:?}");
    let rings = call_in(&mut of_ben, "ringing").await;
    assert_eq!(
        (&rings["name"], &rings["post_name"]),
        (&json!("Délégué permanent"), &json!("Mission à Genève"))
    );
    assert_eq!(rings["direction"], "in");
    let id = rings["id"].as_str().unwrap();
    // Nobody answers the calls of others.
    assert_eq!(awa.post(&format!("/api/calls/{id}/answer"), json!({})).await.code(), "call_over");
    assert_eq!(ben.post(&format!("/api/calls/{id}/join"), json!({})).await.code(), "conflict");

    let answered = ben.post(&format!("/api/calls/{id}/answer"), json!({})).await;
    assert_eq!((answered.status, &answered.json["room"]), (200, &placed.json["room"]), "{answered:?}");
    assert_eq!(call_in(&mut of_ben, "talking").await["in_browser"], true);
    let talking = call_in(&mut of_awa, "talking").await;
    assert_eq!((&talking["number"], &talking["name"]), (&json!("202"), &json!("Standard")));
    assert_eq!(ben.post(&format!("/api/calls/{id}/hold"), json!({"held": true})).await.status, 204);
    assert_eq!(call_in(&mut of_awa, "talking").await["held_by_other"], true);

    assert_eq!(ben.post(&format!("/api/calls/{id}/hang-up"), json!({})).await.status, 204);
    assert_eq!(call_in(&mut of_awa, "ended").await["cause"], "other-hung-up");
    assert_eq!(ben.post(&format!("/api/calls/{id}/hang-up"), json!({})).await.code(), "not_found");
    let history = awa.get("/api/calls/history").await.json["calls"][0].clone();
    assert_eq!(
        (&history["outcome"], &history["name"]),
        (&json!("answered"), &json!("Standard")),
        "{history}"
    );
}

#[tokio::test]
async fn a_missed_call_is_counted_until_it_was_looked_at() {
    let (office, mut awa) = house().await;
    let mine = own_path(&mut awa).await;
    give(&mut awa, &mine, "201").await;
    let mut ben = office.user(&mut awa, "ben@example.org").await;
    give_to(&mut awa, &mut ben, "202").await;
    let mut of_awa = awa.events("/api/events").await;
    let mut of_ben = ben.events("/api/events").await;
    presence_of(&mut of_awa, "202").await;

    let placed = awa.post("/api/calls", json!({"number": "202"})).await.json;
    call_in(&mut of_ben, "ringing").await;
    awa.post(&format!("/api/calls/{}/hang-up", placed["call"].as_str().unwrap()), json!({})).await;

    assert_eq!(until(&mut of_ben, "missed").await.1, json!({"missed": 1}));
    let missed = ben.get("/api/calls/history?missed=true").await.json;
    assert_eq!(missed["calls"][0]["outcome"], "missed", "{missed}");
    assert_eq!(ben.post("/api/calls/history/seen", json!({})).await.status, 204);
    assert_eq!(until(&mut of_ben, "missed").await.1, json!({"missed": 0}));
}

#[tokio::test]
async fn why_a_number_cannot_be_called_is_told() {
    let (_office, mut awa) = house().await;
    let mine = own_path(&mut awa).await;
    give(&mut awa, &mine, "201").await;
    let (path, _) = with_pin(&mut awa, json!({"title": "Bilatérale"})).await;
    let code = path.rsplit('/').next().unwrap();
    awa.put("/api/admin/conference/801", json!({"meeting": code})).await;
    let mut reason = async |number: &str| {
        let refused = awa.post("/api/calls", json!({"number": number})).await;
        (refused.code().to_owned(), refused.json["error"]["reason"].clone())
    };

    assert_eq!(reason("299").await, ("call_refused".to_owned(), json!("unknown_number")));
    assert_eq!(reason("*43").await, ("call_refused".to_owned(), json!("phone_code")));
    assert_eq!(reason("801").await, ("is_meeting".to_owned(), json!(code)));
    assert_eq!(reason("800").await, ("is_meeting".to_owned(), json!(null)));
    assert_eq!(reason("not a number").await.0, "invalid");
}

/// A server with phones, a house and a number that asks for PINs.
async fn house() -> (Office, Browser) {
    let office = Office::start_with(|config| {
        config.sip.listen = vec!["127.0.0.1:0".parse().expect("an address")];
        config.sip.tls = Vec::new();
    })
    .await;
    let mut host = office.administrator().await;
    furnish(&mut host).await;
    (office, host)
}

async fn furnish(admin: &mut Browser) {
    let post = admin.post("/api/admin/posts", json!({"name": "Mission à Genève", "country": "CH"})).await;
    assert_eq!(post.status, 201, "{post:?}");
    for (number, name) in [("201", "Délégué permanent"), ("202", "Standard")] {
        let made = admin.post("/api/admin/extensions", json!({"number": number, "name": name})).await;
        assert_eq!(made.status, 201, "{made:?}");
    }
}

async fn own_path(browser: &mut Browser) -> String {
    format!("/api/users/{}", browser.get("/api/me").await.json["id"].as_str().expect("an id"))
}

async fn give(admin: &mut Browser, path: &str, number: &str) -> crate::browser::Answer {
    admin.patch(path, json!({"extension": number})).await
}

async fn give_to(admin: &mut Browser, whom: &mut Browser, number: &str) {
    let path = own_path(whom).await;
    assert_eq!(give(admin, &path, number).await.status, 200);
}

async fn with_pin(host: &mut Browser, what: Value) -> (String, String) {
    host.put("/api/admin/conference/800", json!({})).await;
    let path = meeting(host, what).await;
    let pin = host.get(&path).await.json["dial_in"]["pin"].as_str().expect("a PIN").to_owned();
    (path, pin)
}

fn enter(office: &Office, visitor: Visitor, entry: Entry) -> mpsc::Receiver<DoorWord> {
    desk(office.server.app.clone()).enter(visitor, entry)
}

fn stranger(number: &str, name: &str) -> Visitor {
    Visitor {
        number: number.to_owned(),
        name: name.to_owned(),
        extension: None,
        address_key: number.to_owned(),
    }
}

fn of_house(number: &str) -> Visitor {
    Visitor { extension: Some(number.to_owned()), ..stranger(number, "") }
}

async fn heard(words: &mut mpsc::Receiver<DoorWord>) -> DoorWord {
    let word = tokio::time::timeout(Duration::from_secs(20), words.recv()).await;
    word.expect("a word in time").expect("a word")
}

/// The next event of a name, whatever comes before it.
async fn until(events: &mut Events, name: &str) -> (String, Value) {
    loop {
        let (event, data) = events.next().await.expect("the stream goes on");
        if event == name {
            return (event, data);
        }
    }
}

async fn presence(events: &mut Events) -> Value {
    until(events, "presence").await.1
}

/// Waits until an extension has browsers, as everybody is told.
async fn presence_of(events: &mut Events, number: &str) {
    while presence(events).await["numbers"][number] != "available" {}
}

/// The next news of a call that is so far.
async fn call_in(events: &mut Events, state: &str) -> Value {
    loop {
        let call = until(events, "call").await.1;
        if call["state"] == state {
            return call;
        }
    }
}
