//! Mails on their way to the mail server, and those that do not arrive.

use std::time::Duration;

use mail_parser::{MessageParser, MimeHeaders as _};
use palabre::accounts::Email;
use palabre::config::{Config, MailEncryption};
use palabre_tests::mail_server::{MailServer, Received};
use serde_json::{Value, json};

use crate::browser::{ADMINISTRATOR_PASSWORD, Browser, Office};

#[tokio::test]
async fn without_a_mail_server_nothing_is_tried_and_everybody_is_told() {
    let office = Office::start().await;
    let mut awa = office.administrator().await;

    assert_eq!(awa.get("/api/server").await.json["mail"], false);
    let outbox = awa.get("/api/admin/mail").await.json;
    assert_eq!(
        outbox,
        json!({"configured": false, "server": null, "from": null, "waiting": 0, "reason": null, "failed": []})
    );
    let test = awa.post("/api/admin/mail/test", json!({"to": "awa@example.org"})).await;
    assert_eq!((test.status, test.code()), (409, "no_mail"));
    let wish = awa.put("/api/me/mail", json!({"voicemail": true, "language": "fr"})).await;
    assert_eq!(wish.code(), "no_mail");
}

#[tokio::test]
async fn an_administrator_sees_that_mails_arrive() {
    let mut server = MailServer::start().await;
    let office = with_mail(&server, |_| {}).await;
    let mut awa = office.administrator().await;

    let tested = awa.post("/api/admin/mail/test", json!({"to": "Ben@example.org"})).await;

    assert_eq!(tested.json, json!({"sent": true, "reason": null}));
    let mail = server.next().await;
    assert_eq!((mail.from.as_str(), mail.to.as_str()), ("palabre@example.org", "ben@example.org"));
    let message = MessageParser::default().parse(&mail.message).unwrap();
    assert_eq!(message.subject(), Some("Palabre : essai / test"));
    assert_eq!(message.header_raw("Auto-Submitted").map(str::trim), Some("auto-generated"));
    assert!(message.date().is_some() && message.message_id().is_some_and(|id| id.ends_with("@example.org")));
    assert_eq!(awa.get("/api/admin/mail").await.json["waiting"], 0);
    for wrong in ["", "a@b\r\nBcc: c@example.org", "a,b@example.org"] {
        let refused = awa.post("/api/admin/mail/test", json!({"to": wrong})).await;
        assert_eq!((refused.code(), &refused.json["error"]["field"]), ("invalid", &json!("to")), "{wrong:?}");
    }
    let mut ben = office.user(&mut awa, "ben@example.org").await;
    assert_eq!(ben.get("/api/admin/mail").await.code(), "not_allowed");
}

#[tokio::test]
async fn a_mail_that_is_not_taken_is_tried_again_as_the_same_mail() {
    let mut server = MailServer::start().await;
    let office = with_mail(&server, |_| {}).await;
    let mut awa = office.administrator().await;
    server.refuse_next("450 later");

    let tested = awa.post("/api/admin/mail/test", json!({"to": "ben@example.org"})).await.json;

    assert_eq!(tested["sent"], false);
    assert!(tested["reason"].as_str().unwrap().contains("later"), "{tested}");
    let outbox = awa.get("/api/admin/mail").await.json;
    assert_eq!((&outbox["waiting"], &outbox["failed"]), (&json!(1), &json!([])));
    office.server.app.clock.advance(Duration::from_secs(31));
    office.server.app.mail.wake();
    assert_eq!(server.next().await.to, "ben@example.org");
}

#[tokio::test]
async fn a_mail_that_is_refused_is_seen_and_can_be_tried_again_or_forgotten() {
    let mut server = MailServer::start().await;
    let office = with_mail(&server, |_| {}).await;
    let mut awa = office.administrator().await;
    for _ in 0..2 {
        server.refuse_next("550 no such mailbox");
        awa.post("/api/admin/mail/test", json!({"to": "nobody@example.org"})).await;
    }

    until(&mut awa, |outbox| outbox["failed"].as_array().is_some_and(|failed| failed.len() == 2)).await;
    let failed = awa.get("/api/admin/mail").await.json["failed"].clone();

    assert_eq!((&failed[0]["to"], &failed[0]["purpose"]), (&json!("nobody@example.org"), &json!("test")));
    assert!(failed[0]["reason"].as_str().unwrap().contains("no such mailbox"), "{failed}");
    assert!(server.is_empty());
    assert_eq!(awa.post(&format!("/api/admin/mail/{}/retry", failed[0]["id"]), json!({})).await.status, 204);
    assert_eq!(server.next().await.to, "nobody@example.org");
    assert_eq!(awa.delete(&format!("/api/admin/mail/{}", failed[1]["id"])).await.status, 204);
    assert_eq!(awa.delete(&format!("/api/admin/mail/{}", failed[1]["id"])).await.code(), "not_found");
}

