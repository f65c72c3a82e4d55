//! TCP: framing, keepalives, limits, connections of ours.

use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};

use super::*;

const TCP: Carrier = Carrier::Tcp;

async fn phone(server: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(server).await.unwrap();
    stream.set_nodelay(true).unwrap();
    stream
}

#[tokio::test]
async fn a_torn_message_is_put_together_and_answered_over_its_connection() {
    let (transports, mut received, server) = listen(TCP, Limits::default());
    let mut phone = phone(server).await;
    let two = text("1") + &text("2");
    let mut flows = Vec::new();

    for piece in two.as_bytes().chunks(7) {
        phone.write_all(piece).await.unwrap();
        phone.flush().await.unwrap();
        tokio::task::yield_now().await;
    }
    for call in ["1", "2"] {
        let (flow, message) = next_message(&mut received).await;
        assert_eq!((call_id(&message), message.body()), (call, &b"body"[..]));
        flows.push(flow);
    }

    assert_eq!(flows[0], flows[1]);
    assert_ne!(flows[0].connection, Connection::NONE);
    assert_eq!((flows[0].local, flows[0].remote), (server, phone.local_addr().unwrap()));
    transports.send(&flows[0], b"answer".to_vec());
    assert_eq!(read(&mut phone, 6).await, "answer");
}

#[tokio::test]
async fn a_keepalive_is_answered_and_told_and_a_lone_line_end_is_not() {
    let (_transports, mut received, server) = listen(TCP, Limits::default());
    let mut phone = phone(server).await;

    phone.write_all(b"\r\n\r\n").await.unwrap();
    assert!(matches!(next(&mut received).await.what, Incoming::Keepalive));
    assert_eq!(read(&mut phone, 2).await, "\r\n");

    phone.write_all(format!("\r\n{}", text("1")).as_bytes()).await.unwrap();
    assert_eq!(call_id(&next_message(&mut received).await.1), "1");

    // A flood of them does not come back as a flood.
    phone.write_all(&[b'\r', b'\n'].repeat(8_000)).await.unwrap();
    phone.write_all(text("2").as_bytes()).await.unwrap();
    let mut told = 0;
    while matches!(next(&mut received).await.what, Incoming::Keepalive) {
        told += 1;
    }
    assert!((1..1_000).contains(&told), "{told}");
}

#[tokio::test]
async fn a_closed_connection_is_told_and_takes_nothing_any_more() {
    let (transports, mut received, server) = listen(TCP, Limits::default());
    let mut phone = phone(server).await;
    phone.write_all(text("1").as_bytes()).await.unwrap();
    let (flow, _) = next_message(&mut received).await;

    drop(phone);

    assert_eq!(next_failure(&mut received).await, (flow, FlowFailure::Closed));
    let (same_peer, _) = next_failure(&mut received).await;
    assert_eq!(same_peer, to(TCP, flow.local, flow.remote), "for those who named no connection");
    transports.send(&flow, b"late".to_vec());
    assert_eq!(next_failure(&mut received).await, (flow, FlowFailure::Closed));
    assert_eq!(transports.connections(), 0);
}

#[tokio::test]
async fn garbage_ends_the_connection_and_a_broken_request_can_be_refused_before() {
    let (transports, mut received, server) = listen(TCP, Limits::default());
    let mut noise = phone(server).await;
    noise.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    assert_eq!(read_to_end(&mut noise).await, "");
    assert_eq!(next_failure(&mut received).await.1, FlowFailure::Garbage);
    next_failure(&mut received).await;

    let mut broken = phone(server).await;
    broken.write_all(text("1").replace("Content-Length: 4\r\n", "").as_bytes()).await.unwrap();
    let Received { flow, what: Incoming::Malformed(error) } = next(&mut received).await else { panic!() };
    let refusal = error.response("tag").expect("a refusal").to_bytes();
    transports.send(&flow, refusal.clone());
    assert_eq!(read_to_end(&mut broken).await.as_bytes(), refusal);
    assert_eq!(next_failure(&mut received).await, (flow, FlowFailure::Garbage));
}

#[tokio::test]
async fn whoever_does_not_read_is_cut_off_and_others_are_served() {
    let (transports, mut received, server) = listen(TCP, Limits::default());
    let (mut slow, mut quick) = (phone(server).await, phone(server).await);
    slow.write_all(text("slow").as_bytes()).await.unwrap();
    let (to_slow, _) = next_message(&mut received).await;
    quick.write_all(text("quick").as_bytes()).await.unwrap();
    let (to_quick, _) = next_message(&mut received).await;

    let mut failure = None;
    for _ in 0..100_000 {
        transports.send(&to_slow, vec![b'x'; 16 * 1024]);
        // As long as it takes something, what is queued gets away.
        if let Ok(news) = timeout(Duration::from_millis(1), received.recv()).await {
            failure = news;
            break;
        }
    }

    let failure = failure.expect("it is cut off");
    assert_eq!(failure.flow, to_slow);
    assert!(matches!(failure.what, Incoming::Failed(FlowFailure::Overflow)), "{failure:?}");
    transports.send(&to_quick, b"answer".to_vec());
    assert_eq!(read(&mut quick, 6).await, "answer");
}

