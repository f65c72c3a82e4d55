//! The line of a phone: its registration and its one call.

use std::sync::Arc;
use std::time::Duration;

use sip_gateway_proto::message::{
    CSeq, HeaderName, Message, Method, NameAddr, Request, Response, StatusCode, Uri,
};
use sip_gateway_proto::plan::TrunkCredentials;
use sip_gateway_proto::ua::digest::DigestClient;
use tokio::net::UdpSocket;
use tokio::sync::mpsc;

use super::sound::{Sound, remote_of};
use super::{Button, Display, Seen};

/// The phone itself.
pub(super) struct Line {
    seen: Arc<Seen>,
    sip: UdpSocket,
    rtp: UdpSocket,
    realm: String,
    number: String,
    digest: DigestClient,
    cseq: u32,
    calls: u32,
    call: Option<Call>,
    hertz: Option<f32>,
}

/// Its call.
struct Call {
    call_id: String,
    /// Our address and theirs, with the tags there are.
    ours: NameAddr,
    theirs: NameAddr,
    target: Uri,
    /// The INVITE: ours while it is not answered, or theirs.
    invite: Request,
    calling: bool,
    confirmed: bool,
    sound: Option<Sound>,
}

impl Line {
    pub(super) fn new(
        seen: Arc<Seen>,
        sip: UdpSocket,
        rtp: UdpSocket,
        realm: &str,
        number: &str,
        password: &str,
    ) -> Self {
        let account = TrunkCredentials { username: number.to_owned(), password: password.to_owned() };
        let seed: [u8; 32] = std::array::from_fn(|at| number.as_bytes().get(at).copied().unwrap_or(at as u8));
        Self {
            seen,
            sip,
            rtp,
            realm: realm.to_owned(),
            number: number.to_owned(),
            digest: DigestClient::new(account, &seed),
            cseq: 0,
            calls: 0,
            call: None,
            hertz: None,
        }
    }

    /// Works until the plug is pulled.
    pub(super) async fn run(mut self, mut pressed: mpsc::UnboundedReceiver<Button>) {
        let mut frames = tokio::time::interval(Duration::from_millis(20));
        let (mut datagram, mut packet) = ([0; 65_536], [0; 2_048]);
        self.register().await;
        loop {
            tokio::select! {
                button = pressed.recv() => match button {
                    Some(button) => self.press(button).await,
                    None => return,
                },
                Ok(size) = self.sip.recv(&mut datagram) => {
                    match Message::parse(&datagram[..size]).expect("what comes can be read") {
                        Message::Request(request) => self.handle_request(request).await,
                        Message::Response(response) => self.handle_response(response).await,
                    }
                }
                Ok((size, _)) = self.rtp.recv_from(&mut packet) => self.hear(&packet[..size]),
                _ = frames.tick() => self.speak().await,
            }
        }
    }

    async fn press(&mut self, button: Button) {
        match button {
            Button::Dial(number) => self.dial(&number).await,
            Button::Answer => self.answer().await,
            Button::HangUp => self.hang_up().await,
            Button::Speak(hertz) => self.hertz = hertz,
            Button::Key(key) => {
                let sound = self.call.as_mut().and_then(|call| call.sound.as_mut());
                sound.expect("keys are pressed in a call").press(key);
            }
        }
    }

    async fn register(&mut self) {
        let aor = NameAddr::new(self.uri(&self.number));
        let request =
            Request::new(Method::Register, Uri::parse(&format!("sip:{}", self.realm)).expect("a URI"))
                .with(HeaderName::From, aor.clone().with_tag("r"))
                .with(HeaderName::To, aor)
                .with(HeaderName::CallId, format!("register-{}", self.number))
                .with(HeaderName::Contact, NameAddr::new(self.contact()))
                .with(HeaderName::Expires, 600);
        self.send(request).await;
    }

    async fn dial(&mut self, number: &str) {
        self.calls += 1;
        self.show(|display| *display = Display { registered: true, ..Display::default() });
        let (uri, ours) = (self.uri(number), NameAddr::new(self.uri(&self.number)).with_tag(&self.tag()));
        let theirs = NameAddr::new(uri.clone());
        let call_id = format!("{}-{}", self.calls, self.number);
        let invite = Request::new(Method::Invite, uri.clone())
            .with(HeaderName::From, &ours)
            .with(HeaderName::To, &theirs)
            .with(HeaderName::CallId, &call_id)
            .with(HeaderName::Contact, NameAddr::new(self.contact()))
            .with(HeaderName::Allow, ALLOWED)
            .with_body(SDP, self.description());
        let invite = self.send(invite).await;
        self.call = Some(Call {
            call_id,
            ours,
            theirs,
            target: uri,
            invite,
            calling: true,
            confirmed: false,
            sound: None,
        });
    }

