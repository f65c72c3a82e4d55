//! What a media thread does with legs that are lost, or on their way.

use std::net::{IpAddr, Ipv4Addr};

use super::*;
use crate::media::dtls::Identity;
use crate::media::leg::Seeds;
use crate::media::ports::Ports;
use crate::media::tally::Tally;
use crate::media::wire::Wire;

#[test]
fn a_panic_over_one_leg_ends_that_leg_and_no_other() {
    let (mut worker, mut events) = worker();
    let mut ports = Ports::new(&(20_940..=20_949));
    let places: Vec<usize> = (1..=3).map(|id| worker.settle(leg(&mut ports, id))).collect();
    worker.bridge(LegId(1), LegId(2));

    worker.with_leg(places[0], |_, _| panic!("a defect"));
    worker.tell();

    assert_eq!(events.try_recv(), Ok(MediaEvent::Broken { leg: LegId(1) }));
    assert_eq!(worker.place(LegId(1)), None);
    let mut worked = 0;
    for place in &places[1..] {
        worker.with_leg(*place, |_, leg| {
            assert_eq!(leg.partner, None, "nobody is bridged to what is lost");
            worked += 1;
        });
    }
    assert_eq!(worked, 2);
    // Its place is used again.
    assert_eq!(worker.settle(leg(&mut ports, 4)), places[0]);
}

#[test]
fn commands_behind_an_adoption_wait_until_the_leg_is_there() {
    let (mut worker, _events) = worker();
    let mut ports = Ports::new(&(20_950..=20_959));
    worker.settle(leg(&mut ports, 1));
    for command in [Command::Adopt(LegId(2)), Command::Bridge(LegId(1), LegId(2))] {
        worker.queue.push(command).expect("room");
    }
    worker.take_commands();
    assert_eq!(worker.backlog.len(), 2);

    worker.queue.hand(LegId(2), Some(leg(&mut ports, 2)));
    worker.take_commands();

    assert!(worker.backlog.is_empty());
    let place = worker.place(LegId(1)).expect("settled");
    worker.with_leg(place, |_, leg| assert_eq!(leg.partner, Some(LegId(2))));
}

fn worker() -> (Worker, mpsc::Receiver<MediaEvent>) {
    let (events, receiver) = mpsc::channel(8);
    let queue = Arc::new(Queue::new().expect("a descriptor"));
    queue.legs.store(8, Relaxed);
    (Worker::new(queue, events, Duration::from_secs(30), 1).expect("a worker"), receiver)
}

fn leg(ports: &mut Ports, id: u64) -> Box<Leg> {
    let loopback = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let (_, sockets) = ports.bind(loopback, 0, false).expect("free");
    let identity = Arc::new(Identity::new().expect("a certificate"));
    let wire = Wire::new(sockets, loopback, identity, None);
    let seeds = Seeds { arrivals: id as u32, outgoing: 100 + id as u32, cname: id };
    Box::new(Leg::new(Instant::now(), LegId(id), wire, seeds, Arc::new(Tally::default())))
}
