//! One participant without sockets: what it says to the server and hears from it, and its peer connections.

mod peer;
mod report;
mod tracks;
mod wishes;

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use livekit_protocol as proto;
use proto::{signal_request, signal_response};

use crate::case::{Case, Part, Protocol};
use crate::connection::Connection;
use crate::transport::Identity;
use peer::Peer;
pub use report::Report;
pub use tracks::Clips;
use tracks::Tracks;
use wishes::Wishes;

/// What all participants of a run have in common.
pub struct Shared {
    /// The run's parameters.
    pub case: Case,
    /// The certificate.
    pub identity: Identity,
    /// What cameras show.
    pub clips: Clips,
    /// When the run began.
    pub begun: Instant,
    /// Where this machine is reached from afar.
    pub also: Option<IpAddr>,
}

/// A participant.
pub struct Member {
    shared: Arc<Shared>,
    part: Part,
    tracks: Tracks,
    wishes: Wishes,
    /// The one connection of v1, or the publisher's of v0.
    up: Peer,
    /// The subscriber's connection of v0.
    down: Option<Peer>,
    requests: VecDeque<signal_request::Message>,
    began: Instant,
    connected_after: Option<Duration>,
    heard: Instant,
    ping: Option<Ping>,
    joined: bool,
    end: Option<String>,
}

#[derive(Debug, Clone, Copy)]
struct Ping {
    interval: Duration,
    timeout: Duration,
    due: Instant,
}

/// Which of a participant's connections something belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// The one connection of v1, or the publisher's of v0.
    Up,
    /// The subscriber's connection of v0.
    Down,
}

impl Member {
    /// A participant whose datagrams come to the given addresses: that of the one connection of v1 or of the
    /// publisher's of v0, and that of the subscriber's.
    #[must_use]
    pub fn new(now: Instant, shared: &Arc<Shared>, part: Part, up: SocketAddr, down: SocketAddr) -> Self {
        let identity = &shared.identity;
        let single = shared.case.protocol == Protocol::V1;
        let mut first = Peer::new(now, identity, up, true);
        first.add_data();
        if single && matches!(part, Part::Subscriber { .. }) {
            first.add_places(PLACES, PLACES);
        }
        Self {
            shared: Arc::clone(shared),
            part,
            tracks: Tracks::new(&shared.case, part),
            wishes: Wishes::new(&shared.case, part),
            up: first,
            down: (!single).then(|| Peer::new(now, identity, down, false)),
            requests: VecDeque::new(),
            began: now,
            connected_after: None,
            heard: now,
            ping: None,
            joined: false,
            end: None,
        }
    }

    /// The offer that goes with the request to join, where there is one.
    pub fn join_offer(&mut self) -> Option<proto::SessionDescription> {
        self.down.is_none().then(|| self.up.offer())
    }

    /// What it does.
    #[must_use]
    pub fn part(&self) -> Part {
        self.part
    }

    /// Takes what the server says.
    pub fn handle_signal(&mut self, now: Instant, message: signal_response::Message) {
        use signal_response::Message;
        self.heard = now;
        match message {
            Message::Join(join) => self.handle_join(now, &join),
            Message::Answer(answer) => self.handle_answer(now, &answer),
            Message::Offer(offer) => self.handle_offer(now, &offer),
            Message::Trickle(trickle) => self.handle_trickle(now, &trickle),
            Message::Update(update) => self.handle_participants(&update.participants),
            Message::TrackPublished(published) if self.tracks.note_published(&published.cid) => {
                self.tracks.add_to(&mut self.up);
                self.negotiate();
            }
            Message::MediaSectionsRequirement(needed) => {
                let places = |count: u32| count.min(MAX_PLACES) as usize;
                self.up.add_places(places(needed.num_audios), places(needed.num_videos));
                self.negotiate();
            }
            Message::RequestResponse(response) if is_refusal(&response) => {
                let reason = response.reason().as_str_name();
                self.fail(format!("the server refuses a request: {reason} {}", response.message));
            }
            Message::Leave(leave) => {
                let reason = leave.reason().as_str_name();
                self.fail(format!("the server ended the session: {reason}"));
            }
            _ => {}
        }
    }

