//! How the packets of one leg are protected.

use sfu_proto::srtp::{MasterKey, SrtpProfile, SrtpReceiver, SrtpSender};
use sip_gateway_proto::sdp::{Crypto, Protection, Suite};

/// Protects what is sent and opens what is received.
#[derive(Debug)]
pub(super) struct Guard {
    protection: Protection,
    state: State,
}

#[derive(Debug)]
enum State {
    Plain,
    /// Nothing is sent or believed before there are keys.
    Keyless,
    Srtp(Box<Srtp>),
}

#[derive(Debug)]
struct Srtp {
    sender: SrtpSender,
    receiver: SrtpReceiver,
}

impl Guard {
    /// The guard of a leg of which nothing was agreed yet.
    pub(super) fn new() -> Self {
        Self { protection: Protection::Plain, state: State::Keyless }
    }

    /// Takes what was agreed. A direction whose key stays the same goes on as it is: begun anew, it would encrypt two
    /// packets with one key stream.
    pub(super) fn agree(&mut self, protection: &Protection) {
        if *protection == self.protection && !matches!(self.state, State::Keyless) {
            return;
        }
        self.state = match protection {
            Protection::Plain => State::Plain,
            Protection::Dtls { .. } => State::Keyless,
            Protection::Sdes { local, remote } => self.rekey(local, remote),
        };
        self.protection = protection.clone();
    }

    fn rekey(&mut self, local: &Crypto, remote: &Crypto) -> State {
        let before = match (&self.protection, std::mem::replace(&mut self.state, State::Keyless)) {
            (Protection::Sdes { local, remote }, State::Srtp(srtp)) => Some((local, remote, *srtp)),
            _ => None,
        };
        let same = |one: &Crypto, other: &Crypto| one.suite == other.suite && one.key == other.key;
        let (mut sender, mut receiver) = (None, None);
        if let Some((old_local, old_remote, srtp)) = before {
            sender = Some(srtp.sender).filter(|_| same(old_local, local));
            receiver = Some(srtp.receiver).filter(|_| same(old_remote, remote));
        }
        let key = |crypto: &Crypto| MasterKey::of_description(profile(crypto.suite), crypto.key.bytes());
        let sender = sender.map_or_else(|| Some(SrtpSender::new(&key(local).ok()?)), Some);
        let receiver = receiver.map_or_else(|| Some(SrtpReceiver::new(&key(remote).ok()?)), Some);
        match sender.zip(receiver) {
            Some((sender, receiver)) => State::Srtp(Box::new(Srtp { sender, receiver })),
            // A key of the wrong length is no key.
            None => State::Keyless,
        }
    }

    /// Takes the keys that a handshake gave.
    pub(super) fn give_keys(&mut self, sender: SrtpSender, receiver: SrtpReceiver) {
        self.state = State::Srtp(Box::new(Srtp { sender, receiver }));
    }

    /// Whether packets prove themselves.
    pub(super) fn authenticates(&self) -> bool {
        !matches!(self.state, State::Plain)
    }

    /// Opens an RTP packet where it stands; its length if it is to be believed.
    pub(super) fn open_rtp(&mut self, packet: &mut [u8]) -> Option<usize> {
        match &mut self.state {
            State::Plain => Some(packet.len()),
            State::Keyless => None,
            State::Srtp(srtp) => srtp.receiver.unprotect_rtp(packet).ok(),
        }
    }

    /// The same for RTCP.
    pub(super) fn open_rtcp(&mut self, packet: &mut [u8]) -> Option<usize> {
        match &mut self.state {
            State::Plain => Some(packet.len()),
            State::Keyless => None,
            State::Srtp(srtp) => srtp.receiver.unprotect_rtcp(packet).ok(),
        }
    }

    /// Seals an RTP packet with a plain header; `None` if it may not be sent.
    pub(super) fn seal_rtp<'a>(&mut self, packet: &'a [u8], out: &'a mut [u8]) -> Option<&'a [u8]> {
        match &mut self.state {
            State::Plain => Some(packet),
            State::Keyless => None,
            State::Srtp(srtp) => {
                let (header, payload) = packet.split_at_checked(HEADER_LEN)?;
                let len = srtp.sender.protect_rtp(header, &[], payload, out).ok()?;
                Some(&out[..len])
            }
        }
    }

