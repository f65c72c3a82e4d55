//! A backup is made while the server runs and is written to, and another server starts with it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use jiff::Timestamp;
use palabre::config::Config;
use palabre::server::Server;
use palabre::store::Store;
use palabre::{audit, backup};
use serde_json::json;

use crate::browser::{ADMINISTRATOR_PASSWORD, Browser, Office};

#[tokio::test]
async fn a_server_goes_on_elsewhere_with_a_backup_that_was_made_while_it_was_written_to() {
    let office = Office::start().await;
    let mut admin = office.administrator().await;
    let (stop, made) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU32::new(0)));
    let mut writer = Browser::at(office.base());
    writer.cookie = admin.cookie.clone();
    let writing = tokio::spawn({
        let (stop, made) = (Arc::clone(&stop), Arc::clone(&made));
        async move {
            while !stop.load(Ordering::Relaxed) {
                let title = format!("Rencontre {}", made.load(Ordering::Relaxed));
                assert_eq!(writer.post("/api/meetings", json!({"title": title})).await.status, 201);
                made.fetch_add(1, Ordering::Relaxed);
            }
        }
    });
    while made.load(Ordering::Relaxed) < 5 {
        tokio::task::yield_now().await;
    }

    // As the command does it, beside the server.
    let elsewhere = tempfile::tempdir().unwrap();
    let archive = elsewhere.path().join("palabre.backup");
    let config = (*office.server.app.config).clone();
    let beside = Store::open(&config.store.dir).await.unwrap();
    let before = made.load(Ordering::Relaxed);
    backup::save(&config, &beside, &archive, Timestamp::now()).await.unwrap();
    beside.close().await;
    let after = made.load(Ordering::Relaxed) + 1;
    while made.load(Ordering::Relaxed) < after + 1 {
        tokio::task::yield_now().await;
    }
    stop.store(true, Ordering::Relaxed);
    writing.await.unwrap();
    let still_there = admin.get("/api/meetings").await.json["meetings"].as_array().unwrap().len();

    let dir = elsewhere.path().join("data");
    backup::restore(&archive, &dir).unwrap();
    let second = Server::start(there(&dir)).await.unwrap();
    let mut browser = Browser::at(format!("http://{}", second.http));
    let who = json!({"email": "awa@example.org", "password": ADMINISTRATOR_PASSWORD});
    assert_eq!(browser.post("/api/sign-in", who).await.status, 200);

    let restored = browser.get("/api/meetings").await.json["meetings"].as_array().unwrap().len();
    let moment = before as usize..=after as usize;
    assert!(moment.contains(&restored), "{restored} is of no moment within {moment:?}");
    assert!(still_there > restored, "the first server went on");
    assert!(audit::inspect(&second.app.store, None).await.unwrap().is_ok());
    assert_eq!(
        std::fs::read(dir.join("certificate.pem")).unwrap(),
        std::fs::read(config.store.dir.join("certificate.pem")).unwrap(),
        "whoever has pinned the certificate finds it again"
    );
}

fn there(dir: &std::path::Path) -> Config {
    let mut config = Config::default();
    let free = "127.0.0.1:0".parse().expect("an address");
    (config.http.listen, config.https.listen) = (free, Some(free));
    (config.sfu.listen, config.sfu.tcp, config.sfu.shards) = (free, None, 1);
    config.turn.enabled = false;
    config.sip.listen = Vec::new();
    config.store.dir = dir.to_owned();
    config
}
