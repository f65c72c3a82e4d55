//! Handshakes with ourselves, with phones that have RSA certificates, with strangers, and with nobody.

use super::*;

#[test]
fn both_sides_come_to_the_same_keys() {
    for proved in [false, true] {
        let (server, client) = (identity(), identity());
        let (server, client) = shake(&server, &client, &server.local(), &client.local(), proved);

        assert_they_understand_each_other(server, client);
    }
}

#[test]
fn a_phone_with_an_rsa_certificate_is_taken_as_client_and_as_server() {
    let (ours, phone) = (identity(), rsa_identity());

    let (server, client) = shake(&ours, &phone, &ours.local(), &phone.local(), false);
    assert_they_understand_each_other(server, client);
    // With an RSA certificate the other side may choose among other ciphers.
    let (server, client) = shake(&phone, &ours, &phone.local(), &ours.local(), false);
    assert_they_understand_each_other(server, client);
}

#[test]
fn a_certificate_that_was_not_announced_ends_it() {
    for (server, client) in [(identity(), identity()), (identity(), rsa_identity())] {
        let (refused, _) = shake(&server, &client, &server.local(), &identity().local(), true);
        assert!(matches!(refused, Outcome::Failed));

        let (_, refused) = shake(&server, &client, &identity().local(), &client.local(), true);
        assert!(matches!(refused, Outcome::Failed));
    }
}

#[test]
fn a_client_without_a_certificate_comes_to_nothing() {
    let (server, mut client) = (identity(), identity());
    let announced = client.local();
    client.config = client.config.clone().with_certificates(Vec::new());

    let (refused, _) = shake(&server, &client, &server.local(), &announced, true);

    assert!(matches!(refused, Outcome::Failed));
}

#[test]
fn the_stronger_profile_is_taken_and_the_usual_one_is_enough() {
    let (server, mut client) = (identity(), identity());
    let profile = |client: &Identity| {
        let (keys, _) = shake(&server, client, &server.local(), &client.local(), true);
        let Outcome::Keys(sender, _) = keys else { panic!("no keys") };
        sender.profile()
    };
    assert_eq!(profile(&client), SrtpProfile::AeadAes128Gcm);

    client.config = client.config.clone().with_srtp_protection_profiles(vec![PROFILES[1]]);
    assert_eq!(profile(&client), SrtpProfile::Aes128CmHmacSha1_80);
}

#[test]
fn a_forged_address_gets_one_short_answer_and_disturbs_nobody() {
    let now = Instant::now();
    let (server, client) = (identity(), identity());
    let mut ours = Handshake::new(now, &server, &[client.local().fingerprint], false, false);
    let hello = hello_of(&client, &server, now);

    for port in 1..100 {
        let mut answers = Vec::new();
        let from = SocketAddr::from(([192, 0, 2, 9], port));
        let _ = ours.handle_datagram(now, from, &hello, |to, packet| answers.push((to, packet.len())));
        let [(to, len)] = answers[..] else { panic!("{} answers", answers.len()) };
        assert!(to == from && len <= hello.len(), "{len} bytes for {}", hello.len());
    }
    assert_eq!(ours.associations.len(), MAX_ASSOCIATIONS);
    let theirs = Handshake::new(now, &client, &[server.local().fingerprint], true, false);
    let (server, client) = run([ours, theirs], |packet| Some(packet.to_vec()));
    assert_they_understand_each_other(server, client);
}

#[test]
fn garbage_changes_nothing_and_is_not_kept() {
    let now = Instant::now();
    let (server, client) = (identity(), rsa_identity());
    let hello = hello_of(&client, &server, now);
    for seed in 0..200_u64 {
        let mut ours = Handshake::new(now, &server, &[client.local().fingerprint], false, true);
        let mut random = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        for _ in 0..sieve::MAX_DATAGRAMS / 2 {
            let datagram = mutilated(&hello, &mut random);
            let outcome = ours.handle_datagram(now, FAR, &datagram, |_, _| {});
            assert!(matches!(outcome, Outcome::Going));
        }
    }
    // Each packet of a whole handshake is followed by a mutilated copy of it, in both directions.
    for seed in 0..20_u64 {
        let mut random = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        let ends = [
            Handshake::new(now, &server, &[client.local().fingerprint], false, true),
            Handshake::new(now, &client, &[server.local().fingerprint], true, true),
        ];
        let (server, client) = run_with_noise(ends, |packet| mutilated(packet, &mut random));
        assert!(matches!(server, Outcome::Going | Outcome::Keys(..) | Outcome::Failed), "no panic");
        assert!(matches!(client, Outcome::Going | Outcome::Keys(..) | Outcome::Failed), "no panic");
    }
}

