//! The ICE agent of a server that everybody can reach: ICE-lite (RFC 8445 §2.5), controlled, without checks of its own.
//!
//! A lite agent only answers. So the whole protocol is: believe a check that carries our ufrag and a MESSAGE-INTEGRITY
//! made with our password, answer it, and send where the peer says USE-CANDIDATE. What is not believed is met with
//! silence. The peer's candidates are of no use to us; every address is learned from a check (peer-reflexive).

use std::time::{Duration, Instant};

use aws_lc_rs::hmac;
use is::stun::StunMessage;

use crate::io::IceCredentials;
use crate::path::Path;

/// Our end of one peer's ICE session.
#[derive(Debug)]
pub struct IceLite {
    current: Generation,
    previous: Option<Generation>, // still good until the peer has chosen a path in the current one
    paths: Vec<CheckedPath>,
    selected: Option<Path>,
    nominated: bool, // whether USE-CANDIDATE was seen in the current generation
    last_check: Option<Instant>,
}

/// One set of credentials; an ICE restart begins another (RFC 8445 §9).
#[derive(Debug)]
struct Generation {
    ufrag: String,
    key: hmac::Key,
    remote_ufrag: Option<String>,
}

#[derive(Debug, Clone, Copy)]
struct CheckedPath {
    path: Path,
    checked_at: Instant,
}

/// What became of a STUN message.
#[derive(Debug, PartialEq, Eq)]
pub enum CheckOutcome {
    /// Not believed: there is no answer and no trace of it.
    Ignored,
    /// Believed and answered; this many bytes of the answer were written.
    Answered {
        /// Length of the answer.
        len: usize,
        /// A path that packets may come from now.
        opened: Option<Path>,
        /// A path that made room for it.
        closed: Option<Path>,
    },
    /// Believed, but the peer thinks that it is the controlled side. The answer tells it otherwise (RFC 8445 §7.3.1.1).
    Contradicted {
        /// Length of the answer.
        len: usize,
    },
}

impl IceLite {
    /// An agent that has not heard anything yet.
    #[must_use]
    pub fn new(local: &IceCredentials, remote_ufrag: Option<&str>) -> Self {
        Self {
            current: Generation::new(local, remote_ufrag),
            previous: None,
            paths: Vec::new(),
            selected: None,
            nominated: false,
            last_check: None,
        }
    }

    /// Begins new credentials. The selected path carries media on until the peer has nominated one anew, and checks
    /// with the old credentials are answered until then.
    pub fn restart(&mut self, local: &IceCredentials, remote_ufrag: Option<&str>) {
        if local.ufrag == self.current.ufrag {
            self.set_remote_ufrag(remote_ufrag);
            return;
        }
        let next = Generation::new(local, remote_ufrag);
        self.previous = Some(std::mem::replace(&mut self.current, next));
        self.nominated = false;
    }

    /// Takes the far side's ufrag of the current generation once it has answered.
    pub fn set_remote_ufrag(&mut self, remote_ufrag: Option<&str>) {
        if let Some(ufrag) = remote_ufrag {
            self.current.remote_ufrag = Some(ufrag.to_owned());
        }
    }

    /// The ufrags of ours by which a check is for this agent.
    pub fn local_ufrags(&self) -> impl Iterator<Item = &str> {
        [Some(&self.current), self.previous.as_ref()]
            .into_iter()
            .flatten()
            .map(|generation| generation.ufrag.as_str())
    }

    /// Where to send.
    #[must_use]
    pub fn selected(&self) -> Option<Path> {
        self.selected
    }

    /// When a check was believed last.
    #[must_use]
    pub fn last_check(&self) -> Option<Instant> {
        self.last_check
    }

    /// All paths on which a check has succeeded.
    pub fn paths(&self) -> impl Iterator<Item = Path> {
        self.paths.iter().map(|checked| checked.path)
    }

