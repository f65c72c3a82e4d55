//! Coming and going.

use std::time::Instant;

use livekit_protocol::{
    self as proto, DisconnectReason, leave_request::Action, participant_info::State, signal_response,
};

use super::{
    ConnectionId, DEPARTURE_TIMEOUT, GOODBYE_PATIENCE, JOIN_TIMEOUT, JoinError, MediaCommand, Output,
    PROTOCOL, PeerKey, RESUME_WINDOW, Room, RoomEvent, SERVER_VERSION, Seat, TOKEN_LIFE, TOKEN_REFRESH,
    publish_codecs,
};
use crate::{
    participant::{AnsweringLeg, Joining, Link, OfferingLeg, Participant, PeerConnections, Transport},
    sdp::{AnsweringSession, AudioOrder, Offer, OfferingSession},
    token::{Claims, VideoGrant},
    voice::Voice,
};

impl Room {
    /// Whether somebody could join now.
    pub fn admits(&self, joining: &Joining) -> Result<(), JoinError> {
        if self.finished {
            return Err(JoinError::Ended);
        }
        let limits = &self.limits;
        check_words(limits, &joining.name, &joining.metadata, joining.attributes.iter())
            .map_err(JoinError::Invalid)?;
        if joining.identity.is_empty() || joining.identity.len() > limits.identity_bytes {
            let limit = limits.identity_bytes;
            return Err(JoinError::Invalid(format!("an identity has 1 to {limit} bytes")));
        }

        let begins = joining.claims.not_before.unwrap_or(0);
        if self.revoked.get(&joining.identity).is_some_and(|&before| begins < before) {
            return Err(JoinError::NotAllowed("the participant was removed and its token revoked"));
        }
        match joining.voice {
            Some(Voice::Ears) => Ok(()),
            Some(Voice::Seat) => self.has_place_for(&joining.identity),
            // Whoever is here already, or brings nothing but a voice, burdens nobody further.
            None if self.seat_of_identity(&joining.identity).is_none() && (self.is_full)() => {
                Err(JoinError::Overloaded)
            }
            None => self.has_place_for(&joining.identity),
        }
    }

    /// Whether one more may be here; a second session of the same identity takes the place of the first.
    pub fn has_place_for(&self, identity: &str) -> Result<(), JoinError> {
        let counts = |participant: &&Participant| !participant.is_ears() && participant.identity != identity;
        let others = self.participants.values().filter(counts).count();
        match others < self.max_participants {
            true => Ok(()),
            false => Err(JoinError::Full(self.max_participants)),
        }
    }

    /// Lets somebody in. Everything to be told goes over `joining.connection`.
    pub fn join(&mut self, now: Instant, joining: Joining) -> Result<(), JoinError> {
        self.admits(&joining)?;
        let offer = match &joining.connections {
            PeerConnections::Single { offer: Some(offer) } => {
                let parsed = Offer::parse(&offer.sdp, &self.sdp_limits)
                    .map_err(|error| JoinError::Invalid(format!("unusable offer: {error}")))?;
                Some((offer.id, parsed))
            }
            _ => None,
        };

        if let Some(older) = self.seat_of_identity(&joining.identity) {
            self.remove(now, older, DisconnectReason::DuplicateIdentity, Some(Action::Disconnect));
        }

        let add_tracks = joining.add_tracks.clone();
        let seat = self.take_seat(now, joining);
        self.send_join(seat);
        self.refresh_token(now, seat);
        for request in add_tracks {
            self.add_track(now, seat, request);
        }
        self.subscribe_to_all(now, seat);
        self.tell_overheard(seat);
        if let Some((id, offer)) = offer {
            self.answer_offer(now, seat, id, offer);
        }
        self.settle(now, seat);
        Ok(())
    }

