//! What arrives on the media port, before anybody is known: STUN, DTLS, RTP and RTCP by UDP, frames by TCP.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use sfu_proto::framing::{self, FrameReader};
use sfu_proto::id::{ConferenceId, PeerId};
use sfu_proto::io::{Command, DataChannels, Fingerprint, IceCredentials, PeerParams, RemoteTransport};
use sfu_proto::path::{Path, TcpId};
use sfu_proto::sfu::Sfu;
use sfu_proto::transport::DtlsIdentity;

/// Datagrams for a shard on which two peers are awaited, each preceded by a byte that says from where it comes.
pub(super) fn datagrams(data: &[u8]) {
    let now = Instant::now();
    let conference = ConferenceId(1);
    let mut sfu = Sfu::new(identity(), 7);
    sfu.open(conference);
    for (peer, data_channels) in [(1, DataChannels::OpenedByPeer), (2, DataChannels::Negotiated)] {
        sfu.handle_command(now, conference, join(conference, peer, data_channels));
    }

    let mut rest = data;
    let mut at = now;
    // A byte for the path, two for the length, then the datagram.
    while let Some((&[from, high, low], tail)) = rest.split_first_chunk::<3>() {
        let len = usize::from(u16::from_be_bytes([high, low])).min(tail.len());
        let (datagram, tail) = tail.split_at(len);
        rest = tail;
        at += Duration::from_millis(u64::from(from));
        sfu.handle_datagram(at, path(from), &mut datagram.to_vec());
        sfu.handle_timeout(at);
        drain(&mut sfu);
    }
    sfu.handle_timeout(at + Duration::from_secs(120));
    drain(&mut sfu);

    let stats = sfu.stats();
    assert_eq!(stats.panics, 0, "no peer and no conference has panicked");
    assert_eq!(stats.peers, 0, "a peer that never connected is gone after two minutes");
}

/// The bytes of a TCP connection, cut where the first byte says.
pub(super) fn frames(data: &[u8]) {
    let Some((&step, data)) = data.split_first() else { return };
    let mut reader = FrameReader::default();
    let mut held = 0;
    for piece in data.chunks(usize::from(step).max(1)) {
        reader.push(piece);
        loop {
            match reader.next_frame() {
                Ok(Some(frame)) => assert!((1..=framing::MAX_FRAME).contains(&frame.len())),
                Ok(None) => break,
                Err(_) => return,
            }
        }
        held = held.max(reader.unfinished().len());
    }
    assert!(held <= framing::MAX_FRAME + 2, "{held} bytes are held of one frame");
}

fn drain(sfu: &mut Sfu) {
    sfu.transmits().clear();
    while sfu.poll_event().is_some() {}
    while sfu.poll_retired().is_some() {}
}

fn join(conference: ConferenceId, peer: u64, data_channels: DataChannels) -> Command {
    let credentials = |side: &str| IceCredentials {
        ufrag: format!("{side}{peer}"),
        pwd: format!("a+password+of+22+characters+{peer}"),
    };
    Command::Join(Box::new(PeerParams {
        conference,
        peer: PeerId(peer),
        local_ice: credentials("ours"),
        remote: Some(RemoteTransport { ice: credentials("theirs"), fingerprint: Fingerprint([7; 32]) }),
        data_channels,
    }))
}

fn path(from: u8) -> Path {
    let remote = ([192, 0, 2, 1 + from % 4], 5000 + u16::from(from % 3)).into();
    if from >= 0x80 {
        return Path::Tcp { connection: TcpId(u64::from(from % 4)), remote };
    }
    Path::Udp { remote, local: None }
}

fn identity() -> DtlsIdentity {
    static IDENTITY: OnceLock<DtlsIdentity> = OnceLock::new();
    let make = || {
        let key = rcgen::KeyPair::generate().expect("a key");
        let certificate = rcgen::CertificateParams::default().self_signed(&key).expect("a certificate");
        DtlsIdentity::new(certificate.der().to_vec(), key.serialize_der()).expect("an identity")
    };
    IDENTITY.get_or_init(make).clone()
}
