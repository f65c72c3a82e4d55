//! Datagrams.

use tokio::net::UdpSocket;

use super::*;

async fn phone(server: SocketAddr) -> UdpSocket {
    let any = if server.is_ipv4() { "127.0.0.1:0" } else { "[::1]:0" };
    let socket = UdpSocket::bind(any).await.unwrap();
    socket.connect(server).await.unwrap();
    socket
}

async fn receive(socket: &UdpSocket) -> Vec<u8> {
    let mut bytes = vec![0; 65_536];
    let len = timeout(PATIENCE, socket.recv(&mut bytes)).await.expect("in time").unwrap();
    bytes.truncate(len);
    bytes
}

#[tokio::test]
async fn a_datagram_is_a_message_and_is_answered_over_its_flow_in_both_families() {
    for address in ["127.0.0.1:0", "[::1]:0"] {
        let listeners = vec![Listener { carrier: Carrier::Udp, address: address.parse().unwrap() }];
        let config = TransportConfig { listeners, ..TransportConfig::default() };
        let (transports, mut received) = Transports::bind(config).expect("a free port");
        let server = transports.listeners()[0].address;
        let phone = phone(server).await;

        phone.send(text("1").as_bytes()).await.unwrap();
        let (flow, message) = next_message(&mut received).await;
        assert_eq!(call_id(&message), "1");
        assert_eq!(flow, to(Carrier::Udp, server, phone.local_addr().unwrap()));

        transports.send(&flow, b"answer".to_vec());
        assert_eq!(receive(&phone).await, b"answer");
    }
}

#[tokio::test]
async fn keepalives_and_noise_are_passed_over_and_stun_is_answered() {
    let (_transports, mut received, server) = listen(Carrier::Udp, Limits::default());
    let phone = phone(server).await;
    for noise in
        [&b"\r\n\r\n"[..], b"\r\n", b"\0\0\0\0", b"", b"\x80\x60rtp", b"GET / HTTP/1.1\r\n\r\n", b"hello"]
    {
        phone.send(noise).await.unwrap();
    }
    let binding = *b"\0\x01\0\0\x21\x12\xa4\x42transaction!";
    phone.send(&binding[..20]).await.unwrap();

    let answer = receive(&phone).await;
    assert_eq!(answer[..2], [1, 1]);
    assert_eq!(answer[8..20], binding[8..20]);
    let port = u16::from_be_bytes([answer[26], answer[27]]) ^ 0x2112;
    assert_eq!(port, phone.local_addr().unwrap().port());

    phone.send(format!("\r\n{}", text("after")).as_bytes()).await.unwrap();
    assert_eq!(call_id(&next_message(&mut received).await.1), "after", "nothing else was told");
}

#[tokio::test]
async fn a_broken_request_is_told_so_that_it_can_be_refused() {
    let (_transports, mut received, server) = listen(Carrier::Udp, Limits::default());
    let phone = phone(server).await;

    phone.send(text("1").replace("CSeq: 1", "CSeq: x").as_bytes()).await.unwrap();

    let Received { flow, what: Incoming::Malformed(error) } = next(&mut received).await else { panic!() };
    assert_eq!(flow.remote, phone.local_addr().unwrap());
    assert!(error.response("tag").is_some());
}

#[tokio::test]
async fn what_no_socket_can_send_is_told() {
    let (transports, mut received, server) = listen(Carrier::Udp, Limits::default());
    let remote = "127.0.0.1:9".parse().unwrap();
    let elsewhere = to(Carrier::Udp, "192.0.2.1:5060".parse().unwrap(), remote);
    transports.send(&elsewhere, b"x".to_vec());
    assert_eq!(next_failure(&mut received).await, (elsewhere, FlowFailure::NoSocket));

    let flow = to(Carrier::Udp, server, remote);
    transports.send(&flow, vec![b'x'; 70_000]);
    let (failed, FlowFailure::Network(_)) = next_failure(&mut received).await else { panic!() };
    assert_eq!(failed, flow);
}
