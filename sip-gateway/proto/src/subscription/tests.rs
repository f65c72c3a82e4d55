//! Subscribers, and what they are told.

use super::*;
use crate::flow::{Carrier, Connection};
use crate::message::Message;
use crate::transaction;

const SUBSCRIBE: &str = "SUBSCRIBE sip:200@palabre.example SIP/2.0\r\n\
    Via: SIP/2.0/TLS 10.0.0.21:5061;branch=z9hG4bK1\r\nMax-Forwards: 70\r\n\
    From: <sip:100@palabre.example>;tag=far\r\nTo: <sip:200@palabre.example>\r\nCall-ID: watch@10.0.0.21\r\n\
    CSeq: 1 SUBSCRIBE\r\nContact: <sip:100@10.0.0.21:5061;transport=tls>\r\nEvent: dialog;id=7\r\nExpires: 600\r\n\
    Accept: application/dialog-info+xml\r\nUser-Agent: Yealink SIP-T46S 66.86.0.15\r\n\r\n";

#[test]
fn a_subscriber_is_told_the_state_at_once_and_each_change_in_order() {
    let mut watch = Watch::begin(SUBSCRIBE, idle());
    let said = watch.drain();
    let [Output::Respond { response, .. }, Output::Request { request, .. }] = &said[..] else {
        panic!("{said:?}")
    };
    assert_eq!(response.status, StatusCode::OK);
    assert_eq!(response.headers.get(&HeaderName::Expires), Some("600"));
    assert_eq!(request.headers.get(&HeaderName::Event), Some("dialog;id=7"));
    assert_eq!(request.headers.get(&HeaderName::SubscriptionState), Some("active;expires=600"));
    assert_eq!(request.headers.get(&HeaderName::CSeq), Some("1 NOTIFY"));
    assert_eq!(request.uri.as_str(), "sip:100@10.0.0.21:5061;transport=tls");
    assert!(text(request).contains("version=\"0\" state=\"full\" entity=\"sip:200@palabre.example\""));

    watch.respond(request, 200);
    watch.publish(ringing());
    let said = watch.drain();
    let [Output::Request { request, .. }] = &said[..] else { panic!("{said:?}") };
    assert!(text(request).contains("version=\"1\"") && text(request).contains("<state>early</state>"));
}

#[test]
fn between_two_notifications_only_the_newest_state_counts() {
    let mut watch = Watch::begin(SUBSCRIBE, idle());
    let first = watch.notification();
    watch.publish(ringing());
    watch.publish(idle());
    watch.publish(ringing());
    assert_eq!(watch.drain(), []);

    watch.respond(&first, 200);

    let second = watch.notification();
    assert!(text(&second).contains("version=\"1\"") && text(&second).contains("early"));
    watch.respond(&second, 200);
    assert_eq!(watch.drain(), []);
}

#[test]
fn a_renewal_is_answered_and_told_the_state_again() {
    let mut watch = Watch::begin(SUBSCRIBE, idle());
    let first = watch.notification();
    watch.respond(&first, 200);

    watch.now += Duration::from_secs(500);
    watch.request(&renewal(2, "Expires: 7200\r\n"));

    let said = watch.drain();
    let [Output::Respond { response, .. }, Output::Request { request, .. }] = &said[..] else {
        panic!("{said:?}")
    };
    assert_eq!(response.headers.get(&HeaderName::Expires), Some("600"));
    assert_eq!(request.headers.get(&HeaderName::SubscriptionState), Some("active;expires=600"));
    assert_eq!(watch.subscription.poll_timeout(), Some(watch.now + Duration::from_secs(600)));
}

#[test]
fn a_subscription_that_is_not_renewed_ends_with_a_last_word() {
    let mut watch = Watch::begin(SUBSCRIBE, idle());
    let first = watch.notification();
    watch.respond(&first, 200);

    watch.now += Duration::from_secs(600);
    watch.subscription.handle_timeout(watch.now);

    let said = watch.drain();
    let [Output::Ended, Output::Request { request, .. }] = &said[..] else { panic!("{said:?}") };
    assert_eq!(request.headers.get(&HeaderName::SubscriptionState), Some("terminated;reason=timeout"));
    assert!(!watch.subscription.is_over());
    watch.respond(request, 200);
    assert!(watch.subscription.is_over());
    assert_eq!(watch.drain(), []);
}

