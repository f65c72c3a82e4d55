//! People and posts as tables.

use serde_json::{Value, json};

use crate::browser::{Browser, Office};

#[tokio::test]
async fn a_table_adds_and_changes_people_and_comes_out_as_it_went_in() {
    let office = Office::start().await;
    let mut awa = office.administrator().await;
    furnish(&mut awa).await;
    let table = "\u{feff}email;name;role;function;rank;post;extension;languages;disabled\r\n\
        ben@example.org;\"Kouassi; Ben\";user;Premier secrétaire;30;paris;201;fr en;non\r\n\
        cica@example.org;Cica;protocol-officer;Cheffe du protocole;;Paris;;fr;\r\n";

    let tried = import(&mut awa, "?dry_run=true", table).await;
    assert_eq!((&tried["added"], &tried["done"]), (&json!(2), &json!(false)), "{tried}");
    assert_eq!(awa.get("/api/users").await.json["total"], 1, "nothing has happened");
    let done = import(&mut awa, "?passwords=true", table).await;
    assert_eq!((&done["added"], &done["done"]), (&json!(2), &json!(true)), "{done}");
    let again = import(&mut awa, "", table).await;
    assert_eq!((&again["same"], &again["changed"]), (&json!(2), &json!(0)), "{again}");

    let exported = awa.get("/api/users.csv?separator=semicolon").await;
    let text = exported.json.as_str().expect("text").to_owned();
    assert!(text.starts_with('\u{feff}'), "{text}");
    assert!(
        text.contains("ben@example.org;\"Kouassi; Ben\";user;Premier secrétaire;30;Paris;201;fr en;no\r\n"),
        "{text}"
    );
    assert_eq!(exported.header("content-type"), "text/csv; charset=utf-8");
    let back = import(&mut awa, "", &text).await;
    assert_eq!((&back["same"], &back["faulty"]), (&json!(3), &json!(0)), "{back}");

    // A column that is missing leaves what is, an empty field takes it away.
    let changed = import(&mut awa, "", "email,function,extension\nben@example.org,Consul,").await;
    assert_eq!(changed["changed"], 1, "{changed}");
    let ben = awa.get("/api/users?q=kouassi").await.json["users"][0].clone();
    assert_eq!(
        (&ben["function"], &ben["rank"], &ben["extension"]),
        (&json!("Consul"), &json!(30), &json!(null))
    );
    let initial = &done["passwords"][0];
    let who = json!({"email": initial["email"], "password": initial["password"]});
    assert_eq!(office.browser().post("/api/sign-in", who).await.json["duties"], json!(["password"]));
}

#[tokio::test]
async fn one_bad_line_keeps_all_others_out_and_each_is_told_what_is_wrong() {
    let office = Office::start().await;
    let mut awa = office.administrator().await;
    furnish(&mut awa).await;
    let table = "email,name,role,rank,post,extension,languages\n\
        good@example.org,Good,,,,,\n\
        nobody,A,,,,,\n\
        b@example.org,,,,,,\n\
        c@example.org,C,king,,,,\n\
        d@example.org,D,,0,,,\n\
        e@example.org,E,,,Tokyo,,\n\
        f@example.org,F,,,,999,\n\
        g@example.org,G,,,,,français\n\
        good@example.org,Twice,,,,,\n\
        awa@example.org,Awa,user,,,,\n";

    let refused = import(&mut awa, "", table).await;

    let told: Vec<_> = refused["lines"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|line| line["what"] == "fault")
        .map(|line| (line["line"].as_i64().unwrap(), line["field"].as_str().unwrap()))
        .collect();
    let expected = [
        (3, "email"),
        (4, "name"),
        (5, "role"),
        (6, "rank"),
        (7, "post"),
        (8, "extension"),
        (9, "languages"),
        (10, "email"),
        (11, "role"),
    ];
    assert_eq!(told, expected);
    assert_eq!((&refused["done"], &refused["added"]), (&json!(false), &json!(1)));
    assert_eq!(awa.get("/api/users").await.json["total"], 1);
    for (table, reason) in [
        ("", "the table is empty"),
        ("name", "line 1: the column \"email\" is missing"),
        ("email,nom", "there is no column \"nom\""),
    ] {
        let refused = awa.post_table("/api/users/import", table).await;
        assert_eq!(refused.json["error"]["field"], "table");
        assert!(refused.json["error"]["reason"].as_str().unwrap().contains(reason), "{refused:?}");
    }
    let latin = awa.post_table("/api/users/import", b"email,name\na@b.c,\xc9lise".to_vec()).await;
    assert!(
        latin.json["error"]["reason"].as_str().unwrap().contains("line 2: it is not in UTF-8"),
        "{latin:?}"
    );
    assert_eq!(awa.post_table("/api/users/import", "x".repeat(9 << 20)).await.status, 413);
}