#[tokio::test]
async fn a_message_that_nobody_reads_is_not_waited_for() {
    let limits = Limits { write: Duration::from_millis(200), ..Limits::default() };
    let (transports, mut received, server) = listen(TCP, limits);
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4_096).unwrap();
    let mut phone = socket.connect(server).await.unwrap();
    phone.write_all(text("1").as_bytes()).await.unwrap();
    let (flow, _) = next_message(&mut received).await;

    // What the system keeps for a connection is full after some of these; each fits into our queue.
    let mut failure = None;
    for _ in 0..100 {
        transports.send(&flow, vec![b'x'; MAX_QUEUED_BYTES]);
        if let Ok(news) = timeout(Duration::from_millis(500), received.recv()).await {
            failure = news;
            break;
        }
    }

    let failure = failure.expect("it is given up");
    assert!(matches!(failure.what, Incoming::Failed(FlowFailure::TooSlow)), "{failure:?}");
}

#[tokio::test]
async fn one_source_has_so_many_connections_and_no_more() {
    let limits = Limits { connections_per_source: 2, ..Limits::default() };
    let (transports, mut received, server) = listen(TCP, limits);
    let mut first = phone(server).await;
    let mut second = phone(server).await;
    for phone in [&mut first, &mut second] {
        phone.write_all(text("1").as_bytes()).await.unwrap();
        next_message(&mut received).await;
    }

    let mut third = phone(server).await;
    assert_eq!(read_to_end(&mut third).await, "");
    assert_eq!(transports.connections(), 2);

    drop(first);
    next_failure(&mut received).await;
    next_failure(&mut received).await;
    let mut fourth = phone(server).await;
    fourth.write_all(text("4").as_bytes()).await.unwrap();
    assert_eq!(call_id(&next_message(&mut received).await.1), "4");
}

#[tokio::test]
async fn a_connection_that_says_nothing_is_closed_unless_it_is_kept() {
    let limits = Limits { idle: Duration::from_millis(300), ..Limits::default() };
    let (transports, mut received, server) = listen(TCP, limits);
    let mut registered = phone(server).await;
    registered.write_all(text("1").as_bytes()).await.unwrap();
    let (flow, _) = next_message(&mut received).await;
    transports.keep(&flow, Duration::from_secs(3_600));

    let mut silent = phone(server).await;
    assert_eq!(read_to_end(&mut silent).await, "");
    let (failed, cause) = next_failure(&mut received).await;
    assert_eq!((failed.remote, cause), (silent.local_addr().unwrap(), FlowFailure::Idle));
    next_failure(&mut received).await;

    registered.write_all(text("2").as_bytes()).await.unwrap();
    assert_eq!(next_message(&mut received).await.0, flow);
}

#[tokio::test]
async fn a_message_that_does_not_end_ends_the_connection_however_slowly_it_drips() {
    let limits = Limits { message: Duration::from_millis(400), ..Limits::default() };
    let (_transports, mut received, server) = listen(TCP, limits);
    let mut phone = phone(server).await;
    let drip = tokio::spawn(async move {
        for byte in text("never").into_bytes().chunks(1) {
            if phone.write_all(byte).await.is_err() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    });

    assert_eq!(next_failure(&mut received).await.1, FlowFailure::Idle);
    drip.await.unwrap();
}

#[tokio::test]
async fn a_connection_is_opened_for_a_message_and_serves_the_next_too() {
    let trunk = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (transports, mut received, server) = listen(TCP, Limits::default());
    let flow = to(TCP, server, trunk.local_addr().unwrap());

    transports.send(&flow, b"one ".to_vec());
    transports.send(&flow, b"two".to_vec());

    let (mut connection, from) = timeout(PATIENCE, trunk.accept()).await.unwrap().unwrap();
    assert_eq!(from.ip(), server.ip());
    assert_eq!(read(&mut connection, 7).await, "one two");
    connection.write_all(text("answer").as_bytes()).await.unwrap();
    let (answered, _) = next_message(&mut received).await;
    assert_eq!((answered.local, answered.remote), (flow.local, flow.remote));
    assert_ne!(answered.connection, Connection::NONE);
    transports.send(&answered, b"three".to_vec());
    assert_eq!(read(&mut connection, 5).await, "three");

    drop(connection);
    assert_eq!(next_failure(&mut received).await, (answered, FlowFailure::Closed));
    assert_eq!(next_failure(&mut received).await, (flow, FlowFailure::Closed));
}

#[tokio::test]
async fn a_connection_that_cannot_be_opened_fails_the_flow() {
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let (transports, mut received, server) = listen(TCP, Limits::default());
    let flow = to(TCP, server, nobody);

    transports.send(&flow, b"hello".to_vec());

    let refused = FlowFailure::Network(std::io::ErrorKind::ConnectionRefused);
    let mut failures = [next_failure(&mut received).await, next_failure(&mut received).await];
    failures.sort_by_key(|(flow, _)| flow.connection);
    assert_eq!(failures[0], (flow, refused));
    transports.send(&to(Carrier::Ws, server, nobody), b"hello".to_vec());
    assert_eq!(next_failure(&mut received).await.1, FlowFailure::NoSocket);
}

#[tokio::test]
async fn all_connections_close_with_the_transports() {
    let (transports, mut received, server) = listen(TCP, Limits::default());
    let mut phone = phone(server).await;
    phone.write_all(text("1").as_bytes()).await.unwrap();
    next_message(&mut received).await;

    drop(transports);

    assert_eq!(read_to_end(&mut phone).await, "");
    while timeout(PATIENCE, received.recv()).await.expect("in time").is_some() {}
    assert!(TcpStream::connect(server).await.is_err());
}