#[test]
fn unsubscribing_and_looking_once_are_told_the_state_a_last_time() {
    let mut once = Watch::begin(&SUBSCRIBE.replace("Expires: 600", "Expires: 0"), ringing());
    let request = once.notification();
    assert_eq!(request.headers.get(&HeaderName::SubscriptionState), Some("terminated;reason=timeout"));
    assert!(text(&request).contains("early"));

    let mut watch = Watch::begin(SUBSCRIBE, idle());
    let first = watch.notification();
    watch.request(&renewal(2, "Expires: 0\r\n"));
    assert!(watch.drain().contains(&Output::Ended));
    watch.respond(&first, 200);
    let last = watch.notification();
    watch.respond(&last, 200);
    assert!(watch.subscription.is_over());
}

#[test]
fn a_subscriber_that_takes_no_notification_is_dropped() {
    for status in [481, 500, 404] {
        let mut watch = Watch::begin(SUBSCRIBE, idle());
        let first = watch.notification();
        watch.respond(&first, status);
        assert_eq!(watch.drain(), [Output::Ended]);
        assert!(watch.subscription.is_over());
    }

    let mut watch = Watch::begin(SUBSCRIBE, idle());
    let first = watch.notification();
    let cseq = first.headers.cseq().expect("a number");
    watch.subscription.handle_failure(&cseq, FailureCause::Timeout);
    assert_eq!(watch.drain(), [Output::Ended]);
    watch.publish(ringing());
    assert_eq!(watch.drain(), []);
}

#[test]
fn what_cannot_be_subscribed_to_is_refused() {
    for (text, status) in [
        (SUBSCRIBE.replace("Event: dialog;id=7", "Event: presence"), 489),
        (SUBSCRIBE.replace("Event: dialog;id=7\r\n", ""), 489),
        (SUBSCRIBE.replace("Expires: 600", "Expires: 5"), 423),
        (SUBSCRIBE.replace("application/dialog-info+xml", "application/pidf+xml"), 406),
        (SUBSCRIBE.replace("Contact: ", "X-Contact: "), 400),
        (SUBSCRIBE.replace("Accept: ", "Require: eventlist\r\nAccept: "), 420),
        (SUBSCRIBE.replace("To: <sip:200@palabre.example>", "To: <sip:200@palabre.example>;tag=x"), 481),
    ] {
        let refusal = Subscription::subscribed(
            Instant::now(),
            key(&read(&text)),
            flow(),
            &read(&text),
            contact(),
            "near",
            idle(),
        );
        assert_eq!(refusal.expect_err("refused").status.code(), status, "{text}");
    }
}

#[test]
fn requests_that_do_not_belong_are_refused() {
    let mut watch = Watch::begin(SUBSCRIBE, idle());
    let first = watch.notification();
    watch.respond(&first, 200);
    for (text, status) in [
        (renewal(5, "Expires: 5\r\n"), 423),
        (renewal(4, "Expires: 600\r\n"), 500),
        (renewal(6, "Expires: 600\r\n").replace("tag=far", "tag=other"), 481),
        (renewal(7, "Expires: 600\r\n").replace("Event: dialog;id=7", "Event: dialog"), 489),
        (renewal(8, "Expires: 600\r\n").replace("SUBSCRIBE", "MESSAGE"), 405),
    ] {
        watch.request(&text);
        let said = watch.drain();
        let [Output::Respond { response, .. }] = &said[..] else { panic!("{said:?}") };
        assert_eq!(response.status.code(), status, "{text}");
    }
}

#[test]
fn a_line_and_its_calls_are_written_as_xml() {
    let document = ringing().document(3);

    assert_eq!(
        document,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <dialog-info xmlns=\"urn:ietf:params:xml:ns:dialog-info\" version=\"3\" state=\"full\" \
         entity=\"sip:200@palabre.example\">\n\
         <dialog id=\"5\" call-id=\"c&quot;1\" local-tag=\"l\" remote-tag=\"r\" direction=\"recipient\">\n\
         <state>early</state>\n\
         <local><identity>sip:200@palabre.example</identity><target uri=\"sip:200@palabre.example\"/></local>\n\
         <remote><identity display=\"A &amp; B &lt;x&gt;\">sip:100@palabre.example</identity>\
         <target uri=\"sip:100@palabre.example\"/></remote>\n\
         </dialog>\n</dialog-info>\n"
    );
}