    async fn answer(&mut self) {
        let body = self.description();
        let contact = NameAddr::new(self.contact());
        let call = self.call.as_mut().expect("it rings");
        let offered = remote_of(&call.invite.body).expect("an INVITE with an offer");
        call.sound = Some(Sound::new(offered));
        call.confirmed = true;
        let response = call
            .invite
            .reply(StatusCode::OK, call.ours.tag())
            .with(HeaderName::Contact, contact)
            .with(HeaderName::Allow, ALLOWED)
            .with_body(SDP, body);
        self.respond(response).await;
        self.show(|display| (display.rings, display.talking) = (None, true));
    }

    async fn hang_up(&mut self) {
        let Some(call) = self.call.take() else { return };
        self.show(|display| (display.rings, display.talking) = (None, false));
        if call.confirmed {
            let bye = self.within(&call, Method::Bye);
            self.send(bye).await;
        } else if call.calling {
            let mut cancel = Request::new(Method::Cancel, call.invite.uri.clone());
            for name in [HeaderName::Via, HeaderName::From, HeaderName::To, HeaderName::CallId] {
                cancel.headers.copy_from(&call.invite.headers, &name);
            }
            let number = call.invite.headers.cseq().expect("it has one").number;
            cancel.headers.push(HeaderName::CSeq, CSeq { number, method: Method::Cancel });
            cancel.headers.push(HeaderName::MaxForwards, 70);
            self.transmit(&cancel.to_bytes()).await;
        } else {
            self.respond(call.invite.reply(StatusCode::DECLINE, call.ours.tag())).await;
        }
    }

    async fn handle_request(&mut self, request: Request) {
        let ours = self
            .call
            .as_ref()
            .is_some_and(|call| request.headers.call_id().is_ok_and(|call_id| call_id == call.call_id));
        match request.method {
            Method::Ack => {}
            Method::Invite if !ours && self.call.is_none() => self.ring(request).await,
            Method::Invite if !ours => self.respond(request.reply(StatusCode::BUSY_HERE, Some("busy"))).await,
            // Repeated, or an offer within the call, which gets what the first one got.
            Method::Invite | Method::Update => {
                if let Ok(shown) = request.headers.address(&HeaderName::PAssertedIdentity) {
                    self.show(|display| display.shown.extend(shown.display_name));
                }
                let tag = self.call.as_ref().and_then(|call| call.ours.tag().map(str::to_owned));
                let mut response = request.reply(StatusCode::OK, tag.as_deref());
                response.headers.push(HeaderName::Contact, NameAddr::new(self.contact()));
                if !request.body.is_empty() {
                    response = response.with_body(SDP, self.description());
                }
                self.respond(response).await;
            }
            Method::Bye | Method::Cancel => {
                self.respond(request.reply(StatusCode::OK, None)).await;
                if let Some(call) = self.call.take_if(|_| ours) {
                    if request.method == Method::Cancel {
                        let tag = call.ours.tag();
                        self.respond(call.invite.reply(StatusCode::REQUEST_TERMINATED, tag)).await;
                    }
                    self.show(|display| {
                        (display.rings, display.talking, display.hung_up) = (None, false, true);
                    });
                }
            }
            _ => self.respond(request.reply(StatusCode::OK, None)).await,
        }
    }

    async fn ring(&mut self, invite: Request) {
        self.calls += 1;
        let (from, to) = (invite.headers.from().expect("a From"), invite.headers.to().expect("a To"));
        let from_number = from.uri.user().map(std::borrow::Cow::into_owned);
        let ours = to.with_tag(&self.tag());
        self.respond(invite.reply(StatusCode::RINGING, ours.tag())).await;
        self.show(|display| {
            *display = Display { registered: true, rings: from_number, ..Display::default() };
        });
        self.call = Some(Call {
            call_id: invite.headers.call_id().expect("a Call-ID").to_owned(),
            ours,
            theirs: from,
            target: invite.headers.contact().expect("a Contact").uri,
            invite,
            calling: false,
            confirmed: false,
            sound: None,
        });
    }

    async fn handle_response(&mut self, response: Response) {
        let Ok(cseq) = response.headers.cseq() else { return };
        match (&cseq.method, response.status.code()) {
            (Method::Register, 401) => {
                let request = self.registration_again(&response);
                self.send(request).await;
            }
            (Method::Register, 200) => self.show(|display| display.registered = true),
            (Method::Invite, 401) => self.dial_again(&response).await,
            (Method::Invite, 200..=299) => self.take_answer(&response).await,
            (Method::Invite, 300..) => {
                let Some(call) = self.call.take_if(|call| call.calling && !call.confirmed) else { return };
                self.acknowledge_refusal(&call.invite, &response).await;
                let status = response.status.code();
                self.show(|display| display.refused = Some(status));
            }
            _ => {}
        }
    }

    fn registration_again(&mut self, challenge: &Response) -> Request {
        let mut request =
            Request::new(Method::Register, Uri::parse(&format!("sip:{}", self.realm)).expect("a URI"));
        for name in [HeaderName::From, HeaderName::CallId] {
            request.headers.copy_from(&challenge.headers, &name);
        }
        request.headers.push(HeaderName::To, NameAddr::new(self.uri(&self.number)));
        request.headers.push(HeaderName::Contact, NameAddr::new(self.contact()));
        request.headers.push(HeaderName::Expires, 600);
        self.digest.challenged(&request, challenge).expect("a challenge of the right realm");
        request
    }

