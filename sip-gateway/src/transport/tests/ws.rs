//! WebSocket.

use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message as Frame};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use super::*;

type Browser = WebSocketStream<MaybeTlsStream<TcpStream>>;

async fn browser(server: SocketAddr, subprotocol: Option<&str>) -> Result<Browser, Error> {
    let mut request = format!("ws://{server}/").into_client_request()?;
    if let Some(subprotocol) = subprotocol {
        request.headers_mut().insert("Sec-WebSocket-Protocol", subprotocol.parse().unwrap());
    }
    let (socket, response) = tokio_tungstenite::connect_async(request).await?;
    assert_eq!(response.headers()["Sec-WebSocket-Protocol"], "sip");
    Ok(socket)
}

async fn next_frame(browser: &mut Browser) -> Option<Result<Frame, Error>> {
    timeout(PATIENCE, browser.next()).await.expect("in time")
}

#[tokio::test]
async fn each_websocket_message_is_a_sip_message() {
    let (transports, mut received, server) = listen(Carrier::Ws, Limits::default());
    let mut browser = browser(server, Some("chat, sip")).await.unwrap();

    browser.send(Frame::text(text("1"))).await.unwrap();
    let (flow, message) = next_message(&mut received).await;
    assert_eq!((flow.carrier, call_id(&message)), (Carrier::Ws, "1"));
    browser.send(Frame::binary(text("2").into_bytes())).await.unwrap();
    assert_eq!(call_id(&next_message(&mut received).await.1), "2");

    transports.send(&flow, b"answer".to_vec());
    assert_eq!(next_frame(&mut browser).await.unwrap().unwrap(), Frame::text("answer"));
    transports.send(&flow, b"\xff".to_vec());
    assert_eq!(next_frame(&mut browser).await.unwrap().unwrap(), Frame::binary(b"\xff".to_vec()));

    browser.send(Frame::text("\r\n\r\n")).await.unwrap();
    assert!(matches!(next(&mut received).await.what, Incoming::Keepalive));
    assert_eq!(next_frame(&mut browser).await.unwrap().unwrap(), Frame::text("\r\n"));
    browser.send(Frame::Ping("x".into())).await.unwrap();
    assert_eq!(next_frame(&mut browser).await.unwrap().unwrap(), Frame::Pong("x".into()));

    browser.close(None).await.unwrap();
    assert_eq!(next_failure(&mut received).await, (flow, FlowFailure::Closed));
}

#[tokio::test]
async fn who_does_not_speak_sip_is_refused() {
    let (_transports, mut received, server) = listen(Carrier::Ws, Limits::default());
    for subprotocol in [None, Some("chat")] {
        let refused = browser(server, subprotocol).await.err();
        assert!(matches!(refused, Some(Error::Http(response)) if response.status() == 400));
    }

    let mut noise = browser(server, Some("sip")).await.unwrap();
    noise.send(Frame::text("hello")).await.unwrap();
    assert_eq!(next_failure(&mut received).await.1, FlowFailure::Garbage);
    next_failure(&mut received).await;
    let mut large = browser(server, Some("sip")).await.unwrap();
    let _ = large.send(Frame::text("x".repeat(MAX_MESSAGE_AND_MORE))).await;
    assert_eq!(next_failure(&mut received).await.1, FlowFailure::Garbage);
}

const MAX_MESSAGE_AND_MORE: usize = sip_gateway_proto::message::MAX_MESSAGE + 1;

#[tokio::test]
async fn a_handshake_that_does_not_end_is_given_up() {
    let limits = Limits { handshake: Duration::from_millis(300), ..Limits::default() };
    let (transports, mut received, server) = listen(Carrier::Ws, limits);
    let mut half = TcpStream::connect(server).await.unwrap();
    tokio::io::AsyncWriteExt::write_all(&mut half, b"GET / HTTP/1.1\r\nHost: x\r\n").await.unwrap();

    assert_eq!(read_to_end(&mut half).await, "");

    assert!(received.try_recv().is_err());
    assert_eq!(transports.connections(), 0);
}

#[tokio::test]
async fn a_broken_request_can_be_refused() {
    let (transports, mut received, server) = listen(Carrier::Ws, Limits::default());
    let mut browser = browser(server, Some("sip")).await.unwrap();

    browser.send(Frame::text(text("1").replace("CSeq: 1", "CSeq: x"))).await.unwrap();
    let Received { flow, what: Incoming::Malformed(_) } = next(&mut received).await else { panic!() };
    transports.send(&flow, b"refusal".to_vec());

    assert_eq!(next_frame(&mut browser).await.unwrap().unwrap(), Frame::text("refusal"));
    assert_eq!(next_failure(&mut received).await, (flow, FlowFailure::Garbage));
}