#[tokio::test]
async fn a_mail_is_given_up_after_days_and_shown() {
    let server = MailServer::start().await;
    let office = with_mail(&server, |_| {}).await;
    let mut awa = office.administrator().await;
    server.refuse_next("450 later");
    awa.post("/api/admin/mail/test", json!({"to": "ben@example.org"})).await;

    server.refuse_next("450 later");
    office.server.app.clock.advance(Duration::from_secs(5 * 24 * 3600));
    office.server.app.mail.wake();
    let who = json!({"email": "awa@example.org", "password": ADMINISTRATOR_PASSWORD});
    assert_eq!(awa.post("/api/sign-in", who).await.status, 200, "the sign-in was over by then");

    until(&mut awa, |outbox| outbox["failed"][0]["to"] == "ben@example.org").await;
    assert!(server.is_empty());
}

#[tokio::test]
async fn mails_go_encrypted_or_not_at_all() {
    let dir = tempfile::tempdir().unwrap();
    let certificate = dir.path().join("mail.pem");
    let mut server = MailServer::start_with_tls(&certificate).await;
    let encrypted = with_mail(&server, |config| {
        config.mail.encryption = MailEncryption::StartTls;
        config.mail.authorities = Some(certificate.clone());
    })
    .await;
    let mut awa = encrypted.administrator().await;
    let tested = awa.post("/api/admin/mail/test", json!({"to": "ben@example.org"})).await.json;
    assert_eq!(tested["sent"], true, "{tested}");
    assert!(server.next().await.encrypted);

    let plain = MailServer::start().await;
    let stranger = MailServer::start_with_tls(&dir.path().join("other.pem")).await;
    for server in [&plain, &stranger] {
        let office = with_mail(server, |config| {
            config.mail.encryption = MailEncryption::StartTls;
            config.mail.authorities = Some(certificate.clone());
        })
        .await;
        let mut awa = office.administrator().await;
        let tested = awa.post("/api/admin/mail/test", json!({"to": "ben@example.org"})).await.json;
        assert_eq!(tested["sent"], false, "{tested}");
        assert!(server.is_empty());
        // It is a mistake that somebody will mend.
        assert_eq!(awa.get("/api/admin/mail").await.json["waiting"], 1);
    }
}

/// A server whose mails go to the sink, in the clear unless something else is chosen.
pub(crate) async fn with_mail(server: &MailServer, choose: impl FnOnce(&mut Config)) -> Office {
    Office::start_with(|config| {
        config.mail.server = Some("localhost".to_owned());
        config.mail.port = server.address.port();
        config.mail.encryption = MailEncryption::None;
        config.mail.from = Some(Email::new("palabre@example.org").expect("an address"));
        choose(config);
    })
    .await
}

/// The text of a mail, the calendar in it and how it is said to be read, and its attachments' names.
pub(crate) struct Read {
    pub(crate) subject: String,
    pub(crate) text: String,
    pub(crate) html: String,
    pub(crate) calendar: String,
    pub(crate) method: String,
    pub(crate) attachments: Vec<(String, Vec<u8>)>,
}

pub(crate) fn read(mail: &Received) -> Read {
    let message = MessageParser::default().parse(&mail.message).expect("a message");
    let calendar = message.parts.iter().find(|part| part.is_content_type("text", "calendar"));
    let kind = calendar.and_then(|part| part.content_type());
    let named = message
        .attachments()
        .filter_map(|part| Some((part.attachment_name()?.to_owned(), part.contents().to_vec())));
    Read {
        subject: message.subject().unwrap_or_default().to_owned(),
        text: message.body_text(0).unwrap_or_default().into_owned(),
        html: message.body_html(0).unwrap_or_default().into_owned(),
        calendar: calendar.and_then(|part| part.text_contents()).unwrap_or_default().to_owned(),
        method: kind.and_then(|kind| kind.attribute("method")).unwrap_or_default().to_owned(),
        attachments: named.collect(),
    }
}

/// Asks until the outbox is as it should become; the test's own limit ends it otherwise.
async fn until(awa: &mut Browser, seen: impl Fn(&Value) -> bool) {
    let wait = async {
        while !seen(&awa.get("/api/admin/mail").await.json) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), wait).await.expect("the outbox becomes so");
}