    /// Gives whoever comes back the attributes that it is to have again.
    pub(super) fn remember(&mut self, participant: &mut Participant) {
        if let Some(attributes) = self.remembered.remove(&participant.identity)
            && participant.permission.can_update_metadata
        {
            participant.attributes.extend(attributes);
        }
    }

    fn take_seat(&mut self, now: Instant, joining: Joining) -> Seat {
        let seat = Seat(self.new_key());
        let sid = self.new_id("PA_");
        let mut session = AnsweringSession::new(self.new_session_id());
        session.order_audio(AudioOrder { policy: joining.speech.policy, lossy: false });
        let answering = AnsweringLeg {
            peer: PeerKey(self.new_key()),
            ice: self.new_ice(),
            session,
            direct: matches!(joining.connections, PeerConnections::Direct),
            joined: false,
            connected: false,
        };
        let offering = match &joining.connections {
            PeerConnections::Single { .. } | PeerConnections::Direct => None,
            PeerConnections::Dual => Some(OfferingLeg {
                peer: PeerKey(self.new_key()),
                ice: self.new_ice(),
                session: OfferingSession::new(self.new_session_id(), &self.sdp_limits),
                joined: false,
                remote: None,
                connected: false,
                primary: joining.client.protocol > 2 && joining.permission.can_subscribe,
            }),
        };
        let transport = Transport { answering, offering };

        let mut participant = Participant {
            sid,
            identity: joining.identity,
            name: joining.name,
            metadata: joining.metadata,
            attributes: joining.attributes,
            kind: joining.kind as i32,
            permission: joining.permission,
            claims: joining.claims,
            client: joining.client,
            auto_subscribe: joining.auto_subscribe,
            adaptive_stream: joining.adaptive_stream,
            voice: joining.voice,
            always_heard: joining.speech.always_heard,
            loss: Default::default(),
            state: State::Joined,
            joined_at_ms: self.unix(now).as_millis() as i64,
            version: 1,
            link: Link::Up(joining.connection),
            join_deadline: Some(now + JOIN_TIMEOUT),
            goodbye_deadline: None,
            refresh_at: now + TOKEN_REFRESH,
            transport,
            tracks: Vec::new(),
            subscriptions: Default::default(),
            wishes: Default::default(),
            settings: Default::default(),
            rules: Default::default(),
            reliable_sequence: 0,
            quality: Default::default(),
            sections_asked: None,
        };
        self.remember(&mut participant);
        self.seat(seat, participant);
        self.arm(now + JOIN_TIMEOUT);
        seat
    }

    /// Makes a participant one of this room.
    pub(super) fn seat(&mut self, seat: Seat, participant: Participant) {
        self.by_identity.insert(participant.identity.clone(), seat);
        self.by_sid.insert(participant.sid.clone(), seat);
        if let Some(connection) = participant.connection() {
            self.by_connection.insert(connection, seat);
        }
        for peer in participant.transport.peers() {
            self.by_peer.insert(peer, seat);
        }
        self.arm(participant.refresh_at);
        self.participants.insert(seat, participant);
        self.ends_at = None;
    }

    /// Makes a participant one of this room no longer. Whoever does so tells the others.
    pub(super) fn forget(&mut self, seat: Seat) -> Option<Participant> {
        let participant = self.participants.remove(&seat)?;
        self.fail_rpcs_of(seat);
        if let Some(connection) = participant.connection() {
            self.by_connection.remove(&connection);
        }
        self.by_sid.remove(&participant.sid);
        if self.by_identity.get(&participant.identity) == Some(&seat) {
            self.by_identity.remove(&participant.identity);
        }
        for peer in participant.transport.peers() {
            self.by_peer.remove(&peer);
        }
        Some(participant)
    }