#[test]
fn an_association_takes_a_bounded_number_of_datagrams() {
    let now = Instant::now();
    let (server, client) = (identity(), identity());
    let mut ours = Handshake::new(now, &server, &[client.local().fingerprint], false, true);
    let sealed = [&[22, 254, 253, 0, 1, 0, 0, 0, 0, 0, 7, 0, 48][..], &[9; 48]].concat();

    for _ in 0..sieve::MAX_DATAGRAMS {
        let _ = ours.handle_datagram(now, FAR, &sealed, |_, _| {});
    }
    assert_eq!(ours.associations.len(), 1);
    let _ = ours.handle_datagram(now, FAR, &sealed, |_, _| {});
    assert_eq!(ours.associations.len(), 0, "it is forgotten with all it kept");
}

#[test]
fn what_is_lost_is_repeated() {
    let (server, client) = (identity(), rsa_identity());
    let now = Instant::now();
    for seed in 1..40_u64 {
        let ends = [
            Handshake::new(now, &server, &[client.local().fingerprint], false, false),
            Handshake::new(now, &client, &[server.local().fingerprint], true, false),
        ];
        // Three of ten packets, whichever.
        let mut random = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        let (server, client) = run(ends, |packet| (next(&mut random) % 10 >= 3).then(|| packet.to_vec()));
        assert!(matches!(server, Outcome::Keys(..)) && matches!(client, Outcome::Keys(..)), "seed {seed}");
    }
}

#[test]
fn nobody_at_the_other_end_is_a_failure_in_the_end() {
    let start = Instant::now();
    let identity = identity();
    let announced = [identity.local().fingerprint];
    let mut alone = Handshake::new(start, &identity, &announced, true, true);
    let mut sent = 0;
    let mut now = start;
    loop {
        match alone.handle_timeout(now, Some(FAR), |_, _| sent += 1) {
            Outcome::Failed => break,
            _ => now = alone.deadline(true).expect("it waits for something"),
        }
        assert!(now < start + Duration::from_secs(120));
    }
    assert!((15..60).contains(&sent), "{sent} packets");
    assert_eq!(now, start + PATIENCE);
    assert!(alone.deadline(true).is_none());
}

#[test]
fn a_client_waits_for_an_address_and_a_server_to_be_called() {
    let now = Instant::now();
    let identity = identity();
    let announced = [identity.local().fingerprint];
    let client = Handshake::new(now, &identity, &announced, true, true);
    assert_eq!((client.deadline(false), client.deadline(true)), (None, Some(now)));
    let server = Handshake::new(now, &identity, &announced, false, true);
    assert_eq!((server.deadline(false), server.deadline(true)), (None, None));
}

fn identity() -> Identity {
    Identity::new().expect("a certificate")
}

/// What a phone brings.
fn rsa_identity() -> Identity {
    let crypto = rtc_crypto::default_provider().expect("a provider");
    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).expect("a key");
    let certificate =
        rcgen::CertificateParams::default().self_signed(&key).expect("a certificate").der().clone();
    let digest = digest::digest(&digest::SHA256, &certificate);
    let fingerprint = Fingerprint { hash: "sha-256".into(), digest: digest.as_ref().to_vec() };
    let key = crypto.crypto().import_signing_key(SignatureScheme::RsaPkcs1Sha256, &key.serialize_der());
    let certificate = Certificate::from_signing_key(vec![certificate], key.expect("a key"));
    let config = identity().config.with_certificates(vec![certificate]);
    Identity { config, local: LocalDtls { fingerprint } }
}

