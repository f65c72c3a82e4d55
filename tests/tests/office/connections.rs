//! What clients may do to connections, and what every answer carries.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::browser::{Browser, Office};

#[tokio::test]
async fn every_page_forbids_foreign_origins_and_inline_scripts() {
    let office = Office::start().await;
    for path in ["/", "/m/abc-defg-hij", "/setup/x"] {
        let page = office.browser().get(path).await;
        assert_eq!(page.status, 200);
        let policy = page.header("content-security-policy");
        for rule in [
            "default-src 'none'",
            "script-src 'self' 'wasm-unsafe-eval';",
            "frame-ancestors 'none'",
            "base-uri 'none'",
            &format!("connect-src 'self' {};", office.base().replace("http", "ws")),
        ] {
            assert!(policy.contains(rule), "{policy}");
        }
        // WebAssembly is no script that somebody could write into a page.
        let unsafe_else = policy.replace("'wasm-unsafe-eval'", "").contains("unsafe");
        assert!(!unsafe_else && !policy.contains('*'), "{policy}");
        assert_eq!(page.header("cache-control"), "no-store");
        assert_eq!(page.header("x-content-type-options"), "nosniff");
        assert_eq!(page.header("referrer-policy"), "same-origin");
        assert!(page.header("permissions-policy").contains("camera=(self)"));
    }
}

#[tokio::test]
async fn a_host_header_cannot_write_into_the_policy() {
    let office = Office::start().await;
    let answer = raw(&office, "GET / HTTP/1.1\r\nhost: x; script-src *\r\nconnection: close\r\n\r\n").await;

    assert!(answer.contains("connect-src 'self' ws://localhost;"), "{answer}");
    assert!(!answer.contains("script-src *"), "{answer}");
}

#[tokio::test]
async fn a_missing_file_is_not_the_first_page() {
    let office = Office::start().await;
    let mut browser = office.browser();
    assert_eq!(browser.get("/assets/gone-0123.js").await.status, 404);
    assert_eq!(browser.get("/api/gone").await.code(), "not_found");
    assert_eq!(browser.post("/anything", json!({})).await.status, 404);
    assert_eq!(browser.request(Method::HEAD, "/").send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn https_answers_with_the_fingerprint_that_the_console_shows() {
    let office = Office::start().await;
    let (address, fingerprint) = office.server.https.clone().unwrap();

    assert_eq!(fingerprint.split(':').count(), 32);
    let mut browser = Browser::at(format!("https://{address}"));
    assert_eq!(browser.get("/health").await.json, json!("ok"));
}

#[tokio::test]
async fn a_request_line_may_carry_an_offer_but_not_a_book() {
    let office = Office::start().await;
    let ask = |length: usize| {
        let query = "x".repeat(length);
        format!("GET /health?{query} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
    };

    assert!(raw(&office, &ask(20_000)).await.starts_with("HTTP/1.1 200"));
    let refused = raw(&office, &ask(200_000)).await;
    assert!(refused.is_empty() || refused.starts_with("HTTP/1.1 4"), "{refused}");
    assert!(raw(&office, &ask(1)).await.starts_with("HTTP/1.1 200"), "the next one is served");
}

#[tokio::test]
async fn garbage_is_answered_shortly_and_harms_nobody() {
    let office = Office::start().await;
    for garbage in ["\0\0\0\0", "GET\r\n\r\n", "\x16\x03\x01\x02", "GET / HTTP/9.9\r\n\r\n", "\r\n\r\n\r\n"] {
        let answer = raw(&office, garbage).await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer}");
    }
    assert_eq!(office.browser().get("/health").await.status, 200);
}

#[tokio::test]
async fn a_place_that_somebody_holds_is_free_again_when_the_connection_closes() {
    let office = Office::start_with(|config| config.limits.connections = 2).await;
    let first = TcpStream::connect(office.server.http).await.expect("a connection");
    let second = TcpStream::connect(office.server.http).await.expect("a connection");
    drop((first, second));

    assert!(
        raw(&office, "GET /health HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await.ends_with("ok")
    );
}

#[tokio::test]
async fn whoever_connects_and_says_nothing_loses_the_place() {
    let office = Office::start_with(|config| config.limits.connections = 1).await;
    let mut silent = TcpStream::connect(office.server.http).await.unwrap();

    // Only the end of the silent one lets the next one in.
    let mut nothing = Vec::new();
    let closed = tokio::time::timeout(Duration::from_secs(60), silent.read_to_end(&mut nothing)).await;

    assert!(closed.is_ok(), "still open after a minute");
    assert_eq!(office.browser().get("/health").await.status, 200);
}

/// Writes bytes, closes the writing side and reads what comes.
async fn raw(office: &Office, bytes: &str) -> String {
    let mut stream = TcpStream::connect(office.server.http).await.expect("a connection");
    // The server may close before it has read everything.
    let _ = stream.write_all(bytes.as_bytes()).await;
    let _ = stream.shutdown().await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}