    /// Takes a datagram.
    pub fn handle_datagram(
        &mut self,
        now: Instant,
        which: Which,
        arrived: SystemTime,
        from: SocketAddr,
        datagram: &mut [u8],
    ) {
        if let Some(connection) = self.connection(which) {
            connection.handle_datagram(now, arrived, from, datagram);
        }
    }

    /// Does what is due.
    pub fn handle_timeout(&mut self, now: Instant) {
        for which in [Which::Up, Which::Down] {
            if let Some(connection) = self.connection(which) {
                connection.handle_timeout(now);
                if let Some(failure) = connection.transport.failure().map(str::to_owned) {
                    self.fail(failure);
                }
            }
        }
        if self.connected_after.is_none() && self.is_connected() {
            self.connected_after = Some(now - self.began);
        }
        let Some(ping) = &mut self.ping else { return };
        if now >= self.heard + ping.timeout {
            let timeout = ping.timeout.as_secs();
            self.fail(format!("the server has not said a word for {timeout} s"));
        } else if now >= ping.due {
            ping.due = now + ping.interval;
            let timestamp = SystemTime::now()
                .duration_since(SystemTime::UNIX_EPOCH)
                .map_or(0, |since| since.as_millis() as i64);
            self.requests.push_back(signal_request::Message::PingReq(proto::Ping { timestamp, rtt: 0 }));
        }
    }

    /// When something is next due.
    pub fn poll_timeout(&mut self, now: Instant) -> Option<Instant> {
        let up = self.up.connection.poll_timeout(now);
        let down = self.down.as_mut().and_then(|down| down.connection.poll_timeout(now));
        [up, down, self.ping.map(|ping| ping.due)].into_iter().flatten().min()
    }

    /// The next thing to say to the server.
    pub fn poll_request(&mut self) -> Option<signal_request::Message> {
        self.requests.pop_front()
    }

    /// The next datagram to send.
    pub fn poll_datagram(&mut self) -> Option<(Which, SocketAddr, Vec<u8>)> {
        if let Some((to, datagram)) = self.up.connection.transport.poll_datagram() {
            return Some((Which::Up, to, datagram));
        }
        let (to, datagram) = self.down.as_mut()?.connection.transport.poll_datagram()?;
        Some((Which::Down, to, datagram))
    }

    /// Whether the server has let it in.
    #[must_use]
    pub fn has_joined(&self) -> bool {
        self.joined
    }