    fn send_join(&mut self, seat: Seat) {
        let Some(participant) = self.participant(seat) else {
            return;
        };
        let subscriber_primary = participant.transport.offering.as_ref().is_some_and(|leg| leg.primary);
        let single = participant.transport.offering.is_none();

        let join = proto::JoinResponse {
            room: Some(self.info()),
            participant: Some(participant.info()),
            other_participants: self.others(seat),
            server_version: SERVER_VERSION.to_owned(),
            subscriber_primary,
            ping_interval: PING_INTERVAL,
            ping_timeout: PING_TIMEOUT,
            server_info: Some(self.server_info()),
            enabled_publish_codecs: publish_codecs(),
            fast_publish: single || participant.permission.can_publish,
            ..Default::default()
        };
        self.send(seat, signal_response::Message::Join(join));
    }

    pub(super) fn server_info(&self) -> proto::ServerInfo {
        proto::ServerInfo {
            version: SERVER_VERSION.to_owned(),
            protocol: PROTOCOL,
            debug_info: self.product.clone(),
            ..Default::default()
        }
    }

    /// Gives a client a token with its present rights, so that it can come back after its first one has ended.
    pub(super) fn refresh_token(&mut self, now: Instant, seat: Seat) {
        let room = self.name.clone();
        self.send_token(now, seat, &room);
    }

    /// Gives a client a token for this room or another.
    pub(super) fn send_token(&mut self, now: Instant, seat: Seat, room: &str) {
        let connection = self.participant(seat).and_then(Participant::connection);
        if let (Some(connection), Some(claims)) = (connection, self.fresh_claims(now, seat, room)) {
            self.emit(Output::RefreshToken { connection, claims: Box::new(claims) });
        }
    }

    /// A participant's present rights in a room, and what else its first token allows.
    pub(super) fn fresh_claims(&self, now: Instant, seat: Seat, room: &str) -> Option<Claims> {
        let participant = self.participant(seat)?;
        let soonest = (self.unix(now) + TOKEN_LIFE).as_secs();
        let first = &participant.claims;
        let claims = Claims::of_participant(room, &participant.info());
        let video = VideoGrant {
            room_admin: first.video.room_admin,
            room_create: first.video.room_create,
            room_list: first.video.room_list,
            room_record: first.video.room_record,
            ingress_admin: first.video.ingress_admin,
            destination_room: first.video.destination_room.clone(),
            ..claims.video
        };
        let expires = first.expires.unwrap_or(0).max(soonest);
        let not_before = Some(self.unix(now).as_secs());
        Some(
            Claims { issuer: first.issuer.clone(), not_before, sip: first.sip, video, ..claims }
                .until(expires),
        )
    }

    pub(super) fn handle_peer_connected(&mut self, now: Instant, peer: PeerKey) {
        let Some(&seat) = self.by_peer.get(&peer) else {
            return;
        };
        let Some(participant) = self.participants.get_mut(&seat) else {
            return;
        };
        if !participant.transport.set_connected(peer) || participant.is_active() {
            return;
        }

        participant.state = State::Active;
        participant.join_deadline = None;
        self.announce(seat);
        self.tell_joined(seat);
        self.publish_ready_tracks(now, seat);
    }

    pub(super) fn tell_joined(&mut self, seat: Seat) {
        let known = self.participant(seat).filter(|participant| !participant.is_ears());
        if let Some(participant) = known.map(Participant::info) {
            self.tell(RoomEvent::ParticipantJoined { room: self.info(), participant });
        }
    }

    /// The media of a participant ended and cannot be mended; its client has to build everything anew.
    pub(super) fn handle_peer_failed(&mut self, now: Instant, peer: PeerKey, closed_by_peer: bool) {
        let Some(&seat) = self.by_peer.get(&peer) else {
            return;
        };
        let Some(participant) = self.participants.get_mut(&seat) else {
            return;
        };
        // A client that goes ends its media and its signalling, in either order.
        if closed_by_peer {
            match participant.link {
                Link::Up(_) => {
                    let until = now + GOODBYE_PATIENCE;
                    participant.goodbye_deadline.get_or_insert(until);
                    self.arm(until);
                }
                Link::Lost { .. } => self.remove(now, seat, DisconnectReason::SignalClose, None),
            }
            return;
        }
        if !participant.is_active() {
            self.remove(now, seat, DisconnectReason::JoinFailure, Some(Action::Reconnect));
            return;
        }

        // Others keep seeing it for the moment that a reconnection takes.
        self.set_quality(seat, crate::quality::Quality::LOST);
        self.send_leave(seat, DisconnectReason::MediaFailure, Action::Reconnect);
        self.lose_link(now, seat, false);
    }