    /// The same for an RTCP compound.
    pub(super) fn seal_rtcp<'a>(&mut self, compound: &'a [u8], out: &'a mut [u8]) -> Option<&'a [u8]> {
        match &mut self.state {
            State::Plain => Some(compound),
            State::Keyless => None,
            State::Srtp(srtp) => {
                let len = srtp.sender.protect_rtcp(compound, out).ok()?;
                Some(&out[..len])
            }
        }
    }
}

fn profile(suite: Suite) -> SrtpProfile {
    match suite {
        Suite::AeadAes256Gcm => SrtpProfile::AeadAes256Gcm,
        Suite::AeadAes128Gcm => SrtpProfile::AeadAes128Gcm,
        Suite::Aes256CmHmacSha1_80 => SrtpProfile::Aes256CmHmacSha1_80,
        Suite::Aes256CmHmacSha1_32 => SrtpProfile::Aes256CmHmacSha1_32,
        Suite::AesCm128HmacSha1_80 => SrtpProfile::Aes128CmHmacSha1_80,
        Suite::AesCm128HmacSha1_32 => SrtpProfile::Aes128CmHmacSha1_32,
    }
}

const HEADER_LEN: usize = sip_gateway_proto::media::rtp::HEADER_LEN;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_of_every_suite_understand_each_other() {
        for suite in Suite::ALL {
            let (mut ours, mut theirs) = ends(suite, 1, 2);
            for sequence in 1..4 {
                let packet = packet(sequence);
                let mut out = [0; 256];
                let mut sealed = ours.seal_rtp(&packet, &mut out).expect("sealed").to_vec();
                assert_ne!(sealed[12..16], packet[12..16], "{suite:?}");

                let len = theirs.open_rtp(&mut sealed).expect("authentic");

                assert_eq!(sealed[..len], packet);
                assert_eq!(theirs.open_rtp(&mut sealed), None, "a replay");
            }
            let compound = [0x80, 201, 0, 1, 0, 0, 0, 7];
            let mut out = [0; 256];
            let mut sealed = theirs.seal_rtcp(&compound, &mut out).expect("sealed").to_vec();
            assert_eq!(ours.open_rtcp(&mut sealed), Some(8), "{suite:?}");
        }
    }

    #[test]
    fn the_same_keys_agreed_on_again_begin_nothing_anew() {
        let (mut ours, _) = ends(Suite::AesCm128HmacSha1_80, 1, 2);
        let mut out = [0; 256];
        ours.seal_rtp(&packet(1), &mut out).expect("sealed");

        ours.agree(&sdes(Suite::AesCm128HmacSha1_80, 1, 2));
        assert!(ours.seal_rtp(&packet(1), &mut out).is_none(), "one number, two packets");
        // Another key of the other side changes nothing for ours.
        ours.agree(&sdes(Suite::AesCm128HmacSha1_80, 1, 3));
        assert!(ours.seal_rtp(&packet(1), &mut out).is_none(), "one number, two packets");
        ours.agree(&sdes(Suite::AesCm128HmacSha1_80, 4, 3));
        assert!(ours.seal_rtp(&packet(1), &mut out).is_some(), "another key");
    }

    #[test]
    fn nothing_is_sent_or_believed_before_there_are_keys() {
        let mut guard = Guard::new();
        let mut out = [0; 256];
        assert!(guard.seal_rtp(&packet(1), &mut out).is_none());
        assert!(guard.open_rtp(&mut packet(1)).is_none());

        guard.agree(&Protection::Dtls { fingerprints: Vec::new(), client: false });
        assert!(guard.authenticates());
        assert!(guard.seal_rtp(&packet(1), &mut out).is_none());
    }

    fn ends(suite: Suite, one: u8, other: u8) -> (Guard, Guard) {
        let (mut ours, mut theirs) = (Guard::new(), Guard::new());
        ours.agree(&sdes(suite, one, other));
        theirs.agree(&sdes(suite, other, one));
        (ours, theirs)
    }

    fn sdes(suite: Suite, local: u8, remote: u8) -> Protection {
        let key = |fill: u8| Crypto::new(1, suite, &[fill; 46]).expect("enough bytes");
        Protection::Sdes { local: key(local), remote: key(remote) }
    }

    fn packet(sequence: u8) -> Vec<u8> {
        [&[0x80, 8, 0, sequence, 0, 0, 0, 160, 0, 0, 0, 7][..], b"some speech"].concat()
    }
}