    async fn dial_again(&mut self, challenge: &Response) {
        let Some(call) = self.call.take() else { return };
        self.acknowledge_refusal(&call.invite, challenge).await;
        self.digest.challenged(&call.invite, challenge).expect("a challenge of the right realm");
        let mut again = call.invite.clone();
        for name in [HeaderName::Via, HeaderName::CSeq, HeaderName::MaxForwards] {
            again.headers.remove(&name);
        }
        let invite = self.send(again).await;
        self.call = Some(Call { invite, ..call });
    }

    async fn take_answer(&mut self, response: &Response) {
        let Some(mut call) = self.call.take() else { return };
        call.theirs = response.headers.to().expect("a To");
        call.target = response.headers.contact().expect("a Contact").uri;
        let number = response.headers.cseq().expect("a CSeq").number;
        let mut ack = self.within(&call, Method::Ack);
        ack.headers.set(HeaderName::CSeq, CSeq { number, method: Method::Ack });
        self.route(&mut ack);
        self.transmit(&ack.to_bytes()).await;
        if !call.confirmed {
            call.confirmed = true;
            call.sound = Some(Sound::new(remote_of(&response.body).expect("an answer")));
            self.show(|display| display.talking = true);
        }
        self.call = Some(call);
    }

    /// The ACK to a refusal belongs to the transaction of its INVITE.
    async fn acknowledge_refusal(&self, invite: &Request, response: &Response) {
        let mut ack = Request::new(Method::Ack, invite.uri.clone());
        for name in [HeaderName::Via, HeaderName::From, HeaderName::CallId] {
            ack.headers.copy_from(&invite.headers, &name);
        }
        ack.headers.copy_from(&response.headers, &HeaderName::To);
        let number = invite.headers.cseq().expect("it has one").number;
        ack.headers.push(HeaderName::CSeq, CSeq { number, method: Method::Ack });
        ack.headers.push(HeaderName::MaxForwards, 70);
        self.transmit(&ack.to_bytes()).await;
    }

    fn within(&self, call: &Call, method: Method) -> Request {
        Request::new(method, call.target.clone())
            .with(HeaderName::From, &call.ours)
            .with(HeaderName::To, &call.theirs)
            .with(HeaderName::CallId, &call.call_id)
    }

    /// Numbers a request, shows the password if it was asked for, and sends it.
    async fn send(&mut self, mut request: Request) -> Request {
        self.cseq += 1;
        request.headers.set(HeaderName::CSeq, CSeq { number: self.cseq, method: request.method.clone() });
        self.digest.authorize(&mut request);
        self.route(&mut request);
        self.transmit(&request.to_bytes()).await;
        request
    }

    fn route(&self, request: &mut Request) {
        let local = self.sip.local_addr().expect("a bound socket");
        let branch = format!("z9hG4bK{}-{}-{}", self.number, self.cseq, request.method.as_str());
        request.headers.push_front(HeaderName::Via, format!("SIP/2.0/UDP {local};rport;branch={branch}"));
        request.headers.set(HeaderName::MaxForwards, 70);
    }

    async fn respond(&self, response: Response) {
        self.transmit(&response.to_bytes()).await;
    }

    async fn transmit(&self, bytes: &[u8]) {
        self.sip.send(bytes).await.expect("loopback takes it");
    }

    async fn speak(&mut self) {
        let hertz = self.hertz;
        let Some(sound) = self.call.as_mut().and_then(|call| call.sound.as_mut()) else { return };
        let packet = sound.speak(hertz);
        // Nobody listens there for a moment when a call ends.
        let _ = self.rtp.send_to(&packet, sound.remote).await;
    }

    fn hear(&mut self, packet: &[u8]) {
        let Some(sound) = self.call.as_mut().and_then(|call| call.sound.as_mut()) else { return };
        let (samples, key) = sound.hear(packet);
        self.show(|display| {
            display.heard.extend(samples);
            display.keys.extend(key);
        });
    }

    fn show(&self, change: impl FnOnce(&mut Display)) {
        change(&mut self.seen.display.lock().expect("the scenario has not failed"));
        self.seen.news.notify_waiters();
    }

    fn description(&self) -> String {
        let port = self.rtp.local_addr().expect("a bound socket").port();
        format!(
            "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n\
             m=audio {port} RTP/AVP 8 101\r\na=rtpmap:101 telephone-event/8000\r\n"
        )
    }

    fn uri(&self, number: &str) -> Uri {
        Uri::parse(&format!("sip:{number}@{}", self.realm)).expect("a number")
    }

    fn contact(&self) -> Uri {
        let local = self.sip.local_addr().expect("a bound socket");
        Uri::parse(&format!("sip:{}@{local}", self.number)).expect("an address")
    }

    fn tag(&self) -> String {
        format!("{}-{}", self.number, self.calls)
    }
}

const SDP: &str = "application/sdp";
const ALLOWED: &str = "INVITE, ACK, CANCEL, BYE, UPDATE, INFO, OPTIONS";