    /// A signalling connection is gone: the session waits for its client to resume.
    pub(super) fn handle_closed(&mut self, now: Instant, connection: ConnectionId) {
        let Some(&seat) = self.by_connection.get(&connection) else {
            return;
        };
        let resumable = self
            .participant(seat)
            .is_some_and(|participant| participant.is_active() && participant.goodbye_deadline.is_none());
        if !resumable {
            self.remove(now, seat, DisconnectReason::SignalClose, None);
            return;
        }
        self.lose_link(now, seat, true);
    }

    fn lose_link(&mut self, now: Instant, seat: Seat, resumable: bool) {
        let until = now + if resumable { RESUME_WINDOW } else { RECONNECT_WINDOW };
        let Some(participant) = self.participants.get_mut(&seat) else {
            return;
        };
        match participant.link {
            Link::Up(connection) => {
                self.by_connection.remove(&connection);
                participant.link = Link::Lost { until, resumable };
            }
            Link::Lost { until: before, resumable: was } => {
                participant.link = Link::Lost { until: before, resumable: resumable && was };
            }
        }
        self.arm(until);
    }

    /// Tells a participant to go and closes its connection.
    pub(super) fn send_leave(&mut self, seat: Seat, reason: DisconnectReason, action: Action) {
        let Some(connection) = self.participant(seat).and_then(Participant::connection) else {
            return;
        };
        self.emit(Output::send(connection, leave_message(reason, action)));
        self.emit(Output::Close { connection });
    }

    /// Ends a participant's presence. With an action its client is told.
    pub(super) fn remove(
        &mut self,
        now: Instant,
        seat: Seat,
        reason: DisconnectReason,
        leave: Option<Action>,
    ) {
        let connection = self.participant(seat).and_then(Participant::connection);
        // Who goes of its own accord closes its media itself, though not always before we have read that it goes.
        let knows = connection.is_some() && (leave.is_some() || reason == DisconnectReason::ClientInitiated);
        match leave {
            Some(action) => self.send_leave(seat, reason, action),
            None => {
                if let Some(connection) = connection {
                    self.emit(Output::Close { connection });
                }
            }
        }

        // While the participant is still known, so that its tracks end properly for the others.
        let tracks: Vec<String> = self
            .participant(seat)
            .map(|participant| participant.tracks.iter())
            .into_iter()
            .flatten()
            .map(|track| track.info.sid.clone())
            .collect();
        for sid in &tracks {
            self.end_track(now, seat, sid);
        }
        self.drop_subscriptions(now, seat);

        let Some(mut participant) = self.forget(seat) else {
            return;
        };
        // Only a client whose media is connected can take its end for a fault.
        let lingers = knows && participant.is_active() && !participant.transport.answering.direct;
        for peer in participant.transport.joined_peers() {
            match lingers {
                true => self.linger(now, peer),
                false => self.command(MediaCommand::Leave { peer }),
            }
        }
        self.tell_departure(now, &mut participant, reason);
    }

    pub(super) fn drop_subscriptions(&mut self, now: Instant, seat: Seat) {
        let subscribed: Vec<String> = self
            .participant(seat)
            .map(|participant| participant.subscriptions.keys().cloned().collect())
            .unwrap_or_default();
        for sid in &subscribed {
            self.unsubscribe(seat, sid);
            self.update_dynacast(now, sid);
        }
    }