#[test]
fn a_mailbox_says_what_waits() {
    let account = Uri::parse("sip:*97@palabre.example").expect("a uri");
    let voice = MessageCount { new: 2, old: 8, new_urgent: 0, old_urgent: 2 };
    let summary = MessageSummary { account: account.clone(), voice };

    assert_eq!(
        summary.document(0),
        "Messages-Waiting: yes\r\nMessage-Account: sip:*97@palabre.example\r\nVoice-Message: 2/8 (0/2)\r\n"
    );
    let none = MessageSummary { account, voice: MessageCount::default() };
    assert!(none.document(0).starts_with("Messages-Waiting: no\r\n"));
}

struct Watch {
    now: Instant,
    subscription: Subscription,
}

impl Watch {
    fn begin(text: &str, state: Arc<dyn EventState>) -> Self {
        let (now, request) = (Instant::now(), read(text));
        let subscription =
            Subscription::subscribed(now, key(&request), flow(), &request, contact(), "near", state);
        Self { now, subscription: subscription.expect("subscribed") }
    }

    fn drain(&mut self) -> Vec<Output> {
        std::iter::from_fn(|| self.subscription.poll_output()).collect()
    }

    fn notification(&mut self) -> Request {
        let said = self.drain();
        let request = said.into_iter().find_map(|output| match output {
            Output::Request { request, .. } => Some(request),
            _ => None,
        });
        request.expect("a notification")
    }

    fn publish(&mut self, state: Arc<dyn EventState>) {
        self.subscription.publish(self.now, state);
    }

    fn request(&mut self, text: &str) {
        let request = read(text);
        self.subscription.handle_request(self.now, key(&request), flow(), &request);
    }

    fn respond(&mut self, request: &Request, status: u16) {
        let response = request.reply(StatusCode::new(status).expect("a status"), None);
        self.subscription.handle_response(self.now, &response);
    }
}

fn renewal(number: u32, fields: &str) -> String {
    SUBSCRIBE
        .replace("CSeq: 1 ", &format!("CSeq: {number} "))
        .replace("To: <sip:200@palabre.example>", "To: <sip:200@palabre.example>;tag=near")
        .replace("branch=z9hG4bK1", &format!("branch=z9hG4bK{number}"))
        .replace("Expires: 600\r\n", fields)
}

/// A key as the transaction layer hands it out.
fn key(request: &Request) -> ServerKey {
    let mut transactions = transaction::Transactions::new([7; 32], transaction::Timers::default());
    transactions.handle_message(Instant::now(), flow(), Message::Request(request.clone()));
    let key = std::iter::from_fn(|| transactions.poll_output()).find_map(|output| match output {
        transaction::Output::Event(transaction::Event::Request { key, .. }) => Some(key),
        _ => None,
    });
    key.expect("a transaction")
}

fn idle() -> Arc<dyn EventState> {
    Arc::new(DialogInfo { entity: entity(), dialogs: Vec::new() })
}

fn ringing() -> Arc<dyn EventState> {
    let caller = Uri::parse("sip:100@palabre.example").expect("a uri");
    let dialog = WatchedDialog {
        id: "5".into(),
        dialog: Some(DialogId::new("c\"1", "l", "r")),
        outgoing: false,
        state: WatchedState::Early,
        remote: Some((caller, Some("A & B <x>\u{7}".into()))),
    };
    Arc::new(DialogInfo { entity: entity(), dialogs: vec![dialog] })
}

fn text(request: &Request) -> String {
    String::from_utf8_lossy(&request.body).into_owned()
}

fn read(text: &str) -> Request {
    match Message::parse(text.as_bytes()) {
        Ok(Message::Request(request)) => request,
        other => panic!("no request: {other:?}"),
    }
}

fn entity() -> Uri {
    Uri::parse("sip:200@palabre.example").expect("a uri")
}

fn contact() -> Uri {
    Uri::parse("sip:192.0.2.1:5061;transport=tls").expect("a uri")
}

fn flow() -> Flow {
    Flow {
        carrier: Carrier::Tls,
        local: "192.0.2.1:5061".parse().expect("an address"),
        remote: "10.0.0.21:40321".parse().expect("an address"),
        connection: Connection(3),
    }
}