    /// Whether its connection for what it does carries media.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        let peer = match (&self.down, self.part) {
            (Some(down), Part::Subscriber { .. }) => down,
            _ => &self.up,
        };
        peer.connection.transport.is_connected()
    }

    /// How many of its tracks have brought media, and how many bytes, for whoever watches.
    #[must_use]
    pub fn so_far(&self) -> (usize, u64) {
        let receivers = self.receiving().receivers().iter();
        receivers.fold((0, 0), |(tracks, octets), one| {
            (tracks + usize::from(one.has_media()), octets + one.octets())
        })
    }

    /// Publishes no more; what is asked for is still sent again.
    pub fn stop_sending(&mut self) {
        self.up.connection.stop_sending();
    }

    /// Why it is of no use any more, if so.
    #[must_use]
    pub fn end(&self) -> Option<&str> {
        self.end.as_deref()
    }

    /// It is of no use any more.
    pub fn fail(&mut self, why: String) {
        self.end.get_or_insert(why);
    }

    /// Measures from now on.
    pub fn begin_window(&mut self, now: Instant) {
        self.up.connection.begin_window(now);
        if let Some(down) = &mut self.down {
            down.connection.begin_window(now);
        }
    }

    /// The last word.
    pub fn leave(&mut self) {
        self.requests.push_back(signal_request::Message::Leave(proto::LeaveRequest {
            reason: proto::DisconnectReason::ClientInitiated.into(),
            action: proto::leave_request::Action::Disconnect.into(),
            ..Default::default()
        }));
    }

    /// What has become of it.
    #[must_use]
    pub fn report(&self, now: Instant) -> Report {
        let receiving = self.receiving();
        let tally = match self.part {
            Part::Publisher { .. } => self.up.connection.tally,
            Part::Subscriber { .. } => receiving.tally,
        };
        Report {
            part: self.part,
            error: self.end.clone(),
            connected_after: self.connected_after,
            published: self.up.connection.published(),
            received: receiving.receivers().iter().map(|receiver| receiver.received(now)).collect(),
            tally,
            srtp: receiving.transport.profile().map(|profile| format!("{profile:?}")),
        }
    }

    fn receiving(&self) -> &Connection {
        self.down.as_ref().map_or(&self.up.connection, |down| &down.connection)
    }

    fn connection(&mut self, which: Which) -> Option<&mut Connection> {
        match which {
            Which::Up => Some(&mut self.up.connection),
            Which::Down => self.down.as_mut().map(|down| &mut down.connection),
        }
    }

    fn handle_join(&mut self, now: Instant, join: &proto::JoinResponse) {
        self.joined = true;
        let interval = Duration::from_secs(join.ping_interval.clamp(1, 60) as u64);
        let timeout = Duration::from_secs(join.ping_timeout.clamp(5, 120) as u64);
        self.ping = Some(Ping { interval, timeout, due: now + interval });
        if self.down.is_none() {
            self.trickle(Which::Up);
        }
        for request in self.tracks.requests(&self.shared) {
            self.requests.push_back(signal_request::Message::AddTrack(request));
        }
        self.handle_participants(&join.other_participants);
    }

    fn handle_participants(&mut self, participants: &[proto::ParticipantInfo]) {
        self.requests.extend(self.wishes.note_participants(participants));
    }

    fn handle_answer(&mut self, now: Instant, answer: &proto::SessionDescription) {
        match self.up.handle_answer(now, answer, &self.tracks, &self.shared) {
            Ok(true) => self.negotiate(),
            Ok(false) => {}
            Err(error) => self.fail(format!("{error:#}")),
        }
    }

    fn handle_offer(&mut self, now: Instant, offer: &proto::SessionDescription) {
        let Some(down) = &mut self.down else { return };
        match down.handle_offer(now, offer, &self.shared) {
            Ok(answer) => {
                self.requests.push_back(signal_request::Message::Answer(answer));
                self.trickle(Which::Down);
            }
            Err(error) => self.fail(format!("{error:#}")),
        }
    }

    fn handle_trickle(&mut self, now: Instant, trickle: &proto::TrickleRequest) {
        let subscriber = trickle.target() == proto::SignalTarget::Subscriber;
        let which = if subscriber { Which::Down } else { Which::Up };
        let init: serde_json::Value = serde_json::from_str(&trickle.candidate_init).unwrap_or_default();
        if let (Some(connection), Some(candidate)) = (self.connection(which), init["candidate"].as_str()) {
            connection.transport.add_candidate(candidate);
            connection.transport.handle_timeout(now);
        }
    }

    fn negotiate(&mut self) {
        let Some(offer) = self.up.next_offer() else { return };
        self.requests.push_back(signal_request::Message::Offer(offer));
        if self.down.is_some() {
            self.trickle(Which::Up);
        }
    }

    /// Tells where a connection is reached, once.
    fn trickle(&mut self, which: Which) {
        let target = match which {
            Which::Up => proto::SignalTarget::Publisher,
            Which::Down => proto::SignalTarget::Subscriber,
        };
        let peer = match which {
            Which::Up => Some(&mut self.up),
            Which::Down => self.down.as_mut(),
        };
        let candidates = peer.map(|peer| peer.candidates_to_tell(&self.shared)).unwrap_or_default();
        let last = candidates.len().saturating_sub(1);
        for (at, candidate_init) in candidates.into_iter().enumerate() {
            self.requests.push_back(signal_request::Message::Trickle(proto::TrickleRequest {
                candidate_init,
                target: target.into(),
                r#final: at == last,
            }));
        }
    }
}

fn is_refusal(response: &proto::RequestResponse) -> bool {
    use proto::request_response::Reason;
    !matches!(response.reason(), Reason::Ok | Reason::Queued)
}

/// Places of each kind in the first offer, as client SDKs have them.
const PLACES: usize = 3;
/// So many more at a time.
const MAX_PLACES: u32 = 100;