    /// Tells everybody who knew of a participant that it is gone.
    pub(super) fn tell_departure(
        &mut self,
        now: Instant,
        participant: &mut Participant,
        reason: DisconnectReason,
    ) {
        let (was_active, was_visible) = (participant.is_active(), participant.is_visible());
        participant.state = State::Disconnected;
        participant.version += 1;
        let info = proto::ParticipantInfo { disconnect_reason: reason as i32, ..participant.info() };
        if was_visible {
            self.broadcast(participant_update(vec![info.clone()]), |_, _| true);
        }
        self.touch_departure(now);
        if participant.is_ears() {
            return;
        }
        let room = self.info();
        self.tell(match was_active {
            true => RoomEvent::ParticipantLeft { room, participant: info },
            false => RoomEvent::ParticipantConnectionAborted { room, participant: info },
        });
    }

    /// Ends a participant whose input made us fail, as far as that can still be done.
    pub fn evict(&mut self, now: Instant, connection: ConnectionId) {
        if let Some(&seat) = self.by_connection.get(&connection) {
            self.remove(now, seat, DisconnectReason::StateMismatch, Some(Action::Reconnect));
        }
    }

    /// Ends the room and tells everybody.
    pub fn end(&mut self, now: Instant, reason: DisconnectReason, action: Action) {
        if self.finished {
            return;
        }
        let seats: Vec<Seat> = self.participants.keys().copied().collect();
        for seat in seats {
            self.remove(now, seat, reason, Some(action));
        }
        self.finish();
    }

    pub(super) fn finish(&mut self) {
        self.finished = true;
        self.deadline = self.lingering.next_deadline();
        let room = self.info();
        self.tell(RoomEvent::RoomFinished { room });
        self.emit(Output::Finished);
    }

    fn touch_departure(&mut self, now: Instant) {
        if self.participants.is_empty() && !self.finished {
            let wait = match self.departure_timeout.is_zero() {
                true => DEPARTURE_TIMEOUT,
                false => self.departure_timeout,
            };
            self.ends_at = Some(now + wait);
            self.arm(now + wait);
        }
    }

    fn new_session_id(&mut self) -> u64 {
        // RFC 8866 §5.2: a numeric string; JSEP asks for 62 bits.
        ((self.random)() as u64) >> 2
    }
}

pub(super) fn leave_message(reason: DisconnectReason, action: Action) -> signal_response::Message {
    signal_response::Message::Leave(proto::LeaveRequest {
        // For clients that know no actions.
        can_reconnect: action != Action::Disconnect,
        reason: reason as i32,
        action: action as i32,
        regions: None,
    })
}

pub(super) fn participant_update(participants: Vec<proto::ParticipantInfo>) -> signal_response::Message {
    signal_response::Message::Update(proto::ParticipantUpdate { participants })
}

/// Whether names, metadata and attributes are within bounds.
pub(super) fn check_words<'a>(
    limits: &crate::Limits,
    name: &str,
    metadata: &str,
    attributes: impl Iterator<Item = (&'a String, &'a String)>,
) -> Result<(), String> {
    if name.len() > limits.name_bytes {
        return Err(format!("the name has more than {} bytes", limits.name_bytes));
    }
    if metadata.len() > limits.metadata_bytes {
        return Err(format!("the metadata has more than {} bytes", limits.metadata_bytes));
    }
    let attributes: usize = attributes.map(|(name, value)| name.len() + value.len()).sum();
    if attributes > limits.attributes_bytes {
        return Err(format!("the attributes have more than {} bytes", limits.attributes_bytes));
    }
    Ok(())
}

const PING_INTERVAL: i32 = 5;
const PING_TIMEOUT: i32 = 15;
/// How long a participant whose media failed is still shown, since it will be back in a moment.
const RECONNECT_WINDOW: std::time::Duration = std::time::Duration::from_secs(12);
