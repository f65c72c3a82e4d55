//! A server to be tested, and a browser that keeps its cookie.

use std::time::Duration;

use palabre::config::Config;
use palabre::server::Server;
use palabre_tests::program;
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};

/// A server on free ports with a state of its own.
pub(crate) struct Office {
    pub(crate) server: Server,
    _dir: tempfile::TempDir,
}

impl Office {
    pub(crate) async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    pub(crate) async fn start_with(choose: impl FnOnce(&mut Config)) -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let mut config = program::config(dir.path());
        let free = config.http.listen;
        config.https.listen = Some(free);
        config.turn.enabled = true;
        (config.turn.udp, config.turn.tcp) = (vec![free], vec![free]);
        choose(&mut config);
        let server = Server::start(config).await.expect("it starts");
        Self { server, _dir: dir }
    }

    pub(crate) fn base(&self) -> String {
        format!("http://{}", self.server.http)
    }

    /// A browser in which nobody is signed in.
    pub(crate) fn browser(&self) -> Browser {
        Browser::at(self.base())
    }

    /// A browser in which the first administrator is signed in.
    pub(crate) async fn administrator(&self) -> Browser {
        let link = self.server.administrator_link().await.expect("a store");
        let link = link.expect("there is no administrator yet");
        let secret = link.rsplit('/').next().expect("a secret");
        let mut browser = self.browser();
        let who = json!({"name": "Awa", "email": "awa@example.org", "password": ADMINISTRATOR_PASSWORD});
        let made = browser.post(&format!("/api/setup/{secret}"), who).await;
        assert_eq!(made.status, 201, "{made:?}");
        browser
    }

    /// A browser in which a user is signed in whom the administrator has made.
    pub(crate) async fn user(&self, administrator: &mut Browser, email: &str) -> Browser {
        self.member(administrator, json!({"name": "Ben", "email": email, "role": "user"})).await
    }

    /// The same for somebody of whom more is said.
    pub(crate) async fn member(&self, administrator: &mut Browser, mut who: Value) -> Browser {
        who["password"] = json!(USER_PASSWORD);
        who["must_change"] = json!(false);
        let made = administrator.post("/api/users", who.clone()).await;
        assert_eq!(made.status, 201, "{made:?}");
        let mut browser = self.browser();
        let who = json!({"email": who["email"], "password": USER_PASSWORD});
        assert_eq!(browser.post("/api/sign-in", who).await.status, 200);
        browser
    }
}

/// An HTTP client with an origin and a cookie.
pub(crate) struct Browser {
    pub(crate) base: String,
    pub(crate) origin: Option<String>,
    pub(crate) cookie: Option<String>,
    /// The token with which it is in a meeting, when it shows that.
    pub(crate) pass: Option<String>,
    client: reqwest::Client,
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) json: Value,
}

impl Answer {
    pub(crate) fn code(&self) -> &str {
        self.json["error"]["code"].as_str().unwrap_or_default()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

impl Browser {
    pub(crate) fn at(base: String) -> Self {
        let client = reqwest::Client::builder()
            // Our own certificate is known to nobody.
            .tls_danger_accept_invalid_certs(true)
            .no_proxy()
            .build()
            .expect("a client");
        Self { origin: Some(base.clone()), base, cookie: None, pass: None, client }
    }

    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        self.call(Method::GET, path, None).await
    }

    pub(crate) async fn post(&mut self, path: &str, body: Value) -> Answer {
        self.call(Method::POST, path, Some(body)).await
    }

    pub(crate) async fn patch(&mut self, path: &str, body: Value) -> Answer {
        self.call(Method::PATCH, path, Some(body)).await
    }

    /// Posts a table.
    pub(crate) async fn post_table(&mut self, path: &str, table: impl Into<reqwest::Body>) -> Answer {
        let request = self.request(Method::POST, path).header("content-type", "text/csv").body(table);
        self.answer(request.send().await.expect("an answer")).await
    }

    pub(crate) async fn put(&mut self, path: &str, body: Value) -> Answer {
        self.call(Method::PUT, path, Some(body)).await
    }

    pub(crate) async fn delete(&mut self, path: &str) -> Answer {
        self.call(Method::DELETE, path, None).await
    }

    async fn call(&mut self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let mut request = self.request(method, path);
        if let Some(body) = body {
            request = request.json(&body);
        }
        self.answer(request.send().await.expect("an answer")).await
    }

    async fn answer(&mut self, response: Response) -> Answer {
        if let Some(cookie) = response.headers().get("set-cookie") {
            let cookie = cookie.to_str().expect("text");
            self.cookie = cookie.split(';').next().map(str::to_owned);
        }
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await.expect("a body");
        let json = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Answer { status, headers, json }
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let mut request = self.client.request(method, format!("{}{path}", self.base));
        if let Some(origin) = &self.origin {
            request = request.header("origin", origin);
        }
        if let Some(cookie) = &self.cookie {
            request = request.header("cookie", cookie);
        }
        if let Some(pass) = &self.pass {
            request = request.bearer_auth(pass);
        }
        request
    }

    /// Opens a stream of server-sent events.
    pub(crate) async fn events(&self, path: &str) -> Events {
        let response = self.request(Method::GET, path).send().await;
        let response = response.expect("an answer");
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Events { response, unread: String::new() }
    }
}

/// Server-sent events (WHATWG HTML §9.2), as far as ours go.
pub(crate) struct Events {
    response: Response,
    unread: String,
}

impl Events {
    /// The next event and its data; `None` when the stream has ended.
    pub(crate) async fn next(&mut self) -> Option<(String, Value)> {
        loop {
            while let Some((block, rest)) = self.unread.split_once("\n\n") {
                let field =
                    |name: &str| block.lines().find_map(|line| line.strip_prefix(name).map(str::trim));
                let event = field("event:").map(|event| {
                    let data = field("data:").unwrap_or_default();
                    (event.to_owned(), serde_json::from_str(data).expect("JSON data"))
                });
                self.unread = rest.to_owned();
                if event.is_some() {
                    return event;
                }
            }
            let chunk = tokio::time::timeout(PATIENCE, self.response.chunk()).await;
            let chunk = chunk.expect("an event in time").ok()??;
            self.unread.push_str(std::str::from_utf8(&chunk).expect("UTF-8"));
        }
    }
}

pub(crate) const ADMINISTRATOR_PASSWORD: &str = "a very long password";
pub(crate) const USER_PASSWORD: &str = "long enough password";
const PATIENCE: Duration = Duration::from_secs(30);