#[tokio::test]
async fn a_name_does_no_harm_in_a_spreadsheet() {
    let office = Office::start().await;
    let mut awa = office.administrator().await;
    let who = json!({"name": "=HYPERLINK(\"https://evil\")", "email": "ben@example.org"});
    assert_eq!(awa.post("/api/users", who).await.status, 201);

    let text = awa.get("/api/users.csv").await.json.as_str().expect("text").to_owned();

    assert!(text.contains("ben@example.org,\"'=HYPERLINK(\"\"https://evil\"\")\",user"), "{text}");
    assert_eq!(import(&mut awa, "", &text).await["same"], 2, "and it is the same when it comes back");
}

#[tokio::test]
async fn an_officer_s_table_reaches_the_own_post_only() {
    let office = Office::start().await;
    let mut awa = office.administrator().await;
    let post = furnish(&mut awa).await;
    assert_eq!(import(&mut awa, "", "email,name\nben@example.org,Ben").await["added"], 1);
    let who = json!({"name": "Ola", "email": "ola@example.org", "role": "it-officer", "post": post});
    let mut officer = office.member(&mut awa, who).await;

    let refused =
        import(&mut officer, "", "email,name,role\nben@example.org,Bob,\nc@example.org,C,administrator")
            .await;
    assert_eq!((&refused["faulty"], &refused["done"]), (&json!(2), &json!(false)), "{refused}");
    assert_eq!(import(&mut officer, "", "email,name\nd@example.org,D").await["added"], 1);
    let exported = officer.get("/api/users.csv").await.json.as_str().expect("text").to_owned();
    assert!(exported.contains("d@example.org") && !exported.contains("ben@example.org"), "{exported}");
}

#[tokio::test]
async fn posts_go_out_and_come_back_as_a_table() {
    let office = Office::start().await;
    let mut awa = office.administrator().await;
    let table = "name,country,city,time_zone,prefix,emergency,down_kbit,up_kbit\n\
        Mission à New York,us,New York,America/New_York,9,911,20000,5000\n\
        Tokyo,JP,Tokyo,,,110 119,1024,512\n";

    let path = "/api/admin/posts/import";
    assert_eq!(awa.post_table(&format!("{path}?dry_run=true"), table).await.json["added"], 2);
    assert_eq!(awa.get("/api/admin/posts").await.json["posts"], json!([]));
    assert_eq!(awa.post_table(path, table).await.json["done"], true);
    let exported = awa.get("/api/admin/posts.csv").await.json.as_str().expect("text").to_owned();
    assert!(exported.contains("Tokyo,JP,Tokyo,Asia/Tokyo,,110 119,1024,512\r\n"), "{exported}");
    let back = awa.post_table(path, exported).await.json;
    assert_eq!((&back["same"], &back["faulty"]), (&json!(2), &json!(0)), "{back}");
    let wrong =
        "name,country,time_zone,down_kbit\nA,XXX,,\nB,FR,Europe/Gotham,\nC,FR,,fast\nTokyo,JP,,4096\n";
    let refused = awa.post_table(path, wrong).await.json;
    let fields: Vec<_> =
        refused["lines"].as_array().unwrap().iter().filter_map(|line| line["field"].as_str()).collect();
    assert_eq!(fields, ["country", "time_zone", "down_kbit"]);
    assert_eq!(refused["done"], false);
}

async fn import(browser: &mut Browser, how: &str, table: &str) -> Value {
    browser.post_table(&format!("/api/users/import{how}"), table.to_owned()).await.json
}

/// A post with an extension; its id.
async fn furnish(awa: &mut Browser) -> Value {
    let post = awa.post("/api/admin/posts", json!({"name": "Paris", "country": "FR"})).await;
    let extension = json!({"number": "201", "name": "Premier secrétaire"});
    assert_eq!(awa.post("/api/admin/extensions", extension).await.status, 201);
    post.json["id"].clone()
}
