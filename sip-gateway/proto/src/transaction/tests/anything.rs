//! Anything at any time: what must hold whatever the far side, the network and the user do.

use std::collections::{HashMap, VecDeque};

use super::*;

/// A simple generator (xorshift), so that each run is the same.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }
}

/// What has become of our requests.
#[derive(Debug, Default)]
struct Fate {
    is_invite: bool,
    successes: usize,
    failures: usize,
}

#[test]
fn each_request_of_ours_ends_once_and_nothing_is_left_over() {
    for seed in 1..=200 {
        let mut dice = Dice(seed);
        let start = Instant::now();
        let mut now = start;
        let mut layer = Transactions::new([seed as u8; 32], Timers::default());
        let mut fates: HashMap<ClientKey, Fate> = HashMap::new();
        let mut servers: Vec<(ServerKey, Request)> = Vec::new();
        let mut wire: VecDeque<Message> = VecDeque::new();

        for _ in 0..600 {
            let carrier = if dice.roll(2) == 0 { UDP } else { TCP };
            match dice.roll(12) {
                0 | 1 => {
                    let methods = [Method::Invite, Method::Options, Method::Bye];
                    let method = methods[dice.roll(3) as usize].clone();
                    let is_invite = method == Method::Invite;
                    let key = layer.request(now, flow(carrier), ours(method)).expect("room");
                    fates.insert(key, Fate { is_invite, ..Fate::default() });
                }
                2 | 3 => {
                    let method = ["INVITE", "ACK", "CANCEL", "OPTIONS", "MESSAGE"][dice.roll(5) as usize];
                    let branch = format!("{}{}", ["z9hG4bK", ""][dice.roll(2) as usize], dice.roll(6));
                    let request =
                        text(method, &branch).replace("CSeq: 1", &format!("CSeq: {}", dice.roll(4)));
                    layer.handle_message(now, flow(carrier), read(&request));
                }
                4 | 5 if !servers.is_empty() => {
                    let at = dice.roll(servers.len() as u64) as usize;
                    let status = StatusCode::new([100, 180, 200, 404, 487][dice.roll(5) as usize]).unwrap();
                    let response = servers[at].1.reply(status, Some("ours"));
                    if dice.roll(5) == 0 {
                        layer.respond_stateless(flow(carrier), &servers[at].1, response);
                    } else {
                        layer.respond(now, servers[at].0, response);
                    }
                }
                6 if !fates.is_empty() => {
                    let at = dice.roll(fates.len() as u64) as usize;
                    let mut keys: Vec<_> = fates.keys().copied().collect();
                    keys.sort();
                    layer.cancel(now, keys[at], Headers::new());
                }
                7 if dice.roll(8) == 0 => layer.handle_flow_failure(now, flow(carrier)),
                // Something of ours arrives, and is answered somehow; or is lost.
                8..=10 => {
                    let Some(Message::Request(request)) = wire.pop_front() else { continue };
                    let status = StatusCode::new([100, 183, 200, 200, 486][dice.roll(5) as usize]).unwrap();
                    let response = Message::Response(request.reply(status, Some("theirs")));
                    layer.handle_message(now, flow(carrier), response);
                }
                _ => {
                    now += Duration::from_millis(dice.roll(4_000));
                    layer.handle_timeout(now);
                }
            }
            drain(&mut layer, &mut fates, &mut servers, &mut wire);
        }

        // Calls that ring for ever do so by right: their flow ends, and the user answers.
        layer.handle_flow_failure(now, flow(UDP));
        layer.handle_flow_failure(now, flow(TCP));
        for (key, request) in &servers {
            layer.respond(now, *key, request.reply(StatusCode::DECLINE, Some("ours")));
        }
        drain(&mut layer, &mut fates, &mut Vec::new(), &mut wire);
        while let Some(at) = layer.poll_timeout() {
            layer.handle_timeout(at);
            assert!(layer.poll_timeout().is_none_or(|next| next > at), "what is due is done at once");
            assert!(at < now + Duration::from_secs(65), "nothing waits for ever");
            drain(&mut layer, &mut fates, &mut Vec::new(), &mut wire);
        }

        assert_eq!((layer.client_transactions(), layer.server_transactions()), (0, 0), "seed {seed}");
        for (key, fate) in fates {
            let successes = if fate.is_invite { fate.successes.min(1) } else { fate.successes };
            assert_eq!(successes + fate.failures, 1, "seed {seed}: {key:?} {fate:?}");
        }
    }
}

fn drain(
    layer: &mut Transactions,
    fates: &mut HashMap<ClientKey, Fate>,
    servers: &mut Vec<(ServerKey, Request)>,
    wire: &mut VecDeque<Message>,
) {
    while let Some(output) = layer.poll_output() {
        match output {
            Output::Transmit { bytes, .. } => {
                wire.push_back(Message::parse(&bytes).expect("what is sent can be read"));
                // The network loses what waits for too long.
                wire.truncate(8);
            }
            Output::Event(Event::Request { key, request, .. }) => servers.push((key, request)),
            Output::Event(Event::Response { key, response, .. }) => {
                let fate = fates.get_mut(&key).expect("a request of ours");
                match response.status {
                    status if status.is_success() => fate.successes += 1,
                    status if status.is_final() => fate.failures += 1,
                    _ => assert_eq!(fate.successes + fate.failures, 0, "nothing provisional is late"),
                }
            }
            Output::Event(Event::Failed { key, .. }) => {
                fates.get_mut(&key).expect("a request of ours").failures += 1;
            }
            Output::Event(Event::Ack { .. } | Event::Cancel { .. } | Event::Unacknowledged { .. }) => {}
        }
    }
}