    /// Judges a STUN message that came by `path` and writes the answer.
    pub fn handle_message(
        &mut self,
        now: Instant,
        path: Path,
        message: &StunMessage<'_>,
        answer: &mut [u8],
    ) -> CheckOutcome {
        let (Some(source), Some((local, remote))) = (path.remote(), message.split_username()) else {
            return CheckOutcome::Ignored;
        };
        if !message.is_binding_request() {
            return CheckOutcome::Ignored;
        }
        let is_current = local == self.current.ufrag;
        let generation = match &self.previous {
            _ if is_current => &self.current,
            Some(previous) if local == previous.ufrag => previous,
            _ => return CheckOutcome::Ignored,
        };
        let foreign = |expected: &String| expected != remote;
        if generation.remote_ufrag.as_ref().is_some_and(foreign) {
            return CheckOutcome::Ignored;
        }
        if !message.verify(&[], |_, parts| generation.sign(parts)) {
            return CheckOutcome::Ignored;
        }

        let controlled = message.ice_controlled().is_some();
        let reply = if controlled {
            StunMessage::binding_role_conflict_reply(message.trans_id())
        } else {
            StunMessage::binding_reply(message.trans_id(), source)
        };
        // The password is in the key already; the codec only wants to know that there is one.
        let written = reply.to_bytes(Some(&[]), answer, |_, parts| generation.sign(parts));
        let Ok(len) = written else {
            return CheckOutcome::Ignored;
        };
        if controlled {
            return CheckOutcome::Contradicted { len };
        }

        self.last_check = Some(now);
        let (opened, closed) = self.note_path(now, path);
        self.select(now, path, message.use_candidate(), is_current);
        CheckOutcome::Answered { len, opened, closed }
    }

    /// Forgets a path that has ended (a TCP connection). Returns whether it was one of ours.
    pub fn path_closed(&mut self, path: Path) -> bool {
        let before = self.paths.len();
        self.paths.retain(|checked| checked.path != path);
        if self.selected == Some(path) {
            self.selected = self.freshest();
        }
        self.paths.len() < before
    }

    /// Remembers that a check succeeded here. The path unheard of for longest makes room when there are too many.
    fn note_path(&mut self, now: Instant, path: Path) -> (Option<Path>, Option<Path>) {
        if let Some(known) = self.paths.iter_mut().find(|known| known.path == path) {
            known.checked_at = now;
            return (None, None);
        }

        let mut closed = None;
        if self.paths.len() >= MAX_PATHS {
            let oldest = (0..self.paths.len())
                .filter(|&index| Some(self.paths[index].path) != self.selected)
                .min_by_key(|&index| self.paths[index].checked_at);
            closed = oldest.map(|index| self.paths.swap_remove(index).path);
        }
        self.paths.push(CheckedPath { path, checked_at: now });
        (Some(path), closed)
    }

    /// Decides where to send. The peer's word counts. Without it, only a path that has died is left: a peer whose
    /// address was changed by a NAT goes on checking, and not every one nominates again.
    fn select(&mut self, now: Instant, path: Path, use_candidate: bool, is_current: bool) {
        let stale = |selected: &Path| {
            let known = self.paths.iter().find(|known| known.path == *selected);
            known.is_none_or(|known| now.saturating_duration_since(known.checked_at) > STALE)
        };
        let lost = self.selected.as_ref().is_none_or(stale);
        // Once the new generation has chosen, the old one only keeps its path warm.
        let nominates = use_candidate && (is_current || !self.nominated);
        if nominates || lost {
            self.selected = Some(path);
        }
        if use_candidate && is_current {
            self.nominated = true;
            self.previous = None;
        }
    }

    fn freshest(&self) -> Option<Path> {
        self.paths.iter().max_by_key(|known| known.checked_at).map(|known| known.path)
    }
}

impl Generation {
    fn new(local: &IceCredentials, remote_ufrag: Option<&str>) -> Self {
        Self {
            ufrag: local.ufrag.clone(),
            key: hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, local.pwd.as_bytes()),
            remote_ufrag: remote_ufrag.map(str::to_owned),
        }
    }

    fn sign(&self, parts: &[&[u8]]) -> [u8; 20] {
        let mut context = hmac::Context::with_key(&self.key);
        for part in parts {
            context.update(part);
        }
        let mut digest = [0; 20];
        digest.copy_from_slice(context.sign().as_ref());
        digest
    }
}

/// Our ufrag in a connectivity check, not yet believed: whom to ask.
#[must_use]
pub fn addressee(datagram: &[u8]) -> Option<String> {
    let message = StunMessage::parse(datagram).ok()?;
    let (local, _) = message.split_username().filter(|_| message.is_binding_request())?;
    Some(local.to_owned())
}

