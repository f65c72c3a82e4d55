//! What strangers send to the media port is met with silence, and does not touch the conference that goes on there.

use std::cell::RefCell;
use std::io::{ErrorKind, Read, Write};
use std::net::{TcpStream, UdpSocket};
use std::rc::Rc;
use std::time::Duration;

use palabre_tests::fuzz::Mutator;
use palabre_tests::link::is_rtp;
use palabre_tests::stage::{Down, Stage, Who};

use crate::watch;

#[test]
fn garbage_on_the_udp_port_is_met_with_silence_while_a_call_goes_on() {
    let mut stage = Stage::open();
    let (bob, down) = call(&mut stage);
    let stranger = stranger();
    let mut mutator = Mutator::new(7);
    let seeds = garbage();

    for round in 0..4_000 {
        let seed = &seeds[round % seeds.len()];
        let datagram =
            if round < 100 { seed.clone() } else { mutator.mutate(seed, &seeds[(round / 7) % seeds.len()]) };
        stranger.send_to(&datagram, stage.address(false)).ok();
        if round % 20 == 0 {
            stage.go_on_for(Duration::from_millis(2));
        }
    }

    assert_goes_on(&mut stage, bob, down);
    assert_eq!(answer(&stranger), None, "a stranger gets no answer");
}

#[test]
fn recorded_packets_sent_again_change_nothing_wherever_they_come_from() {
    let mut stage = Stage::open();
    let [alice, bob] = [stage.join(), stage.join()];
    let voice = stage.publish_audio(alice);
    let down = stage.subscribe(bob, voice);
    let tape: Rc<RefCell<Vec<Vec<u8>>>> = Rc::default();
    let recorder = Rc::clone(&tape);
    stage.peer_mut(alice).outgoing.lose(move |datagram| {
        if is_rtp(datagram) {
            recorder.borrow_mut().push(datagram.to_vec());
        }
        false
    });
    stage.until("a second is on tape", |_| tape.borrow().len() > 50);
    let recorded = tape.borrow().clone();

    let stranger = stranger();
    for datagram in &recorded {
        stranger.send_to(datagram, stage.address(false)).expect("loopback takes it");
        stage.peer_mut(alice).inject(datagram);
    }

    let before = watch::audio(&stage, bob, down).len();
    stage.until("a second goes by", |stage| watch::audio(stage, bob, down).len() > before + 50);
    let heard = watch::audio(&stage, bob, down);
    assert!(heard.windows(2).all(|pair| pair[1] == pair[0] + 1), "nothing twice, nothing lost: {heard:?}");
    assert_eq!(answer(&stranger), None, "a stranger gets no answer");
}

#[test]
fn garbage_on_the_tcp_port_is_cut_off_and_idle_strangers_do_no_harm() {
    let mut stage = Stage::open();
    let (bob, down) = call(&mut stage);
    let address = stage.address(true);
    let idle: Vec<TcpStream> = (0..50).filter_map(|_| TcpStream::connect(address).ok()).collect();

    for frame in garbage() {
        let Ok(mut stream) = TcpStream::connect(address) else { continue };
        let length = (frame.len() as u16).to_be_bytes();
        let _ = stream.write_all(&length);
        let _ = stream.write_all(&frame);
        let _ = stream.write_all(&[0xFF; 70_000]);
        stream.set_nonblocking(true).expect("a socket option");
        stage.go_on_for(Duration::from_millis(5));
        let mut answer = [0; 64];
        match stream.read(&mut answer) {
            Ok(0) => {}
            Ok(len) => panic!("a stranger gets an answer: {:?}", &answer[..len]),
            Err(error) => assert!(
                matches!(
                    error.kind(),
                    ErrorKind::WouldBlock | ErrorKind::ConnectionReset | ErrorKind::BrokenPipe
                ),
                "{error}"
            ),
        }
    }

    assert_goes_on(&mut stage, bob, down);
    drop(idle);
}

#[test]
fn a_peer_that_sends_garbage_on_its_own_path_harms_nobody() {
    let mut stage = Stage::open();
    let (bob, down) = call(&mut stage);
    let mallory = stage.join();
    let mut mutator = Mutator::new(11);
    let seeds = garbage();

    for round in 0..2_000 {
        let datagram = mutator.mutate(&seeds[round % seeds.len()], &seeds[(round / 3) % seeds.len()]);
        stage.peer_mut(mallory).inject(&datagram);
        if round % 20 == 0 {
            stage.go_on_for(Duration::from_millis(2));
        }
    }

    assert_goes_on(&mut stage, bob, down);
}

/// A call from which nothing must be lost from now on.
fn call(stage: &mut Stage) -> (Who, Down) {
    let [alice, bob] = [stage.join(), stage.join()];
    let voice = stage.publish_audio(alice);
    let down = stage.subscribe(bob, voice);
    stage.until("bob hears alice", |stage| watch::audio(stage, bob, down).len() > 10);
    (bob, down)
}

fn assert_goes_on(stage: &mut Stage, who: Who, down: Down) {
    let before = watch::audio(stage, who, down).len();
    stage.until("a second goes by", |stage| watch::audio(stage, who, down).len() > before + 50);
    let heard = watch::audio(stage, who, down);
    assert!(heard.windows(2).all(|pair| pair[1] == pair[0] + 1), "nothing is lost: {heard:?}");
}

fn stranger() -> UdpSocket {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    socket.set_nonblocking(true).expect("a socket option");
    socket
}

fn answer(socket: &UdpSocket) -> Option<Vec<u8>> {
    let mut buffer = [0; 2_000];
    socket.recv(&mut buffer).ok().map(|len| buffer[..len].to_vec())
}

/// What strangers and broken clients send: whole and half messages of every protocol on the port.
fn garbage() -> Vec<Vec<u8>> {
    let mut stun = b"\x00\x01\x00\x14\x21\x12\xA4\x42transactions".to_vec();
    stun.extend(b"\x00\x06\x00\x0Dpeer00000000:\0\0\0");
    let stun_response = b"\x01\x01\x00\x00\x21\x12\xA4\x42transactions".to_vec();
    let client_hello =
        b"\x16\xFE\xFD\0\0\0\0\0\0\0\0\0\x20\x01\0\0\x14\0\0\0\0\0\0\0\x14\xFE\xFD0123456789abcdef01"
            .to_vec();
    let alert = b"\x15\xFE\xFD\0\x01\0\0\0\0\0\x01\0\x02\x02\x28".to_vec();
    let rtp =
        [&b"\x90\x6F\x12\x34\0\0\x03\xC0\0\0\0\x07\xBE\xDE\0\x01\x10\x85\0\0"[..], &[0xA5; 60]].concat();
    let rtcp = [&b"\x81\xC8\0\x06\0\0\0\x07"[..], &[0x11; 40]].concat();
    let turn_channel = b"\x40\x00\0\x04data".to_vec();
    vec![
        stun,
        stun_response,
        client_hello,
        alert,
        rtp,
        rtcp,
        turn_channel,
        vec![],
        vec![0],
        vec![0xFF; 1_400],
        b"GET / HTTP/1.1\r\n\r\n".to_vec(),
    ]
}
