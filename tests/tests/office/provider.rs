//! A telephone provider at the other end of a trunk: it takes calls over UDP, and says to each what it is told to.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::UdpSocket;

/// A provider's server on loopback.
pub(crate) struct Provider {
    socket: UdpSocket,
    /// Where it takes sound, of which it hears pressed keys.
    sound: UdpSocket,
}

/// A request that waits for an answer.
pub(crate) struct Request {
    text: String,
    from: SocketAddr,
}

impl Provider {
    pub(crate) async fn open() -> Self {
        let socket = || UdpSocket::bind("127.0.0.1:0");
        Self { socket: socket().await.expect("a port"), sound: socket().await.expect("a port") }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.socket.local_addr().expect("a bound socket")
    }

    /// The next request of a method that was not seen yet; others are answered with 200.
    pub(crate) async fn next(&self, method: &str, seen: &mut Vec<String>) -> Request {
        let mut buffer = vec![0; 65_536];
        loop {
            let received = tokio::time::timeout(PATIENCE, self.socket.recv_from(&mut buffer)).await;
            let (len, from) = received.expect("a request in time").expect("a sound socket");
            let request = Request { text: String::from_utf8_lossy(&buffer[..len]).into_owned(), from };
            let line = request.text.lines().next().unwrap_or_default().to_owned();
            if line.starts_with("SIP/2.0") || line.starts_with("ACK") {
                continue;
            }
            let id = format!("{line} {} {}", request.field("Call-ID"), request.field("CSeq"));
            if !line.starts_with(method) {
                self.answer(&request, "200 OK").await;
            } else if !seen.contains(&id) {
                seen.push(id);
                return request;
            }
        }
    }

    /// Answers without a body.
    pub(crate) async fn answer(&self, request: &Request, status: &str) {
        self.send(request, status, "").await;
    }

    /// Takes a call, with G.711.
    pub(crate) async fn take(&self, request: &Request) {
        let port = self.sound.local_addr().expect("a bound socket").port();
        let sdp = format!(
            "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n\
             m=audio {port} RTP/AVP 8 {EVENTS}\r\na=rtpmap:8 PCMA/8000\r\n\
             a=rtpmap:{EVENTS} telephone-event/8000\r\n"
        );
        self.send(request, "200 OK", &sdp).await;
    }

    /// The next keys that are pressed, in events of RTP (RFC 4733).
    pub(crate) async fn keys(&self, count: usize) -> String {
        let (mut keys, mut last) = (String::new(), None);
        let mut packet = [0; 2_048];
        while keys.len() < count {
            let received = tokio::time::timeout(PATIENCE, self.sound.recv(&mut packet)).await;
            let len = received.expect("sound in time").expect("a sound socket");
            let event = packet[..len].get(12).filter(|_| packet[1] & 0x7f == EVENTS);
            // Each packet of one event has the timestamp of its beginning.
            let begun = packet[4..8].to_vec();
            if let Some(event) = event
                && last.as_ref() != Some(&begun)
            {
                keys.push(char::from(b"0123456789*#ABCD"[usize::from(*event)]));
                last = Some(begun);
            }
        }
        keys
    }

    async fn send(&self, request: &Request, status: &str, body: &str) {
        let copied: String = ["Via", "From", "Call-ID", "CSeq"]
            .iter()
            .map(|name| format!("{name}: {}\r\n", request.field(name)))
            .collect();
        let to = request.field("To");
        let tag = if to.contains("tag=") { "" } else { ";tag=provider" };
        let contact = self.address();
        let kind = if body.is_empty() { "" } else { "Content-Type: application/sdp\r\n" };
        let text = format!(
            "SIP/2.0 {status}\r\n{copied}To: {to}{tag}\r\nContact: <sip:{contact}>\r\n{kind}\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        self.socket.send_to(text.as_bytes(), request.from).await.expect("loopback takes datagrams");
    }
}

impl Request {
    /// The number that is called.
    pub(crate) fn number(&self) -> &str {
        let uri = self.text.split(' ').nth(1).unwrap_or_default();
        uri.trim_start_matches("sip:").split('@').next().unwrap_or_default()
    }

    fn field(&self, name: &str) -> String {
        let found = self.text.lines().find_map(|line| {
            let (field, value) = line.split_once(':')?;
            field.eq_ignore_ascii_case(name).then_some(value.trim())
        });
        found.unwrap_or_default().to_owned()
    }
}

/// The payload type of keys.
const EVENTS: u8 = 101;
const PATIENCE: Duration = Duration::from_secs(20);