/// Paths remembered per peer: interfaces × address families × transports of an ordinary client, twice.
const MAX_PATHS: usize = 16;

/// A selected path is given up for another one that is checked when it was not checked itself for this long. Clients
/// check the path they use every 2.5 to 6 seconds.
const STALE: Duration = Duration::from_secs(8);

/// The longest answer: header, XOR-MAPPED-ADDRESS of an IPv6 address or ERROR-CODE, MESSAGE-INTEGRITY, FINGERPRINT.
pub const MAX_ANSWER: usize = 128;

#[cfg(test)]
pub(crate) mod tests {
    use std::net::SocketAddr;

    use is::stun::TransId;

    use super::*;

    #[test]
    fn the_right_password_opens_a_path_and_is_answered_with_the_peers_address() {
        let mut ice = IceLite::new(&local(), Some("peer"));
        let mut answer = [0; MAX_ANSWER];

        let outcome = check(&mut ice, Instant::now(), path(1), &request("ours:peer", PWD, true), &mut answer);

        let CheckOutcome::Answered { len, opened, closed: None } = outcome else {
            panic!("{outcome:?}");
        };
        assert_eq!(opened, Some(path(1)));
        assert_eq!(ice.selected(), Some(path(1)));
        let reply = StunMessage::parse(&answer[..len]).expect("a STUN message");
        assert!(reply.is_successful_binding_response());
        assert_eq!(reply.mapped_address(), path(1).remote());
        assert!(reply.verify(PWD.as_bytes(), hmac_sha1));
    }

    #[test]
    fn an_answer_is_no_longer_than_the_question() {
        let mut ice = IceLite::new(&local(), Some("peer"));
        let question = request("ours:peer", PWD, true);
        let v6 = Path::Udp { remote: "[2001:db8::1]:4000".parse().expect("an address"), local: None };

        let outcome = check(&mut ice, Instant::now(), v6, &question, &mut [0; MAX_ANSWER]);

        let CheckOutcome::Answered { len, .. } = outcome else { panic!("{outcome:?}") };
        assert!(len <= question.len(), "{len} > {}", question.len());
    }

    #[test]
    fn a_wrong_password_or_name_is_met_with_silence() {
        let mut ice = IceLite::new(&local(), Some("peer"));
        let strangers = [
            request("ours:peer", "another password of 22 chars", true),
            request("other:peer", PWD, true),
            request("ours:stranger", PWD, true),
        ];
        for message in &strangers {
            let outcome = check(&mut ice, Instant::now(), path(1), message, &mut [0; MAX_ANSWER]);
            assert_eq!(outcome, CheckOutcome::Ignored);
        }
        assert_eq!((ice.selected(), ice.last_check(), ice.paths().count()), (None, None, 0));
    }

    #[test]
    fn the_peer_moves_by_nominating_another_path() {
        let mut ice = IceLite::new(&local(), Some("peer"));
        let now = Instant::now();
        answered(&mut ice, now, 1, "ours:peer", PWD, true);

        answered(&mut ice, now, 2, "ours:peer", PWD, false);
        assert_eq!(ice.selected(), Some(path(1)), "a mere check moves nothing");

        answered(&mut ice, now, 2, "ours:peer", PWD, true);
        assert_eq!(ice.selected(), Some(path(2)));
    }

    #[test]
    fn a_path_that_died_is_left_for_one_that_lives() {
        let mut ice = IceLite::new(&local(), Some("peer"));
        let now = Instant::now();
        answered(&mut ice, now, 1, "ours:peer", PWD, true);

        answered(&mut ice, now + STALE * 2, 2, "ours:peer", PWD, false);

        assert_eq!(ice.selected(), Some(path(2)));
    }

    #[test]
    fn a_restart_keeps_the_old_path_until_the_new_one_is_nominated() {
        let mut ice = IceLite::new(&local(), Some("peer"));
        let now = Instant::now();
        answered(&mut ice, now, 1, "ours:peer", PWD, true);

        ice.restart(&credentials("ours2", PWD2), None);
        answered(&mut ice, now, 1, "ours:peer", PWD, true);
        answered(&mut ice, now, 2, "ours2:peer2", PWD2, false);
        assert_eq!(ice.selected(), Some(path(1)));

        answered(&mut ice, now, 2, "ours2:peer2", PWD2, true);
        assert_eq!(ice.selected(), Some(path(2)));
        let old = request("ours:peer", PWD, true);
        assert_eq!(
            check(&mut ice, now, path(1), &old, &mut [0; MAX_ANSWER]),
            CheckOutcome::Ignored,
            "the old credentials end with the old path"
        );
    }