/// What server and client come to, if each announces a certificate to the other.
fn shake(
    server: &Identity,
    client: &Identity,
    of_server: &LocalDtls,
    of_client: &LocalDtls,
    proved: bool,
) -> (Outcome, Outcome) {
    let now = Instant::now();
    let of = |dtls: &LocalDtls| [dtls.fingerprint.clone()];
    let ends = [
        Handshake::new(now, server, &of(of_client), false, proved),
        Handshake::new(now, client, &of(of_server), true, proved),
    ];
    run_with_noise(ends, |_| Vec::new())
}

/// Lets each end do all it can, on a wire that may lose packets; time goes on when nothing else does.
fn run(ends: [Handshake; 2], mut wire: impl FnMut(&[u8]) -> Option<Vec<u8>>) -> (Outcome, Outcome) {
    drive(ends, |packet| wire(packet).into_iter().collect())
}

/// The same on a wire that adds something to each packet.
fn run_with_noise(ends: [Handshake; 2], mut noise: impl FnMut(&[u8]) -> Vec<u8>) -> (Outcome, Outcome) {
    drive(ends, |packet| vec![packet.to_vec(), noise(packet)])
}

fn drive(mut ends: [Handshake; 2], mut wire: impl FnMut(&[u8]) -> Vec<Vec<u8>>) -> (Outcome, Outcome) {
    let mut now = ends[0].since;
    let mut outcomes = [Outcome::Going, Outcome::Going];
    let mut packets: VecDeque<(usize, Vec<u8>)> = VecDeque::new();
    // Longer than a handshake may take.
    for _ in 0..2_000 {
        let (to, outcome) = if let Some((to, packet)) = packets.pop_front() {
            let mut said = Vec::new();
            let outcome = ends[to].handle_datagram(now, FAR, &packet, |_, packet| said.push(packet.to_vec()));
            packets.extend(said.iter().flat_map(|packet| wire(packet)).map(|packet| (1 - to, packet)));
            (to, outcome)
        } else {
            let Some((at, due)) =
                (0..2).filter_map(|at| Some((at, ends[at].deadline(true)?))).min_by_key(|of| of.1)
            else {
                break;
            };
            now = now.max(due);
            let mut said = Vec::new();
            let outcome = ends[at].handle_timeout(now, Some(FAR), |_, packet| said.push(packet.to_vec()));
            packets.extend(said.iter().flat_map(|packet| wire(packet)).map(|packet| (1 - at, packet)));
            (at, outcome)
        };
        if !matches!(outcome, Outcome::Going) {
            outcomes[to] = outcome;
        }
        // Nobody need wait for a side that has refused the other.
        if outcomes.iter().any(|outcome| matches!(outcome, Outcome::Failed)) {
            break;
        }
    }
    let [server, client] = outcomes;
    (server, client)
}

fn hello_of(client: &Identity, server: &Identity, now: Instant) -> Vec<u8> {
    let mut theirs = Handshake::new(now, client, &[server.local().fingerprint], true, true);
    let mut hello = Vec::new();
    let _ = theirs.handle_timeout(now, Some(FAR), |_, packet| hello = packet.to_vec());
    hello
}

/// Another packet, in which a few bytes are others.
fn mutilated(packet: &[u8], random: &mut u64) -> Vec<u8> {
    let mut packet = packet.to_vec();
    for _ in 0..1 + next(random) % 4 {
        let (at, to) = (next(random) % packet.len(), next(random) as u8);
        packet[at] = to;
    }
    packet
}

fn next(random: &mut u64) -> usize {
    *random ^= *random << 13;
    *random ^= *random >> 7;
    *random ^= *random << 17;
    *random as usize
}

fn assert_they_understand_each_other(server: Outcome, client: Outcome) {
    let (Outcome::Keys(mut sender, _), Outcome::Keys(_, mut receiver)) = (server, client) else {
        panic!("no keys")
    };
    let mut sealed = [0; 64];
    let header = [0x80, 8, 0, 1, 0, 0, 0, 160, 0, 0, 0, 7];
    let len = sender.protect_rtp(&header, &[], b"speech", &mut sealed).expect("sealed");
    let len = receiver.unprotect_rtp(&mut sealed[..len]).expect("authentic");
    assert_eq!(sealed[12..len], *b"speech");
}

/// Where the other side is.
const FAR: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7)), 4_000);