    #[test]
    fn paths_are_bounded_and_the_selected_one_is_never_given_up() {
        let mut ice = IceLite::new(&local(), Some("peer"));
        let now = Instant::now();
        answered(&mut ice, now, 1, "ours:peer", PWD, true);
        for port in 2..100 {
            answered(&mut ice, now, port, "ours:peer", PWD, false);
        }
        assert_eq!(ice.paths().count(), MAX_PATHS);
        assert!(ice.paths().any(|known| known == path(1)));
    }

    #[test]
    fn a_peer_that_thinks_it_is_controlled_is_told_otherwise() {
        let mut ice = IceLite::new(&local(), Some("peer"));
        let binding = StunMessage::binding_request("ours:peer", TransId::new(), false, 1, 1, false);
        let mut buffer = [0; 256];
        let len = binding.to_bytes(Some(PWD.as_bytes()), &mut buffer, hmac_sha1).expect("room");
        let mut answer = [0; MAX_ANSWER];

        let outcome = check(&mut ice, Instant::now(), path(1), &buffer[..len], &mut answer);

        let CheckOutcome::Contradicted { len } = outcome else { panic!("{outcome:?}") };
        let reply = StunMessage::parse(&answer[..len]).expect("a STUN message");
        assert_eq!(reply.error_code().map(|(code, _)| code), Some(487));
        assert_eq!(ice.selected(), None);
    }

    #[test]
    fn a_closed_connection_hands_over_to_the_freshest_other_path() {
        let mut ice = IceLite::new(&local(), Some("peer"));
        let now = Instant::now();
        answered(&mut ice, now, 2, "ours:peer", PWD, true);
        answered(&mut ice, now, 1, "ours:peer", PWD, true);

        assert!(ice.path_closed(path(1)));
        assert_eq!(ice.selected(), Some(path(2)));
        assert!(ice.path_closed(path(2)));
        assert_eq!(ice.selected(), None);
    }

    const PWD: &str = "a password of 22 chars";
    const PWD2: &str = "b password of 22 chars";

    fn local() -> IceCredentials {
        credentials("ours", PWD)
    }

    fn credentials(ufrag: &str, pwd: &str) -> IceCredentials {
        IceCredentials { ufrag: ufrag.to_owned(), pwd: pwd.to_owned() }
    }

    fn path(port: u16) -> Path {
        Path::Udp { remote: SocketAddr::from(([192, 0, 2, 1], port)), local: None }
    }

    fn check(ice: &mut IceLite, now: Instant, path: Path, message: &[u8], answer: &mut [u8]) -> CheckOutcome {
        let message = StunMessage::parse(message).expect("a STUN message");
        ice.handle_message(now, path, &message, answer)
    }

    fn answered(ice: &mut IceLite, now: Instant, port: u16, username: &str, pwd: &str, nominate: bool) {
        let message = request(username, pwd, nominate);
        let outcome = check(ice, now, path(port), &message, &mut [0; MAX_ANSWER]);
        assert!(matches!(outcome, CheckOutcome::Answered { .. }), "{outcome:?}");
    }

    /// A check as a client sends it.
    pub(crate) fn request(username: &str, pwd: &str, nominate: bool) -> Vec<u8> {
        let binding = StunMessage::binding_request(username, TransId::new(), true, 1, 1, nominate);
        let mut buffer = vec![0; 256];
        let len = binding.to_bytes(Some(pwd.as_bytes()), &mut buffer, hmac_sha1).expect("room");
        buffer.truncate(len);
        buffer
    }

    pub(crate) fn hmac_sha1(key: &[u8], parts: &[&[u8]]) -> [u8; 20] {
        let local =
            IceCredentials { ufrag: String::new(), pwd: String::from_utf8(key.to_vec()).expect("text") };
        Generation::new(&local, None).sign(parts)
    }
}
